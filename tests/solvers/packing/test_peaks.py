"""Bounds of profile packing, by hand."""

import numpy as np

from solvers.packing import peaks
from solvers.packing.chances import Chances
from solvers.packing.instance import Packing


def test_the_fullest_part_of_the_day_counts() -> None:
    """Demand of 4 × 6 in one part of the day and 4 × 2 in another needs 24 / 10 bins, so three."""
    assert peaks.continuous(Packing.of([[6, 2]] * 4, [10, 10])) == 3


def test_classes_are_used_by_what_they_cost() -> None:
    """18 units: one bin of 10 for 1, and 8/10 of a bin for 4, so 4.2 in all; weights are whole, so 5."""
    packing = Packing.of([[6]] * 3, [[10], [10]], supply=[1, 9], weight=[1, 4])
    assert peaks.continuous(packing) == 5


def test_more_than_halves_are_one_a_bin() -> None:
    """Three items of 6 in bins of 10 sum up to two bins, and need three."""
    packing = Packing.of([[6], [6], [6]], [10])
    assert (peaks.continuous(packing), peaks.halves(packing)) == (2, 3)


def test_small_items_next_to_large_ones() -> None:
    """Next to 7 there is room for 3, so two items of 4 need a further bin: 7, 7, 4, 4 need three bins of 10."""
    assert peaks.halves(Packing.of([[7], [7], [4], [4]], [10])) == 3


def test_peaks_exclude_each_other() -> None:
    """Each pair exceeds another part of the day: no dimension needs more than two bins, and all three need one each."""
    packing = Packing.of([[6, 6, 0], [6, 0, 6], [0, 6, 6]], [10, 10, 10])
    assert (peaks.continuous(packing), peaks.halves(packing), peaks.apart(packing)) == (2, 2, 3)


def test_overloads_that_are_allowed_lower_the_bound() -> None:
    """Samples sum up to 30 once and to 9 else: with one sample a bin to spare one bin may do, with none three do."""
    series = [[10, 3, 3, 3]] * 3
    packing = Packing.of([[1]] * 3, [10])
    once = Chances(np.array([series], np.int32), np.array([10]), 1)
    never = Chances(np.array([series], np.int32), np.array([10]), 0)
    assert (peaks.seldom(packing, once), peaks.seldom(packing, never)) == (1, 3)
