"""
Constants of QEMU's test machine fitted on half of its runs, and checked on the other: both ways.

``python -m tests.validation.migration_halves [CSV]`` takes a minute.
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path

from models.laws.migration import Machine, machine
from tests.validation import migration, migration_rows, migration_scores

GRID = {"series_share": (0.0, 0.05, 0.1, 0.15), "empty_page_us": (0.2, 0.3, 0.4, 0.65), "copy_mib_s": (1200.0, 3000.0)}
"""Values that are tried, of the constants that pre-copy runs were fitted on."""
GOALS = {"total": 0.08, "downtime": 0.18, "sent": 0.02, "rounds": 0.06}
"""What errors are weighed by."""


def score(rows: Sequence[migration_rows.Row], setup: Machine) -> migration_scores.Score:
    """Return the errors of a machine on pre-copy runs."""
    call = replace(migration_rows.calls(rows), machine=setup)
    return migration_scores.scores(rows, list(migration.told(rows, call)))[0]


def weighed(found: migration_scores.Score) -> float:
    """Return the errors over what they should be, added up."""
    return float(sum(getattr(found, name) / goal for name, goal in GOALS.items()))


def fitted(rows: Sequence[migration_rows.Row]) -> Machine:
    """Return the machine of the grid with the least errors."""
    tried = [replace(machine("test"), **dict(zip(GRID, values, strict=True))) for values in product(*GRID.values())]
    return min(tried, key=lambda setup: weighed(score(rows, setup)))


def checked(rows: Sequence[migration_rows.Row]) -> Iterator[migration_scores.Score]:
    """Yield the errors on each half with the constants of the other."""
    halves = rows[::2], rows[1::2]
    for fit, check in (halves, halves[::-1]):
        yield score(check, fitted(fit))


def main(paths: Sequence[str]) -> None:
    """Print the errors as a table."""
    path = Path(paths[0]) if paths else migration.shared()[0]
    rows = [row for row in migration_rows.read(path) if row["caps"] in ("", "none")]
    sys.stdout.write(migration_scores.table(list(checked(rows))))


if __name__ == "__main__":
    main(sys.argv[1:])
