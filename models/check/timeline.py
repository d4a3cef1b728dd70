"""The independent check of a plan: every move and host action replayed over time."""

from collections.abc import Iterator, Mapping

import numpy as np

from models.arrays import NOWHERE, Mask, Rows
from models.check import moments, power, stays
from models.check.placement import judged
from models.check.violation import Violation
from models.plan import Moves, Plan
from models.problem import Problem


def violations(problem: Problem, plan: Plan) -> tuple[Violation, ...]:
    """
    Return everything that is wrong at some moment from the start of the plan to its end.

    A VM is on its source and its destination while it moves; dims that are not transient it holds on the source
    only until the move ends. Intervals end just before their end: room that a move frees may be taken at once.
    VMs that start nowhere and that no move brings appear when all moves and host actions are done. A VM that is stopped
    for a while, by a move to nowhere that is not live, holds nothing until it is started again. One that gives memory
    up for a move holds less of it until a move from its host to the same, which takes no time.

    Each broken limit is reported once, with its worst amount and the first moment that it is worse than at the
    start; `existed` tells that it never is. Rules that are not continuous are the placement's matter.
    """
    powered = power.of(problem.on, plan.actions)
    table = stays.of(problem.start, _with_new(problem, plan), plan.pressed)
    wrong = (*_order(problem, plan.moves, plan.pressed), *_actions(problem, plan), *_end(problem, plan))
    unpowered = judged(problem, tuple(power.violations(problem, table, powered)))
    return (*wrong, *unpowered, *moments.violations(problem, table, powered))


def destination(start: Rows, moves: Moves) -> Rows:
    """Return where each VM is once all moves are done. Shape (vms,)."""
    host = start.copy()
    order = np.argsort(moves.start_s, kind="stable")
    host[moves.vm[order]] = moves.destination[order]
    return host


def _with_new(problem: Problem, plan: Plan) -> Moves:
    """Return the moves, and one in no time for each VM that is new and that no move brings."""
    moves = plan.moves
    new = np.flatnonzero((destination(problem.start, moves) == NOWHERE) & (plan.placement.host != NOWHERE))
    done = np.full(len(new), max([moves.end_s.max(initial=0.0), *(action.end_s for action in plan.actions)]))
    return Moves.of(
        vm=np.concatenate([moves.vm, new]),
        source=np.concatenate([moves.source, np.full(len(new), NOWHERE)]),
        destination=np.concatenate([moves.destination, plan.placement.host[new]]),
        start_s=np.concatenate([moves.start_s, done]),
        end_s=np.concatenate([moves.end_s, done]),
        balloon_mib=np.concatenate([moves.balloon_mib, np.zeros(len(new))]),
    )


def _order(problem: Problem, moves: Moves, pressed: Mapping[int, float]) -> Iterator[Violation]:
    """Yield moves that cannot be: a VM leaves the host that it is on, once at a time, for another, and takes time."""
    moves = moves.take(np.lexsort((moves.start_s, moves.vm)))
    again = np.append(False, moves.vm[1:] == moves.vm[:-1])[: len(moves)]
    there = np.where(again, np.roll(moves.destination, 1), problem.start[moves.vm])
    lasts = moves.end_s - moves.start_s
    last = np.append(moves.vm[1:] != moves.vm[:-1], True)[: len(moves)]
    first = np.array([pressed.get(int(vm), 0.0) for vm in moves.vm])
    held = np.where(again, np.roll(moves.balloon_mib, 1), first)
    wrong: dict[str, Mask] = {
        "source": moves.source != there,
        "overlap": again & (moves.start_s < np.roll(moves.end_s, 1)),
        "destination": (moves.destination == NOWHERE) & (last | moves.live),
        "same host": (moves.source == moves.destination) & (moves.live | (moves.balloon_mib == held)),
        "balloon": last & (moves.balloon_mib > 0),
        "duration": ~np.where(moves.live, lasts > 0, lasts >= 0) | (moves.start_s < 0) | ~np.isfinite(moves.end_s),
    }
    for name, mask in wrong.items():
        for row in np.flatnonzero(mask):
            who = (problem.vms[moves.vm[row]],)
            yield Violation("Sequence", who, 1, 0, name, since_s=float(moves.start_s[row]))


def _actions(problem: Problem, plan: Plan) -> Iterator[Violation]:
    """Yield host actions that cannot be: a host that is on is booted, one that is off is shut down."""
    on = problem.on.copy()
    busy_s = np.zeros(len(on))
    for action in sorted(plan.actions, key=lambda action: action.start_s):
        boots = action.action == "boot"
        if on[action.host] == boots or action.end_s < action.start_s or action.start_s < busy_s[action.host]:
            who = (problem.hosts[action.host],)
            yield Violation("Sequence", who, 1, 0, action.action, since_s=action.start_s)
        on[action.host], busy_s[action.host] = boots, action.end_s
    for host in np.flatnonzero(on != plan.placement.on):
        yield Violation("Sequence", (problem.hosts[host],), float(on[host]), float(plan.placement.on[host]), "power")


def _end(problem: Problem, plan: Plan) -> Iterator[Violation]:
    """Yield VMs that the moves do not bring where the placement says."""
    wanted = plan.placement.host
    reached = destination(problem.start, plan.moves)
    last_s = float(plan.moves.end_s.max(initial=0.0))
    for vm in np.flatnonzero((reached != wanted) & ((reached != NOWHERE) | (wanted == NOWHERE))):
        yield Violation("Sequence", (problem.vms[vm],), 1, 0, "end", since_s=last_s)
