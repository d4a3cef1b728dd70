"""A problem without its rules is a packing, and what bounds that bounds every placement."""

import numpy as np
import pytest

from models.costs import HostsOn
from models.problem import Problem
from models.rules import Ban, Offline
from solvers.cover import cover
from solvers.portfolio import Portfolio
from solvers.relations import compiled
from solvers.relaxation import raised, relaxed
from solvers.state import State
from tests.models.strategies import rows
from tests.solvers.exhaustive import optimum


def test_classes() -> None:
    """Hosts of one size and price are a class; those that must be off and empty are in none."""
    problem = Problem.of([[4], [0]], [[10], [8], [10], [10]], rules=[Offline(hosts=rows(3))])
    given = relaxed(compiled(problem))
    assert given is not None
    packing, items, kind = given
    assert packing.capacity.tolist() == [[8], [10]]
    assert packing.supply.tolist() == [1, 2]
    assert items.tolist() == [0]
    assert kind.tolist() == [1, 0, 1, -1]


def test_patterns_say_more_than_sums() -> None:
    """Seven VMs of 4 are 28, which three hosts of 11 offer; but a host holds two of them, so that it takes four."""
    problem = Problem.of([[4]] * 7, [[11]] * 7, start=np.arange(7))
    relations = compiled(problem)
    state = State(relations, relations.start)
    least = cover(relations)
    assert least is not None
    assert least.bound == 3
    assert raised(relations, (state, problem.on), least, 1.0).bound == 4


@pytest.mark.parametrize("seed", range(12))
def test_never_above_the_optimum(seed: int) -> None:
    """The bound is not above the best of all placements, with weights, kinds and rules."""
    rng = np.random.default_rng(seed)
    problem = Problem.of(
        rng.integers(2, 6, (2, 5, 2)), rng.integers(9, 14, (3, 2)), kind=rng.integers(0, 2, 3),
        rules=[Ban(vms=rows(0), hosts=rows(int(rng.integers(3))))], costs=[HostsOn(rng.integers(1, 4, 3))],
    )  # fmt: skip
    relations = compiled(problem)
    exact, found = optimum(problem), Portfolio(seconds=1.0)(problem)
    least = cover(relations)
    assert exact is not None
    assert least is not None
    assert found.status != "infeasible"
    state = State(relations, found.host[np.unique(relations.item, return_index=True)[1]])
    assert raised(relations, (state, found.on), least, 1.0).bound <= exact.weight
