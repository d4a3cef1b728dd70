"""What a simulation adds up while time passes."""

from dataclasses import dataclass, field

import numpy as np

from models.arrays import Floats, Ints, Mask

JOULE_PER_KWH = 3.6e6


@dataclass(eq=False)
class Meters:
    """
    Sums over time for each host, since the start. Shape (hosts,) each.

    Parameters
    ----------
    hosts
        How many hosts there are.
    energy_j
        Energy drawn. [J]
    on_s
        Time on. [s]
    overloaded_s
        Time in which VMs asked for more than the host has. [s]
    asked_mhz_s, used_mhz_s
        CPU asked for and served, in millions of cycles. [MHz s]
    arrivals, departures
        Migrations that landed on the host, and that left it.
    """

    hosts: int
    energy_j: Floats = field(init=False)
    on_s: Floats = field(init=False)
    overloaded_s: Floats = field(init=False)
    asked_mhz_s: Floats = field(init=False)
    used_mhz_s: Floats = field(init=False)
    arrivals: Ints = field(init=False)
    departures: Ints = field(init=False)
    peak_power_w: float = 0.0
    peak_hosts_on: int = 0

    def __post_init__(self) -> None:
        for name in ("energy_j", "on_s", "overloaded_s", "asked_mhz_s", "used_mhz_s"):
            setattr(self, name, np.zeros(self.hosts))
        self.arrivals, self.departures = np.zeros(self.hosts, np.int64), np.zeros(self.hosts, np.int64)

    def add(self, seconds: float, *, power_w: Floats, on: Mask, asked: Floats, used: Floats, overloaded: Mask) -> None:
        """Let time pass in which nothing changed."""
        self.energy_j += power_w * seconds
        self.on_s += on * seconds
        self.overloaded_s += overloaded * seconds
        self.asked_mhz_s += asked * seconds
        self.used_mhz_s += used * seconds
        self.peak_power_w = max(self.peak_power_w, float(power_w.sum()))
        self.peak_hosts_on = max(self.peak_hosts_on, int(on.sum()))

    @property
    def energy_kwh(self) -> float:
        """Energy drawn by all hosts, in kWh."""
        return float(self.energy_j.sum()) / JOULE_PER_KWH

    @property
    def overload_share(self) -> float:
        """
        The mean, over hosts that were on, of the share of their time on in which they were overloaded (SLATAH).

        References
        ----------
        .. [1] A. Beloglazov, R. Buyya, "Optimal online deterministic algorithms and adaptive heuristics for energy
           and performance efficient dynamic consolidation of virtual machines," CCPE 24(13), 2012.
        """
        ran = self.on_s > 0
        return float((self.overloaded_s[ran] / self.on_s[ran]).mean()) if ran.any() else 0.0
