"""Whether hosts can be lost: what restarts where, and what is forgiven."""

import numpy as np

from models.arrays import Rows
from models.check import placement as check
from models.problem import Problem
from models.rules import Fence, Root, Rule, Spare, Spread
from solvers.relations import compiled
from solvers.spare import dominating_idle, restarts, survives
from solvers.state import State
from tests.models.strategies import rows

ALL = rows(0, 1, 2)


def survived(sizes: list[int], start: list[int], *rules: Rule, capacity: int = 10, failover: int = 10) -> bool:
    """Return whether three hosts that are all on survive what the rules say."""
    problem = Problem.of(
        [[size] for size in sizes], [[capacity]] * 3, failover=[[failover]] * 3, start=start, rules=rules
    )
    relations = compiled(problem)
    return survives(State(relations, relations.start), problem.on)


def test_no_rule() -> None:
    """Without a spare rule nothing need survive."""
    assert survived([10, 10, 10], [0, 1, 2])


def test_room_on_the_others() -> None:
    """6, 4 and 4: each fits beside the others. 6, 5 and 5: the 6 finds 5 and 5 free, and that is too little."""
    assert survived([6, 4, 4], [0, 1, 2], Spare(hosts=ALL))
    assert not survived([6, 5, 5], [0, 1, 2], Spare(hosts=ALL))


def test_room_in_sum_is_not_enough() -> None:
    """Hosts with 3 and 3 free do not take a VM of 4."""
    assert not survived([4, 7, 7], [0, 1, 2], Spare(hosts=ALL))


def test_restarts_may_use_what_the_ceiling_keeps_free() -> None:
    """6 + 5 exceed the ceiling of 10, but in an emergency hosts take 11."""
    assert survived([6, 5, 5], [0, 1, 2], Spare(hosts=ALL), failover=11)


def test_two_losses() -> None:
    """Two empty hosts of three survive two losses; one does not."""
    assert survived([5], [0], Spare(hosts=ALL, count=2))
    assert not survived([6, 6], [0, 1], Spare(hosts=ALL, count=2))


def test_pinned_vms_restart() -> None:
    """A pinned VM is not migrated, but restarted elsewhere all the same."""
    assert survived([5], [0], Root(vms=rows(0)), Spare(hosts=ALL))


def test_restarts_keep_apart() -> None:
    """Three VMs that must be apart on three hosts: after a loss one would join another."""
    assert not survived([1, 1, 1], [0, 1, 2], Spread(vms=ALL), Spare(hosts=ALL))
    assert survived([1, 1], [0, 1], Spread(vms=rows(0, 1)), Spare(hosts=ALL))


def test_what_is_stranded_today_is_forgiven() -> None:
    """The VM that is fenced to its host cannot restart, today nor tomorrow; the other one must."""
    fence = Fence(vms=rows(0), hosts=rows(0))
    assert survived([5, 5], [0, 1], fence, Spare(hosts=ALL))
    assert not survived([5, 8, 6, 6], [0, 1, 0, 2], fence, Spare(hosts=ALL), capacity=11, failover=11)


def test_a_state_is_left_as_it_was() -> None:
    """Trying restarts changes nothing."""
    relations = compiled(Problem.of([[6], [4]], [[10]] * 3, start=[0, 1], rules=[Spare(hosts=ALL)]))
    state = State(relations, relations.start)
    before = state.load.copy(), state.host.copy(), state.limit
    survives(state, np.ones(3, np.bool_))
    assert (before[0] == state.load).all()
    assert (before[1] == state.host).all()
    assert state.limit is before[2]


def test_idle_hosts_that_can_replace_any() -> None:
    """An empty host as large as the fullest load can take over whichever is lost; a smaller one cannot."""
    relations = compiled(Problem.of([[6]], [[10], [10], [5]], start=[0]))
    assert dominating_idle(State(relations, relations.start), ALL) == 1


def test_restarts_are_shown() -> None:
    """For each loss the plan tells where the VMs restart, and the checker agrees."""
    problem = Problem.of([[6], [4], [4]], [[10]] * 3, start=[0, 1, 2], rules=[Spare(hosts=ALL)])
    start: Rows = problem.start
    found = restarts(problem, start, problem.on)
    assert set(found) == {(0,), (1,), (2,)}
    assert found[(0,)][0] in (1, 2)
    assert not check.violations(problem, start, problem.on, found)


def test_restarts_are_shown_by_the_rules_that_bind() -> None:
    """A Spread with a price is no reason to show no restart."""
    spread = Spread(vms=ALL, price=5.0)
    problem = Problem.of([[1]] * 3, [[9]] * 3, start=[0, 1, 2], rules=[spread, Spare(hosts=ALL)])
    assert all(len(places) == 1 for places in restarts(problem, problem.start, problem.on).values())
