"""
Empties bins of items of many dimensions: items move to bins with room, or change places with smaller ones.

See `solvers.kernels.rooms` for what the arrays hold.
"""

import numpy as np
from numba import njit, types

from models.arrays import Floats, Ints, Mask, Rows
from solvers.kernels.rooms import BINS, INT, INTS, PAIR, fits, fits_instead, fullest, shift


@njit(types.void(INTS, INTS, INTS), cache=True)
def _listed(where: Ints, head: Ints, after: Ints) -> None:
    """Write the items of each bin as a chain: the first of each, and the one after each."""
    head[:] = -1
    for item in range(where.shape[0]):
        if where[item] >= 0:
            after[item] = head[where[item]]
            head[where[item]] = item


@njit(PAIR(INT, INTS, INTS, *BINS), cache=True)
def _exchange(
    item: int, head: Ints, after: Ints, need: Rows, series: Rows, most: int, per: Floats, kind: Ints, free: Rows,
    room: Rows, tight: Ints, size: Ints, full: Ints, where: Ints, count: Ints, open: Mask,
) -> tuple[int, int]:  # fmt: skip
    """Return the smallest item that may leave its bin for this one, -1 if there is none; and the trials made."""
    best, least, tried = -1, size[item], 0
    for bin in range(kind.shape[0]):
        if not open[bin]:
            continue
        other = head[bin]
        while other >= 0:
            if size[other] < least:
                tried += 1
                if fits_instead(
                    item, other, bin,
                    need, series, most, per, kind, free, room, tight, size, full, where, count, open,
                ):  # fmt: skip
                    best, least = other, size[other]
            other = after[other]
    return best, tried


@njit(INT(INTS, INTS), cache=True)
def _largest(pool: Ints, size: Ints) -> int:
    """Return the place of the largest item of a pool."""
    place = 0
    for index in range(1, pool.shape[0]):
        if size[pool[index]] > size[pool[place]]:
            place = index
    return place


@njit(types.void(INTS, INTS, *BINS), cache=True)
def _undone(
    log_item: Ints, log_from: Ints, need: Rows, series: Rows, most: int, per: Floats, kind: Ints, free: Rows,
    room: Rows, tight: Ints, size: Ints, full: Ints, where: Ints, count: Ints, open: Mask,
) -> None:  # fmt: skip
    """Take back what was logged, the last first: items put anywhere (from -1), and items taken from a bin."""
    for index in range(log_item.shape[0] - 1, -1, -1):
        item, back, sign = log_item[index], log_from[index], 1
        if back < 0:
            back, sign = where[item], -1
        shift(item, back, sign, need, series, most, per, kind, free, room, tight, size, full, where, count, open)


@njit(INT(INTS, INT, *BINS), cache=True)
def emptied(
    order: Ints, budget: int, need: Rows, series: Rows, most: int, per: Floats, kind: Ints, free: Rows, room: Rows,
    tight: Ints, size: Ints, full: Ints, where: Ints, count: Ints, open: Mask,
) -> int:  # fmt: skip
    """
    Close bins in the order given, as long as their items find room elsewhere; return the trials made.

    An item that finds no room takes the place of a smaller one, which is looked after next. Sizes shrink with each
    exchange, so it ends; what leads nowhere is undone.

    Parameters
    ----------
    order, budget
        Bins in turn; trials at most.
    """
    items = where.shape[0]
    pool, head, after = np.empty(items, np.int64), np.empty(kind.shape[0], np.int64), np.empty(items, np.int64)
    log_item, log_from = np.empty(4 * items, np.int64), np.empty(4 * items, np.int64)
    tried = 0
    for source in order:
        if not open[source] or tried >= budget:
            continue
        open[source] = False
        _listed(where, head, after)
        waiting, logged, stuck = 0, 0, False
        for item in range(items):
            if where[item] == source:
                pool[waiting] = item
                waiting += 1
                log_item[logged], log_from[logged] = item, source
                logged += 1
                shift(
                    item, source, -1, need, series, most, per, kind, free, room, tight, size, full, where, count, open
                )  # fmt: skip
        while waiting > 0 and not stuck:
            place = _largest(pool[:waiting], size)
            item = pool[place]
            target = fullest(
                item, kind.shape[0], need, series, most, per, kind, free, room, tight, size, full, where, count, open
            )  # fmt: skip
            tried += kind.shape[0]
            waiting -= 1
            pool[place] = pool[waiting]
            if target < 0:
                other, more = _exchange(
                    item, head, after, need, series, most, per, kind, free, room, tight, size, full, where, count, open
                )  # fmt: skip
                tried += more
                if other < 0 or logged >= 4 * items - 2 or tried >= budget:
                    pool[waiting], stuck = item, True
                    waiting += 1
                    continue
                target = where[other]
                log_item[logged], log_from[logged] = other, target
                logged += 1
                shift(
                    other, target, -1, need, series, most, per, kind, free, room, tight, size, full, where, count, open
                )  # fmt: skip
                pool[waiting] = other
                waiting += 1
            log_item[logged], log_from[logged] = item, -1
            logged += 1
            shift(item, target, 1, need, series, most, per, kind, free, room, tight, size, full, where, count, open)
            _listed(where, head, after)
        if stuck:
            open[source] = True
            _undone(
                log_item[:logged], log_from[:logged],
                need, series, most, per, kind, free, room, tight, size, full, where, count, open,
            )  # fmt: skip
    return tried


@njit(PAIR(INTS, INT, *BINS), cache=True)
def concentrated(
    order: Ints, budget: int, need: Rows, series: Rows, most: int, per: Floats, kind: Ints, free: Rows, room: Rows,
    tight: Ints, size: Ints, full: Ints, where: Ints, count: Ints, open: Mask,
) -> tuple[int, int]:  # fmt: skip
    """
    Make full bins fuller and the others emptier; return the changes made and the trials.

    Each item in turn goes to the fullest bin with room that is fuller than its own, or else changes places with a
    smaller one of a fuller bin. The sum of squares of what bins hold grows each time, so it ends. A bin that got
    empty is closed.

    Parameters
    ----------
    order, budget
        Items in turn; trials at most.
    """
    head, after = np.empty(kind.shape[0], np.int64), np.empty(where.shape[0], np.int64)
    _listed(where, head, after)
    tried, changes = 0, 0
    for item in order:
        if tried >= budget:
            break
        home = where[item]
        target, other, most_full = -1, -1, full[home]
        for bin in range(kind.shape[0]):
            if open[bin] and bin != home and full[bin] > most_full:
                tried += 1
                if fits(item, bin, need, series, most, per, kind, free, room, tight, size, full, where, count, open):
                    target, most_full = bin, full[bin]
        for bin in range(kind.shape[0] if target < 0 else 0):
            if not open[bin] or bin == home or full[bin] < full[home]:
                continue
            candidate = head[bin]
            while candidate >= 0 and target < 0:
                if size[candidate] < size[item]:
                    tried += 1
                    if fits_instead(
                        item, candidate, bin,
                        need, series, most, per, kind, free, room, tight, size, full, where, count, open,
                    ) and fits_instead(
                        candidate, item, home,
                        need, series, most, per, kind, free, room, tight, size, full, where, count, open,
                    ):  # fmt: skip
                        target, other = bin, candidate
                candidate = after[candidate]
            if target >= 0:
                break
        if target < 0:
            continue
        changes += 1
        shift(item, home, -1, need, series, most, per, kind, free, room, tight, size, full, where, count, open)
        if other >= 0:
            shift(other, target, -1, need, series, most, per, kind, free, room, tight, size, full, where, count, open)
            shift(other, home, 1, need, series, most, per, kind, free, room, tight, size, full, where, count, open)
        shift(item, target, 1, need, series, most, per, kind, free, room, tight, size, full, where, count, open)
        open[home] = count[home] > 0
        _listed(where, head, after)
    return changes, tried
