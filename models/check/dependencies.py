"""The independent check of who waits for whom: run by events, with other durations, a plan must be as safe."""

from collections.abc import Iterator
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter

import numpy as np

from models.arrays import Floats
from models.check import limits as limits_check
from models.check import timeline
from models.check.violation import Violation
from models.network import Limits, Network
from models.plan import Moves, Plan
from models.problem import Problem

SLOWEST, FASTEST = 3.0, 0.3
"""Factors by which durations differ from those planned, in a replay."""


def violations(
    problem: Problem,
    plan: Plan,
    limits: Limits,
    nic_mbps: Floats | None = None,
    network: Network | None = None,
    *,
    samples: int = 3,
    seed: int = 1,
) -> tuple[Violation, ...]:
    """
    Return what is wrong with who waits for whom, and what goes wrong in replays in which that alone decides.

    Parameters
    ----------
    problem, plan
        The plan to check. Waves are for people and do not count here.
    limits, nic_mbps, network
        As for `models.check.limits`.
    samples
        Replays, each with durations drawn from a third to three times those planned.
    seed
        Of the draws.
    """
    wrong = tuple(_order(problem, plan))
    if wrong or not plan.after:
        return wrong
    random = np.random.default_rng(seed)
    free = replace(limits, wave=0, pilot=0, pause_s=0.0)
    found: dict[tuple[str, str, tuple[str, ...]], Violation] = {}
    for _ in range(samples):
        again = replayed(plan, np.exp(random.uniform(np.log(FASTEST), np.log(SLOWEST), len(plan.after))))
        every = (
            *timeline.violations(problem, again),
            *limits_check.violations(problem, again, free, nic_mbps, network),
        )
        found |= {each.key: each for each in every if not each.existed}
    return tuple(found.values())


def _order(problem: Problem, plan: Plan) -> Iterator[Violation]:
    """Yield what waits for something that ends later than it starts, or for itself in the end."""
    if not plan.after:
        return
    start, end, names = _times(problem, plan)
    if len(plan.after) != len(start):
        yield Violation("Dependency", ("plan",), float(len(plan.after)), float(len(start)), "length")
        return
    for row, others in enumerate(plan.after):
        for other in others:
            if end[other] > start[row] + 1e-6:
                yield Violation("Waits", (names[row], names[other]), float(start[row]), float(end[other]), "order")
    try:
        tuple(TopologicalSorter(dict(enumerate(plan.after))).static_order())
    except CycleError as error:
        yield Violation("Waits", tuple(names[row] for row in error.args[1]), 1, 0, "circle")


def _times(problem: Problem, plan: Plan) -> tuple[Floats, Floats, list[str]]:
    """Return start, end and name of each move and then each action."""
    start = np.array([*plan.moves.start_s, *(action.start_s for action in plan.actions)], np.float64)
    end = np.array([*plan.moves.end_s, *(action.end_s for action in plan.actions)], np.float64)
    moved = [str(name) for name in problem.vms[plan.moves.vm]]
    return start, end, moved + [str(problem.hosts[action.host]) for action in plan.actions]


def replayed(plan: Plan, factor: Floats) -> Plan:
    """
    Return the plan as it runs if each move and action starts once all that it waits for is over.

    Parameters
    ----------
    plan
        With `after`.
    factor
        By which each duration differs from that planned: moves first, then actions. Shape (moves + actions,).
    """
    moves, count = plan.moves, len(plan.moves)
    planned = [*(moves.end_s - moves.start_s), *(action.end_s - action.start_s for action in plan.actions)]
    start, end = np.zeros(len(planned)), np.zeros(len(planned))
    for row in TopologicalSorter(dict(enumerate(plan.after))).static_order():
        start[row] = max((end[other] for other in plan.after[row]), default=0.0)
        end[row] = start[row] + planned[row] * factor[row]
    actions = tuple(
        replace(action, start_s=float(start[count + row]), end_s=float(end[count + row]))
        for row, action in enumerate(plan.actions)
    )
    times = {"start_s": start[:count], "end_s": end[:count], "wave": np.ones(count)}
    return replace(plan, moves=Moves.of(**(vars(moves) | times)), actions=actions)
