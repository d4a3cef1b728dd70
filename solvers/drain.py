"""Drains hosts one after the other: where a cover knows too little of what keeps VMs together or apart."""

import numpy as np

from models.arrays import NOWHERE, Mask, Rows
from solvers.evacuate import aligned, evacuated, kept_on, resettled, roomiest, tightest
from solvers.relations import Relations
from solvers.spare import survives
from solvers.state import State

MOST_EMPTIED = 150
"""Hosts that are tried once more, the emptiest first."""


def lighter(relations: Relations, found: tuple[State, Mask] | None) -> tuple[State, Mask] | None:
    """
    Return the placement found by a cover, or one with hosts drained one after the other if that weighs less.

    A cover knows little of how often hosts would be overloaded, so draining is tried where that is limited.
    """
    one_by_one = drained(relations) if relations.overloads else None
    if found is None or one_by_one is None:
        return found or one_by_one
    return min(found, one_by_one, key=lambda each: int(relations.host_weight[each[1]].sum()))


def drained(relations: Relations) -> tuple[State, Mask] | None:
    """Return a state in which hosts were emptied one after the other, those of the most weight an item first."""
    on = kept_on(relations)
    state = evacuated(relations, on, None, mend=True)
    if state is None:
        return None
    price = relations.host_weight / np.maximum(state.count, 1)
    for host in np.argsort(-price, kind="stable"):
        if not on[host] or relations.forced_on[host]:
            continue
        before, fewer = state.host.copy(), on.copy()
        fewer[host] = False
        leaving = [int(item) for item in state.on_host(int(host)) if not relations.asleep[item]]
        able = not relations.fixed[leaving].any() and resettled(state, leaving, fewer, roomiest)
        if able and survives(state, fewer):
            on = fewer
        else:
            restore(state, before)
    return state, on


def thinned(relations: Relations, found: tuple[State, Mask], least: int) -> tuple[State, Mask]:
    """
    Return the placement with further hosts emptied, the emptiest first, until it weighs no more than `least`.

    Items that stay may step aside for those that leave; hosts that could not be emptied are not tried again.
    """
    state, on = found[0], found[1].copy()
    order = np.flatnonzero(on & (state.count > 0) & ~relations.forced_on)
    for host in order[np.argsort(state.fill()[order], kind="stable")][:MOST_EMPTIED]:
        if int(relations.host_weight[on].sum()) <= least:
            break
        before, fewer = state.host.copy(), on.copy()
        fewer[host] = False
        if _emptied(state, int(host), fewer & (state.count > 0), before) and survives(state, fewer):
            on = fewer
        else:
            restore(state, before)
    return state, on


def _emptied(state: State, host: int, others: Mask, before: Rows) -> bool:
    """Move all items off a host onto some of the others, by the first way of choosing that places all of them."""
    leaving = [int(item) for item in state.on_host(host) if not state.relations.asleep[item]]
    if state.relations.fixed[leaving].any():
        return False
    for score in (roomiest, tightest, aligned):
        if resettled(state, leaving, others, score):
            return True
        restore(state, before)
    return False


def restore(state: State, host: Rows) -> None:
    """Put all items back where they were."""
    moved = np.flatnonzero(state.host != host)
    for item in moved:
        if state.host[item] != NOWHERE:
            state.take(int(item))
    for item in moved:
        if host[item] != NOWHERE:
            state.put(int(item), int(host[item]))
