"""
Which hosts must stay on at least: a small integer program over hosts alone, which relaxes who goes where.

Its optimum is a lower bound for every placement; its solution is a good guess of the hosts to keep.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from models.arrays import NOWHERE, Floats, Ints, Mask, Rows
from models.rules import Rule, Spread
from solvers.relations import Relations
from solvers.seldom import asked

_PER_MILLE = 1_000
_NONE = np.zeros(0)

MOST_NODES = 500
"""Nodes of a search over at most `FEW_HOSTS` hosts, fewer over more: a limit that does not depend on the machine."""

FEW_HOSTS = 1_000

GUARD_S = 300
"""Processor time after which a search ends in any case; its nodes end it long before."""

MOST_LEVELS = 12
"""Sizes of lost hosts that are told apart; others count as the next smaller one, which keeps bounds valid."""


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
    for each in relations.overloads:
        for offers, amount in asked(each, 1 if margin else relations.hosts):
            yield Need(offers, int(np.ceil(amount * (1 + margin))))


def hardest(every: Iterable[Need]) -> Iterator[Need]:
    """Yield the needs of which no other one asks for as much of the same offers: one part of the day of many."""
    most: dict[tuple[bytes, int], Need] = {}
    for need in every:
        key = need.offers.tobytes(), need.lost
        if key not in most or need.amount > most[key].amount:
            most[key] = need
    yield from most.values()


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
    """
    program = _Program(relations.hosts)
    _fix(relations, program, idle)
    useful = np.ones(relations.hosts, np.int64)
    useful[idle if idle is not None else []] = 0
    for need in hardest(needs(relations, margin=margin, spares=spares and idle is None)):
        program.require(Need(need.offers * useful, need.amount, need.lost))
    least = program.solved(_weights(relations))
    if least is None:
        return None
    fewest = program.solved(np.ones(relations.hosts, np.int64))
    return Cover(
        least[0] > 0.5,
        _whole(least[1] / (_PER_MILLE + 1)),
        _whole(fewest[1]) if fewest is not None else 0,
    )


def fewest_moves(relations: Relations, weight: int, *, margin: float = 0.0) -> Cover | None:
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

    Returns
    -------
    Cover or None
        `bound` is the least weight of moves; None if no such hosts cover all needs.
    """
    program = _Program(relations.hosts)
    _fix(relations, program, None)
    for need in needs(relations, margin=margin):
        program.require(need)
    program.row(np.arange(relations.hosts), relations.host_weight.astype(np.float64), -np.inf, weight)
    placed = relations.start != NOWHERE
    forced = placed & ~relations.stays & ~relations.fixed
    bound = placed & ~forced & ~relations.asleep
    moved = np.bincount(relations.start[bound], relations.move_weight[bound], minlength=relations.hosts)
    found = program.solved(-moved.astype(np.int64))
    if found is None:
        return None
    on = found[0] > 0.5
    least = _whole(float(moved.sum()) + found[1]) + int(relations.move_weight[forced].sum())
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


def _fix(relations: Relations, program: "_Program", idle: Rows | None) -> None:
    """Fix the hosts that must be on, that cannot be, and how many of some may be."""
    forced = must_be_on(relations)
    forced[idle if idle is not None else []] = True
    open_or_home = ~relations.barred | np.isin(np.arange(relations.hosts), relations.start) | relations.forced_on
    program.low[: relations.hosts] = forced
    program.high[: relations.hosts] = ~relations.forced_off & open_or_home
    for hosts, most in relations.max_online:
        program.row(np.flatnonzero(hosts), np.ones(np.count_nonzero(hosts)), -np.inf, most)


class _Program:
    """A program over hosts, each on or off, whose rows are added as arrays."""

    def __init__(self, hosts: int) -> None:
        self.hosts = hosts
        self.low, self.high = np.zeros(hosts), np.ones(hosts)
        self._columns: list[Rows] = []
        self._values: list[Floats] = []
        self._bounds: list[tuple[float, float]] = []

    def row(self, columns: Rows, values: Floats, low: float, high: float) -> None:
        """Add a row: the sum of values times variables is between low and high."""
        self._columns.append(columns)
        self._values.append(values)
        self._bounds.append((low, high))

    def require(self, need: Need) -> None:
        """Add a need, scaled to one."""
        if need.amount <= 0:
            return
        offering = np.flatnonzero(need.offers)
        shares = need.offers[offering] / need.amount
        if need.lost:
            self._survive(offering, shares, need.lost)
        else:
            self.row(offering, np.minimum(shares, 1.0), 1.0, np.inf)

    def _survive(self, hosts: Rows, shares: Floats, lost: int) -> None:
        """
        Add that what hosts offer reaches one without the largest that are on, `lost` of them.

        With a size v, at most ``lost * v`` and what larger hosts offer beyond v are lost; and no more, if v is the
        smallest of the lost. So one size v, chosen by a variable, has ``sum(min(offer, v)) >= 1 + lost * v``. What
        that implies for the other sizes stands in their rows, which tightens the relaxation: sums of `min(offer, u)`
        grow with u, and no faster than u.
        """
        levels = _levels(shares)
        chosen = len(self.low) + np.arange(len(levels))
        self.low = np.append(self.low, np.zeros(len(levels)))
        self.high = np.append(self.high, np.ones(len(levels)))
        self.row(chosen, np.ones(len(levels)), 1.0, 1.0)
        lowered = levels[np.searchsorted(levels, shares, side="right") - 1]
        for level in levels:
            kept = shares - np.maximum(lowered - level, 0.0)
            asked_of = np.where(levels <= level, 1.0 + lost * levels, level / levels + lost * level)
            self.row(np.concatenate([hosts, chosen]), np.concatenate([kept, -asked_of]), 0.0, np.inf)

    def solved(self, weights: Ints) -> tuple[Floats, float] | None:
        """Return which hosts are on at least weight, and a bound on that; None without an answer."""
        from ortools.linear_solver.python import model_builder_helper as helper

        if (self.low > self.high).any():
            return None
        model: Any = helper.ModelBuilderHelper()
        rows = np.repeat(np.arange(len(self._columns)), [len(each) for each in self._columns])
        columns, values = np.concatenate([_NONE, *self._columns]), np.concatenate([_NONE, *self._values])
        matrix = csr_matrix((values, (rows, columns.astype(np.int64))), (len(self._columns), len(self.low)))
        bounds = np.array(self._bounds).reshape(-1, 2)
        objective = np.zeros(len(self.low))
        objective[: self.hosts] = weights
        model.fill_model_from_sparse_data(self.low, self.high, objective, bounds[:, 0], bounds[:, 1], matrix)
        for column in range(len(self.low)):
            model.set_var_integrality(column, True)
        solver = helper.ModelSolverHelper("scip")
        nodes = MOST_NODES * FEW_HOSTS // max(self.hosts, FEW_HOSTS)
        solver.set_time_limit_in_seconds(GUARD_S)
        solver.set_solver_specific_parameters(f"limits/nodes = {max(nodes, 1)}\ntiming/clocktype = 1\n")
        solver.solve(model)
        if not solver.has_solution():
            return None
        return solver.variable_values()[: self.hosts], solver.best_objective_bound()


def _levels(shares: Floats) -> Floats:
    """Return the sizes of lost hosts that are told apart, the smallest among them, in growing order."""
    distinct: Floats = np.unique(shares)
    if len(distinct) <= MOST_LEVELS:
        return distinct
    return np.unique(np.quantile(distinct, np.arange(MOST_LEVELS) / MOST_LEVELS, method="lower"))
