from models.arrays import NOWHERE
from solvers.policies.nothing import DoNothing, Dvfs
from tests.solvers.policies.views import mask, pairs, seen


def test_nothing_is_done() -> None:
    """A VM waits, a host is overloaded, and nothing happens."""
    decision = DoNothing()(seen([0, NOWHERE], [2000, 100]))
    assert pairs(decision) == []
    assert not len(decision.boot) + len(decision.drain)


def test_only_vms_that_wait_are_placed() -> None:
    """An overloaded host keeps its VMs, empty ones stay on; the VM that waits goes to the first host with room."""
    decision = Dvfs()(seen([0, NOWHERE], [2000, 100]))
    assert pairs(decision) == [(1, 1)]
    assert not len(decision.boot) + len(decision.drain)


def test_a_host_is_booted_for_a_vm_that_finds_no_room() -> None:
    """The only host that is on is full."""
    assert Dvfs()(seen([0, NOWHERE], [1000, 100], hosts=2, open=mask(1, 0), asleep=mask(0, 1))).boot.tolist() == [1]
