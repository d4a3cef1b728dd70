"""Moves VMs that arrived on crowded hosts to calmer ones, where a forecast knows more than capacity says."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from models.arrays import NOWHERE, Floats, Mask, Rows
from models.plan import Placement
from models.problem import Problem
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
    relations = compiled(problem)
    state = State(relations, placement.host[np.unique(relations.item, return_index=True)[1]])
    each = np.bincount(relations.item, load, minlength=relations.items).astype(np.float64)
    safe = survives(state, placement.on)
    best, fewest = placement, problem.capacity.shape[0] + 1
    for _ in range(MOST_ROUNDS):
        crowded, busy = pressure(relations.vm_hosts(state.host))
        count = int(np.count_nonzero(crowded))
        if count < fewest and not (safe and not survives(state, placement.on)):
            best, fewest = replace(placement, host=relations.vm_hosts(state.host)), count
        calm = np.flatnonzero(placement.on & ~crowded & (state.count > 0))
        order = calm[np.argsort(busy[calm], kind="stable")].tolist()
        relieved = [_relieved(state, int(host), order, each) for host in np.flatnonzero(crowded)]
        if not any(relieved):
            break
    return best


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
