"""Tables as the report's script shows them: which columns, how each is written, and their values as JSON."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dashboards.scenarios import axes
from models.tables import Field

BUDGET = 1_700_000
"""Characters of JSON that one table may take; a longer one is cut, and says so."""

COLUMNS: Mapping[str, Sequence[str]] = {
    "moves": (
        "wave", "start_s", "vm", "source", "destination", "reason", "kind", "duration_s", "downtime_ms",
        "transferred_mib", "disk_mib", "rounds", "converges", "at_risk",
    ),
    "hosts": (
        "host", "role", "vms_before", "vms_after", "cpu_share_before", "cpu_share_after",
        "guest_overhead_mhz_after", "host_overhead_mhz_after", "headroom_mhz_after", "ready_share_after",
        "kept_because", "memory_share_before", "memory_share_after", "power_w_before", "power_w_after",
        "work_mhz_after", "headroom_share_after", "cluster", "model", "cores",
    ),
    "scenarios": (
        "scenario", "seed", "status", "hosts_after", "moves", "cost_after_eur_year", "saving_eur_year",
        "payback_months", "held_up", "full_growth", "full_months", "ready_share_max", "overload_share_max",
    ),
    "technologies": (
        "technology", "level", "cpu_ratio", "slowdown", "throughput_ratio", "work_mhz", "guest_mhz", "host_mhz",
        "cpu_mhz", "host_share", "latency_us", "memory_mib", "unmodified", "efficient", "isolation", "net_path",
        "disk_path", "requires", "text",
    ),
    "merits": (
        "level", "technology", "slowdown", "note", "performance", "performance_book", "flexibility", "flexibility_book",
        "complexity", "complexity_book", "isolation", "isolation_book",
    ),
    "gains": (
        "vm", "gain_mhz", "changes", "technology", "workload", "host", "work_mhz", "guest_mhz", "host_mhz",
        "overhead_then_mhz", "slowdown", "memory_mib",
    ),
}  # fmt: skip
"""The columns shown, where not all are; of `WHOLE` tables those that come first."""
WHOLE = ("scenarios",)

_LARGE, _SMALL = 100, 0.05
"""From where on numbers have one digit behind the point, and below what that one tells nothing of them."""
NUMBER = "#"
_NUMBERED = {NUMBER: Field("Number of the move in the runbook.", "", "int64")}

_ACRONYMS = {
    "cpu": "CPU",
    "vm": "VM",
    "vms": "VMs",
    "vcpus": "vCPUs",
    "eur": "",
    "kwh": "",
    "mhz": "",
    "mib": "",
    "gib": "",
    "kg": "",
}
_UNITS = {"s", "ms", "us", "ps", "w", "j", "mbps", "months"}


def heading(column: str, spec: Field | None = None) -> str:
    """
    Return a column's heading, with its unit.

    >>> heading("cpu_share_before"), heading("power_w_after", Field("Draw.", "W", "float64"))
    ('CPU share before', 'Power after [W]')
    >>> heading("axis.limits.cpu_ceiling")
    'limits.cpu_ceiling'
    """
    if column.startswith("axis."):
        return column.removeprefix("axis.")
    words = [_ACRONYMS.get(word, word) for word in column.split("_") if word not in _UNITS]
    text = " ".join(filter(None, words)) or column
    unit = f" [{spec.unit}]" if spec and spec.unit not in ("", "s", "share", "ratio") else ""
    return f"{text if text.startswith('vCPU') else text[0].upper() + text[1:]}{unit}"


def headings(table: pd.DataFrame, contract: Mapping[str, Field]) -> dict[str, str]:
    """Return the heading of each column; settings of a study are called without their group, where that is clear."""
    short = axes(table)
    return {name: short.get(name) or heading(name, contract.get(name)) for name in map(str, table)}


def kind(values: "pd.Series[Any]", spec: Field | None) -> str:
    """Return how a column is written: text, flag, share, ratio, duration or number."""
    if values.dtype == bool:
        return "flag"
    if not pd.api.types.is_numeric_dtype(values):
        return "text"
    return {"share": "share", "ratio": "ratio", "s": "duration"}.get(spec.unit if spec else "", "number")


def dataset(name: str, table: pd.DataFrame, contract: Mapping[str, Field], budget: int = BUDGET) -> str:
    """Return a table as JSON, cut to so many rows that it keeps the budget."""
    shown = chosen(name, table, contract)
    if not shown or name in WHOLE:
        shown = [*dict.fromkeys([*shown, *map(str, table)])]
    if name == "moves":
        table, shown, contract = numbered(table), [NUMBER, *shown], {**contract, **_NUMBERED}
    table = ordered(name, table)
    rows = len(table)
    text = _json(table[shown], rows, contract)
    while len(text) > budget and rows:
        rows = int(rows * min(0.95, budget / len(text)))
        text = _json(table[shown].head(rows), len(table), contract)
    return text


def chosen(name: str, table: pd.DataFrame, contract: Mapping[str, Field]) -> list[str]:
    """Return the columns to show first, or alone; none are chosen of a simulation's hosts, which have others."""
    wanted = COLUMNS.get(name, ())
    return [column for column in wanted if column in table] if set(wanted) <= set(contract) else []


def ordered(name: str, table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows in the order to show them: of gains the largest first, of others as they are."""
    return table.sort_values("gain_mhz", ascending=False, kind="stable") if name == "gains" else table


def numbered(moves: pd.DataFrame) -> pd.DataFrame:
    """Return the moves with the number that the runbook gives each: 1, 2, … by wave and start."""
    order = np.lexsort((moves["start_s"], moves["wave"]))
    number = np.empty(len(moves), np.int64)
    number[order] = np.arange(1, len(moves) + 1)
    return moves.assign(**{NUMBER: number})


def _json(table: pd.DataFrame, total: int, contract: Mapping[str, Field]) -> str:
    columns, titles = [], headings(table, contract)
    for name in table:
        spec, values = contract.get(str(name)), table[name]
        how = kind(values, spec)
        hint = spec.text if spec else ""
        columns.append({"name": name, "label": titles[str(name)], "hint": hint, "kind": how, **_values(values, how)})
    return json.dumps({"total": total, "rows": len(table), "columns": columns}, separators=(",", ":"), allow_nan=False)


def _values(values: "pd.Series[Any]", how: str) -> dict[str, Any]:
    """Return plain values; text that repeats is a list of words, and a code for each row."""
    if how == "flag":
        return {"values": values.to_list()}
    if how == "text":
        codes, words = pd.factorize(values.astype(str))
        return {"words": list(words), "values": codes.tolist()}
    numbers = values.to_numpy(np.float64)
    mixed = how == "number" and _mixed(np.abs(numbers))
    rounded = np.round(numbers, 7 if how == "share" or mixed else 4)
    whole = (np.abs(rounded) < 2**53).all() and (rounded == np.round(rounded)).all()
    if whole:
        return {"values": rounded.astype(np.int64).tolist()}
    plain = [value if np.isfinite(value) else None for value in rounded.tolist()]
    written = _written(float(np.nanmax(np.abs(rounded), initial=0.0)), how)
    return {"values": plain, **written} | ({"mixed": True} if mixed else {})


def _mixed(sizes: NDArray[np.float64]) -> bool:
    """Return whether some numbers are so large, and others so small, that the same digits do not suit both."""
    return bool((sizes >= _LARGE).any() and ((sizes > 0) & (sizes < _SMALL)).any())


def _written(most: float, how: str) -> dict[str, Any]:
    """Return how the script writes numbers of at most so much: digits, and whether durations are of seconds."""
    if how == "share":
        return {
            "digits": next((digits for least, digits in ((0.01, 1), (0.001, 2)) if most >= least), 4 if most else 1)
        }
    return {"digits": 1 if most >= _LARGE else 2} | ({"brief": True} if how == "duration" and most < 60 else {})
