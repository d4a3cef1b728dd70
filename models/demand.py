"""Demand over time, and what to reserve for it."""

from dataclasses import dataclass

from models.arrays import Singles
from models.errors import BrokenPromiseError


@dataclass(frozen=True, eq=False)
class Usage:
    """
    Readings on one time grid, aligned with an inventory's VMs; NaN where there is none.

    Parameters
    ----------
    start_s
        Time of the first sample, UTC seconds since 1970. [s]
    step_s
        Distance of two samples. [s]
    cpu_mhz
        CPU used. [MHz] Shape (vms, samples).
    memory_mib
        Memory used. [MiB] Shape (vms, samples), or None.
    disk_iops, net_mbps
        Disk operations and network traffic. [1/s], [Mbit/s] Shape (vms, samples), or None.
    """

    start_s: float
    step_s: float
    cpu_mhz: Singles
    memory_mib: Singles | None = None
    disk_iops: Singles | None = None
    net_mbps: Singles | None = None

    def __post_init__(self) -> None:
        others = (self.memory_mib, self.disk_iops, self.net_mbps)
        if any(other is not None and other.shape != self.cpu_mhz.shape for other in others):
            raise BrokenPromiseError("All readings of a usage share one time grid.")

    @property
    def samples(self) -> int:
        """How many moments were sampled."""
        return int(self.cpu_mhz.shape[1])
