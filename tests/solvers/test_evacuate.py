"""Emptying hosts with few moves: who leaves, who steps aside, and where they go."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from models.arrays import NOWHERE
from models.check import placement as check
from models.problem import Problem
from models.rules import Gather, Offline, Root, Spare, Spread
from solvers.evacuate import Evacuate, aligned, evacuated, idle_choices, leavers, roomiest, tightest
from solvers.portfolio import Portfolio
from solvers.relations import compiled
from solvers.state import State
from tests.models.strategies import rows
from tests.solvers import exhaustive


def state_of(problem: Problem) -> State:
    """Return the state at the start."""
    relations = compiled(problem)
    return State(relations, relations.start)


def test_only_what_must_leave_moves() -> None:
    """One of three hosts is enough: that with two VMs stays on, and only the other VM moves."""
    found = Evacuate()(Problem.of([[3], [3], [3]], [[10]] * 3, start=[1, 2, 1]))
    assert found.status == "optimal"
    assert found.host.tolist() == [1, 1, 1]


def test_one_steps_aside() -> None:
    """
    The 6 must leave host 2; hosts of 10 hold 5 and 3 + 3. No host has room until a 3 moves beside the 5.

    5 + 3 = 8 and 3 + 6 = 9: two hosts for 17 of 20.
    """
    problem = Problem.of([[5], [3], [3], [6]], [[10]] * 3, start=[0, 1, 1, 2], rules=[Offline(hosts=rows(2))])
    found = Evacuate()(problem)
    assert found.status == "optimal"
    assert (problem.load(found.host) <= 10).all()
    assert exhaustive.moves(problem, found.host) == 2


def test_leavers_of_closed_hosts() -> None:
    """Those on hosts that are to be emptied leave, and new ones, but not the pinned."""
    problem = Problem.of([[1]] * 4, [[9]] * 2, start=[0, 0, 1, NOWHERE], rules=[Root(vms=rows(1))])
    assert leavers(state_of(problem), np.array([False, True]), mend=False) == [0, 3]


def test_leavers_of_an_overloaded_host() -> None:
    """A host of 10 holds 6 + 3 + 2: the largest leaves, and with it enough."""
    state = state_of(Problem.of([[6], [3], [2]], [[10]] * 2, start=[0, 0, 0]))
    assert leavers(state, np.array([True, True]), mend=True) == [0]
    assert leavers(state, np.array([True, True]), mend=False) == []


def test_leavers_of_a_crowd() -> None:
    """Three VMs where one is allowed: two leave."""
    state = state_of(Problem.of([[1]] * 3, [[9]] * 3, start=[0, 0, 0], rules=[Spread(vms=rows(0, 1, 2))]))
    assert len(leavers(state, np.ones(3, np.bool_), mend=True)) == 2


def test_leavers_of_a_torn_group() -> None:
    """A group that should be in one rack and is not is placed anew."""
    rule = Gather(vms=rows(0, 1), level="rack")
    state = state_of(Problem.of([[1]] * 2, [[9]] * 2, start=[0, 1], levels={"rack": [0, 1]}, rules=[rule]))
    assert leavers(state, np.ones(2, np.bool_), mend=True) == [0, 1]


def test_no_room() -> None:
    """Where what leaves finds no room, there is no way."""
    relations = compiled(Problem.of([[6], [6]], [[10]] * 2, start=[0, 1]))
    assert evacuated(relations, np.array([True, False]), None) is None


def test_idle_spares() -> None:
    """The roomiest host is proposed as an idle spare; of two equal ones that with fewer VMs."""
    problem = Problem.of([[1]] * 3, [[9], [20], [20]], start=[1, 1, 2], rules=[Spare(hosts=rows(0, 1, 2))])
    first, second = idle_choices(compiled(problem))
    assert first is None
    assert second is not None
    assert second.tolist() == [2]


def test_scores() -> None:
    """
    A need of (4, 1) on hosts of (10, 10): the first has (6, 6) free, the second (5, 9).

    Roomiest: fullest dims 8 and 9 of 10: the first. Tightest: 7 and 9 of 20 stay free: the first. Aligned: 24 + 6
    and 20 + 9: the first.
    """
    free, capacity = np.array([[6, 6], [5, 9]]), np.full((2, 2), 10)
    need = np.array([4, 1])
    assert roomiest(free, need, capacity).tolist() == [0.8, 0.9]
    assert np.allclose(tightest(free, need, capacity), [0.7, 0.9])
    assert np.allclose(aligned(free, need, capacity), [-0.30, -0.29])


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_the_exact_model_never_moves_more(data: st.DataObject) -> None:
    """At the same weight of hosts, the exact model moves no more VMs than evacuation does, unless it mends more."""
    problem = data.draw(exhaustive.problems())
    fast, exact = (Portfolio(name, seconds=1)(problem) for name in ("evacuate", "cp-sat"))
    weights = [exhaustive.weight(problem, each.on) for each in (fast, exact)]
    if "infeasible" in (fast.status, exact.status) or weights[0] != weights[1]:
        return
    broken = [len(check.violations(problem, each.host, each.on)) for each in (fast, exact)]
    if broken[1] < broken[0]:
        return
    assert exhaustive.moves(problem, exact.host) <= exhaustive.moves(problem, fast.host)
