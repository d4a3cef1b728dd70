"""What the metrics of a study depend on: how far each axis swings them, and its share of their variance."""

from typing import TYPE_CHECKING, Any

import numpy as np

from consolidate.what_if.study_tables import UNSOLVED
from models.arrays import Floats, Ints

if TYPE_CHECKING:
    import pandas as pd

METRICS = (
    "hosts_after", "moves", "power_after_w", "cost_after_eur_year", "saving_eur_year", "payback_months",
    "ready_share_max", "overload_share_max", "overhead_mhz", "sim_energy_kwh", "sim_unserved_share",
    "sim_overload_share", "sim_migrations", "full_growth",
)  # fmt: skip
_MOST_BINS = 16
_IN_A_BIN = 4
_Row = tuple[str, str, str, str, float, float, float]


def table(scenarios: "pd.DataFrame", *, whole: bool) -> "pd.DataFrame":
    """
    Return a row for each axis and metric that varies, those that swing a metric most first.

    Parameters
    ----------
    scenarios
        As `consolidate.what_if.study_tables.scenarios` returns them.
    whole
        Whether every combination of the axes is there, so that means over the other axes are exact.
    """
    from models import tables

    solved = scenarios[~scenarios["status"].isin(UNSOLVED)]
    axes = [str(name) for name in scenarios if str(name).startswith("axis.")]
    rows: list[_Row] = []
    for metric in METRICS:
        if metric in solved and len(solved[metric].unique()) > 1:
            found = [each for axis in axes if (each := _row(solved, axis, metric, whole=whole)) is not None]
            rows += sorted(found, key=lambda row: row[4] - row[5])
    columns = dict(zip(tables.SENSITIVITY, map(list, zip(*rows, strict=True)), strict=True)) if rows else {}
    return tables.frame(tables.SENSITIVITY, columns or {name: [] for name in tables.SENSITIVITY})


def _row(solved: "pd.DataFrame", axis: str, metric: str, *, whole: bool) -> _Row | None:
    known = solved[solved[metric].notna()]
    if known[axis].nunique(dropna=False) < 2 or known[metric].nunique() < 2:
        return None
    label, names = groups(known[axis])
    values = known[metric].to_numpy(np.float64)
    means = np.bincount(label, values) / np.bincount(label)
    low, high = int(means.argmin()), int(means.argmax())
    share = first_order(values, label, corrected=not whole)
    return metric, axis.removeprefix("axis."), names[low], names[high], float(means[low]), float(means[high]), share


def groups(column: "pd.Series[Any]") -> tuple[Ints, list[str]]:
    """Return the group of each row and the groups' names: the values, or as many bins as sampled numbers fill."""
    kinds = column.map(str)
    distinct = kinds.nunique()
    size = min(_MOST_BINS, len(column) // _IN_A_BIN)
    if distinct <= max(size, 2) or column.dtype.kind not in "if" or column.isna().any():
        order = {name: row for row, name in enumerate(dict.fromkeys(kinds))}
        return np.asarray(kinds.map(order), np.int64), list(order)
    values = column.to_numpy(np.float64)
    rank = np.argsort(np.argsort(values, kind="stable"), kind="stable")
    label = (rank * max(size, 2) // len(values)).astype(np.int64)
    return label, [f"{np.median(values[label == each]):.4g}" for each in range(int(label.max()) + 1)]


def first_order(values: Floats, label: Ints, *, corrected: bool) -> float:
    """
    Return the first-order Sobol index of an axis from given data: the variance of the groups' means over the variance.

    On a full grid it is exact. Of a sample the means of the groups vary by chance too, so that what chance alone would
    give is taken off (epsilon squared).

    Parameters
    ----------
    values
        The metric. Shape (scenarios,).
    label
        The group of the axis's value. Shape (scenarios,).
    corrected
        Whether the values are a sample.

    References
    ----------
    .. [1] E. Plischke et al., "Global sensitivity measures from given data," EJOR, 2013.
    .. [2] T. L. Kelley, "An unbiased correlation ratio measure," PNAS, 1935.

    >>> first_order(np.array([0.0, 1.0, 2.0, 3.0]), np.array([0, 0, 1, 1]), corrected=False)
    0.8
    """
    count = np.bincount(label)
    means = np.bincount(label, values) / count
    total = float(((values - values.mean()) ** 2).sum())
    between = float((count * (means - values.mean()) ** 2).sum())
    if corrected and len(values) > len(count):
        between -= (len(count) - 1) * (total - between) / (len(values) - len(count))
    return min(max(between / total, 0.0), 1.0) if total else 0.0
