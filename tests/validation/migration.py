"""
The laws of migration against measured ones.

``python -m tests.validation.migration [CSV …] [--out FILE] [--score] [--page]``

Reads rows of the kinds of files in ``migration/qemu_calibration.csv``, ``migration/calibration.csv`` and
``mvm/real_executions.csv`` of the shared data, known by their columns. Only inputs are used; outputs may be blank.
Without files: the shared ones, where they are. Prints the predictions as CSV, or writes them to a file; ``--score``
prints errors against the outputs that there are; ``--page`` writes ``docs/migration.md`` anew.
"""

import argparse
import csv
import io
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.laws.migration import predict
from tests.validation import migration_page, migration_rows, migration_scores

COLUMNS = ("run_id", "total_time_ms", "downtime_ms", "ram_transferred_bytes", "rounds", "converged", "reason")


@dataclass(frozen=True)
class Predicted:
    """One row, predicted; amounts in the units of the columns. `rounds` is counted as QEMU's dirty_sync_count."""

    run_id: str
    total_time_ms: float
    downtime_ms: float
    ram_transferred_bytes: float
    rounds: int
    converged: bool
    reason: str

    def cells(self) -> list[str]:
        """Return the row of the table."""
        amounts = [self.total_time_ms, self.downtime_ms, self.ram_transferred_bytes]
        told = [f"{amount:.0f}" for amount in amounts] + [str(self.rounds)] if self.converged else [""] * 4
        return [self.run_id, *told, str(int(self.converged)), self.reason]


def predicted(rows: Sequence[migration_rows.Row]) -> list[Predicted]:
    """Return the predictions of rows of one kind."""
    found: dict[int, Predicted] = {}
    for group in migration_rows.groups(rows):
        some = [rows[at] for at in group]
        found |= zip(group, told(some, migration_rows.calls(some)), strict=True)
    return [found[at] for at in range(len(rows))]


def told(rows: Sequence[migration_rows.Row], call: migration_rows.Calls) -> Iterator[Predicted]:
    """Yield the predictions of rows by their call; rows that ask for the same are predicted once."""
    columns = [values.tolist() for part in (call.guests, call.paths) for values in vars(part).values()]
    asked = list(zip(*columns, call.options, strict=True))
    place = {each: at for at, each in enumerate(dict.fromkeys(asked))}
    some = np.array([asked.index(each) for each in place], np.int64)
    options = [call.options[at] for at in some]
    found = predict(call.guests.rows(some), call.paths.rows(some), options, machine=call.machine)
    for row, at in ((number, place[each]) for number, each in enumerate(asked)):
        yield Predicted(
            migration_rows.name(rows[row], row), found.total_s[at] * 1000, found.downtime_ms[at],
            found.sent_mib[at] * 2**20, int(found.rounds[at]), bool(found.converges[at]), str(found.reason[at]),
        )  # fmt: skip


def table(found: Sequence[Predicted]) -> str:
    """Return the predictions as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(each.cells() for each in found)
    return text.getvalue()


def shared() -> list[Path]:
    """Return the shared files that are there; the variable CONSOLIDATE_DATA says where data are."""
    data = os.environ.get("CONSOLIDATE_DATA")
    folder = Path(data) if data else Path(__file__).parents[3] / "shared" / "data"
    return [folder / name for name in migration_page.FILES if (folder / name).is_file()]


def main(arguments: Sequence[str] | None = None) -> None:
    """Print or write the predictions, the errors or the page."""
    parser = argparse.ArgumentParser(description="Predict measured migrations.")
    parser.add_argument("files", nargs="*", type=Path, help="CSV with the columns of one of the shared files")
    parser.add_argument("--out", type=Path, help="file for the predictions")
    parser.add_argument("--score", action="store_true", help="print errors against the outputs that there are")
    parser.add_argument("--page", action="store_true", help="write docs/migration.md")
    given = parser.parse_args(arguments)
    found, scores = [], []
    for path in given.files or shared():
        rows = migration_rows.read(path)
        mine = predicted(rows)
        found += mine
        scores += migration_scores.scores(rows, mine)
    if given.page:
        migration_page.PAGE.write_text(migration_page.text(scores), encoding="utf-8")
    if given.out is not None:
        given.out.write_text(table(found), encoding="utf-8")
    elif not (given.score or given.page):
        sys.stdout.write(table(found))
    if given.score:
        sys.stdout.write(migration_scores.table(scores))


if __name__ == "__main__":
    main()
