"""The independent check of rules about times and of budgets, each at numbers worked by hand."""

from typing import Any

import numpy as np
import pytest

from models.check import timing
from models.network import Limits
from models.plan import HostAction, Moves, Placement, Plan
from models.problem import Problem
from models.timing import Blackout, Deadline, Draw, PowerBudget, Precedence, Serialize, Sync, Timing, Window

PROBLEM = Problem.of([[1]] * 3, [[9]] * 4, start=[0, 0, 1], on=[True, True, True, False])
# VM 0 leaves host 0 for 2 from 0 to 4, VM 1 from 2 to 7, and VM 2 leaves host 1 for 2 from 7 to 9.
MOVES = Moves.of(
    vm=[0, 1, 2],
    source=[0, 0, 1],
    destination=[2, 2, 2],
    start_s=[0, 2, 7],
    end_s=[4, 7, 9],
    bandwidth_mbps=[160, 175, 0],
)
PLAN = Plan(
    Placement(np.array([2, 2, 2], np.int32), PROBLEM.on),
    MOVES,
    (HostAction(3, "boot", 0.0, 5.0), HostAction(0, "shutdown", 7.0, 9.0)),
)
ALL = np.arange(3)


@pytest.mark.parametrize(
    ("rule", "wrong"),
    [
        (Precedence(first=np.array([0]), then=np.array([1])), [(("vm-0", "vm-1"), 2, 4)]),
        (Precedence(first=np.array([1]), then=np.array([2])), []),
        (Serialize(vms=ALL), [(("vm-0", "vm-1", "vm-2"), 2, 1)]),
        (Serialize(vms=ALL, most=2), []),
        (Serialize(vms=np.array([1, 2])), []),
        (Sync(vms=ALL), [(("vm-0", "vm-1", "vm-2"), 9, 4)]),
        (Sync(vms=np.array([1, 2]), at_start=True), [(("vm-1", "vm-2"), 7, 2)]),
        (Deadline(vms=ALL, until_s=7), [(("vm-2",), 9, 7)]),
        (Window(vms=ALL, spans=((0, 7), (7, 10))), []),
        (Window(vms=ALL, spans=((0, 4), (4, 10))), [(("vm-1",), 7, 2)]),
        (Window(places=np.array([1]), spans=((0, 8),)), [(("vm-2",), 9, 7)]),
        (Window(places=np.array([3]), spans=((1, 8),)), [(("host-3",), 5, 0)]),
        (Blackout(vms=ALL, spans=((4, 7),)), [(("vm-1",), 7, 2)]),
        (Blackout(vms=np.array([0, 2]), spans=((4, 7),)), []),
        (Blackout(places=np.array([0]), spans=((8, 12),)), [(("host-0",), 9, 7)]),
    ],
)
def test_rule(rule: Timing, wrong: list[tuple[tuple[str, ...], float, float]]) -> None:
    """Each rule tells who breaks it, and the two times or numbers that show it."""
    found = timing.violations(PROBLEM, PLAN, (rule,))
    assert [(each.who, each.amount, each.limit) for each in found] == wrong
    assert all(each.rule == rule.kind for each in found)


def test_a_rack_is_dark() -> None:
    """Host 1 is in rack 1; the blackout of that rack is broken by the move that leaves it, and by no other."""
    racks = Problem.of([[1]] * 3, [[9]] * 4, start=[0, 0, 1], levels={"rack": [0, 1, 0, 0]})
    rule = Blackout(level="rack", places=np.array([1]), spans=((0, 20),))
    assert [each.who for each in timing.violations(racks, PLAN, (rule,))] == [("vm-2",)]


@pytest.mark.parametrize(
    ("budget", "worst"),
    [
        # Three hosts on and three VMs draw 330; a boot adds 150; moves draw 160 // 16 + 5 and 175 // 16 + 5: 15 each.
        (PowerBudget(watts=500), [(510, 2)]),
        (PowerBudget(watts=510), []),
        (PowerBudget(watts=450, from_s=5), []),
        (PowerBudget(watts=440, from_s=5, until_s=7), [(445, 5)]),
        (PowerBudget(watts=344, from_s=9), []),
    ],
)
def test_power(budget: PowerBudget, worst: list[tuple[float, float]]) -> None:
    """The largest draw within the budget's time is told, and when; the shut-down host draws until it is off."""
    draw = Draw(np.full(4, 100.0), np.full(4, 50.0), np.full(3, 10.0), migration_w=5.0)
    found = timing.violations(PROBLEM, PLAN, (budget,), draw=draw)
    assert [(each.amount, each.since_s) for each in found] == worst


def test_more_than_allowed_at_the_start() -> None:
    """What the start draws already existed; without a draw there is nothing to check."""
    still = Plan(Placement(PROBLEM.start, PROBLEM.on))
    draw = Draw(np.full(4, 100.0), np.full(4, 50.0), np.full(3, 10.0))
    (found,) = timing.violations(PROBLEM, still, (PowerBudget(watts=100),), draw=draw)
    assert (found.amount, found.existed) == (330.0, True)
    assert not timing.violations(PROBLEM, PLAN, (PowerBudget(watts=1),))


@pytest.mark.parametrize(
    ("limit", "disks", "wrong"),
    [
        ({"host_budget": 2}, [], []),
        ({"host_budget": 1}, [], [("host-0", 2), ("host-2", 2)]),
        ({"host_budget": 4}, [1], [("host-0", 5), ("host-2", 5)]),
        ({"datastore_budget": 1}, [], [("datastore 0", 2)]),
        ({"datastore_budget": 16}, [1], [("datastore 0", 17)]),
    ],
)
def test_budgets(limit: dict[str, Any], disks: list[int], wrong: list[tuple[str, float]]) -> None:
    """From 2 to 4 s hosts 0 and 2 bear two moves, and datastore 0 too; one that copies disks costs 4 and 16."""
    found = timing.violations(
        PROBLEM, PLAN, (), limits=Limits(**limit), datastores=((0,), (0,), ()), disks=np.isin(ALL, disks)
    )
    assert [(each.who[0], each.amount) for each in found] == wrong


def test_every_datastore_of_a_vm_bears_its_moves() -> None:
    """VM 0 has disks on datastores 0 and 1: its moves cost both, beside those of VM 1 on 0 and of VM 2 on 1."""
    limit = Limits(datastore_budget=1)
    found = timing.violations(PROBLEM, PLAN, (), limits=limit, datastores=((0, 1), (0,), (1,)))
    alone = timing.violations(PROBLEM, PLAN, (), limits=limit, datastores=((1,), (0,), ()))
    assert {each.who[0] for each in found} >= {"datastore 0"}
    assert alone == ()
