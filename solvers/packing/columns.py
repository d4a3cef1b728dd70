"""Column generation: a better bound from the patterns' linear program, and better packings from its patterns."""

from dataclasses import dataclass, field, replace
from math import gcd

import numpy as np

from solvers.packing.bounds import bound
from solvers.packing.budget import Budget
from solvers.packing.diving import dive
from solvers.packing.exact import IMPOSSIBLE, Chosen, cover
from solvers.packing.generation import EFFORTS, Generation
from solvers.packing.instance import Packed, Packing
from solvers.packing.master import Solved
from solvers.packing.patterns import Types
from solvers.packing.pricing import prepare

_TYPES = 2_500
"""Types of items at most; a linear program over more takes too long."""
_CHANCES = (0.0, 0.1, 0.3, 0.5)
"""How likely a pattern other than the most used one is fixed, in one dive after the other."""
_GENERATION, _COVER = 0.4, 0.5
"""Shares of the time left for the linear program, and for one proof."""


@dataclass(frozen=True)
class Columns:
    """
    Improve a packing, and its bound, by patterns.

    The linear program over patterns is solved by column generation, which proves a bound. Dives round its solution.
    Where a gap is left, all patterns that a packing of the bound's weight could use are listed, and an integer program
    finds that packing, or raises the bound.

    Parameters
    ----------
    seconds
        Time at most. [s]
    seed
        Of random choices.
    reproducible
        Count steps instead of seconds.
    """

    seconds: float = 10.0
    seed: int = 1
    reproducible: bool = False

    def improved(self, packing: Packing, packed: Packed) -> Packed:
        """Return the packing or a better one, with the best bound known."""
        prepare()
        budget = Budget(self.seconds, self.reproducible)
        types = Types.of(packing)
        packed = replace(packed, bound=max(packed.bound, bound(packing)))
        if packed.weight(packing) <= packed.bound or types.number > _TYPES or not types.fits.any(axis=0).all():
            return packed
        search = _Search(Generation(types, budget), packed, np.random.default_rng(self.seed))
        search.run()
        result = search.packed
        closed = result.weight(packing) <= result.bound
        return replace(result, reproducible=packed.reproducible and (self.reproducible or closed))


@dataclass
class _Search:
    """The best packing so far, and the means to better it."""

    generation: Generation
    packed: Packed
    random: np.random.Generator
    dives: int = 0
    tried: set[int] = field(default_factory=set)

    @property
    def open(self) -> bool:
        """Whether there is a gap and time left to close it."""
        self.packed = replace(self.packed, bound=max(self.packed.bound, self.generation.bound))
        return self._weight > self.packed.bound and not self.generation.budget.over

    @property
    def _weight(self) -> int:
        return self.packed.weight(self.generation.types.packing)

    @property
    def _step(self) -> int:
        """No two packings differ in weight by less."""
        return gcd(*self.generation.types.packing.weight.tolist()) or 1

    def run(self) -> None:
        """Solve the linear program, dive, prove, and dive again."""
        generation = self.generation
        generation.bound = max(generation.bound, self.packed.bound)
        kinds, patterns = generation.types.columns(self.packed)
        for kind in np.unique(kinds):
            generation.master.add(int(kind), patterns[kinds == kind])
        solved = generation.converge(0, share=_GENERATION)
        while solved is not None and self.open:
            self._dive()
            if self.dives % len(_CHANCES) == 1 and self.open:
                solved = self._prove(solved)

    def _dive(self) -> None:
        chance = _CHANCES[self.dives % len(_CHANCES)]
        self.dives += 1
        self._take(dive(self.generation, self._weight - self._step, self.random, chance=chance))

    def _take(self, found: Chosen | None) -> None:
        if found is not None:
            bins, kinds = self.generation.types.packed(found)
            better = replace(self.packed, bin=bins, kind=kinds, solver="columns")
            if better.weight(self.generation.types.packing) < self._weight:
                self.packed = better

    def _prove(self, solved: Solved) -> Solved | None:
        """Converge further, then find a packing that weighs what the bound says, or raise it."""
        generation = self.generation
        generation.demand(generation.types.counts, np.array(generation.types.packing.supply, np.int64))
        effort = min(1 + self.dives // len(_CHANCES), len(EFFORTS) - 1)
        solved_again = generation.converge(effort, share=_COVER)
        solved = solved if solved_again is None else solved_again
        while self.open and self.packed.bound not in self.tried:
            target = self.packed.bound
            budget = generation.budget
            part = Budget(budget.left * _COVER, budget.reproducible)
            found = cover(generation, solved, target, part)
            budget.spend(part.work)
            if found == IMPOSSIBLE:
                generation.bound = target + self._step
            elif isinstance(found, list):
                self._take(found)
            else:
                break
        return solved
