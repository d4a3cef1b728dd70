"""
Whether a bin has room for an item of many dimensions, and what becomes of the room when one enters or leaves.

An item takes whole units in each dimension, hard limits all, and has a series whose sum over the items of a bin may
exceed the bin's limit in a number of samples at most; a series of no samples stands for none. Dimensions and samples
come with the most critical ones first, so that most trials end after a few steps. Whole numbers make all of it exact.

What the functions share: `need` and `series`, what an item takes in a bin of each kind, shapes (kinds, items, dims)
and (kinds, items, samples); `most`, in how many samples a bin may be exceeded; `per`, one over what a bin of each kind
offers, shape (kinds, dims); and of each bin its `kind`, what is `free`, what its series may still rise by (`room`), its
`tight`est dimension, the sizes of its items (`full`), their `count`, and whether it is `open`. Of each item there are
its `size` and `where` it is, -1 for nowhere.
"""

import numpy as np
from numba import njit, types

from models.arrays import Floats, Ints, Mask, Rows

ROW, TABLE, CUBE = types.int32[::1], types.int32[:, ::1], types.int32[:, :, ::1]
INT, INTS, MASK, FLOATS = types.int64, types.int64[::1], types.boolean[::1], types.float64[:, ::1]
BINS = (CUBE, CUBE, INT, FLOATS, INTS, TABLE, TABLE, INTS, INTS, INTS, INTS, INTS, MASK)
PAIR = types.UniTuple(INT, 2)  # type: ignore[no-untyped-call]
CHUNK = 64
"""Samples that are counted until it is asked whether they are too many."""


@njit(types.boolean(ROW, ROW, INT), cache=True)
def within(need: Rows, free: Rows, tight: int) -> bool:
    """Tell whether there is room in every dimension, the tightest one first."""
    if need[tight] > free[tight]:
        return False
    for dim in range(need.shape[0]):  # noqa: SIM110
        if need[dim] > free[dim]:
            return False
    return True


@njit(types.boolean(ROW, ROW, INT), cache=True)
def seldom(series: Rows, room: Rows, most: int) -> bool:
    """Tell whether a series exceeds the room there is in `most` samples at most."""
    seen = 0
    for first in range(0, series.shape[0], CHUNK):
        for sample in range(first, min(first + CHUNK, series.shape[0])):
            seen += series[sample] > room[sample]
        if seen > most:
            return False
    return True


@njit(types.boolean(ROW, ROW, ROW, INT), cache=True)
def within_instead(need: Rows, other: Rows, free: Rows, tight: int) -> bool:
    """Tell whether there is room once another item has left."""
    if need[tight] - other[tight] > free[tight]:
        return False
    for dim in range(need.shape[0]):  # noqa: SIM110
        if need[dim] - other[dim] > free[dim]:
            return False
    return True


@njit(types.boolean(ROW, ROW, ROW, INT), cache=True)
def seldom_instead(series: Rows, other: Rows, room: Rows, most: int) -> bool:
    """Tell whether a series exceeds the room in `most` samples at most once another item has left."""
    seen = 0
    for first in range(0, series.shape[0], CHUNK):
        for sample in range(first, min(first + CHUNK, series.shape[0])):
            seen += series[sample] - other[sample] > room[sample]
        if seen > most:
            return False
    return True


@njit(types.boolean(INT, INT, *BINS), cache=True)
def fits(
    item: int, bin: int, need: Rows, series: Rows, most: int, per: Floats, kind: Ints, free: Rows, room: Rows,
    tight: Ints, size: Ints, full: Ints, where: Ints, count: Ints, open: Mask,
) -> bool:  # fmt: skip
    """Tell whether a bin has room for an item."""
    own = kind[bin]
    return within(need[own, item], free[bin], tight[bin]) and seldom(series[own, item], room[bin], most)


@njit(types.boolean(INT, INT, INT, *BINS), cache=True)
def fits_instead(
    item: int, other: int, bin: int, need: Rows, series: Rows, most: int, per: Floats, kind: Ints, free: Rows,
    room: Rows, tight: Ints, size: Ints, full: Ints, where: Ints, count: Ints, open: Mask,
) -> bool:  # fmt: skip
    """Tell whether a bin has room for an item once another one has left it."""
    own = kind[bin]
    return within_instead(need[own, item], need[own, other], free[bin], tight[bin]) and seldom_instead(
        series[own, item], series[own, other], room[bin], most
    )


@njit(types.void(INT, INT, INT, *BINS), cache=True)
def shift(
    item: int, bin: int, sign: int, need: Rows, series: Rows, most: int, per: Floats, kind: Ints, free: Rows,
    room: Rows, tight: Ints, size: Ints, full: Ints, where: Ints, count: Ints, open: Mask,
) -> None:  # fmt: skip
    """Put an item into a bin (sign 1), or take it out (sign -1)."""
    own, least = kind[bin], np.inf
    for dim in range(need.shape[2]):
        free[bin, dim] -= sign * need[own, item, dim]
        share = free[bin, dim] * per[own, dim]
        if share < least:
            least, tight[bin] = share, dim
    for sample in range(series.shape[2]):
        room[bin, sample] -= sign * series[own, item, sample]
    full[bin] += sign * size[item]
    count[bin] += sign
    where[item] = bin if sign > 0 else -1


@njit(INT(INT, INT, *BINS), cache=True)
def fullest(
    item: int, last: int, need: Rows, series: Rows, most: int, per: Floats, kind: Ints, free: Rows, room: Rows,
    tight: Ints, size: Ints, full: Ints, where: Ints, count: Ints, open: Mask,
) -> int:  # fmt: skip
    """Return the fullest open bin before `last` with room for the item, -1 if none has."""
    best, most_full = -1, -1
    for bin in range(last):
        if open[bin] and full[bin] > most_full and fits(
            item, bin, need, series, most, per, kind, free, room, tight, size, full, where, count, open
        ):  # fmt: skip
            best, most_full = bin, full[bin]
    return best
