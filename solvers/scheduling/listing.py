"""List scheduling of an instance, and its improvement by trying other orders; numba does the work."""

from dataclasses import dataclass
from functools import cached_property
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from models.arrays import Floats, Ints
from solvers.scheduling.instance import DURING, FROM_START, UNTIL_END, Instance

Words = NDArray[np.uint64]

MIXES = 60
"""Mixed orders that are tried before one is bettered."""
SCALE = 1 << 40
"""Ranks are shares of this."""
OPENS = 8
"""Which of the arrays of a list says when windows open."""


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
                offsets(own.use_task, tasks),
                own.use_resource,
                own.use_amount,
                own.use_span,
                own.capacity,
                offsets(own.before[order], tasks),
                own.behind[order],
                offsets(window[:, 0], tasks),
                window[:, 1],
                window[:, 2],
                offsets(held[:, 0], resources),
                held[:, 1],
                held[:, 2],
                held[:, 3],
            )
        )

    @cached_property
    def waits(self) -> Ints:
        """For how many others each task waits. Shape (tasks,)."""
        return np.bincount(self.instance.behind, minlength=len(self.instance)).astype(np.int64)

    def run(self, rank: Ints, opens: Ints | None = None) -> Ints:
        """
        Return the start of each task, -1 for those that no room can be had for. [ticks] Shape (tasks,).

        Windows open as they do, or at other times: `opens`, in the order of their tasks.
        """
        from solvers.kernels import listing as kernel

        own, arrays = self.instance, self.arrays
        start = np.full(len(own), -1, np.int64)
        moves = int(own.counted.sum()) + 1
        if opens is not None:
            arrays = (*arrays[:OPENS], opens, *arrays[OPENS + 1 :])
        kernel.run(0, moves, start, own.level.copy(), rank, own.duration, own.counted, self.waits.copy(), *arrays)
        return start

    def better(self, tries: int, target: int, random: Words, start: Ints, rank: Ints, *, polish: bool = False) -> int:
        """Try other ranks; `start` and `rank` become those of the best. Return by how much the target is missed."""
        from solvers.kernels import dispatching as kernel

        own = self.instance
        missed: int = kernel.better(
            tries, target, int(polish), random, start, own.level, rank, own.tail, own.duration, own.counted,
            self.waits, *self.arrays,
        )  # fmt: skip
        return missed


def offsets(rows: Ints, size: int) -> Ints:
    """Return where the rows of each number begin once they are sorted, and where the last of them end."""
    return np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=size))])


def finish(instance: Instance, start: Ints) -> int:
    """Return when the last task has ended."""
    return int((start + instance.duration).max(initial=0))


def ranks(key: Floats) -> Ints:
    """Return ranks in the order of a key, the least first, spread over the whole scale."""
    found = np.empty(len(key), np.int64)
    found[np.argsort(key, kind="stable")] = np.arange(1, len(key) + 1) * (SCALE // (len(key) + 1))
    return found


class Urgency:
    """
    Orders to try, the least value first: by the load of what a task uses, its length, and what must follow it.

    A mix orders by the load of the most loaded resource and of all of them; or by the work that is left on them once
    its turn comes if each serves its own in that order. Which mix is best differs from instance to instance.
    """

    def __init__(self, instance: Instance) -> None:
        own = self.instance = instance
        passing = np.flatnonzero(own.use_span == DURING)
        self.tasks, self.resources = own.use_task[passing], own.use_resource[passing]
        self.work = own.use_amount[passing] * own.duration[self.tasks] / np.maximum(own.capacity[self.resources], 1)
        load = np.bincount(self.resources, self.work, minlength=len(own.capacity))
        self.worst, self.total, self.gives = np.zeros(len(own)), np.zeros(len(own)), np.zeros(len(own))
        np.maximum.at(self.worst, self.tasks, load[self.resources])
        np.add.at(self.total, self.tasks, load[self.resources])
        np.add.at(self.gives, own.use_task, np.select([own.use_span == UNTIL_END, own.use_span == FROM_START], [1, -1]))

    def plain(self) -> list[Floats]:
        """Return the orders that are always tried: as given, and by load, length, tail and room given back."""
        own, load = self.instance, self.worst + self.instance.duration + self.instance.tail
        top = max(float(self.worst.max(initial=0.0)), 1.0)
        return [
            np.arange(len(own), dtype=np.float64),
            -load,
            -(self.total + own.duration + own.tail),
            np.asarray(-(own.tail * top + own.duration), np.float64),
            -(self.gives * top + load),
        ]

    def mixed(self, random: np.random.Generator) -> Floats:
        """Return a mix."""
        own = self.instance
        key = self.worst + random.choice([0.0, 0.03, 0.1, 0.3, 1.0]) * self.total + random.uniform(-1, 1) * own.duration
        way = int(random.integers(3))
        if way < 2:
            key = _left(self.tasks, self.resources, self.work, -key[self.tasks], len(own))[way]
        return np.asarray(-(key + own.tail), np.float64)


def _left(tasks: Ints, resources: Ints, work: Floats, key: Floats | Ints, size: int) -> tuple[Floats, Floats]:
    """Return the work left on each task's resources if each serves its own by the key: the most, and the sum."""
    order = np.lexsort((key, resources))
    served = np.cumsum(work[order])
    new = np.append(True, resources[order][1:] != resources[order][:-1])[: len(order)]
    before = np.maximum.accumulate(np.where(new, served - work[order], 0.0))
    load = np.bincount(resources, work, minlength=int(resources.max(initial=0)) + 1)
    left = load[resources[order]] - (served - work[order] - before)
    most, total = np.zeros(size), np.zeros(size)
    np.maximum.at(most, tasks[order], left)
    np.add.at(total, tasks[order], left)
    return most, total


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
    polish
        Orders to try for earlier ends once the target is met, or no more are tried to meet it.
    """

    tries: int = 2000
    seconds: float | None = None
    seed: int = 1
    polish: int = 0

    def __call__(self, instance: Instance, target: int) -> Ints | None:
        """Return the start of each task, so that little ends after the target; None if no order is found."""
        began = perf_counter()
        from solvers.scheduling.justified import Justified

        lists, orders, justified = Lists(instance), Urgency(instance), Justified(instance)
        found = [(rank, lists.run(rank)) for rank in map(ranks, orders.plain())]
        found = [(rank, start) for rank, start in found if (start >= 0).all()]
        if not found:
            return None
        best = min(found, key=lambda each: _late(instance, each[1], target))
        best = best[0], _better(instance, best[1], justified(best[1]), target)
        random = np.random.default_rng(self.seed)
        for _ in range(min(MIXES, self.tries // 5)):
            late = _late(instance, best[1], target)
            if late[0] == 0 or (self.seconds and perf_counter() - began > self.seconds / 3):
                break
            rank = ranks(orders.mixed(random))
            start = lists.run(rank)
            if (start < 0).any():
                continue
            start = _better(instance, start, justified(start), target)
            if _late(instance, start, target) < late:
                best = rank, start
        rank, start = best
        return self._tried(lists, rank, start, target, began)

    def _tried(self, lists: Lists, rank: Ints, start: Ints, target: int, began: float) -> Ints:
        """Try orders until the target is met, then for a while those with earlier ends."""
        random = np.array([mixed_seed(self.seed)], np.uint64)
        left, batch = self.tries, max(1, min(200, 100_000 // max(len(lists.instance), 1)))
        while left > 0 and self._in_time(began):
            if lists.better(min(batch, left), target, random, start, rank) == 0:
                break
            left -= batch
        polish = min(self.polish, left)
        if polish > 0 and self._in_time(began):
            lists.better(polish, max(target, finish(lists.instance, start)), random, start, rank, polish=True)
        return start

    def _in_time(self, began: float) -> bool:
        return self.seconds is None or perf_counter() - began < self.seconds


def mixed_seed(seed: int) -> int:
    """Return a word that is not zero, different for each seed."""
    return (seed * 0x9E3779B97F4A7C15 + 0x2545F4914F6CDD1D) % (1 << 64) | 1


def _better(instance: Instance, one: Ints, two: Ints, target: int) -> Ints:
    return two if _late(instance, two, target) < _late(instance, one, target) else one


def _late(instance: Instance, start: Ints, target: int) -> tuple[int, int]:
    over = np.maximum(start + instance.duration + instance.tail - target, 0)
    return int(over.sum()), finish(instance, start)
