"""The linear program over patterns: how often to use each so that all items are covered at least weight."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from models.arrays import Floats, Ints, Rows
from solvers.packing.budget import PIVOTS_PER_SECOND, ROUND, Budget
from solvers.packing.patterns import Types

_LEAST = 100
"""A linear program may take this long, whatever time is left. [ms]"""


@dataclass(frozen=True, eq=False)
class Solved:
    """
    The optimum over the patterns known.

    Parameters
    ----------
    objective
        Its weight.
    use
        How often each pattern is used. Shape (patterns,).
    values, scarcity
        What an item of each type is worth, and what another host of each class would save. Shapes (types,), (classes,).
    """

    objective: float
    use: Floats
    values: Floats
    scarcity: Floats


class Master:
    """
    The linear program, which grows by patterns; its demand may be changed.

    Parameters
    ----------
    types
        What is packed.
    budget
        Where its work is counted.
    """

    def __init__(self, types: Types, budget: Budget) -> None:
        self._types, self._budget = types, budget
        self._counts, self._supply = types.counts, np.asarray(types.packing.supply, np.int64)
        self.kind: Rows = np.empty(0, np.int64)
        self.patterns: Ints = np.empty((0, types.number), np.int64)
        self._known: set[bytes] = set()
        self._build()

    def _build(self) -> None:
        from ortools.linear_solver import pywraplp

        self._lp = pywraplp.Solver.CreateSolver("GLOP")  # type: ignore[no-untyped-call]
        infinity = self._lp.infinity()
        self._cover = [self._lp.Constraint(float(count), infinity) for count in self._counts]
        self._room = [self._lp.Constraint(-infinity, float(most)) for most in self._supply]
        self._lp.Objective().SetMinimization()
        self._vars: list[Any] = []
        self._extend(self.kind, self.patterns)

    def _extend(self, kinds: Rows, patterns: Ints) -> None:
        infinity, objective, weight = self._lp.infinity(), self._lp.Objective(), self._types.packing.weight
        for kind, pattern in zip(kinds, patterns, strict=True):
            var = self._lp.NumVar(0, infinity, "")
            objective.SetCoefficient(var, float(weight[kind]))
            self._room[kind].SetCoefficient(var, 1.0)
            for which in np.flatnonzero(pattern):
                self._cover[which].SetCoefficient(var, float(pattern[which]))
            self._vars.append(var)

    def add(self, kind: int, patterns: Ints) -> int:
        """Add patterns of a class that are not known yet; return how many."""
        fresh = []
        for place, pattern in enumerate(patterns.astype(np.int32)):
            key = bytes([kind % 256, kind // 256]) + pattern.tobytes()
            if key not in self._known:
                self._known.add(key)
                fresh.append(place)
        kinds = np.full(len(fresh), kind, np.int64)
        self._extend(kinds, patterns[fresh])
        self.kind = np.concatenate((self.kind, kinds))
        self.patterns = np.concatenate((self.patterns, patterns[fresh]))
        return len(fresh)

    def demand(self, counts: Ints, supply: Ints) -> None:
        """Change how many items of each type to cover, and how many hosts of each class there are."""
        infinity = self._lp.infinity()
        for which in np.flatnonzero(counts != self._counts):
            self._cover[which].SetBounds(float(counts[which]), infinity)
        for kind in np.flatnonzero(supply != self._supply):
            self._room[kind].SetUb(float(supply[kind]))
        self._counts, self._supply = counts.copy(), supply.copy()

    def solve(self) -> Solved | None:
        """Return the optimum, from the last basis on; None if there is none, or no time."""
        from ortools.linear_solver import pywraplp

        status = self._run()
        if status not in (pywraplp.Solver.OPTIMAL, pywraplp.Solver.INFEASIBLE) and not self._budget.over:
            # Rounding errors add up from basis to basis; a fresh start most often overcomes them.
            self._build()
            status = self._run()
        if status != pywraplp.Solver.OPTIMAL:
            return None
        use = np.array([var.solution_value() for var in self._vars])
        values = np.array([row.dual_value() for row in self._cover])
        scarcity = np.array([row.dual_value() for row in self._room])
        return Solved(self._lp.Objective().Value(), use, np.maximum(values, 0), np.maximum(-scarcity, 0))

    def _run(self) -> int:
        if not self._budget.reproducible:
            self._lp.SetTimeLimit(max(int(self._budget.left * 1000), _LEAST))
        status = int(self._lp.Solve())
        self._budget.spend(ROUND + self._lp.iterations() * (len(self._counts) + 50) / 100 / PIVOTS_PER_SECOND)
        return status

    def trim(self, keep: Rows) -> None:
        """Forget all patterns but these."""
        self.kind, self.patterns = self.kind[keep], self.patterns[keep]
        self._known.clear()
        kinds, patterns = self.kind, self.patterns.astype(np.int32)
        self._known.update(bytes([k % 256, k // 256]) + p.tobytes() for k, p in zip(kinds, patterns, strict=True))
        self._build()
