"""What became of a plan in one run, and who was where in it: what the independent checker is asked about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from models.arrays import NOWHERE, Floats, Rows
from models.check import moments, power
from models.check.placement import judged
from models.check.stays import Stays
from models.check.violation import Violation
from models.execution.course import Course
from models.rules import Root

COMPLETED, INCOMPLETE, STOPPED, BACK = "completed", "incomplete", "stopped", "rolled back"
"""How a run ends: all is done; some moves could not be done; it was stopped; its last wave was taken back as well."""
DONE, FAILED, ABORTED, TAKEN_BACK = "done", "failed", "aborted", "taken back"
"""How an attempt ends: a failed one is tried again, an aborted one lost its host; one may take a move back."""

NOT_BEGUN = "Not begun when the run was stopped."
"""Why most moves are left after a stop: what it was stopped for is another's reason."""


class Attempt(NamedTuple):
    """One attempt at a move, or at taking it back."""

    move: int
    vm: int
    source: int
    destination: int
    start_s: float
    end_s: float
    outcome: str


class Switched(NamedTuple):
    """A host action as it was carried out."""

    host: int
    action: str
    start_s: float
    end_s: float


class Restart(NamedTuple):
    """A VM whose host died at `since_s`, and which ran again on `host` from `until_s`; `NOWHERE` is never."""

    vm: int
    lost: int
    host: int
    since_s: float
    until_s: float


@dataclass(frozen=True, eq=False)
class Record:
    """
    What became of a plan in one run.

    Parameters
    ----------
    status
        `COMPLETED`, `INCOMPLETE`, `STOPPED` or `BACK`.
    attempts, switched, restarts
        What was done, in the order in which it ended.
    lost
        Hosts that died, and when. [s]
    left
        Moves that were not done, with the reason.
    stopped_wave
        The wave in which the run was stopped; 0 if it was not.
    because
        For each task the one whose end let it start, if there is one.
    end_s
        End of the last move, of those taken back too. [s]
    """

    status: str
    attempts: tuple[Attempt, ...]
    switched: tuple[Switched, ...]
    restarts: tuple[Restart, ...]
    lost: Mapping[int, float]
    left: Mapping[int, str]
    stopped_wave: int
    because: Mapping[int, int]
    end_s: float = field(default=0.0)

    def done(self) -> dict[int, Attempt]:
        """Return the attempt by which each move was done."""
        return {each.move: each for each in self.attempts if each.outcome == DONE}

    def wave_end_s(self, course: Course, wave: int) -> float:
        """Return when the last move of a wave ended, however; NaN if none was tried; in s."""
        ends = [
            each.end_s for each in self.attempts if course.moves.wave[each.move] == wave and each.outcome != TAKEN_BACK
        ]
        return max(ends, default=float("nan"))

    def critical(self, course: Course) -> set[int]:
        """Return the moves on the critical path: back from the last move that was done, from cause to cause."""
        done = self.done()
        if not done:
            return set()
        task = max(done, key=lambda move: (done[move].end_s, -move))
        found = {task}
        while (task := self.because.get(task, NOWHERE)) != NOWHERE:
            found.add(task)
        return {task for task in found if task < len(course.moves)}

    def downtime_s(self, course: Course, factor: Mapping[int, float] | None = None) -> float:
        """Return the pauses of all VMs, the time without a host included, in s; pauses grow with the move's time."""
        pause_ms = course.moves.downtime_ms
        total = 0.0
        for each in self.attempts:
            if each.outcome in (DONE, TAKEN_BACK):
                planned = float(course.seconds[each.move])
                longer = (factor or {}).get(each.move, (each.end_s - each.start_s) / planned if planned else 1.0)
                total += float(pause_ms[each.move]) / 1000 * longer
        for restart in self.restarts:
            total += (restart.until_s if np.isfinite(restart.until_s) else self.end_s) - restart.since_s
        return total


def violations(course: Course, record: Record) -> tuple[Violation, ...]:
    """
    Return the rules and limits that what was carried out broke at some moment, new ones only.

    A copy that failed was on its destination until it did; VMs of a host that died are on none until they restart. A
    Root binds migrations only, not restarts; and once a host has died, the others may be filled up to their failover
    capacity: that is what is kept free for.
    """
    table, powered = _stays(course, record), _power(course, record)
    unpowered = judged(course.problem, tuple(power.violations(course.problem, table, powered)))
    found = (*unpowered, *moments.violations(course.problem, table, powered))
    return tuple(
        each for each in found if each.price is None and not each.existed and not _excused(course, record, each)
    )


def _excused(course: Course, record: Record, found: Violation) -> bool:
    """Return whether the loss of a host excuses a violation."""
    problem = course.problem
    if not record.lost or found.since_s < min(record.lost.values()):
        return False
    if found.rule == Root.__name__:
        return found.who[0] in {str(problem.vms[each.vm]) for each in record.restarts}
    if found.rule != "Capacity":
        return False
    host = int(np.flatnonzero(problem.hosts == found.who[0])[0])
    return bool(found.amount <= problem.failover[host, problem.dims.index(found.name)])


def _stays(course: Course, record: Record) -> Stays:
    """Return who was where from when until when."""
    rows: list[tuple[int, int, float, float, float, float]] = []
    events: dict[int, list[Attempt | Restart]] = {}
    for attempt in record.attempts:
        if attempt.outcome in (DONE, TAKEN_BACK):
            events.setdefault(attempt.vm, []).append(attempt)
        else:
            less = float(course.moves.balloon_mib[attempt.move])
            rows.append((attempt.vm, attempt.destination, attempt.start_s, np.inf, attempt.end_s, less))
    for restart in record.restarts:
        events.setdefault(restart.vm, []).append(restart)
    problem = course.problem
    still = np.flatnonzero(problem.start != NOWHERE)
    moved = np.isin(still, list(events))
    for vm in events:
        rows += _of(course, int(problem.start[vm]), events[vm])
    given = np.array([row for row in rows if row[1] != NOWHERE], np.float64).reshape(-1, 6)
    rest = still[~moved]
    zero = np.zeros(len(rest))
    whole = Stays(
        np.concatenate([rest, given[:, 0].astype(np.int64)]),
        np.concatenate([problem.start[rest].astype(np.int64), given[:, 1].astype(np.int64)]),
        np.concatenate([zero, given[:, 2]]),
        np.concatenate([zero, given[:, 3]]),
        np.concatenate([np.full(len(rest), np.inf), given[:, 4]]),
        np.concatenate([zero, given[:, 5]]),
    )
    return _with_losses(course, record, whole)


def _with_losses(course: Course, record: Record, stays: Stays) -> Stays:
    """Return the stays in which VMs that are off are on no host once theirs has died: nothing restarts them."""
    until = stays.until_s.copy()
    for host, time_s in record.lost.items():
        off = (stays.host == host) & ~course.problem.takes[stays.vm]
        until[off] = np.minimum(until[off], time_s)
    found = replace(stays, until_s=until)
    return found.take(found.until_s > found.since_s)


def _of(
    course: Course, start: int, events: Sequence[Attempt | Restart]
) -> list[tuple[int, int, float, float, float, float]]:
    """Return the stays of one VM: vm, host, since, landed, until, and by how much it has less memory."""
    found = []
    vm, host, since, landed, less = events[0].vm, start, 0.0, 0.0, 0.0
    for event in sorted(events, key=lambda each: each.end_s if isinstance(each, Attempt) else each.since_s):
        if isinstance(event, Restart):
            found.append((vm, host, since, landed, event.since_s, less))
            host, since, landed, less = event.host, event.until_s, event.until_s, 0.0
        else:
            found.append((vm, host, since, landed, event.end_s, less))
            arrives = event.start_s if event.source != event.destination else event.end_s
            host, since, landed = event.destination, arrives, event.end_s if event.source != NOWHERE else arrives
            kept = course.moves.balloon_mib if event.outcome == DONE else course.held_mib
            less = float(kept[event.move])
    found.append((vm, host, since, landed, np.inf, less))
    return found


def _power(course: Course, record: Record) -> power.Power:
    """Return which hosts were on when."""
    on = [[(0.0, np.inf)] if each else [] for each in course.problem.on.tolist()]
    ready = [list(spans) for spans in on]
    for each in sorted(record.switched, key=lambda switched: switched.start_s):
        if each.action == "boot":
            on[each.host].append((each.start_s, np.inf))
            ready[each.host].append((each.end_s, np.inf))
        else:
            _close(on[each.host], each.end_s)
            _close(ready[each.host], each.start_s)
    for host, time_s in record.lost.items():
        _close(on[host], time_s)
        _close(ready[host], time_s)
    return power.Power(on, ready)


def _close(spans: list[tuple[float, float]], end_s: float) -> None:
    if spans and spans[-1][0] <= end_s < spans[-1][1]:
        spans[-1] = (spans[-1][0], end_s)


def destination(course: Course, record: Record) -> Rows:
    """Return where each VM is at the end of the run. Shape (vms,)."""
    host = np.array(course.problem.start)
    ends: list[tuple[float, int, int]] = [
        *((each.end_s, each.vm, each.destination) for each in record.attempts if each.outcome in (DONE, TAKEN_BACK)),
        *((each.since_s, each.vm, each.host) for each in record.restarts),
    ]
    for _, vm, where in sorted(ends, key=lambda each: each[0]):
        host[vm] = where
    return host


def durations_s(record: Record) -> Floats:
    """Return how long each attempt took. [s] Shape (attempts,)."""
    return np.array([each.end_s - each.start_s for each in record.attempts])
