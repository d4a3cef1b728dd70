"""What runs at once: slots, waves, and bandwidth of NICs and links."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.arrays import names
from models.check import limits
from models.check.sweep import crowds
from models.check.violation import Violation
from models.network import Limits, Network
from models.plan import Moves, Placement, Plan
from models.problem import Problem

FREE = Limits(outgoing=0, incoming=0, per_host=0, total=0, wave=0, pilot=0, pause_s=0.0)
PROBLEM = Problem.of([[1]] * 4, [[9]] * 4, start=[0, 0, 0, 1])


def found(limit: Limits, *, nic: list[float] | None = None, network: Network | None = None, **moves: Any) -> Any:
    """Return who breaks which limit, by how much and since when, if VMs move so."""
    count = len(moves["source"])
    table = Moves.of(vm=list(range(count)), **moves)
    plan = Plan(Placement(PROBLEM.start, PROBLEM.on), table)
    rates = None if nic is None else np.array(nic)
    return [
        (each.name, each.who, each.amount, each.limit, each.since_s)
        for each in limits.violations(PROBLEM, plan, limit, rates, network)
    ]


# Two leave host 0 from 5 to 10 s; the third starts when the first ends.
TWO: dict[str, Any] = {"source": [0, 0, 0], "destination": [1, 2, 2], "start_s": [0, 5, 10], "end_s": [10, 15, 20]}


@pytest.mark.parametrize(
    ("limit", "wrong"),
    [
        (Limits(1, 0, 0, 0, 0, 0), [("outgoing", ("host-0",), 2, 1, 5)]),
        (Limits(2, 1, 0, 0, 0, 0), [("incoming", ("host-2",), 2, 1, 10)]),
        (Limits(2, 2, 1, 0, 0, 0), [("per host", ("host-0",), 2, 1, 5), ("per host", ("host-2",), 2, 1, 10)]),
        (Limits(2, 2, 2, 1, 0, 0), [("total", ("all hosts",), 2, 1, 5)]),
        (Limits(2, 2, 2, 2, 0, 0), []),
    ],
    ids=["outgoing", "incoming", "per host", "total", "within all"],
)
def test_slots(limit: Limits, wrong: list[Any]) -> None:
    """Slots are counted per host and direction, per host, and in the whole estate."""
    assert found(limit, **TWO) == wrong


def test_cold_moves_take_no_slot() -> None:
    """Powered-off VMs are registered elsewhere, which takes no migration slot."""
    assert found(Limits(1, 1, 1, 1, 0, 0), **TWO, live=[True, False, False]) == []


def test_waves() -> None:
    """A pilot of 1 and waves of 2: the pilot has 2, and wave 2 starts 5 s after it instead of 30."""
    moves: dict[str, Any] = {
        "source": [0, 0, 1],
        "destination": [1, 2, 2],
        "start_s": [0, 0, 15],
        "end_s": [10, 10, 20],
    }
    limit = Limits(0, 0, 0, 0, wave=2, pilot=1, pause_s=30.0)
    assert found(limit, **moves, wave=[1, 1, 2]) == [
        ("size", ("wave 1",), 2, 1, 0),
        ("start", ("wave 2",), 15, 40, 15),
    ]
    assert found(Limits(0, 0, 0, 0, wave=2, pilot=2, pause_s=5.0), **moves, wave=[1, 1, 2]) == []


def test_nics() -> None:
    """6 + 6 Gbit/s leave host 0 by a NIC of 10 from 5 s on; 6 enter host 1."""
    wrong = found(FREE, nic=[10e3, 6e3, 12e3, 10e3], **TWO, bandwidth_mbps=[6e3] * 3)
    assert wrong == [("outgoing", ("host-0",), 12e3, 10e3, 5)]


# Hosts 0 and 1 under switch a, hosts 2 and 3 under switch b, both under the core.
TREE = Network(
    lower=names(["host-0", "host-1", "host-2", "host-3", "a", "b"]),
    upper=names(["a", "a", "b", "b", "core", "core"]),
    capacity_mbps=np.array([10e3, 10e3, 10e3, 10e3, 8e3, 8e3]),
)


def test_links_on_the_way() -> None:
    """5 + 5 from a to b at once exceed 8 up from a and 8 down to b, and no host's link of 10."""
    moves: dict[str, Any] = {"source": [0, 1], "destination": [2, 3], "start_s": [0, 2], "end_s": [9, 9]}
    assert found(FREE, network=TREE, **moves, bandwidth_mbps=[5e3, 5e3]) == [
        ("up", ("a", "core"), 10e3, 8e3, 2),
        ("down", ("b", "core"), 10e3, 8e3, 2),
    ]


def test_links_below_the_common_switch_only() -> None:
    """9 between hosts under one switch do not pass its link of 8 to the core."""
    moves: dict[str, Any] = {"source": [0], "destination": [1], "start_s": [0], "end_s": [9]}
    assert found(FREE, network=TREE, **moves, bandwidth_mbps=[9e3]) == []


def test_links_are_full_duplex() -> None:
    """8 up and 8 down at once both fit into a link of 8 in each direction."""
    moves: dict[str, Any] = {"source": [0, 2], "destination": [2, 1], "start_s": [0, 0], "end_s": [9, 9]}
    assert found(FREE, network=TREE, **moves, bandwidth_mbps=[8e3, 8e3]) == []


def test_the_default_limits_hold_for_an_empty_plan() -> None:
    """No moves break no limit."""
    assert found(Limits(), network=TREE, nic=[1.0] * 4, source=[], destination=[], start_s=[], end_s=[]) == []


INTERVALS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 9), st.integers(1, 5), st.integers(0, 4)), max_size=9)


@given(INTERVALS, st.lists(st.integers(0, 6), min_size=3, max_size=3))
def test_sums_of_intervals(intervals: list[tuple[int, int, int, int]], limit: list[int]) -> None:
    """The most that is held, and since when it is too much, as found by looking at every second."""
    table = np.array(intervals, np.int64).reshape(-1, 4)
    start, end = table[:, 1].astype(float), (table[:, 1] + table[:, 2]).astype(float)
    swept = {
        place: (most, since) for place, most, since in crowds(table[:, 0], start, end, table[:, 3], np.array(limit))
    }
    looked: dict[int, tuple[int, int]] = {}
    for place in range(3):
        held = [sum(each[3] for each in intervals if each[0] == place and each[1] <= t < each[1] + each[2])
                for t in range(15)]  # fmt: skip
        if max(held) > limit[place]:
            looked[place] = max(held), next(t for t in range(15) if held[t] > limit[place])
    assert swept == looked


def test_a_violation_is_told_in_one_line() -> None:
    """The text names rule, who, amount and limit, and shortens a long list."""
    assert str(Violation("Capacity", ("host-1",), 6, 4, "cpu")) == "Capacity “cpu”: host-1 holds 6 of 4"
    assert (
        str(Violation("Spread", tuple("abcdefg"), 7, 1))
        == "Spread: 7 of a, b, c, d, e and 2 more share a place, at most 1 may"
    )
