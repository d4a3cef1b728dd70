"""Rules as data: rows in order, read-only, and defaults."""

import pickle

import numpy as np
import pytest

from models.errors import BrokenPromiseError
from models.rules import RULES, Among, Fence, Overbook, Root, Spread
from tests.models.strategies import rows


def test_rows_are_sorted_unique_and_read_only() -> None:
    """Rows may be given in any order, twice, and as a list; the rule holds them once, in order, for good."""
    rule = Spread(vms=[3, 1, 3])  # type: ignore[arg-type]
    assert rule.vms.tolist() == [1, 3]
    assert rule.vms.dtype == np.int32
    with pytest.raises(ValueError, match="read-only"):
        rule.vms[0] = 9


def test_a_rule_does_not_see_later_changes() -> None:
    """What the caller does with its array afterwards does not change the rule."""
    given = rows(0, 1)
    rule = Fence(vms=given, hosts=rows(0))
    given[0] = 7
    assert rule.vms.tolist() == [0, 1]


def test_groups_are_rows_too() -> None:
    """Each group is sorted and read-only."""
    rule = Among(vms=rows(0), groups=(rows(2, 1), rows(0)))
    assert [group.tolist() for group in rule.groups] == [[1, 2], [0]]
    assert not any(group.flags.writeable for group in rule.groups)


def test_overbook_keeps_host_and_amount_together() -> None:
    """Host 4 has 10 and host 2 has 30, in whatever order they are given."""
    rule = Overbook(hosts=rows(4, 2), dim="cpu", ratio=1.0, physical=(10, 30))
    assert dict(zip(rule.hosts.tolist(), rule.physical, strict=True)) == {2: 30, 4: 10}


def test_overbook_needs_an_amount_a_host() -> None:
    """Two hosts and one amount cannot be matched."""
    with pytest.raises(BrokenPromiseError, match="2 hosts have 1 physical amounts"):
        Overbook(hosts=rows(0, 1), dim="cpu", ratio=1.0, physical=(10,))


def test_defaults() -> None:
    """Rules are hard; those that make no sense at the end alone are continuous."""
    assert Spread(vms=rows(0)).price is None
    assert Spread(vms=rows(0)).continuous
    assert Root(vms=rows(0)).continuous
    assert not Fence(vms=rows(0), hosts=rows(0)).continuous


def test_kinds_by_name() -> None:
    """Every kind is found by its own name."""
    assert len(RULES) == 19
    assert all(kind.__name__ == name for name, kind in RULES.items())
    assert Root(vms=rows(0)).kind == "Root"


def test_rules_survive_pickling() -> None:
    """A rule sent to another process is the same there."""
    rule = pickle.loads(pickle.dumps(Spread(vms=rows(2, 5), most=2, name="web")))
    assert (rule.vms.tolist(), rule.most, rule.name, rule.kind) == ([2, 5], 2, "web", "Spread")
