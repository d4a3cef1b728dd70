"""Other traces made of a trace: more VMs, more load, or other days that could have been."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.arrays import Floats, Ints, Rows, Singles
from models.errors import InputError

DAY_SAMPLES = 288
"""Samples of a day at 300 s."""


def replicated(values: NDArray[Any], times: int) -> NDArray[Any]:
    """
    Return each row `times` times, its replicas adjacent: row ``i`` becomes rows ``i·times … i·times + times − 1``.

    Parameters
    ----------
    values
        Anything with a row for each VM: readings, sizes, or times. Shape (vms, ...).
    times
        How many VMs shall have each trace.

    >>> replicated(np.array([[1, 2], [3, 4]]), 2).tolist()
    [[1, 2], [1, 2], [3, 4], [3, 4]]
    """
    if times < 1:
        raise InputError(f"A trace is replicated once or more, not {times} times.")
    return np.repeat(values, times, axis=0)


def thinned(values: NDArray[Any], every: int) -> NDArray[Any]:
    """
    Return the first of each `every` rows, which undoes `replicated`.

    >>> thinned(np.array([1, 2, 3, 4, 5]), 2).tolist()
    [1, 3, 5]
    """
    if every < 1:
        raise InputError(f"One of 1 or more rows is kept, not of {every}.")
    return values[::every]


def replica_names(names: NDArray[Any], times: int) -> NDArray[Any]:
    """
    Return the names of replicas: the first keeps its own.

    >>> replica_names(np.array(["a", "b"], object), 2).tolist()
    ['a', 'a #2', 'b', 'b #2']
    """
    made = [name if not place else f"{name} #{place + 1}" for name in names for place in range(times)]
    found = np.empty(len(made), object)
    found[:] = made
    if len(set(made)) < len(made):
        raise InputError("Names of replicas are not unique, as VMs are named like replicas already.")
    return found


def scaled(readings: Singles, factor: float | Floats, limit: float | Floats = np.inf) -> Singles:
    """
    Return readings times a factor, cut at a limit; what is missing stays so.

    Parameters
    ----------
    readings
        Shape (vms, samples).
    factor, limit
        One number, or one for each VM; a percentage is cut at 100. Shape (vms,).

    >>> scaled(np.array([[40, 60, np.nan]], np.float32), 2, 100)
    array([[ 80., 100.,  nan]], dtype=float32)
    """
    if not (np.asarray(factor) >= 0).all():
        raise InputError(f"Demand is scaled by a factor of 0 or more, not {np.min(factor):g}.")
    factors = np.asarray(factor, np.float32).reshape(-1, 1)
    found: Singles = np.minimum(readings * factors, np.asarray(limit, np.float32).reshape(-1, 1))
    return found


def bootstrapped(readings: Singles, groups: Rows, *, block: int, seed: int, day: int = DAY_SAMPLES) -> Singles:
    """
    Return readings drawn anew, block by block, from VMs of the same class at the same time of day.

    Each day is cut into blocks of `block` samples, the last one of what is left. For each VM and block, the same block
    of a random VM of its class (itself among them) is taken, of a random day that has it in full. So the shape of the
    day, and what hangs together within a block, stay; what hangs together across blocks does not.

    Parameters
    ----------
    readings
        Shape (vms, samples); the first sample is the first one of a day.
    groups
        The class of each VM, such as its size. Shape (vms,).
    block
        Samples a block.
    seed
        The same seed gives the same readings.
    day
        Samples a day.

    Notes
    -----
    A block bootstrap [1]_ for a series whose law depends on the time of day, so that, unlike in [1]_ and [2]_, blocks
    start at fixed places and are of fixed length.

    References
    ----------
    .. [1] H. R. Künsch, "The jackknife and the bootstrap for general stationary observations," Ann. Statist. 17(3),
       1989, pp. 1217-1241.
    .. [2] D. N. Politis and J. P. Romano, "The stationary bootstrap," J. Amer. Statist. Assoc. 89(428), 1994,
       pp. 1303-1313.

    Two VMs of one class, blocks of two samples; whichever are drawn, each pair stays a pair, at its place:

    >>> drawn = bootstrapped(np.array([[1, 2, 3, 4], [5, 6, 7, 8]], np.float32), np.zeros(2, int), block=2, seed=1)
    >>> set(map(tuple, drawn[:, :2].tolist())) <= {(1, 2), (5, 6)}
    True
    """
    if block < 1 or day < 1:
        raise InputError(f"A block and a day have 1 sample or more, not {block} and {day}.")
    rng = np.random.default_rng(seed)
    pool = _pool(groups)
    result = np.empty_like(readings, subok=False)
    samples = readings.shape[1]
    for first in range(0, samples, day):
        for start in range(first, min(first + day, samples), block):
            length = min(block, first + day - start, samples - start)
            days = (samples - length - (start - first)) // day + 1
            donors, places = _drawn(pool, rng), rng.integers(days, size=len(readings)) * day + (start - first)
            result[:, start : start + length] = readings[donors[:, None], places[:, None] + np.arange(length)]
    return result


def _pool(groups: Rows) -> tuple[Ints, Ints, Ints]:
    """Return all VMs sorted by class, and for each VM where its class begins there and how many it has."""
    order = np.argsort(groups, kind="stable")
    _, code, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    return order, (np.cumsum(sizes) - sizes)[code], sizes[code]


def _drawn(pool: tuple[Ints, Ints, Ints], rng: np.random.Generator) -> Ints:
    order, first, sizes = pool
    drawn: Ints = order[first + rng.integers(sizes)]
    return drawn
