"""
What a VM really takes from a server, in cycles a second: its own work, what virtualization adds on its virtual CPUs, and
what it adds on threads of the host (a driver domain, vhost, QEMU).

`charge` prices all VMs on all kinds of hosts at once; `predict` answers for one workload, and is compared with what was
published.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from models.arrays import NOWHERE, Floats, Names, Rows
from models.laws import io, memory
from models.prediction import predict
from models.pricing import Pricing, Sorts
from models.technology import Catalog, standard

__all__ = ["Charge", "Estate", "Kinds", "Pricing", "charge", "predict", "work"]


@dataclass(frozen=True, eq=False)
class Kinds:
    """
    Kinds of hosts: a kind costs a VM the same wherever it is.

    Parameters
    ----------
    microarchitecture, technology
        Rows of the catalog's tables; the technology holds for VMs that have none of their own. Shape (kinds,).
    """

    microarchitecture: Rows
    technology: Rows


@dataclass(frozen=True, eq=False)
class Estate:
    """
    What is known of VMs, as columns.

    Parameters
    ----------
    workload
        Rows of the catalog's workloads. Shape (vms,).
    technology, net_path, disk_path
        Rows of the catalog's tables, -1 for what the host's technology usually has. Shape (vms,).
    leaf
        Levels of a page walk that the page size saves. Shape (vms,).
    vcpus, memory_mib
        As configured. Shape (vms,).
    net_mbps, disk_iops
        Traffic and requests; 0: by the workload's profile. [Mbit/s], [1/s] Shape (vms,).
    """

    workload: Rows
    technology: Rows
    net_path: Rows
    disk_path: Rows
    leaf: Rows
    vcpus: Floats
    memory_mib: Floats
    net_mbps: Floats
    disk_iops: Floats


@dataclass(frozen=True, eq=False)
class Charge:
    """
    What VMs take on each kind of host.

    Parameters
    ----------
    work_mhz
        Their own work, as it would be without virtualization. [MHz] Shape (kinds, vms, buckets).
    guest_mhz, host_mhz
        What virtualization adds on virtual CPUs, and on threads of the host. [MHz] Shape (kinds, vms, buckets).
    memory_mib
        Memory of the hypervisor for the VM. [MiB] Shape (kinds, vms).
    """

    work_mhz: Floats
    guest_mhz: Floats
    host_mhz: Floats
    memory_mib: Floats

    @cached_property
    def cpu_mhz(self) -> Floats:
        """All CPU to be reserved. [MHz] Shape (kinds, vms, buckets)."""
        return self.work_mhz + self.guest_mhz + self.host_mhz

    @cached_property
    def added_mhz(self) -> Floats:
        """What virtualization adds. [MHz] Shape (kinds, vms, buckets)."""
        return self.guest_mhz + self.host_mhz

    def at(self, name: str, kind: Rows) -> Floats:
        """Return a field by the kind of host that each VM is on. Shape (vms,) or (vms, buckets)."""
        values: Floats = getattr(self, name)
        return values[np.where(kind == NOWHERE, 0, kind), np.arange(len(kind))]

    def of(self, counted: Floats) -> "Charge":
        """Return what is charged to VMs that count, such as those that run. Shape (vms,)."""
        wide = counted[:, None]
        return Charge(self.work_mhz * wide, self.guest_mhz * wide, self.host_mhz * wide, self.memory_mib * counted)


@dataclass(frozen=True, eq=False)
class _Coefficients:
    """The linear law of each VM: shares of work, and a fixed part. Shape (kinds, vms)."""

    guest_share: Floats
    host_share: Floats
    guest_mhz: Floats
    host_mhz: Floats


def charge(
    estate: Estate, kinds: Kinds, work_mhz: Floats, catalog: Catalog | None = None, scale: Floats | None = None
) -> Charge:
    """
    Return what VMs take on each kind of host.

    Parameters
    ----------
    estate, kinds
        The VMs, and the kinds of hosts.
    work_mhz
        Their own work. [MHz] Shape (vms, buckets).
    catalog
        Where the numbers are from; the catalog as delivered if None.
    scale
        Cycles that a VM's work takes on each kind of host over those that were counted. Shape (kinds, vms).
    """
    catalog = catalog or standard()
    found = _coefficients(estate, kinds, catalog)
    work = np.broadcast_to(work_mhz, (len(kinds.technology), *work_mhz.shape))
    work = work if scale is None else work * scale[..., None]
    return Charge(
        work,
        found.guest_share[..., None] * work + found.guest_mhz[..., None],
        found.host_share[..., None] * work + found.host_mhz[..., None],
        _memory(estate, kinds, catalog),
    )


def work(
    estate: Estate, kinds: Kinds, kind: Rows, readings_mhz: Floats, catalog: Catalog | None = None
) -> tuple[Floats, Floats]:
    """
    Return the work of VMs whose readings were taken under virtualization, and its change with the reading.

    A reading is of a virtual CPU, so it holds the work and what the present technology adds there:
    ``work = (reading - fixed) / (1 + share)``, at least 0.

    Parameters
    ----------
    estate, kinds
        The VMs as they were when the readings were taken, and the kinds of hosts.
    kind
        The kind of host that each VM was on; `NOWHERE` for none. Shape (vms,).
    readings_mhz
        CPU of the virtual CPUs. [MHz] Shape (vms, buckets).

    Returns
    -------
    tuple
        Work, shape (vms, buckets), and work in one MHz of reading, shape (vms,).
    """
    found = _coefficients(estate, kinds, catalog or standard())
    at = np.where(kind == NOWHERE, 0, kind), np.arange(len(kind))
    slope = 1 / (1 + found.guest_share[at])
    return np.maximum(readings_mhz - found.guest_mhz[at][:, None], 0.0) * slope[:, None], slope


def _coefficients(estate: Estate, kinds: Kinds, catalog: Catalog) -> _Coefficients:
    """Return the law of each VM on each kind, its sort priced once."""
    sorts, which = _sorted(estate)
    pricing = Pricing(catalog, _resolved(sorts, kinds, catalog))
    sent, received, request = pricing.packet("tx"), pricing.packet("rx"), pricing.request()
    own = pricing.own_io()
    size = catalog.workloads.numbers["packet_bytes"][estate.workload]
    packets, requests = io.packets_ps(estate.net_mbps, size) / 1e6, estate.disk_iops / 1e6
    by_profile = estate.net_mbps <= 0, estate.disk_iops <= 0
    shares, fixed = [], []
    for side, share in enumerate((pricing.guest_share, pricing.host_share)):
        total = np.take(share.T, which, axis=1)
        total += np.take(own[side].T, which, axis=1) * by_profile[0]
        total += np.take(own[2 + side].T, which, axis=1) * by_profile[1]
        shares.append(total)
        each = np.take(((sent[side] + received[side]) / 2).T, which, axis=1) * packets
        each += np.take(request[side].T, which, axis=1) * requests
        fixed.append(each)
    fixed[0] += np.take(pricing.vcpu_mhz.T, which, axis=1) * estate.vcpus
    return _Coefficients(shares[0], shares[1], fixed[0], fixed[1])


def _sorted(estate: Estate) -> tuple[Rows, Rows]:
    """Return the distinct sorts of VMs, shape (sorts, 5), and each VM's."""
    columns = (estate.workload, estate.technology, estate.net_path, estate.disk_path, estate.leaf)
    code = np.zeros(len(estate.vcpus), np.int64)
    for column in columns:
        code = code * 128 + (column.astype(np.int64) + 1)
    known, which = np.unique(code, return_inverse=True)
    parts = [(known >> (7 * place)) % 128 - 1 for place in reversed(range(len(columns)))]
    return np.stack(parts, axis=1), which


def _resolved(sorts: Rows, kinds: Kinds, catalog: Catalog) -> Sorts:
    """Return what each sort is on each kind of host. Shape (sorts, kinds)."""
    technology = np.where(sorts[:, 1:2] == -1, kinds.technology, sorts[:, 1:2])

    def path(column: int, name: str) -> Rows:
        table = catalog.net_paths if name == "net_path" else catalog.disk_paths
        usual = table.rows(catalog.technologies.texts[name])
        return np.where(sorts[:, column : column + 1] == -1, usual[technology], sorts[:, column : column + 1])

    shape = technology.shape
    leaf = np.broadcast_to(sorts[:, 4:5], shape)
    return Sorts(
        workload=np.broadcast_to(sorts[:, :1], shape),
        technology=technology,
        net_path=path(2, "net_path"),
        disk_path=path(3, "disk_path"),
        microarchitecture=np.broadcast_to(kinds.microarchitecture, shape),
        guest_leaf=leaf,
        host_leaf=leaf,
    )


def _memory(estate: Estate, kinds: Kinds, catalog: Catalog) -> Floats:
    """Return the hypervisor's memory for each VM. [MiB] Shape (kinds, vms)."""
    own = estate.technology
    technology = np.where(own == -1, kinds.technology[:, None], own)
    numbers = catalog.technologies.numbers
    return memory.hypervisor_mib(
        estate.memory_mib,
        estate.vcpus,
        share=numbers["memory_share"][technology],
        fixed_mib=numbers["memory_fixed_mib"][technology],
        vcpu_mib=numbers["memory_vcpu_mib"][technology],
    )


def technologies() -> Names:
    """Return the technologies that the catalog knows."""
    return np.array(standard().technologies.keys, dtype=object)
