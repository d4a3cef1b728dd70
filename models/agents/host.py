"""The agent of a host: its local manager."""

from enum import IntEnum
from typing import TYPE_CHECKING

import mesa

if TYPE_CHECKING:
    from models.datacenter import Datacenter


class Power(IntEnum):
    """The life of a host."""

    OFF = 0
    BOOTING = 1
    ON = 2
    STOPPING = 3


class HostAgent(mesa.Agent):
    """
    A view on one row of the datacenter's hosts, that acts only when it is woken.

    It calls for a decision when its host is overloaded or underloaded, switches a drained host off, and says whether
    a VM may enter. Detection is local and placement is global, as in [1]_.

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
        return float(self.model.load[self.row])

    @property
    def rested(self) -> bool:
        """Whether the host has been left alone for the cooldown."""
        return bool(self.model.time_s - self.model.changed_s[self.row] >= self.model.watch.cooldown_s)

    def act(self) -> None:
        """Finish draining, or call for a decision."""
        if self.model.draining[self.row]:
            self._drain()
        elif self.load > self.model.watch.upper:
            self.model.overloaded.append(self.row)
        elif self.load < self.model.watch.lower and self.rested:
            self.model.underloaded.append(self.row)

    def admits(self, vm: int) -> bool:
        """Return whether the VM may enter now: the host takes VMs, and has room below its limits."""
        model, row = self.model, self.row
        source = model.host[vm]
        return bool(
            model.open[row]
            and source != row
            and model.boundary[source] == model.boundary[row]
            and model.cpu_mhz[row] + model.demand_mhz[vm] <= model.cpu_limit_mhz[row]
            and model.held_mib[row] + model.memory_mib[vm] <= model.memory_limit_mib[row]
        )

    def _drain(self) -> None:
        """Switch off once the last VM is gone; open again if one stays behind."""
        if self.model.residents[self.row] == 0:
            self.model.shut_down(self.row)
        elif self.model.departing[self.row] == 0:
            self.model.draining[self.row] = False
