"""What is kept back so that overloads stay as seldom on days that packing has not seen."""

import numpy as np

from solvers.packing.chances import Chances, overloaded
from solvers.packing.instance import Packing
from solvers.packing.margins import MARGINS, kept_back, margin
from solvers.packing.profiles import ProfilePack

PACK = ProfilePack(trials=10_000)


def test_limits_are_lowered() -> None:
    """A tenth of 95 kept back leaves 85, cut to whole units."""
    assert kept_back(Chances.of([[1]], 95, 0.0), 0.1).limit.tolist() == [85]


def test_days_alike_need_no_margin() -> None:
    """Where every day is like every other nothing is kept back."""
    series = np.tile([[4, 1], [1, 4], [5, 5]], (1, 6))
    assert margin(Packing.of([[1]] * 3, [10]), Chances.of(series, 10, 0.0), 0.0, 2, PACK) == 0.0


def test_days_that_differ_need_one() -> None:
    """Two VMs take 5 + 5 of 10 on even days and 5.5 + 5 on odd ones: by the even days alone 10 would do."""
    series = np.array([[50, 50, 55, 55], [50, 50, 50, 50]])
    found = margin(Packing.of([[1]] * 2, [10]), Chances.of(series, 100, 0.0), 0.0, 2, PACK)
    assert found == MARGINS[1]


def test_margin_holds_out_of_sample() -> None:
    """On random days of one kind, bins packed with the margin keep the share on days that were not known."""
    rng = np.random.default_rng(3)
    days = np.rint(rng.gamma(2.0, 5.0, (60, 1_200))).astype(np.int64)
    known, unknown = Chances.of(days[:, :600], 100, 0.05), Chances.of(days[:, 600:], 100, 0.05)
    packing = Packing.of([[1]] * 60, [1_000])
    kept = margin(packing, known, 0.05, 50, PACK)
    bare, safe = (PACK(packing, kept_back(known, each)) for each in (0.0, kept))
    assert overloaded(unknown, bare).max() > unknown.most >= overloaded(unknown, safe).max()
