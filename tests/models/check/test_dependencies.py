"""Who waits for whom: told wrong, or not enough to be safe when things take longer."""

from dataclasses import replace

import numpy as np

from models.check import dependencies
from models.network import Limits
from models.plan import HostAction, Moves, Placement, Plan
from models.problem import Problem

FREE = Limits(outgoing=0, incoming=0, per_host=0, wave=0, pilot=0, pause_s=0.0)
# Host 1 has room for the VM of host 0 once its own has left for host 2, which boots for 5 s.
PROBLEM = Problem.of([[6], [6]], [[6]] * 3, start=[0, 1], on=[True, True, False])
PLAN = Plan(
    Placement(np.array([1, 2], np.int32), np.ones(3, np.bool_)),
    Moves.of(vm=[1, 0], source=[1, 0], destination=[2, 1], start_s=[5, 8], end_s=[8, 9]),
    (HostAction(2, "boot", 0.0, 5.0),),
    after=((2,), (0,), ()),
)


def test_safe() -> None:
    """The first move waits for the boot, the second for the first: that is safe, whatever they take."""
    assert not dependencies.violations(PROBLEM, PLAN, FREE, samples=10)


def test_not_enough() -> None:
    """If nobody waits for the boot, a VM arrives on a host that is off; if the second does not, there is no room."""
    careless = dependencies.violations(PROBLEM, replace(PLAN, after=((), (0,), ())), FREE)
    hasty = dependencies.violations(PROBLEM, replace(PLAN, after=((2,), (), ())), FREE)
    assert {each.rule for each in careless} == {"Power"}
    assert {each.rule for each in hasty} == {"Capacity"}


def test_slots_count() -> None:
    """Two moves in a row over one slot run at once if they do not wait for each other."""
    problem = Problem.of([[1], [1]], [[9]] * 2, start=[0, 0])
    moves = Moves.of(vm=[0, 1], source=[0, 0], destination=[1, 1], start_s=[0, 2], end_s=[2, 4])
    plan = Plan(Placement(np.array([1, 1], np.int32), problem.on), moves, after=((), ()))
    assert {each.name for each in dependencies.violations(problem, plan, replace(FREE, total=1))} == {"total"}
    assert not dependencies.violations(problem, replace(plan, after=((), (0,))), replace(FREE, total=1))


def test_against_the_clock() -> None:
    """The boot cannot wait for a move that ends later than it starts."""
    (found,) = dependencies.violations(PROBLEM, replace(PLAN, after=((), (), (0,))), FREE)
    assert (found.rule, found.who, found.amount, found.limit) == ("Waits", ("host-2", "vm-1"), 0.0, 8.0)


def test_one_entry_for_each() -> None:
    """A plan whose entries are fewer than its moves and actions says so; one without any is not checked."""
    (found,) = dependencies.violations(PROBLEM, replace(PLAN, after=((), ())), FREE)
    assert (found.name, found.amount, found.limit) == ("length", 2.0, 3.0)
    assert not dependencies.violations(PROBLEM, replace(PLAN, after=()), FREE)


def test_replayed() -> None:
    """Twice as long a boot and the first move in half: 10 s, 11.5 s, and the last one as long as planned."""
    again = dependencies.replayed(PLAN, np.array([0.5, 1.0, 2.0]))
    assert again.moves.start_s.tolist() == [10.0, 11.5]
    assert again.moves.end_s.tolist() == [11.5, 12.5]
    assert again.actions[0].end_s == 10.0
