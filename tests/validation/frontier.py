"""
What policies reach in CloudSim's experiment on a day of PlanetLab: energy against migrations and service.

``python -m tests.validation.frontier [--csv OUT] [--day NAME] [--order ntfs|name] [--variants N]`` prints CSV, one line
a policy: what it reaches on the day, and its means over variants of the day. It needs the published traces, and takes
a few minutes on one core.
"""

import argparse
import csv
import io
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from consolidate import presets
from consolidate.readers.traces import TraceOptions, read
from models.arrays import Singles
from models.decisions import Policy
from solvers.policies.cloudsim import CloudSim
from solvers.policies.nothing import DoNothing
from solvers.policies.steady import Steady
from tests.consolidate.readers.traces.samples import SHARED
from tests.validation.variants import variant

MEASURES = ("energy_kwh", "migrations", "slatah", "pdm", "sla", "esv", "unserved")
COLUMNS = ("policy", "options", *MEASURES, *(f"variants_{name}" for name in MEASURES))
VARIANTS = 8

POLICIES: Sequence[tuple[str, str, Policy]] = (
    ("dvfs", "", DoNothing()),
    ("thr-mmt", "0.8", CloudSim("thr", "mmt")),
    ("thr-mu", "0.8", CloudSim("thr", "mu")),
    ("thr-mc", "0.8", CloudSim("thr", "mc")),
    ("iqr-mmt", "1.5", CloudSim("iqr", "mmt")),
    ("mad-mmt", "2.5", CloudSim("mad", "mmt")),
    ("lr-mmt", "1.2", CloudSim("lr", "mmt")),
)
"""Policies of CloudSim, with their usual parameters."""


def steady(**options: float) -> tuple[str, str, Policy]:
    """Return our policy with options; memory is no limit, as it is none for CloudSim's."""
    told = " ".join(f"{name}={value:g}" for name, value in options.items()) or "as it is"
    return "steady", told, Steady(memory=False, **options)  # type: ignore[arg-type]


SETTINGS = ()


def measured(policy: Policy, names: Sequence[str], percents: Singles) -> list[float]:
    """Return what a policy reaches; one that does nothing starts from first fit, as CloudSim's DVFS does."""
    experiment = presets.experiment(names, percents, first_fit=isinstance(policy, DoNothing))
    model = presets.datacenter(experiment, policy)
    for _ in range(presets.STEPS):
        model.step()
    model.finish()
    meters = model.state.meters
    moves = len(model.journal.moves) + len(model.flights)
    slatah, pdm = meters.overload_share(pooled=True), meters.migration_loss_share(pooled=True)
    sla = slatah * pdm
    return [meters.energy_kwh, moves, slatah, pdm, sla, meters.energy_kwh * sla, meters.unserved_share]


def rows(folder: Path, order: str, count: int) -> Iterable[list[str]]:
    """Yield a line for each policy, telling on standard error which it is at."""
    traced = read(folder, TraceOptions(format="planetlab", order=order))
    names, percents = [str(name) for name in traced.vms.vm], np.asarray(traced.readings)
    others = [variant(percents, number) for number in range(1, count + 1)]
    for name, told, policy in (*POLICIES, *SETTINGS):
        print(f"{name} {told}", file=sys.stderr, flush=True)  # noqa: T201
        day = measured(policy, names, percents)
        means = np.mean([measured(policy, names, other) for other in others], axis=0) if others else []
        yield [name, told, *(f"{value:.10g}" for value in (*day, *means))]


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the lines, or write them to a file too."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--csv", type=Path)
    parser.add_argument("--day", default="20110303")
    parser.add_argument("--order", choices=("ntfs", "name"), default="ntfs")
    parser.add_argument("--variants", type=int, default=VARIANTS)
    chosen = parser.parse_args(arguments)
    text = io.StringIO()
    for line in (COLUMNS, *rows(SHARED / "planetlab" / chosen.day, chosen.order, chosen.variants)):
        csv.writer(text, lineterminator="\n").writerow(line)
    sys.stdout.write(text.getvalue())
    if chosen.csv:
        chosen.csv.write_text(text.getvalue(), "utf-8")


if __name__ == "__main__":
    main()
