"""
Patterns of most value by depth-first search, compiled.

A pattern is how many items of each type share one host. Values are whole numbers, so that sums and comparisons are
exact; the bounds that prune are rounded up.
"""

import numpy as np
from numba import njit, types
from numpy.typing import NDArray

from models.arrays import Floats, Ints

Counts = NDArray[np.int32]

AIM, NODES, CEILING, FOUND, COLLECT = range(5)
"""Places in the tally of a search: the value to exceed, nodes left, a value that nothing left out exceeds, how many
patterns were found, and whether all are collected."""
UNKNOWN = 2**62
"""The ceiling of a collection that is not complete."""
AT, LEFT, END, VALUE = range(4)
"""Rows of the stack: the place in a level's line, copies still to be tried, the line's end, the value so far."""
MORE, NONE = -2, -1
"""What may follow a pattern, if not one last type: more than one, or nothing."""

_INT, _INTS, _TABLE = types.int64, types.int64[::1], types.int64[:, ::1]
_FLOAT, _FLOATS, _PATTERNS = types.float64, types.float64[::1], types.int32[:, ::1]
_SHAPE = (_INTS, _TABLE, _INTS, _FLOATS, _FLOATS)
_SEARCH = (_TABLE, _TABLE, _TABLE, _INTS, _INTS, _INTS, _PATTERNS, _INTS)


@njit(_INT(_INTS, _INT, _INT, _FLOAT, _INTS, _FLOATS, _INTS), cache=True)
def _reach(line: Ints, start: int, end: int, room: float, values: Ints, summed: Floats, limits: Ints) -> int:
    """Return the most value that fits into one aggregated room if items may be split, rounded up."""
    total = 0.0
    for place in range(start, end):
        kind = line[place]
        size = summed[kind] * limits[kind]
        if size > room:
            total += values[kind] * max(room, 0.0) / summed[kind]
            break
        room -= size
        total += float(values[kind] * limits[kind])
    return int(total * (1 + 1e-11) + 1)


@njit(_INT(_INTS, _INT, _INT, _INTS, _TABLE, _INTS, _INTS), cache=True)
def _fitting(line: Ints, start: int, end: int, room: Ints, sizes: Ints, into: Ints, least: Ints) -> int:
    """Copy the types of which one fits, and the least size of them per dimension; return how many they are."""
    dims, many = room.shape[0], 0
    least[:] = room + 1
    for place in range(start, end):
        kind, dim = line[place], 0
        while dim < dims and sizes[kind, dim] <= room[dim]:
            dim += 1
        if dim < dims:
            continue
        into[many] = kind
        many += 1
        for dim in range(dims):
            least[dim] = min(least[dim], sizes[kind, dim])
    return many


@njit(_INT(_INTS, _INTS, _INT), cache=True)
def fits(room: Ints, size: Ints, most: int) -> int:
    """Return how many items of a size fit, `most` at most."""
    for dim in range(room.shape[0]):
        if size[dim] > 0:
            most = min(most, room[dim] // size[dim])
    return most


@njit(types.boolean(_INTS, _INTS, _TABLE, _INTS), cache=True)
def _maximal(pattern: Ints, room: Ints, sizes: Ints, limits: Ints) -> bool:
    """Return whether no further item fits."""
    kind = 0
    while kind < sizes.shape[0] and (pattern[kind] >= limits[kind] or fits(room, sizes[kind], 1) == 0):
        kind += 1
    return bool(kind == sizes.shape[0])


@njit(types.void(_INT, _INTS, _INTS, _TABLE, _INTS, _INTS, _INTS, _PATTERNS, _INTS), cache=True)
def _keep(
    value: int,
    pattern: Ints,
    room: Ints,
    sizes: Ints,
    limits: Ints,
    best: Ints,
    tally: Ints,
    found: Counts,
    worth: Ints,
) -> None:
    """Keep a pattern that exceeds the aim, if all are collected, or as the best of its first type."""
    if value <= tally[AIM]:
        return
    if not tally[COLLECT]:
        tally[AIM] = value
        best[:] = pattern
    elif tally[FOUND] == found.shape[0]:
        tally[CEILING], tally[NODES] = UNKNOWN, 0
    elif _maximal(pattern, room, sizes, limits):
        found[tally[FOUND]] = pattern
        worth[tally[FOUND]] = value
        tally[FOUND] += 1


@njit(_INT(_INT, _INTS, _INTS, _INTS, _INTS, _INTS), cache=True)
def _last(many: int, line: Ints, room: Ints, least: Ints, values: Ints, tally: Ints) -> int:
    """Return the type to end a pattern with: the most valuable one if no two fit; or that there is more to decide."""
    if many == 0:
        return NONE
    if tally[COLLECT] or fits(room, least, 2) > 1:
        return MORE
    which = line[0]
    for place in range(1, many):
        if values[line[place]] > values[which]:
            which = line[place]
    return int(which)


@njit(types.boolean(_INT, _INT, _TABLE, _INTS, _TABLE, _TABLE, *_SHAPE, _INTS, _INTS), cache=True)
def _advance(
    level: int, stop: int, stack: Ints, room: Ints, lines: Ints, rooms: Ints, values: Ints, sizes: Ints, limits: Ints,
    weights: Floats, summed: Floats, pattern: Ints, tally: Ints,
) -> bool:  # fmt: skip
    """Turn to the next type of a level's line; return whether there is one that can still reach the aim."""
    if stack[AT, level] >= 0:
        pattern[lines[level, stack[AT, level]]] = 0
    stack[AT, level] += 1
    if stack[AT, level] >= stop:
        return False
    share = 0.0
    for dim in range(room.shape[0]):
        share += weights[dim] * room[dim]
    place, end = stack[AT, level], stack[END, level]
    reach = stack[VALUE, level] + _reach(lines[level], place, end, share, values, summed, limits)
    if reach <= tally[AIM]:
        return False
    if tally[NODES] <= 0:
        tally[CEILING] = max(tally[CEILING], reach)
        return False
    kind = lines[level, place]
    stack[LEFT, level] = fits(room, sizes[kind], limits[kind])
    return True


@njit(types.void(_INT, _INT, _TABLE, *_SHAPE, *_SEARCH), cache=True)
def _explore(
    first: int, end: int, stack: Ints, values: Ints, sizes: Ints, limits: Ints, weights: Floats,
    summed: Floats, lines: Ints, rooms: Ints, leasts: Ints, pattern: Ints, best: Ints, tally: Ints, found: Counts,
    worth: Ints,
) -> None:  # fmt: skip
    """Search the patterns in which the type at this place of the line comes first."""
    level = 0
    pattern[:] = 0
    stack[AT, 0], stack[LEFT, 0], stack[END, 0], stack[VALUE, 0] = first - 1, 0, end, 0
    while level >= 0:
        stop = stack[END, level] if level > 0 else first + 1
        if stack[LEFT, level] == 0 and not _advance(
            level, stop, stack, rooms[level], lines, rooms, values, sizes, limits, weights, summed, pattern, tally
        ):
            level -= 1
            continue
        room, after, line, least = rooms[level], rooms[level + 1], lines[level + 1], leasts[level]
        kind, copies = lines[level, stack[AT, level]], stack[LEFT, level]
        stack[LEFT, level] -= 1
        tally[NODES] -= 1
        pattern[kind] = copies
        for dim in range(room.shape[0]):
            after[dim] = room[dim] - copies * sizes[kind, dim]
        total = stack[VALUE, level] + copies * values[kind]
        many = _fitting(lines[level], stack[AT, level] + 1, stack[END, level], after, sizes, line, least)
        last = _last(many, line, after, least, values, tally)
        if last == MORE:
            level += 1
            stack[AT, level], stack[LEFT, level], stack[END, level], stack[VALUE, level] = -1, 0, many, total
        elif last == NONE:
            _keep(total, pattern, after, sizes, limits, best, tally, found, worth)
        else:
            pattern[last] += 1
            _keep(total + values[last], pattern, after, sizes, limits, best, tally, found, worth)
            pattern[last] -= 1


@njit(_INT(_INTS, _TABLE, _INTS), cache=True)
def _depth(order: Ints, sizes: Ints, capacity: Ints) -> int:
    """Return how many different types a pattern has at most."""
    deep = order.shape[0]
    for dim in range(capacity.shape[0]):
        room, count = capacity[dim], 0
        for size in np.sort(sizes[order, dim]):
            room -= size
            if room < 0:
                break
            count += 1
        deep = min(deep, count)
    return int(deep)


@njit(
    _INTS(_INTS, _TABLE, _INTS, _FLOATS, _INTS, _INTS, _INT, types.boolean, _INT, _INT, _PATTERNS, _INTS),
    cache=True,
)
def search(
    values: Ints, sizes: Ints, limits: Ints, weights: Floats, capacity: Ints, order: Ints, threshold: int,
    collect: bool, nodes_each: int, nodes_all: int, found: Counts, worth: Ints,
) -> Ints:  # fmt: skip
    """
    Search the patterns whose value exceeds a threshold.

    Parameters
    ----------
    values, limits
        Value of an item of each type, and how many there are. Shape (types,).
    sizes, capacity
        Shapes (types, dims), (dims,).
    weights
        Weights of the dimensions in the aggregated size whose splittable knapsack bounds the search. Shape (dims,).
    order
        The types that are used, in order of falling value per aggregated size.
    threshold, collect
        Either the best pattern of more than the threshold for each type that comes first in it, or all maximal ones.
    nodes_each, nodes_all
        Nodes at most for each first type, and in all.
    found, worth
        Patterns and their values, written to; for the best of each type as many as there are types in the order.
        Shapes (most, types), (most,).

    Returns
    -------
    How many patterns were found, a value that no pattern exceeds (of those not collected), and how many nodes were
    used.
    """
    kinds, deep = sizes.shape[0], _depth(order, sizes, capacity) + 2
    lines, rooms = np.empty((deep, order.shape[0]), np.int64), np.empty((deep, capacity.shape[0]), np.int64)
    leasts = np.empty((deep, capacity.shape[0]), np.int64)
    pattern, best, summed = np.zeros(kinds, np.int64), np.zeros(kinds, np.int64), np.zeros(kinds)
    for dim in range(capacity.shape[0]):
        summed += weights[dim] * sizes[:, dim]
    tally = np.array([threshold, 0, threshold, 0, int(collect)])
    rooms[0], stack = capacity, np.zeros((4, deep), np.int64)
    end = _fitting(order, 0, order.shape[0], capacity, sizes, lines[0], leasts[0])
    left = nodes_all
    for first in range(end):
        given = min(nodes_each, left)
        tally[AIM], tally[NODES] = threshold, given
        _explore(
            first, end, stack, values, sizes, limits, weights, summed, lines, rooms, leasts, pattern, best, tally,
            found, worth,
        )  # fmt: skip
        left -= given - tally[NODES]
        if tally[CEILING] == UNKNOWN:
            break
        if tally[AIM] > threshold:
            tally[CEILING] = max(tally[CEILING], tally[AIM])
            found[tally[FOUND]], worth[tally[FOUND]] = best, tally[AIM]
            tally[FOUND] += 1
    return np.array([tally[FOUND], tally[CEILING], nodes_all - left])
