"""What of a datacenter stays as it is: limits, curves, groups, and who may move."""

from dataclasses import dataclass

import numpy as np

from models import lifecycle
from models.arrays import NOWHERE, Floats, Ints, Mask, Rows
from models.decisions import Watch
from models.inventory import Inventory
from models.laws import power


@dataclass(frozen=True, eq=False)
class Terms:
    """
    Columns that do not change in a simulation.

    Parameters
    ----------
    boundary
        Group of each host, which its VMs do not leave. Shape (hosts,).
    home
        Group in which each VM has to be. Shape (vms,).
    cpu_limit_mhz, memory_limit_mib
        Up to where each host may be filled. [MHz], [MiB] Shape (hosts,).
    curve_w
        Draw at 0, 10, …, 100 % load. [W] Shape (hosts, 11).
    usable, takes
        Hosts that VMs can move to; of these, those that are not to be emptied. Shape (hosts,).
    retires
        Hosts that are off once they are empty, and stay so. Shape (hosts,).
    size_mhz
        CPU that each VM is configured with. [MHz] Shape (vms,).
    unpinned
        VMs that may move. Shape (vms,).
    """

    boundary: Rows
    home: Ints
    cpu_limit_mhz: Floats
    memory_limit_mib: Floats
    curve_w: Floats
    usable: Mask
    takes: Mask
    retires: Mask
    size_mhz: Floats
    unpinned: Mask


def terms(inventory: Inventory, watch: Watch, start: Rows, size_mhz: Floats | None) -> Terms:
    """Return what stays as it is, given where VMs start; sizes are those of virtual CPUs if None."""
    hosts, vms = inventory.hosts, inventory.vms
    clusters = np.unique(hosts.cluster.astype(str), return_inverse=True)[1].astype(np.int32)
    boundary = np.zeros_like(clusters) if watch.across_clusters else clusters
    usable = ~hosts.maintenance & (hosts.migration_mbps > 0)
    clock = np.append(hosts.cpu_mhz, np.median(hosts.cpu_mhz) if len(hosts) else 0.0)
    return Terms(
        boundary=boundary,
        home=_homes(inventory, boundary, start),
        cpu_limit_mhz=hosts.cores * hosts.cpu_mhz * watch.upper,
        memory_limit_mib=hosts.memory_mib * watch.memory,
        curve_w=power.points(hosts),
        usable=usable,
        takes=usable & ~np.isin(hosts.lifecycle, lifecycle.LEAVING),
        retires=np.asarray(hosts.lifecycle == lifecycle.DECOMMISSION, np.bool_),
        size_mhz=vms.vcpus * clock[start] if size_mhz is None else size_mhz,
        unpinned=~vms.pinned & np.append(hosts.migration_mbps > 0, True)[start],
    )


def _homes(inventory: Inventory, boundary: Rows, start: Rows) -> Ints:
    """Return the group in which each VM has to be: its host's, its cluster's, or else the largest one."""
    hosts, vms = inventory.hosts, inventory.vms
    if not len(hosts):
        return np.zeros(len(vms), np.int64)
    largest = int(np.argmax(np.bincount(boundary, weights=hosts.cores * hosts.cpu_mhz)))
    named = {str(name): int(group) for name, group in zip(hosts.cluster, boundary, strict=True)}
    asked = np.array([named.get(str(name), largest) for name in vms.cluster], np.int64)
    return np.where(start == NOWHERE, asked, np.append(boundary, 0)[start]).astype(np.int64)
