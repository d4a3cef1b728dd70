"""Packing anew: the classic heuristics by hand."""

import numpy as np
import pytest

from models.arrays import NOWHERE
from models.costs import Headroom, HostsOn, Moves
from models.problem import Problem
from models.rules import Offline, Online, Root, Spare
from solvers.greedy import SCORES, Pack, ranked
from solvers.relations import compiled
from tests.models.strategies import rows


def test_first_fit_decreasing() -> None:
    """6, 5, 4, 3, 2 into hosts of 10: 6 + 4 and 5 + 3 + 2."""
    found = Pack()(Problem.of([[3], [5], [6], [2], [4]], [[10]] * 3))
    assert found.host[2] == found.host[4]
    assert found.host[0] == found.host[1] == found.host[3]
    assert found.status == "optimal"


def test_best_fit() -> None:
    """Hosts hold 7 and 5, pinned; the 3 goes where it leaves least: beside the 7."""
    problem = Problem.of([[7], [5], [3]], [[10]] * 2, start=[0, 1, NOWHERE], rules=[Root(vms=rows(0, 1))])
    assert Pack("best-fit")(problem).host[2] == 0


def test_dot_product() -> None:
    """A VM that needs much of the first dim goes where much of the first dim is free."""
    problem = Problem.of([[1, 8], [8, 1], [7, 1]], [[10, 10]] * 2, start=[0, 1, NOWHERE], rules=[Root(vms=rows(0, 1))])
    assert Pack("dot-product")(problem).host[2] == 0


@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize("by_host", [False, True])
def test_all_find_room(score: str, by_host: bool) -> None:
    """Six VMs of 3 fill two hosts of 9 whichever way one packs."""
    found = Pack(score, by_host)(Problem.of([[3]] * 6, [[9]] * 4, start=[0, 0, 1, 1, 2, 3]))
    assert found.status == "optimal"
    assert int(found.on.sum()) == 2


def test_at_home_if_open() -> None:
    """A VM whose host is open anyway stays there: two pinned ones keep both hosts on."""
    problem = Problem.of([[5], [4], [1]], [[10]] * 2, start=[0, 1, 1], rules=[Root(vms=rows(0, 1))])
    assert Pack()(problem).host.tolist() == [0, 1, 1]


def test_no_room() -> None:
    """Where the heuristic finds no packing, it says so and leaves all as it is."""
    found = Pack()(Problem.of([[6], [6]], [[10]], start=[0, NOWHERE]))
    assert found.status == "infeasible"
    assert found.host.tolist() == [0, NOWHERE]


def test_spares_stay_on() -> None:
    """One host holds all; another one stays on for its loss."""
    found = Pack()(Problem.of([[3], [3]], [[10]] * 3, start=[0, 1], rules=[Spare(hosts=rows(0, 1, 2))]))
    assert int(found.on.sum()) == 2


def test_rank() -> None:
    """Hosts that must be on come first, then the lightest for their size; those that must be off never."""
    costs = HostsOn(np.array([4, 4, 1, 9])), Moves(np.zeros(0, np.int64)), Headroom()
    rules = Online(hosts=rows(3)), Offline(hosts=rows(2))
    problem = Problem.of(np.zeros((0, 1)), [[10], [20], [10], [10]], costs=costs, rules=rules)
    assert ranked(compiled(problem)).tolist() == [3, 1, 0]


def test_vms_that_are_off_wake_no_host() -> None:
    """A VM that is off on a host that is off stays, and the host too."""
    found = Pack()(Problem.of([[0], [5]], [[10]] * 2, start=[1, 0], on=[True, False]))
    assert found.host.tolist() == [1, 0]
    assert found.on.tolist() == [True, False]
