"""Orders, windows, budgets, choices: each rule at numbers worked by hand, and any mix of them checked."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.arrays import names
from models.check import dependencies, limits, timeline, timing
from models.network import Limits, Network
from models.plan import Plan, Transition
from models.problem import Problem
from models.rules import Dependency, LeastPlaces
from models.timing import Blackout, Deadline, Draw, PowerBudget, Precedence, Serialize, Sync, Timing, Window
from solvers.schedule import ListSchedule, Schedule
from tests.models import strategies
from tests.solvers.transitions import transition

FREE = Limits(outgoing=0, incoming=0, per_host=0, wave=0, pilot=0, pause_s=0.0)


def way(host: list[int], lasts: list[float], start: list[int], **rest: Any) -> Transition:
    """Return a transition on roomy hosts whose moves last so long, each at 100 of a NIC of 1000 Mbit/s."""
    problem = Problem.of([[1]] * len(host), [[9]] * 4, start=start)
    given_ = {
        "limits": FREE,
        "on": np.ones(4, np.bool_),
        "nic_mbps": np.full(4, 1000.0),
        "duration_s": np.array(lasts),
        "bandwidth_mbps": np.full(len(host), 100.0),
    }
    return transition(problem, host, **(given_ | rest))


def times(plan: Plan) -> dict[int, tuple[float, float]]:
    """Return start and end of each VM's move."""
    moves = plan.moves
    return {int(vm): (float(a), float(b)) for vm, a, b in zip(moves.vm, moves.start_s, moves.end_s, strict=True)}


@pytest.mark.parametrize("solver", [ListSchedule(), Schedule(seconds=1.0)])
@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (Precedence(first=np.array([1]), then=np.array([0])), {0: (5, 9), 1: (0, 5)}),
        (Sync(vms=np.array([0, 1])), {0: (1, 5), 1: (0, 5)}),
        (Sync(vms=np.array([0, 1]), at_start=True), {0: (0, 4), 1: (0, 5)}),
        (Window(vms=np.array([0]), spans=((1, 4), (7, 11))), {0: (7, 11), 1: (0, 5)}),
        (Window(places=np.array([3]), spans=((2, 20),)), {0: (0, 4), 1: (2, 7)}),
        (Blackout(vms=np.array([0]), spans=((3, 6), (8, 9))), {0: (9, 13), 1: (0, 5)}),
        (Deadline(vms=np.array([0]), until_s=4), {0: (0, 4), 1: (0, 5)}),
    ],
    ids=["precedence", "ends together", "starts together", "window", "window of a host", "blackout", "deadline"],
)
def test_rule(rule: Timing, expected: dict[int, tuple[float, float]], solver: Any) -> None:
    """VM 0 moves for 4 s to host 2, VM 1 for 5 s to host 3; each as early as the rule lets it."""
    assert times(solver(way([2, 3], [4, 5], [0, 1], timing=(rule,)))) == expected


def test_one_at_a_time() -> None:
    """Three VMs of one application, 2 s each, move one after the other: 6 s; two at once take 4 s."""
    for most, makespan in ((1, 6.0), (2, 4.0)):
        rule = Serialize(vms=np.arange(3), most=most)
        plan = Schedule(seconds=1.0)(way([1, 2, 3], [2, 2, 2], [0, 0, 0], timing=(rule,)))
        assert (plan.makespan_s, plan.makespan_bound_s) == (makespan, makespan)


def test_a_deadline_that_cannot_be() -> None:
    """A move of 4 s does not end by 3 s: it is blocked, and told why, by the rule's name and where it stands."""
    rule = Deadline(vms=np.array([0]), until_s=3, name="soon", file="rules.yaml", row=7)
    plan = Schedule(seconds=1.0)(way([2], [4], [0], timing=(rule,)))
    told = "it takes 4.0 s, and Deadline soon (rules.yaml, row 7) leaves 3.0 s at once"
    assert plan.blocked["vm-0"] == f"cannot move from host-0 to host-2: {told}"


def test_a_deadline_moves_ahead() -> None:
    """Three moves of 2 s over one slot; the last in line has a deadline of 2 s and goes first."""
    slot = replace(FREE, total=1)
    rule = Deadline(vms=np.array([2]), until_s=2)
    plan = Schedule(seconds=2.0)(way([1, 2, 3], [2, 2, 2], [0, 0, 0], limits=slot, timing=(rule,)))
    assert times(plan)[2] == (0, 2)
    assert plan.makespan_s == 6


def test_a_deadline_moves_ahead_of_waves() -> None:
    """Waves of one move of 2 s: after the pilot, the last in line has to be over by 4 s, and so is."""
    ones = replace(FREE, wave=1, pilot=1)
    plan = ListSchedule()(
        way([1, 2, 3], [2, 2, 2], [0, 0, 0], limits=ones, timing=(Deadline(vms=np.array([2]), until_s=4),))
    )
    assert times(plan) == {0: (0, 2), 2: (2, 4), 1: (4, 6)}


def test_a_wave_keeps_a_place_for_what_has_no_time_later() -> None:
    """Of waves of two moves of 2 s the one after the pilot begins at 2 s; a window from 3 to 5 s opens within it."""
    twos, slot = replace(FREE, wave=2, pilot=1), Window(vms=np.array([3]), spans=((3, 5),))
    plan = ListSchedule()(way([1, 2, 3, 1], [2] * 4, [0] * 4, limits=twos, timing=(slot,)))
    assert times(plan) == {0: (0, 2), 1: (2, 4), 3: (3, 5), 2: (5, 7)}


def test_host_budget() -> None:
    """A host bears 8: two moves that copy disks (4 each) at once, or eight that do not; four with disks: 2 rounds."""
    costs = replace(FREE, host_budget=8)
    copied = Schedule(seconds=1.0)(way([1] * 4, [3] * 4, [0] * 4, limits=costs, disks=np.ones(4, np.bool_)))
    plain = Schedule(seconds=1.0)(way([1] * 4, [3] * 4, [0] * 4, limits=costs))
    assert (copied.makespan_s, plain.makespan_s) == (6.0, 3.0)


def test_datastore_budget() -> None:
    """A datastore bears 32, a move that copies disks costs 16: three of them take 2 rounds, whatever their hosts."""
    costs = replace(FREE, datastore_budget=32)
    rest: dict[str, Any] = {"disks": np.ones(3, np.bool_), "datastores": ((0,),) * 3, "limits": costs}
    assert Schedule(seconds=1.0)(way([1, 2, 3], [3] * 3, [0] * 3, **rest)).makespan_s == 6.0


def test_disks_on_two_datastores() -> None:
    """
    A datastore bears 16, one move that copies disks. VM 0 has disks on 0 and 1, VM 1 on 1, VM 2 on 2.

    So VM 1 waits for VM 0, or the other way round: 6 s; were only a first datastore seen, it would be 3 s.
    """
    rest: dict[str, Any] = {"disks": np.ones(3, np.bool_), "limits": replace(FREE, datastore_budget=16)}
    moved = way([1, 2, 3], [3] * 3, [0] * 3, datastores=((0, 1), (1,), (2,)), **rest)
    plan = Schedule(seconds=1.0)(moved)
    found = times(plan)
    assert (plan.makespan_s, plan.makespan_bound_s) == (6.0, 6.0)
    assert found[0] != found[1]
    given: dict[str, Any] = {"limits": moved.limits, "disks": moved.disks}
    assert not timing.violations(moved.problem, plan, (), datastores=moved.datastores, **given)
    both = replace(plan, moves=replace(plan.moves, start_s=np.zeros(3), end_s=np.full(3, 3.0)))
    (broken,) = timing.violations(moved.problem, both, (), datastores=moved.datastores, **given)
    assert (broken.who, broken.amount) == (("datastore 1",), 32)


def test_switch_capacity() -> None:
    """Two streams of 100 through a switch that carries 150 in all go one after the other."""
    ends = names(["host-0", "host-1", "host-2", "host-3"])
    network = Network(ends, names(["s"] * 4), np.full(4, 1000.0))
    moved = way([2, 3], [3, 3], [0, 1], network=network, switch_mbps={"s": 150.0})
    plan = Schedule(seconds=1.0)(moved)
    assert plan.makespan_s == 6.0
    both = replace(plan, moves=replace(plan.moves, start_s=np.zeros(2), end_s=np.full(2, 3.0)))
    found = limits.violations(moved.problem, both, FREE, moved.nic_mbps, network, moved.switch_mbps)
    assert [each.rule for each in found] == ["Switch"]


def test_power_budget() -> None:
    """
    Hosts draw 100 W, booting 50 more; 2 on, 2 to boot, and 2 to shut down once empty, under 360 W.

    Only one host can boot at first; its 3 s of boot, 4 s of move and 2 s of shutdown make room for the other one.
    """
    problem = Problem.of([[1]] * 2, [[9]] * 4, start=[0, 1], on=[True, True, False, False])
    moved = transition(
        problem,
        [2, 3],
        limits=replace(FREE, early=True),
        duration_s=np.full(2, 4.0),
        bandwidth_mbps=np.full(2, 16.0),
        boot_s=np.full(4, 3.0),
        shutdown_s=np.full(4, 2.0),
        draw=Draw(np.full(4, 100.0), np.full(4, 50.0), np.zeros(2), migration_w=9.0),
        timing=(PowerBudget(watts=360.0),),
    )
    plan = Schedule(seconds=2.0)(moved)
    assert plan.makespan_s == 18.0
    assert not timing.violations(problem, plan, moved.timing, draw=moved.draw)
    free = Schedule(seconds=2.0)(replace(moved, timing=()))
    assert free.makespan_s == 9.0
    assert [each.amount for each in timing.violations(problem, free, moved.timing, draw=moved.draw)] == [500.0]


def test_a_budget_that_never_ends() -> None:
    """
    From 5 s on nothing may be drawn beside what is on: a move of 4 s is over by then, a second one never begins.

    Four hosts at 100 W are on, and moves go one by one.
    """
    problem = Problem.of([[1]] * 2, [[9]] * 4, start=[0, 1], on=[True, True, True, True])
    moved = transition(
        problem, [2, 3], on=np.ones(4, np.bool_), limits=replace(FREE, total=1), duration_s=np.full(2, 4.0),
        bandwidth_mbps=np.full(2, 16.0), draw=Draw(np.full(4, 100.0), np.full(4, 50.0), np.zeros(2)),
        timing=(PowerBudget(watts=400.0, from_s=5.0, name="later"),),
    )  # fmt: skip
    for solver in (ListSchedule(), Schedule(seconds=1.0)):
        plan = solver(moved)
        assert plan.moves.end_s.tolist() == [4.0]
        assert [why for why in plan.blocked.values() if "PowerBudget later" in why] == list(plan.blocked.values())
        assert not timing.violations(problem, plan, moved.timing, draw=moved.draw)


def test_rate_is_chosen() -> None:
    """
    On a link of 150 three moves of 4 s at rate 100 go one after the other: 12 s.

    One at half rate takes 8 s, beside which the other two go one after the other: 8 s.
    """
    narrow = {"nic_mbps": np.full(4, 150.0)}
    slow = Schedule(seconds=2.0)(way([1] * 3, [4] * 3, [0] * 3, **narrow))
    mixed = Schedule(seconds=2.0)(way([1] * 3, [4] * 3, [0] * 3, rates=(1.0, 0.5), **narrow))
    assert (slow.makespan_s, mixed.makespan_s) == (12.0, 8.0)
    assert sorted(mixed.moves.bandwidth_mbps.tolist()) == [50.0, 100.0, 100.0]


def test_destination_is_chosen() -> None:
    """Both VMs are placed on host 1, which takes one stream at a time; one may go to host 2 instead, at once."""
    slot = replace(FREE, incoming=1)
    moved = way([1, 1], [4, 4], [0, 3], limits=slot, choices={1: (1, 2)})
    plan = Schedule(seconds=1.0)(moved)
    assert (plan.makespan_s, plan.placement.host.tolist()) == (4.0, [1, 2])
    assert not timeline.violations(moved.problem, plan)


def test_enough_places_at_every_moment() -> None:
    """
    Two replicas swap with a third host: VM 0 goes to the host of VM 1, which goes to host 2. VM 1 has to land first.

    Otherwise both would be on one host for a while.
    """
    rule = LeastPlaces(vms=np.array([0, 1]), least=2, continuous=True)
    problem = Problem.of([[1]] * 2, [[9]] * 3, start=[0, 1], rules=[rule])
    lasts = np.array([1.0, 5.0])
    moved = transition(problem, [1, 2], limits=FREE, on=np.ones(3, np.bool_), duration_s=lasts)
    plan = ListSchedule()(moved)
    assert times(plan) == {1: (0, 5), 0: (5, 6)}
    assert not timeline.violations(problem, plan)


def test_never_without_what_it_needs() -> None:
    """VM 1 runs where one of VMs 0 and 2 does; both hosts change, and VM 1 lands beside one while the other waits."""
    rule = Dependency(vms=np.array([1]), on=np.array([0, 2]), continuous=True)
    problem = Problem.of([[1]] * 3, [[9]] * 2, start=[0, 0, 0], rules=[rule])
    moved = transition(problem, [1, 1, 1], limits=FREE, duration_s=np.array([9.0, 1.0, 5.0]))
    plan = ListSchedule()(moved)
    assert not plan.blocked
    assert not timeline.violations(problem, plan)


@st.composite
def rules(draw: st.DrawFn, vms: int, hosts: int) -> tuple[Timing, ...]:
    """Return some timing rules over VMs and hosts."""
    if not vms:
        return ()
    some = st.lists(st.integers(0, vms - 1), min_size=1, max_size=3).map(np.array)
    host = st.integers(0, hosts - 1).map(lambda host: np.array([host]))
    spans = st.just(((0.0, 15.0), (30.0, 1000.0)))
    dark = st.just(((5.0, 12.0),))
    kind = st.one_of(
        st.builds(Serialize, vms=some),
        st.builds(Sync, vms=some, at_start=st.booleans()),
        st.builds(Window, vms=some, spans=spans),
        st.builds(Window, places=host, spans=spans),
        st.builds(Blackout, vms=some, spans=dark),
        st.builds(Blackout, places=host, spans=st.just(((3.0, 40.0),)), every_s=st.just(60.0)),
        st.builds(Window, places=host, spans=st.just(((-5.0, 25.0),)), every_s=st.just(60.0)),
        st.builds(Deadline, vms=some, until_s=st.just(40.0)),
        st.builds(Precedence, first=st.just(np.array([0])), then=st.just(np.arange(1, vms)[:2])),
    )
    return tuple(draw(st.lists(kind, max_size=3)))


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_any_rules(data: st.DataObject) -> None:
    """
    Under any mix of rules what is not blocked keeps all of them by the clock, and orders of release are safe.

    Hosts that end empty are shut down, and those that are off are booted.
    """
    problem = data.draw(strategies.problems(feasible=True, placed=True, most_rules=0))
    host = data.draw(strategies.hosts_of(problem, nowhere=False))
    problem = replace(problem, capacity=np.maximum(problem.capacity, problem.load(host)))
    every = data.draw(rules(len(problem.vms), len(problem.hosts)))
    early = data.draw(st.booleans())
    bounded = Limits(outgoing=2, incoming=2, per_host=3, wave=0, pilot=0, pause_s=0.0, host_budget=2, early=early)
    moved = transition(
        problem,
        host.tolist(),
        on=np.isin(np.arange(len(problem.hosts)), host) | ~problem.on,
        boot_s=np.full(len(problem.hosts), 4.0),
        shutdown_s=np.full(len(problem.hosts), 9.0),
        limits=bounded,
        timing=every,
        nic_mbps=np.full(len(problem.hosts), 1500.0),
    )
    for solver in (ListSchedule(), Schedule(seconds=0.3)):
        plan = solver(moved)
        wrong = timing.violations(problem, plan, every, limits=bounded)
        assert not [each for each in wrong if each.rule != "Sync" or not plan.blocked]
        assert not limits.violations(problem, plan, bounded, moved.nic_mbps)
        replays = dependencies.violations(problem, plan, bounded, moved.nic_mbps, samples=2)
        assert not [each for each in replays if each.name not in ("end", "power") or not plan.blocked]
        if not plan.blocked:
            assert not timeline.violations(problem, plan)
            assert plan.makespan_bound_s <= plan.makespan_s + 1e-6
