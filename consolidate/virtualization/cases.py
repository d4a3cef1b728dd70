"""VMs and their work, to be compared under technologies."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from models.arrays import Floats, Rows
from models.charging import Technique
from models.estate import Rates
from models.estate import estate as estate_of
from models.estate import kinds as kinds_of
from models.inventory import Inventory
from models.laws.memory import LEAF_LEVELS
from models.overhead import Estate, Kinds
from models.technology import Catalog


@dataclass(frozen=True, eq=False)
class Case:
    """
    VMs and their work, to be compared under technologies.

    Parameters
    ----------
    inventory
        The VMs and their hosts; one of each for a workload.
    technique
        How they are virtualized; its change is the what-if that gains are told of.
    work_mhz
        Their own work. [MHz] Shape (vms,).
    rates
        Traffic and requests of each VM, in place of the inventory's.
    scale
        Cycles of their work on the processors of the what-if over those of today. Shape (vms,).
    """

    inventory: Inventory
    technique: Technique
    work_mhz: Floats
    rates: Rates | None = None
    scale: Floats | float = 1.0

    @property
    def catalog(self) -> Catalog:
        """The numbers."""
        return self.technique.catalog

    @property
    def work_then_mhz(self) -> Floats:
        """Their own work on the processors of the what-if. [MHz] Shape (vms,)."""
        return np.asarray(self.work_mhz * self.scale, np.float64)

    @cached_property
    def kinds(self) -> tuple[Kinds, Rows]:
        """The kinds of hosts, and that of each VM's. Shape (vms,)."""
        found, kind = kinds_of(self.inventory, self.catalog, self.technique.change.microarchitecture)
        return found, np.append(kind, 0)[self.inventory.start]

    @cached_property
    def running(self) -> Floats:
        """1 for VMs that take CPU and memory and are asked for, else 0. Shape (vms,)."""
        found = self.inventory.running.astype(np.float64)
        if self.technique.change.vms is not None:
            asked = np.zeros(len(found))
            asked[list(self.technique.change.vms)] = 1.0
            found = found * asked
        return found

    def under(self, technology: str) -> Estate:
        """Return the VMs under a technology and on its usual paths, but for paths and pages that the what-if names."""
        change, vms = self.technique.change, len(self.inventory.vms)
        found = estate_of(self.inventory, self.catalog, self.technique.workload, self.rates)
        net = self.catalog.net_paths.row(change.net_path) if change.net_path else -1
        disk = self.catalog.disk_paths.row(change.disk_path) if change.disk_path else -1
        leaf = np.full(vms, LEAF_LEVELS[change.page_size], np.int32) if change.page_size else found.leaf
        return replace(
            found,
            leaf=leaf,
            technology=np.full(vms, self.catalog.technologies.row(technology), np.int32),
            net_path=np.full(vms, net, np.int32),
            disk_path=np.full(vms, disk, np.int32),
        )
