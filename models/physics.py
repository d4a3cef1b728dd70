"""
What a simulation may choose of its physics. The engine knows no value of its own: it is given laws.

`OURS` is what the product takes for true; presets choose otherwise, such as `models.cloudsim`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from models import catalog
from models.arrays import Floats, Ints, Mask, Rows
from models.laws import migration, power
from models.laws.migration import MBIT_PER_MIB
from models.residents import ARRIVING, LEAVING


@dataclass(frozen=True, eq=False)
class Claims:
    """
    What is asked of some hosts.

    Parameters
    ----------
    demand_mhz, role, place
        What each row asks for, its `Role`, and its host's place among the hosts. [MHz] Shape (rows,).
    vm
        The VM of each row. Shape (rows,).
    host
        The hosts. Shape (hosts,).
    capacity_mhz, core_mhz
        CPU of each host, and of a core. [MHz] Shape (hosts,).
    taken_mhz
        CPU that the hypervisor takes for migrations. [MHz] Shape (hosts,).
    stalled
        Share of the time in which VMs wait for memory to come back. Shape (hosts,).
    """

    demand_mhz: Floats
    role: Ints
    place: Rows
    vm: Rows
    host: Rows
    capacity_mhz: Floats
    core_mhz: Floats
    taken_mhz: Floats
    stalled: Floats


@dataclass(frozen=True, eq=False)
class Shares:
    """
    How hosts share their CPU.

    Parameters
    ----------
    served_mhz
        What each row gets. [MHz] Shape (rows,).
    asked_mhz, used_mhz
        What is asked of each host, and what of it is in use. [MHz] Shape (hosts,).
    short
        Hosts that are asked for more than they can give. Shape (hosts,).
    """

    served_mhz: Floats
    asked_mhz: Floats
    used_mhz: Floats
    short: Mask


@dataclass(frozen=True)
class Fair:
    """
    A host that cannot serve all serves the same share of each demand, after what migrations take of it.

    A VM that is being copied is served less, as its writes are tracked.

    Parameters
    ----------
    copying_loss
        Share of its CPU that a VM loses while it is copied.
    """

    copying_loss: float = catalog.number("migration", "copying_loss_share")

    def __call__(self, claims: Claims) -> Shares:
        """Return the shares."""
        size = len(claims.capacity_mhz)
        own = claims.demand_mhz * (claims.role != ARRIVING)
        asked = np.bincount(claims.place, weights=own, minlength=size)
        room = np.maximum(claims.capacity_mhz * (1.0 - claims.stalled) - claims.taken_mhz, 0.0)
        share = np.ones(size)
        np.divide(room, asked, out=share, where=asked > room)
        served = own * share[claims.place]
        served[claims.role == LEAVING] *= 1.0 - self.copying_loss
        return Shares(served, asked + claims.taken_mhz, asked * share + claims.taken_mhz, asked > room)


@dataclass(frozen=True, eq=False)
class Sending:
    """
    What migrations take that start now. Shape (moves,) each.

    Parameters
    ----------
    sent_mib, fixed_s
        Data to send, and time besides. [MiB], [s]
    seconds
        All of it at the rates given. [s]
    downtime_s
        Pause of the VM. [s]
    """

    sent_mib: Floats
    fixed_s: Floats
    seconds: Floats
    downtime_s: Floats


@dataclass(frozen=True)
class Precopied:
    """Live migration by iterative pre-copy; memory is dirtied in proportion to how busy the VM is."""

    def __call__(self, memory_mib: Floats, cpu_share: Floats, rate_mbps: Floats, dirty_mib_s: Floats) -> Sending:
        """Return what is sent and how long it takes at the rates given; an unknown dirty rate (NaN) is estimated."""
        constants = migration.PUBLISHED
        guessed = migration.dirty_estimate(memory_mib, np.clip(cpu_share, 0.0, 1.0))
        dirty = np.where(np.isnan(dirty_mib_s), guessed, dirty_mib_s)
        found = migration.precopy(memory_mib, dirty, rate_mbps)
        sending_s = found.transferred_mib * MBIT_PER_MIB / (rate_mbps * constants.efficiency)
        fixed_s = np.maximum(found.duration_s - sending_s, 0.0)
        return Sending(found.transferred_mib, fixed_s, found.duration_s, found.downtime_ms / 1000)


def held(before_w: Floats, after_w: Floats, live: Mask, seconds: Floats) -> Floats:
    """Return the energy of a span in which nothing changed: the draw at its start, of hosts that are live, in J."""
    return before_w * live * seconds


@dataclass(frozen=True)
class Physics:
    """
    The laws and choices of a simulation.

    Parameters
    ----------
    sharing
        How hosts share their CPU.
    draw
        Watts of hosts at a utilisation, by their curves.
    metering
        Joules of a span, from the draw at both its ends, which hosts were live at its start, and its length.
    sending
        What migrations send and how long they take.
    links
        ``shared``: migrations of one moment share the hosts' links; ``private``: each has the rate to itself.
    life
        ``timed``: hosts boot and shut down in time, and draw power meanwhile; ``instant``: an empty host is off.
    switching_s
        Time at idle draw that is billed each time that an ``instant`` host goes on or off. [s]
    settles
        What is looked at when a migration lands: the hosts ``touched``, or ``all``.
    idle
        Whether VMs that ask for nothing are ``kept`` or ``deleted``.
    admission
        Whether hosts' ``agents`` refuse VMs that they have no room for, or are ``open``.
    listed
        Whether the order matters in which hosts list their VMs.
    first_s
        Time of the first tick. [s]
    closes
        Whether the time from the last event to the end counts.
    pressure
        Whether memory, I/O and the wait for cores are reckoned.
    pooled
        Whether ratios of service are of all hosts' and VMs' sums, instead of means.
    """

    sharing: Callable[[Claims], Shares] = Fair()
    draw: Callable[[Floats, Floats], Floats] = power.curve
    metering: Callable[[Floats, Floats, Mask, Floats], Floats] = held
    sending: Callable[[Floats, Floats, Floats, Floats], Sending] = Precopied()
    links: Literal["shared", "private"] = "shared"
    life: Literal["timed", "instant"] = "timed"
    switching_s: float = 0.0
    settles: Literal["touched", "all"] = "touched"
    idle: Literal["kept", "deleted"] = "kept"
    admission: Literal["agents", "open"] = "agents"
    listed: bool = False
    first_s: float = 0.0
    closes: bool = True
    pressure: bool = True
    pooled: bool = False


OURS = Physics()
"""What the product takes for true."""
