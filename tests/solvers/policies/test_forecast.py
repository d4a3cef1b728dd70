import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from solvers.policies import forecast

SERIES = st.lists(st.floats(0, 100), min_size=4, max_size=12)


def test_a_straight_line_is_found() -> None:
    """A series that was 1, 3, 5, 7 is at 7 and grows by 2, whatever the weights."""
    series = np.array([[7.0], [5.0], [3.0], [1.0]])
    value, slope = forecast.line(series, forecast.tricube(4)[:, None])
    assert value[0] == pytest.approx(7)
    assert slope[0] == pytest.approx(2)


def test_tricube_weights() -> None:
    """Distances 0, 1/2 of the reach: 1 and (1 - 1/8)^3 = 0.669921875."""
    assert forecast.tricube(2).tolist() == [1.0, 0.669921875]


@given(SERIES)
def test_weighted_line_is_that_of_least_squares(values: list[float]) -> None:
    """The closed form agrees with numpy's polynomial fit, which takes square roots of weights."""
    series = np.array(values)
    weights = forecast.tricube(len(series))
    value, slope = forecast.line(series[:, None], weights[:, None])
    expected = np.polyfit(-np.arange(len(series)), series, 1, w=np.sqrt(weights))
    assert [slope[0], value[0]] == pytest.approx(expected.tolist(), abs=1e-6)


def test_a_robust_line_forgets_an_outlier() -> None:
    """On 10, 9, 8, … with one sample of 100 amid: the plain line is off, the robust one is at 10 and grows by 1."""
    series = np.arange(10.0, 0.0, -1)[:, None]
    series[4] = 100.0
    plain, _ = forecast.line(series, forecast.tricube(10)[:, None])
    value, slope = forecast.robust_line(series)
    assert abs(plain[0] - 10) > 3
    assert value[0] == pytest.approx(10, abs=0.5)
    assert slope[0] == pytest.approx(1, abs=0.2)


def test_smoothing_by_hand() -> None:
    """From 2 over 4 to 8 with 0.5: 2, then 3, then 5.5."""
    assert float(forecast.smoothed(np.array([8.0, 4.0, 2.0]), 0.5)) == 5.5


def test_holt_by_hand() -> None:
    """From 2, 4, 8, both 0.5: level 3, trend 0.5; then 0.5 × 8 + 0.5 × 3.5 = 5.75 and 0.5 × 2.75 + 0.25 = 1.625."""
    level, trend = forecast.holt(np.array([8.0, 4.0, 2.0]), 0.5, 0.5)
    assert float(level) == 5.75
    assert float(trend) == 1.625


@given(SERIES)
def test_coefficients_stand_for_the_recurrence(values: list[float]) -> None:
    """Holt's level of the unit series gives the weights with which that of any series is a sum."""
    series = np.array(values)
    level, trend = forecast.holt(np.eye(len(series)), 0.4, 0.3)
    expected = forecast.holt(series, 0.4, 0.3)
    assert [float(level @ series), float(trend @ series)] == pytest.approx([float(part) for part in expected], abs=1e-9)
