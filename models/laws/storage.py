"""Moving the disks of a VM: a mirror of their blocks while it runs, or what differs from a template or older copy."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from models import catalog
from models.arrays import Floats, Ints, Mask, frozen
from models.laws.migration.constants import MBIT_PER_MIB, PUBLISHED, Constants
from models.laws.migration.guests import columns
from models.laws.migration.planned import precopy


@dataclass(frozen=True, eq=False)
class Mirrored:
    """
    What moving disks takes. Shape (rows,) each.

    Parameters
    ----------
    duration_s, transferred_mib
        Until both copies are equal, and what is sent for that. [s], [MiB]
    passes
        Passes over the blocks.
    converges
        Whether the copies can become equal while the VM writes.
    needed_mib_s
        Rate that blocks have to be copied at for that. [MiB/s]
    """

    duration_s: Floats
    transferred_mib: Floats
    passes: Ints
    converges: Mask
    needed_mib_s: Floats


def mirror(
    used_mib: ArrayLike,
    write_mib_s: ArrayLike,
    bandwidth_mbps: ArrayLike,
    *,
    written_mib: ArrayLike | None = None,
    read_mib_s: ArrayLike = np.inf,
    disk_write_mib_s: ArrayLike = np.inf,
    constants: Constants = PUBLISHED,
) -> Mirrored:
    """
    Block mirror: all blocks are copied, then those that were written meanwhile, until few are left.

    The law is that of pre-copy (`models.laws.migration.precopy`), over blocks and at the slowest of link, source disk
    and destination disk. When what is left is little, writes go to both copies and the VM is not paused for them.

    Parameters
    ----------
    used_mib
        Allocated blocks. [MiB] Shape (rows,).
    write_mib_s
        Rate at which the VM writes to them. [MiB/s] Shape (rows,).
    bandwidth_mbps
        Rate of the path, before protocols. [Mbit/s] Shape (rows,).
    written_mib
        The part of the blocks that is written to; by default all. [MiB] Shape (rows,).
    read_mib_s, disk_write_mib_s
        Rates of the disks at the source and the destination. [MiB/s] Shape (rows,).

    Examples
    --------
    >>> found = mirror(10_240.0, 20.0, 1000.0)
    >>> print(f"{found.duration_s[0]:.0f} s, {found.transferred_mib[0]:.0f} MiB, {found.passes[0]} passes")
    117 s, 12397 MiB, 5 passes
    """
    rates = columns(
        {"bandwidth_mbps": bandwidth_mbps, "read_mib_s": read_mib_s, "disk_write_mib_s": disk_write_mib_s},
        least=1e-12, infinite=True,
    )  # fmt: skip
    link = rates["bandwidth_mbps"] * constants.efficiency / MBIT_PER_MIB
    rate = np.minimum(np.minimum(link, rates["read_mib_s"]), rates["disk_write_mib_s"])
    plain = replace(constants, efficiency=1.0, setup_s=0.0, scan_s_per_gib=0.0, resume_ms=0.0)
    area = used_mib if written_mib is None else written_mib
    found = precopy(used_mib, write_mib_s, rate * MBIT_PER_MIB, working_set_mib=area, constants=plain)
    return Mirrored(
        found.duration_s, found.transferred_mib, found.rounds, found.converges,
        frozen(np.broadcast_to(np.asarray(write_mib_s, np.float64), found.duration_s.shape), np.float64),
    )  # fmt: skip


def delta(
    used_mib: ArrayLike,
    differing_share: ArrayLike,
    bandwidth_mbps: ArrayLike,
    *,
    read_mib_s: ArrayLike = np.inf,
    constants: Constants = PUBLISHED,
) -> tuple[Floats, Floats]:
    """
    Return the time and the data of copying what differs from a template or an older copy. [s], [MiB] Shape (rows,).

    Both ends read all blocks and compare digests; only blocks that differ are sent.

    Parameters
    ----------
    used_mib
        Allocated blocks. [MiB] Shape (rows,).
    differing_share
        Part of them that is not in the template or older copy; 1: there is none. Shape (rows,).
    bandwidth_mbps
        Rate of the path, before protocols. [Mbit/s] Shape (rows,).
    read_mib_s
        Rate at which the slower end reads its disk. [MiB/s] Shape (rows,).
    """
    amounts = columns({"used_mib": used_mib, "differing_share": differing_share})
    rates = columns({"bandwidth_mbps": bandwidth_mbps, "read_mib_s": read_mib_s}, least=1e-12, infinite=True)
    block = catalog.number("migration", "block_kib") * 1024
    digests = catalog.number("migration", "digest_bytes") / block
    share = np.minimum(amounts["differing_share"], 1.0)
    sent = amounts["used_mib"] * (share + np.where(share < 1.0, digests, 0.0))
    link = rates["bandwidth_mbps"] * constants.efficiency / MBIT_PER_MIB
    seconds = np.maximum(sent / link, amounts["used_mib"] / rates["read_mib_s"])
    return frozen(seconds, np.float64), frozen(sent, np.float64)
