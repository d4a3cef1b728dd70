"""Moves that wait for each other's room: the cheapest way out, VMs that are stopped for a while, and no-goods."""

from dataclasses import replace
from typing import Any

import numpy as np

from models.check import timeline
from models.plan import Placement, Plan
from models.problem import Problem
from models.rules import Ban, Spread
from solvers.schedule import ListSchedule, Schedule
from solvers.scheduling.nogoods import avoided, reached
from tests.solvers.transitions import transition


def schedule(problem: Problem, host: list[int], **rest: Any) -> Plan:
    """Return the plan to these hosts; all of them stay on."""
    return Schedule(seconds=1.0)(transition(problem, host, on=np.ones(len(problem.hosts), np.bool_), **rest))


# Three full hosts of 6 pass their VMs on in a ring; host 3 has room for one.
RING = Problem.of([[6]] * 3, [[6]] * 4, start=[0, 1, 2])


def test_the_cheapest_goes_round() -> None:
    """Of a ring of three the VM whose two legs take least goes by way of the spare host: four moves in all."""
    plan = schedule(RING, [1, 2, 0], duration_s=np.array([9.0, 2.0, 9.0]))
    assert plan.moves.vm[plan.moves.destination == 3].tolist() == [1]
    assert len(plan.moves) == 4
    assert not timeline.violations(RING, plan)


def test_two_rings_at_once() -> None:
    """Two swaps on full hosts, and one spare host: first one goes round, then the other."""
    problem = Problem.of([[6]] * 4, [[6]] * 5, start=[0, 1, 2, 3])
    plan = schedule(problem, [1, 0, 3, 2])
    assert (len(plan.moves), plan.blocked) == (6, {})
    assert not timeline.violations(problem, plan)


def test_an_unbreakable_ring() -> None:
    """Without a spare host all three are told who they wait for, and the three together are a no-good."""
    problem = Problem.of([[6]] * 3, [[6]] * 3, start=[0, 1, 2])
    plan = schedule(problem, [1, 2, 0])
    assert set(plan.blocked) == {"vm-0", "vm-1", "vm-2"}
    assert "before vm-1, vm-2 leave" in plan.blocked["vm-0"]
    assert plan.no_goods == (((0, 1), (1, 2), (2, 0)),)


def test_others_are_not_held_up() -> None:
    """A swap that cannot be does not keep a third VM from moving."""
    problem = Problem.of([[6], [6], [1]], [[6], [6], [9], [1]], start=[0, 1, 2])
    fenced = replace(problem, rules=(Ban(vms=np.array([0, 1]), hosts=np.array([2])),))
    plan = schedule(fenced, [1, 0, 3])
    assert set(plan.blocked) == {"vm-0", "vm-1"}
    assert plan.moves.vm.tolist() == [2]


def test_one_is_stopped_meanwhile() -> None:
    """Where no host has room on the way, the VM that may be stopped is: off its host, then on the other one."""
    problem = Problem.of([[6]] * 2, [[6]] * 2, start=[0, 1])
    plan = schedule(problem, [1, 0], may_stop=np.array([False, True]))
    moves = list(zip(plan.moves.vm.tolist(), plan.moves.source.tolist(), plan.moves.destination.tolist(), strict=True))
    assert moves == [(1, 1, -1), (0, 0, 1), (1, -1, 0)]
    assert plan.moves.live.tolist() == [False, True, False]
    assert not timeline.violations(problem, plan)


def test_a_ring_of_rules() -> None:
    """Two VMs that must never share a host swap their hosts, which have room: one goes by way of the third."""
    rule = Spread(vms=np.array([0, 1]))
    problem = Problem.of([[1]] * 2, [[9]] * 3, start=[0, 1], rules=[rule])
    plan = schedule(problem, [1, 0])
    assert len(plan.moves) == 3
    assert not timeline.violations(problem, plan)


def test_a_no_good_is_avoided() -> None:
    """The placement that cannot be reached is asked for again with one of its VMs kept from its host."""
    problem = Problem.of([[6]] * 3, [[6]] * 3, start=[0, 1, 2])
    smaller = avoided(problem, ((0, 1), (1, 2), (2, 0)))
    (rule,) = smaller.rules
    assert isinstance(rule, Ban)
    assert (rule.vms.tolist(), rule.hosts.tolist()) == ([0], [1])


def test_placed_again_until_it_can_be_reached() -> None:
    """The first placement is a swap that cannot be; the second one, without it, is taken."""
    problem = Problem.of([[6]] * 2, [[6]] * 2, start=[0, 1])
    asked: list[int] = []

    def place(limited: Problem) -> Placement:
        asked.append(len(limited.rules))
        host = np.array([0, 1] if limited.rules else [1, 0], np.int32)
        return Placement(host, problem.on)

    def order(placement: Placement) -> Plan:
        return ListSchedule()(transition(problem, placement.host.tolist()))

    plan = reached(problem, place, order)
    assert (asked, plan.blocked, plan.placement.host.tolist()) == ([0, 1], {}, [0, 1])
