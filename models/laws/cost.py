"""Energy, carbon and money of hosts that are on."""

from models.arrays import Floats, Mask

HOURS_A_YEAR = 8_760.0
MONTHS_A_YEAR = 12.0
JOULES_A_KWH = 3.6e6


def energy_kwh_year(power_w: Floats | float, pue: float) -> Floats | float:
    """
    Return the energy that the facility takes in a year, in kWh.

    Parameters
    ----------
    power_w
        Mean draw of the IT equipment. [W]
    pue
        Power usage effectiveness: facility over IT energy.

    >>> round(energy_kwh_year(1000.0, 1.5))
    13140
    """
    return power_w * pue * HOURS_A_YEAR / 1000


def licences_eur_year(
    on: Mask, cores: Floats, sockets: Floats, *, per_core: float, per_socket: float, per_host: float
) -> float:
    """Return what licences of the hosts that are on cost in a year, in EUR."""
    return float((on * (cores * per_core + sockets * per_socket + per_host)).sum())


def payback_months(saving_eur_year: float, once_eur: float) -> float:
    """
    Return how many months it takes until savings have paid what was spent once; NaN if they never do.

    >>> payback_months(1200.0, 300.0), payback_months(0.0, 10.0), payback_months(10.0, -5.0)
    (3.0, nan, 0.0)
    """
    if once_eur <= 0:
        return 0.0
    return once_eur / saving_eur_year * MONTHS_A_YEAR if saving_eur_year > 0 else float("nan")
