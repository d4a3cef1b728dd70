"""The portfolio of packing: greedy packings, local search and patterns, chosen and interleaved by the problem."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace


from models.errors import NoRoomError
from solvers.packing import constructive
from solvers.packing.bounds import bound
from solvers.packing.budget import Budget
from solvers.packing.columns import Columns
from solvers.packing.instance import Packed, Packing
from solvers.packing.local import Search

FEW = 40
"""Types of items, at most, whose patterns are looked at before anything else."""
SMALL = 3_000
"""Types of items, at most, of which all greedy packings are tried."""
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
        Threads: a second one searches while the first looks at patterns.
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
        if packed.status(packing) != "optimal" and packing.items:
            packed = self._improved(packing, packed, budget)
        return replace(packed, seconds=time.perf_counter() - began, reproducible=self._same(packing, packed))

    def _same(self, packing: Packing, packed: Packed) -> bool:
        """Return whether the same input gives the same packing again."""
        return self.reproducible or packed.solver.startswith(("first", "best", "distance", "dot"))

    def _improved(self, packing: Packing, packed: Packed, budget: Budget) -> Packed:
        """Search by turns: locally, and among patterns."""
        number = len(packing.types[1])
        search = Search(packing, packed, self.seed)
        if number > FEW:
            search.run(budget, budget.left * (0.25 if number <= MANY else 1.0))
        packed = replace(search.packed, solver="local search" if search.packed is not packed else packed.solver)
        if number <= MANY and packed.status(packing) != "optimal":
            share = budget.left * (0.7 if number > FEW else 0.9)
            before = packed.weight(packing)
            columns = Columns(share, self.seed, self.reproducible)
            packed = columns.improved(packing, packed)
            budget.spend(share)
            search.adopt(packed)
            if search.run(budget, budget.left) or packed.weight(packing) < before:
                packed = search.packed
        return packed


def greedy(packing: Packing, budget: Budget) -> Packed:
    """Return the best greedy packing, with a cheap bound; the largest problems are packed in one or two ways only."""
    best, least = None, bound(packing)
    for packed in _tried(packing):
        if (packed.bin < 0).any():
            continue
        if best is None or packed.weight(packing) < best.weight(packing):
            best = replace(packed, bound=least)
        if best.weight(packing) <= least or budget.left < budget.seconds * 0.7:
            break
    if best is None:
        raise NoRoomError(f"{packing.items} items find no room on {packing.supply.sum()} hosts.")
    return best


def _tried(packing: Packing) -> Iterator[Packed]:
    """Yield greedy packings, the most promising first."""
    yield constructive.fill(packing)
    yield constructive.fit(packing)
    if len(packing.types[1]) > SMALL:
        return
    for weighting in constructive.WEIGHTINGS:
        for near in (True, False):
            yield constructive.fill(packing, near, weighting)
        for measure in constructive.MEASURES:
            for full in (False, True):
                yield constructive.fit(packing, measure, weighting, full)
