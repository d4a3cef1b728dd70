"""The local search empties bins, stays within capacity, and can be repeated."""

from dataclasses import replace

import numpy as np
import pytest

from solvers.packing.budget import Budget
from solvers.packing.instance import Packed, Packing, violations
from solvers.packing.local import Search, compact
from solvers.packing.pack import greedy
from tests.solvers.packing.brute import IMPOSSIBLE, least, some


def alone(packing: Packing, kind: int = 0) -> Packed:
    """Return each item in a bin of its own."""
    return Packed(np.arange(packing.items), np.full(packing.items, kind, np.int64))


def searched(packing: Packing, bound: int = 0, seconds: float = 0.2) -> Packed:
    """Return what the search finds from each item in its own bin, by a count of steps; at the bound it stops."""
    search = Search(packing, replace(alone(packing), bound=bound))
    search.run(Budget(seconds, reproducible=True), seconds)
    return search.packed


def test_swap_is_found() -> None:
    """7 + 3, 6 + 4, 5 + 5 fill three bins of 10; from 7 + 3, 5 + 4, 6, 5 one bin has to be given up by exchanges."""
    packing = Packing.of([[7], [3], [6], [4], [5], [5]], [10])
    start = Packed(np.array([0, 0, 2, 1, 1, 3]), np.zeros(4, np.int64), bound=3)
    search = Search(packing, start)
    assert search.run(Budget(1.0, reproducible=True), 1.0)
    assert search.packed.bins == 3
    assert violations(packing, search.packed) == ()


@pytest.mark.parametrize("seed", range(5))
def test_optimal_on_small(seed: int) -> None:
    """Eight items in two dimensions need as few bins as trying everything finds."""
    packing = Packing.of(np.random.default_rng(seed).integers(2, 8, (8, 2)), [10, 10])
    best = least(packing)
    found = searched(packing, best)
    assert violations(packing, found) == ()
    assert found.bins == best


@pytest.mark.parametrize("seed", range(4))
def test_many_words(seed: int) -> None:
    """Seven dimensions of 40 bits, a word each, are respected, and as few bins are found as by trying everything."""
    random = np.random.default_rng(seed)
    packing = Packing.of(random.integers(2**37, 2**39, (7, 7)), [2**40] * 7)
    best = least(packing)
    found = searched(packing, best)
    assert violations(packing, found) == ()
    assert found.bins == best


def test_cheaper_class() -> None:
    """Four items of 2 leave four hosts of 10 for 3 for two of 4 for 1: they weigh 2, where one large host weighs 3."""
    packing = Packing.of([[2]] * 4, [[10], [4]], weight=[3, 1])
    search = Search(packing, replace(alone(packing), bound=2))
    search.run(Budget(0.5, reproducible=True), 0.5)
    assert search.packed.weight(packing) == 2
    assert violations(packing, search.packed) == ()


@pytest.mark.parametrize("seed", range(12))
def test_classes_and_supply(seed: int) -> None:
    """With classes and supplies, the cheapest packing that trying everything knows is found."""
    packing = some(seed)
    best = least(packing)
    if best < IMPOSSIBLE:
        start = greedy(packing, Budget(5.0))
        search = Search(packing, replace(start, bound=best))
        search.run(Budget(0.5, reproducible=True), 0.5)
        assert violations(packing, search.packed) == ()
        assert search.packed.weight(packing) == best


def test_repeated() -> None:
    """The same seed finds the same packing, by a count of steps."""
    packing = Packing.of(np.random.default_rng(3).integers(10, 40, (60, 3)), [100] * 3)
    assert searched(packing).bin.tolist() == searched(packing).bin.tolist()


def test_stops_at_the_bound() -> None:
    """A packing that meets its bound is returned as it is."""
    packing = Packing.of([[6], [6]], [10])
    search = Search(packing, replace(alone(packing), bound=2))
    assert not search.run(Budget(100.0), 100.0)


def test_compact() -> None:
    """Bins without items are left out, with their classes."""
    packed = compact(Packed(np.array([3, 1, 3]), np.array([9, 8, 7, 6])))
    assert packed.bin.tolist() == [0, 1, 0]
    assert packed.kind.tolist() == [6, 8]
