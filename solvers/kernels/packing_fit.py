"""
Fits types of items into bins one type after the other, compiled: first fit by a tournament tree, and best fit.

The tree knows the most room in each dimension that any bin below a node has, so that full bins are passed over at once.
"""

import numpy as np
from numba import njit, types

from models.arrays import Floats, Ints

FIRST, BEST = 0, 1
"""Rules: the first bin with room, the one with the least room left."""

_INT, _INTS, _TABLE = types.int64, types.int64[::1], types.int64[:, ::1]
_CUBE = types.int64[:, :, ::1]


@njit(_INT(_TABLE, _INT, _INT, _CUBE, _TABLE, _INTS, _INT, _TABLE), cache=True)
def _first(room: Ints, leaves: int, start: int, need: Ints, least: Ints, kind: Ints, row: int, stack: Ints) -> int:
    """Return the first bin from one on that has room for an item of a type; -1 if none has."""
    dims, size = room.shape[1], 1
    stack[0, 0], stack[0, 1] = 1, leaves - 1
    while size > 0:
        size -= 1
        node, last = stack[size, 0], stack[size, 1]
        if last < start:
            continue
        fits = True
        for dim in range(dims):
            asked = least[row, dim] if node < leaves else need[kind[node - leaves], row, dim]
            fits = fits and room[node, dim] >= asked
        if not fits:
            continue
        if node >= leaves:
            return int(node - leaves)
        depth = 0
        while node << (depth + 1) < leaves:
            depth += 1
        stack[size, 0], stack[size, 1] = 2 * node + 1, last
        stack[size + 1, 0], stack[size + 1, 1] = 2 * node, last - (np.int64(1) << depth)
        size += 2
    return -1


@njit(_INT(_TABLE, _INT, _INT, _CUBE, _INTS, _INT, types.float64[:, ::1]), cache=True)
def _best(room: Ints, leaves: int, bins: int, need: Ints, kind: Ints, row: int, scale: Floats) -> int:
    """Return the bin with room for an item of a type whose room is least; -1 if none has."""
    found, least = -1, np.inf
    for bin in range(bins):
        left, fits = 0.0, True
        for dim in range(room.shape[1]):
            rest = room[leaves + bin, dim] - need[kind[bin], row, dim]
            fits = fits and rest >= 0
            left += rest * scale[kind[bin], dim]
        if fits and left < least:
            found, least = bin, left
    return found


@njit(_INT(_TABLE, _INT, _INT, _CUBE, _INTS, _INT, _INT), cache=True)
def _filled(room: Ints, leaves: int, bin: int, need: Ints, kind: Ints, row: int, count: int) -> int:
    """Put as many items of a type into a bin as there is room for, and return how many; the tree is written to."""
    dims, node = room.shape[1], leaves + bin
    for dim in range(dims):
        asked = need[kind[bin], row, dim]
        if asked > 0:
            count = min(count, room[node, dim] // asked)
    for dim in range(dims):
        room[node, dim] -= count * need[kind[bin], row, dim]
    node //= 2
    while node > 0:
        changed = False
        for dim in range(dims):
            most = max(room[2 * node, dim], room[2 * node + 1, dim])
            changed = changed or most != room[node, dim]
            room[node, dim] = most
        node = node // 2 if changed else 0
    return count


@njit(_INT(_CUBE, _TABLE, _INT, _TABLE, _INTS, _INTS, _INTS), cache=True)
def _opened(need: Ints, capacity: Ints, row: int, room: Ints, kind: Ints, supply: Ints, state: Ints) -> int:
    """Open a bin of the first class that is left and takes an item of a type, and return it; -1 if none does."""
    leaves = room.shape[0] // 2
    for one in range(supply.shape[0]):
        fits = supply[one] > 0
        for dim in range(room.shape[1]):
            fits = fits and need[one, row, dim] <= capacity[one, dim]
        if fits:
            bin = int(state[0])
            state[0] += 1
            supply[one] -= 1
            kind[bin] = one
            for dim in range(room.shape[1]):
                room[leaves + bin, dim] = capacity[one, dim]
            return bin
    return -1


_PLACED = types.Tuple((_TABLE, _INTS))  # type: ignore[no-untyped-call]


@njit(_PLACED(_INT, _INTS, _INTS, _CUBE, _TABLE, _INTS, types.float64[:, ::1]), cache=True)
def fitted(
    rule: int, order: Ints, count: Ints, need: Ints, capacity: Ints, supply: Ints, scale: Floats
) -> tuple[Ints, Ints]:
    """
    Return what goes where, and the class of each bin; types that no host has room for are left out.

    Parameters
    ----------
    rule
        `FIRST` or `BEST`.
    order, count
        The types in turn, and how many items each has. Shape (types,).
    need
        What an item of each type takes in each class. Shape (classes, types, dims).
    capacity, supply
        What a host of each class offers, and how many there are; a class is opened before those after it.
    scale
        What a unit of room counts in best fit. Shape (classes, dims).

    Returns
    -------
    Type, bin and how many items, in rows of shape (placements, 3); the class of each bin, shape (bins,).
    """
    items = count.sum()
    leaves = 1
    while leaves < min(items, supply.sum()):
        leaves *= 2
    room, kind = np.full((2 * leaves, need.shape[2]), -1, np.int64), np.zeros(leaves, np.int64)
    least, stack = need[0].copy(), np.zeros((128, 2), np.int64)
    for one in range(1, need.shape[0]):
        least = np.minimum(least, need[one])
    supply, state = supply.copy(), np.zeros(1, np.int64)
    placed, size = np.zeros((items, 3), np.int64), 0
    for row in order:
        left, bin = count[row], 0
        while left > 0:
            if rule == FIRST:
                bin = _first(room, leaves, bin, need, least, kind, row, stack)
            else:
                bin = _best(room, leaves, state[0], need, kind, row, scale)
            if bin < 0:
                bin = _opened(need, capacity, row, room, kind, supply, state)
                if bin < 0:
                    break
            several = _filled(room, leaves, bin, need, kind, row, left)
            placed[size, 0], placed[size, 1], placed[size, 2] = row, bin, several
            left -= several
            size += 1
    return placed[:size].copy(), kind[: state[0]].copy()
