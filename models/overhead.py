"""
What a VM really takes from a server, in cycles a second.

Its own work, what virtualization adds on its virtual CPUs, and what it adds on threads of the host (a driver domain,
vhost, QEMU). `law` prices all VMs on all kinds of hosts at once; `predict` answers for one workload, and is compared
with what was published.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from models.arrays import NOWHERE, Floats, Rows
from models.laws import io, memory
from models.prediction import predict
from models.pricing import Pricing, Sorts
from models.technology import Catalog, standard

__all__ = ["Charge", "Estate", "Kinds", "Law", "law", "of", "predict", "priced"]


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
    def slowdown(self) -> Floats:
        """Time over native time, threads of the host on other cores; 1 without work. Shape (kinds, vms, buckets)."""
        return _ratio(self.work_mhz + self.guest_mhz, self.work_mhz)

    @cached_property
    def throughput_ratio(self) -> Floats:
        """Throughput over the native one where cores are full; 1 without work. Shape (kinds, vms, buckets)."""
        return 1 / _ratio(self.cpu_mhz, self.work_mhz)

    @cached_property
    def added_mhz(self) -> Floats:
        """What virtualization adds. [MHz] Shape (kinds, vms, buckets)."""
        return self.guest_mhz + self.host_mhz

    def of(self, counted: Floats) -> "Charge":
        """Return what is charged to VMs that count, such as those that run. Shape (vms,)."""
        wide = counted[:, None]
        return Charge(self.work_mhz * wide, self.guest_mhz * wide, self.host_mhz * wide, self.memory_mib * counted)


def _ratio(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.ones(part.shape), where=whole > 0)


@dataclass(frozen=True, eq=False)
class Law:
    """
    What virtualization adds for each VM on each kind of host, as a line over its work.

    Parameters
    ----------
    guest_share, host_share
        Cycles on virtual CPUs, and on threads of the host, in a cycle of work. Shape (kinds, vms).
    slower
        Part of `guest_share` by which the work itself takes longer: emulation, intercepted calls, page walks. The rest
        is events, which are as many however many cycles the work takes on a processor. Shape (kinds, vms).
    guest_mhz, host_mhz
        What does not depend on work: idle ticks, counted packets and requests. [MHz] Shape (kinds, vms).
    memory_mib
        Memory of the hypervisor for the VM. [MiB] Shape (kinds, vms).
    latency_us
        Time that the network path adds to a transaction. [us] Shape (kinds, vms).
    """

    guest_share: Floats
    host_share: Floats
    slower: Floats
    guest_mhz: Floats
    host_mhz: Floats
    memory_mib: Floats
    latency_us: Floats

    def work(self, readings_mhz: Floats, kind: Rows) -> Floats:
        """
        Return the work behind readings that were taken under virtualization. [MHz] Shape (vms, buckets).

        A reading is of virtual CPUs, so it holds the work and what the technology adds there:
        ``work = (reading - fixed) / (1 + share)``, at least 0.

        Parameters
        ----------
        readings_mhz
            CPU of the virtual CPUs. [MHz] Shape (vms, buckets).
        kind
            The kind of host that each VM was on. Shape (vms,).
        """
        share, fixed = of(self.guest_share, kind), of(self.guest_mhz, kind)
        return np.maximum(readings_mhz - fixed[:, None], 0.0) / (1 + share)[:, None]

    def charge(self, work_mhz: Floats, scale: Floats | None = None) -> Charge:
        """
        Return what VMs take on each kind of host.

        Parameters
        ----------
        work_mhz
            Their own work. [MHz] Shape (vms, buckets).
        scale
            Cycles that the work takes on each kind of host over those that were counted. Shape (kinds, vms) or (vms,).
        """
        work = np.broadcast_to(work_mhz, (len(self.guest_share), *work_mhz.shape))
        own = work if scale is None else work * scale[..., None]
        return Charge(
            own,
            self.guest_share[..., None] * work + self.slower[..., None] * (own - work) + self.guest_mhz[..., None],
            self.host_share[..., None] * work + self.host_mhz[..., None],
            self.memory_mib,
        )


def of(values: Floats, kind: Rows) -> Floats:
    """Return what is given for each kind and VM, by the kind of host that each VM is on. Shape (vms, ...)."""
    found: Floats = values[np.where(kind == NOWHERE, 0, kind), np.arange(len(kind))]
    return found


def law(estate: Estate, kinds: Kinds, catalog: Catalog | None = None) -> Law:
    """
    Return the law of overhead of each VM on each kind of host; each sort of VM is priced once.

    Parameters
    ----------
    estate, kinds
        The VMs, and the kinds of hosts.
    catalog
        Where the numbers are from; the catalog as delivered if None.
    """
    catalog = catalog or standard()
    pricing, which = priced(estate, kinds, catalog)
    guest, host = (_side(pricing, estate, which, side) for side in (0, 1))
    idle = np.take(pricing.vcpu_mhz.T, which, axis=1) * estate.vcpus
    latency = np.take(pricing.latency_us.T, which, axis=1)
    slower = np.take(pricing.factor.T - 1, which, axis=1)
    return Law(guest[0], host[0], slower, guest[1] + idle, host[1], _memory(estate, kinds, catalog), latency)


def priced(estate: Estate, kinds: Kinds, catalog: Catalog) -> tuple[Pricing, Rows]:
    """Return the distinct sorts of VMs, priced on each kind of host, and the sort of each VM. Shape (vms,)."""
    sorts, which = _sorted(estate)
    return Pricing(catalog, _resolved(sorts, kinds, catalog)), which


def _side(pricing: Pricing, estate: Estate, which: Rows, side: int) -> tuple[Floats, Floats]:
    """Return shares and fixed parts on virtual CPUs (side 0) or threads of the host (side 1). Shape (kinds, vms)."""

    def spread(values: Floats) -> Floats:
        return np.take(np.ascontiguousarray(values.T), which, axis=1)

    own, sent, received = pricing.own_io(), pricing.packet("tx"), pricing.packet("rx")
    share = spread((pricing.guest_share, pricing.host_share)[side])
    share = share + spread(own[side]) * (estate.net_mbps <= 0)
    share = share + spread(own[2 + side]) * (estate.disk_iops <= 0)
    size = pricing.catalog.workloads.numbers["packet_bytes"][estate.workload]
    fixed = spread((sent[side] + received[side]) / 2) * (io.packets_ps(estate.net_mbps, size) / 1e6)
    return share, fixed + spread(pricing.request()[side]) * (estate.disk_iops / 1e6)


def _sorted(estate: Estate) -> tuple[Rows, Rows]:
    """Return the distinct sorts of VMs, shape (sorts, 5), and each VM's."""
    columns = (estate.workload, estate.technology, estate.net_path, estate.disk_path, estate.leaf)
    sizes = tuple(int(column.max(initial=0)) + 2 for column in columns)
    code = np.ravel_multi_index(tuple(column.astype(np.int64) + 1 for column in columns), sizes)
    known, which = np.unique(code, return_inverse=True)
    parts = [part - 1 for part in np.unravel_index(known, sizes)]
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
