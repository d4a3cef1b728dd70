"""
What each oddity of CloudSim is worth, one left out at a time: ``python -m tests.validation.quirks [DAY] [--csv OUT]``.

Beside it, the same day under our own physics. Without DAY it is 20110303 of the shared traces.
"""

import argparse
import csv
import io
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from consolidate.readers.traces import Traced
from models import cloudsim
from solvers.policies import cloudsim as policies
from tests.validation.cloudsim import day, row

HERE = Path(__file__).parent
RESULT = HERE / "quirks.csv"
COLUMNS = (
    "left_out", "policy", "energy_kwh", "energy_change_kwh", "migrations", "migrations_change", "sla", "unserved",
    "what",
)  # fmt: skip
DAY = "20110303"
OURS = (
    ("our physics", "thr-mmt", {"physics": "ours"}, "our physics, and a threshold of ours; memory is a limit"),
    ("our physics", "steady", {"physics": "ours"}, "our physics, and a policy of ours; memory is a limit"),
    (
        "our physics but memory", "thr-mmt", {"physics": "ours", "memory": False},
        "our physics, and a threshold of ours, without a limit on memory",
    ),
    (
        "our physics but memory", "steady", {"physics": "ours", "memory": False},
        "our physics, and a policy of ours, without a limit on memory",
    ),
)  # fmt: skip


def rows(traced: Traced) -> Iterator[dict[str, Any]]:
    """Yield the figures with all oddities, without each, without all, and under our physics."""
    usual = {name: row(traced, name) for name in ("thr-mmt", "lr-mmt")}
    for name, found in usual.items():
        yield _told("nothing", name, found, found, "CloudSim 3.0.3")
    for quirk, what in {**cloudsim.QUIRKS, **policies.QUIRKS}.items():
        policy = "lr-mmt" if quirk == "unweighted" else "thr-mmt"
        found = row(traced, policy, preset={"without": [quirk]})
        yield _told(quirk, policy, found, usual[policy], what)
    every = [*cloudsim.QUIRKS, *policies.QUIRKS]
    found = row(traced, "thr-mmt", preset={"without": every})
    yield _told("all of these", "thr-mmt", found, usual["thr-mmt"], "without any of the oddities above")
    for name, policy, preset, what in OURS:
        yield _told(name, policy, row(traced, policy, preset=preset), usual["thr-mmt"], what)


def _told(left_out: str, policy: str, found: Mapping[str, Any], usual: Mapping[str, Any], what: str) -> dict[str, Any]:
    return {
        "left_out": left_out,
        "policy": policy,
        "energy_kwh": f"{found['energy_kwh']:.2f}",
        "energy_change_kwh": f"{found['energy_kwh'] - usual['energy_kwh']:+.2f}",
        "migrations": found["migrations"],
        "migrations_change": f"{found['migrations'] - usual['migrations']:+d}",
        "sla": f"{found['sla']:.3g}",
        "unserved": f"{found['overall_slav']:.3g}",
        "what": what,
    }


def main(arguments: Sequence[str]) -> None:
    """Print the rows, or write them to a file."""
    parser = argparse.ArgumentParser(prog="python -m tests.validation.quirks")
    parser.add_argument("day", nargs="?", default=DAY)
    parser.add_argument("--csv", type=Path)
    chosen = parser.parse_args(arguments)
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for values in rows(day(chosen.day)):
        writer.writerow(values)
        sys.stderr.write(f"{values['left_out']}, {values['policy']}: {values['energy_kwh']} kWh\n")
    if chosen.csv is None:
        sys.stdout.write(text.getvalue())
    else:
        chosen.csv.write_text(text.getvalue(), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
