"""Moves VMs that arrived on crowded hosts to calmer ones, where a forecast knows more than capacity says."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from models.arrays import NOWHERE, Floats, Mask, Rows
from models.plan import Placement
from models.problem import Problem
from solvers.parts import Part, split
from solvers.relations import compiled
from solvers.spare import survives
from solvers.state import State

MOST_ROUNDS = 60
"""Rounds of one VM off each crowded host; each is followed by a new forecast."""

MOST_TRIED = 8
"""Items and hosts tried for an exchange."""

Pressure = Callable[[Rows], tuple[Mask, Floats]]
"""From the host of each VM: which hosts are crowded, and how busy each is. Shapes (vms,), (hosts,), (hosts,)."""


def calmed(problem: Problem, placement: Placement, pressure: Pressure, load: Floats) -> Placement:
    """
    Return the placement with VMs moved off crowded hosts, or exchanged, until as few as can be are crowded.

    Parameters
    ----------
    pressure
        The forecast.
    load
        How busy each VM is, in whatever unit. Shape (vms,).
    """
    crowded, busy = pressure(placement.host)
    scenes = [_Scene.of(part, placement, load) for part in split(problem) if crowded[part.hosts].any()]
    host, best = placement.host.copy(), placement.host.copy()
    for _ in range(MOST_ROUNDS):
        for scene in scenes:
            if scene.improves(int(np.count_nonzero(crowded[scene.part.hosts]))):
                best[scene.part.vms] = host[scene.part.vms]
        scenes = [scene for scene in scenes if scene.relieved(crowded[scene.part.hosts], busy[scene.part.hosts])]
        if not scenes:
            break
        for scene in scenes:
            host[scene.part.vms] = scene.vm_hosts()
        crowded, busy = pressure(host)
    return placement if (best == placement.host).all() else replace(placement, host=best)


@dataclass(eq=False)
class _Scene:
    """One part of the estate: who is where, and the fewest crowded hosts so far."""

    part: Part
    state: State
    on: Mask
    load: Floats
    safe: bool
    fewest: int

    @classmethod
    def of(cls, part: Part, placement: Placement, load: Floats) -> "_Scene":
        """Return the part as it is in the placement."""
        relations = compiled(part.problem)
        state = State(relations, relations.item_hosts(part.own(placement.host)))
        each = np.bincount(relations.item, load[part.vms], minlength=relations.items).astype(np.float64)
        on = placement.on[part.hosts]
        return cls(part, state, on, each, survives(state, on), len(part.hosts) + 1)

    def vm_hosts(self) -> Rows:
        """Return the host of each VM of the part, as rows of the whole."""
        host = self.state.relations.vm_hosts(self.state.host)
        return np.where(host == NOWHERE, NOWHERE, self.part.hosts[host])

    def improves(self, crowded: int) -> bool:
        """Return whether fewer hosts than ever are crowded, and losses are survived as before; remember it if so."""
        if crowded >= self.fewest or (self.safe and not survives(self.state, self.on)):
            return False
        self.fewest = crowded
        return True

    def relieved(self, crowded: Mask, busy: Floats) -> bool:
        """Move a VM off each crowded host; return whether that was possible for any."""
        calm = np.flatnonzero(self.on & ~crowded & (self.state.count > 0))
        order = calm[np.argsort(busy[calm], kind="stable")].tolist()
        found = [_relieved(self.state, int(host), order, self.load) for host in np.flatnonzero(crowded)]
        return any(found)


def _relieved(state: State, host: int, calm: list[int], load: Floats) -> bool:
    """
    Move the busiest item that finds a place elsewhere off the host, or exchange it; tell whether that was possible.

    Items that arrived on the host go first: those that were there at the start would be further moves.
    """
    arrived = _movable(state, host, arrived=True)
    return _gone(state, host, arrived, calm, load) or _gone(state, host, _movable(state, host), calm, load)


def _gone(state: State, host: int, items: Rows, calm: list[int], load: Floats) -> bool:
    order = items[np.argsort(-load[items], kind="stable")]
    for item in order.tolist():
        state.take(item)
        options = state.targets(item) & ~_unmended(state, item)
        chosen = next((other for other in calm[: max(len(calm) // 2, 1)] if options[other]), host)
        state.put(item, chosen)
        if chosen != host:
            calm.append(calm.pop(calm.index(chosen)))
            return True
    return any(_exchanged(state, item, other, load) for item in order[:MOST_TRIED] for other in calm[:MOST_TRIED])


def _exchanged(state: State, item: int, other: int, load: Floats) -> bool:
    """Exchange an item with one of half its load at most that arrived on another host, if both then fit."""
    host = int(state.host[item])
    partners = _movable(state, other, arrived=True)
    partners = partners[load[partners] <= load[item] / 2]
    for partner in partners[np.argsort(load[partners], kind="stable")][:MOST_TRIED].tolist():
        state.take(item)
        state.take(partner)
        if (state.targets(partner) & ~_unmended(state, partner))[host]:
            state.put(partner, host)
            if (state.targets(item) & ~_unmended(state, item))[other]:
                state.put(item, other)
                return True
            state.take(partner)
        state.put(item, host)
        state.put(partner, other)
    return False


def _movable(state: State, host: int, *, arrived: bool = False) -> Rows:
    """Return the items on the host that may go elsewhere, only those that were not there at the start if `arrived`."""
    relations, here = state.relations, state.on_host(host)
    found: Rows = here[~relations.fixed[here] & ~(arrived & (relations.start[here] == host))]
    return found


def _unmended(state: State, item: int) -> Mask:
    """Return the item's start, if its leaving mended something there. Shape (hosts,)."""
    home, mask = int(state.relations.start[item]), np.zeros(state.relations.hosts, np.bool_)
    if home != NOWHERE:
        mask[home] = not state.mends_nothing(item, home)
    return mask
