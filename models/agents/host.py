"""The agent of a host: its local manager."""

from typing import TYPE_CHECKING

import mesa

from models import acts
from models.arrays import NOWHERE

if TYPE_CHECKING:
    from models.datacenter import Datacenter


class HostAgent(mesa.Agent):
    """
    A view on one row of the datacenter's hosts, that acts only when it is woken.

    It watches its host and calls for a decision when that is overloaded or underloaded, switches a drained host off,
    boots and repairs it, and says whether a VM may enter. Detection is local and placement is global, as in [1]_.

    Parameters
    ----------
    model
        The datacenter.
    row
        The host's row.

    References
    ----------
    .. [1] A. Beloglazov, R. Buyya, "OpenStack Neat: a framework for dynamic and energy-efficient consolidation of
       virtual machines in OpenStack clouds," CCPE 27(5), 2015.
    """

    model: "Datacenter"

    def __init__(self, model: "Datacenter", row: int) -> None:
        super().__init__(model)
        self.row = int(row)

    @property
    def name(self) -> str:
        """The host's name."""
        return str(self.model.inventory.hosts.host[self.row])

    @property
    def load(self) -> float:
        """Demand over CPU, once all migrations have landed."""
        return float(self.model.cpu_mhz[self.row] / self.model.state.capacity_mhz[self.row])

    def act(self) -> None:
        """Finish draining, or call for a decision."""
        model, row = self.model, self.row
        if model.draining[row]:
            self._drain()
        elif model.over[row]:
            model.overloaded.append(row)
        elif model.under[row]:
            model.underloaded.append(row)

    def admits(self, vm: int) -> bool:
        """Return whether the VM may enter now: the host takes VMs, and has room below its limits."""
        model, row = self.model, self.row
        if model.physics.admission == "open":
            return bool(model.state.host[vm] != row)
        source = model.state.host[vm]
        return bool(
            model.open[row]
            and source != row
            and model.terms.home[vm] in (NOWHERE, model.terms.boundary[row])
            and model.cpu_mhz[row] + model.state.demand_mhz[vm] <= model.terms.cpu_limit_mhz[row]
            and model.held_mib[row] + model.state.memory_mib[vm] <= model.terms.memory_limit_mib[row]
        )

    def _drain(self) -> None:
        """Switch off once the last VM is gone; open again if one stays behind."""
        if not self.model.inhabited(self.row):
            acts.shut_down(self.model, self.row)
        elif self.model.flights.leaves[self.row] == 0:
            self.model.draining[self.row] = False
