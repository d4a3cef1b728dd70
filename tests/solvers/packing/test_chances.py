"""How often a bin may be exceeded, and how that is counted."""

import numpy as np
import pytest

from models.errors import BrokenPromiseError
from solvers.packing.chances import Chances, loads, overloaded
from solvers.packing.instance import Packed, Packing
from solvers.packing.profiles import ProfilePack


def test_joint_overloads_are_counted() -> None:
    """Bin 0 holds 3+4, 3+1, 9+1 against 8: one sample of three is beyond it; bin 1 holds 5, 5, 5."""
    chances = Chances.of([[3, 3, 9], [4, 1, 1], [5, 5, 5]], 8, 0.5)
    packed = Packed(np.array([0, 0, 1]), np.array([0, 0]))
    assert loads(chances.series, packed).tolist() == [[7, 4, 10], [5, 5, 5]]
    assert overloaded(chances, packed).tolist() == [1, 0]


def test_those_that_peak_together_are_kept_apart() -> None:
    """Two VMs that peak in the same three samples of ten do not share a host at 10 %; at other samples they may."""
    early, late = [9, 9, 9, *[1] * 7], [*[1] * 7, 9, 9, 9]
    packing = Packing.of([[1], [1]], [10])
    together = ProfilePack(1000)(packing, Chances.of([early, early], 10, 0.1))
    mixed = ProfilePack(1000)(packing, Chances.of([early, late], 10, 0.1))
    assert (together.bins, mixed.bins) == (2, 1)


def test_series_that_do_not_agree() -> None:
    """A limit for each class is asked for."""
    with pytest.raises(BrokenPromiseError, match="do not agree"):
        Chances(np.zeros((1, 2, 3), np.int32), np.array([1, 2]), 0)
