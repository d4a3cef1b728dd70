"""The scenarios that no other beats, in hosts, moves, risk and cost at once."""

from typing import TYPE_CHECKING

import numpy as np

from consolidate.what_if.study_tables import UNSOLVED
from models.arrays import Floats, Mask

if TYPE_CHECKING:
    import pandas as pd

GOALS = ("hosts_after", "moves", "risk_share", "cost_after_eur_year")
"""What is to be small."""


def table(scenarios: "pd.DataFrame") -> "pd.DataFrame":
    """
    Return the scenarios that no other beats, the cheapest first; of several seeds the mean counts.

    Risk is the longest predicted wait for a core, or where the use of CPU is not known how often a host is overloaded,
    else 0. Scenarios are compared only where all of their plans can be carried out.
    """
    import pandas as pd

    from models import tables

    kept = scenarios.groupby("scenario", sort=False).filter(
        lambda group: bool((~group["status"].isin(UNSOLVED) & (group["violations"] == 0)).all())
    )
    risk = kept["ready_share_max"].fillna(kept["overload_share_max"]).fillna(0.0)
    means = kept.assign(risk_share=risk).groupby("scenario", sort=False)[[*GOALS, "payback_months"]].mean()
    costs = means[list(GOALS)].fillna(0.0).to_numpy(np.float64)
    best = means[unbeaten(costs)].sort_values(["cost_after_eur_year", "hosts_after"], kind="stable")
    columns = {"scenario": best.index.tolist(), **{str(name): best[name].tolist() for name in best}}
    found: pd.DataFrame = tables.frame(tables.PARETO, columns)
    return found


def unbeaten(costs: Floats) -> Mask:
    """
    Return the rows that no other row is at least as good as in everything, and better in something.

    Parameters
    ----------
    costs
        What is to be small. Shape (points, goals).

    >>> unbeaten(np.array([[1.0, 3.0], [2.0, 2.0], [2.0, 3.0]])).tolist()
    [True, True, False]
    """
    found = np.ones(len(costs), np.bool_)
    for row, own in enumerate(costs):
        found[row] = not ((costs <= own).all(axis=1) & (costs < own).any(axis=1)).any()
    return found
