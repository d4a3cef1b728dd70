"""A plan is checked at every moment: by hand, and against a replay from the beginning for each moment."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.check import placement, timeline
from models.check.violation import Violation
from models.plan import HostAction, Moves, Placement, Plan
from models.problem import Problem
from models.rules import RULES, Fence, MaxOnline, Rule, Spare, Spread
from tests.models import strategies
from tests.models.check import replay
from tests.models.strategies import rows


def plan(problem: Problem, *moves: tuple[int, int, int, float, float], **more: Any) -> Plan:
    """Return a plan of moves given as VM, source, destination, start and end, that leads where they lead."""
    columns = zip(*moves, strict=True) if moves else ([] for _ in range(5))
    names = ("vm", "source", "destination", "start_s", "end_s")
    table = Moves.of(**{name: list(column) for name, column in zip(names, columns, strict=True)})
    ends = Placement(more.pop("host", timeline.destination(problem.start, table)), more.pop("on", problem.on))
    return Plan(ends, table, **more)


def swap(*rules: Rule, transient: bool = True, capacity: int = 4) -> Problem:
    """Return two hosts with one VM of 3 each."""
    return Problem.of([[3], [3]], [[capacity]] * 2, start=[0, 1], transient=[transient], rules=rules)


def test_a_move_holds_room_at_both_ends() -> None:
    """While VM 0 moves to host 1, both hold 3; VM 1 leaves host 1 only at 20, so 6 are held there from 10 on."""
    moves = (0, 0, 1, 10.0, 30.0), (1, 1, 0, 5.0, 20.0)
    found = timeline.violations(swap(), plan(swap(), *moves))
    assert found == (
        Violation("Capacity", ("host-0",), 6.0, 4.0, "dim0", since_s=5.0),
        Violation("Capacity", ("host-1",), 6.0, 4.0, "dim0", since_s=10.0),
    )


def test_dims_that_are_not_transient_change_hands_at_the_end() -> None:
    """Where a dim counts on the source only until the end, two VMs may be exchanged at one moment."""
    problem = swap(transient=False)
    assert timeline.violations(problem, plan(problem, (0, 0, 1, 0.0, 9.0), (1, 1, 0, 3.0, 9.0))) == ()


def test_room_is_free_at_the_moment_a_move_ends() -> None:
    """VM 1 leaves host 1 until 10, VM 0 comes from 10 on: never both."""
    problem = Problem.of([[3], [3]], [[4]] * 3, start=[0, 1])
    assert timeline.violations(problem, plan(problem, (1, 1, 2, 0.0, 10.0), (0, 0, 1, 10.0, 20.0))) == ()
    [early] = timeline.violations(problem, plan(problem, (1, 1, 2, 0.0, 10.0), (0, 0, 1, 9.0, 20.0)))
    assert (early.who, early.since_s) == (("host-1",), 9.0)


def test_an_overload_of_the_start_is_no_news_until_it_is_worse() -> None:
    """Host 0 starts with 4 of 3; a move away helps at its end; a move to it makes 6 from 7 s on."""
    problem = Problem.of([[2], [2], [2]], [[3], [9]], start=[0, 0, 1])
    [same] = timeline.violations(problem, plan(problem, (0, 0, 1, 0.0, 5.0)))
    assert (same.amount, same.existed, same.since_s) == (4.0, True, 0.0)
    [worse] = timeline.violations(problem, plan(problem, (2, 1, 0, 7.0, 9.0)))
    assert (worse.amount, worse.existed, worse.since_s) == (6.0, False, 7.0)


def test_continuous_rules_hold_in_transit() -> None:
    """VM 0 comes to host 1 before VM 1 has left it: together from 5 s to 10 s, and apart at the end."""
    problem = Problem.of([[1], [1]], [[4]] * 3, start=[0, 1], rules=[Spread(vms=rows(0, 1))])
    moves = (1, 1, 2, 0.0, 10.0), (0, 0, 1, 5.0, 10.0)
    [together] = timeline.violations(problem, plan(problem, *moves))
    assert (together.rule, together.who, together.since_s) == ("Spread", ("host-1", "vm-0", "vm-1"), 5.0)
    loose = Problem.of([[1], [1]], [[4]] * 3, start=[0, 1], rules=[Spread(vms=rows(0, 1), continuous=False)])
    assert timeline.violations(loose, plan(loose, *moves)) == ()


@pytest.mark.parametrize(
    ("moves", "name"),
    [
        ([(0, 1, 2, 0.0, 5.0)], "source"),
        ([(0, 0, 1, 0.0, 5.0), (0, 1, 2, 4.0, 9.0)], "overlap"),
        ([(0, 0, 0, 0.0, 5.0)], "same host"),
        ([(0, 0, 1, 5.0, 5.0)], "duration"),
        ([(0, 0, -1, 0.0, 5.0)], "destination"),
    ],
)
def test_moves_that_cannot_be(moves: list[tuple[int, int, int, float, float]], name: str) -> None:
    """A VM leaves the host it is on, for another one, once at a time, and that takes time."""
    problem = Problem.of([[1]], [[4]] * 3, start=[0])
    assert [(each.rule, each.name) for each in timeline.violations(problem, plan(problem, *moves))] == [
        ("Sequence", name)
    ]


def test_a_vm_may_move_twice() -> None:
    """By way of a pivot host, one move after the other."""
    problem = Problem.of([[1]], [[4]] * 3, start=[0])
    assert timeline.violations(problem, plan(problem, (0, 0, 1, 0.0, 5.0), (0, 1, 2, 5.0, 9.0))) == ()


def test_moves_lead_to_the_placement() -> None:
    """A VM that the placement puts elsewhere than the moves do is reported, with the end of the plan."""
    problem = Problem.of([[1], [1]], [[4]] * 2, start=[0, 0])
    [each] = timeline.violations(problem, plan(problem, (0, 0, 1, 0.0, 5.0), host=rows(1, 1)))
    assert (each.rule, each.name, each.who, each.since_s) == ("Sequence", "end", ("vm-1",), 5.0)


def test_new_vms_appear_at_the_end() -> None:
    """VM 1 is new and takes the room that VM 0 leaves at 5 s."""
    problem = Problem.of([[3], [3]], [[4]] * 2, start=[0, -1])
    assert timeline.violations(problem, plan(problem, (0, 0, 1, 0.0, 5.0), host=rows(1, 0))) == ()
    [full] = timeline.violations(problem, plan(problem, (0, 0, 1, 0.0, 5.0), host=rows(1, 1)))
    assert (full.who, full.amount, full.since_s) == (("host-1",), 6.0, 5.0)


def test_new_vms_wait_for_their_host() -> None:
    """VM 0 is new and goes on a host that is booted until 60 s."""
    problem = Problem.of([[3]], [[4]] * 2, start=[-1], on=[True, False])
    booted = plan(problem, host=rows(1), actions=(BOOT,), on=np.array([True, True]))
    assert timeline.violations(problem, booted) == ()


BOOT = HostAction(1, "boot", 0.0, 60.0)
SHUTDOWN = HostAction(0, "shutdown", 90.0, 95.0)


@pytest.mark.parametrize(
    ("start_s", "actions", "found"),
    [
        (60.0, [BOOT, SHUTDOWN], []),
        (50.0, [BOOT, SHUTDOWN], [("vm-0", "host-1", 50.0)]),
        (70.0, [BOOT, SHUTDOWN], [("vm-0", "host-0", 90.0)]),
    ],
    ids=["booted in time", "not booted yet", "shut down too early"],
)
def test_vms_are_on_hosts_that_are_ready(
    start_s: float, actions: list[HostAction], found: list[tuple[str, str, float]]
) -> None:
    """Host 1 is ready from 60 s, host 0 until 90 s; the move takes 30 s."""
    problem = Problem.of([[1]], [[4]] * 2, start=[0], on=[True, False])
    wrong = timeline.violations(
        problem,
        plan(problem, (0, 0, 1, start_s, start_s + 30), actions=tuple(actions), on=np.array([False, True])),
    )
    assert [(*each.who, each.since_s) for each in wrong] == found
    assert all(each.rule == "Power" for each in wrong)


def test_host_actions_lead_to_the_placement() -> None:
    """A host that should be off at the end, but is not shut down, is reported; so is a boot of one that is on."""
    problem = Problem.of([[1]], [[4]] * 2, start=[0])
    [left_on] = timeline.violations(problem, plan(problem, on=np.array([True, False])))
    assert (left_on.rule, left_on.name, left_on.who) == ("Sequence", "power", ("host-1",))
    [again] = timeline.violations(problem, plan(problem, actions=(BOOT,)))
    assert (again.rule, again.name, again.who) == ("Sequence", "boot", ("host-1",))


def test_hosts_on_at_once() -> None:
    """At most one of two hosts on: from the start of the boot at 0 to the end of the shutdown there are two."""
    rule = MaxOnline(hosts=rows(0, 1), most=1, continuous=True)
    problem = Problem.of([[1]], [[4]] * 2, start=[0], on=[True, False], rules=[rule])
    moved = plan(problem, (0, 0, 1, 60.0, 80.0), actions=(BOOT, SHUTDOWN), on=np.array([False, True]))
    [both] = timeline.violations(problem, moved)
    assert (both.rule, both.amount, both.since_s, both.existed) == ("MaxOnline", 2.0, 0.0, False)


def test_a_stay_that_may_not_be_is_reported_once() -> None:
    """VM 0 goes outside its fence at 2 s, comes back, and goes out again: one violation, since 2 s."""
    rule = Fence(vms=rows(0), hosts=rows(0), continuous=True)
    problem = Problem.of([[1]], [[4]] * 2, start=[0], rules=[rule])
    moved = plan(problem, (0, 0, 1, 2.0, 5.0), (0, 1, 0, 5.0, 9.0), (0, 0, 1, 9.0, 12.0))
    [out] = timeline.violations(problem, moved)
    assert (out.rule, out.who, out.since_s) == ("Fence", ("vm-0", "host-1"), 2.0)


def test_a_vm_can_be_lost_where_it_has_landed() -> None:
    """VM 0 of 5 reaches host 1 at 6 s; from then on its loss leaves only the 4 of host 2. Before, host 0 has it."""
    rule = Spare(hosts=rows(1, 2), continuous=True)
    problem = Problem.of([[5]], [[5], [5], [4]], start=[0], rules=[rule])
    [lost] = timeline.violations(problem, plan(problem, (0, 0, 1, 2.0, 6.0)))
    assert (lost.rule, lost.who, lost.since_s) == ("Spare", ("host-1",), 6.0)


def _news(found: tuple[Violation, ...]) -> list[Violation]:
    """Return what depends on who is where, and is new."""
    return [each for each in found if not each.existed and each.rule in {"Capacity", *RULES}]


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_the_same_as_a_replay(data: st.DataObject) -> None:
    """Every new violation of every moment is covered by one reported, which holds at the moment it is dated."""
    problem = data.draw(strategies.problems(most_rules=1))
    whole = data.draw(strategies.plans(problem))
    reported = _news(timeline.violations(problem, whole))
    seen = list(replay.over_time(problem, problem.start, whole.moves, whole.actions))
    for each in seen:
        assert any(placement.covers(other, each) and other.since_s <= each.since_s for other in reported)
    for each in reported:
        same = [other for other in seen if placement.covers(each, other)]
        assert each.key in {other.key for other in same}
        assert each.since_s in {other.since_s for other in same}
        assert each.since_s == min(other.since_s for other in same) or len({other.who for other in same}) > 1
        assert max(other.excess for other in same) == each.excess


@given(st.data())
def test_standing_still_is_safe(data: st.DataObject) -> None:
    """A plan that does nothing breaks nothing that was not broken."""
    problem = data.draw(strategies.problems(most_rules=3))
    assert placement.new(timeline.violations(problem, plan(problem))) == ()
