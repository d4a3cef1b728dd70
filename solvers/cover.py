"""
Which hosts must stay on at least: a small integer program over hosts alone, which relaxes who goes where.

Its optimum is a lower bound for every placement; its solution is a good guess of the hosts to keep.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from models.arrays import NOWHERE, Ints, Mask, Rows
from models.rules import Rule, Spread
from solvers.relations import Relations

_PER_MILLE = 1_000

MOST_NODES = 500
"""Nodes of the search for the fewest moves: a limit that does not depend on the machine."""


@dataclass(frozen=True, eq=False)
class Cover:
    """Hosts to keep on, shape (hosts,), and bounds on the weight and the number of hosts that are on."""

    on: Mask
    bound: int
    bound_hosts: int


@dataclass(frozen=True, eq=False)
class Need:
    """The capacity of the hosts that are kept, out of `offers`, must reach `amount`, whichever `lost` of them fail."""

    offers: Ints
    amount: int
    lost: int = 0


def needs(relations: Relations, *, margin: float = 0.0, spares: bool = True) -> Iterator[Need]:
    """
    Yield what every placement that keeps the rules needs of the hosts that are on.

    Parameters
    ----------
    margin
        Demand is taken to be larger by this share; 0 keeps the bound valid.
    spares
        Whether the hosts' loss must be survived.
    """
    demand, capacity = relations.demand.min(axis=0), relations.capacity
    enterable = relations.scope & ~relations.barred
    for scope in enterable:
        inside = np.logical_not((enterable & ~scope).any(axis=1))
        members = inside[relations.which]
        reach = scope | np.isin(np.arange(relations.hosts), relations.start[members])
        if not reach.all():
            yield from _sums(demand[members], capacity * reach[:, None], margin)
        yield from _large(demand[members], capacity, reach)
    yield from _sums(demand, capacity, margin)
    if spares:
        yield from _spares(relations, demand, margin)
    for rule in relations.problem.rules:
        yield from _spread(relations, rule)


def _sums(demand: Ints, offers: Ints, margin: float) -> Iterator[Need]:
    for column, amount in enumerate(demand.sum(axis=0)):
        yield Need(offers[:, column], int(np.ceil(amount * (1 + margin))))


def _large(demand: Ints, capacity: Ints, reach: Mask) -> Iterator[Need]:
    """Items of more than half of the largest host need a host each."""
    largest = capacity[reach].max(axis=0, initial=0)
    count = np.count_nonzero(2 * demand > largest, axis=0).max(initial=0)
    yield Need(reach.astype(np.int64), int(count))


def _spares(relations: Relations, demand: Ints, margin: float) -> Iterator[Need]:
    """Yield that what runs on the hosts of a spare rule fits on those that are left."""
    for (hosts, count), stranded in zip(relations.spares, relations.stranded, strict=True):
        inside = np.isin(np.arange(relations.hosts), hosts)
        leaves: Mask = np.asarray((relations.scope & ~relations.barred & ~inside).any(axis=1))[relations.which]
        outside = (relations.start != NOWHERE) & ~inside[relations.start]
        members = relations.running & ~leaves & ~outside
        members[list(stranded)] = False
        offers = np.maximum(relations.problem.failover, relations.capacity) * inside[:, None]
        for column, amount in enumerate(demand[members].sum(axis=0)):
            yield Need(offers[:, column], int(np.ceil(amount * (1 + margin))), count)


def _spread(relations: Relations, rule: Rule) -> Iterator[Need]:
    if not isinstance(rule, Spread) or rule.level != "host":
        return
    running = rule.vms[relations.problem.takes[rule.vms]]
    start = relations.problem.start[running]
    start = start[start != NOWHERE]
    if np.bincount(start, minlength=1).max() > rule.most:
        return
    reach = np.isin(np.arange(relations.hosts), start)
    reach |= relations.scope[relations.which[relations.item[running]]].any(axis=0)
    yield Need(reach.astype(np.int64), -(-len(running) // rule.most))


def must_be_on(relations: Relations) -> Mask:
    """Return the hosts that stay on in every placement: forced, or holding what cannot move. Shape (hosts,)."""
    mask = relations.forced_on.copy()
    mask[relations.start[relations.fixed & (relations.start != NOWHERE) & ~relations.asleep]] = True
    return mask


def cover(
    relations: Relations,
    *,
    margin: float = 0.0,
    spares: bool = True,
    idle: Rows | None = None,
    seconds: float = 1.0,
) -> Cover | None:
    """
    Return the hosts of least weight, then of fewest moves, whose capacity covers all needs; None if none can.

    Parameters
    ----------
    relations
        The problem.
    margin, spares
        As in `needs`.
    idle
        Hosts that are on and empty, as spares.
    seconds
        Time at most; these programs are small, and as a rule take a hundredth of it. [s]
    """
    from ortools.linear_solver import pywraplp

    model = pywraplp.Solver.CreateSolver("SCIP")  # type: ignore[no-untyped-call]
    model.SetTimeLimit(max(int(seconds * 1000), 50))
    model.SetNumThreads(1)
    keep = [model.BoolVar("") for _ in range(relations.hosts)]
    _fix(relations, model, keep, idle)
    useful = np.ones(relations.hosts, np.int64)
    useful[idle if idle is not None else []] = 0
    for need in needs(relations, margin=margin, spares=spares and idle is None):
        _require(model, keep, Need(need.offers * useful, need.amount, need.lost))
    model.Minimize(model.Sum([float(weight) * var for weight, var in zip(_weights(relations), keep, strict=True)]))
    if model.Solve() not in (pywraplp.Solver.OPTIMAL, pywraplp.Solver.FEASIBLE):
        return None
    on = np.array([var.solution_value() > 0.5 for var in keep], np.bool_)
    bound = _whole(model.Objective().BestBound() / (_PER_MILLE + 1))
    model.Minimize(model.Sum(keep))
    model.Solve()
    return Cover(on, bound, _whole(model.Objective().BestBound()))


def fewest_moves(relations: Relations, weight: int, *, margin: float = 0.0, seconds: float = 30.0) -> Cover | None:
    """
    Return the hosts of at most a weight whose emptying the others moves least, and a bound on the weight of moves.

    What starts on a host that is not kept must move, unless it sleeps there; what may not stay where it starts moves
    in any case. Others may have to step aside, so the bound is a relaxation.

    Parameters
    ----------
    relations
        The problem.
    weight
        Of the hosts that are kept, at most.
    margin
        As in `needs`.
    seconds
        Time at most; the nodes of the search end it before, as a rule, so that it is reproducible. [s]

    Returns
    -------
    Cover or None
        `bound` is the least weight of moves; None if no such hosts cover all needs.
    """
    from ortools.linear_solver import pywraplp

    model = pywraplp.Solver.CreateSolver("SCIP")  # type: ignore[no-untyped-call]
    model.SetTimeLimit(max(int(seconds * 1000), 50))
    model.SetSolverSpecificParametersAsString(f"limits/nodes = {MOST_NODES}\n")
    model.SetNumThreads(1)
    keep = [model.BoolVar("") for _ in range(relations.hosts)]
    _fix(relations, model, keep, None)
    for need in needs(relations, margin=margin):
        _require(model, keep, need)
    model.Add(model.Sum([float(each) * var for each, var in zip(relations.host_weight, keep, strict=True)]) <= weight)
    placed = relations.start != NOWHERE
    forced = placed & ~relations.stays & ~relations.fixed
    bound = placed & ~forced & ~relations.asleep
    moved = np.bincount(relations.start[bound], relations.move_weight[bound], minlength=relations.hosts)
    model.Minimize(model.Sum([float(each) * (1 - var) for each, var in zip(moved, keep, strict=True)]))
    if model.Solve() not in (pywraplp.Solver.OPTIMAL, pywraplp.Solver.FEASIBLE):
        return None
    on = np.array([var.solution_value() > 0.5 for var in keep], np.bool_)
    least = _whole(model.Objective().BestBound()) + int(relations.move_weight[forced].sum())
    return Cover(on, least, int(on.sum()))


def _whole(bound: float) -> int:
    """Return the next whole number, forgiving the solver's tolerance."""
    return max(int(np.ceil(bound - 1e-4 * max(1.0, abs(bound) * 1e-3))), 0)


def _weights(relations: Relations) -> Ints:
    """Return the cost of keeping each host: its weight, less up to a thousandth part for the moves it saves."""
    placed = (relations.start != NOWHERE) & ~relations.asleep
    moved = np.bincount(relations.start[placed], relations.move_weight[placed], minlength=relations.hosts)
    saved = (moved * _PER_MILLE / max(float(moved.sum()), 1.0)).astype(np.int64)
    found: Ints = relations.host_weight * (_PER_MILLE + 1) - saved
    return found


def _fix(relations: Relations, model: Any, keep: list[Any], idle: Rows | None) -> None:
    """Fix the hosts that must be on, that cannot be, and how many of some may be."""
    forced = must_be_on(relations)
    forced[idle if idle is not None else []] = True
    open_or_home = ~relations.barred | np.isin(np.arange(relations.hosts), relations.start) | relations.forced_on
    usable = ~relations.forced_off & open_or_home
    for host, var in enumerate(keep):
        if forced[host]:
            model.Add(var >= 1)
        if not usable[host]:
            model.Add(var <= 0)
    for hosts, most in relations.max_online:
        model.Add(model.Sum([keep[host] for host in np.flatnonzero(hosts)]) <= most)


def _require(model: Any, keep: list[Any], need: Need) -> None:
    """Add a need to the model, scaled to one; the worst loss is a sum of the largest, in its linear form."""
    if need.amount <= 0:
        return
    shares = need.offers / need.amount
    if not need.lost:
        model.Add(model.Sum([min(share, 1.0) * var for share, var in zip(shares, keep, strict=True)]) >= 1)
        return
    threshold = model.NumVar(0, model.infinity(), "")
    excess = [model.NumVar(0, model.infinity(), "") for _ in keep]
    for share, var, more in zip(shares, keep, excess, strict=True):
        model.Add(more >= share * var - threshold)
    kept = model.Sum([share * var for share, var in zip(shares, keep, strict=True)])
    model.Add(kept - need.lost * threshold - model.Sum(excess) >= 1)
