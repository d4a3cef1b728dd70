"""Shifts of single VMs between hosts that are on, until a sum over hosts, such as unevenness, gets no less."""

from collections.abc import Callable

import numpy as np

from models.arrays import NOWHERE, Floats, Mask, Rows
from solvers.state import State

PASSES = 3
MOST_ITEMS = 5_000
"""Items looked at in one pass at most."""

Measure = Callable[[Floats, Floats], Floats]
"""From used shares (..., dims) and the mean share (dims,): what one host adds to the sum. Shape (...)."""


def evenness(used: Floats, mean: Floats) -> Floats:
    """Return the squared distance of a host's shares from the mean of all."""
    found: Floats = ((used - mean) ** 2).sum(axis=-1)
    return found


def stranded(used: Floats, mean: Floats) -> Floats:
    """Return what is free of each dim and cannot be used, since the fullest one is used to a larger share."""
    del mean
    found: Floats = (used.max(axis=-1, keepdims=True) - used).sum(axis=-1)
    return found


def shifted(state: State, on: Mask, measure: Measure, *, anybody: bool = False) -> int:
    """
    Shift items that left their start, or with `anybody` all, as long as that lowers the sum of a measure.

    Parameters
    ----------
    state, on
        Who is where, changed in place, and which hosts are on.
    measure
        What a host adds to the sum.
    anybody
        Whether items that stayed may be moved too.

    Returns
    -------
    int
        How many shifts were made.
    """
    capacity = np.maximum(state.relations.problem.capacity, 1)
    mean = state.load[on].sum(axis=0) / capacity[on].sum(axis=0) if on.any() else np.zeros(capacity.shape[1])
    total = 0
    for _ in range(PASSES):
        before = total
        for item in _movable(state, anybody)[:MOST_ITEMS]:
            total += _one(state, on, measure, mean, int(item))
        if total == before:
            break
    return total


def _movable(state: State, anybody: bool) -> Rows:
    relations = state.relations
    away = (state.host != relations.start) | anybody
    return np.flatnonzero(away & (state.host != NOWHERE) & ~relations.fixed & ~relations.asleep)


def _one(state: State, on: Mask, measure: Measure, mean: Floats, item: int) -> bool:
    """Move the item to the host that lowers the sum most, if one does."""
    capacity = np.maximum(state.relations.problem.capacity, 1)
    home, left = int(state.relations.start[item]), state.take(item)
    options = np.flatnonzero(state.targets(item) & on & (state.count > 0))
    if state.relations.wrong[item]:
        options = options[options != home]
    options = np.union1d(options, [left])
    need = state.relations.need(item)
    needs = need[options] if len(need) > 1 else np.broadcast_to(need, (len(options), need.shape[1]))
    empty = measure(state.load[options] / capacity[options], mean)
    change = measure((state.load[options] + needs) / capacity[options], mean) - empty
    best = int(options[change.argmin()])
    gains = change.min() < change[np.searchsorted(options, left)] - 1e-9
    state.put(item, best if gains else left)
    return bool(gains)
