"""Taking back part of a placement: what does not pay, and what is too much."""

import numpy as np

from models.plan import Placement
from models.problem import Problem
from models.rules import Fence, Offline
from solvers import trim
from tests.models.strategies import rows


def yes(_: Placement) -> bool:
    """Judge every placement to keep the rules."""
    return True


PROBLEM = Problem.of([[1]] * 4, [[9]] * 4, start=[0, 0, 1, 2])
"""Two VMs on host 0, one each on hosts 1 and 2, none on host 3."""

EMPTIED = Placement(np.array([3, 3, 3, 3]), np.array([False, False, False, True]))
"""All to host 3."""


def test_freed() -> None:
    """Hosts that were on and are off."""
    assert trim.freed(PROBLEM, EMPTIED).tolist() == [True, True, True, False]
    assert trim.moves(PROBLEM, EMPTIED) == 4


def test_without() -> None:
    """A host that is kept has its VMs again."""
    found = trim.without(PROBLEM, EMPTIED, np.array([True, False, False, False]))
    assert found.host.tolist() == [0, 0, 3, 3]
    assert found.on.tolist() == [True, False, False, True]


def test_without_the_misplaced() -> None:
    """A VM that a rule forbids on its host does not return there."""
    problem = Problem.of([[1]], [[9]] * 2, start=[0], rules=[Fence(vms=rows(0), hosts=rows(1))])
    found = trim.without(problem, Placement(np.array([1]), np.array([False, True])), np.array([True, False]))
    assert found.host.tolist() == [1]


def test_profitable() -> None:
    """Host 1 gains nothing and keeps its VM."""
    found = trim.profitable(PROBLEM, EMPTIED, np.array([5.0, 0.0, 5.0, 0.0]), yes)
    assert found.host.tolist() == [3, 3, 1, 3]


def test_a_loss_that_is_demanded() -> None:
    """A host that a rule wants off is freed, though it gains nothing."""
    problem = Problem.of([[1]], [[9]] * 2, start=[0], rules=[Offline(hosts=rows(0))])
    placement = Placement(np.array([1]), np.array([False, True]))
    assert trim.profitable(problem, placement, np.array([-5.0, 0.0]), yes) is placement


def test_a_loss_that_others_need() -> None:
    """If the rest does not hold without it, the placement stays as it is."""
    assert trim.profitable(PROBLEM, EMPTIED, np.array([5.0, 0.0, 5.0, 0.0]), lambda _: False) is EMPTIED


def test_within() -> None:
    """
    Two moves are allowed. Host 0 gains 8 with two moves, host 1 gains 5 and host 2 gains 4 with one.

    By gain a move: host 1, then 0 or 2: 5 + 4 with two moves.
    """
    found = trim.within(PROBLEM, EMPTIED, 2, np.array([8.0, 5.0, 4.5, 0.0]), yes)
    assert found.host.tolist() == [0, 0, 3, 3]


def test_within_passes_over_what_is_too_much() -> None:
    """One move is allowed: host 0 would pay most, but takes two; host 2 takes one."""
    found = trim.within(PROBLEM, EMPTIED, 1, np.array([100.0, 0.5, 1.0, 0.0]), yes)
    assert found.host.tolist() == [0, 0, 1, 3]


def test_within_nothing() -> None:
    """Without moves everything stays, and host 3 may as well."""
    found = trim.within(PROBLEM, EMPTIED, 0, np.ones(4), yes)
    assert found.host.tolist() == [0, 0, 1, 2]


def test_within_what_holds() -> None:
    """If the smaller placement breaks a rule, the start is taken, if that keeps them."""
    found = trim.within(PROBLEM, EMPTIED, 1, np.ones(4), lambda each: trim.moves(PROBLEM, each) == 0)
    assert found.host.tolist() == [0, 0, 1, 2]
    assert found.on.all()
