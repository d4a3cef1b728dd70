"""A part without rules is packed anew where that empties more hosts."""

import numpy as np

from models.check import placement as check
from models.problem import Problem
from models.rules import Spread
from solvers.anew import packed_anew, plain
from solvers.portfolio import Portfolio
from solvers.relations import compiled
from tests.models.strategies import rows

TRIPLES = [5, 3, 2] * 4
"""Four hosts of 10 are just enough, if each holds a 5, a 3 and a 2."""


def test_new_vms() -> None:
    """VMs that are new fill four hosts to the brim."""
    problem = Problem.of([[size] for size in TRIPLES], [[10]] * 6)
    found = Portfolio(seconds=2.0)(problem)
    assert (found.status, int(found.on.sum())) == ("optimal", 4)
    assert not check.violations(problem, found.host, found.on)


def test_bins_go_where_their_vms_are() -> None:
    """Hosts that are packed as well as can be keep what they hold."""
    problem = Problem.of([[size] for size in TRIPLES], [[10]] * 6, start=np.arange(12) // 3 + 1)
    relations = compiled(problem)
    found = packed_anew(relations, 1.0, 1)
    assert found is not None
    assert int((found[0].host != relations.start).sum()) <= 6
    assert int(found[1].sum()) == 4


def test_two_classes() -> None:
    """Each bin goes to a host of its own class."""
    problem = Problem.of([[7], [7], [3], [3]], [[7], [13], [7]], start=[0, 1, 1, 1])
    found = packed_anew(compiled(problem), 1.0, 1)
    assert found is not None
    assert (found[0].load <= problem.capacity).all()
    assert int(found[1].sum()) == 2


def test_rules_forbid_it() -> None:
    """Where VMs must be apart, packings do not know enough."""
    assert plain(compiled(Problem.of([[1], [1]], [[2]] * 2)))
    assert not plain(compiled(Problem.of([[1], [1]], [[2]] * 2, rules=[Spread(vms=rows(0, 1))])))
