"""
CloudSim 3.0.3 reproduced: ``python -m tests.validation.cloudsim DAY [--order ntfs|name] [--policy P …] [--csv OUT]``.

DAY is a folder of PlanetLab traces, or the name of a day in the shared data. Prints one row of CSV a policy, or writes
them to a file; SLA figures are shares. The random selection has a row for the mean of several seeds.
"""

import argparse
import csv
import io
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from time import process_time
from typing import Any

from consolidate.readers import traces
from consolidate.readers.traces import Traced, TraceOptions
from consolidate.simulations.experiments import simulate_preset
from consolidate.simulations.simulating import Wanted, varied

HERE = Path(__file__).parent
POLICIES = (
    "npa", "dvfs", "thr-mmt", "thr-rs", "thr-mu", "thr-mc", "iqr-mmt", "mad-mmt", "lr-mmt", "lrr-mmt",
)  # fmt: skip
COLUMNS = (
    "policy", "energy_kwh", "migrations", "shutdowns", "sla", "pdm", "slatah", "overall_slav", "avg_slav", "seconds",
)  # fmt: skip
SEEDS = 5
"""Runs of a random selection, of which the mean is told."""


def shared() -> Path:
    """Return the shared traces, which may not be there; the variable CONSOLIDATE_DATA says where data are."""
    data = os.environ.get("CONSOLIDATE_DATA")
    return (Path(data) if data else HERE.parents[2] / "shared" / "data") / "planetlab"


def day(path: str | Path, order: str = "ntfs", replicate: int = 1) -> Traced:
    """Return a day of traces, each taken so many times."""
    folder = Path(path) if Path(path).is_dir() else shared() / str(path)
    return varied(traces.read(folder, TraceOptions(order=order)), Wanted(folder, replicate=replicate))


def row(
    traced: Traced, policy: str, *, seed: int = 1, preset: Mapping[str, Any] | None = None,
    options: Mapping[str, Any] | None = None,
) -> dict[str, float | int | str]:  # fmt: skip
    """Return the figures of one policy on a day."""
    began = process_time()
    given = dict(preset or {})
    replicate = given.pop("replicate", 1)
    found = simulate_preset(
        traced, policy=policy, seed=seed, preset_options=given, policy_options=options, replicate=replicate
    ).summary
    return {
        "policy": policy,
        "energy_kwh": found["energy_kwh"],
        "migrations": found["migrations"] + found["migrating"],
        "shutdowns": found["shutdowns"],
        "sla": found["sla_violation"],
        "pdm": found["migration_loss_share"],
        "slatah": found["overload_share"],
        "overall_slav": found["unserved_share"],
        "avg_slav": found["average_violation"],
        "seconds": process_time() - began,
    }


def rows(
    traced: Traced, policies: Sequence[str], *, seeds: int = SEEDS, preset: Mapping[str, Any] | None = None
) -> Iterator[dict[str, Any]]:
    """Yield the figures of some policies on a day; of a random selection the mean of several seeds."""
    for policy in policies:
        runs = [row(traced, policy, seed=seed + 1, preset=preset) for seed in range(seeds if "-rs" in policy else 1)]
        mean = {name: sum(float(run[name]) for run in runs) / len(runs) for name in COLUMNS[1:]}
        yield {"policy": policy, **(mean if len(runs) > 1 else runs[0])}


def written(values: Mapping[str, Any]) -> dict[str, str]:
    """Return a row as text: energy with 5 decimals, shares with 10, counts whole."""
    digits = {"energy_kwh": 5, "seconds": 2, "migrations": 0, "shutdowns": 0}
    return {
        name: str(values[name]) if name == "policy" else f"{float(values[name]):.{digits.get(name, 10)}f}"
        for name in COLUMNS
    }


def main(arguments: Sequence[str]) -> None:
    """Print the rows, or write them to a file."""
    parser = argparse.ArgumentParser(prog="python -m tests.validation.cloudsim")
    parser.add_argument("day")
    parser.add_argument("--order", choices=("ntfs", "name"), default="ntfs")
    parser.add_argument("--policy", nargs="+", action="extend", default=[])
    parser.add_argument("--replicate", type=int, default=1)
    parser.add_argument("--hosts", type=int, default=800)
    parser.add_argument("--every", type=int, default=1, help="Take one of so many traces.")
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--csv", type=Path)
    chosen = parser.parse_args(arguments)
    traced = thinned(day(chosen.day, chosen.order, chosen.replicate), chosen.every)
    preset = {"hosts": chosen.hosts, "replicate": chosen.replicate}
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for values in rows(traced, chosen.policy or POLICIES, seeds=chosen.seeds, preset=preset):
        writer.writerow(written(values))
        sys.stderr.write(f"{values['policy']}: {values['energy_kwh']:.5f} kWh\n")
    if chosen.csv is None:
        sys.stdout.write(text.getvalue())
    else:
        chosen.csv.write_text(text.getvalue(), encoding="utf-8")


def thinned(traced: Traced, every: int) -> Traced:
    """Return a trace of which one of so many VMs is taken."""
    if every == 1:
        return traced
    columns = {name: getattr(traced.vms, name)[::every] for name in traced.vms.columns()}
    return replace(
        traced,
        vms=type(traced.vms)(**columns),
        readings=traced.readings[::every],
        arrive_s=traced.arrive_s[::every],
        leave_s=traced.leave_s[::every],
    )


if __name__ == "__main__":
    main(sys.argv[1:])
