"""
Fits types of items into bins one type after the other, compiled: first fit by blocks of bins, and best fit.

Room is kept dimension by dimension, so that a processor compares several bins at once; a block whose bins have too
little in some dimension is passed over. That is faster than a tree of the most room below each node: in several
dimensions most nodes have one bin with room in the one and another with room in the other.
"""

import numpy as np
from numba import njit, types

from models.arrays import Floats, Ints, Mask

FIRST, BEST = 0, 1
"""Rules: the first bin with room, the one with the least room left."""

BLOCK = 64
"""Bins that are looked at together."""

_INT, _INTS, _TABLE, _FLAGS = types.int64, types.int64[::1], types.int64[:, ::1], types.boolean[::1]
_CUBE = types.int64[:, :, ::1]


@njit(_INT(_TABLE, _TABLE, _INT, _INT, _CUBE, _TABLE, _INTS, _INT, _FLAGS), cache=True)
def _first(
    room: Ints, top: Ints, bins: int, start: int, need: Ints, least: Ints, kind: Ints, row: int, fits: Mask
) -> int:
    """Return the first bin from one on that has room for an item of a type; -1 if none has."""
    dims = room.shape[0]
    for block in range(start // BLOCK, (bins + BLOCK - 1) // BLOCK):
        promising = True
        for dim in range(dims):
            promising = promising and top[dim, block] >= least[row, dim]
        if not promising:
            continue
        base, some = block * BLOCK, False
        fits[:] = True
        for dim in range(dims):
            asked = least[row, dim]
            for index in range(BLOCK):
                fits[index] &= room[dim, base + index] >= asked
        for index in range(BLOCK):
            some |= fits[index]
        if not some:
            continue
        for index in range(BLOCK):
            if fits[index] and base + index >= start:
                holds = True
                for dim in range(dims):
                    holds = holds and room[dim, base + index] >= need[kind[base + index], row, dim]
                if holds:
                    return int(base + index)
    return -1


@njit(_INT(_TABLE, _INT, _CUBE, _INTS, _INT, types.float64[:, ::1]), cache=True)
def _best(room: Ints, bins: int, need: Ints, kind: Ints, row: int, scale: Floats) -> int:
    """Return the bin with room for an item of a type whose room is least; -1 if none has."""
    found, least = -1, np.inf
    for bin in range(bins):
        left, fits = 0.0, True
        for dim in range(room.shape[0]):
            rest = room[dim, bin] - need[kind[bin], row, dim]
            fits = fits and rest >= 0
            left += rest * scale[kind[bin], dim]
        if fits and left < least:
            found, least = bin, left
    return found


@njit(_INT(_TABLE, _TABLE, _INT, _CUBE, _INTS, _INT, _INT), cache=True)
def _filled(room: Ints, top: Ints, bin: int, need: Ints, kind: Ints, row: int, count: int) -> int:
    """Put as many items of a type into a bin as there is room for, and return how many; room is written to."""
    dims, base = room.shape[0], bin // BLOCK * BLOCK
    for dim in range(dims):
        asked = need[kind[bin], row, dim]
        if asked > 0:
            count = min(count, room[dim, bin] // asked)
    for dim in range(dims):
        room[dim, bin] -= count * need[kind[bin], row, dim]
        most = np.int64(-1)
        for index in range(BLOCK):
            most = max(most, room[dim, base + index])
        top[dim, bin // BLOCK] = most
    return count


@njit(_INT(_CUBE, _TABLE, _INT, _TABLE, _INTS, _INTS, _INTS), cache=True)
def _opened(need: Ints, capacity: Ints, row: int, room: Ints, kind: Ints, supply: Ints, state: Ints) -> int:
    """Open a bin of the first class that is left and takes an item of a type, and return it; -1 if none does."""
    for one in range(supply.shape[0]):
        fits = supply[one] > 0
        for dim in range(room.shape[0]):
            fits = fits and need[one, row, dim] <= capacity[one, dim]
        if fits:
            bin = int(state[0])
            state[0] += 1
            supply[one] -= 1
            kind[bin] = one
            for dim in range(room.shape[0]):
                room[dim, bin] = capacity[one, dim]
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
    blocks = min(items, supply.sum()) // BLOCK + 1
    room, top = np.full((need.shape[2], blocks * BLOCK), -1, np.int64), np.full((need.shape[2], blocks), -1, np.int64)
    kind, fits = np.zeros(blocks * BLOCK, np.int64), np.zeros(BLOCK, np.bool_)
    least = need[0].copy()
    for one in range(1, need.shape[0]):
        least = np.minimum(least, need[one])
    supply, state = supply.copy(), np.zeros(1, np.int64)
    placed, size = np.zeros((items, 3), np.int64), 0
    for row in order:
        left, bin = count[row], 0
        while left > 0:
            if rule == FIRST:
                bin = _first(room, top, state[0], bin, need, least, kind, row, fits)
            else:
                bin = _best(room, state[0], need, kind, row, scale)
            if bin < 0:
                bin = _opened(need, capacity, row, room, kind, supply, state)
                if bin < 0:
                    break
            several = _filled(room, top, bin, need, kind, row, left)
            placed[size, 0], placed[size, 1], placed[size, 2] = row, bin, several
            left -= several
            size += 1
    return placed[:size].copy(), kind[: state[0]].copy()
