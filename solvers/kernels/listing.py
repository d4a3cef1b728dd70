"""
Starts tasks in the order of their rank, each as soon as all that it uses is free.

A task that cannot start waits at the one resource that stopped it, and is looked at again only when something there
is given back. So a schedule takes about as many looks as there are starts, not tasks times events.
"""

import numpy as np
from numba import njit, types

from models.arrays import Ints

DURING, FROM_START, UNTIL_END = 0, 1, 2
"""When a task holds what it uses: while it runs, from its start on, from the beginning until its end."""
NEVER = np.int64(2**62)
LATEST = np.int64(2**39)
"""What opens later than that, in ticks, never opens: what is taken for ever is so until about twice as late."""

_INTS, _INT = types.int64[::1], types.int64
_TASKS = (_INTS, _INTS, _INTS, _INTS)
_USES = (_INTS, _INTS, _INTS, _INTS)
_WINDOWS = (_INTS, _INTS, _INTS)
_TAKEN = (_INTS, _INTS, _INTS, _INTS)
_ORDER = (_INTS, _INTS)


@njit(types.void(_INTS, _INT, _INT, _INT, _INTS), cache=True, inline="always")
def _push(heap: Ints, base: int, size: int, task: int, key: Ints) -> None:
    """Add a task to the heap of this size that begins at the base."""
    at = size
    while at > 0:
        above = (at - 1) // 2
        if key[heap[base + above]] <= key[task]:
            break
        heap[base + at] = heap[base + above]
        at = above
    heap[base + at] = task


@njit(_INT(_INTS, _INT, _INT, _INTS), cache=True, inline="always")
def _pop(heap: Ints, base: int, size: int, key: Ints) -> int:
    """Take the task with the least key from a heap of this size."""
    first, last = heap[base], heap[base + size - 1]
    at, size = 0, size - 1
    while 2 * at + 1 < size:
        below = 2 * at + 1
        if below + 1 < size and key[heap[base + below + 1]] < key[heap[base + below]]:
            below += 1
        if key[last] <= key[heap[base + below]]:
            break
        heap[base + at] = heap[base + below]
        at = below
    heap[base + at] = last
    return int(first)


@njit(_INT(_INT, _INT, _INTS, _INTS, _INTS), cache=True)
def opening(task: int, now: int, window_at: Ints, window_from: Ints, window_until: Ints) -> int:
    """Return when the task may start at the earliest, from now on; a task without windows may at once."""
    if window_at[task] == window_at[task + 1]:
        return now
    for row in range(window_at[task], window_at[task + 1]):
        if now <= window_until[row]:
            return int(max(now, window_from[row]))
    return int(NEVER)


@njit(_INT(_INT, _INT, _INT, _INT, _INT, _INTS, _INTS, _INTS, _INTS), cache=True)
def clear(
    resource: int, room: int, amount: int, start: int, end: int, at: Ints, since: Ints, until: Ints, taken: Ints
) -> int:
    """Return 0 if the amount fits beside what others have reserved, else when the first of them that stops it ends."""
    for row in range(at[resource], at[resource + 1]):
        if since[row] >= end or until[row] <= start:
            continue
        held = 0
        for other in range(at[resource], at[resource + 1]):
            if since[other] <= max(since[row], start) < until[other]:
                held += taken[other]
        if held + amount > room:
            return int(until[row])
    return 0


@njit(_INT(_INT, _INT, _INTS, _INTS, *_TASKS, *_USES, _INTS, *_ORDER, *_WINDOWS, *_TAKEN), cache=True)
def run(
    now: int,
    most: int,
    start: Ints,
    level: Ints,
    rank: Ints,
    duration: Ints,
    counted: Ints,
    waits: Ints,
    use_at: Ints,
    use_resource: Ints,
    use_amount: Ints,
    use_span: Ints,
    capacity: Ints,
    after_at: Ints,
    after: Ints,
    window_at: Ints,
    window_from: Ints,
    window_until: Ints,
    taken_at: Ints,
    taken_from: Ints,
    taken_until: Ints,
    taken: Ints,
) -> int:
    """
    Start tasks from now on, at most so many counted ones, and return when the last has ended.

    Parameters
    ----------
    now, most
        The time to begin at, and how many counted tasks may start.
    start
        Start of each task, -1 before; changed. Shape (tasks,).
    level
        What is held of each resource at the beginning; changed. Shape (resources,).
    rank
        Tasks of lower rank are looked at first. Shape (tasks,).
    duration, counted, waits
        How long each task lasts, whether it counts, and for how many others it waits (changed). Shape (tasks,).
    use_at, use_resource, use_amount, use_span
        What each task uses: rows use_at[t] to use_at[t + 1].
    capacity
        Of each resource. Shape (resources,).
    after_at, after
        Which tasks wait for each task.
    window_at, window_from, window_until
        When each task may start, both included; without a row at any time.
    taken_at, taken_from, taken_until, taken
        What is held of each resource at certain times, whatever the tasks do.
    """
    tasks, resources = duration.shape[0], capacity.shape[0]
    base = np.zeros(resources + 2, np.int64)
    for row in range(use_resource.shape[0]):
        base[use_resource[row] + 1] += 1
    for resource in range(resources):
        base[resource + 1] += base[resource]
    heap = np.empty(base[resources] + tasks, np.int64)
    size = np.zeros(resources + 1, np.int64)
    active = np.empty(resources + 1, np.int64)
    is_active = np.zeros(resources + 1, np.bool_)
    smallest = np.full(resources + 1, NEVER)
    for row in range(use_resource.shape[0]):
        if use_span[row] != UNTIL_END:
            smallest[use_resource[row]] = min(smallest[use_resource[row]], use_amount[row])
    stash, stash_at = np.empty(tasks, np.int64), np.empty(tasks, np.int64)
    end = np.zeros(tasks, np.int64)
    running, timers, opens = np.empty(tasks, np.int64), np.empty(tasks, np.int64), np.zeros(tasks, np.int64)
    runs, timed, stashed, fresh = 0, 0, 0, resources
    base[resources + 1] = base[resources] + tasks
    for task in range(tasks):
        if start[task] < 0 and waits[task] == 0:
            _push(heap, int(base[fresh]), int(size[fresh]), task, rank)
            size[fresh] += 1
    actives = 1
    active[0], is_active[fresh] = fresh, True
    while True:
        while actives > 0:
            best, chosen = -1, -1
            row = 0
            while row < actives:
                resource = active[row]
                full = resource < resources and level[resource] + smallest[resource] > capacity[resource]
                if size[resource] == 0 or full:
                    actives -= 1
                    active[row] = active[actives]
                    is_active[resource] = False
                    continue
                if best < 0 or rank[heap[base[resource]]] < rank[chosen]:
                    best, chosen = resource, heap[base[resource]]
                row += 1
            if best < 0:
                break
            task = _pop(heap, int(base[best]), int(size[best]), rank)
            size[best] -= 1
            if counted[task] > most and counted[task] > 0:
                stash[stashed], stash_at[stashed] = task, fresh
                stashed += 1
                continue
            first = opening(task, now, window_at, window_from, window_until)
            if first > now:
                if first < NEVER:
                    opens[task] = first
                    _push(timers, 0, timed, task, opens)
                    timed += 1
                continue
            stopped, again, upto = -1, 0, use_at[task]
            while upto < use_at[task + 1]:
                if use_span[upto] != UNTIL_END:
                    resource = use_resource[upto]
                    level[resource] += use_amount[upto]
                    if level[resource] > capacity[resource]:
                        stopped = resource
                    elif taken_at[resource] < taken_at[resource + 1]:
                        last = int(NEVER) if use_span[upto] == FROM_START else int(now + duration[task])
                        room = capacity[resource] - level[resource] + use_amount[upto]
                        again = clear(
                            resource, room, use_amount[upto], now, last, taken_at, taken_from, taken_until, taken
                        )
                        stopped = resource if again else -1
                    if stopped >= 0:
                        upto += 1
                        break
                upto += 1
            if stopped < 0:
                start[task], end[task] = now, now + duration[task]
                most -= counted[task]
                _push(running, 0, runs, task, end)
                runs += 1
                continue
            for row in range(use_at[task], upto):
                if use_span[row] != UNTIL_END:
                    level[use_resource[row]] -= use_amount[row]
            if again:
                if again < LATEST:
                    opens[task] = again
                    _push(timers, 0, timed, task, opens)
                    timed += 1
            elif is_active[stopped]:
                stash[stashed], stash_at[stashed] = task, stopped
                stashed += 1
            else:
                _push(heap, int(base[stopped]), int(size[stopped]), task, rank)
                size[stopped] += 1
        for row in range(stashed):
            resource = stash_at[row]
            _push(heap, int(base[resource]), int(size[resource]), stash[row], rank)
            size[resource] += 1
        stashed = 0
        if runs == 0 and (timed == 0 or most <= 0):
            return now
        upcoming = end[running[0]] if runs else NEVER
        if timed and most > 0:
            upcoming = min(upcoming, opens[timers[0]])
        now = max(now, int(upcoming))
        while runs and end[running[0]] <= now:
            task = _pop(running, 0, runs, end)
            runs -= 1
            for row in range(use_at[task], use_at[task + 1]):
                if use_span[row] != FROM_START:
                    resource = use_resource[row]
                    level[resource] -= use_amount[row]
                    if not is_active[resource]:
                        is_active[resource] = True
                        active[actives] = resource
                        actives += 1
            for row in range(after_at[task], after_at[task + 1]):
                other = after[row]
                waits[other] -= 1
                if waits[other] == 0:
                    _push(heap, int(base[fresh]), int(size[fresh]), other, rank)
                    size[fresh] += 1
        while timed and opens[timers[0]] <= now:
            task = _pop(timers, 0, timed, opens)
            timed -= 1
            _push(heap, int(base[fresh]), int(size[fresh]), task, rank)
            size[fresh] += 1
        if size[fresh] and not is_active[fresh]:
            is_active[fresh] = True
            active[actives] = fresh
            actives += 1
