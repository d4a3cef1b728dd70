"""How often a bin may be exceeded, and how that is counted."""

import numpy as np
import pytest

from models.errors import BrokenPromiseError
from solvers.packing.chances import Chances, allowed, loads, overloaded, upper
from solvers.packing.instance import Packed, Packing
from solvers.packing.profiles import ProfilePack


def test_joint_overloads_are_counted() -> None:
    """Bin 0 holds 3+4, 3+1, 9+1 against 8: one sample of three is beyond it; bin 1 holds 5, 5, 5."""
    chances = Chances.of([[3, 3, 9], [4, 1, 1], [5, 5, 5]], 8, 0.5)
    packed = Packed(np.array([0, 0, 1]), np.array([0, 0]))
    assert loads(chances.series, packed).tolist() == [[7, 4, 10], [5, 5, 5]]
    assert overloaded(chances, packed).tolist() == [1, 0]


def test_allowed_samples() -> None:
    """1 % of 300 samples are 3; of 50 none; a share that binary fractions miss is not lost: 0.07 of 100 are 7."""
    assert [allowed(300, 0.01), allowed(50, 0.01), allowed(100, 0.07)] == [3, 0, 7]


def test_confidence_allows_fewer() -> None:
    """With a confidence fewer samples may be beyond, fewer still where samples resemble each other."""
    plain, sure, alike = allowed(2016, 0.05), *(allowed(2016, 0.05, confidence=0.95, together=n) for n in (1, 12))
    assert plain > sure > alike > 0


def test_upper_end_by_hand() -> None:
    """Of none seen in n samples Wilson's upper end is z² / (n + z²): 2.7055 / 102.7055 at 95 % and 100 samples."""
    assert upper(0.0, 100, 0.95) == pytest.approx(2.7055 / 102.7055, abs=1e-5)


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
