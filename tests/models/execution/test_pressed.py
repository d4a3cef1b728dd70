"""Memory that VMs give up for a while, in both replays: how long that takes, what hosts hold, what goes wrong."""

from typing import Any

import numpy as np
import pytest

from models.arrays import NOWHERE
from models.execution import record as kept
from models.execution.chances import Chances, Loss, draw, exactly
from models.execution.course import Course, course
from models.execution.orders import Manner
from models.execution.record import Record, destination, violations
from models.execution.replay import replay
from models.execution.room import Room
from models.plan import Placement, Plan
from models.problem import Problem
from tests.models.execution.plans import LIMITS, by_hand
from tests.models.execution.test_conductor import carried_out, same

CONTINUE, STOP, ROLLBACK = (Manner(on_failure=name) for name in ("continue", "stop", "rollback"))
TAKEN_S = 0.4
"""200 MiB at 500 MiB/s."""


def swapped() -> Course:
    """
    Return VMs of 600 MiB that change places on hosts of 1,000 MiB.

    The first gives up 200 MiB and is moved in 10.4 s, the second in 10 s, then the first gets them back.
    """
    problem = Problem.of([[600], [600]], [[1000], [1000]], start=[0, 1], dims=("memory_mib",))
    rows = [(0, 0, 1, 0.0, 10.4), (1, 1, 0, 10.4, 20.4), (0, 1, 1, 20.4, 20.4)]
    return by_hand(problem, rows, balloon_mib=[200, 0, 0], live=[True, True, False])


def told(record: Record) -> list[Any]:
    """Return the attempts: move, start, end, outcome."""
    return [(each.move, pytest.approx(each.start_s), pytest.approx(each.end_s), each.outcome)
            for each in record.attempts]  # fmt: skip


def test_what_takes_longer_is_the_copy() -> None:
    """With copies that take twice as long, handing memory over still takes 0.4 s: 20.4, 40.4, and back at once."""
    found = replay(swapped(), exactly(3, factor=[[2.0] * 3]), STOP)
    assert told(found) == [(0, 0.0, 20.4, "done"), (1, 20.4, 40.4, "done"), (2, 40.4, 40.4, "done")]
    assert violations(swapped(), found) == ()


def test_the_checker_counts_what_was_given_up() -> None:
    """Were memory given back before the second VM has left, host 1 would hold 1,200 MiB of its 1,000."""
    early = kept.Record(kept.COMPLETED, (
        kept.Attempt(0, 0, 0, 1, 0.0, 10.4, "done"), kept.Attempt(2, 0, 1, 1, 12.0, 12.0, "done"),
        kept.Attempt(1, 1, 1, 0, 12.0, 22.0, "done"),
    ), (), (), {}, {}, 0, {}, 22.0)  # fmt: skip
    assert {(each.who, each.amount, each.since_s) for each in violations(swapped(), early)} == {
        (("host-1",), 1200.0, 12.0)
    }


def test_what_is_left_keeps_its_memory_down() -> None:
    """The second VM does not leave: the first keeps 400 MiB, for which there is room, and is not given more."""
    found = replay(swapped(), exactly(3, fails=[[False, True, False]]), CONTINUE)
    assert told(found) == [(0, 0.0, 10.4, "done"), (1, 10.4, 15.4, "failed")]
    assert found.left == {1: "The migration failed.", 2: "Host host-1 has no room."}
    assert violations(swapped(), found) == ()


def test_a_wave_is_taken_back() -> None:
    """
    The second fails at 15.4 s; the first goes back, 10 s without handing anything over, and has all again.

    Where a third move fails after memory was given back, it is taken once more, 0.4 s, then both go back.
    """
    found = replay(swapped(), exactly(3, fails=[[False, True, False]]), ROLLBACK)
    assert told(found)[2:] == [(0, 15.4, 25.4, "taken back")]
    assert violations(swapped(), found) == ()
    whole = swapped()
    problem = Problem.of([[600], [600], [1]], [[1000], [1000], [9]], start=[0, 1, 2], dims=("memory_mib",))
    moves = whole.moves
    rows = [*zip(moves.vm, moves.source, moves.destination, moves.start_s, moves.end_s, strict=True), (2, 2, 0, 25, 35)]
    longer = by_hand(problem, rows, balloon_mib=[200, 0, 0, 0], live=[True, True, False, True])
    back = replay(longer, exactly(4, fails=[[False, False, False, True]]), ROLLBACK)
    assert told(back)[4:] == [
        (2, 30.0, 30.4, "taken back"), (1, 30.4, 40.4, "taken back"), (0, 40.4, 50.4, "taken back"),
    ]  # fmt: skip
    assert destination(longer, back).tolist() == [0, 1, 2]
    assert violations(longer, back) == ()


def test_a_vm_that_is_restarted_has_all_its_memory() -> None:
    """Host 1 dies while the first VM has 400 MiB there: it needs 600 on host 0, which holds none then."""
    problem = Problem.of([[600], [600]], [[1000], [1000]], start=[0, 1], dims=("memory_mib",))
    room = Room(problem)
    room.depart(0, 0, 1, 200)
    room.land(0, 0, 1, 200)
    room.watch([])
    assert room.load is not None
    assert (room.load.tolist(), room.less_mib.tolist()) == ([[0], [1000]], [200, 0])
    assert (room.fits(0, 1), room.fits(0, 1, 100), room.fits(1, 0)) == (False, False, True)
    assert room.lose(1) == [0, 1]
    assert room.refuge(0, NOWHERE) == 0
    assert (room.load.tolist(), room.less_mib.tolist()) == ([[600], [0]], [0, 0])


@pytest.mark.parametrize("manner", [CONTINUE, STOP, ROLLBACK])
def test_both_replays_agree(manner: Manner) -> None:
    """With noise, failures and hosts that die the datacenter comes to the same moments, and rules are kept."""
    here = swapped()
    for run in range(6):
        drawn = draw(here, Chances(failure_share=0.3, retries=run % 2, drop_share=0.3, loss_share=0.2), 3, run)
        found, model = carried_out(here, drawn, manner)
        same(replay(here, drawn, manner), found)
        assert model.state.host.tolist() == destination(here, found).tolist()
        if not found.lost:
            assert violations(here, found) == ()


def test_the_datacenter_holds_less() -> None:
    """After the first move host 1 holds 200 MiB less than both VMs have, and all of the first once it has them back."""
    here = swapped()
    _, stopped = carried_out(here, exactly(3, fails=[[False, True, False]]), STOP)
    full = stopped.state.configured_mib
    assert stopped.state.memory_mib.tolist() == [full[0] - 200, full[1]]
    assert stopped.held_mib.tolist() == [0, full.sum() - 200]
    _, done = carried_out(here, exactly(3), STOP)
    assert done.state.memory_mib.tolist() == full.tolist()
    _, dead = carried_out(here, exactly(3, losses=[Loss(1, 15.0)]), CONTINUE)
    assert dead.state.memory_mib.tolist() == full.tolist()


def beside() -> Course:
    """Return the same two VMs; a third one of 300 MiB, that stays on host 1 of 1,300 MiB, gives up 200 for them."""
    problem = Problem.of([[600], [600], [300]], [[1000], [1300]], start=[0, 1, 1], dims=("memory_mib",))
    rows = [(2, 1, 1, 0.0, 0.4), (0, 0, 1, 0.4, 10.4), (1, 1, 0, 10.4, 20.4), (2, 1, 1, 20.4, 20.4)]
    return by_hand(problem, rows, balloon_mib=[200, 0, 0, 0], live=[False, True, True, False])


def test_a_vm_that_stays_gives_memory_up() -> None:
    """The first waits until memory was handed over; when the second fails at 15.4 s it goes back, then memory."""
    here = beside()
    assert here.before[1] == (0,)
    found = replay(here, exactly(4, factor=[[2.0] * 4]), STOP)
    assert told(found) == [
        (0, 0.0, 0.4, "done"), (1, 0.4, 20.4, "done"), (2, 20.4, 40.4, "done"), (3, 40.4, 40.4, "done"),
    ]  # fmt: skip
    back = replay(here, exactly(4, fails=[[False, False, True, False]]), ROLLBACK)
    assert told(back)[3:] == [(1, 15.4, 25.4, "taken back"), (0, 25.4, 25.4, "taken back")]
    for record in (found, back):
        assert violations(here, record) == ()
    _, model = carried_out(here, exactly(4, fails=[[False, False, True, False]]), STOP)
    assert (model.state.configured_mib - model.state.memory_mib).tolist() == [0, 0, 200]
    for run in range(4):
        drawn = draw(here, Chances(failure_share=0.3, retries=0), 5, run)
        for manner in (CONTINUE, ROLLBACK):
            one, _ = carried_out(here, drawn, manner)
            same(replay(here, drawn, manner), one)
            assert violations(here, one) == ()


def test_who_waits_for_whom() -> None:
    """Memory is given back after the other VM has left, and after the VM's own move; nobody waits for it to leave."""
    here = swapped()
    assert here.before[2] == (0, 1)
    again = course(here.problem, _plan(here), LIMITS, np.full(2, 1000.0))
    assert [sorted(each) for each in again.needed[:3]] == [[], [], [0]]


def _plan(here: Course) -> Plan:
    host = np.array([1, 0])
    return Plan(Placement(host, np.ones(2, np.bool_)), here.moves)
