"""Cycles that are broken by taking memory from a VM for a while, and the independent check of it."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.check import balloons, dependencies, rollback, timeline
from models.plan import Moves, Plan, Transition
from models.problem import Problem
from solvers.schedule import ListSchedule, Schedule
from tests.solvers.transitions import ONE_S, transition


def swapped(most: list[float], hosts: int = 2) -> Transition:
    """Return two VMs of 600 MiB that change places on hosts of 1,000 MiB, and what each can give up."""
    problem = Problem.of([[600], [600]], [[1000]] * hosts, start=[0, 1], dims=("memory_mib",))
    return transition(problem, [1, 0], on=np.ones(hosts, np.bool_), balloon_mib=np.array(most))


def wrong(moved: Transition, plan: Plan) -> list[str]:
    """Return what the independent checks say of the plan, of its way back, and of replays by events."""
    problem = moved.problem
    found = [
        *timeline.violations(problem, plan),
        *rollback.violations(problem, plan),
        *dependencies.violations(problem, plan, moved.limits),
        *balloons.violations(problem, plan, moved.balloon_mib),
    ]
    return [str(each) for each in found]


def test_a_cycle_has_room_for_a_while() -> None:
    """
    The first VM gives up 200 MiB of 300 that it can, and enters where 400 are free, until the other has left.

    To take 200 MiB at 500 MiB/s lasts 0.4 s, and the two moves follow each other.
    """
    moved = swapped([300, 0])
    plan = Schedule(seconds=1.0)(moved)
    moves = plan.moves
    rows = list(zip(moves.vm, moves.source, moves.destination, moves.balloon_mib, moves.live, strict=True))
    assert rows == [(0, 0, 1, 200, True), (1, 1, 0, 0, True), (0, 1, 1, 0, False)]
    assert moves.end_s.tolist() == pytest.approx([ONE_S + 0.4, 2 * ONE_S + 0.4, 2 * ONE_S + 0.4])
    assert not wrong(moved, plan)


def test_too_little_to_give() -> None:
    """With 199 MiB to give, or none, the cycle stays, and both VMs are told to be blocked."""
    for most in ([199.0, 199.0], [0.0, 0.0]):
        assert set(Schedule(seconds=1.0)(swapped(most)).blocked) == {"vm-0", "vm-1"}


def test_what_is_cheaper() -> None:
    """A third host would take one more move; 0.4 s to take memory are less."""
    plan = Schedule(seconds=1.0)(swapped([300, 0], hosts=3))
    assert plan.moves.balloon_mib.max() == 200
    assert Schedule(seconds=1.0)(swapped([0, 0], hosts=3)).moves.destination.tolist().count(2) == 1


def test_the_check_of_memory() -> None:
    """Taking too much is told, and not giving it back; without it, the host is too full."""
    moved = swapped([300, 0])
    plan = Schedule(seconds=1.0)(moved)
    (found,) = balloons.violations(moved.problem, plan, np.array([199.0, 0.0]))
    assert (found.rule, found.who, found.amount, found.limit) == ("Balloon", ("vm-0",), 200, 199)
    kept = replace(plan, moves=plan.moves.take([0, 1]), after=())
    assert [each.name for each in timeline.violations(moved.problem, kept)] == ["balloon"]
    full = replace(plan, moves=Moves.of(**(vars(plan.moves) | {"balloon_mib": [0, 0, 0]})))
    assert {(each.rule, each.amount) for each in timeline.violations(moved.problem, full)} == {
        ("Capacity", 1200), ("Sequence", 1)
    }  # fmt: skip


def test_a_vm_that_stays_gives_memory_up() -> None:
    """
    VM 2 of 300 MiB stays on host 1 and can give up 250; neither of those that change places can give up anything.

    Both and VM 2 are 1,500 of the 1,300 MiB of host 1: 200 are taken in 0.4 s, then the two move one after the other.
    """
    problem = Problem.of([[600], [600], [300]], [[1000], [1300]], start=[0, 1, 1], dims=("memory_mib",))
    moved = transition(problem, [1, 0, 1], on=np.ones(2, np.bool_), balloon_mib=np.array([0.0, 0.0, 250.0]))
    plan = Schedule(seconds=1.0)(moved)
    moves = plan.moves
    rows = list(zip(moves.vm, moves.source, moves.destination, moves.balloon_mib, moves.live, strict=True))
    assert rows == [(2, 1, 1, 200, False), (0, 0, 1, 0, True), (1, 1, 0, 0, True), (2, 1, 1, 0, False)]
    assert moves.end_s.tolist() == pytest.approx([0.4, ONE_S + 0.4, 2 * ONE_S + 0.4, 2 * ONE_S + 0.4])
    assert not wrong(moved, plan)
    early = Moves.of(**(vars(moves) | {"start_s": [0, 0.2, 9, 20], "end_s": [0.4, 5, 15, 20]}))
    found = timeline.violations(problem, replace(plan, moves=early, after=()))
    assert [(each.rule, each.amount, each.since_s) for each in found] == [("Capacity", 1500, 0.2)]
    less = replace(moved, balloon_mib=np.array([0.0, 0.0, 199.0]))
    assert set(Schedule(seconds=1.0)(less).blocked) == {"vm-0", "vm-1"}


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_whatever_is_given_up(data: st.DataObject) -> None:
    """Full hosts whose VMs change places at random: on the way, on the way back and in replays no host is too full."""
    hosts = data.draw(st.integers(2, 3))
    start = [host for host in range(hosts) for _ in range(data.draw(st.integers(1, 3)))]
    sizes = [data.draw(st.integers(2, 8)) * 100 for _ in start]
    target = data.draw(st.permutations(start))
    load = [max(sum(size for size, at in zip(sizes, place, strict=True) if at == host) for place in (start, target))
            for host in range(hosts)]  # fmt: skip
    capacity = [[most + data.draw(st.integers(0, 2)) * 100] for most in load]
    problem = Problem.of([[size] for size in sizes], capacity, start=start, dims=("memory_mib",))
    most = np.array([data.draw(st.sampled_from([0.0, 0.3, 0.6])) * size for size in sizes])
    moved = transition(problem, list(target), on=np.ones(hosts, np.bool_), balloon_mib=np.floor(most))
    plan = ListSchedule()(moved)
    if not plan.blocked:
        assert not wrong(moved, plan)
