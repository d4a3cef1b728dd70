"""Why there is no placement, in words, and who stands in whose way."""

from typing import Any

from models.arrays import NOWHERE
from models.problem import Problem
from models.rules import Ban, Fence, Gather, LeastPlaces, Offline, Online, Root, Rule, Spare
from solvers.explain import infeasibility
from solvers.relations import compiled
from tests.models.strategies import rows


def why(sizes: list[int], capacity: list[int], *rules: Rule, **rest: Any) -> tuple[str, tuple[str, ...]]:
    """Return the reason and the names."""
    problem = Problem.of(
        [[size] for size in sizes], [[room] for room in capacity], rules=rules, dims=["memory_mib"], **rest
    )
    return infeasibility(compiled(problem))


def test_pinned_on_a_host_to_be_drained() -> None:
    """The host, the VM and the rule are named."""
    reason, names = why([1], [9, 9], Root(vms=rows(0)), Offline(hosts=rows(0), name="retire"), start=[0])
    assert reason == "host-0 must be off, but vm-0 must not leave it."
    assert names == ("host-0", "vm-0", "Offline retire")


def test_on_and_off() -> None:
    """Two rules that contradict each other are both named."""
    reason, names = why([1], [9, 9], Online(hosts=rows(0)), Offline(hosts=rows(0)), start=[1])
    assert reason == "host-0 must be off, but another rule demands that it is on."
    assert names == ("host-0", "Online", "Offline")


def test_too_large() -> None:
    """What the VM needs, and what the roomiest host offers."""
    reason, names = why([1_500], [1_000, 1_200], start=[NOWHERE])
    assert reason == "vm-0 needs 1,500 of memory_mib; the roomiest host it may be on offers 1,200."
    assert names[0] == "vm-0"


def test_forbidden_everywhere() -> None:
    """A VM that a fence and a ban leave no host: both are named."""
    rules = Fence(vms=rows(0), hosts=rows(0), name="old"), Ban(vms=rows(0), hosts=rows(0), name="new")
    reason, names = why([1], [9, 9], *rules, start=[NOWHERE])
    assert reason.startswith("vm-0 may be on no host")
    assert {"Fence old", "Ban new"} <= set(names)


def test_too_much_together() -> None:
    """Three VMs of 5 that only host 0 of 10 may take: the sums are told."""
    reason, _ = why([5, 5, 5], [10, 10], Fence(vms=rows(0, 1, 2), hosts=rows(0)), start=[NOWHERE] * 3)
    assert reason == "3 VMs need 15 of memory_mib; the host that may take them offers 10."


def test_spares_that_are_not_there() -> None:
    """Hosts full to the brim have nothing to spare, and that is said."""
    reason, names = why([9, 9], [10, 10], Spare(hosts=rows(0, 1), name="c"), start=[0, 1])
    assert reason.startswith("The spare hosts asked for are not there")
    assert names == ("Spare c",)


def test_no_room_beside_the_others() -> None:
    """The 6 must leave, and beside 5 and 5 on hosts of 10 there is no room, though there is in sum."""
    reason, names = why([6, 5, 5], [10, 10, 10], Offline(hosts=rows(0)), start=[0, 1, 2])
    assert reason == "One VM that must leave its host finds no room beside the others."
    assert names[0] == "vm-0"


def test_together_and_apart() -> None:
    """VMs that must share a host can be in one place only; both rules are named."""
    together, apart = (
        Gather(vms=rows(0, 1, 2, 3), level="host"),
        LeastPlaces(vms=rows(0, 1, 2, 3), level="host", least=2),
    )
    reason, names = why([1] * 4, [9] * 3, together, apart, start=[0, 1, 1, 2])
    who = "vm-0, vm-1, vm-2 and 1 more"
    assert reason == f"{who} must be in at least 2 places, but other rules make them 1 group that shares a host."
    assert names[4:] == ("Gather", "LeastPlaces")


def test_at_a_loss() -> None:
    """Where nothing plainer is found, the rules are named."""
    reason, names = why([1], [9], Root(vms=rows(0), name="stay"), start=[0])
    assert reason.startswith("The rules exclude each other")
    assert names == ("Root stay",)
