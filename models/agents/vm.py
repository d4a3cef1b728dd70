"""The agent of a VM."""

from typing import TYPE_CHECKING

import mesa

from models.arrays import NOWHERE

if TYPE_CHECKING:
    from models.datacenter import Datacenter


class VmAgent(mesa.Agent):
    """
    A view on one row of the datacenter's VMs, that acts only when a policy wants it moved.

    Parameters
    ----------
    model
        The datacenter.
    row
        The VM's row.
    """

    model: "Datacenter"

    def __init__(self, model: "Datacenter", row: int) -> None:
        super().__init__(model)
        self.row = int(row)

    @property
    def name(self) -> str:
        """The VM's name."""
        return str(self.model.inventory.vms.vm[self.row])

    @property
    def migrating(self) -> bool:
        """Whether a copy of it is on its way."""
        return bool(self.model.bound[self.row] != NOWHERE)

    def leaves(self, host: int) -> bool:
        """Leave for the host if the VM may move and the host admits it; return whether it does."""
        if self.migrating or not self.model.movable[self.row] or not self.model.host_agents[host].admits(self.row):
            return False
        self.model.depart(self.row, host)
        return True
