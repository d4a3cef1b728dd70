"""The portfolio of packing: greedy packings, local search and patterns, chosen and interleaved by the problem."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from models.counting import counted
from models.errors import NoRoomError
from solvers.packing import constructive
from solvers.packing.bounds import bound
from solvers.packing.budget import Budget
from solvers.packing.columns import Columns
from solvers.packing.instance import Packed, Packing
from solvers.packing.local import Search

FEW = 40
"""Types of items, at most, whose patterns are looked at before anything else."""
MANY_ALIKE = 500
"""Items a type, beyond which patterns do better than the local search from the start."""
SMALL = 3_000
"""Items, at most, for which all greedy packings are tried."""
MANY = 1_500
"""Types of items, at most, whose patterns are looked at."""


@dataclass(frozen=True)
class Pack:
    """
    Pack items into as few, or as cheap, hosts as possible, with a bound on how few can do.

    Parameters
    ----------
    seconds
        Time at most. [s]
    seed
        Of random choices.
    workers
        Threads: those after the first search from other random numbers all the time.
    reproducible
        Count steps instead of seconds.
    """

    seconds: float = 10.0
    seed: int = 1
    workers: int = 1
    reproducible: bool = False

    def __call__(self, packing: Packing) -> Packed:
        """Return the best packing found; raise `NoRoomError` if the items do not all find room."""
        began, budget = time.perf_counter(), Budget(self.seconds, self.reproducible)
        packed = greedy(packing, budget)
        packed = self._complete(packing, packed, budget)
        greedily = packed.status(packing) == "optimal"
        if not greedily:
            packed = self._improved(packing, packed, budget)
        return replace(packed, seconds=time.perf_counter() - began, reproducible=self.reproducible or greedily)

    def _complete(self, packing: Packing, packed: Packed, budget: Budget) -> Packed:
        """Find room for the items that a greedy packing left over."""
        if (packed.bin >= 0).all():
            return packed
        search = Search(packing, packed, self.seed)
        if not search.run(budget, budget.left):
            left = int(np.count_nonzero(packed.bin < 0))
            find = counted(left, f"of {counted(packing.items, 'item')} finds", f"of {packing.items:,} items find")
            raise NoRoomError(f"{find} no room on {counted(int(packing.supply.sum()), 'host')}.")
        return search.packed

    def _improved(self, packing: Packing, packed: Packed, budget: Budget) -> Packed:
        """Search by turns; other threads search locally."""
        if self.workers == 1:
            return self._by_turns(packing, packed, budget)
        others = [Budget(budget.left, self.reproducible) for _ in range(1, self.workers)]
        with ThreadPoolExecutor(len(others)) as pool:
            try:
                asked = [
                    pool.submit(searched, packing, packed, each, self.seed + place)
                    for place, each in enumerate(others, 1)
                ]
                best = self._by_turns(packing, packed, budget)
                found = [] if best.status(packing) == "optimal" else [each.result() for each in asked]
            finally:
                for each in others:
                    each.seconds = 0.0
        light = min([best, *found], key=lambda each: each.weight(packing))
        return replace(light, bound=best.bound)

    def _first(self, packing: Packing) -> float:
        """Return the share of the time for the local search before patterns are looked at."""
        number = len(packing.types[1])
        if number <= FEW:
            return 0.1 if packing.items <= FEW * MANY_ALIKE else 0.0
        return 0.25 if number <= MANY else 1.0

    def _by_turns(self, packing: Packing, packed: Packed, budget: Budget) -> Packed:
        """Search locally, then among patterns, then locally again."""
        number = len(packing.types[1])
        search = Search(packing, packed, self.seed)
        search.run(budget, budget.left * self._first(packing))
        if search.open and number <= MANY:
            share = budget.left * (0.7 if number > FEW else 0.9)
            search.adopt(Columns(share, self.seed, self.reproducible).improved(packing, search.packed))
            budget.spend(share)
            search.run(budget, budget.left)
        return search.packed


def searched(packing: Packing, packed: Packed, budget: Budget, seed: int) -> Packed:
    """Return what the local search finds."""
    search = Search(packing, packed, seed)
    search.run(budget, budget.left)
    return search.packed


def greedy(packing: Packing, budget: Budget) -> Packed:
    """Return the best greedy packing, with a cheap bound; the largest problems are packed in one or two ways only."""
    least = bound(packing)
    best = Packed(np.full(packing.items, -1, np.int64), np.zeros(0, np.int64))
    for packed in _tried(packing) if packing.items else ():
        if _rank(packing, packed) < _rank(packing, best):
            best = packed
        if _rank(packing, best) <= (0, least) or budget.left < budget.seconds * 0.7:
            break
    return replace(best, bound=least)


def _rank(packing: Packing, packed: Packed) -> tuple[int, int]:
    """Return what is compared: the items left over, then the weight."""
    return int(np.count_nonzero(packed.bin < 0)), packed.weight(packing)


def _tried(packing: Packing) -> Iterator[Packed]:
    """Yield greedy packings, the most promising first."""
    yield constructive.fill(packing)
    yield constructive.fit(packing)
    if packing.items > SMALL:
        return
    for weighting in constructive.WEIGHTINGS:
        for near in (True, False):
            yield constructive.fill(packing, near, weighting)
        for measure in constructive.MEASURES:
            for full in (False, True):
                yield constructive.fit(packing, measure, weighting, full)
