"""Places tasks one after the other in an order, each where all that it uses is free, in gaps between others too."""

import numpy as np
from numba import njit, types

from models.arrays import Ints

_INTS, _INT = types.int64[::1], types.int64


@njit(_INT(_INT, _INT, _INT, _INT, _INT, _INTS, _INTS), cache=True)
def free_from(since: int, lasts: int, room: int, base: int, size: int, when: Ints, held: Ints) -> int:
    """Return from when on no more than some room is held of a resource for so long."""
    low, high = 0, size
    while high - low > 1:
        middle = (low + high) // 2
        if when[base + middle] <= since:
            low = middle
        else:
            high = middle
    while low < size and when[base + low] < since + lasts:
        if held[base + low] > room:
            since = when[base + low + 1]
        low += 1
    return int(since)


@njit(_INT(_INT, _INT, _INT, _INT, _INT, _INTS, _INTS), cache=True)
def take(since: int, until: int, amount: int, base: int, size: int, when: Ints, held: Ints) -> int:
    """Hold an amount of a resource for a time; return how many moments there are now at which what is held changes."""
    for moment in (since, until):
        at = size - 1
        while when[base + at] > moment:
            at -= 1
        if when[base + at] != moment:
            for row in range(size, at + 1, -1):
                when[base + row], held[base + row] = when[base + row - 1], held[base + row - 1]
            when[base + at + 1], held[base + at + 1] = moment, held[base + at]
            size += 1
    row = size - 1
    while when[base + row] >= since:
        if when[base + row] < until:
            held[base + row] += amount
        row -= 1
        if row < 0:
            break
    return int(size)


@njit(_INT(_INTS, *([_INTS] * 8)), cache=True)
def placed(
    order: Ints,
    start: Ints,
    duration: Ints,
    use_at: Ints,
    use_resource: Ints,
    use_amount: Ints,
    capacity: Ints,
    before_at: Ints,
    before: Ints,
) -> int:
    """
    Set the start of each task and return 1; 0 if a task comes in the order ahead of one that it waits for.

    Parameters
    ----------
    order
        All tasks, those first that are placed first. Shape (tasks,).
    start
        Becomes the start of each task. Shape (tasks,).
    duration
        How long each lasts. Shape (tasks,).
    use_at, use_resource, use_amount
        What each task uses while it runs, at most its capacity: rows use_at[t] to use_at[t + 1].
    capacity
        Of each resource. Shape (resources,).
    before_at, before
        For which tasks each waits: rows before_at[t] to before_at[t + 1].
    """
    base = np.zeros(capacity.shape[0] + 1, np.int64)
    for row in range(use_resource.shape[0]):
        base[use_resource[row] + 1] += 2
    for resource in range(capacity.shape[0]):
        base[resource + 1] += base[resource] + 1
    when, held = np.zeros(base[-1], np.int64), np.zeros(base[-1], np.int64)
    size = np.ones(capacity.shape[0], np.int64)
    start[:] = -1
    for place in range(order.shape[0]):
        task, since, last = order[place], 0, -1
        for row in range(before_at[task], before_at[task + 1]):
            other = before[row]
            if start[other] < 0:
                return 0
            since = max(since, start[other] + duration[other])
        while last != since:
            last = since
            for row in range(use_at[task], use_at[task + 1]):
                resource = use_resource[row]
                room = capacity[resource] - use_amount[row]
                since = free_from(since, duration[task], room, base[resource], size[resource], when, held)
        start[task] = since
        if duration[task] > 0:
            for row in range(use_at[task], use_at[task + 1]):
                resource, until = use_resource[row], since + duration[task]
                size[resource] = take(since, until, use_amount[row], base[resource], size[resource], when, held)
    return 1
