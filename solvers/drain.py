"""Drains hosts one after the other: where a cover knows too little of what keeps VMs together or apart."""

import numpy as np

from models.arrays import NOWHERE, Mask, Rows
from solvers.evacuate import evacuated, kept_on, resettled, roomiest
from solvers.relations import Relations
from solvers.spare import survives
from solvers.state import State


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


def restore(state: State, host: Rows) -> None:
    """Put all items back where they were."""
    moved = np.flatnonzero(state.host != host)
    for item in moved:
        if state.host[item] != NOWHERE:
            state.take(int(item))
    for item in moved:
        if host[item] != NOWHERE:
            state.put(int(item), int(host[item]))
