"""Migrations in time: room at both ends, slots, rates, boots, waves, and what to do about a circle of full hosts."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.arrays import NOWHERE
from models.check import limits as check_limits
from models.check import timeline
from models.network import Limits, Network
from models.plan import Plan
from models.problem import Problem
from models.rules import Fence, Spread
from solvers.schedule import ListSchedule
from tests.models import strategies
from tests.models.strategies import rows
from tests.solvers.transitions import ONE_S, transition


def schedule(problem: Problem, host: list[int], **rest: Any) -> Plan:
    """Return the plan to these hosts."""
    return ListSchedule()(transition(problem, host, **rest))


def starts(plan: Plan) -> dict[int, float]:
    """Return the start of each VM's last move in seconds."""
    return dict(zip(plan.moves.vm.tolist(), plan.moves.start_s.tolist(), strict=True))


def most_at_once(plan: Plan) -> int:
    """Return how many moves run at the same time at most."""
    moves = plan.moves
    return max(int(((moves.start_s <= now) & (now < moves.end_s)).sum()) for now in moves.start_s)


def test_room_at_both_ends() -> None:
    """Host 1 has room for the 6 of host 0 only once its own 6 has left for host 2."""
    plan = schedule(Problem.of([[6], [6]], [[10]] * 3, start=[0, 1]), [1, 2])
    assert starts(plan) == {1: 0.0, 0: pytest.approx(ONE_S)}


def test_outgoing_slots() -> None:
    """Four VMs leave one host, two at a time: two rounds."""
    limits = Limits(outgoing=2, incoming=9, per_host=9, wave=9, pilot=9, pause_s=0.0)
    plan = schedule(Problem.of([[1]] * 4, [[9]] * 2, start=[0] * 4), [1] * 4, limits=limits)
    assert most_at_once(plan) == 2
    assert plan.makespan_s == pytest.approx(2 * ONE_S)


def test_slots_in_both_directions() -> None:
    """Host 1 sends one VM and receives one, but with one slot in all not at the same time."""
    limits = Limits(outgoing=9, incoming=9, per_host=1, wave=9, pilot=9, pause_s=0.0)
    plan = schedule(Problem.of([[1], [1]], [[9]] * 3, start=[0, 1]), [1, 2], limits=limits)
    assert most_at_once(plan) == 1


def test_slots_of_the_whole_estate() -> None:
    """Moves between different hosts share the total limit."""
    limits = Limits(outgoing=9, incoming=9, per_host=9, total=1, wave=9, pilot=9, pause_s=0.0)
    plan = schedule(Problem.of([[1]] * 3, [[9]] * 6, start=[0, 1, 2]), [3, 4, 5], limits=limits)
    assert plan.makespan_s == pytest.approx(3 * ONE_S)


def test_nic_rate() -> None:
    """Streams of 1 Gbit/s fill a NIC of 1 Gbit/s: one at a time, though there are slots."""
    plan = schedule(Problem.of([[1]] * 3, [[9]] * 2, start=[0] * 3), [1] * 3, nic_mbps=np.full(2, 1000.0))
    assert most_at_once(plan) == 1


def test_the_slower_nic_counts() -> None:
    """From a NIC of 500 to one of 1000 Mbit/s goes no more than 500."""
    plan = schedule(Problem.of([[1]], [[9]] * 2, start=[0]), [1], nic_mbps=np.array([500.0, 1000.0]))
    assert plan.moves.bandwidth_mbps.tolist() == [500.0]


def test_rates_that_are_not_exact() -> None:
    """Three streams of 1.1 fill a NIC of 3.3 to the brim, although 1.1 + 1.1 + 1.1 is a little more than 3.3."""
    nic = np.array([1.1, 1.1, 1.1, 3.3])
    plan = schedule(Problem.of([[1]] * 3, [[9]] * 4, start=[0, 1, 2]), [3] * 3, nic_mbps=nic)
    assert most_at_once(plan) == 3


def test_link_rate() -> None:
    """Two hosts behind one link of 1 Gbit/s share it, each with a NIC of its own."""
    network = Network(
        np.array(["host-0", "host-1", "leaf", "host-2"], object),
        np.array(["leaf", "leaf", "spine", "spine"], object),
        np.array([10_000.0, 10_000.0, 1000.0, 10_000.0]),
    )
    plan = schedule(Problem.of([[1]] * 2, [[9]] * 3, start=[0, 1]), [2, 2], network=network)
    assert most_at_once(plan) == 1


def test_hosts_boot_before_vms_arrive() -> None:
    """The host that wakes is ready after 300 s; only then does the VM come."""
    problem = Problem.of([[1]], [[9]] * 2, start=[0], on=[True, False])
    plan = schedule(problem, [1])
    boot = plan.actions[0]
    assert (boot.action, boot.start_s, boot.end_s) == ("boot", 0.0, 300.0)
    assert starts(plan) == {0: 300.0}


def test_hosts_are_switched_off_last() -> None:
    """The emptied host is switched off once all moves are over and looked at."""
    limits = Limits(outgoing=1, incoming=9, per_host=9, wave=9, pilot=9, pause_s=50.0)
    plan = schedule(Problem.of([[1]] * 2, [[9]] * 2, start=[0, 0]), [1, 1], limits=limits)
    (action,) = plan.actions
    assert action.action == "shutdown"
    assert action.start_s == pytest.approx(2 * ONE_S + 50)
    assert action.end_s == pytest.approx(action.start_s + 60)


def test_cold_moves_need_no_slot() -> None:
    """VMs that are off are re-registered, all at once."""
    limits = Limits(outgoing=1, incoming=1, per_host=1, wave=9, pilot=9, pause_s=0.0)
    plan = schedule(Problem.of([[0]] * 3, [[9]] * 2, start=[0] * 3), [1] * 3, limits=limits)
    assert most_at_once(plan) == 3
    assert not plan.moves.live.any()


def test_waves() -> None:
    """Eight moves, two in the pilot and three in a wave: 2 + 3 + 3, each 60 s after the last has ended."""
    limits = Limits(outgoing=9, incoming=9, per_host=9, wave=3, pilot=2, pause_s=60.0)
    plan = schedule(Problem.of([[1]] * 8, [[9]] * 2, start=[0] * 8), [1] * 8, limits=limits)
    moves = plan.moves
    assert np.bincount(moves.wave)[1:].tolist() == [2, 3, 3]
    for before, after in pairwise((1, 2, 3)):
        assert moves.start_s[moves.wave == after].min() == pytest.approx(moves.end_s[moves.wave == before].max() + 60)


def test_waves_of_whole_groups() -> None:
    """After a pilot of 1, waves of 3 take applications 0 (2 VMs), 1 (2) and 2 (1) whole: 0 and 2, then 1."""
    limits = Limits(outgoing=9, incoming=9, per_host=9, wave=3, pilot=1, pause_s=10.0)
    problem = Problem.of([[1]] * 6, [[9]] * 2, start=[0] * 6)
    groups = np.array([-1, 0, 1, 0, 1, 2])
    memory = np.array([512.0] + [1024.0] * 5)
    plan = schedule(problem, [1] * 6, limits=limits, groups=groups, memory_mib=memory)
    waves = dict(zip(plan.moves.vm.tolist(), plan.moves.wave.tolist(), strict=True))
    assert waves == {0: 1, 1: 2, 3: 2, 5: 2, 2: 3, 4: 3}


def test_a_swap_on_full_hosts() -> None:
    """Two full hosts swap their VMs of 6: one goes by way of the third host, and says why."""
    problem = Problem.of([[6], [6]], [[10]] * 3, start=[0, 1])
    plan = schedule(problem, [1, 0], on=[True] * 3)
    assert len(plan.moves) == 3
    assert not plan.blocked
    assert any("by way of host-2" in reason for reason in plan.moves.reason)
    assert not timeline.violations(problem, plan)


def test_the_pivot_is_allowed() -> None:
    """The third host is closed to one of the VMs, so the other one goes round."""
    fence = Fence(vms=rows(0), hosts=rows(0, 1))
    problem = Problem.of([[6], [6]], [[10]] * 3, start=[0, 1], rules=[fence])
    plan = schedule(problem, [1, 0], on=[True] * 3)
    assert not plan.blocked
    assert plan.moves.vm.tolist().count(1) == 2


def test_a_circle_that_cannot_be_broken() -> None:
    """Without a third host the swap cannot be: both VMs are told, with what is lacking where."""
    plan = schedule(Problem.of([[6], [6]], [[10]] * 2, start=[0, 1], dims=["memory_mib"]), [1, 0])
    assert not len(plan.moves)
    assert set(plan.blocked) == {"vm-0", "vm-1"}
    assert plan.blocked["vm-0"].startswith("cannot leave host-0: host-1 lacks memory_mib")


def test_apart_on_the_way_too() -> None:
    """VM 0 moves to the host that VM 1 leaves; they must never meet, so it waits, though there is room."""
    rule = Spread(vms=rows(0, 1), continuous=True)
    plan = schedule(Problem.of([[1], [1]], [[9]] * 3, start=[0, 1], rules=[rule]), [1, 2])
    assert starts(plan) == {1: 0.0, 0: pytest.approx(ONE_S)}


def test_a_rule_with_a_price_makes_nobody_wait() -> None:
    """A priced rule is no reason to wait."""
    rule = Spread(vms=rows(0, 1), continuous=True, price=1.0)
    plan = schedule(Problem.of([[1], [1]], [[9]] * 3, start=[0, 1], rules=[rule]), [1, 2])
    assert plan.moves.start_s.tolist() == [0.0, 0.0]


def test_new_vms() -> None:
    """A VM on no host is registered where it belongs, not copied."""
    plan = schedule(Problem.of([[1]], [[9]], start=[NOWHERE]), [0])
    assert (plan.moves.source.tolist(), plan.moves.live.tolist()) == ([NOWHERE], [False])


def test_nothing_to_do() -> None:
    """Without moves a plan is empty and takes no time."""
    plan = schedule(Problem.of([[1]], [[9]], start=[0]), [0])
    assert (len(plan.moves), plan.makespan_s, plan.actions) == (0, 0.0, ())


def test_freed_hosts_first() -> None:
    """Of two moves that share the one slot, that which empties a host comes first."""
    limits = Limits(outgoing=1, incoming=1, per_host=1, total=1, wave=9, pilot=9, pause_s=0.0)
    problem = Problem.of([[1]] * 3, [[9]] * 3, start=[0, 0, 1])
    assert schedule(problem, [2, 0, 2], limits=limits).moves.vm.tolist() == [2, 0]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_transition(data: st.DataObject) -> None:
    """
    To any placement within capacity: slots, waves, rates and room hold at every moment, and nothing is forgotten.

    The bound is never above what was found, and the same transition gives the same plan.
    """
    problem = data.draw(strategies.problems(feasible=True, placed=True, most_rules=0))
    host = data.draw(strategies.hosts_of(problem, nowhere=False))
    problem = replace(problem, capacity=np.maximum(problem.capacity, problem.load(host)))
    limits = Limits(outgoing=2, incoming=2, per_host=3, total=4, wave=3, pilot=1, pause_s=10.0)
    nic = np.full(len(problem.capacity), 1500.0)
    way = transition(problem, host.tolist(), on=problem.on, limits=limits, nic_mbps=nic)
    plan, again = ListSchedule()(way), ListSchedule()(way)
    assert plan.moves.start_s.tolist() == again.moves.start_s.tolist()
    assert not check_limits.violations(problem, plan, limits, nic)
    if not plan.blocked:
        assert not timeline.violations(problem, plan)
        assert plan.makespan_bound_s <= plan.makespan_s + 1e-6
    moved = set(problem.vms[plan.moves.vm]) | set(plan.blocked)
    assert moved == set(problem.vms[host != problem.start])
