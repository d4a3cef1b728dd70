"""The agent of a group of hosts: finds a place for the VMs that need one between two decisions of the policy."""

from typing import TYPE_CHECKING

import mesa
import numpy as np

from models import acts
from models.arrays import Floats, Mask, Rows
from models.life import Life

if TYPE_CHECKING:
    from models.datacenter import Datacenter


class Manager(mesa.Agent):
    """
    Places VMs that arrive, restarts VMs whose host has failed, and boots hosts if need be, within one boundary.

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

    def serve(self, vm: int) -> bool:
        """Find a host for a VM that is on none; where there is none, have a host booted; return whether it has one."""
        done = self.restart(vm) if self.model.fallen[vm] else self.place(vm)
        if not done and self.model.physics.life == "timed":
            self._boot(vm)
        return done

    def place(self, vm: int) -> bool:
        """Put a VM on the fullest host that has room for it below its limits; return whether there is one."""
        cpu, memory = self._free(vm)
        fits = self._open() & (cpu >= self.model.state.reading_mhz[vm]) & (memory >= 0)
        return self._put(vm, fits, -cpu)

    def restart(self, vm: int) -> bool:
        """Put a VM on the host with most CPU to spare that has the memory; return whether there is one."""
        cpu, memory = self._free(vm)
        return self._put(vm, self._open() & (memory >= 0), cpu)

    def _boot(self, vm: int) -> None:
        """Boot the largest host of the group that is off and has the memory for a VM, unless one is booting."""
        model, rows = self.model, self.hosts
        life = model.state.life[rows]
        holds = model.terms.memory_limit_mib[rows] >= model.state.configured_mib[vm]
        asleep = rows[acts.bootable(model)[rows] & holds]
        if len(asleep) and not (life == Life.BOOTING).any():
            acts.boot(model, int(asleep[np.argmax(model.state.capacity_mhz[asleep])]))

    def _open(self) -> Mask:
        found: Mask = self.model.open[self.hosts]
        return found

    def _free(self, vm: int) -> tuple[Floats, Floats]:
        """Return the CPU that hosts have below their limits, and memory once the VM is there. Shape (group,)."""
        model, rows = self.model, self.hosts
        cpu = model.terms.cpu_limit_mhz[rows] - model.cpu_mhz[rows]
        return cpu, model.terms.memory_limit_mib[rows] - model.held_mib[rows] - model.state.configured_mib[vm]

    def _put(self, vm: int, fits: Mask, worth: Floats) -> bool:
        if not fits.any():
            return False
        host = int(self.hosts[np.argmax(np.where(fits, worth, -np.inf))])
        acts.settle_in(self.model, vm, host)
        return True
