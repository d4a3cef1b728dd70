"""
Diving: patterns of the linear program are fixed one after the other, and new ones generated for what is left.

References
----------
.. [1] R. Sadykov et al., "Primal heuristics for branch and price: the assets of diving methods," INFORMS Journal on
   Computing 31, 2019.
"""

from dataclasses import dataclass, field

import numpy as np

from models.arrays import Ints
from solvers.packing.generation import Generation
from solvers.packing.master import Solved

_WHOLE = 0.999
"""A pattern used this much is fixed at once."""


@dataclass
class Dive:
    """
    What is fixed so far.

    Parameters
    ----------
    counts, supply
        Items of each type, and hosts of each class, that are left. Shapes (types,), (classes,).
    fixed
        Class and pattern of each host that is fixed.
    weight
        What these hosts weigh.
    """

    counts: Ints
    supply: Ints
    fixed: list[tuple[int, Ints]] = field(default_factory=list)
    weight: int = 0

    def fix(self, kind: int, pattern: Ints, times: int, weight: int) -> None:
        """Use a pattern this often; what it covers too much is left out."""
        for _ in range(times):
            taken = np.minimum(pattern, self.counts)
            self.counts = self.counts - taken
            self.supply[kind] -= 1
            self.fixed.append((kind, taken))
            self.weight += weight


def dive(
    generation: Generation, target: int, random: np.random.Generator, *, rounds: int = 3, chance: float = 0.0
) -> list[tuple[int, Ints]] | None:
    """
    Return patterns that cover all items and weigh at most the target; None if this dive finds none.

    Parameters
    ----------
    generation
        Patterns known, and the linear program; its demand is changed.
    target
        Weight at most.
    random, chance
        How likely a pattern other than the most used one is fixed.
    rounds
        Linear programs for each step, where it promises to meet the target.
    """
    types = generation.types
    state = Dive(types.counts.copy(), np.array(types.packing.supply, np.int64))
    while state.counts.any():
        generation.demand(state.counts, state.supply)
        solved = _promising(generation, target - state.weight, rounds)
        if solved is None or generation.budget.over:
            return None
        _fix(generation, state, solved, random, chance)
    return state.fixed


def _promising(generation: Generation, target: int, rounds: int) -> Solved | None:
    """Return the program's optimum after some rounds; None if it exceeds the target though no patterns are left."""
    solved = generation.converge(0, rounds=rounds)
    if solved is not None and np.ceil(solved.objective - 1e-6) > target:
        solved = generation.converge(1)
    return solved if solved is not None and np.ceil(solved.objective - 1e-6) <= target else None


def _fix(generation: Generation, state: Dive, solved: Solved, random: np.random.Generator, chance: float) -> None:
    """Fix the patterns that are used wholly; if there is none, one of the most used."""
    master, weight = generation.master, generation.types.packing.weight
    order = generation.chosen(solved)
    whole = [place for place in order if solved.use[place] >= _WHOLE]
    if not whole:
        step = int(random.geometric(1 - chance)) - 1 if chance > 0 else 0
        whole = [order[min(step, len(order) - 1)]]
    for place in whole:
        kind, pattern = int(master.kind[place]), master.patterns[place]
        times = max(int(solved.use[place] + 1 - _WHOLE), 1)
        room = _times(pattern, state.counts)
        for _ in range(min(times, room) or 1):
            if state.supply[kind] > 0 and np.minimum(pattern, state.counts).any():
                state.fix(kind, pattern, 1, int(weight[kind]))


def _times(pattern: Ints, counts: Ints) -> int:
    """Return how often a pattern covers nothing too much."""
    used = pattern > 0
    return int((counts[used] // pattern[used]).min(initial=np.iinfo(np.int64).max)) if used.any() else 0
