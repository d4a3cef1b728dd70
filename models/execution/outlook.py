"""When the rest of a plan will be done, from what has happened and how long moves have taken so far."""

import heapq
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from models.arrays import Floats, Mask
from models.execution.course import Course


@dataclass(frozen=True, eq=False)
class Seen:
    """
    What has happened to the moves of a plan, from its start. Shape (moves,) each.

    Parameters
    ----------
    start_s, end_s
        When each began and was done; NaN where it did not. [s]
    gone
        Moves that will not be done at all.
    """

    start_s: Floats
    end_s: Floats
    gone: Mask


@dataclass(frozen=True, eq=False)
class Outlook:
    """
    When tasks begin and end, as they did or as predicted. Shape (tasks,) each.

    Parameters
    ----------
    start_s, end_s
        From the start of the plan. [s]
    """

    start_s: Floats
    end_s: Floats


def outlook(
    course: Course,
    seen: Seen,
    now_s: float,
    ratio: float,
    done: Mapping[int, float] | None = None,
    least_s: float = 0.0,
) -> Outlook:
    """
    Return when the rest of a plan will be done.

    A move that has begun ends after its planned time times the ratio, but not before now; one that has not begins when
    all that it waits for is over, but not before now. Host actions take as long as planned. What was done before
    something that it waits for, because that failed and is tried again, is over for others only with that; and what is
    tried again does not disturb what waited for it and runs: it waits for that in turn.

    Parameters
    ----------
    course
        The plan as tasks.
    seen
        What has happened.
    now_s
        The present moment, from the start of the plan. [s]
    ratio
        Actual over planned duration of moves.
    done
        When host actions ended that are known to be done, by their task. [s]
    least_s
        What a move that should have ended by now is still taken to need. [s]
    """
    moves, size = len(course.moves), len(course)
    start, end, over = np.full(size, np.nan), np.full(size, np.nan), np.zeros(size)
    soonest_s = now_s + least_s
    after = _held(course, seen, soonest_s, ratio)
    waits = [len(each) for each in course.before]
    ready = [task for task in range(size) if not waits[task]]
    heapq.heapify(ready)
    while ready:
        task = heapq.heappop(ready)
        over_s = max(float(over[list(course.before[task])].max(initial=0.0)), after.get(task, 0.0))
        start[task], end[task] = _times(course, seen, (now_s, soonest_s), ratio, task, over_s, done or {})
        over[task] = max(over_s, end[task])
        for other in course.after[task]:
            waits[other] -= 1
            if not waits[other]:
                heapq.heappush(ready, other)
    return Outlook(start, np.where(np.append(seen.gone, np.zeros(size - moves, np.bool_)), np.nan, end))


def _held(course: Course, seen: Seen, soonest_s: float, ratio: float) -> dict[int, float]:
    """Return for moves that have not begun when what waited for them, and runs all the same, ends, in s."""
    moves = len(course.moves)
    begun = np.isfinite(seen.start_s)
    running = begun & ~np.isfinite(seen.end_s)
    if not running.any():
        return {}
    end = np.maximum(seen.start_s + course.seconds[:moves] * ratio, soonest_s)
    found: dict[int, float] = {}
    for row in np.flatnonzero(running).tolist():
        open_tasks, known = [row], {row}
        while open_tasks:
            for other in course.before[open_tasks.pop()]:
                if other not in known:
                    known.add(other)
                    open_tasks.append(other)
        for other in known:
            if other < moves and not begun[other] and not np.isfinite(seen.end_s[other]):
                found[other] = max(found.get(other, 0.0), float(end[row]))
    return found


def _times(
    course: Course,
    seen: Seen,
    now: tuple[float, float],
    ratio: float,
    task: int,
    over_s: float,
    done: Mapping[int, float],
) -> tuple[float, float]:
    """Return when a task begins and ends, all that it waits for being over at a moment that is known."""
    now_s, soonest_s = now
    if task >= len(course.moves):
        if task in done:
            return max(done[task] - float(course.seconds[task]), 0.0), done[task]
        action = course.action(task) is not None
        begin_s = max(over_s, now_s if action else 0.0, float(course.not_before_s[task]))
        return begin_s, begin_s + float(course.seconds[task])
    if seen.gone[task]:
        return over_s, over_s
    if np.isfinite(seen.end_s[task]):
        known = seen.start_s[task] if np.isfinite(seen.start_s[task]) else seen.end_s[task]
        return float(known), float(seen.end_s[task])
    lasts_s = float(course.seconds[task]) * ratio
    if np.isfinite(seen.start_s[task]):
        return float(seen.start_s[task]), max(float(seen.start_s[task]) + lasts_s, soonest_s)
    begin_s = max(over_s, now_s, float(course.not_before_s[task]))
    return begin_s, begin_s + lasts_s
