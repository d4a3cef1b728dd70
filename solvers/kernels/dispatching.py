"""Betters the ranks of tasks by trial: those that end late are looked at earlier, and what is not worse is kept."""

import numpy as np
from numba import njit, types

from models.arrays import Ints
from solvers.kernels.listing import NEVER, run

_INTS, _INT = types.int64[::1], types.int64


@njit(_INT(_INT, _INTS, _INTS, _INTS, _INTS, _INTS), cache=True)
def lateness(target: int, start: Ints, duration: Ints, tail: Ints, late: Ints, count: Ints) -> int:
    """Return by how much all tasks together, with what must follow them, miss a target; list the late ones."""
    total, found = np.int64(0), 0
    for task in range(start.shape[0]):
        if start[task] < 0:
            return int(NEVER)
        over = start[task] + duration[task] + tail[task] - target
        if over > 0:
            total += over
            late[found] = task
            found += 1
    count[0] = found
    return int(total)


@njit(types.void(_INT), cache=True)
def sow(seed: int) -> None:
    """Seed the random numbers of this module's kernels."""
    np.random.seed(seed)


@njit(_INT(_INT, _INT, _INT, *([_INTS] * 23)), cache=True)
def better(
    now: int,
    tries: int,
    target: int,
    start: Ints,
    level: Ints,
    rank: Ints,
    tail: Ints,
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
    shown: Ints,
    spread: Ints,
) -> int:
    """
    Try other ranks so many times and return the least lateness; `start` and `rank` become those of the best.

    `shown` gets the makespan. `spread` holds how many late tasks a try moves at most.
    """
    tasks, moves = duration.shape[0], counted.sum() + 1
    late, count = np.empty(tasks, np.int64), np.zeros(1, np.int64)
    trial, found = np.empty(tasks, np.int64), np.empty(tasks, np.int64)
    best = lateness(target, start, duration, tail, late, count)
    kept_late, kept = late.copy(), count[0]
    for _ in range(tries):
        if best == 0:
            break
        trial[:] = rank
        for _ in range(1 + np.random.randint(0, spread[0])):
            task = (
                kept_late[np.random.randint(0, kept)]
                if kept and np.random.random() < 0.7
                else np.random.randint(0, tasks)
            )
            trial[task] = np.int64(trial[task] * np.random.random())
        found[:] = -1
        run(
            now,
            moves,
            found,
            level.copy(),
            trial,
            duration,
            counted,
            waits.copy(),
            use_at,
            use_resource,
            use_amount,
            use_span,
            capacity,
            after_at,
            after,
            window_at,
            window_from,
            window_until,
            taken_at,
            taken_from,
            taken_until,
            taken,
        )
        value = lateness(target, found, duration, tail, late, count)
        if value <= best:
            best = value
            rank[:] = trial
            start[:] = found
            kept = count[0]
            kept_late[:kept] = late[:kept]
    shown[0] = 0
    for task in range(tasks):
        shown[0] = max(shown[0], start[task] + duration[task] + tail[task])
    return int(best)
