"""What excludes a placement is named, no more than that, with what would admit one."""

import numpy as np
import pytest

from models.problem import Problem
from models.rules import Ban, Fence, Gather, Offline, Root, Rule, Spread
from solvers.blocking import explained, smallest
from tests.models.strategies import rows


def test_a_core() -> None:
    """Of the numbers 0 to 9, any set that has 3 and 7 admits nothing: these two are what is needed."""
    assert smallest(lambda chosen: not {3, 7} <= set(chosen), range(10)) == (3, 7)


def test_nothing_is_needed() -> None:
    """What admits nothing even without members has an empty core."""
    assert smallest(lambda chosen: False, range(10)) == ()


def blocked(*rules: Rule, sizes: tuple[int, ...] = (4, 4, 4, 1), hosts: int = 3) -> Problem:
    """Return VMs that are new, on hosts of 10."""
    return Problem.of([[size] for size in sizes], [[10]] * hosts, rules=rules)


def test_two_rules_of_many() -> None:
    """VM 0 only on host 0, and not there: the other rules and VMs have nothing to do with it."""
    rules = (
        Spread(vms=rows(1, 2, 3), name="apart"), Fence(vms=rows(0), hosts=rows(0), name="here"),
        Ban(vms=rows(0, 1), hosts=rows(0), name="not here"), Gather(vms=rows(1), name="alone"),
    )  # fmt: skip
    found = explained(blocked(*rules))
    assert found is not None
    assert found.rules == ("Fence here", "Ban not here")
    assert found.vms == ("vm-0",)
    assert found.remedies[:2] == ("Lift the rule Fence here.", "Lift the rule Ban not here.")


def test_room_is_missing() -> None:
    """Seven VMs of 4 on three hosts of 10 are one too many: no rule is the cause, and one more host is the remedy."""
    found = explained(blocked(sizes=(4,) * 7))
    assert found is not None
    assert found.rules == ()
    assert len(found.vms) == 7
    assert found.remedies == ("Add one more host like host-0.",)


def test_how_much_is_missing() -> None:
    """Four VMs of 8 need 32; the three hosts that may take them offer 30."""
    found = explained(blocked(sizes=(8,) * 4))
    assert found is not None
    assert "need 32 of dim0" in found.reason
    assert "offer 30" in found.reason


def test_a_spread_over_too_few() -> None:
    """Four VMs apart on three hosts: lifted, or with a fourth host, it can be had."""
    found = explained(blocked(Spread(vms=np.arange(4), name="apart"), sizes=(1,) * 4))
    assert found is not None
    assert found.rules == ("Spread apart",)
    assert set(found.remedies) == {"Lift the rule Spread apart.", "Add one more host like host-0."}


def test_only_the_part_concerned() -> None:
    """A host that must be off holds a VM that must stay; another part has nothing to do with it."""
    rules = (
        Root(vms=rows(0), name="pinned"), Offline(hosts=rows(0), name="drained"),
        Fence(vms=rows(0), hosts=rows(0)), Fence(vms=rows(1, 2, 3), hosts=rows(1, 2)),
    )  # fmt: skip
    problem = Problem.of([[1]] * 4, [[10]] * 3, start=[0, 1, 1, 2], rules=rules)
    found = explained(problem)
    assert found is not None
    assert found.rules == ("Root pinned", "Offline drained")
    assert found.vms == ("vm-0",)


@pytest.mark.parametrize("rule", [Spread(vms=rows(0, 1)), Fence(vms=rows(0), hosts=rows(1))])
def test_nothing_is_blocked(rule: Rule) -> None:
    """Where there is a placement, there is nothing to explain."""
    assert explained(blocked(rule)) is None
