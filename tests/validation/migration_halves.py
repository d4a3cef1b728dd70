"""
Constants of QEMU's test machine fitted on half of its runs, and checked on the other: both ways.

``python -m tests.validation.migration_halves [CSV]`` takes a minute.
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from statistics import median

from models.laws.migration import Machine, machine
from tests.validation import migration, migration_rows, migration_scores

GRID = {"empty_page_us": (0.2, 0.3, 0.4, 0.65), "copy_mib_s": (1200.0, 3000.0)}
"""Values that are tried, of the constants that were fitted on the errors of pre-copy runs."""
GOALS = {"total": 0.08, "downtime": 0.18, "sent": 0.02, "rounds": 0.06}
"""What errors are weighed by."""


def score(rows: Sequence[migration_rows.Row], setup: Machine) -> migration_scores.Score:
    """Return the errors of a machine on pre-copy runs."""
    call = replace(migration_rows.calls(rows), machine=setup)
    return migration_scores.scores(rows, list(migration.told(rows, call)))[0]


def weighed(found: migration_scores.Score) -> float:
    """Return the errors over what they should be, added up."""
    return float(sum(getattr(found, name) / goal for name, goal in GOALS.items()))


def series_share(rows: Sequence[migration_rows.Row], setup: Machine) -> float:
    """
    Return the share of the rate that is lost where link and limit are equal, at the machine's `series_mib_s`.

    It is the median over such runs of what their mean rate lacks, with the square of the rate, as in the catalog.
    """
    rates = [(float(row["link_mib_s"] or 0), float(row["max_bw_mib_s"] or 0), row["achieved_bw_mib_s"]) for row in rows]
    lost = [
        (1 - float(mean) / link) * (setup.series_mib_s / link) ** 2
        for link, limit, mean in rates
        if link == limit > 0 and mean
    ]
    return max(median(lost), 0.0) if lost else setup.series_share


def fitted(rows: Sequence[migration_rows.Row]) -> Machine:
    """Return the machine whose mean rates are those of the runs, with the constants of the grid of the least errors."""
    setup = machine("test")
    setup = replace(setup, series_share=series_share(rows, setup))
    tried = [replace(setup, **dict(zip(GRID, values, strict=True))) for values in product(*GRID.values())]
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
