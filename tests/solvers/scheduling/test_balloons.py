"""Cycles that are broken by taking memory from a VM for a while, and the independent check of it."""

from dataclasses import replace

import numpy as np
import pytest

from models.check import balloons, dependencies, rollback, timeline
from models.plan import Moves, Plan, Transition
from models.problem import Problem
from solvers.schedule import Schedule
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
