"""Few hosts at a time are packed anew: never worse, never against a rule, and better where a swap or chain is."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.arrays import NOWHERE
from models.check import placement as check
from models.problem import Problem
from models.rules import Spare, Spread
from solvers.cover import fewest_moves
from solvers.cpsat import moves_of, weight_of
from solvers.neighbourhoods import Neighbourhoods
from solvers.portfolio import Portfolio
from solvers.relations import compiled
from solvers.restriction import restricted
from solvers.spare import restarts, survives
from solvers.state import State
from tests.benchmarks.churn import estate
from tests.models.strategies import rows
from tests.solvers import exhaustive
from tests.solvers.plain_model import exact

ALL = (0, 0)
"""Bounds that are never met, so that the search goes on."""


def test_another_host_is_emptied() -> None:
    """Host 0 with three VMs was emptied into host 1; emptying host 1 with its one VM instead moves one, not three."""
    relations = compiled(Problem.of([[1], [1], [1], [1]], [[4], [4]], start=[0, 0, 0, 1]))
    state, on = Neighbourhoods(1)(relations, (State(relations, np.array([1, 1, 1, 1])), np.array([False, True])), ALL)
    assert state.host.tolist() == [0, 0, 0, 0]
    assert on.tolist() == [True, False]


def test_last_items_find_room_by_a_chain() -> None:
    """Host 2's 4 fits beside a 5 once the 2 there steps aside: 5 + 4 and 5 + 2 + 2, nine each, with two moves."""
    problem = Problem.of([[5], [2], [5], [2], [4]], [[9], [9], [9]], start=[0, 0, 1, 1, 2])
    relations = compiled(problem)
    state, on = Neighbourhoods(2)(relations, (State(relations, problem.start), np.ones(3, np.bool_)), ALL)
    assert int(on.sum()) == 2
    assert moves_of(state) == 2
    assert state.load.max() <= 9


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_never_worse_and_keeps_all_rules(data: st.DataObject) -> None:
    """Whatever the rules: from a start that keeps them all, what is found keeps them all, and weighs no more."""
    problem = data.draw(exhaustive.problems(most_vms=7))
    if not exhaustive.clean(problem):
        return
    relations = compiled(problem)
    begin = State(relations, relations.start)
    if not survives(begin, problem.on):
        return
    state, on = Neighbourhoods(0.2)(relations, (begin, problem.on), ALL)
    host = relations.vm_hosts(state.host)
    found = check.judged(problem, check.violations(problem, host, on, restarts(problem, host, on)))
    assert not [each for each in found if not each.existed]
    assert weight_of(relations, on) <= weight_of(relations, problem.on)
    assert (state.load == State(relations, state.host).load).all()


def test_what_others_leave_of_a_sum() -> None:
    """Of two VMs that may be in rack 0, one is there on host 1, outside: one is left to hosts 0 and 2."""
    rule = Spread(vms=rows(0, 1, 2), level="rack", most=2)
    levels = {"rack": [0, 0, 1]}
    problem = Problem.of([[1]] * 3, [[9]] * 3, start=[0, 1, 2], levels=levels, rules=[rule])
    relations = compiled(problem)
    small = restricted(State(relations, relations.start), problem.on, rows(0, 2), rows(0, 2))
    assert [(each.place.tolist(), each.most) for each in small.at_most] == [([0, NOWHERE], 1), ([NOWHERE, 0], 2)]


def test_fewest_moves() -> None:
    """Of hosts with 3, 1 and 2 VMs two hold all six: emptying the second moves one, at weight 2; at weight 3, none."""
    problem = Problem.of([[1]] * 6, [[3]] * 3, start=[0, 0, 0, 1, 2, 2])
    relations = compiled(problem)
    two, three = fewest_moves(relations, 2), fewest_moves(relations, 3)
    assert two is not None
    assert three is not None
    assert (two.bound, two.on.tolist(), three.bound) == (1, [True, False, True], 0)
    assert fewest_moves(relations, 1) is None


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_fewest_moves_is_a_bound(data: st.DataObject) -> None:
    """The bound on moves at the least weight is never above what trying everything finds."""
    problem = data.draw(exhaustive.problems(most_hosts=3))
    best = exhaustive.optimum(problem)
    if best is None or not exhaustive.clean(problem):
        return
    least = fewest_moves(compiled(problem), best.weight)
    assert least is not None
    assert least.bound <= best.moves


def test_restarts_that_packing_does_not_find() -> None:
    """
    Of host 0, 5 + 7 + 4 + 7 must restart into 9 and 14 that are free: only 5 + 4 and 7 + 7 do.

    Packed largest first, a 7 goes to the 9. What is on the others is small: 31 ones fit into 17 + 14, 26 into 17 + 9.
    """
    sizes, start = [5, 7, 4, 7] + [1] * 57, [0] * 4 + [1] * 31 + [2] * 26
    problem = Problem.of([[size] for size in sizes], [[40]] * 3, start=start, rules=[Spare(hosts=rows(0, 1, 2))])
    state = State(compiled(problem), problem.start)
    assert not survives(state, problem.on)
    assert survives(state, problem.on, thorough=True)
    assert restarts(problem, problem.start, problem.on)[(0,)] == {0: 1, 1: 2, 2: 1, 3: 2}


@pytest.mark.parametrize("seed", [2, 4, 6, 8])
def test_as_few_moves_as_the_optimum(seed: int) -> None:
    """On small estates with rules, as much weight is freed with as few moves as a plain model proves possible."""
    problem = estate(6, 24, seed, spare=False)
    best = exact(problem, 30)
    assert best is not None
    found = Portfolio(seconds=10)(problem)
    ours = problem.move_weights[found.host != problem.start].sum()
    assert problem.host_weights[found.on].sum() <= problem.host_weights[best.on].sum()
    assert ours <= problem.move_weights[best.host != problem.start].sum() or not best.proven
