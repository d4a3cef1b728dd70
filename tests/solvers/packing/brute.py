"""The least weight of a packing, by trying everything, and all patterns of a host; oracles for small cases."""

from collections.abc import Iterator
from itertools import product

import numpy as np

from models.arrays import Ints
from solvers.packing.instance import Packing

IMPOSSIBLE = 10**9
"""What a packing weighs that does not exist."""


def least(packing: Packing) -> int:
    """Return the least weight; items are put one after the other into every open host and one new host a class."""
    best = IMPOSSIBLE
    bins: list[tuple[int, Ints]] = []

    def place(item: int, weight: int) -> None:
        nonlocal best
        if weight >= best:
            return
        if item == packing.items:
            best = weight
            return
        for index, (kind, load) in enumerate(list(bins)):
            more = load + packing.demand[kind, item]
            if (more <= packing.capacity[kind]).all():
                bins[index] = (kind, more)
                place(item + 1, weight)
                bins[index] = (kind, load)
        for kind in range(len(packing.weight)):
            used = sum(each == kind for each, _ in bins)
            need = packing.demand[kind, item]
            if used < packing.supply[kind] and (need <= packing.capacity[kind]).all():
                bins.append((kind, need))
                place(item + 1, weight + int(packing.weight[kind]))
                bins.pop()

    place(0, 0)
    return best


def patterns(sizes: Ints, limits: Ints, capacity: Ints) -> Iterator[Ints]:
    """Yield every combination of items that fits on one host, the empty one too."""
    for counts in product(*(range(int(most) + 1) for most in limits)):
        pattern = np.array(counts, np.int64)
        if (pattern @ sizes <= capacity).all():
            yield pattern


def some(seed: int) -> Packing:
    """Return a small random packing of one to three classes, with or without supplies, weights and own demands."""
    random = np.random.default_rng(seed)
    classes, items, dims = (int(random.integers(1, most)) for most in (4, 8, 4))
    capacity = random.integers(1, 13, (classes, dims))
    own = (classes,) if random.random() < 0.5 else ()
    demand = random.integers(0, 10, (*own, items, dims))
    supply = random.integers(1, 5, classes) if random.random() < 0.7 else None
    weight = random.integers(1, 9, classes) if random.random() < 0.7 else None
    return Packing.of(demand, capacity, supply, weight)
