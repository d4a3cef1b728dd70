"""
Fills one bin after the other with the types that suit it best, compiled.

The types stand in a k-d tree whose nodes know the least and the most that the types below them need, so that the one of
best score among those that fit is found without looking at them all.
"""

import numpy as np
from numba import njit, types

from models.arrays import Floats, Ints

DOT, NEAR = 0, 1
"""Scores: the dot product of room and need; the distance that is left between them."""
NOTHING = np.int64(2**62)
"""The least that a node without types needs."""

_INT, _INTS, _TABLE = types.int64, types.int64[::1], types.int64[:, ::1]
_CUBE, _FLOATS = types.int64[:, :, ::1], types.float64[::1]


@njit(types.void(_INT, _INT, _INTS, _INTS, _TABLE, _TABLE, _TABLE), cache=True)
def _survey(leaf: int, width: int, order: Ints, count: Ints, need: Ints, low: Ints, high: Ints) -> None:
    """Find the least and the most needed below a leaf, and below all nodes above it, as far as they change."""
    dims, node = need.shape[1], low.shape[0] // 2 + leaf
    for dim in range(dims):
        low[node, dim], high[node, dim] = NOTHING, -1
    for place in range(leaf * width, (leaf + 1) * width):
        row = order[place]
        if row >= 0 and count[row] > 0:
            for dim in range(dims):
                low[node, dim] = min(low[node, dim], need[row, dim])
                high[node, dim] = max(high[node, dim], need[row, dim])
    node //= 2
    while node > 0:
        changed = False
        for dim in range(dims):
            least = min(low[2 * node, dim], low[2 * node + 1, dim])
            most = max(high[2 * node, dim], high[2 * node + 1, dim])
            changed = changed or least != low[node, dim] or most != high[node, dim]
            low[node, dim], high[node, dim] = least, most
        node = node // 2 if changed else 0


@njit(_INT(_INT, _INT, _INTS, _INTS, _TABLE, _TABLE, _TABLE, _INTS, _FLOATS, _INTS, _FLOATS), cache=True)
def _suited(
    rule: int, width: int, order: Ints, count: Ints, need: Ints, low: Ints, high: Ints,
    room: Ints, scale: Floats, stack: Ints, bound: Floats,
) -> int:  # fmt: skip
    """Return the type of best score that fits; -1 if none fits. `scale` weighs the dimensions."""
    dims, leaves = need.shape[1], low.shape[0] // 2
    found, best, size = -1, -np.inf, 1
    stack[0], bound[0] = 1, np.inf
    while size > 0:
        size -= 1
        node = stack[size]
        if bound[size] <= best:
            continue
        if node >= leaves:
            for place in range((node - leaves) * width, (node - leaves + 1) * width):
                row = order[place]
                if row < 0 or count[row] == 0:
                    continue
                score, fits = 0.0, True
                for dim in range(dims):
                    asked, left = need[row, dim], room[dim] - need[row, dim]
                    fits = fits and left >= 0
                    score += scale[dim] * (room[dim] * asked if rule == DOT else -left * left)
                if fits and score > best:
                    found, best = row, score
            continue
        first = size
        for child in (2 * node, 2 * node + 1):
            score, fits = 0.0, True
            for dim in range(dims):
                fits = fits and low[child, dim] <= room[dim]
                asked = min(high[child, dim], room[dim])
                left = room[dim] - asked
                score += scale[dim] * (room[dim] * asked if rule == DOT else -left * left)
            if fits and score > best:
                stack[size], bound[size] = child, score
                size += 1
        if size - first == 2 and bound[first] > bound[first + 1]:
            stack[first], stack[first + 1] = stack[first + 1], stack[first]
            bound[first], bound[first + 1] = bound[first + 1], bound[first]
    return found


@njit(
    _INT(_INT, _INT, _TABLE, _TABLE, _INTS, _CUBE, _CUBE, _CUBE, _INT, _INTS, _INT, _FLOATS, _INTS, _INTS, _FLOATS),
    cache=True,
)
def _fill(
    rule: int, width: int, order: Ints, leaf: Ints, count: Ints, need: Ints, low: Ints, high: Ints,
    one: int, room: Ints, most: int, scale: Floats, picks: Ints, stack: Ints, bound: Floats,
) -> int:  # fmt: skip
    """Pick types for a bin of one class until none fits, and return how many items that are; counts are written to."""
    size = 0
    while size < most:
        row = _suited(rule, width, order[one], count, need[one], low[one], high[one], room, scale, stack, bound)
        if row < 0:
            break
        picks[size] = row
        size += 1
        count[row] -= 1
        for dim in range(room.shape[0]):
            room[dim] -= need[one, row, dim]
        if count[row] == 0:
            for other in range(need.shape[0]):
                _survey(leaf[other, row], width, order[other], count, need[other], low[other], high[other])
    return size


@njit(
    types.void(_INT, _TABLE, _TABLE, _INTS, _CUBE, _CUBE, _CUBE, _INTS, _INT),
    cache=True,
)
def _restore(
    width: int, order: Ints, leaf: Ints, count: Ints, need: Ints, low: Ints, high: Ints, picks: Ints, size: int
) -> None:
    """Put picked types back."""
    for pick in range(size):
        row = picks[pick]
        count[row] += 1
        if count[row] == 1:
            for other in range(need.shape[0]):
                _survey(leaf[other, row], width, order[other], count, need[other], low[other], high[other])


@njit(types.void(_INT, _FLOATS, _INTS, _INT, _FLOATS), cache=True)
def _scaled(weighting: int, total: Floats, capacity: Ints, left: int, scale: Floats) -> None:
    """Write what a squared unit of each dimension counts: by the average share that the items left have of a host."""
    for dim in range(capacity.shape[0]):
        offer = max(capacity[dim], 1)
        average = total[dim] / (offer * left)
        weight = 1.0
        if weighting == 1:
            weight = average
        elif weighting == 2:
            weight = np.exp(average)
        elif weighting == 3:
            weight = 1.0 / max(average, 1e-9)
        scale[dim] = weight / (float(offer) * offer)


_PLACED = types.Tuple((_TABLE, _INTS))  # type: ignore[no-untyped-call]


@njit(_PLACED(_INT, _INT, _INT, _TABLE, _TABLE, _INTS, _CUBE, _TABLE, _INTS, _FLOATS, _FLOATS), cache=True)
def bins_filled(
    rule: int, weighting: int, width: int, order: Ints, leaf: Ints, count: Ints, need: Ints,
    capacity: Ints, supply: Ints, price: Floats, size: Floats,
) -> tuple[Ints, Ints]:  # fmt: skip
    """
    Return what goes where, and the class of each bin; types that no host has room for are left out.

    Parameters
    ----------
    rule, weighting
        `DOT` or `NEAR`; dimensions count the same (0), by the average share that the items left have of a host (1), by
        its exponential (2) or its reciprocal (3).
    width, order, leaf
        Types a leaf, the types leaf by leaf (-1 for none), and the leaf of each type; for each class.
        Shapes (classes, leaves * width), (classes, types).
    count, need
        How many items each type has, and what one takes. Shapes (types,), (classes, types, dims).
    capacity, supply, price
        What a host of each class offers, how many there are, and what one costs.
    size
        What an item of each type is worth where classes are compared. Shape (types,).

    Returns
    -------
    Type, bin and how many items, in rows of shape (placements, 3); the class of each bin, shape (bins,).

    References
    ----------
    .. [1] R. Panigrahy et al., "Heuristics for vector bin packing," Microsoft Research, 2011.
    """
    classes, dims, items = need.shape[0], need.shape[2], count.sum()
    nodes = 2 * (order.shape[1] // width)
    low, high = np.zeros((classes, nodes, dims), np.int64), np.zeros((classes, nodes, dims), np.int64)
    total, scale = np.zeros((classes, dims)), np.zeros(dims)
    count, supply = count.copy(), supply.copy()
    for one in range(classes):
        low[one, :], high[one, :] = NOTHING, -1
        for place in range(nodes // 2):
            _survey(place, width, order[one], count, need[one], low[one], high[one])
        for row in range(count.shape[0]):
            for dim in range(dims):
                total[one, dim] += count[row] * need[one, row, dim]
    placed, kind, bins, done = np.zeros((items, 3), np.int64), np.zeros(items, np.int64), 0, 0
    stack, bound = np.zeros(256, np.int64), np.zeros(256)
    picks, chosen = np.zeros(items, np.int64), np.zeros(items, np.int64)
    while done < items:
        best, value, kept = -1, 0.0, 0
        for one in range(classes):
            if supply[one] == 0:
                continue
            _scaled(weighting, total[one], capacity[one], items - done, scale)
            picked = _fill(
                rule, width, order, leaf, count, need, low, high, one, capacity[one].copy(), items - done,
                scale, picks, stack, bound,
            )  # fmt: skip
            worth = 0.0
            for pick in range(picked):
                worth += size[picks[pick]]
            worth /= price[one]
            if picked > 0 and worth > value:
                best, value, kept = one, worth, picked
                chosen[:picked] = picks[:picked]
            _restore(width, order, leaf, count, need, low, high, picks, picked if classes > 1 else 0)
        if best < 0:
            break
        for pick in range(kept):
            row = chosen[pick]
            if classes > 1:
                count[row] -= 1
                if count[row] == 0:
                    for other in range(classes):
                        _survey(leaf[other, row], width, order[other], count, need[other], low[other], high[other])
            for other in range(classes):
                for dim in range(dims):
                    total[other, dim] -= need[other, row, dim]
            placed[done, 0], placed[done, 1], placed[done, 2] = row, bins, 1
            done += 1
        kind[bins] = best
        supply[best] -= 1
        bins += 1
    return placed[:done].copy(), kind[:bins].copy()
