"""
Packs everything anew, hardest first: the classic heuristics, to compare with and to fall back on.

Item-centric packing asks for each item which host it should go to; bin-centric packing asks for each host which item
it should take next. Neither cares for moves, but for items that may stay at home when their home is open anyway.
"""

from dataclasses import dataclass
from time import perf_counter

import numpy as np

from models.arrays import NOWHERE, Ints, Mask, Rows
from models.plan import Placement
from models.problem import Problem
from solvers.cover import cover, must_be_on
from solvers.evacuate import Score, aligned, placement, tightest
from solvers.relations import Relations, compiled
from solvers.spare import survives
from solvers.state import State, hardness


def first(free: Ints, need: Ints, capacity: Ints) -> np.ndarray:
    """Score all hosts alike, so that the first one that is open is taken."""
    return np.zeros(len(free))


SCORES: dict[str, Score] = {"first-fit": first, "best-fit": tightest, "dot-product": aligned}


MOST_ITEMS_BY_HOST = 2_000
"""Items up to which hosts are filled one by one as well."""


@dataclass(frozen=True)
class Pack:
    """
    Pack decreasing.

    Parameters
    ----------
    score
        ``first-fit``, ``best-fit`` or ``dot-product``.
    by_host
        Bin-centric instead of item-centric.
    """

    score: str = "first-fit"
    by_host: bool = False

    def __call__(self, problem: Problem) -> Placement:
        """Return the packing, or the start with the status infeasible."""
        began = perf_counter()
        relations = compiled(problem)
        found = self.packed(relations)
        return placement(relations, found, cover(relations), self.score, perf_counter() - began)

    def packed(self, relations: Relations) -> tuple[State, Mask] | None:
        """Return a packing and the hosts that are on for it; None if an item found no room."""
        state = State(relations, np.where(relations.fixed | relations.asleep, relations.start, NOWHERE))
        rank = ranked(relations)
        items = np.flatnonzero(state.host == NOWHERE)
        items = items[np.argsort(-hardness(relations, items), kind="stable")]
        done = self._by_host(state, items, rank) if self.by_host else self._by_item(state, items, rank)
        return with_spares(state, rank) if done else None

    def _by_item(self, state: State, items: Rows, rank: Rows) -> bool:
        forced = must_be_on(state.relations)
        for item in items:
            options = rank[state.targets(int(item))[rank]]
            if not len(options):
                return False
            opened = options[(state.count[options] > 0) | forced[options]]
            state.put(int(item), self._best(state, int(item), opened) if len(opened) else int(options[0]))
        return True

    def _best(self, state: State, item: int, hosts: Rows) -> int:
        if state.relations.start[item] in hosts:
            return int(state.relations.start[item])
        free = state.limit[hosts] - state.load[hosts]
        scores = SCORES[self.score](free, state.need(item, int(hosts[0])), state.limit[hosts])
        return int(hosts[scores.argmin()])

    def _by_host(self, state: State, items: Rows, rank: Rows) -> bool:
        left = [int(item) for item in items]
        for host in rank:
            while (item := self._next(state, int(host), left)) is not None:
                state.put(item, int(host))
                left.remove(item)
        return not left

    def _next(self, state: State, host: int, left: list[int]) -> int | None:
        """Return the item that scores best on the host, of those that may enter it."""
        relations = state.relations
        needs = relations.demand[relations.problem.kind[host], left]
        free = state.limit[host] - state.load[host]
        fitting = np.flatnonzero((needs <= free).all(axis=1))
        scores = [float(SCORES[self.score](free[None], needs[row], state.limit[host][None])[0]) for row in fitting]
        for row in fitting[np.argsort(scores, kind="stable")]:
            item = left[int(row)]
            if state.targets(item)[host]:
                return item
        return None


def packed(relations: Relations, score: str) -> tuple[State, Mask] | None:
    """Return the lighter of the item-centric and, where it is not too large, the bin-centric packing."""
    orders = (False, True) if relations.items <= MOST_ITEMS_BY_HOST else (False,)
    found = [each for by_host in orders if (each := Pack(score, by_host).packed(relations)) is not None]
    return min(found, key=lambda each: int(relations.host_weight[each[1]].sum()), default=None)


def ranked(relations: Relations) -> Rows:
    """Return the hosts that may be on: those that must be first, then by weight over capacity."""
    capacity = relations.problem.capacity / np.maximum(relations.problem.capacity.mean(axis=0), 1.0)
    price = relations.host_weight / np.maximum(capacity.min(axis=1, initial=np.inf), 1e-9)
    order = np.lexsort((price, ~must_be_on(relations)))
    return order[~relations.forced_off[order]]


def with_spares(state: State, rank: Rows) -> tuple[State, Mask] | None:
    """Return the state with as many further hosts on as spare rules need."""
    on = (state.count > 0) | must_be_on(state.relations)
    for host in (NOWHERE, *rank):
        if host != NOWHERE:
            on[host] = True
        if survives(state, on):
            return state, on
    return None
