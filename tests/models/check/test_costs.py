"""The exact cost of a placement, by hand."""

import numpy as np
import pytest

from models.arrays import frozen
from models.check import costs
from models.costs import Balance, Cost, Distance, Excess, Headroom, HostsOn, MostMoved, Moves, Sum
from models.problem import Problem
from tests.models.strategies import rows

# Three VMs of (4, 1), (2, 3) and (1, 1) on two hosts of (10, 10); VMs 0 and 1 start on host 0, VM 2 on host 1. VM 1
# moves to host 1, so the loads are (4, 1) and (3, 4), and the free amounts (6, 9) and (7, 6).
DEMAND, CAPACITY, START, END = [[4, 1], [2, 3], [1, 1]], [[10, 10]] * 2, [0, 0, 1], frozen([0, 1, 1], np.int32)

EXAMPLES: list[tuple[str, Cost, int]] = [
    ("both are on", HostsOn(np.array([5, 7])), 12),
    ("VM 1 weighs 20", Moves(np.array([10, 20, 30])), 20),
    ("4 of 10 is the most", Headroom(), 400),
    ("10 × (4 - 3) + 100 × ((1 - 0) + (4 - 3))", Excess(np.array([10, 100]), np.array([[3, 0], [9, 3]])), 210),
    ("2 × ((2×6 - 9) + (2×7 - 6))", Balance(0, 1, 2, 2), 22),
    ("3 × 1, of the group {0, 1}", MostMoved((rows(0, 1), rows(2)), 3), 3),
    ("4 × what lies from host 0 to host 1", Distance(np.array([[0, 6], [8, 0]]), 4), 24),
    ("20 + 24", Sum((Moves(np.array([10, 20, 30])), Distance(np.array([[0, 6], [8, 0]]), 4))), 44),
]


@pytest.mark.parametrize(("title", "term", "amount"), EXAMPLES, ids=[type(term).__name__ for _, term, _ in EXAMPLES])
def test_term(title: str, term: Cost, amount: int) -> None:
    """Each kind of term, worked out by hand."""
    problem = Problem.of(DEMAND, CAPACITY, start=START, costs=[term])
    assert costs.cost(problem, END) == (amount,), title


def test_distance_between_places() -> None:
    """A move within a rack is no way, one to another rack is 9."""
    term = Distance(np.array([[0, 9], [9, 0]]), 1, "rack")
    problem = Problem.of([[1], [1]], [[9]] * 3, start=[0, 0], levels={"rack": [0, 0, 1]}, costs=[term])
    assert costs.cost(problem, frozen([1, 2], np.int32)) == (9,)


def test_stages_and_parts() -> None:
    """Every stage has its own amount, and that of a sum is told by the kinds of its terms, equal ones together."""
    stage = Sum((Moves(np.array([10, 20, 30])), Balance(0, 1, 2, 2), Balance(0, 1, 1, 1)))
    problem = Problem.of(DEMAND, CAPACITY, start=START, costs=[HostsOn(np.array([5, 7])), stage])
    assert costs.cost(problem, END) == (12, 43)
    assert costs.parts(problem, END) == ({"HostsOn": 12}, {"Moves": 20, "Balance": 23})


def test_hosts_on_as_given() -> None:
    """A host that is on without a VM counts as well."""
    problem = Problem.of([[1]], [[9]] * 2, start=[0], costs=[HostsOn(np.array([5, 7]))])
    assert costs.cost(problem, problem.start) == (5,)
    assert costs.cost(problem, problem.start, np.array([True, True])) == (12,)
