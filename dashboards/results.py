"""A result folder read back: its summary, its manifest and its tables, checked against the contract."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from dashboards.words import count
from models.tables import (
    COMPARISON,
    DELTAS,
    EVENT_COSTS,
    GAINS,
    HEAT,
    HOST_TOTALS,
    MERITS,
    MIGRATIONS,
    OVERHEAD,
    PARETO,
    REHEARSAL,
    REHEARSAL_EXECUTED,
    REHEARSAL_RISKS,
    REHEARSAL_RUNS,
    REHEARSAL_VIOLATIONS,
    REHEARSAL_WAVES,
    SCENARIO_FULL,
    SCENARIO_METRICS,
    SCENARIO_TRIED,
    SCHEMA_VERSION,
    SENSITIVITY,
    SIMULATION,
    STUDY,
    SUMMARY,
    TABLES,
    TECHNOLOGIES,
    TIMELINE,
    VM_TOTALS,
    Field,
    mistaken,
)

CONTRACTS: Mapping[str, Mapping[str, Mapping[str, Field]]] = {
    "plan": TABLES,
    "simulate": {
        "timeline": TIMELINE,
        "heat": HEAT,
        "hosts": HOST_TOTALS,
        "vms": VM_TOTALS,
        "migrations": MIGRATIONS,
    },
    "study": {"scenarios": SCENARIO_METRICS, "sensitivity": SENSITIVITY, "pareto": PARETO},
    "overhead": {"technologies": TECHNOLOGIES, "event_costs": EVENT_COSTS, "merits": MERITS, "gains": GAINS},
    "rehearse": {
        "waves": REHEARSAL_WAVES,
        "risks": REHEARSAL_RISKS,
        "executed": REHEARSAL_EXECUTED,
        "runs": REHEARSAL_RUNS,
        "violations": REHEARSAL_VIOLATIONS,
    },
    "compare": {"deltas": DELTAS},
}
"""The tables of each command's folder; a table may have further columns."""
_FURTHER: Mapping[tuple[str, str], Mapping[str, Field]] = {
    ("study", "scenarios"): {**SCENARIO_TRIED, **SCENARIO_FULL},
}
"""By command and table, columns that are only there if they were asked for."""
SUMMARIES: Mapping[str, Mapping[str, Field]] = {
    "plan": SUMMARY,
    "simulate": SIMULATION,
    "study": STUDY,
    "overhead": OVERHEAD,
    "rehearse": REHEARSAL,
    "compare": COMPARISON,
}
"""The keys of each command's summary."""
_TIMED, _FEWEST = ("timeline", "heat", "load"), 3
"""Tables over time, and how many times a range has at least, with one at either end."""
SIMULATED = ("before", "after")
"""Folders within a plan's, each the result of a simulation: VMs where they were, and where the plan puts them."""


def contract(command: str, name: str) -> dict[str, Field]:
    """Return what the columns of a command's table mean, those that need not be there as well."""
    return {**CONTRACTS[command][name], **_FURTHER.get((command, name), {})}


class ResultError(ValueError):
    """A folder is no result, or a damaged one."""


@dataclass(frozen=True, eq=False)
class Results:
    """
    What a result folder holds.

    Parameters
    ----------
    folder
        Where it was read from.
    summary, manifest
        The answer, and what it was computed from. Keys may be missing, values None.
    tables
        Every table of the command's contract by name; those that the folder lacks are empty.
    simulated
        The simulations within a plan's folder, by `SIMULATED`; those that it lacks are not there.
    """

    folder: Path
    summary: Mapping[str, Any]
    manifest: Mapping[str, Any]
    tables: Mapping[str, pd.DataFrame]
    simulated: Mapping[str, "Results"] = field(default_factory=dict)

    @property
    def command(self) -> str:
        """What was computed: plan, simulate, study, overhead, rehearse or compare."""
        return str(self.summary["command"])

    @property
    def status(self) -> str:
        """How it ended, empty if that does not apply."""
        return str(self.summary.get("status") or "")


def load(folder: Path) -> Results:
    """
    Read a result folder, and of a plan's the simulations in it.

    Raises
    ------
    ResultError
        If it is none, or a table breaks the contract; the message names the file.
    """
    results = _read(folder, tuple(CONTRACTS))
    within = SIMULATED if results.command == "plan" else ()
    found = [when for when in within if (folder / when / "summary.json").is_file()]
    return replace(results, simulated={when: _read(folder / when, ("simulate",)) for when in found})


def _read(folder: Path, commands: tuple[str, ...]) -> Results:
    """Return what a folder holds by itself; its command is one of those given."""
    summary = _mapping(folder / "summary.json")
    command = str(summary.get("command"))
    if command not in commands:
        raise ResultError(f"{folder / 'summary.json'}: command is {command!r}; expected one of {', '.join(commands)}.")
    version = summary.get("schema_version")
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise ResultError(f"{folder / 'summary.json'}: schema_version {version} is newer than {SCHEMA_VERSION}.")
    if wrong := mistaken(summary, SUMMARIES[command]):
        raise ResultError(f"{folder / 'summary.json'}: has values of a wrong kind: {', '.join(wrong)}.")
    manifest = folder / "manifest.json"
    tables = {name: _table(folder, command, name) for name in CONTRACTS[command]}
    counted = summary.get("scenarios") if command == "study" else None
    if counted is not None and counted != len(tables["scenarios"]):
        text = f"counts {count(counted, 'scenario')}, and scenarios.parquet has {len(tables['scenarios'])}"
        raise ResultError(f"{folder / 'summary.json'}: {text}.")
    return Results(folder, summary, _mapping(manifest) if manifest.is_file() else {}, tables)


def _mapping(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise ResultError(f"{path}: cannot be read, so this is no result folder: {problem.strerror}.") from None
    except (ValueError, RecursionError) as problem:
        raise ResultError(f"{path}: is not JSON: {problem}.") from None
    if not isinstance(content, dict):
        raise ResultError(f"{path}: holds no JSON object.")
    return content


def _table(folder: Path, command: str, name: str) -> pd.DataFrame:
    path = next((path for kind in ("parquet", "csv") if (path := folder / f"{name}.{kind}").is_file()), None)
    needed, known = CONTRACTS[command][name], contract(command, name)
    if path is None:
        return pd.DataFrame({column: pd.Series(dtype=spec.dtype) for column, spec in needed.items()})
    raw = _raw(path)
    missing = [column for column in needed if column not in raw]
    if missing:
        raise ResultError(f"{path}: lacks the columns {', '.join(missing)}.")
    return pd.DataFrame(
        {str(column): _typed(path, str(column), raw[column], known.get(str(column))) for column in raw},
        index=raw.index,
    )


def _raw(path: Path) -> pd.DataFrame:
    try:
        if path.suffix == ".parquet":
            return pd.read_parquet(path)
        text = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
    except (OSError, ValueError) as problem:
        raise ResultError(f"{path}: cannot be read: {problem}.") from None
    return pd.DataFrame({name: text[name].str.removeprefix("'") for name in text}, index=text.index)


def _typed(path: Path, column: str, values: "pd.Series[Any]", spec: Field | None) -> "pd.Series[Any]":
    dtype = spec.dtype if spec else "any"
    if dtype == "str":
        return values.astype("str").fillna("")
    if dtype == "bool":
        return values.astype("str").str.lower().isin(("true", "1"))
    if dtype in ("int64", "float64", "float32"):
        try:
            return _number(values, dtype)
        except (ValueError, TypeError) as problem:
            raise ResultError(f"{path}: column {column}: {problem}.") from None
    return values


def _number(values: "pd.Series[Any]", dtype: str) -> "pd.Series[Any]":
    """Return numbers; an empty cell is NaN, and makes whole numbers floats."""
    numbers = pd.to_numeric(values.replace("", float("nan")) if values.dtype == "str" else values)
    return pd.Series(numbers, dtype="float64" if dtype == "int64" and numbers.isna().any() else dtype)


def between(results: Results, since_s: float, until_s: float) -> Results:
    """
    Return a result whose tables over time hold a range of it alone, and one row more at either end.

    Where there is nothing in the range, they are as they were.
    """
    tables = {
        name: _between(table, since_s, until_s) if name in _TIMED else table for name, table in results.tables.items()
    }
    inside = {name: between(each, since_s, until_s) for name, each in results.simulated.items()}
    return replace(results, tables=tables, simulated=inside)


def _between(table: pd.DataFrame, since_s: float, until_s: float) -> pd.DataFrame:
    times = np.unique(table["time_s"].to_numpy(np.float64))
    first, last = int(np.searchsorted(times, since_s)) - 1, int(np.searchsorted(times, until_s, side="right"))
    if last - first < _FEWEST:
        return table
    low, high = float(times[max(first, 0)]), float(times[min(last, len(times) - 1)])
    found: pd.DataFrame = table[table["time_s"].between(low, high)]
    return found
