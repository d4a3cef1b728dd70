"""The agent of a VM."""

from typing import TYPE_CHECKING

import mesa

from models import acts
from models.arrays import NOWHERE
from models.residents import Role

if TYPE_CHECKING:
    from models.datacenter import Datacenter


class VmAgent(mesa.Agent):
    """
    A view on one row of the datacenter's VMs, that acts only when something happens to its VM.

    It remains the same agent on whatever host its VM is, and after it has been restarted.

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
        return bool(self.model.state.residents.role[self.row] == Role.LEAVING)

    @property
    def demand_mhz(self) -> float:
        """CPU that it asks for on its host, with what virtualization adds, in MHz."""
        return float(self.model.state.demand_mhz[self.row])

    def arrive(self) -> None:
        """Start to run, and ask the manager of its group for a host."""
        self.model.state.start(self.model.time_s, self.row)
        self.model.manager(self.row).serve(self.row)

    def leave(self) -> None:
        """Be gone, with whatever copies are on their way."""
        acts.remove(self.model, self.row)

    def restart(self) -> None:
        """Ask for a host after its own has failed."""
        if self.model.state.running[self.row] and self.model.state.host[self.row] == NOWHERE:
            self.model.manager(self.row).serve(self.row)
