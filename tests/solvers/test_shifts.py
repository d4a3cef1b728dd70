"""Shifts of VMs that moved anyway: a more even load, or less capacity that is free and of no use."""

import numpy as np

from models.problem import Problem
from solvers.relations import compiled
from solvers.shifts import evenness, shifted, stranded
from solvers.state import State

ON = np.ones(3, np.bool_)


def test_evenness() -> None:
    """6 + 2 and 2 of 10: of the two that moved, a 2 goes to the emptier host, which then has 4 against 6."""
    problem = Problem.of([[6], [2], [2]], [[10]] * 3, start=[0, 2, 1])
    state = State(compiled(problem), np.array([0, 0, 1]))
    assert shifted(state, ON, evenness) == 1
    assert state.load[:2, 0].tolist() == [6, 4]


def test_stranded() -> None:
    """CPU alone on one host and memory alone on the other strand 8 of either; swapped by one shift, less."""
    problem = Problem.of([[4, 0], [4, 0], [0, 4], [0, 4]], [[10, 10]] * 3, start=[0, 2, 1, 1])
    state = State(compiled(problem), np.array([0, 0, 1, 1]))
    assert shifted(state, ON, stranded) == 1
    assert sorted(map(tuple, state.load[:2].tolist())) == [(4, 0), (4, 8)]


def test_who_stayed_is_left_alone() -> None:
    """Nobody moved, so nobody is shifted, unless anybody may be."""
    problem = Problem.of([[4], [4], [1]], [[10]] * 3, start=[0, 0, 1])
    state = State(compiled(problem), problem.start)
    assert shifted(state, ON, evenness) == 0
    assert shifted(state, ON, evenness, anybody=True) == 1
    assert state.load[:2, 0].tolist() == [4, 5]
