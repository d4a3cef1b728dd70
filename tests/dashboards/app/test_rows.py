"""What a grid asks for."""

from typing import Any

import pandas as pd
import pytest

from dashboards.app import rows
from dashboards.app.state import View

NAN = float("nan")
TABLE = pd.DataFrame(
    {"vm": ["a", "B", "ab", ""], "source": ["x", "y", "x", "z"], "destination": ["y", "z", "z", "x"],
     "size": [3.0, NAN, 1.0, 2.0], "live": [True, False, True, True]}
)  # fmt: skip


def kept(**model: Any) -> list[int]:
    """Return the rows that pass the filters of a grid."""
    return list(rows.filtered(TABLE, model).index)


def test_rows_of_a_host_leave_or_enter_it() -> None:
    """A host's moves are those from it and to it."""
    assert list(rows.of_host(TABLE, "x").index) == [0, 2, 3]


@pytest.mark.parametrize(("when", "found"), [("before", [0]), ("after", [1]), ("both", [0, 1])])
def test_vms_of_a_host(when: str, found: list[int]) -> None:
    """VMs are on a host before or after; both means either."""
    table = pd.DataFrame({"vm": ["a", "b", "c"], "host_before": ["x", "y", "y"], "host_after": ["y", "x", "y"]})
    assert list(rows.of_host(table, "x", when).index) == found


def test_all_words_must_be_there() -> None:
    """Words are sought in all texts, in capitals or not; each of them must be somewhere in the row."""
    assert list(rows.found(TABLE, "A x").index) == [0, 2]
    assert list(rows.found(TABLE, "a y").index) == [0]
    assert list(rows.found(TABLE, "(").index) == []


@pytest.mark.parametrize(
    ("kind", "found"),
    [("contains", [0, 1, 2]), ("notContains", [3]), ("equals", []), ("startsWith", [0, 2]), ("blank", [3]),
     ("notBlank", [0, 1, 2]), ("endsWith", [0])],
)  # fmt: skip
def test_texts_are_filtered(kind: str, found: list[int]) -> None:
    """Capitals do not matter: of a, B, ab and an empty text, a or B hold what is wanted."""
    model: dict[str, Any] = {"type": kind, "filter": "a"}
    if kind in ("contains", "notContains"):
        parts = [model, {"type": kind, "filter": "b"}]
        model = {"operator": "OR" if kind == "contains" else "AND", "conditions": parts}
    if kind == "equals":
        model["filter"] = "x"
    assert kept(vm=model) == found


@pytest.mark.parametrize(
    ("kind", "found"),
    [("greaterThan", [0]), ("greaterThanOrEqual", [0, 3]), ("lessThan", [2]), ("lessThanOrEqual", [2, 3]),
     ("equals", [3]), ("notEqual", [0, 1, 2]), ("inRange", [0, 3]), ("blank", [1])],
)  # fmt: skip
def test_numbers_are_filtered(kind: str, found: list[int]) -> None:
    """Of 3, unknown, 1 and 2, against 2; the range is from 2 to 3."""
    assert kept(size={"type": kind, "filter": 2, "filterTo": 3}) == found


def test_filters_are_joined() -> None:
    """Filters of several columns all count; a flag is sought as a word."""
    assert kept(live={"type": "equals", "filter": "true"}, source={"type": "equals", "filter": "X"}) == [0, 2]


def test_a_block_is_sorted_and_counted() -> None:
    """The grid gets the rows it asks for, in its order, unknown numbers last, and how many there are in all."""
    request = {"startRow": 1, "endRow": 3, "sortModel": [{"colId": "size", "sort": "desc"}], "filterModel": {}}
    found = rows.block(TABLE, request)
    assert [row["vm"] for row in found["rowData"]] == ["", "ab"]
    assert found["rowCount"] == 4
    assert rows.block(TABLE, request | {"startRow": 3, "endRow": 9})["rowData"][0]["size"] is None


def test_records_keep_every_column() -> None:
    """A column called row is not lost to the grid's own index."""
    assert rows.records(TABLE.assign(row=[4, 5, 6, 7]))[1]["row"] == 5
    assert rows.records(TABLE)[2][rows.ROW] == "2"


def test_a_view_limits_the_rows() -> None:
    """Words and the chosen host both count, the host only where the table is limited to it."""
    view = View(host="x", find="b")
    assert list(rows.shown(TABLE, view, "host").index) == [2]
    assert list(rows.shown(TABLE, view, "").index) == [1, 2]


def test_saved_cells_are_guarded() -> None:
    """What a spreadsheet would run is led by an apostrophe; numbers are not."""
    text = rows.text(pd.DataFrame({"vm": ["=A1", "-x", "fine"], "n": [-1.5, 2, 3]}))
    assert text.splitlines() == ["vm,n", "'=A1,-1.5", "'-x,2.0", "fine,3.0"]
