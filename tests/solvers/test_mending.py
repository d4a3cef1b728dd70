"""What is broken at the start is mended where it can be, and stays mended; what cannot be mended may stay."""

import pytest

from models.check import placement as check
from models.problem import Problem
from models.rules import Ban, Fence, Gather, Root, Rule, Spread
from solvers.portfolio import Portfolio
from tests.models.strategies import rows


def test_an_overfull_host_gives_away() -> None:
    """Four VMs of 4 on a host of 10 are two too many; two hosts of 10 hold two each, and one stays empty."""
    problem = Problem.of([[4]] * 4, [[10]] * 3, start=[0, 0, 0, 0])
    found = Portfolio(seconds=1)(problem)
    assert sorted(found.host.tolist()).count(0) == 2
    assert check.violations(problem, found.host, found.on) == ()


@pytest.mark.parametrize("rule", [Ban(vms=rows(0), hosts=rows(0)), Fence(vms=rows(0), hosts=rows(1, 2))])
def test_a_vm_leaves_where_it_must_not_be(rule: Rule) -> None:
    """VM 0 stands where the rule forbids it; its neighbour joins it, so that one host is enough."""
    problem = Problem.of([[1], [1]], [[9]] * 3, start=[0, 0], rules=[rule])
    found = Portfolio(seconds=1)(problem)
    assert check.violations(problem, found.host, found.on) == ()
    assert found.on.sum() == 1


def test_what_cannot_be_mended_may_stay() -> None:
    """Three VMs on pairwise different hosts of two: two share a host as today, and nothing gets worse."""
    problem = Problem.of([[1]] * 3, [[9]] * 2, start=[0, 0, 1], rules=[Spread(vms=rows(0, 1, 2))])
    found = Portfolio(seconds=1)(problem)
    assert found.status != "infeasible"
    assert not check.new(check.judged(problem, check.violations(problem, found.host, found.on)))


def test_gathered_around_a_pinned_vm() -> None:
    """VM 0 must stay on host 0: those that must be with it come, and it does not go to them."""
    rules = [Gather(vms=rows(0, 1, 2)), Root(vms=rows(0))]
    problem = Problem.of([[1]] * 3, [[9]] * 3, start=[0, 1, 2], rules=rules)
    found = Portfolio(seconds=1)(problem)
    assert found.host.tolist() == [0, 0, 0]
    assert check.violations(problem, found.host, found.on) == ()


def test_gathered_around_two_pinned_vms() -> None:
    """Two VMs that must stay apart and together: nothing that is found moves either."""
    rules = [Gather(vms=rows(0, 1)), Root(vms=rows(0, 1))]
    problem = Problem.of([[1]] * 2, [[9]] * 3, start=[0, 1], rules=rules)
    found = Portfolio(seconds=1)(problem)
    assert found.host.tolist() == [0, 1]
