"""Bounds of packings hold, and see what they are meant to see."""

import numpy as np
import pytest

from solvers.packing.bounds import Need, bound, lightest, split
from solvers.packing.instance import Packing
from tests.solvers.packing.brute import IMPOSSIBLE, least, some


def test_continuous() -> None:
    """Items of 4 + 4 + 4 + 4 = 16 need two hosts of 10; the other dimension, of 6 / 10, needs one."""
    assert bound(Packing.of([[4, 1], [4, 1], [4, 2], [4, 2]], [10, 10])) == 2


def test_large_items() -> None:
    """Three items of 6 need a host of 10 each, though 18 / 10 is less than two."""
    assert bound(Packing.of([[6], [6], [6]], [10])) == 3


def test_thirds() -> None:
    """Five items of 4 share hosts of 10 in pairs: 5 / 2 needs three, though they take 20 in all."""
    assert bound(Packing.of([[4]] * 5, [10])) == 3


def test_dimensions_together() -> None:
    """Each two of three items exceed a host, every pair in another dimension: three hosts, where each asks for two."""
    assert bound(Packing.of([[6, 6, 1], [6, 1, 6], [1, 6, 6]], [10, 10, 10])) == 3


def test_classes_by_weight() -> None:
    """A host of 10 for 3 and a host of 4 for 1: 18 fit at best on five small hosts."""
    assert bound(Packing.of([[2]] * 9, [[10], [4]], weight=[3, 1])) == 5


def test_supply() -> None:
    """With two small hosts only, 18 need the small ones for 8 and a large one for the rest: 3 + 1 + 1."""
    assert bound(Packing.of([[2]] * 9, [[10], [4]], supply=[5, 2], weight=[3, 1])) == 5
    assert bound(Packing.of([[2]] * 9, [[10], [4]], supply=[5, 1], weight=[3, 1])) == 6


def test_impossible() -> None:
    """Where hosts do not suffice, the bound is beyond what all of them weigh."""
    assert bound(Packing.of([[6], [6]], [10], supply=[1])) > 1
    assert bound(Packing.of([[11]], [[10], [9]], supply=[3, 3], weight=[2, 5])) > 21


def test_nothing() -> None:
    """No items need no hosts."""
    assert bound(Packing.of(np.zeros((0, 2)), [10, 10])) == 0


@pytest.mark.parametrize("seed", range(8))
def test_never_above(seed: int) -> None:
    """No bound is above the least weight, whatever classes, supplies and weights there are."""
    for case in range(40):
        packing = some(1_000 * seed + case)
        best = least(packing)
        assert bound(packing) <= best
        if best == IMPOSSIBLE:
            continue
        assert bound(packing) <= packing.weight @ packing.supply


def test_large_numbers() -> None:
    """Capacities of millions neither overflow nor vanish: three items of more than half of either class."""
    packing = Packing.of([[6_000_000_000, 1]] * 3, [[10_000_000_000, 4], [11_000_000_000, 4]], weight=[7, 9])
    assert bound(packing) == 21


def test_split_and_whole() -> None:
    """To cover 11 by hosts of 10 for 3 and of 4 for 2: 11 x 3 / 10 rounded up if split; whole, one of each."""
    packing = Packing.of([[1]] * 11, [[10], [4]], weight=[3, 2])
    need = Need((10, 4), 11)
    assert split(packing, need) == 4
    assert lightest(packing, [need]) == 5
