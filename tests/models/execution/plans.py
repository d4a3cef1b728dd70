"""Plans by hand and by the scheduler, for the tests of their execution."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from models.execution.course import Course, course
from models.network import Limits
from models.plan import HostAction, Moves, Placement, Plan
from models.problem import Problem
from solvers.schedule import ListSchedule
from tests.solvers.transitions import transition

LIMITS = Limits(outgoing=9, incoming=9, per_host=99, pause_s=0.0)


def by_hand(
    problem: Problem,
    rows: Sequence[tuple[int, int, int, float, float]],
    *,
    wave: Sequence[int] | None = None,
    actions: Sequence[HostAction] = (),
    limits: Limits = LIMITS,
    **columns: Any,
) -> Course:
    """Return the course of moves given as VM, source, destination, start and end."""
    vm, source, destination, start_s, end_s = (list(column) for column in zip(*rows, strict=True))
    moves = Moves.of(
        vm=vm, source=source, destination=destination, start_s=start_s, end_s=end_s,
        wave=wave or [1] * len(rows), **({"bandwidth_mbps": [1000.0] * len(rows)} | columns),
    )  # fmt: skip
    host = np.array(problem.start)
    for each, to in zip(vm, destination, strict=True):
        host[each] = to
    on = np.array(problem.on)
    for action in actions:
        on[action.host] = action.action == "boot"
    plan = Plan(Placement(host, on), moves, tuple(actions))
    return course(problem, plan, limits, np.full(len(problem.hosts), 1000.0))


def scheduled(seed: int, hosts: int = 6, vms: int = 30, *, pause_s: float = 20.0) -> Course:
    """Return the course of a plan made by the scheduler: VMs of 1 or 2 GiB that change places at random."""
    rng = np.random.default_rng(seed)
    demand = rng.integers(1, 4, (vms, 1))
    start = rng.integers(0, hosts - 1, vms)
    capacity = np.full((hosts, 1), int(demand.sum()) // 2)
    problem = Problem.of(demand, capacity, start=start, on=[True] * (hosts - 1) + [False])
    target = np.where(rng.random(vms) < 0.6, rng.integers(1, hosts, vms), start)
    target[start == 0] = rng.integers(1, hosts, int((start == 0).sum()))
    limits = Limits(outgoing=2, incoming=2, per_host=3, total=5, wave=8, pilot=3, pause_s=pause_s)
    way = transition(
        problem, target.tolist(), limits=limits, nic_mbps=np.full(hosts, 2000.0), dirty_mib_s=rng.uniform(0, 20, vms)
    )
    return course(problem, ListSchedule()(way), limits, np.full(hosts, 2000.0))
