"""A decision in the making: what was decided so far, as columns, and the room that it leaves."""

from collections.abc import Sequence

import numpy as np

from models.arrays import NOWHERE, Floats, Mask, Rows
from models.decisions import Decision, View
from models.laws.sharing import summed
from solvers.policies.placement import Placement, Request


class Draft:
    """
    What a policy has decided in a view.

    A VM that moves takes CPU where it goes and no more where it was, and holds memory at both ends.

    Parameters
    ----------
    view
        What was seen.
    limit_mhz
        The CPU above which each host is overloaded; where the view's own limit is lower, that holds. Shape (hosts,).
    """

    def __init__(self, view: View, limit_mhz: Floats) -> None:
        self.view = view
        self.limit_mhz = np.minimum(limit_mhz, view.cpu_limit_mhz)
        self.cpu_mhz, self.held_mib = view.cpu_mhz.astype(np.float64), view.held_mib.astype(np.float64)
        self.open, self.movable = view.open.copy(), view.movable & view.running
        self.asked_mhz = self._asked()
        self.places, self.place = np.unique(view.boundary, return_inverse=True)
        self.touched, self.boot, self.drain = (np.zeros(len(self.open), np.bool_) for _ in range(3))
        self._moves: list[tuple[Rows, Rows]] = []
        self._reasons: list[str] = []

    def _asked(self) -> Floats:
        """Return what each VM asks for; of one that waits, what it is configured with, as far as any host has it."""
        view = self.view
        largest = self.limit_mhz.max(initial=0.0)
        fresh = view.waiting & (view.demand_mhz <= 0)
        return np.where(fresh, np.minimum(view.size_mhz, largest), view.demand_mhz)

    def over(self) -> Mask:
        """Return the hosts that take VMs, or could, and are asked for more than their limit. Shape (hosts,)."""
        found: Mask = (self.cpu_mhz > self.limit_mhz) & ~self.view.asleep & ~self.view.booting
        return found

    def request(self, vms: Rows, takes: Mask, share: float = 1.0) -> Request:
        """Return the question where VMs may go, of some hosts, each filled to a share of its limit."""
        view = self.view
        return Request(
            demand_mhz=self.asked_mhz[vms],
            memory_mib=view.memory_mib[vms],
            source=view.host[vms],
            home=view.home[vms],
            cpu_mhz=self.cpu_mhz,
            limit_mhz=self.limit_mhz * share,
            held_mib=self.held_mib,
            memory_limit_mib=view.memory_limit_mib,
            capacity_mhz=view.capacity_mhz,
            curve_w=view.curve_w,
            boundary=view.boundary,
            takes=takes,
            draws=view.open | view.booting | self.boot,
        )

    def move(self, vms: Rows, hosts: Rows, reasons: Sequence[str]) -> None:
        """Write moves down."""
        demand, source = self.asked_mhz[vms], self.view.host[vms]
        size, left = len(self.open), source != NOWHERE
        self.reserve(vms, hosts)
        self.cpu_mhz -= summed(np.where(left, demand, 0.0), source, size)
        np.maximum(self.cpu_mhz, 0.0, out=self.cpu_mhz)
        self.movable[vms] = False
        self.touched[hosts] = True
        self.touched[source[left]] = True
        self._moves.append((vms, hosts))
        self._reasons.extend(reasons)

    def by_place(self, values: Floats) -> Floats:
        """Return the sum over the running VMs of each boundary, in the order of `places`."""
        view = self.view
        low, high = (np.searchsorted(self.places, view.home, side) for side in ("left", "right"))
        return summed(np.where(view.running, values, 0.0), np.where(low < high, low, NOWHERE), len(self.places))

    def reserve(self, vms: Rows, hosts: Rows) -> None:
        """Take room for VMs that will come once their host has booted."""
        size = len(self.open)
        self.cpu_mhz += summed(self.asked_mhz[vms], hosts, size)
        self.held_mib += summed(self.view.memory_mib[vms].astype(np.float64), hosts, size)

    def expect(self, vms: Rows, placement: Placement, share: float) -> Rows:
        """Reserve room for VMs on hosts that boot, and boot others for the rest; return those without hope."""
        for takes in (self.view.booting | self.boot, self.view.asleep):
            if not len(vms) or not takes.any():
                continue
            found = placement(self.request(vms, takes, share))
            some = found != NOWHERE
            self.reserve(vms[some], found[some])
            self.boot[found[some]] |= self.view.asleep[found[some]]
            vms = vms[~some]
        return vms

    def occupied(self) -> Mask:
        """Return the hosts that running VMs are on, come to, or just left. Shape (hosts,)."""
        found = np.append(self.touched, False)
        found[self.view.host[self.view.running]] = True
        return found[:-1]

    def growing(self) -> Mask:
        """Return the hosts of boundaries in which hosts boot. Shape (hosts,)."""
        found: Mask = np.isin(self.place, self.place[self.view.booting | self.boot])
        return found

    def decision(self) -> Decision:
        """Return all that was written down."""
        none = np.zeros(0, np.int32)
        vms, hosts = zip(*self._moves, strict=True) if self._moves else ((none,), (none,))
        return Decision(
            vms=np.concatenate(vms).astype(np.int32),
            hosts=np.concatenate(hosts).astype(np.int32),
            reasons=tuple(self._reasons),
            boot=np.flatnonzero(self.boot).astype(np.int32),
            drain=np.flatnonzero(self.drain).astype(np.int32),
        )


def settle(draft: Draft, placement: Placement) -> None:
    """Place the VMs that wait; boot hosts for those that find no room."""
    vms = np.flatnonzero(draft.view.waiting)
    if not len(vms):
        return
    found = placement(draft.request(vms, draft.open & ~draft.over()))
    some = found != NOWHERE
    draft.move(vms[some], found[some], ["it was on no host"] * int(some.sum()))
    draft.expect(vms[~some], placement, 1.0)


def before(values: Floats, key: Floats | Rows, group: Rows) -> Floats:
    """
    Return for each row the sum of the values of those of its group that come before it by the key.

    Examples
    --------
    In order of the keys the first group holds 4 and 1, the second one 2.

    >>> before(np.array([1.0, 2.0, 4.0]), np.array([9, 8, 7]), np.array([0, 1, 0])).tolist()
    [4.0, 0.0, 0.0]
    """
    order = np.lexsort((key, group))
    sums = np.cumsum(values[order]) - values[order]
    starts = np.flatnonzero(np.diff(group[order], prepend=group[order[:1]] - 1))
    found = np.empty(len(values), np.float64)
    found[order] = sums - np.repeat(sums[starts], np.diff(np.append(starts, len(values))))
    return found
