"""What VMs ask for over time."""

import numpy as np
import pytest

from models.signals import YEAR_S, Held, Interpolated


def test_a_reading_holds_until_the_next() -> None:
    """10 MHz up to 300 s, 20 from then on, and after the last one they begin again."""
    signal = Held(np.array([[10.0], [20.0]]), 300.0)
    assert [float(signal.at(time_s)[0]) for time_s in (0.0, 299.9, 300.0, 599.9, 600.0)] == [10, 10, 20, 20, 10]


def test_vms_may_share_readings() -> None:
    """Columns 1, 0 and 1, times 2, 3 and 4."""
    signal = Held(np.array([[10.0, 20.0]]), 300.0, column=np.array([1, 0, 1]), factor=np.array([2.0, 3.0, 4.0]))
    assert signal.at(0.0).tolist() == [40.0, 30.0, 80.0]


def test_demand_grows_from_year_to_year() -> None:
    """By a tenth a year: 100, 110 and 121 MHz."""
    signal = Held(np.array([[100.0]]), 300.0, growth_year=0.1)
    assert [float(signal.at(year * YEAR_S)[0]) for year in range(3)] == pytest.approx([100, 110, 121])


def test_readings_in_single_precision_are_reckoned_in_double() -> None:
    """0.1 in single precision times 3 is not rounded to single precision again."""
    signal = Held(np.array([[0.1]], np.float32), 300.0, factor=3.0)
    assert signal.at(0.0).dtype == np.float64
    assert signal.at(0.0)[0] == float(np.float32(0.1)) * 3


def test_a_line_between_two_samples() -> None:
    """From 20 to 50 % of 1,000 MHz in 300 s: 300 MHz after 100 s; the last sample is held."""
    signal = Interpolated(np.array([[0.2], [0.5]]), np.array([1000.0]), 300.0)
    found = [float(signal.at(time_s)[0]) for time_s in (0.0, 100.0, 300.0, 5000.0)]
    assert found == pytest.approx([200, 300, 500, 500])


def test_lines_can_be_read_in_any_order() -> None:
    """A look ahead does not change what is read of the past."""
    signal = Interpolated(np.array([[0.2], [0.5], [0.0]]), np.array([1.0]), 300.0)
    before = signal.share(150.0)
    signal.share(450.0)
    assert signal.share(150.0) == before == pytest.approx(0.35)
