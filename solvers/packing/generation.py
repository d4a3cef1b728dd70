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

from models.arrays import Floats, Ints, Rows
from solvers.packing.bounds import Need, bound, lightest, split
from solvers.packing.budget import NODES_PER_SECOND, Budget
from solvers.packing.master import Master, Solved
from solvers.packing.patterns import Types
from solvers.packing.pricing import filled, searched

EFFORTS = ((200, 50_000), (2_000, 400_000), (20_000, 3_000_000), (3_000_000, 30_000_000))
"""Nodes for each first type and in all, which are used one after the other where fewer find nothing."""
_SMOOTHING = 0.6
"""Share of the average of former values in those that patterns are searched for; steadier values need fewer rounds."""
_BATCH = 3
"""A round adds as many patterns as there are types, divided by this, at most."""
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
        self.types, self.budget, self.bound = types, budget, bound(types.packing)
        self.master = Master(types, budget)
        self._scale = max(_SCALE // max(int(types.packing.weight.max()), 1), 1)
        self._supply = np.asarray(types.packing.supply, np.int64)
        self.counts, self.supply = types.counts, self._supply
        self._cost = 0.0
        self._average: Floats | None = None
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

    def restore(self) -> None:
        """Cover all items again."""
        self.demand(self.types.counts, self._supply)

    @property
    def whole(self) -> bool:
        """Whether all items are to be covered, so that bounds hold for the packing."""
        return bool((self.counts == self.types.counts).all() and (self.supply == self._supply).all())

    def _prices(self, solved: Solved) -> Ints:
        """Return what a pattern of each class must be worth, in whole numbers. Shape (classes,)."""
        return np.ceil((self.types.packing.weight + solved.scarcity) * self._scale).astype(np.int64)

    def whole_values(self, solved: Solved) -> Ints:
        """Return items' values as whole numbers. Shape (types,)."""
        return np.floor(solved.values * self._scale).astype(np.int64)

    def proven_prices(self, solved: Solved) -> tuple[Ints, Ints, int]:
        """
        Return items' values, what no pattern of each class is worth more than, and the scale of both.

        Shapes (types,), (classes,). Where the search for better patterns is cut off, what it left open counts.
        """
        self.restore()
        values, prices = self.whole_values(solved), self._prices(solved)
        for kind, price in enumerate(prices.tolist()):
            prices[kind] = max(price, self._priced(kind, values, price, len(EFFORTS) - 2, 0.0)[1])
        self._prove(Need(tuple(prices.tolist()), int(values @ self.types.counts)), True)
        return values, prices, self._scale

    def extend(self, solved: Solved, effort: int, smoothing: float = 0.0) -> int:
        """Add patterns that are worth more than they cost; return how many."""
        true = self.whole_values(solved)
        values = true
        if smoothing > 0 and self._average is not None:
            mixed = smoothing * self._average + (1 - smoothing) * solved.values
            values = np.floor(mixed * self._scale).astype(np.int64)
        ceilings, added, prices = [], 0, self._prices(solved)
        for kind, price in enumerate(prices.tolist()):
            patterns, ceiling = self._priced(kind, values, price, effort, smoothing)
            ceilings.append(ceiling)
            worth = patterns @ true
            best = np.argsort(-worth, kind="stable")[: max(self.types.number // _BATCH, 20)]
            added += self.master.add(kind, patterns[best[worth[best] > price * (1 + _MARGIN)]])
        if self.whole:
            self._prove(Need(tuple(ceilings), int(values @ self.counts)), added == 0)
        return added

    def _priced(self, kind: int, values: Ints, price: int, effort: int, smoothing: float) -> tuple[Ints, int]:
        """Return patterns of much value, and what none exceeds."""
        each, nodes = EFFORTS[effort]
        nodes = max(min(nodes // self.types.classes, int(self.budget.left * NODES_PER_SECOND)), 1_000)
        threshold = int(price * (1 - smoothing / 2))
        priced = searched(self.types, kind, values, self.counts, threshold, each=each, nodes=nodes)
        self.budget.spend(priced.nodes / NODES_PER_SECOND)
        if effort > 0:
            return priced.patterns, priced.ceiling
        self.budget.spend(2e-8 * self.types.number**2)
        return np.concatenate((priced.patterns, filled(self.types, kind, values, self.counts).patterns)), priced.ceiling

    def _prove(self, need: Need, last: bool) -> None:
        packing = self.types.packing
        self.bound = max(self.bound, lightest(packing, [need]) if last else split(packing, need))

    def converge(self, efforts: int = 1, rounds: int = 1_000, share: float = 1.0) -> Solved | None:
        """
        Return the optimum of the program after adding patterns until none is found.

        Parameters
        ----------
        efforts
            The largest effort of the search.
        rounds
            Linear programs at most.
        share
            Share of the time that is left, at most.
        """
        until = self.budget.left * (1 - share)
        solved = self.master.solve()
        for _ in range(rounds):
            if solved is None or self.budget.left <= until or self._settled(solved):
                break
            before = self.budget.left
            if not self._round(solved, efforts):
                break
            solved = self.master.solve()
            self._cost += 0.2 * (before - self.budget.left - self._cost)
        return solved

    def _round(self, solved: Solved, efforts: int) -> int:
        """Add patterns, for smoothed values first and with growing effort; return how many."""
        smoothing = _SMOOTHING if self.whole else 0.0
        added = self.extend(solved, 0, smoothing) if smoothing > 0 else 0
        for effort in range(efforts + 1):
            if added == 0 and not self.budget.over and not self._settled(solved):
                added = self.extend(solved, effort)
        former = solved.values if self._average is None else self._average
        self._average = smoothing * former + (1 - smoothing) * solved.values if self.whole else self._average
        return added

    @property
    def cost(self) -> float:
        """Seconds that a round takes, by the last ones."""
        return max(self._cost, 1e-4)

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
