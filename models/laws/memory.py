"""What virtualization costs in memory: page walks in two dimensions, the hypervisor's own memory, and overcommit."""

from dataclasses import dataclass

import numpy as np

from models.arrays import Floats

LEAF_LEVELS = {"4k": 0, "2m": 1, "1g": 2}
"""Levels of a walk that a page of the size saves."""


def walk_references(guest_levels: Floats, host_levels: Floats) -> Floats:
    """
    Memory references of a page walk in two stages: ``(g + 1)(h + 1) - 1`` [1]_.

    Parameters
    ----------
    guest_levels, host_levels
        Levels of the guest's and the host's page tables down to the leaf; 0 host levels is a walk in one stage.

    Examples
    --------
    Four levels in each stage; 2 MiB pages in one, and in both; five levels; shadow tables or none.

    >>> walk_references(np.array([4.0, 4, 3, 5, 4]), np.array([4.0, 3, 3, 5, 0])).tolist()
    [24.0, 19.0, 15.0, 35.0, 4.0]

    References
    ----------
    .. [1] R. Bhargava et al., "Accelerating two-dimensional page walks for virtualized systems," ASPLOS 2008.
    """
    return (guest_levels + 1) * (host_levels + 1) - 1


def walk_ratio(references: Floats, native_levels: Floats, kappa: Floats) -> Floats:
    """
    Time of a page walk over that of the native one: ``1 + kappa (references / levels - 1)``.

    Parameters
    ----------
    references
        Memory references of the walk.
    native_levels
        References of the native walk.
    kappa
        Share of the further references that costs time; caches of the memory management unit hide the rest [1]_.

    References
    ----------
    .. [1] T. Merrifield and H. R. Taheri, "Performance implications of extended page tables on virtualized x86
       processors," VEE 2016.
    """
    return 1 + kappa * (references / native_levels - 1)


def walk_slowdown(walk_share: Floats, ratio: Floats) -> Floats:
    """
    Slowdown by longer page walks: ``1 + w (ratio - 1)``.

    Parameters
    ----------
    walk_share
        Share of the native time in page walks.
    ratio
        See `walk_ratio`.
    """
    return 1 + walk_share * (ratio - 1)


def walk_share_virtual(walk_share: Floats, ratio: Floats) -> Floats:
    """
    Share of the VM's time in page walks: ``w ratio / (1 - w + w ratio)``.

    Examples
    --------
    TPC-C [1]_: natively 15.8 %, three levels in each stage, of whose references 8.3 % cost time.

    >>> ratio = walk_ratio(walk_references(np.float64(3), np.float64(3)), np.float64(3), np.float64(0.083))
    >>> print(f"{walk_share_virtual(np.float64(0.158), ratio):.3f}")
    0.200

    References
    ----------
    .. [1] T. Merrifield and H. R. Taheri, "Performance implications of extended page tables on virtualized x86
       processors," VEE 2016.
    """
    return walk_share * ratio / walk_slowdown(walk_share, ratio)


def hypervisor_mib(
    memory_mib: Floats, vcpus: Floats, *, share: Floats, fixed_mib: Floats, vcpu_mib: Floats, devices_mib: float = 0.0
) -> Floats:
    """
    Memory that the hypervisor holds for a VM beyond the VM's own: page tables, device models, threads [1]_.

    Parameters
    ----------
    memory_mib, vcpus
        As configured. [MiB] Shape (vms,).
    share, fixed_mib, vcpu_mib
        Of configured memory, for each VM [MiB], and for each virtual CPU [MiB].
    devices_mib
        For devices such as a graphics card. [MiB]

    Examples
    --------
    8 GiB, 4 virtual CPUs and a graphics device under KVM:

    >>> part = {"share": np.float64(0.002), "fixed_mib": np.float64(218), "vcpu_mib": np.float64(8)}
    >>> print(f"{hypervisor_mib(np.float64(8192), np.float64(4), devices_mib=16, **part):.2f}")
    282.38

    References
    ----------
    .. [1] OpenShift Virtualization, cluster resource requirements: memory overhead.
    """
    return share * memory_mib + fixed_mib + vcpu_mib * vcpus + devices_mib


@dataclass(frozen=True, eq=False)
class Reclaimed:
    """
    Memory that a host takes back from its VMs, by means, and what that costs.

    Parameters
    ----------
    shared_mib, ballooned_mib, compressed_mib, swapped_mib
        Memory freed by each means. [MiB] Shape (hosts,).
    stall_s
        Time that VMs wait for memory in a second: the pages touched again come from compression or swap. [s/s]
    """

    shared_mib: Floats
    ballooned_mib: Floats
    compressed_mib: Floats
    swapped_mib: Floats
    stall_s: Floats

    @property
    def total_mib(self) -> Floats:
        """All memory freed. [MiB] Shape (hosts,)."""
        return self.shared_mib + self.ballooned_mib + self.compressed_mib + self.swapped_mib


def reclaimed(
    missing_mib: Floats,
    granted_mib: Floats,
    idle_mib: Floats,
    *,
    shareable_share: float,
    balloon_share: float,
    compression_share: float,
    compression_ratio: float,
    touches_ps_mib: float = 0.0,
    decompression_s: float = 0.0,
    swap_in_s: float = 0.0,
) -> Reclaimed:
    """
    Return what a host does that lacks memory, the cheapest first: sharing, ballooning, compression, swap [1]_.

    Sharing frees at most a share of what VMs hold that no study has exceeded on real machines [2]_; a balloon takes
    idle memory only, up to a share of what the VM holds; compression frees ``1 - 1 / ratio`` of a limited part; the
    rest is swapped.

    Parameters
    ----------
    missing_mib
        Memory promised beyond what there is. [MiB] Shape (hosts,).
    granted_mib, idle_mib
        Memory that VMs hold, and the part of it that they do not touch. [MiB] Shape (hosts,).
    shareable_share, balloon_share, compression_share
        Limits of each means, of the memory granted.
    compression_ratio
        Size of a page over its compressed size.
    touches_ps_mib
        How often a second a MiB of reclaimed memory is touched again. [1/s/MiB]
    decompression_s, swap_in_s
        Time to bring a page back. [s]

    Examples
    --------
    300 of 1,000 MiB are missing and 100 are idle: 150 shared, 100 ballooned, 50 compressed, none swapped.

    >>> limits = {"shareable_share": 0.15, "balloon_share": 0.65, "compression_share": 0.1, "compression_ratio": 2.0}
    >>> found = reclaimed(np.array([300.0]), np.array([1000.0]), np.array([100.0]), **limits)
    >>> [float(part[0]) for part in (found.shared_mib, found.ballooned_mib, found.compressed_mib, found.swapped_mib)]
    [150.0, 100.0, 50.0, 0.0]

    References
    ----------
    .. [1] C. A. Waldspurger, "Memory resource management in VMware ESX Server," OSDI 2002.
    .. [2] S. Barker et al., "An empirical study of memory sharing in virtual machines," USENIX ATC 2012.
    """
    left = np.maximum(missing_mib, 0.0)
    shared = np.minimum(left, shareable_share * granted_mib)
    ballooned = np.minimum(left - shared, np.minimum(idle_mib, balloon_share * granted_mib))
    compressible = compression_share * granted_mib * (1 - 1 / compression_ratio)
    compressed = np.minimum(left - shared - ballooned, compressible)
    swapped = left - shared - ballooned - compressed
    stall = touches_ps_mib * (compressed * decompression_s + swapped * swap_in_s)
    return Reclaimed(shared, ballooned, compressed, swapped, stall)


def handed_over_s(less_mib: float, rate_mib_s: float) -> float:
    """
    Return how long a guest takes to hand memory over to its balloon, in s, rounded up to milliseconds.

    Parameters
    ----------
    less_mib
        What is taken. [MiB]
    rate_mib_s
        How fast it is handed over. [MiB/s]

    Examples
    --------
    >>> handed_over_s(200, 500), handed_over_s(0, 500)
    (0.4, 0.0)
    """
    return float(np.ceil(max(less_mib / rate_mib_s * 1000 - 1e-6, 0.0)) / 1000)
