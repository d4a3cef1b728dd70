"""
Orders migrations in time: the public door to the scheduler.

A moving VM holds its resources on both hosts from the start of its move to the end. Where nothing can start although
nothing runs, hosts wait for each other's room in a cycle; one VM then goes by way of a third host.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np

from models.arrays import Ints
from models.plan import Plan, Transition
from solvers.jobs import Job, jobs
from solvers.scheduling import assembly
from solvers.scheduling.besides import Besides
from solvers.scheduling.bounds import bound
from solvers.scheduling.composition import Composition
from solvers.scheduling.exact import Exact
from solvers.scheduling.solve import Solve, Times, end
from solvers.scheduling.tasks import MS, Tasks, relations
from solvers.scheduling.waves import Listed, horizon, least_waves, listed, reached, whole

TRIES_S, MOST_TRIES = 20_000, 500
"""Trials of a schedule's tasks a second for what is bettered besides its makespan, for each of some twenty lists."""
WAVES_S, LEAST_TRIES = 10_000, 3
"""Trials of a plan's tasks a second for other waves, and trials at least."""
FAR = 1 << 40
"""Later than any schedule ends. [ticks]"""


@dataclass(frozen=True)
class ListSchedule:
    """Start each move as soon as it can, hosts to be freed first, long moves before short ones."""

    def __call__(self, transition: Transition) -> Plan:
        """Return the plan; moves that no order makes possible are in its `blocked`."""
        found = listed(transition, relations(transition.problem), _first(transition, jobs(transition)))
        return assembly.plan(transition, found, _bound(transition, found))


@dataclass(frozen=True)
class Schedule:
    """
    The shortest plan in the time given, with a proof of how much shorter it could be at most.

    A list schedule comes first, and is kept where its makespan meets the bound. Else orders are tried, and an exact
    model is solved where they miss the bound: for the whole plan, or for each wave by itself.

    Parameters
    ----------
    seconds
        Time for trials and the exact model. [s]
    seed
        Of both.
    workers
        Of the exact model; more than one is not reproducible.
    reproducible
        Stop by counts and deterministic time, not by the clock.
    exact
        Tasks that the exact model is built for at most.
    then
        What else is bettered then, one after the other: names of `models.aims.AIMS`.
    tolerance
        By how much the makespan may get worse for that, as a share.
    only_whole
        Leave a plan as it was first found in which something is blocked: it only tells what cannot be done.
    """

    seconds: float = 5.0
    seed: int = 1
    workers: int = 1
    reproducible: bool = True
    exact: int = 4000
    then: tuple[str, ...] = ()
    tolerance: float = 0.0
    only_whole: bool = False

    def __call__(self, transition: Transition) -> Plan:
        """Return the plan; moves that no order makes possible are in its `blocked`."""
        began, rules = perf_counter(), relations(transition.problem)
        every, proven = jobs(transition), 0
        if _optional(every):
            every, proven = self._chosen(transition, every)
        found = listed(transition, rules, every)
        if found.blocked and any(rule.kind != "PowerBudget" for rule in transition.timing):
            found = self._in_windows(transition, every, found)
        if self.only_whole and found.blocked:
            return assembly.plan(transition, found, proven)
        low = max(_bound(transition, found), proven)
        if horizon_ms(transition, found) > low or self.then:
            left = self.seconds if self.reproducible else max(self.seconds - (perf_counter() - began), 0.5)
            found, low = self._bettered(transition, found, low, left)
        plan = assembly.plan(transition, found, low)
        return replace(plan, reproducible=self.reproducible and self.workers == 1)

    def _solve(self, seconds: float) -> Solve:
        return Solve(seconds, seed=self.seed, workers=self.workers, reproducible=self.reproducible, exact=self.exact)

    def _chosen(self, transition: Transition, every: Sequence[Job]) -> tuple[list[Job], int]:
        """Return the jobs with destinations and rates chosen, and what is proven of the makespan, in ms."""
        tasks = whole(transition, relations(transition.problem), every)
        times = self._solve(self.seconds / 2)(tasks.instance)
        if times is None:
            return _first(transition, every), 0
        chosen = [job for task, job in enumerate(every) if times.start[task] >= 0]
        return chosen, times.bound * tasks.tick_ms

    def _in_windows(self, transition: Transition, every: Sequence[Job], found: Listed) -> Listed:
        """Return a schedule of all moves by the exact model, where windows stop lists; else what was found."""
        limits = transition.limits
        if len(every) > self.exact or (limits.pilot and len(every) > limits.pilot):
            return found
        tasks = replace(whole(transition, found.tasks.relations, every), rounds=found.tasks.rounds)
        own = tasks.instance
        if len(own) > self.exact:
            return found
        last = max((spans[-1][0] for spans in own.windows.values() if spans), default=0)
        most = min(int(own.duration.sum()) + last, FAR)
        solved = Exact(self.seconds / 2, self.seed, self.workers, self.reproducible)(own, bound(own), most)
        if solved.start is None:
            return found
        return Listed(tasks, solved.start, np.ones(len(own), np.int64))

    def _bettered(self, transition: Transition, found: Listed, low: int, seconds: float) -> tuple[Listed, int]:
        """Return a shorter schedule if one is found, and the bound as it is proven, in ms."""
        if int(found.wave.max(initial=1)) > 1:
            return self._waves(transition, self._composed(transition, found, seconds), seconds), low
        tasks = found.tasks
        times = self._solve(seconds)(tasks.instance)
        if times is None or end(tasks.instance, times.start) > end(tasks.instance, found.start):
            times = Times(found.start, low // tasks.tick_ms)
        direct = not any(job.pivot for job in tasks.jobs) and not _optional(jobs(transition)) and not found.blocked
        low = max(low, times.bound * tasks.tick_ms) if direct else low
        start = self._besides(tasks, times.start, seconds)
        return replace(found, start=start, wave=np.ones(len(start), np.int64)), low

    def _besides(self, tasks: Tasks, start: Ints, seconds: float) -> Ints:
        """Return the times bettered in what is asked for besides, in about as much time."""
        if not self.then:
            return start
        tries = min(int(seconds * TRIES_S / max(len(start), 1)), MOST_TRIES)
        return Besides(self.then, self.tolerance, max(tries, 1), self.seed)(tasks, start)

    def _composed(self, transition: Transition, found: Listed, seconds: float) -> Listed:
        """Return other waves of the same moves, if fewer or shorter ones are found."""
        tries = min(max(int(seconds * WAVES_S / max(len(found.start), 1)), LEAST_TRIES), MOST_TRIES)
        start, wave = Composition(tries, self.seed)(transition, found.tasks, found.start, found.wave)
        return replace(found, start=start, wave=wave)

    def _waves(self, transition: Transition, found: Listed, seconds: float) -> Listed:
        """Return the same waves, each of them as short as it can be made; as they were where that fails."""
        tasks, count = found.tasks, int(found.wave.max())
        if transition.timing and any(rule.kind == "PowerBudget" for rule in transition.timing):
            return found
        moves, start = len(tasks.jobs), found.start * tasks.tick_ms
        host, since = tasks.now, 0
        until = (found.start + tasks.instance.duration) * tasks.tick_ms
        ready = {boot: int(until[moves + row]) for row, boot in enumerate(tasks.boots)}
        for wave in range(1, count + 1):
            rows = np.flatnonzero(found.wave[:moves] == wave).tolist()
            own = [tasks.jobs[row] for row in rows]
            part = Tasks(transition, tasks.relations, own, host, ready=ready, since_ms=since, rounds=tasks.rounds)
            times = self._solve(seconds / count)(part.instance) if len(rows) else None
            if times is None:
                return found
            bettered = self._besides(part, times.start, seconds / count)
            start[rows] = since + bettered * part.tick_ms
            since += end(part.instance, bettered) * part.tick_ms + round(transition.limits.pause_s * MS)
            host = reached(part, bettered)
        return self._shorter(found, start)

    def _shorter(self, found: Listed, start_ms: Ints) -> Listed:
        """Return the schedule with other times, shutdowns as soon as hosts are empty; if it is not longer."""
        tasks = replace(found.tasks, grain=1)
        own, start = tasks.instance, start_ms.copy()
        for task in range(len(tasks.jobs) + len(tasks.boots), len(own)):
            before = own.before[own.behind == task]
            since = int((start + own.duration)[before].max(initial=0))
            spans = own.windows.get(task, ((since, since),))
            start[task] = min((max(first, since) for first, last in spans if last >= since), default=FAR)
        if end(own, start) > end(found.tasks.instance, found.start) * found.tasks.tick_ms * (1 + self.tolerance):
            return found
        return replace(found, tasks=tasks, start=start)


def horizon_ms(transition: Transition, found: Listed) -> int:
    """Return when the last move has ended, and the last shutdown where that is early, in ms."""
    own = found.tasks.instance
    last = end(own, found.start) if transition.limits.early else horizon(own, found.start)
    return last * found.tasks.tick_ms


def _bound(transition: Transition, found: Listed) -> int:
    """
    Return a time before which no plan of the moves that are possible ends: loads, chains, waves, pauses; in ms.

    Each wave lasts as long as its longest move: least in all if the longest moves share a wave, and so on.
    """
    blocked = set(found.blocked)
    every = [job for job in jobs(transition) if str(transition.problem.vms[job.vm]) not in blocked]
    if not every:
        return 0
    same = len(found.tasks.jobs) == len(every) and not any(job.pivot for job in found.tasks.jobs)
    tasks = found.tasks if same else whole(transition, found.tasks.relations, every)
    limits, moves = transition.limits, len({job.vm for job in every})
    waves = least_waves(limits, moves)
    lasts = tasks.instance.duration[: len(every)]
    lasts = np.full(moves, lasts.min()) if _optional(every) else np.sort(lasts)[::-1]
    in_waves = int(lasts[:: limits.wave or moves][:waves].sum())
    return max(bound(tasks.instance), in_waves) * tasks.tick_ms + (waves - 1) * round(limits.pause_s * MS)


def _optional(every: Sequence[Job]) -> bool:
    return len({(job.vm, job.leg) for job in every}) < len(every)


def _first(transition: Transition, every: Sequence[Job]) -> list[Job]:
    """Return one option of each job, by the load that they make."""
    if not _optional(every):
        return list(every)
    from solvers.scheduling.options import first

    tasks = whole(transition, relations(transition.problem), every)
    _, rows = first(tasks.instance)
    return [every[row] for row in rows if row < len(every)]
