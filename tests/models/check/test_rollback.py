"""The way back from any point of a plan."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from models.check import rollback, timeline
from models.plan import Moves, Placement, Plan
from models.problem import Problem
from models.rules import Spread
from tests.models import strategies
from tests.models.check import replay
from tests.models.strategies import rows

# VM 0 goes from host 0 to 2 by way of host 1; VM 1 goes from host 1 to 0 meanwhile.
MOVES = Moves.of(vm=[0, 1, 0], source=[0, 1, 1], destination=[1, 0, 2], start_s=[0, 4, 10], end_s=[5, 9, 17])


def test_reverse_is_one_after_the_other_the_last_first() -> None:
    """7 s, 5 s and 5 s back: each move the other way round."""
    back = rollback.reverse(MOVES, 3)
    assert back.vm.tolist() == [0, 1, 0]
    assert back.source.tolist() == [2, 0, 1]
    assert back.destination.tolist() == [1, 1, 0]
    assert (back.start_s.tolist(), back.end_s.tolist()) == ([0.0, 7.0, 12.0], [7.0, 12.0, 17.0])


def test_reverse_of_those_done() -> None:
    """The first two by number, or those that a mask tells."""
    assert rollback.reverse(MOVES, 2).vm.tolist() == [1, 0]
    assert rollback.reverse(MOVES, np.array([True, False, True])).source.tolist() == [2, 1]
    assert len(rollback.reverse(MOVES, 0)) == 0


def test_new_vms_are_taken_away() -> None:
    """A VM that was on no host is on none again."""
    deployed = Moves.of(vm=[0], source=[-1], destination=[0], start_s=[0], end_s=[1])
    assert rollback.reverse(deployed, 1).destination.tolist() == [-1]


def test_a_safe_plan_with_an_unsafe_way_back() -> None:
    """
    Host 1 of 4 gets VM 0 (3) while VM 1 (3) is leaving it; disk counts on the source until the end.

    Forward, both moves end at 5, so 3 are held on host 1 at any moment. Back, one after the other, VM 1 returns
    first, to the 3 of VM 0: 6 of 4.
    """
    problem = Problem.of([[3], [3]], [[4]] * 3, start=[0, 1], transient=[False])
    moves = Moves.of(vm=[1, 0], source=[1, 0], destination=[2, 1], start_s=[0, 0], end_s=[5, 5])
    assert timeline.violations(problem, Plan(Placement(rows(1, 2), problem.on), moves)) == ()
    assert rollback.violations(problem, Plan(Placement(rows(1, 2), problem.on), moves)) == ()
    turned = Moves.of(vm=[0, 1], source=[0, 1], destination=[1, 2], start_s=[0, 0], end_s=[5, 5])
    [full] = rollback.violations(problem, Plan(Placement(rows(1, 2), problem.on), turned))
    assert (full.rule, full.who, full.amount, full.existed) == ("Capacity", ("host-1",), 6.0, False)


def test_continuous_rules_hold_on_the_way_back() -> None:
    """VM 1 leaves host 1 for host 2, then VM 0 enters host 1; back in that order backwards they never meet."""
    problem = Problem.of([[1], [1]], [[4]] * 3, start=[0, 1], rules=[Spread(vms=rows(0, 1))])
    moves = Moves.of(vm=[1, 0], source=[1, 0], destination=[2, 1], start_s=[0, 5], end_s=[5, 9])
    assert rollback.violations(problem, Plan(Placement(rows(1, 2), problem.on), moves)) == ()


def test_what_the_start_had_may_come_back() -> None:
    """Host 0 starts with 4 of 3; coming back to that is no worse than the start."""
    problem = Problem.of([[2], [2]], [[3], [3]], start=[0, 0])
    moves = Moves.of(vm=[0], source=[0], destination=[1], start_s=[0], end_s=[5])
    [same] = rollback.violations(problem, Plan(Placement(rows(1, 0), problem.on), moves))
    assert (same.who, same.existed) == (("host-0",), True)


@settings(deadline=None, max_examples=200)
@given(st.data())
def test_one_sweep_proves_every_prefix(data: st.DataObject) -> None:
    """If the way back from any prefix, replayed by itself, has news, then the one sweep reports some."""
    kinds = ("Spread", "Gather", "Fence", "Lonely", "Split", "Overbook", "ResourceCapacity")
    problem = data.draw(strategies.problems(most_rules=1, kinds=kinds, feasible=True))
    whole = data.draw(strategies.plans(problem))
    safe = all(each.existed for each in rollback.violations(problem, whole))
    for done in range(len(whole.moves) + 1):
        after = timeline.destination(problem.start, whole.moves.take(np.arange(done)))
        back = rollback.reverse(whole.moves, done)
        assert not (safe and list(replay.over_time(problem, after, back)))


@settings(deadline=None, max_examples=200)
@given(st.data())
def test_transient_dims_are_always_safe_on_the_way_back(data: st.DataObject) -> None:
    """Room that a plan keeps at both ends of every move is there on the way back, too."""
    bare = data.draw(strategies.problems(most_rules=0, feasible=True, placed=True))
    problem = Problem.of(bare.demand, bare.capacity, start=bare.start, kind=bare.kind)
    whole = data.draw(strategies.plans(problem))
    if not [each for each in timeline.violations(problem, whole) if each.rule == "Capacity"]:
        assert rollback.violations(problem, whole) == ()


def test_the_way_back_leads_to_the_start() -> None:
    """After all moves and all their inverses every VM is where it started."""
    start = rows(0, 1)
    end = timeline.destination(start, MOVES)
    assert timeline.destination(end, rollback.reverse(MOVES, 3)).tolist() == start.tolist()
