"""
Column generation: patterns that lower the linear program are searched until none is left, which proves a bound.

References
----------
.. [1] P. C. Gilmore and R. E. Gomory, "A linear programming approach to the cutting-stock problem," Operations
   Research 9, 1961.
.. [2] A. A. Farley, "A note on bounding a class of linear programming problems, including cutting stock problems,"
   Operations Research 38, 1990.
"""

import numpy as np

from models.arrays import Ints, Rows
from solvers.packing.bounds import Need, lightest, split
from solvers.packing.budget import NODES_PER_SECOND, Budget
from solvers.packing.master import Master, Solved
from solvers.packing.patterns import Types
from solvers.packing.pricing import Priced, filled, searched

EFFORTS = ((2_000, 200_000), (20_000, 2_000_000), (2_000_000, 30_000_000))
"""Nodes for each first type and in all, which are used one after the other where fewer find nothing."""
_MARGIN = 1e-7
"""By how much a pattern must be worth more than it costs, relative."""
_SCALE = 10**9
"""What the heaviest host is worth in whole numbers, about."""


class Generation:
    """
    The linear program and its patterns.

    Parameters
    ----------
    types
        What is packed.
    budget
        Time.

    Attributes
    ----------
    bound
        The best bound on the weight of all items that is proven so far.
    """

    def __init__(self, types: Types, budget: Budget) -> None:
        self.types, self.budget, self.bound = types, budget, 0
        self.master = Master(types, budget)
        self._scale = max(_SCALE // max(int(types.packing.weight.max()), 1), 1)
        self._supply = np.asarray(types.packing.supply, np.int64)
        self.counts, self.supply = types.counts, self._supply
        self._seed()

    def _seed(self) -> None:
        """Begin with every type alone, and greedy patterns for items' shares of a host."""
        for kind in range(self.types.classes):
            capacity, sizes = np.maximum(self.types.capacity[kind], 1), self.types.sizes[kind]
            alone = np.diag(np.minimum(self._alone(kind), self.types.counts))
            self.master.add(kind, alone[self.types.fits[kind]])
            values = ((sizes / capacity).max(axis=1) * self._scale).astype(np.int64)
            self.master.add(kind, filled(self.types, kind, values, self.types.counts).patterns)

    def _alone(self, kind: int) -> Ints:
        """Return how many items of each type fill a host. Shape (types,)."""
        sizes = self.types.sizes[kind]
        copies = np.where(sizes > 0, self.types.capacity[kind] // np.maximum(sizes, 1), self.types.counts.max())
        return np.asarray(copies.min(axis=1), np.int64)

    def demand(self, counts: Ints, supply: Ints) -> None:
        """Change what is to be covered."""
        self.counts, self.supply = counts.copy(), supply.copy()
        self.master.demand(counts, supply)

    @property
    def whole(self) -> bool:
        """Whether all items are to be covered, so that bounds hold for the packing."""
        return bool((self.counts == self.types.counts).all() and (self.supply == self._supply).all())

    def values(self, solved: Solved) -> tuple[Ints, Ints]:
        """Return items' and hosts' values as whole numbers. Shapes (types,), (classes,)."""
        values = np.floor(solved.values * self._scale).astype(np.int64)
        prices = (self.types.packing.weight + solved.scarcity) * self._scale
        return values, np.ceil(prices).astype(np.int64)

    def extend(self, solved: Solved, effort: int) -> int:
        """Add patterns that are worth more than they cost; effort 0 is greedy, others search. Return how many."""
        values, prices = self.values(solved)
        ceilings, added = [], 0
        for kind, price in enumerate(prices.tolist()):
            priced = self._priced(kind, values, price, effort)
            ceilings.append(max(priced.ceiling, 0))
            good = np.unique(priced.patterns[priced.worth > price * (1 + _MARGIN)], axis=0)
            added += self.master.add(kind, good) if len(good) else 0
        if effort > 0 and self.whole:
            self._prove(Need(tuple(ceilings), int(values @ self.counts)), added == 0)
        return added

    def _priced(self, kind: int, values: Ints, price: int, effort: int) -> Priced:
        if effort == 0:
            self.budget.spend(2e-8 * self.types.number**2)
            return filled(self.types, kind, values, self.counts)
        each, nodes = EFFORTS[effort - 1]
        nodes = max(min(nodes, int(self.budget.left * NODES_PER_SECOND)), 1_000)
        priced = searched(self.types, kind, values, self.counts, price, each=each, nodes=nodes)
        self.budget.spend(priced.nodes / NODES_PER_SECOND)
        return priced

    def _prove(self, need: Need, last: bool) -> None:
        packing = self.types.packing
        self.bound = max(self.bound, lightest(packing, [need]) if last else split(packing, need))

    def converge(self, efforts: int = 1, least: int = 3, rounds: int = 1_000) -> Solved | None:
        """
        Return the optimum of the program after adding patterns until none is found.

        Parameters
        ----------
        efforts
            The largest effort of the search.
        least
            Patterns that an effort must find for the next one to be spared.
        rounds
            Linear programs at most.
        """
        solved = self.master.solve()
        for _ in range(rounds):
            if solved is None or self.budget.over:
                break
            added = 0
            for effort in range(efforts + 1):
                added += self.extend(solved, effort)
                if added >= least or self.budget.over or self._settled(solved):
                    break
            if added == 0 or self._settled(solved):
                break
            solved = self.master.solve()
        return solved

    def _settled(self, solved: Solved) -> bool:
        """Whether the proven bound already is the program's optimum, rounded up."""
        return self.whole and self.bound >= solved.objective - 1e-6

    def trim(self, solved: Solved, most: int) -> None:
        """Forget the patterns that cost most above their worth, if there are too many."""
        if len(self.master.kind) <= 2 * most:
            return
        costs = self.types.packing.weight + solved.scarcity
        reduced = costs[self.master.kind] - self.master.patterns @ solved.values
        self.master.trim(np.sort(np.argsort(reduced, kind="stable")[:most]))

    def chosen(self, solved: Solved) -> Rows:
        """Return the patterns in use, the most used first."""
        used = np.flatnonzero(solved.use > 1e-6)
        return used[np.argsort(-solved.use[used], kind="stable")]
