"""Constructive packings: who goes where, and the same answers as plain loops."""

import numpy as np
import pytest

from solvers.packing.constructive import MEASURES, WEIGHTINGS, fill, fit, worth
from solvers.packing.instance import Packing, violations
from tests.solvers.packing.plain import first_fit, near_fill


def random_packing(seed: int, items: int = 120, dims: int = 3) -> Packing:
    """Return items of 1 to 40 of 100, some of them alike."""
    random = np.random.default_rng(seed)
    kinds = random.integers(1, 41, (items // 2, dims))
    return Packing.of(kinds[random.integers(0, len(kinds), items)], [100] * dims)


def test_first_fit_decreasing() -> None:
    """6, 5, 4, 3, 2 into bins of 10: 6 + 4, 5 + 3 + 2."""
    assert fit(Packing.of([[2], [4], [6], [3], [5]], [10]), "sum", "even").bin.tolist() == [1, 0, 0, 1, 1]


def test_best_fit_decreasing() -> None:
    """12 leaves 8 of 20; 10 + 9 leave 1 of 20: first fit puts 1 with the 12, best fit with the others."""
    packing = Packing.of([[12], [10], [9], [1]], [20])
    assert fit(packing, "sum", "even").bin.tolist() == [0, 1, 1, 0]
    assert fit(packing, "sum", "even", best=True).bin.tolist() == [0, 1, 1, 1]


@pytest.mark.parametrize("seed", range(4))
def test_first_fit_as_plain(seed: int) -> None:
    """The tree finds the bins that a plain loop finds."""
    packing = random_packing(seed)
    assert fit(packing, "sum", "even").bin.tolist() == first_fit(packing).tolist()


@pytest.mark.parametrize("seed", range(4))
def test_fill_as_plain(seed: int) -> None:
    """The k-d tree finds as many bins as looking at all items does."""
    packing = random_packing(seed)
    assert fill(packing, near=True, weighting="even").bins == near_fill(packing)


def test_fill_near() -> None:
    """A bin of 10 x 10 takes (6, 4) first, which leaves least; then (4, 6) fills it wholly, rather than (5, 3)."""
    assert fill(Packing.of([[4, 6], [5, 3], [6, 4]], [10, 10]), weighting="even").bin.tolist() == [0, 1, 0]


def test_all_ways_are_packings() -> None:
    """Every measure, weighting and rule packs all items within capacity."""
    packing = random_packing(7)
    for weighting in WEIGHTINGS:
        for measure in MEASURES:
            for best in (False, True):
                assert violations(packing, fit(packing, measure, weighting, best)) == ()
        for near in (False, True):
            assert violations(packing, fill(packing, near, weighting)) == ()


def test_classes() -> None:
    """A host of 10 for 3 is dearer per room than one of 4 for 1: five items of 2 go to three of the latter."""
    packing = Packing.of([[2]] * 5, [[10], [4]], weight=[3, 1])
    assert worth(packing).tolist() == [1, 0]
    assert fit(packing).kind.tolist() == [1, 1, 1]
    assert fill(packing).kind.tolist() == [1, 1, 1]


def test_supply() -> None:
    """Where one cheap host is left, the other items go to a dear one."""
    packing = Packing.of([[2]] * 5, [[10], [4]], supply=[1, 1], weight=[3, 1])
    for packed in (fit(packing), fill(packing)):
        assert violations(packing, packed) == ()
        assert sorted(packed.kind.tolist()) == [0, 1]


def test_no_room() -> None:
    """Items that no host has room for are in bin -1: two of three items of 6, with one host of 10."""
    packing = Packing.of([[6]] * 3, [10], supply=[1])
    for packed in (fit(packing), fill(packing)):
        assert sorted(packed.bin.tolist()) == [-1, -1, 0]


def test_demand_by_class() -> None:
    """An item too large for one class goes to the other, though that is dearer."""
    packing = Packing.of([[[9], [1]], [[3], [3]]], [[4], [9]], weight=[1, 5])
    for packed in (fit(packing), fill(packing)):
        assert violations(packing, packed) == ()
