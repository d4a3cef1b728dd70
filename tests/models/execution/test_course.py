"""Who waits for whom: plans by hand, and plans of the scheduler that are carried out as they are written."""

import numpy as np
import pytest

from models.execution.chances import NONE, draw, exactly
from models.execution.record import COMPLETED, Record
from models.execution.replay import replay
from models.network import Limits
from models.plan import HostAction
from models.problem import Problem
from models.rules import Spread
from tests.models.execution.plans import LIMITS, by_hand, scheduled


def starts(record: Record) -> list[float]:
    """Return when each move that was done began."""
    return [attempt.start_s for _, attempt in sorted(record.done().items())]


@pytest.mark.parametrize("seed", range(8))
def test_nothing_happens_but_the_plan(seed: int) -> None:
    """Where all goes as planned, every move of a plan with slots, links, waves and a boot starts when planned."""
    course = scheduled(seed)
    record = replay(course, draw(course, NONE, 1, 0))
    assert record.status == COMPLETED
    assert np.allclose(starts(record), course.moves.start_s)
    assert not course.not_before_s.any()


def test_only_those_wait_that_share_something() -> None:
    """Move 0 takes 25 s, not 10: move 1, out of the same host by its one slot, waits; move 2 elsewhere does not."""
    problem = Problem.of([[1], [1], [1]], [[9], [9], [9], [9]], start=[0, 0, 2])
    course = by_hand(problem, [(0, 0, 1, 0.0, 10.0), (1, 0, 1, 10.0, 20.0), (2, 2, 3, 0.0, 10.0)])
    record = replay(course, exactly(3, factor=[[2.5, 1.0, 1.0]]))
    assert starts(record) == [0.0, 25.0, 0.0]
    assert record.critical(course) == {0, 1}


def test_who_enters_waits_for_who_leaves() -> None:
    """Host 1 has room for one: VM 0 enters when VM 1 has left, however long that takes; sooner if it is sooner."""
    problem = Problem.of([[2], [2]], [[2], [2], [2]], start=[0, 1])
    course = by_hand(problem, [(1, 1, 2, 0.0, 10.0), (0, 0, 1, 10.0, 20.0)])
    assert starts(replay(course, exactly(2, factor=[[3.0, 1.0]]))) == [0.0, 30.0]
    assert starts(replay(course, exactly(2, factor=[[0.5, 1.0]]))) == [0.0, 5.0]


def test_moves_that_ran_together_may_run_together() -> None:
    """Two moves that overlap in the plan do not wait for each other, though they share both hosts."""
    problem = Problem.of([[1], [1]], [[9], [9]], start=[0, 0])
    course = by_hand(problem, [(0, 0, 1, 0.0, 10.0), (1, 0, 1, 5.0, 15.0)])
    assert course.before[:2] == ((), ())


def test_what_nothing_explains_is_held_to_the_clock() -> None:
    """Move 1 starts at 50 s though nothing ends then: it does not start before, and later if it has to."""
    problem = Problem.of([[1], [1]], [[9], [9], [9]], start=[0, 0])
    course = by_hand(problem, [(0, 0, 1, 0.0, 10.0), (1, 0, 2, 50.0, 60.0)])
    assert starts(replay(course, exactly(2, factor=[[0.1, 1.0]]))) == [0.0, 50.0]
    assert starts(replay(course, exactly(2, factor=[[9.0, 1.0]]))) == [0.0, 90.0]


def test_a_wave_waits_for_the_pause_after_the_last() -> None:
    """Wave 2 starts 30 s after the last of wave 1 ended, which takes 20 s longer than planned."""
    problem = Problem.of([[1], [1], [1]], [[9], [9], [9], [9]], start=[0, 1, 2])
    rows = [(0, 0, 3, 0.0, 10.0), (1, 1, 3, 0.0, 20.0), (2, 2, 3, 50.0, 60.0)]
    course = by_hand(problem, rows, wave=[1, 1, 2], limits=Limits(9, 9, 99, pause_s=30.0))
    record = replay(course, exactly(3, factor=[[1.0, 2.0, 1.0]]))
    assert starts(record) == [0.0, 0.0, 70.0]
    assert record.critical(course) == {1, 2}


def test_waves_that_overlap_are_not_kept_apart() -> None:
    """A plan that begins wave 2 while wave 1 runs has no pause between them."""
    problem = Problem.of([[1], [1]], [[9], [9], [9], [9]], start=[0, 1])
    course = by_hand(problem, [(0, 0, 2, 0.0, 10.0), (1, 1, 3, 5.0, 15.0)], wave=[1, 2])
    assert course.before[1] == ()


def test_boots_before_and_shutdowns_after() -> None:
    """A move into a host that boots in 40 s waits for it; the host it leaves stops when it is gone."""
    problem = Problem.of([[1]], [[9], [9]], start=[0], on=[True, False])
    actions = [HostAction(1, "boot", 0.0, 40.0), HostAction(0, "shutdown", 50.0, 65.0)]
    course = by_hand(problem, [(0, 0, 1, 40.0, 50.0)], actions=actions)
    record = replay(course, exactly(1, factor=[[3.0]]))
    assert [(each.action, each.start_s, each.end_s) for each in record.switched] == [
        ("boot", 0.0, 40.0),
        ("shutdown", 70.0, 85.0),
    ]


def test_a_boot_may_be_part_of_a_wave() -> None:
    """The plan awaits a boot of 40 s and then the pause of 20 s: wave 2 starts at 60 s, however short wave 1 was."""
    problem = Problem.of([[1], [1]], [[9], [9], [9]], start=[0, 0], on=[True, True, False])
    course = by_hand(
        problem, [(0, 0, 1, 0.0, 10.0), (1, 0, 1, 60.0, 70.0)], wave=[1, 2], limits=Limits(9, 9, 99, pause_s=20.0),
        actions=[HostAction(2, "boot", 0.0, 40.0)],
    )  # fmt: skip
    assert not course.not_before_s.any()
    assert starts(replay(course, exactly(2, factor=[[0.5, 1.0]]))) == [0.0, 60.0]
    assert starts(replay(course, exactly(2, factor=[[5.0, 1.0]]))) == [0.0, 70.0]


def test_an_anti_affinity_holds_on_the_way() -> None:
    """VM 0 enters host 1 when VM 1, which it must not meet, has left it, though there is room for both."""
    rule = Spread(vms=np.array([0, 1]), name="apart")
    problem = Problem.of([[1], [1]], [[9], [9], [9]], start=[0, 1], rules=[rule])
    course = by_hand(problem, [(1, 1, 2, 0.0, 10.0), (0, 0, 1, 10.0, 20.0)])
    assert course.needed[1] == {0}
    assert starts(replay(course, exactly(2, factor=[[2.0, 1.0]]))) == [0.0, 20.0]


def test_a_total_limit_holds() -> None:
    """Where only one move may run in the whole estate, the next waits though it shares nothing else."""
    problem = Problem.of([[1], [1]], [[9], [9], [9], [9]], start=[0, 2])
    rows = [(0, 0, 1, 0.0, 10.0), (1, 2, 3, 10.0, 20.0)]
    one = by_hand(problem, rows, limits=Limits(9, 9, 99, total=1, pause_s=0.0))
    assert starts(replay(one, exactly(2, factor=[[2.0, 1.0]]))) == [0.0, 20.0]
    assert LIMITS.total == 0
