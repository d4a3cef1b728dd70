"""
List schedules in which some tasks are put off: those that hold on what others need only for a while.

A list starts all that it can at once. Where a host that boots takes power until the end, that leaves too little for
moves, whose ends would give more back: when it is best booted is searched for by annealing, with the order of all.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from time import perf_counter

import numpy as np

from models.arrays import Floats, Ints
from solvers.scheduling.fluid import standing
from solvers.scheduling.instance import FROM_START, Instance
from solvers.scheduling.listing import OPENS, Lists, finish, ranks

FOREVER = 1 << 40
"""A window that does not close. [ticks]"""
WEIGHT = 2
"""Ticks of lateness of single tasks that one tick of the makespan is worth."""
WARM = 0.02
"""Temperature at the beginning, as a share of the makespan; it falls to nothing in proportion to what is left."""
PUT_OFF = 0.35
"""Share of trials that change when a task may start; the others change the order."""
STEP, NEAR = 0.04, 0.7
"""By how much a start is put off or back, as a share of the makespan: one standard deviation; and how often."""
SWAPPED = 0.5
"""Share of other orders in which two tasks change places; in the rest one is brought forward."""


@dataclass(frozen=True)
class Delays:
    """
    Betters a schedule by annealing [1]_.

    Parameters
    ----------
    tries
        Schedules to try at most.
    seconds
        Time after which to stop; None: only after the tries, so that the result is reproducible. [s]
    seed
        Of the trials.

    References
    ----------
    .. [1] S. Kirkpatrick, C. D. Gelatt, M. P. Vecchi, "Optimization by simulated annealing," Science 220, 1983.
    """

    tries: int
    seconds: float | None = None
    seed: int = 1

    def __call__(self, instance: Instance, start: Ints, target: int) -> Ints:
        """Return the start of each task in the shortest schedule found, as soon as none ends after the target."""
        trial = _Trial(instance, target)
        if not len(trial.tasks):
            return start
        key = np.argsort(np.argsort(start, kind="stable"), kind="stable").astype(np.float64)
        release = np.zeros(len(trial.tasks), np.int64)
        best, now = start, trial.cost(start)
        random = np.random.default_rng(self.seed)
        for left in self._left():
            if trial.end(best) <= target:
                break
            other, later = trial.changed(key, release, best, random)
            found = trial.run(other, later)
            cost = trial.cost(found)
            if cost <= now or random.random() < np.exp((now - cost) / (WARM * left * trial.end(best) + 1e-9)):
                key, release, now = other, later, cost
                if trial.end(found) < trial.end(best):
                    best = found
        return best

    def _left(self) -> Iterator[float]:
        """Yield for each trial how much of the trials, or of the time, is left."""
        began = perf_counter()
        for number in range(self.tries):
            left = 1 - number / self.tries
            if self.seconds is not None:
                left = 1 - (perf_counter() - began) / self.seconds
                if left <= 0:
                    return
            yield left


@dataclass(frozen=True, eq=False)
class _Trial:
    """Schedules of one instance by order and by when some tasks may start."""

    instance: Instance
    target: int

    @cached_property
    def tasks(self) -> Ints:
        """The tasks that are put off; none that has windows of its own. Shape (delayed,)."""
        own = self.instance
        stays = (own.use_span == FROM_START) & standing(own)[own.use_resource]
        return np.setdiff1d(own.use_task[stays], np.array(sorted(own.windows), np.int64))

    @cached_property
    def lists(self) -> Lists:
        """The instance, with a window for each of these tasks."""
        windows = {int(task): ((0, FOREVER),) for task in self.tasks}
        return Lists(replace(self.instance, windows=self.instance.windows | windows))

    @cached_property
    def rows(self) -> Ints:
        """Where among all windows those of these tasks are. Shape (delayed,)."""
        windows = self.lists.instance.windows
        first = np.cumsum([0, *(len(windows[task]) for task in sorted(windows))])
        return first[np.searchsorted(sorted(windows), self.tasks)]

    def run(self, key: Floats, release: Ints) -> Ints:
        """Return the schedule in the order of a key, in which these tasks start at certain times at the earliest."""
        opens = self.lists.arrays[OPENS].copy()
        opens[self.rows] = release
        return self.lists.run(ranks(key), opens)

    def end(self, start: Ints) -> int:
        """Return when the last task has ended."""
        return finish(self.instance, start)

    def cost(self, start: Ints) -> float:
        """Return what to make small: the makespan, and by how much tasks with what follows them are late."""
        if (start < 0).any():
            return np.inf
        late = np.maximum(start + self.instance.duration + self.instance.tail - self.target, 0)
        return float(WEIGHT * self.end(start) + late.sum())

    def changed(self, key: Floats, release: Ints, start: Ints, random: np.random.Generator) -> tuple[Floats, Ints]:
        """Return another order, or other times: a while sooner or later, or when some task ends in the schedule."""
        if random.random() < PUT_OFF:
            later, row = release.copy(), random.integers(len(release))
            ends = start + self.instance.duration
            near = release[row] + round(random.normal(0, STEP * float(ends.max())))
            later[row] = max(near, 0) if random.random() < NEAR else ends[random.integers(len(ends))]
            return key, later
        other, (one, two) = key.copy(), random.integers(len(key), size=2)
        if random.random() < SWAPPED:
            other[[one, two]] = other[[two, one]]
        else:
            other[one] *= random.random()
        return other, release
