"""
CloudSim's detections of overload, and its power curve, compiled; sums run in the order of hosts' lists.

Rounding decides which of two equal hosts is taken, so that nothing is fused or re-associated.
"""

import numpy as np
from numba import njit

from models.arrays import Floats, Ints, Mask, Rows

THR, MAD, IQR, LR, LOESS = range(5)
REGRESSED, SPREAD, FALLBACK = 10, 12, 0.7
"""Samples that a regression and a spread need, and the threshold where there are fewer."""


@njit(cache=True, error_model="numpy")
def drawn(share: float, curve: Floats) -> float:
    """Return the draw at a share of the load, read off a curve of 11 points."""
    low, high = int(np.floor(share * 10)), int(np.ceil(share * 10))
    found: float = curve[low] + (curve[high] - curve[low]) / 10 * (share - low / 10) * 100
    return found


@njit(cache=True, error_model="numpy")
def median(values: Floats) -> float:
    """Return the median, as a percentile of ranks 1 to n."""
    ranked = np.sort(values)
    middle = (len(ranked) + 1) / 2
    low = int(np.floor(middle))
    if low >= len(ranked):
        return float(ranked[-1])
    return float(ranked[low - 1] + (middle - low) * (ranked[low] - ranked[low - 1]))


@njit(cache=True, error_model="numpy")
def deviation(values: Floats) -> float:
    """Return the median of the absolute deviations from the median."""
    return median(np.abs(median(values) - values))


@njit(cache=True, error_model="numpy")
def interquartile(values: Floats) -> float:
    """Return the difference of two ranked values, whose ranks are rounded half up."""
    ranked, size = np.sort(values), len(values) + 1
    high, low = int(np.floor(0.75 * size + 0.5)) - 1, int(np.floor(0.25 * size + 0.5)) - 1
    return float(ranked[high] - ranked[low])


@njit(cache=True, error_model="numpy")
def line(newest_first: Floats, weighted: bool) -> float:
    """Return what a line through the ten newest values says of the step after next."""
    total = along = rise = square = level = 0.0
    for place in range(REGRESSED):
        far = (REGRESSED - 1 - place) / (REGRESSED - 1)
        weight = (1 - far**3) ** 3 if weighted else 1.0
        total += weight
        along += weight * (place + 1)
        level += weight * newest_first[REGRESSED - 1 - place]
    along, level = along / total, level / total
    for place in range(REGRESSED):
        far = (REGRESSED - 1 - place) / (REGRESSED - 1)
        weight = (1 - far**3) ** 3 if weighted else 1.0
        apart = place + 1 - along
        rise += weight * apart * (newest_first[REGRESSED - 1 - place] - level)
        square += weight * apart * apart
    slope = rise / square
    return level - slope * along + slope * (REGRESSED + 1)


@njit(cache=True, error_model="numpy")
def beyond(kind: int, parameter: float, asked: float, past: Floats) -> bool:
    """
    Return whether a host is overloaded.

    Parameters
    ----------
    kind, parameter
        Which detection, and its threshold or safety parameter.
    asked
        What is asked of the host, over what it has.
    past
        Its load at the last ticks, the newest first, as its present VMs would have made it. Shape (samples,).
    """
    if kind == THR:
        return asked > parameter
    size = len(past)
    while size > 1 and past[size - 1] == 0:
        size -= 1
    if kind in (LR, LOESS):
        if size < REGRESSED:
            return asked > FALLBACK
        return line(past, kind == LOESS) * parameter >= 1
    if size < SPREAD:
        return asked > FALLBACK
    spread = deviation(past[:size]) if kind == MAD else interquartile(past[:size])
    return asked > 1 - parameter * spread


@njit(cache=True, error_model="numpy")
def past_of(vms: Rows, shares: Floats, size: Floats, capacity: float) -> Floats:
    """Return the load of a host at the last ticks, as these VMs would have made it, newest first."""
    past = np.zeros(shares.shape[0])
    for place in range(len(vms)):
        vm = vms[place]
        for sample in range(shares.shape[0]):
            past[sample] += shares[sample, vm] * size[vm] / capacity
    return past


@njit(cache=True, error_model="numpy")
def overloaded(
    listed: Rows, starts: Ints, request: Floats, shares: Floats, size: Floats, capacity: Floats, kind: int,
    parameter: float,
) -> Mask:  # fmt: skip
    """Return which hosts are overloaded. Shape (hosts,)."""
    found = np.zeros(len(capacity), np.bool_)
    nothing = np.zeros(1)
    for host in range(len(capacity)):
        vms = listed[starts[host] : starts[host + 1]]
        if len(vms) == 0:
            continue
        asked = 0.0
        for place in range(len(vms)):
            asked += request[vms[place]]
        past = nothing if kind == THR else past_of(vms, shares, size, capacity[host])
        found[host] = beyond(kind, parameter, asked / capacity[host], past)
    return found
