"""Packing anew onto hosts of several nodes, and how many hosts are needed at least."""

from itertools import product

import numpy as np
from hypothesis import given, settings

from models.arrays import NOWHERE
from models.check import placement as check
from models.problem import Problem
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
