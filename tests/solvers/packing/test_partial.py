"""The columns of a partial packing agree with each other."""

import numpy as np

from solvers.packing.instance import Packing
from solvers.packing.partial import Partial, dissolved, most_held, partial
from solvers.packing.words import words

PACKING = Packing.of([[3, 1], [4, 2], [2, 2], [5, 1], [1, 1]], [10, 5])


def begun(bins: list[int]) -> Partial:
    """Return the packing with these bins, -1 for none."""
    return partial(PACKING, words(PACKING), np.array(bins), np.zeros(max(bins) + 1, np.int64))


def free(state: Partial) -> list[list[int]]:
    """Return what is free in each bin, out of the fields: 5 bits for 10 and a guard, then 3 bits for 5."""
    return [[int(word) & 15, int(word) >> 5 & 7] for word in state.free[:, 0]]


def listed(state: Partial) -> list[list[int]]:
    """Return the items of each bin in order."""
    return [sorted(row[:size].tolist()) for row, size in zip(state.members, state.held, strict=True)]


def test_columns() -> None:
    """Items 0 and 3 take 8 and 2 of bin 1, item 1 takes 4 and 2 of bin 0; the others are in the pool."""
    state = begun([1, 0, -1, 1, -1])
    assert listed(state) == [[1], [0, 3]]
    assert free(state) == [[6, 3], [2, 3]]
    assert state.pool[:2].tolist() == [2, 4]
    assert all(state.members[state.where[item], state.slot[item]] == item for item in (0, 1, 3))


def test_dissolved() -> None:
    """Without bin 0 of three, its items 0 and 1 are in the pool, and the last bin has its number."""
    state, pooled = dissolved(begun([0, 0, 1, 2, 2]), 0)
    assert sorted(state.pool[:pooled].tolist()) == [0, 1]
    assert listed(state) == [[3, 4], [2]]
    assert free(state) == [[4, 3], [8, 3]]
    assert state.where.tolist() == [-1, -1, 1, 0, 0]


def test_most_held() -> None:
    """1 + 2 + 3 + 4 fill 10 of the first dimension, 1 + 1 + 1 + 2 fill 5 of the second: four items at most."""
    assert most_held(PACKING) == 4
