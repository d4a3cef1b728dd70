"""What the overhead of VMs is made of: emulation, page walks, each kind of event, network, disk, idle ticks."""

from dataclasses import dataclass

import numpy as np

from models.arrays import Floats, Rows
from models.laws import io, memory
from models.overhead import Estate, Kinds, priced
from models.technology import EVENTS, Catalog

PARTS = ("emulation", "page walks", *EVENTS, "network", "disk", "idle ticks")


@dataclass(frozen=True, eq=False)
class Breakdown:
    """
    The parts of the overhead, summed over VMs.

    Parameters
    ----------
    rate_ps
        Events, packets, requests or ticks a second; NaN where there is nothing to count. [1/s] Shape (parts,).
    guest_mhz, host_mhz
        What they take on virtual CPUs, and on threads of the host. [MHz] Shape (parts,).
    """

    rate_ps: Floats
    guest_mhz: Floats
    host_mhz: Floats

    @property
    def cycles(self) -> Floats:
        """Mean cycles of each; NaN where there is nothing to count. [cycles] Shape (parts,)."""
        whole = np.where(self.rate_ps > 0, self.rate_ps, np.nan)
        return (self.guest_mhz + self.host_mhz) * 1e6 / whole


def breakdown(
    estate: Estate, kinds: Kinds, kind: Rows, work_mhz: Floats, catalog: Catalog, scale: Floats | float = 1.0
) -> Breakdown:
    """
    Return what the overhead of VMs is made of; the parts add up to the law's.

    Parameters
    ----------
    estate, kinds
        The VMs, and the kinds of hosts.
    kind
        The kind of host that each VM is on. Shape (vms,).
    work_mhz
        Their own work. [MHz] Shape (vms,).
    catalog
        Where the numbers are from.
    scale
        Cycles that the work takes there over those that were counted; events are as many. Shape (vms,).
    """
    pricing, which = priced(estate, kinds, catalog)
    here = which, kind
    walks = pricing.catalog.workloads.numbers["walk_share"][estate.workload]
    slower = memory.walk_slowdown(walks, pricing.walk_ratio[here])
    own = work_mhz * scale
    emulated = (pricing.factor[here] / slower - 1) * own
    rates = catalog.intensity[estate.workload] * work_mhz[:, None] * 1e6
    events = pricing.event_shares[here] * work_mhz[:, None]
    threads = rates * pricing.event_host_cycles[here] / 1e6
    flows = [_network(estate, pricing.packet("tx"), pricing.packet("rx"), here, work_mhz, catalog)]
    flows.append(_disk(estate, pricing.request(), here, work_mhz, catalog))
    ticks = catalog.workloads.numbers["idle_tick_ps"][estate.workload] * estate.vcpus
    idle = pricing.vcpu_mhz[here] * estate.vcpus
    return Breakdown(
        np.array([np.nan, np.nan, *rates.sum(axis=0), *(each[0].sum() for each in flows), ticks.sum()]),
        np.array([
            emulated.sum(), ((pricing.factor[here] - 1) * own - emulated).sum(), *events.sum(axis=0),
            *(each[1].sum() for each in flows), idle.sum(),
        ]),
        np.array([0.0, 0.0, *threads.sum(axis=0), *(each[2].sum() for each in flows), 0.0]),
    )  # fmt: skip


def _network(
    estate: Estate,
    sent: tuple[Floats, Floats],
    received: tuple[Floats, Floats],
    here: tuple[Rows, Rows],
    work_mhz: Floats,
    catalog: Catalog,
) -> tuple[Floats, Floats, Floats]:
    """Return packets a second and what they take: counted where they were, else by the profile. Shape (vms,)."""
    numbers, counted = catalog.workloads.numbers, estate.net_mbps > 0
    scale = work_mhz / numbers["clock_mhz"][estate.workload]
    half = io.packets_ps(estate.net_mbps, numbers["packet_bytes"][estate.workload]) / 2
    tx, rx = (np.where(counted, half, numbers[name][estate.workload] * scale) for name in ("tx_ps", "rx_ps"))
    guest, host = ((tx * sent[side][here] + rx * received[side][here]) / 1e6 for side in (0, 1))
    return tx + rx, guest, host


def _disk(
    estate: Estate, request: tuple[Floats, Floats], here: tuple[Rows, Rows], work_mhz: Floats, catalog: Catalog
) -> tuple[Floats, Floats, Floats]:
    """Return requests a second and what they take: counted where they were, else by the profile. Shape (vms,)."""
    numbers = catalog.workloads.numbers
    profile = numbers["io_ps"][estate.workload] * work_mhz / numbers["clock_mhz"][estate.workload]
    rate = np.where(estate.disk_iops > 0, estate.disk_iops, profile)
    return rate, rate * request[0][here] / 1e6, rate * request[1][here] / 1e6
