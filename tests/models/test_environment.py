"""What energy takes at the meter, costs and emits."""

import pytest

from models.environment import Environment
from models.series import Series


def test_the_facility_takes_its_share() -> None:
    """A PUE of 1.5 makes 150 W of 100, whatever the hosts could draw."""
    assert Environment(pue=1.5).facility_w(100.0, 1000.0) == 150


def test_part_of_the_facility_does_not_follow_the_hosts() -> None:
    """Of 1,000 W at full load 500 are beside the hosts; if 40 % are fixed, 200 remain when the hosts draw nothing."""
    around = Environment(pue=1.5, fixed_share=0.4)
    assert around.facility_w(1000.0, 1000.0) == pytest.approx(1500)
    assert around.facility_w(0.0, 1000.0) == pytest.approx(200)


def test_carbon_over_time() -> None:
    """From 1,800 s, 100 g/kWh for half an hour and then 300: the mean of the first hour is 200."""
    around = Environment(carbon_g_kwh=Series([0, 3600], [100, 300]), starts_s=1800.0)  # type: ignore[arg-type]
    assert around.carbon(0, 3600) == pytest.approx(200)
    assert around.carbon(1800, 3600) == pytest.approx(300)
    assert Environment(carbon_g_kwh=250).carbon(0, 1) == 250


def test_a_series_reaches_over_a_simulation_or_not() -> None:
    """Values at 0 and 3600 s hold until 7200 s: from 1800 s on that is 5400 s, and no more."""
    around = Environment(carbon_g_kwh=Series([0, 3600], [100, 300]), starts_s=1800.0)  # type: ignore[arg-type]
    assert (around.covered(5400.0), around.covered(5401.0)) == (True, False)
    assert Environment(carbon_g_kwh=100.0).covered(1e9)
