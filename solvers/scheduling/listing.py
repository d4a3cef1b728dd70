"""List scheduling of an instance, and its improvement by trying other orders; numba does the work."""

from dataclasses import dataclass, replace
from functools import cached_property
from time import perf_counter

import numpy as np

from models.arrays import Floats, Ints
from solvers.scheduling.instance import DURING, FROM_START, UNTIL_END, Instance

SCALE = 1 << 40
"""Ranks are shares of this."""


@dataclass(frozen=True, eq=False)
class Lists:
    """An instance as the arrays that the kernel takes."""

    instance: Instance

    @cached_property
    def arrays(self) -> tuple[Ints, ...]:
        """What does not change in a run, from `use_at` to `taken`."""
        own = self.instance
        tasks, resources = len(own), len(own.capacity)
        order = np.argsort(own.before, kind="stable")
        windows = [(task, *each) for task in sorted(own.windows) for each in own.windows[task]]
        taken = [(resource, *each) for resource in sorted(own.taken) for each in own.taken[resource]]
        window, held = (np.array(rows, np.int64).reshape(-1, wide) for rows, wide in ((windows, 3), (taken, 4)))
        return tuple(
            np.ascontiguousarray(each, np.int64)
            for each in (
                _offsets(own.use_task, tasks),
                own.use_resource,
                own.use_amount,
                own.use_span,
                own.capacity,
                _offsets(own.before[order], tasks),
                own.behind[order],
                _offsets(window[:, 0], tasks),
                window[:, 1],
                window[:, 2],
                _offsets(held[:, 0], resources),
                held[:, 1],
                held[:, 2],
                held[:, 3],
            )
        )

    @cached_property
    def waits(self) -> Ints:
        """For how many others each task waits. Shape (tasks,)."""
        return np.bincount(self.instance.behind, minlength=len(self.instance)).astype(np.int64)

    def run(self, rank: Ints) -> Ints:
        """Return the start of each task, -1 for those that no room can be had for. [ticks] Shape (tasks,)."""
        from solvers.kernels import listing as kernel

        own = self.instance
        start = np.full(len(own), -1, np.int64)
        moves = int(own.counted.sum()) + 1
        kernel.run(0, moves, start, own.level.copy(), rank, own.duration, own.counted, self.waits.copy(), *self.arrays)
        return start


def _offsets(sorted_rows: Ints, size: int) -> Ints:
    return np.concatenate([[0], np.cumsum(np.bincount(sorted_rows, minlength=size))])


def finish(instance: Instance, start: Ints) -> int:
    """Return when the last task has ended."""
    return int((start + instance.duration).max(initial=0))


def ranks(key: Floats) -> Ints:
    """Return ranks in the order of a key, the least first, spread over the whole scale."""
    found = np.empty(len(key), np.int64)
    found[np.argsort(key, kind="stable")] = np.arange(1, len(key) + 1) * (SCALE // (len(key) + 1))
    return found


def urgency(instance: Instance) -> list[Floats]:
    """Return orders to try, the least value first: as given, by how loaded what a task uses is, by tail."""
    own = instance
    passing = own.use_span == DURING
    work = np.where(passing, own.use_amount * own.duration[own.use_task], 0)
    load = np.bincount(own.use_resource, work, minlength=len(own.capacity)) / np.maximum(own.capacity, 1)
    worst = np.zeros(len(own))
    total = np.zeros(len(own))
    np.maximum.at(worst, own.use_task, np.where(passing, load[own.use_resource], 0.0))
    np.add.at(total, own.use_task, np.where(passing, load[own.use_resource], 0.0))
    gives = np.zeros(len(own))
    np.add.at(gives, own.use_task, np.where(own.use_span == UNTIL_END, 1.0, 0.0))
    np.add.at(gives, own.use_task, np.where(own.use_span == FROM_START, -1.0, 0.0))
    length = own.duration + own.tail
    top = max(float(load.max(initial=0.0)), 1.0)
    return [
        np.arange(len(own), dtype=np.float64),
        -(worst + length),
        -(total + length),
        -(own.tail * top + own.duration),
        -(gives * top + worst + length),
    ]


def reverse(instance: Instance) -> Instance:
    """Return the instance with time running backwards; windows and what is taken have no mirror image."""
    own = instance
    span = np.where(own.use_span == FROM_START, UNTIL_END, np.where(own.use_span == UNTIL_END, FROM_START, DURING))
    return replace(own, use_span=span, before=own.behind, behind=own.before)


@dataclass(frozen=True)
class Dispatch:
    """
    List schedules in several orders, and better ones by trial.

    Parameters
    ----------
    tries
        Orders to try at most.
    seconds
        Time after which to stop; None: only after the tries, so that the result is reproducible. [s]
    seed
        Of the trials.
    """

    tries: int = 2000
    seconds: float | None = None
    seed: int = 1

    def __call__(self, instance: Instance, target: int) -> Ints | None:
        """Return the start of each task, so that as little as can be ends after the target; None if no order is found."""
        began = perf_counter()
        lists = Lists(instance)
        found = [(rank, lists.run(rank)) for rank in map(ranks, urgency(instance))]
        found = [(rank, start) for rank, start in found if (start >= 0).all()]
        if not found:
            return None
        rank, start = min(found, key=lambda each: _late(instance, each[1], target))
        rank, start = self._justified(lists, rank, start, target)
        return self._tried(lists, rank, start, target, began)

    def _justified(self, lists: Lists, rank: Ints, start: Ints, target: int) -> tuple[Ints, Ints]:
        """Run time backwards and forwards again: what ends last goes first."""
        own = lists.instance
        if own.windows or own.taken:
            return rank, start
        mirror = Lists(reverse(own))
        for _ in range(6):
            back = mirror.run(ranks(-(start + own.duration).astype(np.float64)))
            if (back < 0).any():
                break
            order = ranks(-(back + own.duration).astype(np.float64))
            again = lists.run(order)
            if (again < 0).any() or _late(own, again, target) >= _late(own, start, target):
                break
            rank, start = order, again
        return rank, start

    def _tried(self, lists: Lists, rank: Ints, start: Ints, target: int, began: float) -> Ints:
        from solvers.kernels import dispatching as kernel

        own = lists.instance
        kernel.sow(self.seed)
        shown, spread = np.zeros(1, np.int64), np.array([3], np.int64)
        left = self.tries
        batch = max(1, min(200, 100_000 // max(len(own), 1)))
        while left > 0 and (self.seconds is None or perf_counter() - began < self.seconds):
            late = kernel.better(
                0, min(batch, left), target, start, own.level, rank, own.tail, own.duration,
                own.counted, lists.waits, *lists.arrays, shown, spread,
            )  # fmt: skip
            if late == 0:
                break
            left -= batch
        return start


def _late(instance: Instance, start: Ints, target: int) -> tuple[int, int]:
    over = np.maximum(start + instance.duration + instance.tail - target, 0)
    return int(over.sum()), finish(instance, start)
