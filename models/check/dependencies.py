"""The independent check of who waits for whom: run by events, with other durations, a plan must be as safe."""

from collections import Counter
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
    port_mbps: Floats | None = None,
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
    limits, nic_mbps, network, port_mbps
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
            *limits_check.violations(problem, again, free, nic_mbps, network, None, port_mbps),
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
    latest = {key: max((end[other] for other in others), default=0.0) for key, others in _distinct(plan).items()}
    for row, others in enumerate(plan.after):
        if latest[id(others)] > start[row] + 1e-6:
            for other in others:
                if end[other] > start[row] + 1e-6:
                    yield Violation("Waits", (names[row], names[other]), float(start[row]), float(end[other]), "order")
    try:
        tuple(TopologicalSorter(_graph(plan)).static_order())
    except CycleError as error:
        circle = tuple(names[row] for row in error.args[1] if row < len(names))
        yield Violation("Waits", circle, 1, 0, "circle")


def _distinct(plan: Plan) -> dict[int, tuple[int, ...]]:
    """Return what is waited for by its identity: many hosts are shut down after all moves, and share one tuple."""
    return {id(others): others for others in plan.after}


def _graph(plan: Plan) -> dict[int, tuple[int, ...]]:
    """Return who waits for whom, with a node of its own for what several wait for alike, numbered after all others."""
    shared = Counter(id(others) for others in plan.after if len(others) > 1)
    nodes: dict[int, int] = {}
    graph: dict[int, tuple[int, ...]] = {}
    for row, others in enumerate(plan.after):
        graph[row] = others
        if shared[id(others)] > 1:
            node = nodes.setdefault(id(others), len(plan.after) + len(nodes))
            graph[row], graph[node] = (node,), others
    return graph


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
    graph = _graph(plan)
    lasts = [*(length * by for length, by in zip(planned, factor, strict=True)), *[0.0] * (len(graph) - len(planned))]
    start, end = [0.0] * len(graph), [0.0] * len(graph)
    for row in TopologicalSorter(graph).static_order():
        start[row] = max((end[other] for other in graph[row]), default=0.0)
        end[row] = start[row] + lasts[row]
    actions = tuple(
        replace(action, start_s=float(start[count + row]), end_s=float(end[count + row]))
        for row, action in enumerate(plan.actions)
    )
    times = {"start_s": start[:count], "end_s": end[:count], "wave": np.ones(count)}
    return replace(plan, moves=Moves.of(**(vars(moves) | times)), actions=actions)
