"""The part of a table that a grid asks for: filtered, sorted, and no more than it shows."""

import operator
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import Any

import numpy as np
import pandas as pd

from dashboards.app.state import View

ROW = "_index"
"""Of each record: the row's index in its table."""
_COMPARE: Mapping[str, Callable[[Any, float], Any]] = {
    "equals": operator.eq,
    "notEqual": operator.ne,
    "greaterThan": operator.gt,
    "greaterThanOrEqual": operator.ge,
    "lessThan": operator.lt,
    "lessThanOrEqual": operator.le,
}


def of_host(table: pd.DataFrame, host: str, when: str = "both") -> pd.DataFrame:
    """Return the rows that concern a host: it itself, VMs on it before or after, moves that leave or enter it."""
    columns = [name for name in ("host", "source", "destination", "host_end") if name in table]
    columns += [f"host_{each}" for each in ("before", "after") if f"host_{each}" in table and when in ("both", each)]
    return table[(table[columns] == host).any(axis=1)] if columns else table


def of_vm(table: pd.DataFrame, vm: str) -> pd.DataFrame:
    """Return the rows that concern a VM."""
    return table[table["vm"] == vm] if "vm" in table else table


def found(table: pd.DataFrame, words: str) -> pd.DataFrame:
    """Return the rows of whose texts some hold each word, in capitals or not."""
    for word in words.lower().split():
        texts = [name for name in table if table[name].dtype == "str" or table[name].dtype == object]
        held = [table[name].astype("str").str.lower().str.contains(word, regex=False) for name in texts]
        mask = reduce(operator.or_, held, pd.Series(data=False, index=table.index))
        table = table[mask.to_numpy(bool)]
    return table


def shown(table: pd.DataFrame, view: View, within: str) -> pd.DataFrame:
    """
    Return the rows that a view shows of a table.

    Parameters
    ----------
    within
        What they are limited to: host, vm, or nothing.
    """
    if within == "host" and view.host:
        table = of_host(table, view.host, view.when)
    if within == "vm" and view.vm:
        table = of_vm(table, view.vm)
    return found(table, view.find) if view.find else table


def filtered(table: pd.DataFrame, model: Mapping[str, Any] | None) -> pd.DataFrame:
    """Return the rows that pass a grid's filters."""
    for name, wanted in (model or {}).items():
        if name in table:
            table = table[np.asarray(_passes(table[name], wanted), bool)]
    return table


def _passes(values: "pd.Series[Any]", wanted: Mapping[str, Any]) -> Any:
    """Return which values pass a filter: one condition, or several joined by AND or OR."""
    if "conditions" in wanted or "condition1" in wanted:
        parts = wanted.get("conditions") or [wanted["condition1"], wanted["condition2"]]
        join = operator.or_ if wanted.get("operator") == "OR" else operator.and_
        return reduce(join, (np.asarray(_passes(values, part), bool) for part in parts))
    kind, limit = str(wanted.get("type")), wanted.get("filter")
    if kind in ("blank", "notBlank"):
        blank = np.asarray(values.isna() | (values.astype("str") == ""))
        return blank if kind == "blank" else ~blank
    if limit is None:
        return np.ones(len(values), bool)
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        return _number_passes(values, kind, float(limit), wanted.get("filterTo"))
    return _text_passes(values.astype("str").str.lower(), kind, str(limit).lower())


def _number_passes(values: "pd.Series[Any]", kind: str, limit: float, most: Any) -> Any:
    if kind == "inRange":
        return (values >= limit) & (values <= float(limit if most is None else most))
    return _COMPARE[kind if kind in _COMPARE else "equals"](values, limit)


def _text_passes(texts: "pd.Series[Any]", kind: str, limit: str) -> Any:
    if kind in ("equals", "true", "false"):
        return texts == limit
    if kind == "notEqual":
        return texts != limit
    if kind == "startsWith":
        return texts.str.startswith(limit)
    if kind == "endsWith":
        return texts.str.endswith(limit)
    held = texts.str.contains(limit, regex=False)
    return ~held if kind == "notContains" else held


def ordered(table: pd.DataFrame, model: Sequence[Mapping[str, str]] | None) -> pd.DataFrame:
    """Return the rows in the order that a grid asks for; what is not known comes last."""
    wanted = [each for each in model or [] if each.get("colId") in table]
    if not wanted:
        return table
    ascending = [each.get("sort") != "desc" for each in wanted]
    return table.sort_values([each["colId"] for each in wanted], ascending=ascending, kind="stable")


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows as a grid takes them, each with its index; what is not known is None."""
    plain = table.astype(object).where(table.notna(), None).assign(**{ROW: table.index.astype(str)})
    return [{str(name): value for name, value in record.items()} for record in plain.to_dict("records")]


def block(table: pd.DataFrame, request: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a grid asks for: the rows from one to another of the filtered and sorted table, and how many."""
    kept = ordered(filtered(table, request.get("filterModel")), request.get("sortModel"))
    rows = kept.iloc[int(request.get("startRow") or 0) : int(request.get("endRow") or 100)]
    return {"rowData": records(rows), "rowCount": len(kept)}


def text(table: pd.DataFrame) -> str:
    """Return a table as CSV in which no cell is run by a spreadsheet: such cells are led by an apostrophe."""
    guarded = table.copy()
    for name in table:
        if table[name].dtype == "str" or table[name].dtype == object:
            plain = table[name].astype("str")
            risky = plain.str.startswith(("=", "+", "-", "@", "\t", "\r", "'"))
            guarded[name] = plain.where(~risky, "'" + plain)
    return str(guarded.to_csv(index=False, lineterminator="\r\n"))
