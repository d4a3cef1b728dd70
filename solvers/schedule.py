"""
Orders migrations in time: waves, each move as early as capacity, continuous rules and the platform's limits allow.

A moving VM holds its resources on both hosts from the start of its move to the end. Where nothing can start although
nothing runs, hosts wait for each other's room in a cycle; one VM then goes by way of a third host.
"""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import count

import numpy as np

from models.arrays import NOWHERE
from models.plan import HostAction, Moves, Plan, Transition
from models.problem import Problem
from models.rules import Lonely, ResourceCapacity, RunningCapacity, Split, Spread
from solvers.jobs import Job, Traffic, direct, jobs, makespan_bound
from solvers.relations import Relations, compiled
from solvers.state import State

_CONTINUOUS = (Spread, RunningCapacity, ResourceCapacity, Split, Lonely)


@dataclass(frozen=True)
class ListSchedule:
    """Start each move as soon as it can, hosts to be freed first, long moves before short ones."""

    def __call__(self, transition: Transition) -> Plan:
        """Return the plan; moves that no order makes possible are in its `blocked`."""
        run = _Run(transition)
        done = run.all()
        moves = _columns(done)
        makespan = float(moves.end_s.max(initial=0.0))
        return Plan(
            placement=transition.placement,
            moves=moves,
            actions=tuple(_actions(transition, makespan)),
            blocked=run.blocked,
            makespan_s=makespan,
            makespan_bound_s=makespan_bound(transition, [job for job in done if not job.pivot]),
        )


class _Run:
    """One run of the clock: what is pending, what runs, what each host holds."""

    def __init__(self, transition: Transition) -> None:
        self.transition = transition
        self.problem = _continuous(transition.problem)
        self.state = State(compiled(self.problem), transition.problem.start)
        self.traffic = Traffic(transition)
        self.pending: dict[int, Job] = dict(enumerate(jobs(transition)))
        self.touching: dict[int, set[int]] = {}
        for number, job in self.pending.items():
            self._index(number, job)
        self.running: list[tuple[float, int, Job]] = []
        self.moving: set[int] = set()
        self.done: list[Job] = []
        self.blocked: dict[str, str] = {}
        self.now = 0.0
        self.booting = {
            int(host): float(transition.boot_s[host])
            for host in np.flatnonzero(transition.placement.on & ~transition.problem.on)
        }

    @cached_property
    def _rules(self) -> Relations:
        return compiled(self.transition.problem)

    def _index(self, number: int, job: Job) -> None:
        for host in (job.source, job.destination):
            self.touching.setdefault(host, set()).add(number)

    def all(self) -> list[Job]:
        """Run all waves and return the moves in the order of their start."""
        limits = self.transition.limits
        for wave in count(1):
            if not self.pending:
                break
            if wave > 1:
                self.now += limits.pause_s
            self._wave(wave, limits.pilot if wave == 1 else limits.wave)
        return sorted(self.done, key=lambda job: (job.start_s, job.end_s))

    def _wave(self, wave: int, size: int) -> None:
        """Start up to `size` moves and wait for the last; so many that people can verify them."""
        left = size - self._start(wave, size, self._tried(wave, list(self.pending)))
        while self.running or (left > 0 and self._waits_for_boot()):
            freed = self._advance()
            candidates = sorted(set().union(*(self.touching.get(host, set()) for host in freed)))
            started = self._start(wave, left, self._tried(wave, candidates))
            if not started and not self.running and left > 0:
                started = self._start(wave, left, list(self.pending))
            left -= started
        if left == size and not self._start(wave, left, list(self.pending)) and self.pending:
            self._break_cycle(wave)
        while self.running:
            self._advance()

    def _tried(self, wave: int, numbers: list[int]) -> list[int]:
        """Return the moves to try in turn: in the pilot the quickest live ones, as long as there are any."""
        if wave > 1 or not any(job.live for job in self.pending.values()):
            return numbers
        live = [number for number in numbers if self.pending[number].live]
        return sorted(live, key=lambda number: self.pending[number].duration_s)

    def _waits_for_boot(self) -> bool:
        return any(until > self.now for until in self.booting.values()) and bool(self.pending)

    def _advance(self) -> set[int]:
        """Go to the next end of a move or boot; return the hosts where something changed."""
        boots = [until for until in self.booting.values() if until > self.now]
        self.now = min([until for until, _, _ in self.running[:1]] + boots)
        freed = {host for host, until in self.booting.items() if until == self.now}
        while self.running and self.running[0][0] <= self.now:
            _, _, job = heapq.heappop(self.running)
            if job.source != NOWHERE:
                self.state.leave(job.vm, job.source)
            self.traffic.end(job)
            self.moving.discard(job.vm)
            freed |= {job.source, job.destination}
        return freed

    def _start(self, wave: int, most: int, numbers: list[int]) -> int:
        started = 0
        for number in numbers:
            if started >= most:
                break
            if self._can(self.pending[number]):
                self._go(wave, number)
                started += 1
        return started

    def _can(self, job: Job) -> bool:
        return (
            self.booting.get(job.destination, 0.0) <= self.now
            and self.state.host[job.vm] == job.source
            and job.vm not in self.moving
            and self.traffic.free(job)
            and self.state.admits(job.vm, job.destination)
        )

    def _go(self, wave: int, number: int) -> None:
        job = self.pending.pop(number)
        for host in (job.source, job.destination):
            self.touching[host].discard(number)
        job = replace(job, wave=wave, start_s=self.now, end_s=self.now + job.duration_s)
        self.state.arrive(job.vm, job.destination)
        self.traffic.begin(job)
        self.moving.add(job.vm)
        heapq.heappush(self.running, (job.end_s, number, job))
        self.done.append(job)

    def _break_cycle(self, wave: int) -> None:
        """Send one VM by way of a third host, the quickest first; if none can go, tell who is blocked and by whom."""
        for number, job in sorted(self.pending.items(), key=lambda each: each[1].duration_s):
            if job.pivot or job.source == NOWHERE or (host := self._pivot(job)) == NOWHERE:
                continue
            first = direct(self.transition, job.vm, job.source, host)
            second = direct(self.transition, job.vm, host, job.destination)
            name = self.problem.hosts[job.destination]
            note = f"goes by way of {self.problem.hosts[host]}, since {name} has no room before another VM has left"
            self._replace(number, replace(first, pivot=True, note=note), replace(second, pivot=True, note=note))
            self._start(wave, 1, [number])
            while self.running:
                self._advance()
            return
        for number, job in list(self.pending.items()):
            self.blocked[str(self.problem.vms[job.vm])] = self._why(job)
            for host in (job.source, job.destination):
                self.touching[host].discard(number)
            del self.pending[number]

    def _replace(self, number: int, first: Job, second: Job) -> None:
        old = self.pending[number]
        for host in (old.source, old.destination):
            self.touching[host].discard(number)
        follow = max(self.pending) + 1 + len(self.done)
        self.pending |= {number: first, follow: second}
        self._index(number, first)
        self._index(follow, second)

    def _pivot(self, job: Job) -> int:
        """Return the roomiest host that the VM can go to now on its way."""
        on = self.transition.problem.on | self.transition.placement.on
        allowed = self._rules.allowed(int(self._rules.item[job.vm])) & on
        allowed[[job.source, job.destination]] = False
        ready = [host for host in np.flatnonzero(allowed) if self.booting.get(int(host), 0.0) <= self.now]
        options = [int(host) for host in ready if self.state.admits(job.vm, int(host))]
        fill = self.state.fill()
        return min(options, key=lambda host: float(fill[host]), default=NOWHERE)

    def _why(self, job: Job) -> str:
        source = self.problem.hosts[job.source] if job.source != NOWHERE else "where it is"
        destination = self.problem.hosts[job.destination]
        free = self.state.limit[job.destination] - self.state.load[job.destination]
        need = self.state.need(job.vm, job.destination)
        short = [name for name, lack in zip(self.problem.dims, need > free, strict=True) if lack]
        reason = f"{destination} lacks {', '.join(short)}" if short else f"a rule holds on {destination}"
        return f"cannot leave {source}: {reason}, and no third host can take it on the way"


def _continuous(problem: Problem) -> Problem:
    """Return the problem with only the rules that must hold at every moment and couple VMs."""
    binding = (rule for rule in problem.rules if rule.continuous and rule.price is None)
    rules = tuple(rule for rule in binding if isinstance(rule, _CONTINUOUS))
    return replace(problem, rules=rules)


def _actions(transition: Transition, makespan: float) -> Iterator[HostAction]:
    """Yield boots at the start, and shutdowns once all moves are over, so that every prefix can be rolled back."""
    problem, placement = transition.problem, transition.placement
    for host in np.flatnonzero(placement.on & ~problem.on):
        yield HostAction(int(host), "boot", 0.0, float(transition.boot_s[host]), "needed by the placement")
    begin = makespan + transition.limits.pause_s if makespan else 0.0
    for host in np.flatnonzero(problem.on & ~placement.on):
        yield HostAction(
            int(host), "shutdown", begin, begin + float(transition.shutdown_s[host]), "holds no VM any more"
        )


def _columns(done: list[Job]) -> Moves:
    names = ("vm", "source", "destination", "wave", "start_s", "end_s", "bandwidth_mbps", "downtime_ms")
    more = ("transferred_mib", "rounds", "converges", "energy_j", "live")
    columns = {name: [getattr(job, name) for job in done] for name in (*names, *more)}
    return Moves.of(**columns, reason=[job.note for job in done])
