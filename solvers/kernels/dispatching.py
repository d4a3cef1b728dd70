"""Betters the ranks of tasks by trial: those that end late are looked at earlier, and what is not worse is kept."""

import numpy as np
from numba import njit, types
from numpy.typing import NDArray

from models.arrays import Ints
from solvers.kernels.listing import NEVER, run
from solvers.kernels.packing_state import below, mixed

MOVED = 3
"""Tasks that one trial looks at earlier, at most."""
LATE = 700
"""Of a thousand tasks looked at earlier, so many are late ones; the rest are any."""
SCALE = 1 << 40
"""Ranks are shares of this."""
Words = NDArray[np.uint64]
_GRAIN = 1 << 20
_INTS, _INT = types.int64[::1], types.int64


@njit(_INT(_INT, _INTS, _INTS, _INTS, _INTS, _INTS, _INTS), cache=True)
def judged(target: int, start: Ints, duration: Ints, counted: Ints, tail: Ints, late: Ints, told: Ints) -> int:
    """Return by how much tasks miss a target, tails included; tell the late ones, their number, and the sum of ends."""
    missed, found, total = np.int64(0), 0, np.int64(0)
    for task in range(start.shape[0]):
        if start[task] < 0:
            told[0], told[1] = 0, NEVER
            return int(NEVER)
        end = start[task] + duration[task]
        total += end * counted[task]
        if end + tail[task] > target:
            missed += end + tail[task] - target
            late[found] = task
            found += 1
    told[0], told[1] = found, total
    return int(missed)


@njit(_INT(_INT, types.uint64), cache=True)
def earlier(rank: int, word: np.uint64) -> int:
    """Return a lower rank: any, or one that is near more often than far, so that what comes before stays as it is."""
    share = below(word, _GRAIN)
    if word & np.uint64(1):
        return rank // _GRAIN * share
    return rank - rank // _GRAIN * (share * share // _GRAIN * share // _GRAIN // 2)


@njit(types.void(_INTS, _INTS, _INTS), cache=True)
def sorted_by_start(start: Ints, trial: Ints, rank: Ints) -> None:
    """Rank tasks by their start, and those of one start as they were tried: that gives the same schedule again."""
    order = np.argsort(trial, kind="mergesort")
    order = order[np.argsort(start[order], kind="mergesort")]
    step = SCALE // (start.shape[0] + 1)
    for place in range(order.shape[0]):
        rank[order[place]] = (place + 1) * step


@njit(_INT(_INT, _INT, _INT, types.uint64[::1], *([_INTS] * 21)), cache=True)
def better(
    tries: int,
    target: int,
    polish: int,
    random: Words,
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
) -> int:
    """
    Try other ranks so many times and return by how much tasks still miss the target.

    `start` and `rank` become those of the best. As long as the target is missed, that is all that counts; then it is
    the sum of ends, if that is to be polished. `random` is the state of the random numbers.
    """
    tasks, moves = duration.shape[0], counted.sum() + 1
    late, other = np.empty(tasks, np.int64), np.empty(tasks, np.int64)
    told, told_other = np.zeros(2, np.int64), np.zeros(2, np.int64)
    trial, found = np.empty(tasks, np.int64), np.empty(tasks, np.int64)
    best = judged(target, start, duration, counted, tail, late, told)
    word = random[0]
    if best == 0 and polish == 0:
        return 0
    for _ in range(tries):
        trial[:] = rank
        word = mixed(word)
        for _ in range(1 + below(word, MOVED)):
            word = mixed(word)
            task = below(word, tasks)
            word = mixed(word)
            if told[0] > 0 and below(word, 1000) < LATE:
                task = late[below(mixed(word ^ np.uint64(1)), told[0])]
            word = mixed(word)
            trial[task] = earlier(trial[task], word)
        found[:] = -1
        run(
            0,
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
        value = judged(target, found, duration, counted, tail, other, told_other)
        if value < best or (value == best and (best > 0 or told_other[1] <= told[1])):
            best = value
            start[:] = found
            sorted_by_start(start, trial, rank)
            late[: told_other[0]] = other[: told_other[0]]
            told[:] = told_other
            if best == 0 and polish == 0:
                break
    random[0] = word
    return int(best)
