"""The frontier: every point keeps the rules, none beats another, and the plan's own is among them."""

import numpy as np
import pandas as pd

from consolidate import planning
from consolidate.plans.frontier import beaten
from consolidate.settings import Settings
from dashboards.figures.moves import trade_off
from models.tables import FRONTIER
from tests.consolidate.test_planning import reading

QUICK = Settings().changed({"search.seconds": 2.0, "search.frontier": True, "limits.spare_hosts": 0})


def points() -> pd.DataFrame:
    """Return the frontier of three, two and one VM of 4 vCPUs and 16 GiB on hosts of 16 cores and 128 GiB."""
    return planning.plan(reading([0, 0, 0, 1, 1, 2]), QUICK).tables["frontier"]


def test_points_are_declared_and_one_is_the_plan() -> None:
    """The columns are those of the contract, exactly one point is the plan's, and more hosts come with fewer moves."""
    table = points()
    assert list(table.columns) == list(FRONTIER)
    assert int(table["chosen"].sum()) == 1
    assert len(table) > 1
    pairs = table[["hosts_after", "moves"]].drop_duplicates().sort_values("hosts_after")
    assert pairs["hosts_after"].min() == table.loc[table["chosen"], "hosts_after"].item()


def test_none_beats_another() -> None:
    """No point is as good as another in hosts, moves and risk and better in one of them, but for the plan's own."""
    table = points()
    costs = table[["hosts_after", "moves", "risk_share"]].to_numpy(float)
    assert not [row for row in range(len(costs)) if not table["chosen"][row] and beaten(costs, row)]


def testbeaten() -> None:
    """Of 3, 2 and 2 hosts the last needs more moves than the second at the same risk: it alone is beaten."""
    costs = np.array([[3.0, 1.0, 0.1], [2.0, 4.0, 0.1], [2.0, 5.0, 0.1]])
    assert [beaten(costs, row) for row in range(3)] == [False, False, True]


def test_not_asked_for() -> None:
    """Without the setting there is no such table."""
    assert "frontier" not in planning.plan(reading([0, 1]), Settings().changed({"search.seconds": 1.0})).tables


def test_figure() -> None:
    """One mark a plan, and a star for the one that was chosen."""
    table = points()
    others, chosen = trade_off(table).data
    assert len(others.x) + len(chosen.x) == len(table)
    assert chosen.marker.symbol == "star"
    assert chosen.y[0] == table.loc[table["chosen"], "hosts_after"].item()
