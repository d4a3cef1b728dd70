"""At most so many hosts on, with the fewest moves."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from models.arrays import NOWHERE
from models.check import placement as check
from models.plan import Placement
from models.problem import Problem
from solvers.fewest import Fewest
from solvers.spare import restarts
from tests.solvers import exhaustive

ESTATE = Problem.of([[1]] * 6, [[4]] * 4, start=[0, 0, 0, 1, 1, 2])
"""Three, two, one and no VMs on hosts of four."""


def test_each_count() -> None:
    """The empty host goes first, then the one with one VM, then the one with two; one host of four is not enough."""
    found = {most: Fewest(most)(ESTATE) for most in (4, 3, 2, 1)}
    moved = {most: int((each.host != ESTATE.start).sum()) for most, each in found.items()}
    assert moved == {4: 0, 3: 0, 2: 1, 1: 0}
    assert [found[most].status for most in (3, 2, 1)] == ["optimal", "optimal", "infeasible"]
    assert found[2].on.tolist() == [True, True, False, False]


def test_what_is_known_is_taken_back_in_part() -> None:
    """A plan frees two hosts of three; where two may stay, the one with more VMs keeps them."""
    problem = Problem.of([[1]] * 4, [[4]] * 3, start=[0, 1, 1, 2])
    known = Placement(np.array([0, 0, 0, 0]), np.array([True, False, False]))
    found = Fewest(2, 0.0, known=known)(problem)
    assert int((found.host != problem.start).sum()) == 1


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_keeps_all_rules(data: st.DataObject) -> None:
    """Whatever the rules and the count: what is found keeps them, on no more hosts, and its bound holds."""
    problem = data.draw(exhaustive.problems(most_vms=6))
    if not exhaustive.clean(problem):
        return
    most = data.draw(st.integers(1, len(problem.capacity)))
    found = Fewest(most, 0.2)(problem)
    if found.status == "infeasible":
        return
    shown = restarts(problem, found.host, found.on)
    assert not check.new(check.judged(problem, check.violations(problem, found.host, found.on, shown)))
    assert int(found.on.sum()) <= most
    assert (found.host != NOWHERE).all()
    moved = (found.host != problem.start) & (problem.start != NOWHERE)
    assert found.bound <= problem.move_weights[moved].sum()
