"""The search for patterns finds the best and all maximal ones, and says what it leaves open."""

import numpy as np
import pytest

from models.arrays import Ints
from solvers.packing.instance import Packing
from solvers.packing.patterns import Types
from solvers.packing.pricing import collected, filled, searched
from tests.solvers.packing.brute import patterns


def _case(seed: int) -> tuple[Types, Ints, list[Ints]]:
    """Return types of which some come several times, values of them, and all patterns."""
    random = np.random.default_rng(seed)
    kinds, dims = int(random.integers(2, 7)), int(random.integers(1, 4))
    sizes, counts = random.integers(0, 9, (kinds, dims)), random.integers(1, 4, kinds)
    types = Types.of(Packing.of(np.repeat(sizes, counts, axis=0), random.integers(5, 16, dims)))
    every = list(patterns(types.sizes[0], types.counts, types.packing.capacity[0]))
    return types, random.integers(0, 100, types.number), every


@pytest.mark.parametrize("seed", range(60))
def test_best(seed: int) -> None:
    """The best pattern of those that come first in order is the best of all, and no pattern exceeds the ceiling."""
    types, values, every = _case(seed)
    best = max(int(pattern @ values) for pattern in every)
    priced = searched(types, 0, values, types.counts, 0, each=10**6, nodes=10**6)
    assert priced.ceiling == best
    assert priced.worth.max(initial=0) == best
    assert (priced.patterns @ values == priced.worth).all()
    assert (priced.patterns @ types.sizes[0] <= types.packing.capacity[0]).all()


@pytest.mark.parametrize("seed", range(40))
def test_cut_off(seed: int) -> None:
    """With two nodes for each type and five in all the ceiling still is one."""
    types, values, every = _case(seed)
    priced = searched(types, 0, values, types.counts, 0, each=2, nodes=5)
    assert priced.ceiling >= max(int(pattern @ values) for pattern in every)


@pytest.mark.parametrize("seed", range(40))
def test_all_maximal(seed: int) -> None:
    """All maximal patterns above a threshold are collected, each once."""
    types, values, every = _case(seed)
    threshold = int(np.median([pattern @ values for pattern in every]))
    known = {tuple(pattern) for pattern in every}
    steps = np.eye(types.number, dtype=np.int64)
    maximal = {each for each in known if not any(tuple(np.add(each, step)) in known for step in steps)}
    expected = sorted(each for each in maximal if each @ values > threshold)
    found = collected(types, 0, values, types.counts, threshold, nodes=10**6, most=1_000)
    assert sorted(map(tuple, found.patterns)) == expected
    assert found.ceiling == threshold


def test_too_many() -> None:
    """A collection that does not fit says so: three items of which any two fit are three patterns."""
    types = Types.of(Packing.of([[4], [5], [3]], [9]))
    values = np.array([1, 1, 1])
    assert len(collected(types, 0, values, types.counts, 1, nodes=1_000, most=3).patterns) == 3
    assert collected(types, 0, values, types.counts, 1, nodes=1_000, most=2).ceiling > 1


def test_greedy() -> None:
    """Around the item of 5 the one of 4 fits, worth 7 more; around that of 6 only the one of 3."""
    types = Types.of(Packing.of([[5], [4], [6], [3]], [9]))
    values = np.array([1, 7, 1, 2])
    assert filled(types, 0, values, types.counts).worth.tolist() == [8, 9, 3, 9]
