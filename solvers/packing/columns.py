"""Column generation: a better bound from the patterns' linear program, and better packings from its patterns."""

from dataclasses import dataclass, replace
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

_TYPES = 1_000
"""Types of items at most; a linear program over more takes too long."""
_CHANCES = (0.0, 0.1, 0.3, 0.5)
"""How likely a pattern other than the most used one is fixed, in one dive after the other."""
_GENERATION = 0.4
"""Share of the time left for the first linear program."""
_PROOFS = (0.15, 0.3, 0.5)
"""Shares of the time left for one proof after the other, and the last for all further ones."""
_PATTERNS = 10
"""Patterns a type that are kept from one round of dives to the next."""


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
    proofs: int = 0

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
        generation.restore()
        share = _PROOFS[min(self.proofs, len(_PROOFS) - 1)]
        self.proofs += 1
        again = generation.converge(min(self.proofs, len(EFFORTS) - 1), share=share)
        if again is not None:
            solved = again
            generation.trim(solved, _PATTERNS * generation.types.number)
        while self.open and self._ask(solved, self.packed.bound, share):
            pass
        return solved

    def _ask(self, solved: Solved, target: int, share: float) -> bool:
        """Ask for a packing of this weight; return whether the answer is known."""
        budget = self.generation.budget
        part = Budget(budget.left * share, budget.reproducible)
        found = cover(self.generation, solved, target, part)
        budget.spend(part.work)
        if found == IMPOSSIBLE:
            self.generation.bound = max(self.generation.bound, target + self._step)
        elif isinstance(found, list):
            self._take(found)
        return found is not None
