"""
Fills bins with items of many dimensions: item by item, or bin by bin with what goes best with the rest of it.

See `solvers.kernels.rooms` for what the arrays hold.
"""

import numpy as np
from numba import njit, types

from models.arrays import Floats, Ints, Mask, Rows
from solvers.kernels.rooms import BINS, INT, INTS, ROW, TABLE, fits, fullest, shift


@njit(INT(INTS, types.boolean, *BINS), cache=True)
def by_item(
    order: Ints, best: bool, need: Rows, series: Rows, most: int, per: Floats, kind: Ints, free: Rows, room: Rows,
    tight: Ints, size: Ints, full: Ints, where: Ints, count: Ints, open: Mask,
) -> int:  # fmt: skip
    """
    Put each item, in the order given, into the first or the fullest open bin with room; return how many found none.

    Parameters
    ----------
    order, best
        Items in turn; whether the fullest bin is taken rather than the first.
    """
    lost = 0
    for item in order:
        target = -1
        if best:
            target = fullest(
                item, kind.shape[0], need, series, most, per, kind, free, room, tight, size, full, where, count, open
            )  # fmt: skip
        for bin in range(kind.shape[0] if target < 0 else 0):
            if (not best or not open[bin]) and fits(
                item, bin, need, series, most, per, kind, free, room, tight, size, full, where, count, open
            ):  # fmt: skip
                target = bin
                break
        if target < 0:
            lost += 1
            continue
        open[target] = True
        shift(item, target, 1, need, series, most, per, kind, free, room, tight, size, full, where, count, open)
    return lost


@njit(types.int64(ROW, ROW), cache=True)
def _product(left: Rows, right: Rows) -> int:
    total = 0
    for axis in range(left.shape[0]):
        total += left[axis] * right[axis]
    return int(total)


@njit(INT(TABLE, TABLE, *BINS), cache=True)
def by_bin(
    share: Rows, worth: Rows, need: Rows, series: Rows, most: int, per: Floats, kind: Ints, free: Rows, room: Rows,
    tight: Ints, size: Ints, full: Ints, where: Ints, count: Ints, open: Mask,
) -> int:  # fmt: skip
    """
    Fill the bins in turn, each with the items that go best with what is left in it; return how many found no room.

    What an item is worth to a bin is the product of its share and the bin's rest, weighted; it is kept up to date as
    the rest shrinks, for the items only that still have room.

    Parameters
    ----------
    share
        What an item takes, in whole parts of what a bin offers. Shape (items, axes).
    worth
        The same times the weight of each axis. Shape (items, axes).
    """
    items = share.shape[0]
    empty, score, fitting = np.empty(items, np.int64), np.empty(items, np.int64), np.empty(items, np.int64)
    for item in range(items):
        empty[item] = worth[item].sum() << 12
    left = items
    for bin in range(kind.shape[0]):
        if left == 0:
            break
        size_fitting = 0
        for item in range(items):
            if where[item] < 0:
                fitting[size_fitting], score[item] = item, empty[item]
                size_fitting += 1
        while size_fitting > 0:
            place = 0
            for index in range(1, size_fitting):
                if score[fitting[index]] > score[fitting[place]]:
                    place = index
            item = fitting[place]
            size_fitting -= 1
            fitting[place] = fitting[size_fitting]
            if not fits(
                item, bin, need, series, most, per, kind, free, room, tight, size, full, where, count, open
            ):  # fmt: skip
                continue
            shift(item, bin, 1, need, series, most, per, kind, free, room, tight, size, full, where, count, open)
            open[bin] = True
            left -= 1
            kept = 0
            for index in range(size_fitting):
                other = fitting[index]
                if need[kind[bin], other, tight[bin]] <= free[bin, tight[bin]]:
                    score[other] -= _product(share[item], worth[other])
                    fitting[kept] = other
                    kept += 1
            size_fitting = kept
    return int(left)
