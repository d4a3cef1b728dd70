"""The agent of a group of hosts: finds a place for the VMs that need one between two decisions of the policy."""

from typing import TYPE_CHECKING

import mesa
import numpy as np

from models.arrays import NOWHERE, Floats, Mask, Rows

if TYPE_CHECKING:
    from models.datacenter import Datacenter


class Manager(mesa.Agent):
    """
    Places VMs that arrive, and restarts VMs whose host has failed, within one boundary.

    Parameters
    ----------
    model
        The datacenter.
    boundary
        The number of the group.
    hosts
        The group's hosts.
    """

    model: "Datacenter"

    def __init__(self, model: "Datacenter", boundary: int, hosts: Rows) -> None:
        super().__init__(model)
        self.boundary, self.hosts = boundary, hosts

    def place(self, vm: int) -> bool:
        """Put a VM on the fullest host that has room for it below its limits; return whether there is one."""
        model = self.model
        cpu, memory = self._free(vm)
        need = model.state.reading_mhz[vm]
        fits = self._open() & (cpu >= need) & (memory >= 0)
        return self._put(vm, fits, -cpu)

    def restart(self, vm: int) -> bool:
        """Put a VM on the host with most CPU to spare that has the memory; return whether there is one."""
        cpu, memory = self._free(vm)
        done = self._put(vm, self._open() & (memory >= 0), cpu)
        self.model.state.meters.vm_restarts[vm] += done
        return done

    def _open(self) -> Mask:
        found: Mask = self.model.open[self.hosts]
        return found

    def _free(self, vm: int) -> tuple[Floats, Floats]:
        """Return the CPU that hosts have below their limits, and memory once the VM is there. Shape (group,)."""
        model, rows = self.model, self.hosts
        cpu = model.cpu_limit_mhz[rows] - model.cpu_mhz[rows]
        return cpu, model.memory_limit_mib[rows] - model.held_mib[rows] - model.state.configured_mib[vm]

    def _put(self, vm: int, fits: Mask, worth: Floats) -> bool:
        if not fits.any():
            return False
        host = int(self.hosts[np.argmax(np.where(fits, worth, -np.inf))])
        self.model.settle_in(vm, host)
        return host != NOWHERE
