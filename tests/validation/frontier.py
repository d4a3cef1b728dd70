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
from dataclasses import replace
from pathlib import Path

import numpy as np

from consolidate.readers.traces import TraceOptions, read
from consolidate.simulations import presets
from models.arrays import Singles
from models.datacenter import Datacenter
from models.decisions import Policy
from models.meters import JOULE_PER_KWH
from solvers.policies.cloudsim import CloudSim
from solvers.policies.consolidation import Consolidation
from solvers.policies.horizon import Horizon
from solvers.policies.nothing import DoNothing
from solvers.policies.steady import Steady
from tests.consolidate.readers.traces.samples import SHARED
from tests.validation.variants import variant

MEASURES = ("energy_kwh", "migrations", "slatah", "pdm", "sla", "esv", "unserved", "floor_kwh")
"""CloudSim's; ESV is energy times SLA, unserved is CPU not served over CPU asked for, floor what serving all takes."""
COLUMNS = ("policy", "options", *MEASURES, *(f"variants_{name}" for name in MEASURES))
VARIANTS = 8

Line = tuple[str, str, Policy, float]
"""A name, options, the policy, and up to which share of its CPU a host may be filled."""
POLICIES: Sequence[Line] = (
    ("dvfs", "", DoNothing(), 1.0),
    ("thr-mmt", "0.8", CloudSim("thr", "mmt"), 1.0),
    ("thr-mu", "0.8", CloudSim("thr", "mu"), 1.0),
    ("thr-mc", "0.8", CloudSim("thr", "mc"), 1.0),
    ("iqr-mmt", "1.5", CloudSim("iqr", "mmt"), 1.0),
    ("mad-mmt", "2.5", CloudSim("mad", "mmt"), 1.0),
    ("lr-mmt", "1.2", CloudSim("lr", "mmt"), 1.0),
    ("consolidate", "", Consolidation(), 1.0),
    ("horizon", "", Horizon(), 1.0),
)
"""Policies of CloudSim, with their usual parameters, and two more of ours; the last one is driven by a solver."""


def steady(upper: float = 1.0, **options: float) -> Line:
    """Return our policy with options; memory is no limit, as it is none for CloudSim's."""
    given = {"upper": upper} if upper != 1 else {}
    told = " ".join(f"{name}={value:g}" for name, value in (given | options).items())
    return "steady", told, Steady(memory=False, **options), upper  # type: ignore[arg-type]


SETTINGS = (
    steady(margin=2.9, calm=2.0, alarm=1.5),
    steady(),
    steady(margin=1.6, calm=0.9, alarm=0.5),
    steady(margin=1.1, calm=0.5, alarm=0.2, move_j=10e3),
    steady(margin=0.5, calm=0.0, alarm=-0.3, move_j=10e3),
    steady(margin=0.0, calm=-1.0, alarm=-1.5),
    steady(move_j=120e3),
    steady(upper=1.8),
)
"""
From much service to little energy, chosen on variants and not on the day; one that hardly moves VMs; and one that fills
hosts to 180 %, since CloudSim's SLA hardly tells that VMs starve while they do not migrate.
"""


def run(policy: Policy, upper: float, names: Sequence[str], percents: Singles) -> Datacenter:
    """Return the datacenter at the end; a policy that does nothing starts from first fit, as CloudSim's DVFS does."""
    experiment = presets.experiment(names, percents, first_fit=isinstance(policy, DoNothing))
    watch = replace(experiment.watch, upper=upper)
    model = presets.datacenter(replace(experiment, watch=watch), policy)
    for _ in range(presets.STEPS):
        model.step()
    model.finish()
    return model


def measured(policy: Policy, upper: float, names: Sequence[str], percents: Singles) -> list[float]:
    """Return the measures of a policy."""
    model = run(policy, upper, names, percents)
    meters = model.state.meters
    moves = len(model.journal.moves) + len(model.flights)
    slatah, pdm = meters.overload_share(pooled=True), meters.migration_loss_share(pooled=True)
    return [
        meters.energy_kwh, moves, slatah, pdm, slatah * pdm, meters.energy_kwh * slatah * pdm, meters.unserved_share,
        floor_kwh(model),
    ]  # fmt: skip


def floor_kwh(model: Datacenter) -> float:
    """Return the energy of all that was asked for on hosts that are always as efficient as they can be, in kWh."""
    load = np.linspace(0.1, 1, 10) * model.state.capacity_mhz[:, None]
    least = float((model.terms.curve_w[:, 1:] / load).min())
    return float(model.state.meters.vm_asked_mhz_s.sum()) * least / JOULE_PER_KWH


def rows(folder: Path, order: str, count: int) -> Iterable[list[str]]:
    """Yield a line for each policy, telling on standard error which it is at."""
    traced = read(folder, TraceOptions(format="planetlab", order=order))
    names, percents = [str(name) for name in traced.vms.vm], np.asarray(traced.readings)
    others = [variant(percents, number) for number in range(1, count + 1)]
    for name, told, policy, upper in (*POLICIES, *SETTINGS):
        print(f"{name} {told}", file=sys.stderr, flush=True)  # noqa: T201
        day = measured(policy, upper, names, percents)
        means = np.mean([measured(policy, upper, names, other) for other in others], axis=0) if others else []
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
