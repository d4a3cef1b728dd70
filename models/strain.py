"""What else is short beside CPU: memory that hosts promised twice, network, disks, and the wait for cores."""

import numpy as np

from models.arrays import Floats, Mask, Rows
from models.inventory import Inventory
from models.laws.contention import ready_share
from models.meters import Meters
from models.pressure import taken_back
from models.reserve import Choices, offered
from models.residents import Residents
from models.signals import Signal

_GRID = np.linspace(0.0, 1.0, 1025)


class _Wait:
    """The wait for a core by load, read off a table for each count of cores that there is."""

    def __init__(self, cores: Floats, weight: float) -> None:
        counts, self._row = np.unique(cores, return_inverse=True)
        rows = [ready_share(np.full(len(_GRID), count), _GRID, weight) for count in counts]
        self._table = np.array(rows).reshape(len(counts), len(_GRID))

    def __call__(self, load: Floats) -> Floats:
        place = np.clip(load, 0.0, 1.0) * (len(_GRID) - 1)
        low = np.minimum(place.astype(np.int64), len(_GRID) - 2)
        first, second = self._table[self._row, low], self._table[self._row, low + 1]
        found: Floats = first + (second - first) * (place - low)
        return found


class Strain:
    """
    Looked at at every tick; what it finds holds until the next one.

    Parameters
    ----------
    inventory
        Hosts and VMs.
    choices
        What hosts keep for themselves; how the hypervisor shares and reclaims.
    net_mbps, disk_iops
        Traffic and disk operations of VMs over time; None: none are known.
    """

    def __init__(
        self,
        inventory: Inventory,
        choices: Choices | None = None,
        net_mbps: Signal | None = None,
        disk_iops: Signal | None = None,
    ) -> None:
        hosts, vms = inventory.hosts, inventory.vms
        chosen = choices or Choices()
        self._parameters = chosen.technique.catalog.parameters
        self._cores = hosts.cores.astype(np.float64)
        self._wait = _Wait(self._cores, self._parameters["ready_stretch"])
        self._there_mib = offered(hosts, "memory_mib", chosen, ceiling=False) / chosen.memory_overcommit
        spare = vms.memory_consumed_mib - vms.memory_active_mib
        self._idle_mib = np.where(np.isnan(spare), 0.0, np.clip(spare, 0.0, None))
        self._signals = ((net_mbps, _unlimited(hosts.net_mbps)), (disk_iops, _unlimited(hosts.disk_iops)))
        size = len(hosts)
        self.ready, self.swapped_mib, self.memory_share = np.zeros(size), np.zeros(size), np.zeros(size)
        self.stalled, self.peak_share = np.zeros(size), np.zeros(size)
        self.asked, self.lost = [0.0, 0.0], [0.0, 0.0]

    def look(self, time_s: float, residents: Residents, running: Mask, held_mib: Floats, load: Floats) -> None:
        """Find how short everything is now."""
        self._remember(residents, running, held_mib)
        self.ready = self._wait(load)
        for index, (signal, limit) in enumerate(self._signals):
            if signal is not None:
                wanted = residents.summed(signal.at(time_s) * running)
                self.asked[index] = float(wanted.sum())
                self.lost[index] = float(np.maximum(wanted - limit, 0.0).sum())

    def _remember(self, residents: Residents, running: Mask, held_mib: Floats) -> None:
        there = self._there_mib
        self.memory_share = np.divide(held_mib, there, out=np.zeros(len(there)), where=there > 0)
        np.maximum(self.peak_share, self.memory_share, out=self.peak_share)
        if not (held_mib > there).any():
            self.swapped_mib, self.stalled = np.zeros(len(there)), np.zeros(len(there))
            return
        idle = residents.summed(self._idle_mib * running)
        found = taken_back(held_mib - there, held_mib, idle, self._parameters)
        self.swapped_mib = found.swapped_mib
        self.stalled = np.minimum(found.stall_s / self._cores, 1.0)

    def account(self, meters: Meters, hosts: slice | Rows, seconds: Floats, on: Mask) -> None:
        """Add what holds in a span on some hosts."""
        meters.swapped_s[hosts] += (on & (self.swapped_mib[hosts] > 0)) * seconds
        meters.ready_s[hosts] += self.ready[hosts] * on * seconds


def _unlimited(stated: Floats) -> Floats:
    return np.where(np.isnan(stated), np.inf, stated)
