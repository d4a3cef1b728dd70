"""The way back: from any point of a plan to its start, and whether it is safe."""

from collections.abc import Mapping

import numpy as np

from models.arrays import Floats, Mask
from models.check import moments, power, stays
from models.check.timeline import destination
from models.check.violation import Violation
from models.plan import Moves, Plan
from models.problem import Problem


def reverse(moves: Moves, done: Mask | int, pressed: Mapping[int, float] | None = None) -> Moves:
    """
    Return the moves that undo those done: the last one first, one after the other.

    Parameters
    ----------
    moves
        The moves of a plan.
    done
        Which of them were done, or how many in the order of their start. Shape (moves,).
    pressed
        Memory that VMs have given up before the first, by row. [MiB]

    Notes
    -----
    A VM that was on no host before is taken away again: its destination is `NOWHERE`.
    """
    order = np.argsort(moves.start_s, kind="stable")
    order = order[:done] if isinstance(done, int) else order[done[order]]
    undone = moves.take(order[::-1])
    end_s = np.cumsum(undone.end_s - undone.start_s)
    columns = vars(undone) | {
        "balloon_mib": held_before(moves, pressed)[order[::-1]],
        "source": undone.destination,
        "destination": undone.source,
        "wave": np.ones(len(undone)),
        "start_s": np.append(0.0, end_s)[: len(undone)],
        "end_s": end_s,
        "reason": ["takes a move back"] * len(undone),
    }
    return Moves.of(**columns)


def held_before(moves: Moves, pressed: Mapping[int, float] | None = None) -> Floats:
    """Return by how much each VM held less memory before each of its moves. [MiB] Shape (moves,)."""
    order = np.lexsort((moves.start_s, moves.vm))
    found = np.array([(pressed or {}).get(int(vm), 0.0) for vm in moves.vm])
    again = moves.vm[order[1:]] == moves.vm[order[:-1]]
    found[order[1:]] = np.where(again, moves.balloon_mib[order[:-1]], found[order[1:]])
    return found


def violations(problem: Problem, plan: Plan) -> tuple[Violation, ...]:
    """
    Return what goes wrong on the way back from any prefix of the moves, in the order of their start.

    One sweep back from the end proves all prefixes. Let S(k) be the state after the first k moves, and T(k) the
    same with move k + 1 under way back. The way back from prefix k runs through S(k), T(k-1), S(k-1), …, S(0), which
    is the tail of the way back from the whole plan: S(n), T(n-1), …, S(k), T(k-1), …, S(0). So if the longest way
    back is safe at every moment, then so is each shorter one, and what breaks a shorter one breaks the longest.

    Hosts that are on before or after the plan count as on. Times are of the longest way back.
    """
    end = destination(problem.start, plan.moves)
    kept = {vm: mib for vm, mib in plan.pressed.items() if vm not in plan.moves.vm}
    back = stays.of(end, reverse(plan.moves, len(plan.moves), plan.pressed), kept)
    return tuple(moments.violations(problem, back, power.constant(problem.on | plan.placement.on)))
