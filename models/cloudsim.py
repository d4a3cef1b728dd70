"""
The physics of CloudSim 3.0.3's power-aware consolidation, each oddity of it a named law or option.

Written from its published behaviour, so that figures of the many studies that used it can be reproduced, and so that
what each oddity is worth can be told: `physics` switches each off. `Physics` and the engine know nothing of it.

References
----------
.. [1] R. N. Calheiros et al., "CloudSim: a toolkit for modeling and simulation of cloud computing environments and
   evaluation of resource provisioning algorithms," Software: Practice and Experience 41(1), 2011.
.. [2] A. Beloglazov, R. Buyya, "Optimal online deterministic algorithms and adaptive heuristics for energy and
   performance efficient dynamic consolidation of virtual machines," CCPE 24(13), 2012.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np

from models import catalog, residents
from models.arrays import Floats, Ints, Mask, Rows
from models.laws.sharing import summed
from models.physics import OURS, Claims, Physics, Sending, Shares, held

_KEYS = ("first_s", "leaving_share", "arriving_share", "sent_mib_s", "switching_s")
FIRST_S, LEAVING, ARRIVING, SENT_MIB_S, SWITCHING_S = (catalog.number("cloudsim", key) for key in _KEYS)

QUIRKS = {
    "idle-deleted": "VMs that ask for nothing in two samples running are deleted for good",
    "arrivals-asked": "a host is asked for all that an arriving VM asks for, and gives it a tenth: it always violates",
    "half-billed": "a span is billed by the mean draw at both its ends, and not at all if the host was empty before",
    "empty-free": "no energy is needed to switch a host on or off",
    "whole-mhz": "a host that is short of CPU hands it out in whole MIPS",
    "hash-order": "what VMs need of a short host is added up in the order of a hash table of their names",
    "core-capped": "a VM with one virtual CPU gets no more than a core of its host",
    "private-links": "each migration has half a link to itself, and sends the VM's memory once",
    "unclosed": "nothing after the last event counts, which is up to 300 s of the day",
    "pooled": "ratios of service are those of sums, not means of hosts and VMs",
}
"""What `physics` can be asked to leave out, by name."""


class Tables:
    """
    The hash tables in which hosts keep what their VMs ask for, for the order in which these are added up.

    A table doubles when it is more than three quarters full, and never shrinks; so what counts is how many VMs a host
    ever had at once, tentatively included.

    Parameters
    ----------
    vms, hosts
        How many there are.

    Examples
    --------
    Of four VMs the one whose name hashes to the least comes first.

    >>> Tables(4, 1).order(np.array([3, 1, 2]), np.array([0, 0, 0])).tolist()
    [1, 2, 0]
    """

    def __init__(self, vms: int, hosts: int) -> None:
        self._spread = np.array([_spread(f"{_OWNER}-{vm}") for vm in range(vms)], np.int64)
        self.most = np.zeros(hosts, np.int64)

    def entered(self, hosts: slice | Rows, counts: Ints) -> None:
        """Take notice of how many VMs some hosts have at once. Shape (hosts,)."""
        self.most[hosts] = np.maximum(self.most[hosts], counts)

    def order(self, vms: Rows, hosts: Rows) -> Ints:
        """Return the order in which VMs on some hosts come up. Shape (rows,)."""
        full = np.maximum(self.most[hosts], 1) / (16 * 0.75)
        size = 16 << np.maximum(np.ceil(np.log2(full)), 0).astype(np.int64)
        return np.argsort(self._spread[vms] & (size - 1), kind="stable")


_OWNER = 2
"""Number of the broker, which is part of a VM's name."""


def _spread(name: str) -> int:
    """Return Java's hash of a name, its upper half mixed into the lower."""
    value = 0
    for sign in name:
        value = (value * 31 + ord(sign)) & 0xFFFFFFFF
    return value ^ (value >> 16)


@dataclass(frozen=True)
class Oversubscribed:
    """
    How an oversubscribing time-shared scheduler hands out CPU.

    VMs are served in the order of the host's list, each up to a core; an arriving one takes a tenth. If they need more
    than the host has, each gets its part of it, in whole MIPS. A VM that leaves gets nine tenths, and its host is as
    busy as if it got all.

    Parameters
    ----------
    floors
        Whether shares are whole MIPS where a host is short.
    capped
        Whether a VM gets at most a core.
    arrivals_asked
        Whether all that an arriving VM asks for counts as asked of the host.
    tables
        The order in which a short host adds up what its VMs need; that of its list if None.
    """

    floors: bool = True
    capped: bool = True
    arrivals_asked: bool = True
    tables: Tables | None = None

    def __call__(self, claims: Claims) -> Shares:
        """Return the shares; sums run in the order of the lists, as rounding decides ties later."""
        size, place = len(claims.capacity_mhz), claims.place
        arriving, leaving = claims.role == residents.ARRIVING, claims.role == residents.LEAVING
        most = np.minimum(claims.demand_mhz, claims.core_mhz[place]) if self.capped else claims.demand_mhz
        need = np.where(arriving, ARRIVING * most, most)
        if self.tables is not None:
            self.tables.entered(claims.host, np.bincount(place, minlength=size))
        lacking = _left(claims.capacity_mhz, need, place) < 0
        part = np.where(arriving, ARRIVING, np.where(leaving, LEAVING, 1.0))
        served = most * part
        if lacking.any():
            served = self._shared(claims, most, need, part, served, lacking)
        busy = np.where(leaving, served / LEAVING, served)
        used = summed(busy, place, size)
        counted = claims.demand_mhz if self.arrivals_asked else np.where(arriving, served, claims.demand_mhz)
        asked = summed(counted, place, size)
        return Shares(served, asked, used, used < asked)

    def _shared(
        self, claims: Claims, most: Floats, need: Floats, part: Floats, served: Floats, lacking: Mask
    ) -> Floats:
        """Return what rows get where hosts that are lacking hand out all that they have."""
        size = len(claims.capacity_mhz)
        rows = np.flatnonzero(lacking[claims.place])
        if self.tables is not None:
            rows = rows[self.tables.order(claims.vm[rows], claims.host[claims.place[rows]])]
        needed = summed(need[rows], claims.place[rows], size)
        scale = np.ones(len(needed))
        np.divide(claims.capacity_mhz, needed, out=scale, where=lacking)
        shared = most * scale[claims.place] * part
        found: Floats = np.where(lacking[claims.place], np.floor(shared) if self.floors else shared, served)
        return found


def _left(capacity: Floats, need: Floats, place: Rows) -> Floats:
    """Return what is left of each host when one need after the other is taken off; below zero: not enough."""
    hosts = np.arange(len(capacity))
    return summed(np.concatenate([capacity, -need]), np.concatenate([hosts, place]), len(capacity))


def draw(utilization: Floats, points: Floats) -> Floats:
    """
    Power draw in W read off a curve at 0, 10, …, 100 %, rounded exactly as CloudSim rounds it.

    Parameters
    ----------
    utilization
        Share of CPU in use; above 1, by rounding, it is 1. Shape (hosts,).
    points
        Shape (hosts, 11).
    """
    share = np.minimum(utilization, 1.0)
    low = np.floor(share * 10).astype(np.int64)
    high = np.ceil(share * 10).astype(np.int64)
    rows = np.arange(len(points))
    first, second = points[rows, low], points[rows, high]
    found: Floats = first + (second - first) / 10 * (share - low / 10) * 100
    return found


def half_billed(before_w: Floats, after_w: Floats, live: Mask, seconds: Floats) -> Floats:
    """Return the energy of a span: the mean draw at both its ends, nothing if the host was empty at its start, in J."""
    found: Floats = np.where(live, (before_w + (after_w - before_w) / 2) * seconds, 0.0)
    return found


def sending(memory_mib: Floats, cpu_share: Floats, rate_mbps: Floats, dirty_mib_s: Floats) -> Sending:
    """Return what migrations take: the memory once, at half a link, without a pause."""
    nothing = np.zeros(len(memory_mib))
    return Sending(memory_mib, nothing, memory_mib / SENT_MIB_S, nothing)


def physics(without: Collection[str] = (), tables: Tables | None = None) -> Physics:
    """
    Return CloudSim's physics, without the oddities named.

    Parameters
    ----------
    without
        Keys of `QUIRKS`.
    tables
        The hosts' hash tables.

    Raises
    ------
    KeyError
        If one is unknown.
    """
    for name in without:
        QUIRKS[name]
    law = Oversubscribed(
        floors="whole-mhz" not in without,
        capped="core-capped" not in without,
        arrivals_asked="arrivals-asked" not in without,
        tables=None if "hash-order" in without else tables,
    )
    chosen = Physics(
        sharing=law,
        draw=draw,
        metering=held if "half-billed" in without else half_billed,
        sending=sending,
        links="private",
        life="instant",
        switching_s=SWITCHING_S if "empty-free" in without else 0.0,
        settles="all",
        idle="kept" if "idle-deleted" in without else "deleted",
        admission="open",
        listed=True,
        first_s=FIRST_S,
        closes="unclosed" in without,
        pressure=False,
        pooled="pooled" not in without,
    )
    if "private-links" in without:
        return replace(chosen, sending=OURS.sending, links="shared")
    return chosen


def always_full(chosen: Physics) -> Physics:
    """Return the physics without any power management: every host draws what it draws at full load, from the start."""
    return replace(chosen, draw=_full, metering=_whole_span)


def _full(utilization: Floats, points: Floats) -> Floats:
    return points[:, -1].copy()


def _whole_span(before_w: Floats, after_w: Floats, live: Mask, seconds: Floats) -> Floats:
    return after_w * seconds
