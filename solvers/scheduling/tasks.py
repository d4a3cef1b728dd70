"""From a transition to tasks: moves, boots and shutdowns, and what they use of hosts, links, budgets and rules."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from models.arrays import NOWHERE, Ints, Rows
from models.plan import MEMORY, Transition
from models.problem import Problem
from models.rules import Lonely, Overbook, ResourceCapacity, RunningCapacity, Split, Spread
from solvers.jobs import Job
from solvers.relations import Relations, compiled
from solvers.scheduling import orders, shared, timed
from solvers.scheduling.instance import FROM_START, UNTIL_END, Builder, Instance

CONTINUOUS = (Spread, RunningCapacity, ResourceCapacity, Overbook, Split, Lonely)
"""Rules that couple VMs and that hold at every moment if they are continuous."""
MS = 1000
"""Milliseconds a second; and thousandths of whatever else is counted."""


@dataclass(frozen=True, eq=False)
class Tasks:
    """
    A transition's jobs as an instance.

    Parameters
    ----------
    transition
        From where to where.
    relations
        Its rules that hold at every moment.
    jobs
        The moves; the legs of one VM follow each other.
    now
        The host of each VM when they begin. Shape (vms,).
    boots, shutdowns
        Hosts that are booted and shut down meanwhile; they are tasks after those of the jobs, in this order.
    ready
        For hosts that boot before, when they are ready, counted from the start of the plan. [ms]
    since_ms
        When the jobs may begin, counted from the start of the plan. [ms]
    grain
        How long a tick is; 0: the longest that all times are whole numbers of. [ms]
    rounds
        How often spans that recur are laid out from then on.
    """

    transition: Transition
    relations: Relations
    jobs: Sequence[Job]
    now: Ints
    boots: Sequence[int] = ()
    shutdowns: Sequence[int] = ()
    ready: dict[int, int] | None = None
    since_ms: int = 0
    grain: int = 0
    rounds: int = timed.ROUNDS

    @cached_property
    def tick_ms(self) -> int:
        """How long a tick is, in ms."""
        if self.grain:
            return self.grain
        times = np.array([*self._durations_ms(), *(self.ready or {}).values(), *timed.moments_ms(self.transition)])
        times = np.append(times, [self.since_ms, round(self.transition.limits.pause_s * MS)])
        return max(int(np.gcd.reduce(times.astype(np.int64))), 1)

    def _durations_ms(self) -> Iterator[int]:
        transition = self.transition
        yield from (milliseconds(job.duration_s) for job in self.jobs)
        yield from (milliseconds(float(transition.boot_s[host])) for host in self.boots)
        yield from (milliseconds(float(transition.shutdown_s[host])) for host in self.shutdowns)

    @cached_property
    def instance(self) -> Instance:
        """The tasks: one for each job, boot and shutdown."""
        builder = Builder()
        moves = len(self.jobs)
        self._power(builder)
        for use in (shared.slots, shared.network, shared.budgets):
            use(builder, self.transition, self.jobs)
        _rooms(builder, self.transition, self.jobs, self.now, self.relations.capacity)
        _rules(builder, self.relations, self.jobs, self.now)
        self._order(builder)
        builder.pairs += orders.chained(self.transition.problem, self.jobs, self.now, builder.pairs)
        duration = [each // self.tick_ms for each in self._durations_ms()]
        counted = [1] * moves + [0] * (len(self.boots) + len(self.shutdowns))
        extra = timed.applied(builder, self, duration)
        return builder.instance(duration, counted, option=self.option, **extra)

    @cached_property
    def bounding(self) -> dict[int, tuple[int, ...]]:
        """The windows, blackouts and deadlines of each task that has some, as positions among the rules."""
        return timed.bounding(self)

    @cached_property
    def of_vm(self) -> Mapping[int, Sequence[int]]:
        """The tasks of each VM that moves."""
        return _grouped((job.vm, task) for task, job in enumerate(self.jobs))

    @cached_property
    def at_host(self) -> Mapping[int, Sequence[int]]:
        """The tasks from, to and of each host."""
        moves = ((host, task) for task, job in enumerate(self.jobs) for host in {job.source, job.destination})
        powered = ((host, len(self.jobs) + row) for row, host in enumerate((*self.boots, *self.shutdowns)))
        return _grouped((*moves, *powered))

    @cached_property
    def option(self) -> Ints | None:
        """A number for each task, the same for options of one move; None if there are none. Shape (tasks,)."""
        number: dict[tuple[int, int], int] = {}
        found = [number.setdefault((job.vm, job.leg), len(number)) for job in self.jobs]
        if len(number) == len(self.jobs):
            return None
        powered = len(self.boots) + len(self.shutdowns)
        return np.array([*found, *(len(number) + np.arange(powered))], np.int64)

    def _order(self, builder: Builder) -> None:
        """Note who waits for whom: moves for boots, shutdowns for moves, second legs of ways round for the first."""
        moves = len(self.jobs)
        boot = {host: moves + row for row, host in enumerate(self.boots)}
        shut = {host: moves + len(boot) + row for row, host in enumerate(self.shutdowns)}
        first = {job.vm: task for task, job in enumerate(self.jobs) if job.leg == 0}
        for task, job in enumerate(self.jobs):
            if job.leg and job.vm in first:
                builder.pairs.append((first[job.vm], task))
            builder.pairs += [(boot[host], task) for host in (job.source, job.destination) if host in boot]
            builder.pairs += [(task, shut[host]) for host in (job.source, job.destination) if host in shut]

    def _power(self, builder: Builder) -> None:
        """Note what boots, shutdowns and moves draw, for each budget of power."""
        draw = self.transition.draw
        if draw is None:
            return
        problem, moves = self.transition.problem, len(self.jobs)
        moved = {*self.boots, *self.shutdowns}
        steady = problem.on.copy()
        steady[list(moved)] = False
        base = float(draw.host_w[steady].sum() + draw.vm_w.sum())
        for key, budget in timed.budgets(self.transition):
            room = int(np.floor((budget.watts - base) * MS))
            if budget.from_s > 0 or np.isfinite(budget.until_s):
                room = timed.NO_LIMIT
            else:
                room = max(room, sum(int(np.ceil(draw.host_w[host] * MS)) for host in self.shutdowns))
            for task, job in enumerate(self.jobs):
                builder.use(task, key, room, int(np.ceil(migration_w(self.transition, job) * MS)))
            for row, host in enumerate(self.boots):
                builder.use(moves + row, key, room, int(np.ceil(draw.host_w[host] * MS)), FROM_START)
                builder.use(moves + row, key, room, int(np.ceil(draw.boot_w[host] * MS)))
            for row, host in enumerate(self.shutdowns):
                amount = int(np.ceil(draw.host_w[host] * MS))
                builder.use(moves + len(self.boots) + row, key, room, amount, UNTIL_END)


def _grouped(pairs: Iterable[tuple[int, int]]) -> Mapping[int, Sequence[int]]:
    found: dict[int, list[int]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return found


def milliseconds(seconds: float) -> int:
    """Return a time in whole milliseconds, rounded up."""
    return int(np.ceil(seconds * MS - 1e-6))


def migration_w(transition: Transition, job: Job) -> float:
    """Return what a migration draws while it runs, in W."""
    draw = transition.draw
    if draw is None or not job.copies:
        return 0.0
    return float(np.rint(max(job.bandwidth_mbps, job.storage_mbps) // draw.mbps_per_w + draw.migration_w))


def continuous(problem: Problem) -> Problem:
    """Return the problem with only the rules that must hold at every moment and couple VMs."""
    binding = (rule for rule in problem.rules if rule.continuous and rule.price is None)
    return replace(problem, rules=tuple(rule for rule in binding if isinstance(rule, CONTINUOUS)))


def relations(problem: Problem) -> Relations:
    """Return the rules that hold at every moment as relations over VMs."""
    return compiled(continuous(problem))


def _rooms(builder: Builder, transition: Transition, jobs: Sequence[Job], now: Ints, limit: Ints) -> None:
    """Note what a moving VM takes of each dim on both hosts: on its source to the end, on its target from the start."""
    problem = transition.problem
    load = problem.load(now)
    free = limit - load
    leaving = np.zeros_like(load)
    memory = np.array([name.partition("@")[0] == MEMORY for name in problem.dims])
    seen: set[tuple[int, int]] = set()
    need = [
        {host: problem.seated[problem.kind[host], job.vm] for host in (job.source, job.destination) if host != NOWHERE}
        for job in jobs
    ]
    for job, needs in zip(jobs, need, strict=True):
        if job.source not in (NOWHERE, job.destination) and (job.vm, job.leg) not in seen:
            leaving[job.source] += needs[job.source]
            seen.add((job.vm, job.leg))
        elif job.source == job.destination != NOWHERE and job.balloon_mib:
            leaving[job.source] += np.where(memory, job.balloon_mib, 0)
    room = np.maximum(free + leaving, 0)
    for task, (job, needs) in enumerate(zip(jobs, need, strict=True)):
        for dim in range(len(problem.dims)):
            if (less := (job.balloon_mib or job.back_mib) if memory[dim] else 0) or job.source == job.destination:
                _shrunk(builder, job, task, dim, room, needs, less)
                continue
            for host, span in ((job.source, UNTIL_END), (job.destination, FROM_START)):
                if host != NOWHERE:
                    builder.use(task, ("room", host, dim), int(room[host, dim]), int(needs[host][dim]), span)


def _shrunk(builder: Builder, job: Job, task: int, dim: int, room: Ints, needs: dict[int, Ints], less: int) -> None:
    """Note that a VM enters with less memory than it is given, gives some up where it is, or is given it back."""
    host, source = job.destination, job.source
    if host == source and not job.back_mib:
        builder.use(task, ("room", host, dim), int(room[host, dim]), less, UNTIL_END)
        return
    amount = less if job.back_mib else max(int(needs[host][dim]) - less, 0)
    builder.use(task, ("room", host, dim), int(room[host, dim]), amount, FROM_START)
    if not job.back_mib:
        builder.use(task, ("room", source, dim), int(room[source, dim]), int(needs[source][dim]), UNTIL_END)


def _rules(builder: Builder, bound: Relations, jobs: Sequence[Job], now: Ints) -> None:
    """Note what moves take of sums per place, and who must leave a place before others come."""
    vms = np.array([job.vm for job in jobs], np.int64)
    for index, relation in enumerate(bound.at_most):
        rows = np.flatnonzero(relation.weight[vms] > 0).tolist()
        if not rows:
            continue
        places = int(relation.place.max(initial=-1)) + 1
        here = np.where(now != NOWHERE, relation.place[now], -1)
        held = np.bincount(here[here >= 0], relation.weight[here >= 0], minlength=places).astype(np.int64)
        uses = [each for task in rows for each in _crossing(np.asarray(relation.place, np.int64), task, jobs[task])]
        leaving = np.zeros(places, np.int64)
        for place, vm, _ in {(place, jobs[task].vm, jobs[task].leg) for task, place, span in uses if span == UNTIL_END}:
            leaving[place] += relation.weight[vm]
        room = np.maximum(relation.most - held + leaving, 0)
        for task, place, span in uses:
            builder.use(task, ("rule", index, place), int(room[place]), int(relation.weight[jobs[task].vm]), span)
    for apart in bound.apart:
        rows = np.flatnonzero(apart.part[vms] >= 0).tolist()
        if rows:
            _apart(builder, apart.part, np.asarray(apart.place, np.int64), jobs, rows)


def _crossing(place: Ints, task: int, job: Job) -> Iterator[tuple[int, int, int]]:
    """Yield the places that a move leaves and enters; a move within one place is neither."""
    left = int(place[job.source]) if job.source != NOWHERE else -1
    entered = int(place[job.destination]) if job.destination != NOWHERE else -1
    if left == entered:
        return
    if left >= 0:
        yield task, left, UNTIL_END
    if entered >= 0:
        yield task, entered, FROM_START


def _apart(builder: Builder, part: Ints | Rows, place: Ints, jobs: Sequence[Job], rows: Sequence[int]) -> None:
    """Note that a VM enters a place only once those of other parts have left it; rows are the jobs of their VMs."""
    leaves: dict[int, list[int]] = {}
    enters: dict[int, list[int]] = {}
    for task in rows:
        job = jobs[task]
        if job.source == job.destination:
            continue
        if job.source != NOWHERE:
            leaves.setdefault(int(place[job.source]), []).append(task)
        if job.destination != NOWHERE:
            enters.setdefault(int(place[job.destination]), []).append(task)
    for where, coming in enters.items():
        for task in coming:
            for other in leaves.get(where, ()):
                if part[jobs[other].vm] != part[jobs[task].vm]:
                    builder.pairs.append((other, task))
