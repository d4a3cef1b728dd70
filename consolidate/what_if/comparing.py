"""Two results side by side: what differs, by how much, and how sure that is over seeds."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from models.arrays import Floats
from models.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

_DONE = {"both": "plan and simulate"}
AT = "::"
"""Between a study's folder and the name of one of its scenarios."""
UNTOLD = ("seed", "seconds", "schema_version")
_YEAR_MONTHS = 12.0
_ROUNDING = 1e-9
"""Relative difference up to which two figures are one: sums of the same numbers in another order."""


@dataclass(frozen=True, eq=False)
class Side:
    """
    One of the two.

    Parameters
    ----------
    name
        As it was named.
    rows
        One a scenario and seed.
    does
        What was done with each: ``plan``, ``simulate``, ``both``, ``overhead``, ``rehearse`` …
    source, inputs
        Name of the inventory, and the hashes of what it was computed from, by file.
    """

    name: str
    rows: "pd.DataFrame"
    does: str = ""
    source: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)


def read(text: str) -> Side:
    """
    Return what a result's folder holds, or ``FOLDER::SCENARIO`` one scenario of it.

    Raises
    ------
    InputError
        If it is no result, or has no such scenario.
    """
    path, scenario = Path(text), ""
    if not path.exists() and AT in text:
        folder, _, scenario = text.partition(AT)
        path = Path(folder)
    try:
        summary, manifest = (_mapping(path / name) for name in ("summary.json", "manifest.json"))
        if wrong := [key for key in ("options", "inputs") if not isinstance(manifest.get(key, {}), dict)]:
            raise ValueError(f"manifest.json has values of a wrong kind: {', '.join(wrong)}")
        rows = _rows(path, summary)
    except (OSError, ValueError, RecursionError) as problem:
        raise InputError(f"{path} is no result folder: {getattr(problem, 'strerror', None) or problem}.") from None
    if scenario:
        rows = rows[rows["scenario"] == scenario]
        if rows.empty:
            raise InputError(f"{path} has no scenario {scenario!r}.")
    sound(path)
    command, options = str(summary.get("command")), manifest.get("options", {})
    does = str(options.get("run") or "plan") if command == "study" else command
    return Side(text, rows, does, str(summary.get("source") or ""), manifest.get("inputs", {}))


def _mapping(path: Path) -> dict[str, Any]:
    found = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(found, dict):
        raise ValueError(f"{path.name} holds no JSON object")
    return found


def sound(path: Path) -> None:
    """
    Check the tables of a result's folder, if it is a plan's.

    Raises
    ------
    InputError
        With what its tables and its summary cannot both say.
    """
    from consolidate.runbooks import folder

    try:
        planned = _mapping(path / "summary.json").get("command") == "plan"
    except (OSError, ValueError, RecursionError):
        return  # told by whoever reads it
    if planned:
        folder.read(path)


def unlike(first: Side, second: Side) -> Iterator[str]:
    """
    Yield what the two do not have in common though a comparison supposes it: the estate, what was read of it.

    Raises
    ------
    InputError
        If not the same was done, so that the same names of metrics mean different things.
    """
    if first.does != second.does:
        text = f"{first.name} holds the result of {_DONE.get(first.does, first.does)!r}, {second.name} of "
        raise InputError(f"{text}{_DONE.get(second.does, second.does)!r}: these cannot be compared.")
    if first.source != second.source:
        yield f"{first.name} is of the estate {first.source!r}, {second.name} of {second.source!r}."
    shared = [name for name in first.inputs if name in second.inputs and not name.endswith((".yaml", ".yml"))]
    other = [name for name in shared if first.inputs[name] != second.inputs[name]]
    if other:
        yield f"What was read is not the same: {', '.join(other)}."


def _rows(path: Path, summary: Mapping[str, Any]) -> "pd.DataFrame":
    import pandas as pd

    if summary.get("command") == "study":
        return pd.read_parquet(path / "scenarios.parquet")
    known = {key: value for key, value in summary.items() if isinstance(value, int | float)}
    return pd.DataFrame([{"scenario": "", "seed": summary.get("seed", 0), "status": summary.get("status", "")} | known])


def compared(first: Side, second: Side, confidence: float = 0.95) -> "pd.DataFrame":
    """
    Return how the second differs from the first, metric by metric, for each scenario that both have.

    Where both have the same seeds they are paired, and the interval is Student's of their differences; else it is
    Welch's. With one seed there is none. Where each has one scenario the two are compared whatever they are called.

    Raises
    ------
    InputError
        If they have no scenario in common.

    References
    ----------
    .. [1] B. L. Welch, "The generalization of Student's problem when several different population variances are
       involved," Biometrika, 1947.
    """
    from models import tables

    rows = [
        _delta(name, metric, one, two, confidence)
        for name, one, two in _pairs(first, second)
        for metric in _metrics(one, two)
    ]
    found = [row for row in rows if row is not None]
    return tables.frame(tables.DELTAS, {key: [row[key] for row in found] for key in tables.DELTAS})


def _pairs(first: Side, second: Side) -> list[tuple[str, "pd.DataFrame", "pd.DataFrame"]]:
    """Return the rows of each scenario that both have, sorted by seed."""
    sides = [
        {str(name): rows.sort_values("seed", kind="stable") for name, rows in side.rows.groupby("scenario", sort=False)}
        for side in (first, second)
    ]
    if len(sides[0]) == len(sides[1]) == 1:
        (one, two), names = [next(iter(side.values())) for side in sides], [next(iter(side)) for side in sides]
        return [(names[0] if names[0] == names[1] else f"{names[0]} → {names[1]}", one, two)]
    shared = [name for name in sides[0] if name in sides[1]]
    if not shared:
        text = f"{first.name} and {second.name} have no scenario in common; name one of each with FOLDER{AT}SCENARIO."
        raise InputError(text)
    return [(name, sides[0][name], sides[1][name]) for name in shared]


def _metrics(one: "pd.DataFrame", two: "pd.DataFrame") -> list[str]:
    return [
        str(name)
        for name in one
        if name in two and name not in UNTOLD and not str(name).startswith("axis.")
        and all(side[name].dtype.kind in "if" for side in (one, two))
    ]  # fmt: skip


def _delta(
    name: str, metric: str, one: "pd.DataFrame", two: "pd.DataFrame", confidence: float
) -> dict[str, Any] | None:
    """Return the row of one metric; None where neither side knows it."""
    a, b = (side[metric].to_numpy(np.float64) for side in (one, two))
    paired = one["seed"].tolist() == two["seed"].tolist()
    if paired:
        known = ~np.isnan(a) & ~np.isnan(b)
        a, b = a[known], b[known]
    else:
        a, b = a[~np.isnan(a)], b[~np.isnan(b)]
    if not len(a) or not len(b):
        return None
    if a.shape == b.shape:
        b = np.where(np.isclose(a, b, rtol=_ROUNDING, atol=0), a, b)
    low, high = interval(a, b, confidence, paired=paired)
    return {
        "scenario": name, "metric": metric, "first": float(a.mean()), "second": float(b.mean()),
        "delta": float(b.mean() - a.mean()), "low": low, "high": high, "seeds": min(len(a), len(b)), "paired": paired,
        "sure": bool(low > 0 or high < 0),
    }  # fmt: skip


def interval(first: Floats, second: Floats, confidence: float, *, paired: bool) -> tuple[float, float]:
    """
    Return the interval that the difference of the means is in, at a confidence; NaN with fewer than two seeds.

    >>> low, high = interval(np.array([1.0, 2.0, 3.0]), np.array([2.0, 4.0, 3.0]), 0.95, paired=True)
    >>> round(low, 3), round(high, 3)
    (-1.484, 3.484)
    """
    from scipy.stats import t

    if paired:
        difference = second - first
        count = len(difference)
        if count < 2:
            return float("nan"), float("nan")
        error, freedom = float(difference.std(ddof=1)) / np.sqrt(count), count - 1.0
        middle = float(difference.mean())
    else:
        if min(len(first), len(second)) < 2:
            return float("nan"), float("nan")
        parts = [float(each.var(ddof=1)) / len(each) for each in (first, second)]
        error, middle = float(np.sqrt(sum(parts))), float(second.mean() - first.mean())
        below = sum(part**2 / (len(each) - 1) for part, each in zip(parts, (first, second), strict=True))
        freedom = sum(parts) ** 2 / below if below else 1.0
    half = float(t.ppf((1 + confidence) / 2, freedom)) * error
    return middle - half, middle + half


def break_even_months(deltas: "pd.DataFrame", scenario: str) -> float | None:
    """
    Return the months after which the second pays back what it takes more once than the first; None: never, or at once.

    Parameters
    ----------
    deltas
        As `compared` returns them.
    scenario
        One of its scenarios.
    """
    of = deltas[deltas["scenario"] == scenario].set_index("metric")["delta"]
    if "once_eur" not in of or "cost_after_eur_year" not in of:
        return None
    once, saved = float(of["once_eur"]), -float(of["cost_after_eur_year"])
    return once / (saved / _YEAR_MONTHS) if once > 0 and saved > 0 else None
