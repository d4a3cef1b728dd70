"""A placement is checked for capacity, power, VMs left out, and against its start."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.check import placement
from models.check.violation import Violation
from models.problem import Problem
from models.rules import Fence, Rule, Spread
from tests.models import strategies
from tests.models.strategies import rows


def found(problem: Problem, host: list[int], on: list[bool] | None = None) -> tuple[Violation, ...]:
    """Return the judged violations of a placement; all hosts are on unless told otherwise."""
    mask = problem.on if on is None else np.array(on)
    return placement.judged(problem, placement.violations(problem, rows(*host), mask))


def test_capacity() -> None:
    """3 + 2 cpu on a host of 4 is a violation that names host, dim, amount and limit; 3 + 1 memory on 4 is none."""
    problem = Problem.of([[3, 3], [2, 1]], [[4, 4], [4, 4]], start=[0, 1], dims=("cpu", "memory"))
    assert found(problem, [0, 0]) == (Violation("Capacity", ("host-0",), 5.0, 4.0, "cpu"),)
    assert found(problem, [0, 1]) == ()


def test_demand_depends_on_the_kind_of_host() -> None:
    """A VM that takes 2 on the first kind and 5 on the second overloads a host of 4 of the second kind only."""
    problem = Problem.of([[[2]], [[5]]], [[4], [4]], kind=[0, 1], start=[0])
    assert found(problem, [0]) == ()
    assert found(problem, [1]) == (Violation("Capacity", ("host-1",), 5.0, 4.0, "dim0"),)


def test_unplaced() -> None:
    """A VM that loses its host is a violation; one that had none already is no news."""
    problem = Problem.of([[1], [1]], [[4]], start=[0, -1])
    assert [(each.who, each.existed) for each in found(problem, [-1, -1])] == [(("vm-0",), False), (("vm-1",), True)]


def test_power() -> None:
    """A VM may not end on a host that is off, even one that is powered off itself."""
    problem = Problem.of([[0]], [[4], [4]], start=[0])
    assert [(each.rule, each.who) for each in found(problem, [0], [False, True])] == [("Power", ("vm-0", "host-0"))]
    assert found(problem, [0], [True, False]) == ()


@pytest.mark.parametrize(("host", "existed"), [([0, 0, 1], True), ([0, 0, 0], False), ([1, 1, 1], False)])
def test_an_overload_of_the_start_is_judged_by_how_bad_it_is(host: list[int], existed: bool) -> None:
    """Host 0 of 3 starts with 2 + 2; the same is no news, 6 is, and so is 6 on host 1."""
    problem = Problem.of([[2], [2], [2]], [[3], [3]], start=[0, 0, 1])
    [each] = found(problem, host)
    assert each.existed is existed


@pytest.mark.parametrize(
    ("rule", "host", "existed"),
    [
        (Spread(vms=rows(0, 1, 2)), [0, 0, 1], True),
        (Spread(vms=rows(0, 1, 2)), [1, 0, 1], False),
        (Spread(vms=rows(0, 1, 2)), [1, 1, 0], False),
        (Fence(vms=rows(0), hosts=rows(2)), [0, 1, 2], True),
        (Fence(vms=rows(0), hosts=rows(2)), [1, 0, 2], False),
    ],
    ids=["fewer still together", "another place", "together elsewhere", "stays outside", "moves outside"],
)
def test_a_rule_broken_at_the_start_may_stay_broken_but_not_anew(rule: Rule, host: list[int], existed: bool) -> None:
    """All three VMs start on host 0: what remains of that is no news, what a move brings about is."""
    problem = Problem.of([[1], [1], [1]], [[4]] * 3, start=[0, 0, 0], rules=[rule])
    [each] = found(problem, host)
    assert each.existed is existed


def test_new_are_hard_and_not_existed() -> None:
    """Only hard violations that the start did not have are new."""
    kinds = [
        Violation("Spread", ("a",), 2, 1),
        Violation("Spread", ("b",), 2, 1, price=3.0),
        Violation("Spread", ("c",), 2, 1, existed=True),
    ]
    assert placement.new(kinds) == (kinds[0],)


@given(strategies.problems(most_rules=4))
def test_the_start_holds_no_news(problem: Problem) -> None:
    """Whatever is wrong with the start, leaving everything as it is makes nothing worse."""
    where = placement.violations(problem, problem.start, problem.on)
    assert all(each.existed for each in placement.judged(problem, where))


@given(st.data())
def test_loads_by_hand(data: st.DataObject) -> None:
    """The overloads are those that adding up VM by VM finds, with the same amounts."""
    problem = data.draw(strategies.problems(most_rules=0))
    host = data.draw(strategies.hosts_of(problem))
    summed = {
        (problem.hosts[row], name): sum(
            int(problem.demand[problem.kind[row], vm, dim]) for vm in range(len(host)) if host[vm] == row
        )
        for row in range(len(problem.hosts))
        for dim, name in enumerate(problem.dims)
    }
    limits = {(problem.hosts[row], name): problem.capacity[row, dim] for row in range(len(problem.hosts))
              for dim, name in enumerate(problem.dims)}  # fmt: skip
    over = {key: amount for key, amount in summed.items() if amount > limits[key]}
    reported = placement.violations(problem, host, problem.on)
    assert {(*each.who, each.name): each.amount for each in reported if each.rule == "Capacity"} == over


def test_turns_count_in_the_load_of_nodes() -> None:
    """Two VMs of 5 on nodes of 8: turned alike they overload one node, turned apart none, as at the start."""
    problem = Problem.of([[5, 0], [5, 0]], [[8, 8]], turns=[[0, 1], [1, 0]], start=[0, 0], start_turn=[0, 1])
    alike = placement.violations(problem, problem.start, problem.on, turn=rows(1, 1))
    assert [(each.rule, each.amount, each.name) for each in alike] == [("Capacity", 10.0, "dim1")]
    assert placement.violations(problem, problem.start, problem.on, turn=rows(1, 0)) == ()
    assert placement.violations(problem, problem.start, problem.on) == ()
