"""A policy put together from five parts: detect overload, select VMs, place them, empty hosts, and switch hosts."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from models.arrays import NOWHERE, Floats, Mask, Rows
from models.decisions import Decision, View
from solvers.policies.detection import Detection, MedianAbsoluteDeviation
from solvers.policies.draft import Draft, settle
from solvers.policies.evacuation import Evacuate
from solvers.policies.placement import Placement, PowerAwareBestFit
from solvers.policies.selection import Selection, SmallestSufficient, prefix
from solvers.policies.standby import Standby


class Evacuation(Protocol):
    """Empties hosts: writes it into a draft, given what may be given up; and says which hosts it would look at."""

    def __call__(self, draft: Draft, placement: Placement, spare_mhz: Floats) -> None:
        """Write moves and hosts to be switched off into the draft."""

    def under(self, view: View) -> Mask:
        """Return the hosts that are underloaded. Shape (hosts,)."""


class Power(Protocol):
    """Switches hosts: says how much CPU may be given up, and writes into a draft what is booted and switched off."""

    def spare(self, draft: Draft) -> Floats:
        """Return the CPU that the boundary of each host may give up. [MHz] Shape (hosts,)."""

    def __call__(self, draft: Draft) -> None:
        """Write hosts to boot and to switch off into the draft."""


@dataclass(frozen=True)
class Consolidation:
    """
    Relieve what is overloaded, empty what is underloaded, keep on what will be needed.

    The default parts drew least, with few migrations, of those compared on synthetic estates of 400 VMs with days,
    noise and surges; how they compare on an estate of one's own is for a study to say.

    Parameters
    ----------
    detection
        Says the limit of each host.
    selection
        Says which VMs leave a host above it.
    placement
        Says where they go.
    evacuation
        Says which hosts are emptied.
    power
        Says which hosts are booted and switched off.
    fill
        Share of its limit up to which a host is filled when others are relieved.
    attempts
        How often other VMs are selected where those selected found no room.

    References
    ----------
    .. [1] A. Beloglazov, R. Buyya, "Optimal online deterministic algorithms and adaptive heuristics for energy and
       performance efficient dynamic consolidation of virtual machines in cloud data centers," CCPE 24(13), 2012.
    """

    detection: Detection = field(default_factory=MedianAbsoluteDeviation)
    selection: Selection = field(default_factory=SmallestSufficient)
    placement: Placement = field(default_factory=PowerAwareBestFit)
    evacuation: Evacuation = field(default_factory=Evacuate)
    power: Power = field(default_factory=Standby)
    fill: float = 0.95
    attempts: int = 2

    def __call__(self, view: View) -> Decision:
        """Return moves, hosts to boot, and hosts to switch off."""
        draft = Draft(view, self.detection(view))
        settle(draft, self.placement)
        relieve(draft, self.selection, self.placement, fill=self.fill, attempts=self.attempts)
        self.evacuation(draft, self.placement, self.power.spare(draft))
        self.power(draft)
        return draft.decision()

    def over(self, view: View) -> Mask:
        """Return the hosts that are overloaded. Shape (hosts,)."""
        return Draft(view, self.detection(view)).over()

    def under(self, view: View) -> Mask:
        """Return the hosts that could be emptied. Shape (hosts,)."""
        return self.evacuation.under(view)


def relieve(draft: Draft, selection: Selection, placement: Placement, *, fill: float, attempts: int) -> None:
    """Move VMs off overloaded hosts until these are within their limits; boot hosts for those that find no room."""
    over = draft.over()
    if not over.any():
        return
    reason = _reasons(draft, over)
    may, stuck = draft.movable.copy(), np.zeros(0, np.int64)
    takes = draft.open & ~over
    for _ in range(attempts):
        excess = np.where(over, draft.cpu_mhz - draft.limit_mhz, 0.0)
        vms = selection(draft.view, excess, may)
        may[vms] = False
        moved = _moved(draft, vms, takes, placement, fill, reason)
        stuck = np.concatenate([stuck, vms[~moved]])
        if moved.all():
            break
    still = (draft.cpu_mhz > draft.limit_mhz) & over
    draft.expect(_needed(draft, stuck, still), placement, 1.0)


def _moved(
    draft: Draft, vms: Rows, takes: Mask, placement: Placement, fill: float, reason: Callable[[int], str]
) -> Mask:
    """Move the VMs that find room, and return which did."""
    found = placement(draft.request(vms, takes, fill))
    some: Mask = found != NOWHERE
    draft.move(vms[some], found[some], [reason(host) for host in draft.view.host[vms[some]].tolist()])
    return some


def _reasons(draft: Draft, over: Mask) -> Callable[[int], str]:
    """Return what tells why a VM left an overloaded host."""
    capacity = np.maximum(draft.view.capacity_mhz, 1e-9)
    load, limit = draft.cpu_mhz / capacity, draft.limit_mhz / capacity
    words = {
        host: f"its host was overloaded: {100 * load[host]:.0f} % of {100 * limit[host]:.0f} %"
        for host in np.flatnonzero(over).tolist()
    }
    return words.__getitem__


def _needed(draft: Draft, vms: Rows, still: Mask) -> Rows:
    """Return the VMs of hosts that are still overloaded, as many as are too much there."""
    vms = vms[still[draft.view.host[vms]]]
    excess = np.where(still, draft.cpu_mhz - draft.limit_mhz, 0.0)
    return prefix(draft.view, excess, vms, np.arange(len(vms), dtype=np.float64))
