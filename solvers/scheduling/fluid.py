"""
A bound for tasks that share something with what stands: a linear program over time, in which tasks flow.

A budget of power is used by moves while they run, by hosts from their boot on, and by others until they are shut
down: an early boot leaves less for moves, and moves must be over before a shutdown gives something back. No load over
a capacity tells that. In the program every task may start in fractions; tasks that are alike do so alike.
"""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from time import perf_counter
from typing import Any

import numpy as np

from models.arrays import Mask
from solvers.scheduling.alike import Classes
from solvers.scheduling.instance import DURING, FROM_START, UNTIL_END, Instance

MOST_VARIABLES = 6000
"""Classes times moments up to which each tick is a moment; above it, ticks are drawn together."""
LEAST_MOMENTS = 100
"""Moments that are too few for a bound of use."""
SURE = 1e-4
"""Share of a capacity by which it must be exceeded at least, for a time to be proven too short."""


def standing(instance: Instance) -> Mask:
    """Return the resources that some tasks use while they run, and others before or after. Shape (resources,)."""
    passing, stays = (np.zeros(len(instance.capacity), np.bool_) for _ in range(2))
    passing[instance.use_resource[instance.use_span == DURING]] = True
    stays[instance.use_resource[instance.use_span != DURING]] = True
    return passing & stays & instance.scarce


def bound(instance: Instance, low: int, high: int, seconds: float | None = None) -> int:
    """
    Return a time below which no schedule ends, from what is proven to what is reached, in ticks.

    A time is too short if in the program for it a capacity that is shared with what stands is exceeded [1]_. After so
    many seconds no other time is tried; what is proven then does not depend on the input alone.

    References
    ----------
    .. [1] J. M. van den Akker, C. A. J. Hurkens, M. W. P. Savelsbergh, "Time-indexed formulations for machine
       scheduling problems," INFORMS Journal on Computing 12(2), 2000.
    """
    own = instance
    if low >= high or own.option is not None or own.together or own.taken or not standing(own).any():
        return low
    classes = Classes(own)
    grain = max(-(-high * len(classes.tasks) // MOST_VARIABLES), 1)
    if high // grain < LEAST_MOMENTS:
        return low
    # What ends before `grain * (ends + 1)` ends within so many moments.
    ends, most = low // grain, high // grain
    began = perf_counter()
    while ends < most and (seconds is None or perf_counter() - began < seconds):
        tried = (ends + most) // 2
        if _Program(classes, grain, tried).exceeds():
            ends = tried + 1
        else:
            most = tried
    return max(low, ends * grain)


class _Program:
    """
    Which share of each class has started by each moment, if all is over within so many moments.

    What is held in a moment is what is held at its end; durations in moments are rounded down.
    """

    def __init__(self, classes: Classes, grain: int, ends: int) -> None:
        from ortools.linear_solver import pywraplp

        own = self.own = classes.instance
        self.of, self.ends, self.lasts, self.shared = classes.of, ends, own.duration // grain, standing(own)
        self.first, self.last = own.head // grain, ends - self.lasts - own.tail // grain
        self.lp = pywraplp.Solver.CreateSolver("GLOP")  # type: ignore[no-untyped-call]
        self.excess = self.lp.NumVar(0.0, self.lp.infinity(), "")
        self.uses = {int(row): self._uses(int(row), classes) for row in classes.resources}
        queues = [queue for row in classes.resources for queue in self._queues(int(row))]
        self.started = {int(self.of[task]): self._started(int(task)) for task in classes.tasks}
        for row in classes.resources:
            self._resource(int(row))
        for task in classes.tasks:
            self._order(int(task))
        for queue in queues:
            self._queue(*queue)
        self.lp.Minimize(self.excess)

    def exceeds(self) -> bool:
        """Return whether what is shared with what stands is too little in every solution."""
        from ortools.linear_solver import pywraplp

        if (self.first > self.last).any():
            return True
        least = SURE * float(self.own.capacity[self.shared].max())
        return bool(self.lp.Solve() == pywraplp.Solver.OPTIMAL and self.lp.Objective().Value() > least)

    def _uses(self, resource: int, classes: Classes) -> dict[tuple[int, int], float]:
        """Return how much of a resource a class holds together, by its first task and when."""
        own, sums = self.own, dict[tuple[int, int], float]()
        for use in np.flatnonzero(own.use_resource == resource):
            key = int(classes.tasks[self.of[own.use_task[use]]]), int(own.use_span[use])
            sums[key] = sums.get(key, 0.0) + float(own.use_amount[use])
        return sums

    def _started(self, task: int) -> list[Any]:
        """Return the shares of a class that have started by the moments between its first and its last."""
        shares = [self.lp.NumVar(0.0, 1.0, "") for _ in range(int(self.first[task]), int(self.last[task]))]
        for one, two in pairwise(shares):
            self._row([(one, 1.0), (two, -1.0)], 0.0)
        return shares

    def _row(self, terms: Iterable[tuple[Any, float]], most: float, *, equal: bool = False) -> None:
        """Note that a sum is at most so much, or just that; terms without a variable are constants."""
        sums: dict[Any, float] = {}
        for variable, factor in terms:
            sums[variable] = sums.get(variable, 0.0) + factor
        most -= sums.pop(None, 0.0)
        row = self.lp.Constraint(most if equal else -self.lp.infinity(), most)
        for variable, factor in sums.items():
            row.SetCoefficient(variable, factor)

    def _by(self, task: int, moment: int, factor: float) -> list[tuple[Any, float]]:
        """Return the term of the share of a task's class that has started by a moment."""
        if moment < self.first[task]:
            return []
        if moment >= self.last[task]:
            return [(None, factor)]
        return [(self.started[int(self.of[task])][moment - int(self.first[task])], factor)]

    def _held(self, resource: int, moment: int) -> Iterator[tuple[Any, float]]:
        """Yield the terms of what is held of a resource."""
        for (task, span), amount in self.uses[resource].items():
            yield from [(None, amount)] if span == UNTIL_END else self._by(task, moment, amount)
            if span != FROM_START:
                yield from self._by(task, moment - int(self.lasts[task]), -amount)

    def _resource(self, resource: int) -> None:
        most = float(max(self.own.capacity[resource], self.own.level[resource]))
        extra = [(self.excess, -1.0)] if self.shared[resource] else []
        for moment in range(self.ends):
            self._row([*self._held(resource, moment), *extra], most)

    def _order(self, task: int) -> None:
        """Note that a task starts after those that it waits for."""
        for before in self.own.before[self.own.behind == task].tolist():
            for moment in range(int(self.first[task]), min(int(self.last[task]) + 1, self.ends)):
                started = self._by(before, moment - int(self.lasts[before]), -1.0)
                self._row([*self._by(task, moment, 1.0), *started], 0.0)

    def _queues(self, resource: int) -> list[tuple[int, int, int, bool]]:
        """Return tasks that all work on a resource waits for, or that wait for all of it, and how long it takes."""
        own, uses = self.own, np.flatnonzero(self.own.use_resource == resource)
        if (own.use_span[uses] != DURING).any():
            return []
        tasks = own.use_task[uses]
        work, capacity = int((own.use_amount[uses] * self.lasts[tasks]).sum()), int(own.capacity[resource])
        found = []
        for gate in _shared([set(own.before[own.behind == task].tolist()) for task in tasks]):
            latest = self.last[tasks] + self.lasts[tasks]
            ends = int(latest.max()) - -(-work // capacity) - int(self.lasts[gate])
            self.last[self.of == self.of[gate]] = min(int(self.last[gate]), ends)
            found.append((resource, gate, -(-work // capacity), False))
        for gate in _shared([set(own.behind[own.before == task].tolist()) for task in tasks]):
            begins = int(self.first[tasks].min()) + -(-work // capacity)
            self.first[self.of == self.of[gate]] = max(int(self.first[gate]), begins)
            found.append((resource, gate, work // capacity, True))
        return found

    def _queue(self, resource: int, gate: int, moments: int, ahead: bool) -> None:
        """
        Note how much of the work on a resource can be done by a moment, or must be.

        What one task opens to all users is at most worked on without a break from then on, until it is done; and
        before a task that waits for all of them starts, they have done all.
        """
        capacity, lasts = float(self.own.capacity[resource]), int(self.lasts[gate])
        spare: Any = None
        for moment in range(self.ends):
            first, last = (moment + moments, moment) if ahead else (moment - lasts, moment - lasts - moments)
            sign = -1.0 if ahead else 1.0
            terms = [(variable, -sign * factor) for variable, factor in self._held(resource, moment)]
            terms += self._by(gate, first, sign * capacity) + self._by(gate, last, -sign * capacity)
            left = self.lp.NumVar(0.0, self.lp.infinity(), "")
            self._row([*terms, (left, -1.0), *([(spare, 1.0)] if spare is not None else [])], 0.0, equal=True)
            spare = left


def _shared(sets: list[set[int]]) -> list[int]:
    return sorted(set.intersection(*sets)) if sets else []
