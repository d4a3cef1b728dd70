"""Errors of predicted migrations, by groups of rows."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tests.validation import migration_rows

if TYPE_CHECKING:
    from tests.validation.migration import Predicted

SURE = "published, complete and sure"
FLOOR_MS = 20.0
"""Errors of the downtime are over this at least."""
FIXED = frozenset({"g5k-2000-1000", "g5k-2000-500", "tls-plain-idle", "tls-8ch"})
"""Published rows that a constant was fitted on, or that are means of such rows."""
HEADS = ("group", "rows", "verdict right", "total time", "downtime", "bytes", "rounds", "worst total time")


@dataclass(frozen=True)
class Score:
    """Mean absolute errors of a group, as shares; NaN where nothing is told. Amounts are of rows that end in both."""

    group: str
    rows: int
    verdicts: int
    total: float
    downtime: float
    sent: float
    rounds: float
    worst: str

    def cells(self) -> list[str]:
        """Return the row of the table."""
        shares = [self.total, self.downtime, self.sent, self.rounds]
        told = ["" if np.isnan(share) else f"{share:.1%}".replace("%", " %") for share in shares]
        return [self.group, str(self.rows), f"{self.verdicts} of {self.rows}", *told, self.worst]


@dataclass(frozen=True)
class _Outcome:
    """What was measured, in the units of `Predicted`; NaN where it is not told."""

    group: str
    converged: bool
    total: float
    downtime: float
    sent: float
    rounds: float


def scores(rows: Sequence[migration_rows.Row], found: Sequence["Predicted"]) -> list[Score]:
    """Return the errors of each group of rows for which outcomes are told."""
    kind = migration_rows.kind(rows)
    pairs = [(_outcome(kind, row), each) for row, each in zip(rows, found, strict=True)]
    groups = dict.fromkeys(outcome.group for outcome, _ in pairs if outcome is not None)
    members = {group: [(mine, each) for mine, each in pairs if mine and mine.group == group] for group in groups}
    if SURE in members:
        members[f"{SURE}, fixed nothing"] = [pair for pair in members[SURE] if pair[1].run_id not in FIXED]
    return [_score(group, some) for group, some in members.items()]


def table(found: Sequence[Score]) -> str:
    """Return the errors as a table."""
    lines = [HEADS, ["---"] * len(HEADS), *(each.cells() for each in found)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def _score(group: str, pairs: Sequence[tuple[_Outcome, "Predicted"]]) -> Score:
    both = [(mine, each) for mine, each in pairs if mine.converged and each.converged]
    totals = [(abs(each.total_time_ms / mine.total - 1), each.run_id) for mine, each in both if mine.total > 0]
    worst = max(totals, default=(float("nan"), ""))
    return Score(
        group, len(pairs), sum(mine.converged == each.converged for mine, each in pairs),
        _mean(error for error, _ in totals),
        _mean(abs(each.downtime_ms - mine.downtime) / max(mine.downtime, FLOOR_MS) for mine, each in both),
        _mean(abs(each.ram_transferred_bytes / mine.sent - 1) for mine, each in both),
        _mean(abs(each.rounds / mine.rounds - 1) for mine, each in both), f"{worst[1]} ({worst[0]:.0%})",
    )  # fmt: skip


def _mean(errors: Iterator[float]) -> float:
    told = [error for error in errors if not np.isnan(error)]
    return float(np.mean(told)) if told else float("nan")


def _outcome(kind: str, row: migration_rows.Row) -> _Outcome | None:
    return {"qemu": _qemu, "published": _published, "grid5000": _grid5000}[kind](row)


def _number(row: Mapping[str, str], column: str, scale: float = 1.0) -> float:
    return float(row[column]) * scale if row.get(column) else float("nan")


def _qemu(row: migration_rows.Row) -> _Outcome | None:
    if not row.get("converged"):
        return None
    technique = row.get("caps") or "none"
    return _Outcome(
        "QEMU pre-copy" if technique == "none" else f"QEMU {technique}", row["converged"] == "1",
        _number(row, "total_time_ms"), _number(row, "downtime_ms"), _number(row, "ram_transferred_bytes"),
        _number(row, "dirty_sync_count"),
    )  # fmt: skip


def _published(row: migration_rows.Row) -> _Outcome | None:
    if not row.get("converged"):
        return None
    counted = row["inputs_complete"] == "yes" and row["confidence"] == "high"
    unit = migration_rows.UNITS[row["unit"]] * 2**20
    return _Outcome(
        SURE if counted else "published, others", row["converged"] == "yes",
        _number(row, "total_time_s", 1000), _number(row, "downtime_ms"), _number(row, "data_transferred", unit),
        float("nan"),
    )  # fmt: skip


def _grid5000(row: migration_rows.Row) -> _Outcome | None:
    if not row.get("real_duration_s"):
        return None
    number = int(row["case"].rpartition("-")[2])
    group = "Grid'5000, cases 01-20 (fitted on)" if number <= 20 else "Grid'5000, other cases"
    none = float("nan")
    return _Outcome(group, True, _number(row, "real_duration_s", 1000), none, none, none)
