"""How often hosts would be overloaded: what their VMs take together, sample by sample, against what they offer."""

from collections.abc import Iterator

import numpy as np

from models.arrays import NOWHERE, Floats, Ints, Mask, Rows, Singles
from models.charging import Billing
from models.demand import Usage, Wanted
from models.inventory import Inventory
from models.laws.chance import allowed
from models.rules import Overload
from models.traces import filled_rows

_VMS = 2_048
"""VMs that are charged together, so that little memory is taken beside the result."""

_MOST = 2**31 - 1


class Readings:
    """
    What VMs take on a host at each sample, overhead and growth included; VMs with too few readings what is reserved.

    Parameters
    ----------
    inventory, usage
        The VMs, and their readings.
    billing, cpu
        The laws of overhead, and what counts as demand otherwise.
    growth
        Factor on all demand.
    """

    def __init__(self, inventory: Inventory, usage: Usage, billing: Billing, cpu: Wanted, growth: float) -> None:
        self.inventory, self.usage, self.cpu, self.growth = inventory, usage, cpu, np.float32(growth)
        self.lines, self.running = billing.lines(), inventory.running

    @property
    def samples(self) -> int:
        """How many moments were sampled."""
        return self.usage.samples

    def parts(self) -> Iterator[tuple[Rows, Singles]]:
        """Yield some VMs at a time, and what was read of them. [MHz] Shapes (vms,) and (vms, samples)."""
        for first in range(0, len(self.running), _VMS):
            rows = slice(first, first + _VMS)
            vms = np.arange(len(self.running))[rows]
            demand = np.ascontiguousarray(filled_rows(self.inventory, self.usage, rows).T) * self.growth
            fallen = self.cpu.fallen_back[rows]
            demand[fallen] = self.cpu.values[rows][fallen].max(axis=1)[:, None]
            yield vms, demand

    def taken(self, kind: int, vms: Rows, demand: Singles) -> Rows:
        """Return what is taken of hosts of a kind, in whole MHz rounded up. Shape (vms, samples)."""
        lines = self.lines
        above = np.maximum(demand - lines.base[vms, None].astype(np.float32), np.float32(0))
        rise, fixed = (column[kind, vms, None].astype(np.float32) for column in (lines.rise, lines.fixed))
        found: Rows = np.ceil((rise * above + fixed) * self.running[vms, None]).astype(np.int32)
        return found

    def series(self, kinds: int) -> Rows:
        """Return what each VM takes on hosts of each kind. [MHz] Shape (kinds, vms, samples)."""
        found = np.empty((kinds, len(self.running), self.samples), np.int32)
        for vms, demand in self.parts():
            for kind in range(kinds):
                found[kind, vms] = self.taken(kind, vms, demand)
        return found

    def shares(self, host: Rows, kind: Rows, limit: Ints) -> Floats:
        """
        Return the share of samples in which each host's VMs take more than its limit. Shape (hosts,).

        Parameters
        ----------
        host
            The host of each VM, `NOWHERE` for none. Shape (vms,).
        kind, limit
            The kind of each host, and what it offers. Shape (hosts,).
        """
        total = np.zeros((len(limit), self.samples), np.int32)
        of_vm = np.where(host == NOWHERE, NOWHERE, kind[host])
        for vms, demand in self.parts():
            for each in np.unique(of_vm[vms][of_vm[vms] != NOWHERE]):
                here = np.flatnonzero(of_vm[vms] == each)
                taken = self.taken(int(each), vms[here], demand[here])
                for vm, series in zip(vms[here], taken, strict=True):
                    total[host[vm]] += series
        beyond: Mask = total > limit[:, None]
        return np.asarray(beyond.mean(axis=1) if self.samples else np.zeros(len(limit)), np.float64)


def rule(readings: Readings, kinds: int, limit: Ints, share: float, confidence: float | None) -> Overload:
    """
    Return the rule that no host's VMs take more than its limit in more than a share of the samples.

    Parameters
    ----------
    readings, kinds
        What VMs take, and how many kinds of hosts there are.
    limit
        What each host offers. [MHz] Shape (hosts,).
    share, confidence
        As in `models.laws.chance.allowed`.
    """
    return Overload(
        vms=np.arange(len(readings.running)),
        hosts=np.arange(len(limit)),
        series=readings.series(kinds),
        limit=np.minimum(limit, _MOST),
        most=allowed(readings.samples, share, confidence=confidence),
        name=f"at most {share:.1%}",
    )
