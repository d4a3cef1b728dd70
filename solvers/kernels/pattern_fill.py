"""Greedy patterns around seeds, and the weights of dimensions that they and the search's bounds use; compiled."""

import numpy as np
from numba import njit, types

from models.arrays import Floats, Ints
from solvers.kernels.pricing import Counts, fits

_INT, _INTS, _TABLE = types.int64, types.int64[::1], types.int64[:, ::1]
_FLOATS, _PATTERNS = types.float64[::1], types.int32[:, ::1]


@njit(_FLOATS(_INTS, _TABLE, _INTS, _INTS, _INT), cache=True)
def weighting(values: Ints, sizes: Ints, limits: Ints, capacity: Ints, rounds: int) -> Floats:
    """
    Return weights of the dimensions under which the splittable knapsack bounds well. Shape (dims,).

    Dimensions that the splittable filling overruns get heavier, by the multiplicative weights' rule.
    """
    dims = capacity.shape[0]
    shares = sizes / np.maximum(capacity, 1)
    weights, best, least = np.ones(dims), np.ones(dims), np.inf
    for turn in range(rounds):
        weights /= weights.sum()
        summed = np.zeros(sizes.shape[0])
        for dim in range(dims):
            summed += weights[dim] * shares[:, dim]
        total, room, used = 0.0, 1.0, np.zeros(dims)
        for kind in np.argsort(-values / np.maximum(summed, 1e-12)):
            if values[kind] <= 0:
                continue
            size = summed[kind] * limits[kind]
            part = 1.0 if size <= room else room / size
            total += values[kind] * limits[kind] * part
            used += shares[kind] * (limits[kind] * part)
            room -= size
            if room <= 0:
                break
        if total < least:
            least = total
            best[:] = weights
        weights *= np.exp((used - 1) * (2.0 / (2 + turn)))
    return best / np.maximum(capacity, 1)


@njit(_INT(_INTS, _TABLE, _INTS, _INTS, types.float64[:, ::1], _INTS, _PATTERNS, _INTS), cache=True)
def fill(
    values: Ints, sizes: Ints, limits: Ints, capacity: Ints, weightings: Floats, seeds: Ints, found: Counts, worth: Ints
) -> int:
    """
    Fill a host greedily around each seed, by value per weighted size, and keep the best filling of each seed.

    Parameters
    ----------
    values, limits, sizes, capacity
        As in `search`.
    weightings
        Weights of the dimensions to try. Shape (ways, dims).
    seeds
        Types that fit.
    found, worth
        Patterns and their values, written to. Shapes (seeds, types), (seeds,).

    Returns
    -------
    How many patterns were found.
    """
    worth[:] = -1
    pattern, room = np.zeros(sizes.shape[0], np.int32), np.zeros(capacity.shape[0], np.int64)
    for weights in weightings:
        summed = np.zeros(sizes.shape[0])
        for dim in range(capacity.shape[0]):
            summed += weights[dim] * sizes[:, dim]
        order = np.argsort(-values / np.maximum(summed, 1e-12))
        for place in range(seeds.shape[0]):
            pattern[:] = 0
            room[:] = capacity
            total = 0
            for step in range(-1, order.shape[0]):
                kind = seeds[place] if step < 0 else order[step]
                copies = fits(room, sizes[kind], 1 if step < 0 else limits[kind] - pattern[kind])
                if copies > 0:
                    pattern[kind] += copies
                    total += copies * values[kind]
                    for dim in range(room.shape[0]):
                        room[dim] -= copies * sizes[kind, dim]
            if total > worth[place]:
                found[place], worth[place] = pattern, total
    return int(seeds.shape[0])
