"""The placement problem: what is filled in, what is refused, and what cannot be changed."""

import pickle
from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.costs import Headroom, HostsOn, Moves
from models.errors import BrokenPromiseError
from models.problem import Problem
from tests.models import strategies
from tests.models.strategies import rows


def test_what_is_not_given_is_filled_in() -> None:
    """All hosts on and alike, no VM placed, all dims held at both ends, and fewest hosts, then moves, then headroom."""
    problem = Problem.of([[1, 2]], [[3, 4], [3, 4]])
    assert problem.demand.shape == (1, 1, 2)
    assert (problem.start.tolist(), problem.kind.tolist(), problem.on.tolist()) == ([-1], [0, 0], [True, True])
    assert problem.transient.tolist() == [True, True]
    assert (problem.failover == problem.capacity).all()
    assert [type(cost) for cost in problem.costs] == [HostsOn, Moves, Headroom]
    assert (problem.dims, problem.hosts.tolist(), problem.vms.tolist()) == (
        ("dim0", "dim1"),
        ["host-0", "host-1"],
        ["vm-0"],
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"start": [0, 1]},
        {"kind": [0]},
        {"kind": [0, 1]},
        {"on": [True]},
        {"failover": [[4]]},
        {"transient": [True, False]},
        {"dims": ("cpu", "memory")},
        {"hosts": ["a"]},
        {"vms": []},
        {"start": [2]},
        {"start": [-2]},
        {"demand": [[-1]]},
        {"turns": [[1]]},
        {"turns": [[0, 1]]},
        {"turns": [[0], [0]]},
        {"start_turn": [1]},
        {"start_turn": [0, 0]},
    ],
    ids=str,
)
def test_inconsistent_problems_are_refused(wrong: dict[str, Any]) -> None:
    """One VM and two hosts of one kind: columns of another length, unknown rows and negative demand are bugs."""
    given: dict[str, Any] = {"demand": [[1]], "capacity": [[4], [4]]} | wrong
    with pytest.raises(BrokenPromiseError):
        Problem.of(**given)


def test_load_adds_up_what_vms_take_there() -> None:
    """Kind 0 takes 1 and 2, kind 1 takes 3 and 4: both on host 1, of kind 1, make 7; a VM nowhere takes nothing."""
    problem = Problem.of([[[1], [2]], [[3], [4]]], [[9], [9]], kind=[0, 1])
    assert problem.load(rows(1, 1)).tolist() == [[0], [7]]
    assert problem.load(rows(0, 1)).tolist() == [[1], [4]]
    assert problem.load(rows(-1, 0)).tolist() == [[2], [0]]
    assert problem.need(rows(-1, 0)).tolist() == [[0], [2]]


def test_who_takes_anything() -> None:
    """A VM that takes nothing on one kind of host, but something on another, does take resources."""
    problem = Problem.of([[[0], [0]], [[0], [4]]], [[9], [9]], kind=[0, 1])
    assert problem.takes.tolist() == [False, True]


def test_every_host_is_a_place_of_its_own() -> None:
    """The level of hosts is there always, beside those given."""
    problem = Problem.of([[1]], [[4], [4]], levels={"rack": [5, -1]})
    assert {level: place.tolist() for level, place in problem.places.items()} == {"host": [0, 1], "rack": [5, -1]}


def writeable(problem: Problem) -> list[str]:
    """Return the names of the arrays of the problem, its levels and its rules that could be changed."""
    named = {item.name: getattr(problem, item.name) for item in fields(problem)} | dict(problem.levels)
    for rule in problem.rules:
        named |= {f"{rule.kind}.{name}": value for name, value in vars(rule).items()}
        named |= {f"{rule.kind}.parts": each for each in getattr(rule, "parts", ())}
    return [name for name, value in named.items() if isinstance(value, np.ndarray) and value.flags.writeable]


@given(strategies.problems())
def test_arrays_are_read_only_also_after_pickling(problem: Problem) -> None:
    """No array of a problem can be changed by accident, here or in another process; and it is the same there."""
    sent = pickle.loads(pickle.dumps(problem))
    assert writeable(problem) == writeable(sent) == []
    assert (sent.demand == problem.demand).all()
    assert sent.load(sent.start).tolist() == problem.load(problem.start).tolist()


@given(st.data())
def test_no_demand_is_lost(data: st.DataObject) -> None:
    """With one kind of host, the loads of all hosts are the demands of all VMs that are placed."""
    drawn = data.draw(strategies.problems(most_rules=0))
    problem = Problem.of(drawn.demand[0], drawn.capacity)
    host = data.draw(strategies.hosts_of(problem))
    assert (problem.load(host).sum(axis=0) == problem.demand[0, host >= 0].sum(axis=0)).all()


TURNED: dict[str, Any] = {"turns": [[0, 1], [1, 0]], "start": [0, 0], "start_turn": [0, 1]}


def test_a_turned_vm_takes_the_other_node() -> None:
    """Two VMs of 5 on one node: as they sit now they fill both nodes of host 0; turned alike, one node holds 10."""
    problem = Problem.of([[5, 0], [5, 0]], [[8, 8], [8, 8]], **TURNED)
    assert problem.load(problem.start).tolist() == [[5, 5], [0, 0]]
    assert problem.load(problem.start, rows(1, 1)).tolist() == [[0, 10], [0, 0]]
    assert problem.followed.tolist() == [[0, 1], [1, 0]]


def test_turns_in_a_row_must_be_a_turn() -> None:
    """A quarter turn over three nodes, done twice, is none of the turns given."""
    with pytest.raises(BrokenPromiseError, match="in a row"):
        Problem.of([[1, 0, 0]], [[4, 4, 4]], turns=[[0, 1, 2], [1, 2, 0]])
