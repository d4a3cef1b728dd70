"""Few moves: what must go finds a host, others move only to make room, and a second run moves nothing."""

from dataclasses import replace
from itertools import product

import numpy as np
from hypothesis import given, settings

from models.arrays import NOWHERE
from models.check import placement as check
from models.problem import Problem
from models.rules import Offline, Root, Spread
from solvers.repair import Repair
from tests.models import strategies
from tests.models.strategies import rows


def test_a_drained_host_is_empty_and_nothing_else_moves() -> None:
    """Host 0 goes off: its two VMs of 3 fit on hosts 1 and 2 beside the VMs of 5 there."""
    problem = Problem.of([[3], [3], [5], [5]], [[9]] * 3, start=[0, 0, 1, 2], rules=[Offline(hosts=rows(0))])
    found = Repair()(problem)
    assert found.host[2:].tolist() == [1, 2]
    assert set(found.host[:2].tolist()) <= {1, 2}
    assert found.on.tolist() == [False, True, True]


def test_one_makes_room() -> None:
    """A VM of 6 finds 5 and 4 free: the VM of 2 moves from host 1 to host 2, and nobody else."""
    problem = Problem.of([[6], [2], [3], [6]], [[6], [10], [10]], start=[0, 1, 1, 2], rules=[Offline(hosts=rows(0))])
    found = Repair()(problem)
    assert found.status == "feasible"
    assert np.count_nonzero(found.host != problem.start) == 2
    assert check.violations(problem, found.host.astype(np.int32), found.on) == ()


def test_a_pinned_vm_cannot_be_drained() -> None:
    """A VM that must stay on a host that must be off: infeasible, the start is returned, and both are named."""
    problem = Problem.of([[3]], [[9], [9]], start=[0], rules=[Offline(hosts=rows(0)), Root(vms=rows(0))])
    found = Repair()(problem)
    assert (found.status, found.host.tolist()) == ("infeasible", [0])
    assert {"host-0", "vm-0"} <= set(found.blocking)


def test_new_vms_are_placed() -> None:
    """A VM that is nowhere joins those that are on a host in use, apart from the one it must not meet."""
    problem = Problem.of([[3]] * 3, [[9]] * 3, start=[0, 1, -1], rules=[Spread(vms=rows(0, 2))])
    assert Repair()(problem).host.tolist() == [0, 1, 1]


def settled(problem: Problem) -> Problem:
    """Return the problem whose VMs all take something and whose start breaks nothing: with more room, fewer rules."""
    demand = problem.demand.copy()
    demand[:, ~problem.takes, 0] = 1
    bare = replace(problem, demand=demand, rules=())
    capacity = np.maximum(bare.capacity, bare.load(bare.start))
    bare = replace(bare, capacity=capacity, failover=np.maximum(bare.failover, capacity))
    kept = (one for one in problem.rules if not check.violations(replace(bare, rules=(one,)), bare.start, bare.on))
    return replace(bare, rules=tuple(kept))


def least_moves(problem: Problem) -> int | None:
    """Return the fewest VMs that are elsewhere than they start in any placement that keeps all, by trying all."""
    best = None
    off = [int(host) for rule in problem.rules if isinstance(rule, Offline) for host in rule.hosts]
    on = np.isin(np.arange(len(problem.capacity)), off, invert=True)
    for hosts in product(range(len(problem.capacity)), repeat=len(problem.start)):
        host = np.array(hosts, np.int32)
        moves = int(np.count_nonzero(host != problem.start))
        if (best is None or moves < best) and not check.violations(problem, host, on):
            best = moves
    return best


@given(strategies.problems(kinds=("Spread", "Fence"), feasible=True, placed=True, most_hosts=4, most_vms=5))
@settings(max_examples=60, deadline=None)
def test_against_all_placements(problem: Problem) -> None:
    """A plan breaks nothing, moves about as few as any, and is there only if one is; again, it moves nothing."""
    problem = settled(problem)
    problem = replace(problem, rules=(*problem.rules, Offline(hosts=rows(0))))
    found, least = Repair()(problem), least_moves(problem)
    if found.status == "infeasible":
        return
    host = found.host.astype(np.int32)
    assert check.violations(problem, host, found.on) == ()
    assert least is not None
    assert least <= np.count_nonzero(host != problem.start) <= least + 2
    again = Repair()(replace(problem, start=host, on=found.on))
    assert (again.status, again.host.tolist()) == ("unchanged", host.tolist())
    assert NOWHERE not in host
