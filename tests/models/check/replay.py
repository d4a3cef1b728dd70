"""The plainest way to check a plan: replay it from the beginning for every moment, and look."""

from collections.abc import Iterator

import numpy as np

from models.arrays import NOWHERE, Mask, Rows
from models.check import placement, rules
from models.check.state import State
from models.check.violation import Violation
from models.plan import HostAction, Moves
from models.problem import Problem
from models.rules import Offline, Online


def state(problem: Problem, start: Rows, moves: Moves, on: Mask, time_s: float) -> State:
    """Return where every VM is at one moment."""
    home, copies = start.copy(), []
    for row in np.argsort(moves.start_s, kind="stable"):
        if moves.end_s[row] <= time_s or (home[moves.vm[row]] == NOWHERE and moves.start_s[row] <= time_s):
            home[moves.vm[row]] = moves.destination[row]
        elif moves.start_s[row] <= time_s and moves.destination[row] != NOWHERE:
            copies.append((moves.vm[row], moves.destination[row]))
    here = [(vm, host) for vm, host in enumerate(home) if host != NOWHERE]
    table = np.array(here + copies, np.int32).reshape(-1, 2)
    return State(problem, table[:, 0], table[:, 1], np.arange(len(table)) >= len(here), on)


def powered(problem: Problem, actions: tuple[HostAction, ...], time_s: float) -> Mask:
    """Return which hosts are on at one moment; each is switched once at most."""
    on = problem.on.copy()
    for action in actions:
        boots = action.action == "boot"
        if time_s >= (action.start_s if boots else action.end_s):
            on[action.host] = boots
    return on


def moments(moves: Moves, actions: tuple[HostAction, ...] = ()) -> list[float]:
    """Return all times at which something changes."""
    times = {0.0, *moves.start_s.tolist(), *moves.end_s.tolist()}
    return sorted(times | {time for action in actions for time in (action.start_s, action.end_s)})


def broken(now: State) -> Iterator[Violation]:
    """Yield what is wrong at one moment."""
    problem = now.problem
    for host in range(len(problem.hosts)):
        for dim, name in enumerate(problem.dims):
            held = sum(int(now.need[row, dim]) for row in np.flatnonzero(now.host == host))
            if held > problem.capacity[host, dim]:
                yield Violation("Capacity", (problem.hosts[host],), held, problem.capacity[host, dim], name)
    for rule in problem.rules:
        if rule.continuous and not isinstance(rule, Online | Offline):
            yield from rules.violations(rule, now)


def over_time(problem: Problem, start: Rows, moves: Moves, actions: tuple[HostAction, ...] = ()) -> Iterator[Violation]:
    """Yield what is wrong at each moment and was not at the start of the problem."""
    for time_s in moments(moves, actions):
        now = state(problem, start, moves, powered(problem, actions, time_s), time_s)
        for found in placement.judged(problem, tuple(broken(now))):
            if not found.existed:
                yield found.since(time_s)
