"""What a kWh of the hosts takes at the meter, costs and emits, at any time of a simulation."""

from dataclasses import dataclass

from models import catalog
from models.series import Series

_PUE, _PRICE, _CARBON = (catalog.number("energy", key) for key in ("pue", "price_eur_kwh", "carbon_g_kwh"))


@dataclass(frozen=True)
class Environment:
    """
    The facility around the hosts, and the grid.

    What the facility takes beside its hosts, ``(PUE - 1)`` of their draw, has a part that is there whatever they
    draw: ``facility = hosts + (PUE - 1) × (f × design + (1 - f) × hosts)``, after [1]_.

    Parameters
    ----------
    pue
        Energy of the facility over that of its hosts, at their design draw.
    fixed_share
        Part ``f`` of the rest that does not depend on the hosts' draw.
    price_eur_kwh
        Price of energy.
    carbon_g_kwh
        Carbon intensity: a number, or over time.
    starts_s
        UTC seconds of the simulation's start, for what is given over time.

    References
    ----------
    .. [1] N. Rasmussen, "Electrical efficiency modeling for data centers," APC white paper 113, 2007.

    Examples
    --------
    At half the design draw a fixed part of 40 % makes a PUE of 1.5 one of 1.7.

    >>> around = Environment(pue=1.5, fixed_share=0.4)
    >>> around.facility_w(50.0, 100.0) / 50.0
    1.7
    """

    pue: float = _PUE
    fixed_share: float = 0.0
    price_eur_kwh: float = _PRICE
    carbon_g_kwh: float | Series = _CARBON
    starts_s: float = 0.0

    def facility_w(self, hosts_w: float, design_w: float) -> float:
        """Return the draw at the meter, given the hosts' draw and what they draw all at full load, in W."""
        beside = self.fixed_share * design_w + (1.0 - self.fixed_share) * hosts_w
        return hosts_w + (self.pue - 1.0) * beside

    def covered(self, lasted_s: float) -> bool:
        """Return whether what is given over time reaches from the simulation's start to so many seconds later."""
        if not isinstance(self.carbon_g_kwh, Series):
            return True
        known = self.carbon_g_kwh.start_s
        step_s = float(known[-1] - known[-2]) if len(known) > 1 else 0.0
        return bool(known[0] <= self.starts_s and self.starts_s + lasted_s <= known[-1] + step_s)

    def carbon(self, from_s: float, to_s: float) -> float:
        """Return the mean carbon intensity between two times of the simulation, in g/kWh."""
        if not isinstance(self.carbon_g_kwh, Series):
            return float(self.carbon_g_kwh)
        return float(self.carbon_g_kwh.mean(self.starts_s + from_s, self.starts_s + to_s))
