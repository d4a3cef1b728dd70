"""
Few moves: VMs that must go find a new host, the others stay unless one of them must make room.

For hosts to be emptied or lost, and for VMs that arrive. What is in order stays, so that a second run moves nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from time import perf_counter

import numpy as np

from models.arrays import NOWHERE, Mask, Rows
from models.plan import Placement
from models.problem import Problem
from solvers.explain import infeasibility
from solvers.greedy import ranked, with_spares
from solvers.incremental import Incremental
from solvers.relations import Relations, compiled
from solvers.room import FULLEST, Preference
from solvers.state import hardness

MOST_ASKED = 400
"""VMs that are asked to make room for one that finds none."""


@dataclass(frozen=True)
class Repair:
    """
    Moves VMs from hosts that are to be off, places those that are nowhere, and as few others as possible.

    Parameters
    ----------
    tries
        Orders in which the VMs are placed: the hardest first, then at random.
    seed
        Of the random orders.
    preference
        What counts when several hosts would do.
    """

    tries: int = 8
    seed: int = 1
    preference: Preference = FULLEST

    def __call__(self, problem: Problem) -> Placement:
        """Return the placement with the fewest moves of all tries, or the start with the status infeasible."""
        began = perf_counter()
        relations = compiled(problem, strict=False)
        best: Incremental | None = None
        for order in self._orders(relations):
            found = self._repaired(relations, order)
            if found is not None and (best is None or _moves(found) < _moves(best)):
                best = found
            if best is not None and _moves(best) == len(order):
                break
        return self._told(relations, best, perf_counter() - began)

    def _orders(self, relations: Relations) -> Iterator[Rows]:
        """Yield orders of the items that must find a host."""
        items = np.flatnonzero((relations.start == NOWHERE) | ~relations.stays)
        hard = items[np.argsort(-hardness(relations, items), kind="stable")]
        yield hard
        generator = np.random.default_rng(self.seed)
        for _ in range(self.tries - 1 if len(items) > 1 else 0):
            yield generator.permutation(hard)

    def _repaired(self, relations: Relations, order: Rows) -> Incremental | None:
        host = relations.start.copy()
        host[order] = NOWHERE
        estate = Incremental(relations, host, self.preference)
        for item in order:
            if estate.place(int(item)) == NOWHERE and not make_room(estate, int(item)):
                return None
        spared = with_spares(estate.state, ranked(relations))
        if spared is None:
            return None
        estate.on = (estate.on | spared[1]) & ~relations.forced_off
        return estate

    def _told(self, relations: Relations, found: Incremental | None, seconds: float) -> Placement:
        problem = relations.problem
        if found is None:
            reason, blocking = infeasibility(relations)
            return Placement(
                problem.start, problem.on, "repair", "infeasible", seconds=seconds, reason=reason, blocking=blocking
            )
        host = relations.vm_hosts(found.state.host)
        needed = int(relations.host_weight[(problem.on & ~relations.forced_off) | relations.forced_on].sum())
        same = bool((host == problem.start).all() and (found.on == problem.on).all())
        return Placement(
            host=host,
            on=found.on,
            solver="repair",
            status="unchanged" if same else "feasible",
            bound=min(needed, int(relations.host_weight[found.on].sum())),
            bound_hosts=int(np.count_nonzero((problem.on & ~relations.forced_off) | relations.forced_on)),
            seconds=seconds,
            turn=found.turns(),
        )


def make_room(estate: Incremental, item: int) -> bool:
    """
    Place an item by moving one other that is in its way, or two; tell whether that was possible.

    The smallest that make enough room are asked first; each goes to its best host, and all is put back if that fails.
    """
    return any(_swapped(estate, item, others) for others in _in_the_way(estate, item))


def _in_the_way(estate: Incremental, item: int) -> Iterator[tuple[int, ...]]:
    """Yield items whose leaving would let the item onto their host, single ones first."""
    state, relations = estate.state, estate.relations
    allowed = relations.allowed(item) & ~relations.forced_off & (estate.on | (state.count > 0))
    movable = (state.host != NOWHERE) & ~relations.fixed & relations.running
    movable &= allowed[np.where(state.host == NOWHERE, 0, state.host)]
    movable[item] = False
    others = np.flatnonzero(movable)
    others = others[np.argsort(hardness(relations, others), kind="stable")]
    pairs: list[tuple[int, int]] = []
    asked = 0
    for other in others:
        host, need = int(state.host[other]), estate.room.turned(item)
        free = state.limit[host] - state.load[host] + state.need(int(other), host)
        if (need[relations.problem.kind[host]] <= free).all(axis=1).any():
            yield (int(other),)
            asked += 1
        elif len(pairs) < MOST_ASKED:
            mates = [mate for mate in others[others > other] if state.host[mate] == host]
            pairs.extend((int(other), int(mate)) for mate in mates[:4])
        if asked >= MOST_ASKED:
            return
    yield from pairs[:MOST_ASKED]


def _swapped(estate: Incremental, item: int, others: tuple[int, ...]) -> bool:
    state = estate.state
    homes = {other: (int(state.host[other]), int(state.turn[other])) for other in others}
    for other in others:
        estate.take(other)
    target: Mask = np.zeros(estate.relations.hosts, np.bool_)
    target[homes[others[0]][0]] = True
    done = []
    if estate.place(item, target) != NOWHERE:
        done.append(item)
        for other in others:
            if estate.place(other, ~target) == NOWHERE:
                break
            done.append(other)
    if len(done) == 1 + len(others):
        return True
    for each in done:
        estate.take(each)
    for other, (host, turn) in homes.items():
        estate.put(other, host, turn)
    return False


def _moves(estate: Incremental) -> int:
    """Return how many items are elsewhere than they start, new ones included."""
    return int(np.count_nonzero(estate.state.host != estate.relations.start))
