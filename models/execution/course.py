"""A plan as tasks that wait for one another: what is carried out by dependency, not by the clock."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from models import catalog
from models.arrays import Floats, Ints
from models.check.rollback import held_before
from models.execution import waits
from models.execution.links import Links, links
from models.laws.memory import handed_over_s
from models.network import Limits, Network
from models.plan import HostAction, Moves, Plan
from models.problem import Problem

_SAME_S = 1e-6
"""Moments so close together are the same one: starts and ends of a plan are sums."""


@dataclass(frozen=True, eq=False)
class Course:
    """
    Tasks: the moves of a plan, then its host actions, then the end of each wave after which people look.

    Parameters
    ----------
    problem
        Hosts, VMs, capacity and rules.
    moves, actions
        What the plan does.
    links
        What migrations share.
    seconds
        Planned time of each task. [s] Shape (tasks,).
    before
        The tasks that each waits for.
    needed
        Those of them that must have succeeded, not only be over.
    not_before_s
        Moment before which a task does not start, where nothing else explains when the plan starts it. [s]
        Shape (tasks,).
    wave
        The wave of each move, and of each wave's end; 0 of actions. Shape (tasks,).
    """

    problem: Problem
    moves: Moves
    actions: tuple[HostAction, ...]
    links: Links
    seconds: Floats
    before: tuple[tuple[int, ...], ...]
    needed: tuple[frozenset[int], ...]
    not_before_s: Floats
    wave: Ints

    def __len__(self) -> int:
        return len(self.before)

    @cached_property
    def held_mib(self) -> Ints:
        """By how much the VM of each move has less memory before it. [MiB] Shape (moves,)."""
        return np.rint(held_before(self.moves)).astype(np.int64)

    def taking_s(self, less_mib: float) -> float:
        """Return how long a guest takes to hand over memory, in s, as the plan reckons with it."""
        return handed_over_s(less_mib, catalog.number("migration", "balloon_mib_s"))

    def copying_s(self, move: int) -> float:
        """Return the planned time of a move without that in which memory is taken for it, in s."""
        return max(float(self.seconds[move]) - self.taking_s(float(self.moves.balloon_mib[move])), 0.0)

    @cached_property
    def after(self) -> tuple[tuple[int, ...], ...]:
        """The tasks that wait for each."""
        found: list[list[int]] = [[] for _ in self.before]
        for task, others in enumerate(self.before):
            for other in others:
                found[other].append(task)
        return tuple(tuple(each) for each in found)

    @cached_property
    def waves(self) -> tuple[int, ...]:
        """The numbers of the waves."""
        return tuple(sorted({int(wave) for wave in self.moves.wave}))

    def planned_end_s(self, wave: int) -> float:
        """Return when a wave ends in the plan, in s."""
        return float(self.moves.end_s[self.moves.wave == wave].max(initial=0.0))

    def action(self, task: int) -> HostAction | None:
        """Return the host action that a task is; None if it is none."""
        row = task - len(self.moves)
        return self.actions[row] if 0 <= row < len(self.actions) else None


class _Building:
    """Tasks while they are gathered."""

    def __init__(self, moves: Moves, actions: Sequence[HostAction]) -> None:
        self.moves, self.actions = moves, actions
        size = len(moves) + len(actions)
        self.before: list[set[int]] = [set() for _ in range(size)]
        self.needed: list[set[int]] = [set() for _ in range(size)]
        self.wave = [*moves.wave.tolist(), *(0 for _ in actions)]
        self.start_s = [*moves.start_s.tolist(), *(each.start_s for each in actions)]
        self.end_s = [*moves.end_s.tolist(), *(each.end_s for each in actions)]

    def wait(self, pairs: Iterable[tuple[int, int]], *, needed: bool = False) -> None:
        for task, other in pairs:
            self.before[task].add(other)
            if needed:
                self.needed[task].add(other)

    def milestone(self, wave: int, rows: Sequence[int], pause_s: float) -> int:
        """Add the end of a wave, and the time in which people look; return the task."""
        end_s = max(self.end_s[row] for row in rows)
        self.before.append(set(rows))
        self.needed.append(set())
        self.wave.append(wave)
        self.start_s.append(end_s)
        self.end_s.append(end_s + pause_s)
        return len(self.before) - 1


def course(
    problem: Problem,
    plan: Plan,
    limits: Limits,
    nic_mbps: Floats,
    network: Network | None = None,
    after: Sequence[Iterable[int]] | None = None,
) -> Course:
    """
    Return a plan as tasks that wait for one another.

    Parameters
    ----------
    problem, plan
        What is done from where.
    limits
        What the platform lets run at once, and the pause between waves.
    nic_mbps
        Rate of each host's NIC in each direction. [Mbit/s] Shape (hosts,).
    network
        Links above the NICs.
    after
        For each move those that it waits for, where the scheduler says so; else it follows from what they share.
    """
    found = _Building(plan.moves, plan.actions)
    ways = links(problem.hosts, plan.moves, nic_mbps, network)
    if after is None:
        _shared(found, limits, ways)
    else:
        found.wait((move, int(other)) for move, others in enumerate(after) for other in others)
    found.wait(waits.room(plan.moves))
    found.wait(waits.legs(plan.moves), needed=True)
    found.wait(waits.coupled(problem, plan.moves), needed=True)
    _actions(found)
    _waves(found, limits.pause_s)
    held_s = _unexplained(found)
    return Course(
        problem, plan.moves, tuple(plan.actions), ways,
        seconds=np.array(found.end_s) - np.array(found.start_s),
        before=tuple(tuple(sorted(each)) for each in found.before),
        needed=tuple(frozenset(each) for each in found.needed),
        not_before_s=held_s,
        wave=np.array(found.wave, np.int64),
    )  # fmt: skip


def _shared(found: _Building, limits: Limits, ways: Links) -> None:
    """Enter who waits for a slot, a link or the total limit."""
    moves = found.moves
    for rows in waits.by_resource(moves, ways.paths).values():
        found.wait(waits.shared(moves, rows))
    live = [row for row, path in enumerate(ways.paths) if path]
    if limits.per_host < limits.outgoing + limits.incoming:
        ends: dict[int, set[int]] = {}
        for row in live:
            for host in (int(moves.source[row]), int(moves.destination[row])):
                ends.setdefault(host, set()).add(row)
        for both in ends.values():
            found.wait(waits.shared(moves, both))
    if limits.total:
        found.wait(waits.shared(moves, live))


def _actions(found: _Building) -> None:
    """Let moves into a host wait for its boot, and its shutdown for the moves out of it."""
    moves, size = found.moves, len(found.moves)
    for row, action in enumerate(found.actions):
        if action.action == "boot":
            entering = np.flatnonzero((moves.destination == action.host) & (moves.start_s >= action.end_s - _SAME_S))
            found.wait(((int(move), size + row) for move in entering), needed=True)
        else:
            touching = (moves.source == action.host) | (moves.destination == action.host)
            leaving = np.flatnonzero(touching & (moves.end_s <= action.start_s + _SAME_S))
            found.wait(((size + row, int(move)) for move in leaving), needed=True)


def _waves(found: _Building, pause_s: float) -> None:
    """Let what starts after a wave wait for its end and the pause, where the plan keeps waves apart."""
    groups = waits.by_wave(found.moves)
    last: int | None = None
    for place, (wave, rows) in enumerate(groups):
        if last is not None:
            found.wait((row, last) for row in rows)
        end_s = max(found.end_s[row] for row in rows)
        later = [found.start_s[row] for _, more in groups[place + 1 :] for row in more]
        following = min(later, default=min([each.start_s for each in found.actions if each.start_s >= end_s],
                                           default=np.inf))  # fmt: skip
        boots = _boots(found, end_s, following - pause_s)
        end_s = max([end_s, *(found.end_s[task] for task in boots)])
        apart = following >= end_s - _SAME_S
        pause = float(np.clip(following - end_s, 0.0, pause_s)) if np.isfinite(following) else 0.0
        last = found.milestone(wave, [*rows, *boots], pause) if apart else None
        if last is not None:
            _follow(found, last)


def _boots(found: _Building, from_s: float, until_s: float) -> list[int]:
    """Return the boots that a plan awaits before the pause after a wave: those that end after it, and in time."""
    size = len(found.moves)
    return [
        size + row
        for row, action in enumerate(found.actions)
        if action.action == "boot" and from_s < action.end_s <= until_s + _SAME_S
    ]


def _follow(found: _Building, milestone: int) -> None:
    """Let host actions that the plan starts after the end of a wave wait for it."""
    size = len(found.moves)
    for row, action in enumerate(found.actions):
        if action.start_s >= found.end_s[milestone] - _SAME_S and milestone not in found.before[size + row]:
            found.wait([(size + row, milestone)])


def _unexplained(found: _Building) -> Floats:
    """
    Return the moment before which each task does not start: the plan's, if nothing that it waits for ends then.

    Moves that end just then are waited for instead, whatever they share.
    """
    held = np.zeros(len(found.before))
    ends: dict[float, list[int]] = {}
    for move in range(len(found.moves)):
        ends.setdefault(round(found.end_s[move], 6), []).append(move)
    for task in range(len(found.moves) + len(found.actions)):
        start_s = found.start_s[task]
        ready_s = max((found.end_s[other] for other in found.before[task]), default=0.0)
        if start_s <= ready_s + _SAME_S:
            continue
        because = [move for move in ends.get(round(start_s, 6), ()) if found.start_s[move] < start_s]
        if because:
            found.before[task].update(because)
        else:
            held[task] = start_s
    return held
