"""What is done about what goes wrong: retries, stops, the way back, hosts that die, links that drop."""

import numpy as np
import pytest

from models.arrays import NOWHERE
from models.execution import record as kept
from models.execution.chances import Chances, Loss, draw, exactly
from models.execution.course import Course
from models.execution.links import Drop
from models.execution.orders import Manner
from models.execution.record import Record, destination, violations
from models.execution.replay import replay
from models.plan import HostAction
from models.problem import Problem
from models.rules import Root, Spread
from tests.models.execution.plans import by_hand, scheduled

CONTINUE, STOP, ROLLBACK = (Manner(on_failure=name) for name in ("continue", "stop", "rollback"))


def told(record: Record) -> list[tuple[int, float, float, str]]:
    """Return the attempts: move, start, end, outcome."""
    return [(each.move, each.start_s, each.end_s, each.outcome) for each in record.attempts]


def chain() -> Course:
    """Return VM 1 leaving host 1 for host 2, VM 0 taking its room, and VM 2 going elsewhere, each in 10 s."""
    problem = Problem.of([[2], [2], [1]], [[2], [2], [2], [1], [1]], start=[0, 1, 3])
    return by_hand(problem, [(1, 1, 2, 0.0, 10.0), (0, 0, 1, 10.0, 20.0), (2, 3, 4, 12.0, 22.0)], wave=[1, 1, 1])


def test_a_failed_move_is_tried_again() -> None:
    """The first attempt fails after half its time, 5 s; 60 s later the second takes 20 s; the next waits for it."""
    drawn = exactly(
        3, factor=[[1.0] * 3, [2.0] * 3], fails=[[True, False, False], [False] * 3], fails_at=[[0.5] * 3] * 2
    )
    record = replay(chain(), drawn, STOP)
    assert (record.status, record.left) == (kept.COMPLETED, {})
    assert told(record)[:1] + told(record)[2:3] == [(0, 0.0, 5.0, "failed"), (0, 65.0, 85.0, "done")]
    assert record.done()[1].start_s == 85.0


def test_a_plan_stops_when_a_move_is_given_up() -> None:
    """Without a retry nothing more starts: neither the one that needs the room nor the one that does not."""
    record = replay(chain(), exactly(3, fails=[[True, False, False]]), STOP)
    assert (record.status, record.stopped_wave) == (kept.STOPPED, 1)
    assert told(record) == [(0, 0.0, 5.0, "failed")]
    assert record.left == {0: "The migration failed.", 1: "Not begun when the run was stopped.",
                           2: "Not begun when the run was stopped."}  # fmt: skip


def test_a_plan_goes_on_as_far_as_is_safe() -> None:
    """VM 1 stays, so VM 0 finds no room and stays as well; VM 2 moves. Nothing is ever over capacity."""
    record = replay(chain(), exactly(3, fails=[[True, False, False]]), CONTINUE)
    assert record.status == kept.INCOMPLETE
    assert set(record.left) == {0, 1}
    assert record.left[1] == "Host host-1 has no room."
    assert violations(chain(), record) == ()
    assert destination(chain(), record).tolist() == [0, 1, 4]


def test_a_wave_is_taken_back() -> None:
    """Move 2 fails at 17 s; the others end, at 20 s; then they go back one after the other, the last first."""
    record = replay(chain(), exactly(3, fails=[[False, False, True]]), ROLLBACK)
    assert record.status == kept.BACK
    assert told(record) == [
        (0, 0.0, 10.0, "done"), (2, 12.0, 17.0, "failed"), (1, 10.0, 20.0, "done"),
        (1, 20.0, 30.0, "taken back"), (0, 30.0, 40.0, "taken back"),
    ]  # fmt: skip
    assert destination(chain(), record).tolist() == [0, 1, 3]
    assert violations(chain(), record) == ()


def test_waves_that_are_over_are_not_taken_back() -> None:
    """Only the wave in which a move was given up goes back."""
    problem = Problem.of([[1], [1], [1]], [[9], [9]], start=[0, 0, 0])
    rows = [(0, 0, 1, 0.0, 10.0), (1, 0, 1, 10.0, 20.0), (2, 0, 1, 20.0, 30.0)]
    course = by_hand(problem, rows, wave=[1, 2, 2])
    record = replay(course, exactly(3, fails=[[False, False, True]]), ROLLBACK)
    assert destination(course, record).tolist() == [1, 0, 0]
    assert record.stopped_wave == 2


def test_vms_of_a_host_that_dies_run_again() -> None:
    """Host 0 dies at 4 s: the copy is lost; 120 s later its VM runs where planned, the other where room is."""
    problem = Problem.of([[2], [2]], [[4], [4], [3]], start=[0, 0])
    course = by_hand(problem, [(0, 0, 2, 0.0, 10.0)])
    record = replay(course, exactly(1, losses=[Loss(0, 4.0)]), CONTINUE)
    assert told(record) == [(0, 0.0, 4.0, "aborted")]
    assert record.left == {0: "Host host-0 died."}
    assert [(each.vm, each.lost, each.host, each.since_s, each.until_s) for each in record.restarts] == [
        (0, 0, 2, 4.0, 124.0), (1, 0, 1, 4.0, 124.0),
    ]  # fmt: skip
    assert record.downtime_s(course) == pytest.approx(240.0)
    assert violations(course, record) == ()


def test_a_vm_that_finds_no_room_stays_down() -> None:
    """Host 1 has room for nobody when host 0 dies."""
    problem = Problem.of([[2], [3]], [[4], [4]], start=[0, 1])
    course = by_hand(problem, [(0, 0, 1, 100.0, 110.0)])
    record = replay(course, exactly(1, losses=[Loss(0, 4.0)]), CONTINUE)
    assert [each.host for each in record.restarts] == [NOWHERE]
    assert destination(course, record).tolist() == [NOWHERE, 1]


def test_restarts_keep_apart_if_they_can() -> None:
    """Host 1 is roomier, but holds the VM that must not be met; host 2 is taken."""
    rule = Spread(vms=np.array([0, 1]), name="apart")
    problem = Problem.of([[1], [1], [1]], [[9], [9], [2]], start=[0, 1, 2], rules=[rule])
    course = by_hand(problem, [(2, 2, 1, 100.0, 110.0)])
    record = replay(course, exactly(1, losses=[Loss(0, 4.0)]), CONTINUE)
    assert [each.host for each in record.restarts] == [2]
    assert violations(course, record) == ()


def test_a_pinned_vm_may_be_restarted() -> None:
    """A Root forbids to migrate VM 0, not to run it elsewhere when its host has died."""
    problem = Problem.of([[1], [1]], [[9], [9], [9]], start=[0, 1], rules=[Root(vms=np.array([0]), name="pinned")])
    course = by_hand(problem, [(1, 1, 2, 100.0, 110.0)])
    record = replay(course, exactly(1, losses=[Loss(0, 4.0)]), CONTINUE)
    assert [each.vm for each in record.restarts] == [0]
    assert violations(course, record) == ()


def test_what_is_kept_free_may_be_used_after_a_loss() -> None:
    """Host 1 may be filled to 2, and to 3 after a loss: the restart is no violation, nor is a VM that is off."""
    problem = Problem.of([[2], [1], [0], [1]], [[4], [2], [4], [4]], failover=[[4], [3], [0], [0]], start=[0, 1, 0, 2])
    course = by_hand(problem, [(3, 2, 3, 100.0, 110.0)])
    record = replay(course, exactly(1, losses=[Loss(0, 4.0)]), CONTINUE)
    assert [(each.vm, each.host) for each in record.restarts] == [(0, 1)]
    assert violations(course, record) == ()


def test_restarts_go_only_where_they_may() -> None:
    """The VM may run on host 2 alone."""
    problem = Problem.of([[1], [1]], [[9], [9], [9]], start=[0, 1])
    course = by_hand(problem, [(1, 1, 2, 100.0, 110.0)])
    only = np.array([False, False, True])
    record = replay(course, exactly(1, losses=[Loss(0, 4.0)]), CONTINUE, lambda _: only)
    assert [each.host for each in record.restarts] == [2]


def test_a_host_with_vms_is_not_shut_down() -> None:
    """VM 0 could not leave host 0, so host 0 stays on."""
    problem = Problem.of([[1]], [[9], [9]], start=[0])
    course = by_hand(problem, [(0, 0, 1, 0.0, 10.0)], actions=[HostAction(0, "shutdown", 10.0, 20.0)])
    record = replay(course, exactly(1, fails=[[True]]), CONTINUE)
    assert record.switched == ()
    assert violations(course, record) == ()


def test_a_link_that_drops_holds_its_copies_up() -> None:
    """The NIC of host 0 is down from 4 s to 34 s: the copy needs 30 s more; with half of it left, 15 s more."""
    problem = Problem.of([[1], [1]], [[9], [9], [9]], start=[0, 2])
    course = by_hand(problem, [(0, 0, 1, 0.0, 50.0), (1, 2, 1, 0.0, 50.0)])
    down = replay(course, exactly(2, drops=[Drop(0, 4.0, 34.0, 0.0)]))
    half = replay(course, exactly(2, drops=[Drop(0, 4.0, 34.0, 0.5)]))
    assert [down.done()[move].end_s for move in (0, 1)] == [80.0, 50.0]
    assert [half.done()[move].end_s for move in (0, 1)] == [65.0, 50.0]


def test_copies_share_what_is_left_of_a_link() -> None:
    """
    Two copies reserved 600 Mbit/s each out of a NIC of 1 Gbit/s of which 0.6 are left for 20 s: each has half its pace.

    So 20 s of it bring 10 s of progress, and both take 10 s longer.
    """
    problem = Problem.of([[1], [1]], [[9], [9], [9]], start=[0, 0])
    course = by_hand(problem, [(0, 0, 1, 0.0, 40.0), (1, 0, 2, 0.0, 40.0)], bandwidth_mbps=[600.0, 600.0])
    record = replay(course, exactly(2, drops=[Drop(0, 0.0, 20.0, 0.6)]))
    assert [record.done()[move].end_s for move in (0, 1)] == pytest.approx([50.0, 50.0])


def test_a_copy_that_stands_still_is_aborted() -> None:
    """Without progress from 4 s on it is aborted 150 s later, and tried again 60 s after that, at 214 s."""
    problem = Problem.of([[1]], [[9], [9]], start=[0])
    course = by_hand(problem, [(0, 0, 1, 0.0, 10.0)])
    drawn = exactly(1, factor=[[1.0], [1.0]], fails=[[False], [False]], drops=[Drop(0, 4.0, 200.0, 0.0)])
    assert told(replay(course, drawn)) == [(0, 0.0, 154.0, "failed"), (0, 214.0, 224.0, "done")]


@pytest.mark.parametrize("seed", range(12))
def test_whatever_fails_no_host_is_over_capacity(seed: int) -> None:
    """Of plans at random, carried out as far as possible or taken back, the checker finds nothing wrong."""
    course = scheduled(seed, hosts=5, vms=24)
    for run in range(6):
        drawn = draw(course, Chances(failure_share=0.3, retries=0, drop_share=0.5, loss_share=0.0), seed, run)
        for manner in (CONTINUE, STOP, ROLLBACK):
            assert violations(course, replay(course, drawn, manner)) == ()


def test_the_checker_would_find_it() -> None:
    """A record in which VM 0 enters host 1 before VM 1 has left it breaks capacity, from 5 s on."""
    course = chain()
    attempts = (
        kept.Attempt(1, 0, 0, 1, 5.0, 15.0, "done"),
        kept.Attempt(0, 1, 1, 2, 0.0, 10.0, "done"),
    )
    found = violations(course, Record(kept.COMPLETED, attempts, (), (), {}, {}, 0, {}, 15.0))
    assert [(each.rule, each.who, each.amount, each.since_s) for each in found] == [("Capacity", ("host-1",), 4.0, 5.0)]
