"""The best schedule of an instance in the time given: bounds, list schedules and trials, then the exact model."""

from dataclasses import dataclass
from time import perf_counter

import numpy as np

from models.arrays import Ints, Rows
from solvers.scheduling import fluid, joint, options
from solvers.scheduling.bounds import bound
from solvers.scheduling.delays import Delays
from solvers.scheduling.exact import Exact
from solvers.scheduling.fluid import standing
from solvers.scheduling.instance import Instance, rest
from solvers.scheduling.listing import Dispatch

TAILS = (50, 200, 800, 1600, 3200, 6400, 12800)
"""Tasks that come last that the exact model is asked to arrange anew, one number after the other."""
POLISH = 100
"""Orders that are tried for earlier ends once the makespan is as short as it can be."""
PUT_OFF, CALL, PROVING = 0.6, 60, 0.2
"""Share of the time for putting off what uses up what others need; what a trial of that takes beside its tasks; and
the share for proving how long it must take."""
SHORT_S = 0.2
"""Too short for the exact model. [s]"""


@dataclass(frozen=True, eq=False)
class Times:
    """
    A schedule of an instance.

    Parameters
    ----------
    start
        Of each task, -1 for options that are not taken. [ticks] Shape (tasks,).
    bound
        No schedule ends before. [ticks]
    """

    start: Ints
    bound: int


@dataclass(frozen=True)
class Solve:
    """
    Least makespan: trials of orders, and the exact model where they miss the bound.

    Parameters
    ----------
    seconds
        Time for all of it. [s]
    tries
        Orders to try at most.
    seed
        Of both searches.
    workers
        Of the exact model.
    reproducible
        Stop by counts and deterministic time, not by the clock.
    exact
        Tasks that the exact model is built for at most.
    """

    seconds: float = 10.0
    tries: int = 20_000
    seed: int = 1
    workers: int = 1
    reproducible: bool = True
    exact: int = 4000

    def __call__(self, instance: Instance) -> Times | None:
        """Return the best schedule; None if no order is found in which all tasks can start."""
        if not len(instance):
            return Times(np.zeros(0, np.int64), 0)
        clock = Clock(self.seconds, self.reproducible)
        instance = instance.lean()
        low = bound(instance)
        start = np.full(len(instance), -1, np.int64)
        late = []
        for rows in instance.parts():
            piece, _ = instance.only(rows)
            found = self._listed(piece, low, len(piece) / len(instance))
            if found is None and (found := self._alone(piece)) is None:
                return None
            start[rows] = found
            if end(piece, found) > low:
                late.append((piece, rows))
        late.sort(key=lambda each: -end(each[0], start[each[1]]))
        for number, (piece, rows) in enumerate(late):
            if standing(piece).any():
                start[rows], low = self._put_off(piece, start[rows], low, clock.left(1.0) / (len(late) - number))
            elif piece.option is None and not piece.together and end(piece, start[rows]) > low:
                start[rows] = self._tails(piece, start[rows], low, clock.left(0.5) / (len(late) - number) / 2)
            if end(piece, start[rows]) > low:
                low = max(low, self._exact(piece, rows, start, low, clock.left(0.5) / (len(late) - number)))
        return Times(start, low)

    def _put_off(self, piece: Instance, start: Ints, low: int, seconds: float) -> tuple[Ints, int]:
        """Better a part in which early starts can be bad, and the bound by what it shares with what stands."""
        if piece.option is not None or piece.together:
            return start, low
        began = perf_counter()
        low = fluid.bound(piece, low, end(piece, start), None if self.reproducible else seconds * PROVING)
        seconds = seconds if self.reproducible else seconds - (perf_counter() - began)
        tries = int(seconds * PUT_OFF * 1_000_000 / (len(piece) + CALL))
        limit = None if self.reproducible else seconds * PUT_OFF
        return Delays(tries, limit, self.seed)(piece, start, low), low

    def _tails(self, piece: Instance, start: Ints, low: int, seconds: float) -> Ints:
        """Better what comes last, more and more of it, by the exact model: the rest stays as it is."""
        clock, moves = Clock(seconds, self.reproducible), np.flatnonzero(piece.counted > 0)
        for count in TAILS:
            if count > len(moves) or clock.left(1.0 / len(TAILS)) < SHORT_S or end(piece, start) <= low:
                break
            since = int(np.sort(start[moves])[-count])
            later, rows = rest(piece, start, since)
            solver = Exact(max(clock.left(1.0) / 2, SHORT_S), self.seed, self.workers, self.reproducible)
            known = end(later, np.maximum(start[rows] - since, 0))
            solved = solver(later.lean(), max(low - since, 0), known - 1, np.maximum(start[rows] - since, 0))
            if solved.start is not None:
                start = start.copy()
                start[rows] = np.where(start[rows] < since, start[rows], solved.start + since)
        return start

    def _listed(self, piece: Instance, low: int, share: float) -> Ints | None:
        """Return a list schedule of one option of each task, bettered by trial."""
        one, rows = options.first(piece)
        single, members = joint.merged(one)
        seconds = None if self.reproducible else self.seconds * 0.4 * share
        tries = self.tries if not self.reproducible else max(int(self._affordable(len(single)) * share), 50)
        polish = min(POLISH, 100_000 // max(len(single), 1))
        found = Dispatch(tries, seconds, self.seed, polish)(single, low)
        if found is None:
            return None
        start = np.full(len(piece), -1, np.int64)
        start[rows] = joint.parted(one, single, members, found)
        return start

    def _affordable(self, tasks: int) -> int:
        """Return how many trials about two fifths of the time is enough for, by a rate that is not measured."""
        return int(min(self.tries, self.seconds * 0.4 * 1_000_000 / max(tasks, 1)))

    def _alone(self, piece: Instance) -> Ints | None:
        """Return what the exact model finds where no list does: with windows, it may be the only way."""
        if len(piece) > self.exact or not (piece.windows or piece.taken or piece.together):
            return None
        most = int(piece.duration.sum() + piece.head.max(initial=0) + _latest(piece))
        return Exact(self.seconds / 4, self.seed, self.workers, self.reproducible)(piece, 0, most).start

    def _exact(self, piece: Instance, rows: Rows, start: Ints, low: int, seconds: float) -> int:
        """Better a part by the exact model, and return the bound that it proves."""
        known = end(piece, start[rows])
        if len(piece) > self.exact or seconds < SHORT_S:
            return low
        solver = Exact(seconds, self.seed, self.workers, self.reproducible)
        solved = solver(piece, max(low, bound(piece)), known, start[rows])
        if solved.start is not None and end(piece, solved.start) < known:
            start[rows] = solved.start
        return max(low, min(solved.bound, known))


class Clock:
    """Shares out time: by the clock, or, so that results can be reproduced, as if none of it had passed."""

    def __init__(self, seconds: float, reproducible: bool) -> None:
        self.seconds, self.reproducible, self.began = seconds, reproducible, perf_counter()

    def left(self, share: float) -> float:
        """Return how much time there is: what is left, or this share of all of it."""
        return self.seconds * share if self.reproducible else max(self.seconds - (perf_counter() - self.began), 0.0)


def _latest(piece: Instance) -> int:
    return max((window[0][0] for window in piece.windows.values() if window), default=0)


def end(piece: Instance, start: Ints) -> int:
    """Return when the last task that is done ends."""
    done = start >= 0
    return int((start + piece.duration)[done].max(initial=0))
