"""How what happened differs from the plan, and when the rest will be done."""

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from consolidate.execution.journal import FAILED, FINISHED, STARTED, Happened, Journal
from consolidate.readers import moments
from consolidate.runbooks.folder import Folder
from models.arrays import NOWHERE, Floats
from models.errors import Finding, InputError
from models.execution.course import Course, course
from models.execution.outlook import Outlook, Seen, outlook
from models.laws.migration import MBIT_PER_MIB
from models.network import Limits
from models.plan import HostAction, Moves, Placement, Plan
from models.problem import Problem

DONE, RUNNING, BROKEN, WAITING, IMPOSSIBLE = "done", "running", "failed", "waiting", "impossible"


@dataclass(frozen=True)
class Step:
    """One move of the plan, and what became of it; times are in s from the start of the plan, NaN where not known."""

    number: int
    wave: int
    vm: str
    source: str
    destination: str
    state: str
    planned_start_s: float
    planned_end_s: float
    start_s: float
    end_s: float
    ratio: float
    bandwidth_mbps: float
    predicted_end_s: float
    why: str = ""


@dataclass(frozen=True)
class Wave:
    """One wave: how many of its moves are done, and its end in s, as planned and as it was or is predicted."""

    wave: int
    moves: int
    done: int
    planned_end_s: float
    end_s: float
    ended: bool


@dataclass(frozen=True, eq=False)
class Drift:
    """
    What became of a plan so far.

    Parameters
    ----------
    steps, waves
        Move by move, and wave by wave.
    started
        When the plan began, UTC seconds since 1970; NaN where nothing says when it is to. [s]
    now_s
        The present moment, from the start of the plan. [s]
    ratio, samples
        Actual over planned duration of the live moves that are done, and of how many; 1 without one.
    bandwidth_mbps
        Rate at which they were sent; NaN without one. [Mbit/s]
    planned_end_s, predicted_end_s
        End of the last move in the plan, and as it is predicted now. [s]
    """

    steps: tuple[Step, ...]
    waves: tuple[Wave, ...]
    started: float
    now_s: float
    ratio: float
    samples: int
    bandwidth_mbps: float
    planned_end_s: float
    predicted_end_s: float

    def count(self, state: str) -> int:
        """Return how many moves are in a state."""
        return sum(step.state == state for step in self.steps)


def drift(plan: Folder, journal: Journal, started: str = "", now: str = "") -> Drift:
    """
    Return how what happened differs from the plan.

    Parameters
    ----------
    plan, journal
        What was to happen, and what did.
    started
        When the plan began, in ISO 8601; without it, it follows from the first move that began, and without one is when
        the plan's settings say that it begins.
    now
        The present moment; without it, the last one that the journal knows.

    Raises
    ------
    InputError
        If a time is none or before another that it follows, or nothing says when the plan began before `now`.
    """
    begin = _begin(plan, journal, started)
    last = max((event.time_s for _, event in journal.events), default=begin)
    present = _given(now, "--now") if now else last
    unknown = [] if begin == begin or not now else [_beginless(now)]
    if wrong := [*_early(journal, begin, started), *_late(journal, present, last, now), *unknown]:
        raise InputError(wrong)
    passed_s = present - begin if begin == begin else 0.0
    seen, states, why = _seen(plan, journal.events, begin)
    ratio, samples, rate = _observed(plan, seen)
    tasks = bare(plan)
    found = outlook(tasks, seen, passed_s, ratio)
    steps = _steps(plan, seen, states, why, found)
    return Drift(
        steps, _waves(steps), begin, passed_s, ratio, samples, rate,
        max((move.end_s for move in plan.moves), default=0.0), float(np.nanmax(found.end_s[: len(steps)], initial=0.0)),
    )  # fmt: skip


def _early(journal: Journal, begin: float, started: str) -> Iterator[Finding]:
    """Yield that events happened before the plan is said to have begun."""
    before = [event for _, event in journal.events if event.time_s < begin]
    if started and before:
        first = min(before, key=lambda event: event.time_s)
        time = datetime.datetime.fromtimestamp(first.time_s, datetime.UTC).isoformat()
        text = (
            f"{len(before)} events of the journal are before it, the first of {first.vm} in row {first.row} at {time}."
        )
        yield Finding("error", "option", text, "", 0, "--started", started)


def _late(journal: Journal, present: float, last: float, now: str) -> Iterator[Finding]:
    """Yield that the present moment is before what happened, or before the plan began."""
    if present < last:
        text = "It is before the last event of the journal." if journal.events else "It is before the plan began."
        yield Finding("error", "option", text, "", 0, "--now", now)


def _beginless(now: str) -> Finding:
    """Return that the present moment says nothing of a plan of which it is not known when it began."""
    text = (
        "The journal has no event, and the plan does not say when it begins (migration.starts): give --started too, or "
        "leave it out if the plan has not begun."
    )
    return Finding("error", "option", text, "", 0, "--now", now)


def left(found: Drift, impossible: dict[int, str]) -> Drift:
    """Return the drift in which some moves that are not done cannot be, by number and why."""
    steps = tuple(
        replace(step, state=IMPOSSIBLE, why=impossible[step.number], predicted_end_s=float("nan"))
        if step.number in impossible and step.state not in (DONE, RUNNING)
        else step
        for step in found.steps
    )
    return replace(found, steps=steps)


def bare(plan: Folder) -> Course:
    """Return a plan as tasks by what its folder alone says: without sizes of VMs and rules."""
    vms = {row["vm"]: at for at, row in enumerate(plan.placement)}
    hosts = {row["host"]: at for at, row in enumerate(plan.hosts)} | {"": NOWHERE}
    for move in plan.moves:
        vms.setdefault(move.vm, len(vms))
        for host in (move.source, move.destination):
            hosts.setdefault(host, len(hosts) - 1)
    for action in plan.actions:
        hosts.setdefault(action.host, len(hosts) - 1)
    names = [name for name in hosts if name]
    moves = Moves.of(
        vm=[vms[move.vm] for move in plan.moves],
        source=[hosts[move.source] for move in plan.moves],
        destination=[hosts[move.destination] for move in plan.moves],
        wave=[move.wave for move in plan.moves],
        start_s=[move.start_s for move in plan.moves],
        end_s=[move.end_s for move in plan.moves],
        live=[move.live for move in plan.moves],
    )
    actions = tuple(
        HostAction(hosts[each.host], each.action, each.start_s, each.end_s, each.reason) for each in plan.actions
    )
    problem = Problem.of(
        np.zeros((len(vms), 1)), np.zeros((len(names), 1)), start=_start(plan, vms, hosts), hosts=names, vms=list(vms)
    )
    pause_s = float(plan.manifest.get("settings", {}).get("migration", {}).get("pause_s", 0.0) or 0.0)
    whole = Plan(Placement(problem.start, problem.on), moves, actions)
    return course(problem, whole, Limits(per_host=1, pause_s=pause_s), np.ones(len(names)))


def _start(plan: Folder, vms: dict[str, int], hosts: dict[str, int]) -> list[int]:
    start = [NOWHERE] * len(vms)
    for row in plan.placement:
        start[vms[row["vm"]]] = hosts.get(row["host_before"], NOWHERE)
    return start


def _given(text: str, option: str) -> float:
    found, _ = moments.moment(text)
    if found != found:
        raise InputError([Finding("error", "option", "Expected a time in ISO 8601.", "", 0, option, text)])
    return found


def _begin(plan: Folder, journal: Journal, started: str) -> float:
    """Return when the plan began: as given, else so that the first move was on time, else as announced; else NaN."""
    if started:
        return _given(started, "--started")
    begun = [(event.time_s, number) for number, event in journal.events if event.event == STARTED]
    if begun:
        time_s, number = min(begun)
        return time_s - plan.moves[number - 1].start_s
    ended = [(event.time_s, number) for number, event in journal.events]
    if ended:
        return min(ended)[0] - plan.moves[min(ended)[1] - 1].end_s
    return moments.moment(plan.manifest.get("settings", {}).get("migration", {}).get("starts", ""))[0]


def _seen(
    plan: Folder, events: Sequence[tuple[int, Happened]], begin: float
) -> tuple[Seen, dict[int, str], dict[int, str]]:
    start, end = np.full(len(plan.moves), np.nan), np.full(len(plan.moves), np.nan)
    states: dict[int, str] = {}
    why: dict[int, str] = {}
    for number, event in events:
        row = number - 1
        if event.event == STARTED:
            start[row], states[number] = event.time_s - begin, RUNNING
        elif event.event == FINISHED:
            end[row], states[number] = event.time_s - begin, DONE
        elif event.event == FAILED:
            start[row], states[number], why[number] = np.nan, BROKEN, event.message
    return Seen(start, end, np.zeros(len(plan.moves), np.bool_)), states, why


def _observed(plan: Folder, seen: Seen) -> tuple[float, int, float]:
    """Return actual over planned duration of the live moves that are done, of how many, and their rate."""
    actual = seen.end_s - seen.start_s
    planned = np.array([move.end_s - move.start_s for move in plan.moves])
    live = np.array([move.live for move in plan.moves], np.bool_)
    known = np.isfinite(actual) & live & (planned > 0) & (actual > 0)
    if not known.any():
        return 1.0, 0, float("nan")
    sent = np.array([move.transferred_mib for move in plan.moves])[known].sum() * MBIT_PER_MIB
    total = float(actual[known].sum())
    return total / float(planned[known].sum()), int(known.sum()), float(sent) / total


def _steps(plan: Folder, seen: Seen, states: dict[int, str], why: dict[int, str], found: Outlook) -> tuple[Step, ...]:
    steps = []
    for row, move in enumerate(plan.moves):
        state = states.get(move.number, WAITING)
        actual: float = float(seen.end_s[row] - seen.start_s[row])
        planned = move.end_s - move.start_s
        known = actual > 0 and planned > 0
        rate = move.transferred_mib * MBIT_PER_MIB / actual if known and move.live else float("nan")
        steps.append(
            Step(
                move.number, move.wave, move.vm, move.source, move.destination, state, move.start_s, move.end_s,
                float(seen.start_s[row]), float(seen.end_s[row]), actual / planned if known else float("nan"), rate,
                float("nan") if state == DONE else float(found.end_s[row]), why.get(move.number, ""),
            )
        )  # fmt: skip
    return tuple(steps)


def _waves(steps: Sequence[Step]) -> tuple[Wave, ...]:
    found = []
    for wave in sorted({step.wave for step in steps}):
        rows = [step for step in steps if step.wave == wave]
        done = [step for step in rows if step.state == DONE]
        ends: Floats = np.array([step.end_s if step.state == DONE else step.predicted_end_s for step in rows])
        found.append(
            Wave(wave, len(rows), len(done), max(step.planned_end_s for step in rows),
                 float(np.nanmax(ends, initial=0.0)), len(done) == len(rows))
        )  # fmt: skip
    return tuple(found)


def table(found: Drift) -> dict[str, list[Any]]:
    """Return the columns of ``drift.csv``."""
    from models.tables import DRIFT

    return {name: [getattr(step, name) for step in found.steps] for name in DRIFT}
