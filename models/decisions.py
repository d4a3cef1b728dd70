"""What the agents of a simulation hand to a policy, and what it answers."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from models.arrays import Floats, Mask, Rows, frozen


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


WATCH = Watch()
"""The usual thresholds."""


@dataclass(frozen=True, eq=False)
class View:
    """
    A datacenter at one moment, as a policy sees it: arrays that it may not write.

    Parameters
    ----------
    time_s
        Time since the start. [s]
    host
        The host of each VM; while it migrates, the one it leaves. Shape (vms,).
    demand_mhz, memory_mib
        What each VM asks for, and the memory it holds. [MHz], [MiB] Shape (vms,).
    running
        VMs that take CPU and memory; the others do not keep a host on. Shape (vms,).
    movable
        VMs that may leave their host now. Shape (vms,).
    cpu_mhz
        Demand on each host once all migrations have landed. [MHz] Shape (hosts,).
    cpu_limit_mhz
        Up to where a host may be filled. [MHz] Shape (hosts,).
    held_mib, memory_limit_mib
        Memory held, both ends of a migration counted, and its limit. [MiB] Shape (hosts,).
    open
        Hosts that are on and take VMs. Shape (hosts,).
    asleep, booting
        Hosts that could be booted, and that are being. Shape (hosts,).
    boundary
        Cluster of each host, as a number; VMs do not leave theirs. Shape (hosts,).
    overloaded, underloaded
        Hosts whose agents called, in the order of their calls.
    """

    time_s: float
    host: Rows
    demand_mhz: Floats
    memory_mib: Floats
    running: Mask
    movable: Mask
    cpu_mhz: Floats
    cpu_limit_mhz: Floats
    held_mib: Floats
    memory_limit_mib: Floats
    open: Mask
    asleep: Mask
    booting: Mask
    boundary: Rows
    overloaded: Rows
    underloaded: Rows

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if isinstance(value, np.ndarray):
                view = value.view()
                view.setflags(write=False)
                object.__setattr__(self, name, view)


def _none() -> Rows:
    return frozen([], np.int32)


@dataclass(frozen=True, eq=False)
class Decision:
    """
    What a policy wants done now.

    Parameters
    ----------
    vms, hosts
        VMs to migrate, and where to. Shape (moves,).
    reasons
        Why, one a move.
    boot
        Hosts to switch on.
    drain
        Hosts to take no more VMs, and to be switched off once they are empty.
    """

    vms: Rows = field(default_factory=_none)
    hosts: Rows = field(default_factory=_none)
    reasons: tuple[str, ...] = ()
    boot: Rows = field(default_factory=_none)
    drain: Rows = field(default_factory=_none)


Policy = Callable[[View], Decision]
