"""Packing anew onto hosts of several nodes, and how many hosts are needed at least."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings

from models.arrays import NOWHERE
from models.check import placement as check
from models.problem import Problem
from models.rules import Spread
from solvers.node_bound import bound
from solvers.nodewise import Nodewise
from tests.solvers.test_incremental import TURNS, turned


def test_sorts_that_do_not_fill_a_node_count() -> None:
    """Nodes of 10 hold one VM of 6 each: four VMs need two hosts, though 24 of 40 would fit into 1.2."""
    problem = Problem.of([[6, 0]] * 4, [[10, 10]] * 3, turns=TURNS)
    found = bound(problem)
    assert (found.hosts, round(found.value, 6)) == (2, 2.0)
    assert Nodewise()(problem).status == "optimal"


def test_without_room_nothing_is_known() -> None:
    """A VM that fits nowhere: there is no bound, and it is nowhere."""
    problem = Problem.of([[6, 6]], [[9, 5]], turns=TURNS)
    assert bound(problem).hosts == 0
    found = Nodewise()(problem)
    assert (found.status, found.host.tolist()) == ("infeasible", [NOWHERE])


def fewest(problem: Problem) -> int | None:
    """Return the fewest hosts in use in any placement of all VMs that breaks nothing, by trying all."""
    ways = list(product(range(len(problem.capacity)), range(len(problem.turns))))
    best = None
    for chosen in product(ways, repeat=len(problem.start)):
        host, turn = (np.array(column, np.int32) for column in zip(*chosen, strict=True))
        used = len(set(host.tolist()))
        on = np.ones(len(problem.capacity), np.bool_)
        if (best is None or used < best) and not check.violations(problem, host, on, turn=turn):
            best = used
    return best


@given(turned())
@settings(max_examples=30, deadline=None)
def test_the_bound_is_never_above_the_optimum(problem: Problem) -> None:
    """A packing breaks nothing and uses no fewer hosts than the optimum, nor the bound more."""
    if len(problem.start) * len(problem.capacity) > 9:
        return
    least, found = fewest(problem), Nodewise()(problem)
    if least is not None:
        assert bound(problem).hosts <= least
    if found.status != "infeasible":
        host = found.host.astype(np.int32)
        assert check.violations(problem, host, found.on, turn=found.turn) == ()
        assert least is not None
        assert least <= len(np.unique(host))


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_hosts_of_the_relaxation(seed: int) -> None:
    """Of hosts of many sizes, those that the relaxation uses do with fewer than the fullest first."""
    problem = strewn(seed)
    packed = [Nodewise(tries=tries)(problem) for tries in (0, 6)]
    plain, least = (int(each.on.sum()) for each in packed)
    assert [check.violations(problem, each.host, each.on, turn=each.turn) for each in packed] == [(), ()]
    assert bound(problem).hosts <= least < plain


def strewn(seed: int) -> Problem:
    """Return 150 VMs of six sorts for one node or both, some apart, and 80 hosts of what others left free."""
    rng = np.random.default_rng(seed)
    sorts = np.array([(1, 4, 0, 0), (2, 4, 0, 0), (2, 8, 0, 0), (4, 8, 0, 0), (8, 16, 8, 16), (8, 32, 8, 32)])
    demand = sorts[rng.choice(len(sorts), 150)]
    capacity = np.stack([rng.integers(2, 30, 80), rng.integers(8, 120, 80)] * 2, axis=1)
    capacity[:, 2:] = capacity[:, :2] // rng.integers(1, 3, (80, 1))
    apart = [Spread(vms=each) for each in np.split(rng.permutation(60), 15)]
    dims = "cpu@0", "mem@0", "cpu@1", "mem@1"
    return Problem.of(demand, capacity, dims=dims, turns=[[0, 1, 2, 3], [2, 3, 0, 1]], rules=apart)
