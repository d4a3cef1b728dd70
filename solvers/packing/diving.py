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
from solvers.packing.pricing import filled

_WHOLE = 0.999
"""A pattern used this much is fixed at once."""
_FEWEST, _STEPS = 8, 80
"""A dive takes about so many steps at least, and at most."""
_RESERVE = 0.1
"""When this share of the time is left, what is not fixed is packed greedily."""
_ROUNDS = 2
"""Linear programs in each step that already promises to meet the target."""


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

    def fix(self, kind: int, pattern: Ints, weight: int) -> None:
        """Use a pattern once more; what it covers too much is left out."""
        taken = np.minimum(pattern, self.counts)
        self.counts = self.counts - taken
        self.supply[kind] -= 1
        self.fixed.append((kind, taken))
        self.weight += weight


def dive(
    generation: Generation, target: int, random: np.random.Generator, *, chance: float = 0.0, share: float = 0.5
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
    share
        Share of the time left that the dive is meant to take; the less, the more patterns it fixes in a step.
    """
    types = generation.types
    state = Dive(types.counts.copy(), np.array(types.packing.supply, np.int64))
    steps = int(np.clip(share * generation.budget.left / (_ROUNDS * generation.cost), _FEWEST, _STEPS))
    reserve, pace = _RESERVE * generation.budget.left, 0
    while state.counts.any():
        generation.demand(state.counts, state.supply)
        solved = _promising(generation, target - state.weight)
        if solved is None:
            return None
        values = generation.whole_values(solved)
        if generation.budget.left < reserve:
            return _finished(generation, state, values, target)
        pace = pace or max(int(solved.use.sum() / steps), 1)
        _fix(generation, state, solved, random, chance, pace)
    return state.fixed


def _finished(generation: Generation, state: Dive, values: Ints, target: int) -> list[tuple[int, Ints]] | None:
    """Return what is fixed, and greedy patterns around the most valuable types left; None if beyond the target."""
    types = generation.types
    while state.counts.any():
        seed = np.argsort(-values * (state.counts > 0) - (state.counts > 0), kind="stable")[:1].astype(np.int64)
        offers = []
        for kind, weight in enumerate(types.packing.weight.tolist()):
            if types.fits[kind, seed[0]] and state.supply[kind] > 0:
                priced = filled(types, kind, values, state.counts, seed)
                offers.append((int(priced.worth[0]) / max(weight, 1), kind, priced.patterns[0]))
        if not offers or state.weight > target:
            return None
        _, kind, pattern = max(offers, key=lambda offer: offer[:2])
        state.fix(kind, pattern, int(types.packing.weight[kind]))
    return state.fixed if state.weight <= target else None


def _promising(generation: Generation, target: int) -> Solved | None:
    """Return the program's optimum after some rounds; None if it exceeds the target though no patterns are left."""
    solved = generation.converge(0, rounds=_ROUNDS)
    if solved is not None and np.ceil(solved.objective - 1e-6) > target:
        solved = generation.converge(1)
    return solved if solved is not None and np.ceil(solved.objective - 1e-6) <= target else None


def _fix(
    generation: Generation, state: Dive, solved: Solved, random: np.random.Generator, chance: float, pace: int
) -> None:
    """Fix the patterns that are used wholly; if they are fewer than the pace, some of the most used ones too."""
    master, weight = generation.master, generation.types.packing.weight
    order = generation.chosen(solved)
    whole = [place for place in order if solved.use[place] >= _WHOLE]
    if len(whole) < pace:
        step = int(random.geometric(1 - chance)) - 1 if chance > 0 and not whole else 0
        first = order[min(step, len(order) - 1)]
        whole = [first, *(place for place in order[:pace] if place != first)]
    for rank, place in enumerate(whole):
        kind, pattern = int(master.kind[place]), master.patterns[place]
        times = min(max(int(solved.use[place] + 1 - _WHOLE), 1), _times(pattern, state.counts))
        if rank == 0:
            times = max(times, 1)
        for _ in range(min(times, int(state.supply[kind]))):
            state.fix(kind, pattern, int(weight[kind]))


def _times(pattern: Ints, counts: Ints) -> int:
    """Return how often a pattern covers nothing too much."""
    used = pattern > 0
    return int((counts[used] // pattern[used]).min())
