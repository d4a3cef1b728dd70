"""
Large neighbourhood search: few hosts at a time are packed anew by an exact model, while all others stay as they are.

A host that is off and one that is on may trade places, items may step aside less, and the last items of a host may
find room: each answer weighs less, or as much with fewer moves. After P. Shaw [1]_; that neighbours are chosen by what
they exchange follows his relatedness.

References
----------
.. [1] P. Shaw, "Using constraint programming and local search methods to solve vehicle routing problems," CP 1998.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from models.arrays import NOWHERE, Ints, Mask, Rows
from solvers.cpsat import Found, moves_of, weight_of
from solvers.placement_model import Model
from solvers.relations import Relations
from solvers.restriction import restricted
from solvers.spare import survives
from solvers.state import State

SIZES = (600, 1_500, 4_000)
"""Items times hosts in one neighbourhood, about: small ones first, larger ones once those find nothing more."""

EACH = 1e-3
"""Deterministic time for each item and host of a neighbourhood at most. [s]"""

LOOKING = 2e-5
"""Time charged for each item of the whole, for looking at the state and at restarts. [s]"""

BUILDING = 5e-3, 2e-5
"""Time charged for a model, and for each item and host of it, for stating it, which the solver does not count. [s]"""

IN_VAIN = 2
"""Neighbourhoods of one size without an improvement for each host of the problem, after which larger ones come."""


@dataclass(frozen=True)
class Neighbourhoods:
    """
    Improve a placement few hosts at a time: less weight on, or as much with less weight of moves.

    Parameters
    ----------
    seconds
        Deterministic time. [s]
    seed
        Of the choice of neighbours.
    """

    seconds: float = 5.0
    seed: int = 1

    def __call__(self, relations: Relations, found: Found, least: tuple[int, int], cap: int = 0) -> Found:
        """
        Return a placement that is better or the same.

        Parameters
        ----------
        relations
            The problem.
        found
            Who is where and which hosts are on. Changed in place where it is improved.
        least
            Bounds on the weight of hosts and of moves: where both are met, nothing is left to do.
        cap
            Weight of hosts that does not count, so that moves alone do below it.
        """
        if not relations.hosts:
            return found
        state, on = found[0], found[1].copy()
        rng = np.random.default_rng(self.seed)
        left = self.seconds
        patience = IN_VAIN * relations.hosts + 20
        for size in SIZES:
            vain = 0
            for hosts in _choices(state, on, rng, size):
                met = weight_of(relations, on) <= max(least[0], cap) and moves_of(state) <= least[1]
                if met or left <= 0 or vain > patience:
                    break
                better, spent = _repacked(state, on, hosts, cap, min(EACH * size, left), self.seed)
                left -= spent + LOOKING * relations.items
                vain = 0 if better else vain + (1 if len(hosts) < relations.hosts else patience)
            if len(hosts) == relations.hosts:
                break
        return state, on


def _choices(state: State, on: Mask, rng: np.random.Generator, size: int) -> Iterator[Rows]:
    """Yield sets of hosts without end: round a host that is off, one that is on, and one that gave way to another."""
    relations = state.relations
    while True:
        for pick in (_emptied, _lightest, _side_stepped):
            seeds = pick(state, on)
            if len(seeds):
                yield _around(state, on, int(rng.choice(seeds)), rng, size)
        if relations.hosts:
            yield _around(state, on, int(rng.integers(relations.hosts)), rng, size)


def _emptied(state: State, on: Mask) -> Rows:
    """Return the hosts that are off and whose items all had to leave."""
    return np.flatnonzero(~on & (_started(state.relations) > 0))


def _lightest(state: State, on: Mask) -> Rows:
    """Return the hosts whose items would be the least to move, a third of those that are on."""
    rows = np.flatnonzero(on & ~state.relations.forced_on)
    return rows[np.argsort(_started(state.relations)[rows], kind="stable")][: max(len(rows) // 3, 1)]


def _side_stepped(state: State, on: Mask) -> Rows:
    """Return the hosts that are on and lost an item."""
    start = state.relations.start
    moved = (state.host != start) & (start != NOWHERE)
    return np.flatnonzero(on & (np.bincount(start[moved], minlength=len(on)) > 0))


def _started(relations: Relations) -> Ints:
    """Return the weight of moving what starts on each host. Shape (hosts,)."""
    placed = relations.start != NOWHERE
    weight = np.bincount(relations.start[placed], relations.move_weight[placed], minlength=relations.hosts)
    return weight.astype(np.int64)


def _around(state: State, on: Mask, seed: int, rng: np.random.Generator, size: int) -> Rows:
    """Return a host and others: those it exchanged items with, one of the other power state, and some at random."""
    relations = state.relations
    to = state.host[relations.start == seed]
    back = relations.start[(state.host == seed) & (relations.start != NOWHERE)]
    related = np.setdiff1d(np.concatenate([to, back]), [seed, NOWHERE])
    swap = np.setdiff1d(np.flatnonzero((on != on[seed]) & ~relations.closed), [seed])
    others = np.setdiff1d(np.flatnonzero(~relations.closed), [seed])
    order = [*rng.permutation(swap)[:2], *rng.permutation(related)[:5], *rng.permutation(others)]
    chosen, items = [seed], int(np.count_nonzero(state.host == seed))
    for host in dict.fromkeys(int(each) for each in order):
        more = items + int(state.count[host])
        if len(chosen) > 2 and more * (len(chosen) + 1) > size:
            break
        chosen.append(host)
        items = more
    return np.unique(chosen)


def _repacked(state: State, on: Mask, hosts: Rows, cap: int, seconds: float, seed: int) -> tuple[bool, float]:
    """Pack these hosts anew if that is better; change state and mask, and tell whether, and the time it took."""
    from ortools.sat.python import cp_model

    relations = state.relations
    items = np.flatnonzero(np.isin(state.host, hosts))
    small = restricted(state, on, items, hosts)
    model = Model(small, 0.0, restarting=False)
    _spared(model, relations, on, hosts)
    much = 1 if relations.problem.joined else int(relations.move_weight[items].sum()) + 1
    now = State(small, np.searchsorted(hosts, state.host[items]))
    inside = weight_of(small, on[hosts])
    free = max(cap - weight_of(relations, on) + inside, 0)
    over = model.model.new_int_var(0, int(small.host_weight.sum()), "")
    model.model.add(over >= model.weight - free)
    price = much * max(inside - free, 0) + moves_of(now)
    model.model.add(much * over + model.moves <= price - 1)
    model.model.minimize(much * over + model.moves)
    model.hint(now, on[hosts])
    solver = cp_model.CpSolver()
    solver.parameters.random_seed, solver.parameters.num_workers = seed, 1
    solver.parameters.max_deterministic_time = seconds
    status = solver.solve(model.model)
    spent = float(solver.response_proto.deterministic_time) + BUILDING[0] + BUILDING[1] * len(items) * len(hosts)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return False, spent
    after, switched = model.read(solver)
    return _taken(state, on, (items, hosts[after.host]), (hosts, switched)), spent


def _taken(state: State, on: Mask, places: tuple[Rows, Rows], switches: tuple[Rows, Mask]) -> bool:
    """Put the items on their new hosts, unless a loss could not be survived then; tell whether they are there."""
    items, targets = places
    before, power = state.host[items].copy(), on.copy()
    _put(state, items, targets)
    on[switches[0]] = switches[1]
    if survives(state, on):
        return True
    _put(state, items, before)
    on[:] = power
    return False


def _put(state: State, items: Rows, targets: Rows) -> None:
    changed = state.host[items] != targets
    for item in items[changed]:
        state.take(int(item))
    for item, target in zip(items[changed], targets[changed], strict=True):
        state.put(int(item), int(target))


def _spared(model: Model, relations: Relations, on: Mask, hosts: Rows) -> None:
    """State that hosts offer enough after the largest loss, as far as a sum can tell; restarts are tried afterwards."""
    offers = np.maximum(relations.problem.failover, relations.capacity)
    for members, count in relations.spares:
        rule = np.isin(np.arange(relations.hosts), members)
        outside = rule & on
        outside[hosts] = False
        inside = relations.running & np.isin(relations.start, members)
        if count != 1 or not rule[hosts].any() or not _closed_off(relations, rule):
            continue
        for column, needed in enumerate(relations.demand.min(axis=0)[inside].sum(axis=0)):
            kept = np.where(rule[hosts], offers[hosts, column], 0)
            there = int(offers[outside, column].sum())
            largest = int(offers[outside, column].max(initial=0))
            model.offered(kept, int(needed) - there, 1)
            model.offered(kept, int(needed) - there + largest, 0)


def _closed_off(relations: Relations, rule: Mask) -> bool:
    """Return whether nobody who starts on these hosts may be elsewhere."""
    own = np.unique(relations.which[np.isin(relations.start, np.flatnonzero(rule))])
    return not relations.scope[own][:, ~rule].any()
