"""Energy and money, by hand."""

import math

import numpy as np

from models.laws import cost


def test_energy() -> None:
    """100 W for 8,760 h at a PUE of 2 are 1,752 kWh."""
    assert cost.energy_kwh_year(100.0, 2.0) == 1752.0


def test_licences() -> None:
    """Only hosts that are on pay: 10 cores × 2 + 2 sockets × 100 + 7."""
    on, cores, sockets = np.array([True, False]), np.array([10.0, 99.0]), np.array([2.0, 9.0])
    assert cost.licences_eur_year(on, cores, sockets, per_core=2.0, per_socket=100.0, per_host=7.0) == 227.0


def test_payback() -> None:
    """600 EUR at 1,200 EUR a year are paid back in half a year; what costs nothing at once."""
    assert cost.payback_months(1200.0, 600.0) == 6.0
    assert cost.payback_months(-5.0, 0.0) == 0.0


def test_never_paid_back() -> None:
    """Where nothing is saved, nothing is paid back."""
    assert math.isnan(cost.payback_months(0.0, 600.0))
    assert math.isnan(cost.payback_months(-10.0, 600.0))
