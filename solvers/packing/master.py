"""The linear program over patterns: how often to use each so that all items are covered at least weight."""

from dataclasses import dataclass

import numpy as np

from models.arrays import Floats, Ints, Rows
from solvers.packing.patterns import Types


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
        What an item of each type, and a host of each class, is worth. Shapes (types,), (classes,).
    """

    objective: float
    use: Floats
    values: Floats
    scarcity: Floats


class Master:
    """
    The linear program, which grows by patterns.

    Parameters
    ----------
    types
        What is packed.
    counts, supply
        Items of each type to cover, and hosts of each class to use at most.
    engine
        Solver of OR-Tools.
    """

    def __init__(self, types: Types, counts: Ints, supply: Ints, engine: str = "CLP") -> None:
        from ortools.linear_solver import pywraplp

        self._lp = pywraplp.Solver.CreateSolver(engine)  # type: ignore[no-untyped-call]
        self._types = types
        self._cover = [self._lp.Constraint(float(count), self._lp.infinity()) for count in counts]
        self._room = [self._lp.Constraint(-self._lp.infinity(), float(most)) for most in supply]
        self._lp.Objective().SetMinimization()
        self._vars: list[object] = []
        self.kind: Rows = np.empty(0, np.int64)
        self.patterns: Ints = np.empty((0, types.number), np.int64)

    def add(self, kinds: Rows, patterns: Ints) -> None:
        """Add patterns of these classes."""
        infinity, objective = self._lp.infinity(), self._lp.Objective()
        for kind, pattern in zip(kinds, patterns, strict=True):
            var = self._lp.NumVar(0, infinity, "")
            objective.SetCoefficient(var, float(self._types.packing.weight[kind]))
            self._room[kind].SetCoefficient(var, 1.0)
            for which in np.flatnonzero(pattern):
                self._cover[which].SetCoefficient(var, float(pattern[which]))
            self._vars.append(var)
        self.kind = np.concatenate((self.kind, kinds))
        self.patterns = np.concatenate((self.patterns, patterns))

    def solve(self) -> Solved | None:
        """Return the optimum, from the last basis on; None if the solver fails."""
        from ortools.linear_solver import pywraplp

        if self._lp.Solve() != pywraplp.Solver.OPTIMAL:
            return None
        use = np.array([var.solution_value() for var in self._vars])
        values = np.array([row.dual_value() for row in self._cover])
        scarcity = np.array([row.dual_value() for row in self._room])
        return Solved(self._lp.Objective().Value(), use, np.maximum(values, 0), np.maximum(-scarcity, 0))
