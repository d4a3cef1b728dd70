"""Who is where during a search, and what that leaves open."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from models.arrays import NOWHERE
from models.problem import Problem
from models.rules import Among, Lonely, MaxOnline, ResourceCapacity, Rule, Spread
from solvers.relations import compiled
from solvers.state import State, hardness
from tests.models import strategies
from tests.models.strategies import rows


def state(*rules: Rule, start: list[int], hosts: int = 3, size: int = 4, room: int = 10) -> State:
    """Return VMs of 4 on hosts of 10."""
    relations = compiled(Problem.of([[size]] * len(start), [[room]] * hosts, start=start, rules=rules))
    return State(relations, relations.start)


def test_load_and_count() -> None:
    """Two VMs of 4 on host 0 and one on host 1."""
    found = state(start=[0, 0, 1])
    assert found.load[:, 0].tolist() == [8, 4, 0]
    assert found.count.tolist() == [2, 1, 0]
    assert found.on_host(0).tolist() == [0, 1]
    assert found.fill().tolist() == [0.8, 0.4, 0.0]


def test_move() -> None:
    """A move takes the load along and tells where it was."""
    found = state(start=[0, 0])
    assert found.move(0, 2) == 0
    assert found.load[:, 0].tolist() == [4, 0, 4]


def test_targets_have_room() -> None:
    """A host with 8 of 10 has no room for 4 more."""
    found = state(start=[0, 0, NOWHERE])
    assert found.targets(2).tolist() == [False, True, True]


def test_targets_of_a_spread() -> None:
    """A VM keeps off the host of another that it must be apart from."""
    found = state(Spread(vms=rows(0, 1)), start=[0, NOWHERE])
    assert found.targets(1).tolist() == [False, True, True]


def test_targets_of_a_lonely_vm() -> None:
    """A lonely VM goes only to empty hosts, and others do not come to it."""
    found = state(Lonely(vms=rows(0)), start=[NOWHERE, 1])
    assert found.targets(0).tolist() == [True, False, True]
    found.put(0, 0)
    found.take(1)
    assert found.targets(1).tolist() == [False, True, True]


def test_targets_of_a_pool() -> None:
    """Hosts 0 and 1 together take 5: not two VMs of 4."""
    found = state(ResourceCapacity(hosts=rows(0, 1), dim="dim0", most=5), start=[0, NOWHERE])
    assert found.targets(1).tolist() == [False, False, True]


def test_targets_among_groups() -> None:
    """Where one of a group is, the others must be within the same hosts."""
    found = state(Among(vms=rows(0, 1), groups=(rows(0, 1), rows(2))), start=[0, NOWHERE])
    assert found.targets(1).tolist() == [True, True, False]


def test_targets_where_few_may_be_on() -> None:
    """One of hosts 1 and 2 may be on: once host 1 is used, host 2 stays empty."""
    found = state(MaxOnline(hosts=rows(1, 2), most=1), start=[1, NOWHERE])
    assert found.targets(1).tolist() == [True, True, False]


def test_admits() -> None:
    """A copy arrives beside what is there: 4 + 4 fit, a third does not."""
    found = state(start=[0, 1, 2])
    assert found.admits(0, 1)
    found.arrive(0, 1)
    assert not found.admits(2, 1)
    assert found.load[:, 0].tolist() == [4, 8, 4]
    found.leave(0, 0)
    assert found.load[:, 0].tolist() == [0, 8, 4]


def test_admits_apart() -> None:
    """A copy does not arrive where one is that it must be apart from, even on its way out."""
    found = state(Spread(vms=rows(0, 1)), start=[0, 1])
    assert not found.admits(0, 1)
    found.arrive(1, 2)
    assert not found.admits(0, 1)
    found.leave(1, 1)
    assert found.admits(0, 1)


def test_restarts_heed_no_root() -> None:
    """After a loss a VM restarts wherever it may be, on hosts with room to the brim."""
    found = state(start=[0, 1, 1])
    found.take(0)
    assert found.restarts(0).tolist() == [True, False, True]


def test_hardness() -> None:
    """The larger VM is the harder one: 8 of 10 before 2 of 10."""
    relations = compiled(Problem.of([[2], [8]], [[10]]))
    easy, hard = hardness(relations, [0, 1])
    assert easy < hard


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_sums_stay_true(data: st.DataObject) -> None:
    """After any moves the load is what the problem says of the hosts, and taking all away leaves nothing."""
    problem = data.draw(strategies.problems(placed=True))
    relations = compiled(problem)
    found = State(relations, relations.start)
    for item in np.flatnonzero(found.host != NOWHERE):
        found.move(int(item), data.draw(st.integers(0, relations.hosts - 1)))
    if (found.host != NOWHERE).all():
        assert found.load.tolist() == problem.load(relations.vm_hosts(found.host)).tolist()
    for item in np.flatnonzero(found.host != NOWHERE):
        found.take(int(item))
    assert not found.load.any()
    assert not found.count.any()
