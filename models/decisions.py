"""What the agents of a simulation hand to a policy, and what it answers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import numpy as np

from models.arrays import NOWHERE, Floats, Ints, Mask, Rows, frozen


@dataclass(frozen=True, eq=False)
class View:
    """
    A datacenter at one moment, as a policy sees it: arrays that it may not write.

    Parameters
    ----------
    time_s, step_s
        Time since the start, and between two ticks. [s]
    host
        The host of each VM, `NOWHERE` where it is on none; while it migrates, the one it leaves. Shape (vms,).
    demand_mhz
        CPU that each VM asks for on its host, overhead included. [MHz] Shape (vms,).
    size_mhz
        CPU that it is configured with. [MHz] Shape (vms,).
    memory_mib
        Memory that it holds. [MiB] Shape (vms,).
    running
        VMs that take CPU and memory; the others do not keep a host on. Shape (vms,).
    movable
        VMs that may leave their host now. Shape (vms,).
    order
        The running VMs in the order in which their hosts list them, those that came first first. Shape (placed,).
    capacity_mhz, core_mhz
        CPU of each host, and of one of its cores. [MHz] Shape (hosts,).
    cpu_mhz
        Demand on each host once all migrations have landed. [MHz] Shape (hosts,).
    used_mhz
        CPU that was served at the last settlement. [MHz] Shape (hosts,).
    cpu_limit_mhz
        Up to where a host may be filled. [MHz] Shape (hosts,).
    held_mib, memory_limit_mib
        Memory held, both ends of a migration counted, and its limit. [MiB] Shape (hosts,).
    curve_w
        Draw of each host at 0, 10, …, 100 % load. [W] Shape (hosts, 11).
    open
        Hosts that are on and take VMs. Shape (hosts,).
    asleep, booting
        Hosts that could be booted, and that are being. Shape (hosts,).
    rested_s
        Time since the last arrival, departure or boot of each host. [s] Shape (hosts,).
    boot_s
        Time that each host takes to boot. [s] Shape (hosts,).
    migration_mbps
        Rate of each host's link for migrations. [Mbit/s] Shape (hosts,).
    boundary
        Cluster of each host, as a number; VMs do not leave theirs. Shape (hosts,).
    home
        The boundary within which each VM has to be. Shape (vms,).
    history_mhz
        What each VM asked for at the last ticks, the newest first, this tick's included. [MHz] Shape (samples, vms).
    overloaded, underloaded
        Hosts whose agents called, in the order of their calls.
    shares
        The same history as shares of each VM's size, if that is what was read. Shape (samples, vms).
    """

    time_s: float
    step_s: float
    host: Rows
    demand_mhz: Floats
    size_mhz: Floats
    memory_mib: Floats
    running: Mask
    movable: Mask
    order: Rows
    capacity_mhz: Floats
    core_mhz: Floats
    cpu_mhz: Floats
    used_mhz: Floats
    cpu_limit_mhz: Floats
    held_mib: Floats
    memory_limit_mib: Floats
    curve_w: Floats
    open: Mask
    asleep: Mask
    booting: Mask
    rested_s: Floats
    boot_s: Floats
    migration_mbps: Floats
    boundary: Rows
    home: Rows
    history_mhz: Floats
    overloaded: Rows
    underloaded: Rows
    shares: Floats | None = None

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if isinstance(value, np.ndarray):
                view = value.view()
                view.setflags(write=False)
                object.__setattr__(self, name, view)

    @cached_property
    def lists(self) -> tuple[Rows, Ints]:
        """The running VMs of each host in its order: VMs by host, and where each host's start. Shape (hosts + 1,)."""
        where = self.host[self.order]
        listed = self.order[np.argsort(where, kind="stable")]
        return listed, np.searchsorted(np.sort(where), np.arange(len(self.capacity_mhz) + 1)).astype(np.int64)

    @property
    def waiting(self) -> Mask:
        """VMs that should run and are on no host. Shape (vms,)."""
        found: Mask = self.running & (self.host == NOWHERE)
        return found


def _none() -> Rows:
    return frozen([], np.int32)


@dataclass(frozen=True, eq=False)
class Decision:
    """
    What a policy wants done now.

    Parameters
    ----------
    vms, hosts
        VMs to migrate, and where to; VMs that are on no host are placed there. Shape (moves,).
    reasons
        Why, one a move.
    boot
        Hosts to switch on.
    drain
        Hosts to take no more VMs, and to be switched off once they are empty.
    """

    vms: Rows = field(default_factory=_none)
    hosts: Rows = field(default_factory=_none)
    reasons: Sequence[str] = ()
    boot: Rows = field(default_factory=_none)
    drain: Rows = field(default_factory=_none)


Policy = Callable[[View], Decision]


class Alarms(Protocol):
    """Which hosts' agents call; a policy that has these two says so itself."""

    def over(self, view: View) -> Mask:
        """Return the hosts that are overloaded. Shape (hosts,)."""

    def under(self, view: View) -> Mask:
        """Return the hosts that are underloaded. Shape (hosts,)."""


@dataclass(frozen=True)
class Watch:
    """
    When a host's agent calls for a decision, and what it admits.

    The two thresholds are apart, and an underloaded host waits until it has been left alone for a while, so that VMs
    are not moved to and fro.

    Parameters
    ----------
    upper
        Share of its CPU above which a host is overloaded, and up to which it may be filled.
    lower
        Share below which it is underloaded.
    cooldown_s
        Time without an arrival, a departure or a boot before an underloaded host calls. [s]
    memory
        Share of its memory that VMs may hold.
    across_clusters
        Whether VMs may leave their cluster.
    """

    upper: float = 0.8
    lower: float = 0.3
    cooldown_s: float = 1800.0
    memory: float = 1.0
    across_clusters: bool = False

    def over(self, view: View) -> Mask:
        """Return the hosts whose demand is above the upper threshold."""
        found: Mask = view.cpu_mhz > view.capacity_mhz * self.upper
        return found

    def under(self, view: View) -> Mask:
        """Return the hosts that have been below the lower threshold and left alone."""
        low: Mask = view.cpu_mhz < view.capacity_mhz * self.lower
        return low & (view.rested_s >= self.cooldown_s)


WATCH = Watch()
"""The usual thresholds."""
