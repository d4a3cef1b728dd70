"""Rules as relations: what each kind becomes, and what the starting state means for it."""

from dataclasses import replace

import numpy as np
import pytest

from models.arrays import NOWHERE
from models.costs import Headroom, HostsOn, Moves
from models.problem import Problem
from models.rules import (
    Among,
    Ban,
    Fence,
    Gather,
    Lonely,
    MaxOnline,
    Offline,
    Online,
    Overbook,
    Preserve,
    Quarantine,
    ResourceCapacity,
    Root,
    Rule,
    RunningCapacity,
    Spare,
    Split,
    Spread,
)
from solvers.relations import Relations, compiled
from tests.models.strategies import rows


def relations(*rules: Rule, start: list[int] | None = None, sizes: tuple[int, ...] = (1, 2, 3)) -> Relations:
    """Return three VMs, each on a host of its own, and a fourth host."""
    begin = list(range(len(sizes))) if start is None else start
    racks = {"rack": [0, 0, 1, -1]}
    return compiled(Problem.of([[size] for size in sizes], [[9]] * 4, start=begin, levels=racks, rules=rules))


def test_without_rules() -> None:
    """Every VM is an item of its own and may be on every host."""
    found = relations()
    assert found.items == 3
    assert found.allowed(0).all()
    assert found.need(1).tolist() == [[2]]


def test_fence_and_ban() -> None:
    """A fence leaves its hosts; a ban takes its own."""
    found = relations(Fence(vms=rows(0), hosts=rows(0, 1)), Ban(vms=rows(0, 1), hosts=rows(1)))
    assert found.allowed(0).tolist() == [True, False, False, False]
    assert found.allowed(1).tolist() == [True, False, True, True]


def test_ban_on_entering() -> None:
    """Those already there may stay, nobody else may come."""
    found = relations(Ban(vms=rows(0, 1), hosts=rows(0), entering=True))
    assert found.allowed(0)[0]
    assert not found.allowed(1)[0]


def test_what_a_rule_forbids_at_the_start() -> None:
    """A VM outside its fence must leave; told not to be strict, it may also stay."""
    problem = Problem.of([[1]], [[9]] * 2, start=[0], rules=[Fence(vms=rows(0), hosts=rows(1))])
    assert compiled(problem).allowed(0).tolist() == [False, True]
    assert compiled(problem, strict=False).allowed(0).tolist() == [True, True]


def test_root() -> None:
    """A rooted VM may be where it is, and nowhere else."""
    assert relations(Root(vms=rows(1))).allowed(1).tolist() == [False, True, False, False]


def test_root_of_a_new_vm() -> None:
    """A VM on no host is not held there."""
    assert relations(Root(vms=rows(0)), start=[NOWHERE, 1, 2]).allowed(0).all()


def test_quarantine() -> None:
    """Nobody enters or leaves."""
    found = relations(Quarantine(hosts=rows(0)))
    assert found.fixed.tolist() == [True, False, False]
    assert not found.allowed(1)[0]


def test_gather_makes_one_item() -> None:
    """VMs that share a host are one item with their demands together; it starts where they are, if together."""
    found = relations(Gather(vms=rows(0, 2)), start=[1, 0, 1])
    assert found.items == 2
    assert found.need(int(found.item[0])).tolist() == [[4]]
    assert found.start[found.item[0]] == 1


def test_gathers_that_share_a_vm() -> None:
    """Two groups with a VM in common are one item."""
    assert relations(Gather(vms=rows(0, 1)), Gather(vms=rows(1, 2))).items == 1


def test_gather_of_vms_apart() -> None:
    """An item whose VMs are not together starts nowhere."""
    found = relations(Gather(vms=rows(0, 1)))
    assert found.start[found.item[0]] == NOWHERE


def test_a_continuous_gather_holds_its_vms() -> None:
    """VMs that must be together at every moment cannot move."""
    assert relations(Gather(vms=rows(0, 1), continuous=True), start=[0, 0, 1]).fixed.tolist() == [True, True, False]


def test_gather_in_a_rack() -> None:
    """The groups are the racks, and each host outside all racks."""
    (near,) = relations(Gather(vms=rows(0, 1), level="rack")).near
    assert [np.flatnonzero(group).tolist() for group in near.groups] == [[0, 1], [2], [3]]


def test_among() -> None:
    """All within one of the groups named."""
    (near,) = relations(Among(vms=rows(0, 1), groups=(rows(0, 1), rows(2, 3)))).near
    assert near.groups.tolist() == [[True, True, False, False], [False, False, True, True]]


def test_spread() -> None:
    """Each VM weighs one; in racks, a host outside is a place of its own."""
    (relation,) = relations(Spread(vms=rows(0, 2), level="rack", most=2)).at_most
    assert relation.weight.tolist() == [1, 0, 1]
    assert relation.place.tolist() == [0, 0, 1, 5]
    assert relation.most == 2


def test_capacities_of_sets_of_hosts() -> None:
    """Running VMs weigh one and demand weighs itself, in one place; other hosts are outside."""
    found = relations(
        RunningCapacity(hosts=rows(0, 1), most=5), ResourceCapacity(hosts=rows(2), dim="dim0", most=4), sizes=(0, 2, 3)
    )
    first, second = found.at_most
    assert first.weight.tolist() == [0, 1, 1]
    assert second.weight.tolist() == [0, 2, 3]
    assert second.place.tolist() == [-1, -1, 0, -1]


def test_split_and_lonely() -> None:
    """Parts share no host; a lonely VM is a part, and all others another one."""
    split, lonely = relations(Split(parts=(rows(0), rows(2))), Lonely(vms=rows(1))).apart
    assert split.part.tolist() == [0, NOWHERE, 1]
    assert lonely.part.tolist() == [1, 0, 1]


def test_a_group_torn_between_parts() -> None:
    """VMs that must be together and apart can be nowhere."""
    found = relations(Gather(vms=rows(0, 1)), Split(parts=(rows(0), rows(1))))
    assert not found.allowed(int(found.item[0])).any()


def test_online_offline_and_max_online() -> None:
    """Hosts that must be on, that must be off and so are closed, and sets of which some may be on."""
    found = relations(Online(hosts=rows(3)), Offline(hosts=rows(0)), MaxOnline(hosts=rows(1, 2), most=1))
    assert found.forced_on.tolist() == [False, False, False, True]
    assert found.forced_off.tolist() == [True, False, False, False]
    assert not found.allowed(0)[0]
    assert [(mask.tolist(), most) for mask, most in found.max_online] == [([False, True, True, False], 1)]


def test_overbook() -> None:
    """Half of 9 physical units, cut to whole ones, is 4: the host's capacity."""
    found = relations(Overbook(hosts=rows(0), dim="dim0", ratio=0.5, physical=(9,)))
    assert found.capacity[:, 0].tolist() == [4, 9, 9, 9]


def test_preserve() -> None:
    """On kinds of hosts that give a VM too little it may not be."""
    problem = Problem.of(
        [[[1]], [[3]]], [[9]] * 2, kind=[0, 1], start=[1], rules=[Preserve(vms=rows(0), dim="dim0", least=2)]
    )
    assert compiled(problem).allowed(0).tolist() == [False, True]


def test_an_overloaded_host() -> None:
    """What is too much must leave; told not to be strict, it may stay, and nobody enters the host."""
    problem = Problem.of([[8], [7], [1]], [[9]] * 2, start=[0, 0, 1])
    strict, eased = compiled(problem), compiled(problem, strict=False)
    assert strict.capacity[:, 0].tolist() == [9, 9]
    assert strict.allowed(2).all()
    assert eased.capacity[:, 0].tolist() == [15, 9]
    assert eased.allowed(2).tolist() == [False, True]


def test_overloaded_by_what_cannot_leave() -> None:
    """Two pinned VMs of 8 and 7 on a host of 9 stay in any case."""
    found = compiled(Problem.of([[8], [7]], [[9]] * 2, start=[0, 0], rules=[Root(vms=rows(0, 1))]))
    assert found.capacity[:, 0].tolist() == [15, 9]
    assert found.closed.tolist() == [True, False]


def test_vms_that_are_off_where_hosts_are_off() -> None:
    """They may stay there; those on hosts that are on are like any other."""
    found = compiled(Problem.of([[0], [0], [1]], [[9]] * 2, start=[0, 1, 1], on=[False, True]))
    assert found.asleep.tolist() == [True, False, False]


def test_stranded() -> None:
    """The VM that is fenced to its host is lost with it today too; the other one restarts."""
    found = relations(Fence(vms=rows(0), hosts=rows(0)), Spare(hosts=rows(0, 1, 2, 3)))
    assert found.stranded == ({0: frozenset({0})},)


def test_stranded_by_two_losses() -> None:
    """A VM that two hosts can hold is stranded if both are lost, not if one is."""
    fence = Fence(vms=rows(0), hosts=rows(0, 1))
    assert relations(fence, Spare(hosts=rows(0, 1, 2, 3), count=2)).stranded == ({0: frozenset({0, 1})},)
    assert relations(fence, Spare(hosts=rows(0, 1, 2, 3))).stranded == ({},)


def test_no_price_strands() -> None:
    """A VM fenced in on one host at a price may restart on another, so it is not stranded."""
    fence = Fence(vms=rows(0), hosts=rows(0), price=5.0)
    apart = Gather(vms=rows(1, 2), level="host", price=1.0)
    spare = Spare(hosts=rows(0, 1, 2, 3))
    assert relations(fence, apart, spare).stranded == ({},)
    assert relations(replace(fence, price=None), apart, spare).stranded == ({0: frozenset({0})},)


def test_too_large_to_restart() -> None:
    """A VM of 9 that fits no other host for restarts is stranded."""
    problem = Problem.of([[9]], [[9], [5]], start=[0], rules=[Spare(hosts=rows(0, 1))])
    assert compiled(problem).stranded == ({0: frozenset({0})},)


def test_weights() -> None:
    """The first stages of cost give what hosts and moves weigh; an item weighs what its VMs do."""
    costs = HostsOn(np.array([5, 6])), Moves(np.array([1, 2, 4])), Headroom()
    problem = Problem.of([[1]] * 3, [[9]] * 2, start=[0, 0, 1], costs=costs, rules=[Gather(vms=rows(0, 1))])
    found = compiled(problem)
    assert found.host_weight.tolist() == [5, 6]
    assert found.move_weight.tolist() == [3, 4]


@pytest.mark.parametrize("count", [0, 1])
def test_small(count: int) -> None:
    """Problems without VMs, and with one, compile."""
    assert compiled(Problem.of(np.zeros((count, 1)), [[9]])).items == count
