"""Failures of hosts, and the restart of their VMs elsewhere."""

from dataclasses import dataclass

HOUR_S = 3600.0


@dataclass(frozen=True)
class Failures:
    """
    Hosts fail and are repaired after exponential times, each for itself.

    Parameters
    ----------
    between_h
        Mean time of a host between two failures, while it is on; infinite: none fails. [h]
    repair_h
        Mean time until it is repaired, after which it boots. [h]
    restart_s
        Time until high availability has noticed, and a VM runs again on the host that it is given. [s]
    """

    between_h: float = float("inf")
    repair_h: float = 8.0
    restart_s: float = 120.0
