"""Disks that are copied with the moves of VMs, and the network that carries them."""

from dataclasses import dataclass

import numpy as np

from models.arrays import Floats, Mask, Rows, frozen
from models.errors import InputError
from models.laws import storage
from models.laws.storage import Mirrored


@dataclass(frozen=True, eq=False)
class Disks:
    """
    What a move has to copy beside memory.

    Parameters
    ----------
    used_mib
        Blocks of each VM on storage that its destination does not reach; 0: nothing is copied. [MiB] Shape (vms,).
    write_mib_s
        Rate at which each VM writes to them. [MiB/s] Shape (vms,).
    port_mbps
        Rate of each host's port to a storage network, in each direction; None: they are copied over the network that
        carries migrations. [Mbit/s] Shape (hosts,).
    disk_mib_s
        Rate at which a host reads or writes them. [MiB/s]
    differs_share
        Part of the blocks that is not in a template or older copy at the destination.
    """

    used_mib: Floats
    write_mib_s: Floats
    port_mbps: Floats | None = None
    disk_mib_s: float = np.inf
    differs_share: float = 1.0

    def __post_init__(self) -> None:
        for name in ("used_mib", "write_mib_s", "port_mbps"):
            values = getattr(self, name)
            if values is not None:
                object.__setattr__(self, name, frozen(values, np.float64))
                if not (getattr(self, name) >= 0).all():
                    raise InputError(f"The disks' {name} must be 0 or more.")

    @property
    def copied(self) -> Mask:
        """VMs whose disks are copied. Shape (vms,)."""
        return np.asarray(self.used_mib > 0)

    def rate_mbps(self, sources: Rows, destinations: Rows, path_mbps: Floats) -> Floats:
        """Return the rate at which disks can be sent between hosts: of their ports, or that of the path given."""
        if self.port_mbps is None:
            return path_mbps
        return np.minimum(self.port_mbps[sources], self.port_mbps[destinations])

    def mirrored(self, vms: Rows, running: Mask, rate_mbps: Floats) -> Mirrored:
        """
        Return what copying the disks of VMs takes.

        Where a template or older copy is at the destination both ends read all blocks and compare digests; what
        differs is mirrored. The disks of a VM that is off are not written to.
        """
        used = self.used_mib[vms]
        read_s, sent = storage.delta(used, self.differs_share, np.inf, read_mib_s=self.disk_mib_s)
        writes = np.where(running, self.write_mib_s[vms], 0.0)
        found = storage.mirror(
            sent, writes, np.maximum(rate_mbps, 1.0), written_mib=used, read_mib_s=self.disk_mib_s,
            disk_write_mib_s=self.disk_mib_s,
        )  # fmt: skip
        alone = frozen(np.maximum(found.duration_s, read_s), np.float64)
        return Mirrored(alone, found.transferred_mib, found.passes, found.converges, found.needed_mib_s)
