"""A figure that holds from time to time."""

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import InputError
from models.series import Series

HOURS = Series(np.array([0.0, 3600, 10800]), np.array([100.0, 300, 50]))


def test_held() -> None:
    """Each value holds from its time on; the first before, the last after."""
    assert HOURS.at([-9, 0, 3599, 3600, 1e9]).tolist() == [100, 100, 100, 300, 50]


def test_mean() -> None:
    """Half an hour of 100 and an hour of 300 are 233.3; none of any time is the value itself."""
    assert HOURS.mean(1800, 7200) == pytest.approx((1800 * 100 + 3600 * 300) / 5400)
    assert HOURS.mean([3600, -20, 20000], [3600, -10, 20010]).tolist() == [300, 100, 50]


@given(st.lists(st.floats(-1e4, 2e4), min_size=3, max_size=3))
def test_integrals_add_up(times: list[float]) -> None:
    """From a to c is from a to b and from b to c, in whatever order they are."""
    a, b, c = times
    assert HOURS.integral(a, c) == pytest.approx(HOURS.integral(a, b) + HOURS.integral(b, c), abs=1e-4)


@given(st.floats(0, 2e4), st.floats(0, 2e4))
def test_mean_is_between(begin: float, end: float) -> None:
    """A mean is not below the least value nor above the largest."""
    assert 50 - 1e-6 <= float(HOURS.mean(begin, end)) <= 300 + 1e-6 or abs(begin - end) < 1e-6


def test_exact_at_large_times() -> None:
    """Seconds since 1970 cost no digits: a quarter of an hour at 27.5 in 2024 is 24,750 to the last bit."""
    start = 1_704_063_600 + 900 * np.arange(35_000, dtype=np.float64)
    assert Series(start, np.full(35_000, 27.5)).integral(start[30_000], start[30_001]) == 24_750


@pytest.mark.parametrize(
    ("start", "values", "reason"),
    [([0, 0], [1, 2], "rise"), ([1, 0], [1, 2], "rise"), ([], [], "at least one"), ([0], [np.nan], "finite")],
)
def test_wrong(start: list[float], values: list[float], reason: str) -> None:
    """Times that do not rise and values that are no numbers are errors."""
    with pytest.raises(InputError, match=reason):
        Series(np.array(start, float), np.array(values, float))


def test_pickled() -> None:
    """A series that was sent elsewhere is read-only there."""
    assert not pickle.loads(pickle.dumps(HOURS)).values.flags.writeable
