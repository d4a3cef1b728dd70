"""The best schedule of an instance in the time given: bounds, list schedules and trials, then the exact model."""

from dataclasses import dataclass
from time import perf_counter

import numpy as np

from models.arrays import Ints, Rows
from solvers.scheduling import joint, options
from solvers.scheduling.bounds import bound
from solvers.scheduling.exact import Exact
from solvers.scheduling.instance import Instance
from solvers.scheduling.listing import Dispatch


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
        began = perf_counter()
        low = bound(instance)
        pieces = [instance.only(rows) for rows in instance.parts()]
        start = np.full(len(instance), -1, np.int64)
        late = []
        shares = np.array([len(piece) for piece, _ in pieces]) / max(len(instance), 1)
        for (piece, rows), share in zip(pieces, shares, strict=True):
            found = self._listed(piece, low, float(share))
            if found is None and (found := self._alone(piece)) is None:
                return None
            start[rows] = found
            if end(piece, found) > low:
                late.append((piece, rows))
        late.sort(key=lambda each: -end(each[0], start[each[1]]))
        for number, (piece, rows) in enumerate(late):
            left = self.seconds - (perf_counter() - began) if not self.reproducible else self.seconds / 2
            low = max(low, self._exact(piece, rows, start, low, max(left, 0.0) / (len(late) - number)))
        return Times(start, low)

    def _listed(self, piece: Instance, low: int, share: float) -> Ints | None:
        """Return a list schedule of one option of each task, bettered by trial."""
        one, rows = options.first(piece)
        single, members = joint.merged(one)
        seconds = None if self.reproducible else self.seconds * 0.4 * share
        tries = self.tries if not self.reproducible else max(int(self._affordable(len(single)) * share), 50)
        found = Dispatch(tries, seconds, self.seed)(single, low)
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
        return Exact(self.seconds / 4, self.seed, self.workers)(piece, 0, most).start

    def _exact(self, piece: Instance, rows: Rows, start: Ints, low: int, seconds: float) -> int:
        """Better a part by the exact model, and return the bound that it proves."""
        known = end(piece, start[rows])
        if len(piece) > self.exact or seconds < 0.05:
            return low
        solver = Exact(seconds, self.seed, self.workers)
        solved = solver(piece, max(low, bound(piece)), known, start[rows])
        if solved.start is not None and end(piece, solved.start) < known:
            start[rows] = solved.start
        return max(low, min(solved.bound, known))


def _latest(piece: Instance) -> int:
    return max((window[0][0] for window in piece.windows.values() if window), default=0)


def end(piece: Instance, start: Ints) -> int:
    """Return when the last task that is done ends."""
    done = start >= 0
    return int((start + piece.duration)[done].max(initial=0))
