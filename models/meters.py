"""What a simulation adds up while time passes: energy, time, cycles and service, for each host and VM."""

from dataclasses import dataclass, field

import numpy as np

from models.arrays import Floats, Ints, Mask

JOULE_PER_KWH = 3.6e6
_HOST_SUMS = (
    "energy_j", "on_s", "overloaded_s", "failed_s", "swapped_s", "asked_mhz_s", "used_mhz_s", "offered_mhz_s",
    "ready_s",
)  # fmt: skip
_HOST_COUNTS = ("arrivals", "departures", "boots", "shutdowns")
_VM_SUMS = (
    "vm_asked_mhz_s",
    "vm_served_mhz_s",
    "vm_migration_loss_mhz_s",
    "vm_running_s",
    "vm_unplaced_s",
    "vm_down_s",
)
_VM_COUNTS = ("vm_migrations", "vm_restarts")


@dataclass(eq=False)
class Meters:
    """
    Sums since the start. Shape (hosts,) each, those that begin with ``vm_`` (vms,).

    Parameters
    ----------
    hosts, vms
        How many there are.
    energy_j
        Energy drawn. [J]
    on_s, overloaded_s, failed_s, swapped_s
        Time on; on and short of CPU; failed; on and with memory swapped out. [s]
    asked_mhz_s, used_mhz_s, offered_mhz_s
        CPU asked for, served, and of hosts that are on, in millions of cycles. [MHz s]
    ready_s
        Predicted wait for a core, over the time on. [s]
    arrivals, departures, boots, shutdowns
        Migrations that landed on the host and left it; times switched on and off.
    vm_asked_mhz_s, vm_served_mhz_s
        CPU that the VM asked for, and was served. [MHz s]
    vm_migration_loss_mhz_s
        What it was not served while it migrated. [MHz s]
    vm_running_s, vm_unplaced_s, vm_down_s
        Time in which it should run; part of it on no host; its pauses. [s]
    vm_migrations, vm_restarts
        Migrations that ended; restarts after its host had failed.
    records, violation
        Spans in which a VM was not served all, and the sum of the shares that were missing.
    """

    hosts: int
    vms: int
    energy_j: Floats = field(init=False)
    on_s: Floats = field(init=False)
    overloaded_s: Floats = field(init=False)
    failed_s: Floats = field(init=False)
    swapped_s: Floats = field(init=False)
    asked_mhz_s: Floats = field(init=False)
    used_mhz_s: Floats = field(init=False)
    offered_mhz_s: Floats = field(init=False)
    ready_s: Floats = field(init=False)
    arrivals: Ints = field(init=False)
    departures: Ints = field(init=False)
    boots: Ints = field(init=False)
    shutdowns: Ints = field(init=False)
    vm_asked_mhz_s: Floats = field(init=False)
    vm_served_mhz_s: Floats = field(init=False)
    vm_migration_loss_mhz_s: Floats = field(init=False)
    vm_running_s: Floats = field(init=False)
    vm_unplaced_s: Floats = field(init=False)
    vm_down_s: Floats = field(init=False)
    vm_migrations: Ints = field(init=False)
    vm_restarts: Ints = field(init=False)
    records: int = 0
    violation: float = 0.0
    transferred_mib: float = 0.0
    net_asked: float = 0.0
    net_lost: float = 0.0
    disk_asked: float = 0.0
    disk_lost: float = 0.0
    failures: int = 0
    peak_power_w: float = 0.0
    peak_hosts_on: int = 0

    def __post_init__(self) -> None:
        for names, size, dtype in (
            (_HOST_SUMS, self.hosts, np.float64),
            (_HOST_COUNTS, self.hosts, np.int64),
            (_VM_SUMS, self.vms, np.float64),
            (_VM_COUNTS, self.vms, np.int64),
        ):
            for name in names:
                setattr(self, name, np.zeros(size, dtype))

    def service(self, vms: slice | Ints, seconds: Floats | float, asked: Floats, served: Floats, moving: Mask) -> None:
        """Add what some VMs asked for and were served in a span in which nothing changed."""
        short = asked - served
        self.vm_asked_mhz_s[vms] += asked * seconds
        self.vm_served_mhz_s[vms] += served * seconds
        lacking = np.flatnonzero(short > 0)
        if not len(lacking):
            return
        spans = np.broadcast_to(seconds, short.shape)[lacking]
        lacking, spans = lacking[spans > 0], spans[spans > 0]
        missing = short[lacking]
        self.records += len(lacking)
        self.violation += float((missing / asked[lacking]).sum())
        lost = moving[lacking]
        rows = lacking[lost] if isinstance(vms, slice) else vms[lacking[lost]]
        self.vm_migration_loss_mhz_s[rows] += missing[lost] * spans[lost]

    @property
    def energy_kwh(self) -> float:
        """Energy drawn by all hosts, in kWh."""
        return float(self.energy_j.sum()) / JOULE_PER_KWH

    def overload_share(self, *, pooled: bool = False) -> float:
        """
        Share of hosts' time on in which they were short of CPU (SLATAH): of each host, and of these the mean [1]_.

        Parameters
        ----------
        pooled
            Of all hosts' time together instead.

        References
        ----------
        .. [1] A. Beloglazov, R. Buyya, "Optimal online deterministic algorithms and adaptive heuristics for energy
           and performance efficient dynamic consolidation of virtual machines," CCPE 24(13), 2012.
        """
        return _share(self.overloaded_s, self.on_s, pooled)

    def migration_loss_share(self, *, pooled: bool = False) -> float:
        """Share of the CPU asked for that VMs were not served while they migrated (PDM): of each VM, and the mean."""
        return _share(self.vm_migration_loss_mhz_s, self.vm_asked_mhz_s, pooled)

    @property
    def unserved_share(self) -> float:
        """CPU not served over CPU asked for."""
        asked = float(self.vm_asked_mhz_s.sum())
        return max(asked - float(self.vm_served_mhz_s.sum()), 0.0) / asked if asked else 0.0

    @property
    def average_violation(self) -> float:
        """Mean share that was missing in the spans in which any was, however long they were."""
        return self.violation / self.records if self.records else 0.0


def _share(part: Floats, whole: Floats, pooled: bool) -> float:
    if pooled:
        total = float(whole.sum())
        return float(part.sum()) / total if total else 0.0
    some = whole > 0
    return float((part[some] / whole[some]).mean()) if some.any() else 0.0
