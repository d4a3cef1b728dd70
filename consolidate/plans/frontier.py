"""The set of plans that no other beats: hosts on against moves against risk, instead of a single point."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from consolidate.plans.economy import Economy
from consolidate.plans.verdict import ended
from models.check import placement as check
from models.plan import Placement
from models.problem import Problem

if TYPE_CHECKING:
    import pandas as pd

    from solvers.fewest import Fewest

COUNTS = (6, 3, 3)
"""Counts of hosts tried under each of the ceilings."""

CEILINGS = (1.0, 0.85, 0.7)
"""Factors on what hosts may offer: lower ones leave more room, and so less risk, for more hosts."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class Point:
    """A placement that the checker passed, the factor on ceilings it was sought under, and whether it is the plan's."""

    placement: Placement
    ceiling: float
    chosen: bool = False


def frontier(economy: Economy, chosen: Placement, progress: Progress | None = None) -> tuple[Point, ...]:
    """
    Return the plan's own point and those that it does not beat, by hosts on, moves and risk; the fewest hosts first.

    Hosts from as many as are on today to as few as were found are tried, each with the fewest moves, under three
    ceilings. Every point keeps all rules by the checker's word.

    Parameters
    ----------
    economy
        The problem, and what is predicted of its placements.
    chosen
        The plan's placement; it is among the points whether beaten or not.
    progress
        Told how many points were tried, of how many.
    """
    from solvers.fewest import Fewest

    search = economy.settings.search
    tries = tuple(_tries(economy, chosen))
    found = [Point(chosen, 1.0, chosen=True)]
    for index, (factor, most) in enumerate(tries):
        point = _point(economy, factor, Fewest(most, search.seconds / max(len(tries), 1), search.seed, chosen))
        if point is not None:
            found.append(point)
        if progress is not None:
            progress(index + 1, len(tries))
    costs = np.array([_cost(economy, point) for point in found])
    kept = [point for row, point in enumerate(found) if point.chosen or not beaten(costs, row)]
    return tuple(sorted(kept, key=lambda point: _cost(economy, point)))


def _tries(economy: Economy, chosen: Placement) -> Iterator[tuple[float, int]]:
    """Yield factors on ceilings and counts of hosts, most hosts first; there is one fewer than the plan's at most."""
    problem = economy.formulation.problem
    most, least = int(problem.on.sum()), int(chosen.on.sum())
    for factor, count in zip(CEILINGS, COUNTS, strict=True):
        low = min(least, most) if factor == 1.0 else min(round(least / factor), most)
        for hosts in np.unique(np.linspace(low, most, count).round().astype(int))[::-1]:
            yield factor, int(hosts)


def _point(economy: Economy, factor: float, place: "Fewest") -> Point | None:
    """Return the point of fewest moves under a ceiling; None if none was found that keeps the rules."""
    problem = economy.formulation.problem
    placement = place(_roomier(problem, factor))
    if placement.status == "infeasible" or economy.forecast.broken(placement.host).any():
        return None
    return None if check.new(ended(problem, placement)) else Point(placement, factor)


def _roomier(problem: Problem, factor: float) -> Problem:
    """Return the problem in which hosts offer less, though what is on them today may stay."""
    capacity = np.floor(problem.capacity * factor).astype(np.int64)
    today = np.minimum(problem.load(problem.start), problem.capacity)
    return replace(problem, capacity=np.maximum(capacity, today))


def risk_share(economy: Economy, host: Any) -> float:
    """
    Return the risk of a placement: the longest predicted wait for a core, else how full the fullest host is. [share].

    The wait is told where the use of CPU is known; what is only allocated says nothing of it.
    """
    if economy.forecast.measured:
        return float(economy.forecast.of(host).ready_share.max(initial=0.0))
    return fullest_share(economy, host)


def fullest_share(economy: Economy, host: Any) -> float:
    """Return how full the fullest dimension of the fullest host is, over what it may offer. [share]."""
    problem = economy.formulation.problem
    return float((problem.load(host) / np.maximum(problem.capacity, 1)).max(initial=0.0))


def _moved(economy: Economy, placement: Placement) -> int:
    start = economy.formulation.problem.start
    return int(np.count_nonzero((placement.host != start) & (start >= 0)))


def _cost(economy: Economy, point: Point) -> tuple[int, int, float]:
    host = point.placement.host
    return int(point.placement.on.sum()), _moved(economy, point.placement), risk_share(economy, host)


def beaten(costs: Any, row: int) -> bool:
    """Return whether another point is no worse in anything and better in something, or is the same and comes first."""
    no_worse = (costs <= costs[row] + 1e-12).all(axis=1)
    better = (costs < costs[row] - 1e-12).any(axis=1)
    earlier = np.arange(len(costs)) < row
    return bool((no_worse & (better | earlier)).any())


def table(economy: Economy, points: tuple[Point, ...]) -> "pd.DataFrame":
    """Return the points as a table, by the contract of ``models/tables.py``."""
    from models import tables

    problem, inventory = economy.formulation.problem, economy.inventory
    before = sum(economy.year(problem.start, problem.on).values())
    rows = []
    for point in points:
        host, on = point.placement.host, point.placement.on
        hosts, moves, risk = _cost(economy, point)
        moved = (host != problem.start) & (problem.start >= 0)
        rows.append({
            "hosts_after": hosts,
            "hosts_freed": int(np.count_nonzero(problem.on & ~on)),
            "moves": moves,
            "moved_gib": float(inventory.vms.memory_mib[moved & inventory.running].sum()) / 1024,
            "risk_share": risk,
            "fullest_share": fullest_share(economy, host),
            "power_w": float(economy.power_w(host, on).sum()),
            "saving_eur_year": before - sum(economy.year(host, on).values()),
            "ceiling_factor": point.ceiling,
            "chosen": point.chosen,
        })  # fmt: skip
    return tables.frame(tables.FRONTIER, {name: [row[name] for row in rows] for name in tables.FRONTIER})
