"""
Rules compiled to relations: arrays that a search can ask in constant time.

Running VMs that a Gather on hosts ties together become one *item*; everything else is told of items. Those of a
continuous Gather do not move at all.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from models.arrays import NOWHERE, Ints, Mask, Rows
from models.problem import Problem
from models.rules import (
    Gather,
    Offline,
    Online,
    Overbook,
    Spare,
)
from solvers import couplings
from solvers.company import Company, company
from solvers.couplings import Apart, AtMost, Near
from solvers.parts import misplaced, scopes
from solvers.seldom import Seldom, seldom
from solvers.standing import anchored, parted, quarantined, standing


@dataclass(frozen=True, eq=False)
class Relations:
    """
    A problem as a search sees it.

    Parameters
    ----------
    problem
        The problem itself.
    item
        The item of each VM. Shape (vms,).
    demand
        Shape (kinds, items, dims).
    start
        The host of each item, `NOWHERE` if its VMs are not together on one. Shape (items,).
    fixed
        Items that must not move. Shape (items,).
    scope, which
        Distinct sets of hosts that are not forbidden, closed ones included, shape (sets, hosts), and each item's set,
        shape (items,).
    stays
        Items that may stay where they start. Shape (items,).
    wrong
        Items that a rule forbids where they start. Shape (items,).
    asleep
        Items that take nothing and start on a host that is off: it may stay off, and they there. Shape (items,).
    barred
        Hosts that no item may ever enter, by a rule. Shape (hosts,).
    closed
        Those, and hosts that stay over their capacity or are overloaded too often: nobody enters them either. (hosts,).
    capacity
        Capacity, or what stays there today where that is already more: it is never made worse. Shape (hosts, dims).
    """

    problem: Problem
    item: Rows
    demand: Ints
    size: Ints
    running: Mask
    start: Rows
    fixed: Mask
    scope: Mask
    which: Rows
    stays: Mask
    wrong: Mask
    asleep: Mask
    barred: Mask
    closed: Mask
    capacity: Ints
    host_weight: Ints
    move_weight: Ints
    forced_on: Mask
    forced_off: Mask
    at_most: tuple[AtMost, ...] = ()
    near: tuple[Near, ...] = ()
    apart: tuple[Apart, ...] = ()
    company: tuple[Company, ...] = ()
    max_online: tuple[tuple[Mask, int], ...] = ()
    spares: tuple[tuple[Rows, int], ...] = ()
    overloads: tuple[Seldom, ...] = ()
    of_item: tuple[tuple[int, ...], ...] = field(default=())
    """For each item, which of `at_most` concern it."""

    @property
    def items(self) -> int:
        """How many items there are."""
        return len(self.start)

    @property
    def hosts(self) -> int:
        """How many hosts there are."""
        return len(self.capacity)

    @cached_property
    def stranded(self) -> tuple[Mapping[int, frozenset[int]], ...]:
        """For each spare rule, the items that few hosts can hold, and these: with them lost, nothing restarts it."""
        bare = self._unpriced
        item, alone = np.full(bare.items, NOWHERE), self.size[self.item] == 1
        item[bare.item[alone]] = self.item[alone]
        found = (dict(_stranded(bare, hosts, count)) for hosts, count in self.spares)
        return tuple({int(item[own]): each[own] for own in each if item[own] != NOWHERE} for each in found)

    @property
    def _unpriced(self) -> "Relations":
        """The relations without rules that have a price: none of them keeps a VM from a restart."""
        rules = tuple(rule for rule in self.problem.rules if rule.price is None or isinstance(rule, Spare))
        few = len(rules) < len(self.problem.rules)
        return compiled(replace(self.problem, rules=rules)) if few and self.spares else self

    def allowed(self, item: int) -> Mask:
        """Return the hosts that the item may be on by itself, whatever the others do. Shape (hosts,)."""
        start = self.start[item]
        if self.fixed[item] and start != NOWHERE:
            mask = np.zeros(self.hosts, np.bool_)
        else:
            mask = self.scope[self.which[item]] & ~self.closed
        if start != NOWHERE and self.stays[item]:
            mask[start] = True
        return mask

    def need(self, item: int) -> Ints:
        """Return what the item takes on each host. Shape (hosts, dims), or (1, dims) where all hosts are alike."""
        own: Ints = self.demand[:, item]
        return own if len(own) == 1 else own[self.problem.kind]

    def item_hosts(self, host: Rows) -> Rows:
        """Return the host of each item, given that of each VM: that of its first VM."""
        found: Rows = host[np.unique(self.item, return_index=True)[1]]
        return found

    def vm_hosts(self, host: Rows) -> Rows:
        """Return the host of each VM, given that of each item."""
        return host[self.item]


def _stranded(relations: Relations, hosts: Rows, count: int) -> Iterator[tuple[int, frozenset[int]]]:
    """Yield single VMs that can be on `count` of the hosts that are on at most, and on which, as things are today."""
    problem = relations.problem
    here = hosts[problem.on[hosts]]
    room = problem.failover[here]
    today = relations.scope & (~relations.barred | relations.forced_off)
    few = today[:, here].sum(axis=1) <= count
    large = (relations.demand > room.min(axis=0, initial=np.iinfo(np.int64).max)).any(axis=(0, 2))
    picked = relations.running & (relations.size == 1) & np.isin(relations.start, here)
    for item in np.flatnonzero(picked & (few[relations.which] | large)):
        fits = (relations.demand[problem.kind[here], item] <= room).all(axis=1)
        found = here[fits & today[relations.which[item], here]]
        places = frozenset(found.tolist()) | {int(relations.start[item])}
        if len(places) <= count:
            yield int(item), places


def compiled(problem: Problem, *, strict: bool = True) -> Relations:
    """
    Return the relations of a problem.

    Parameters
    ----------
    strict
        Whether VMs must leave hosts that a rule forbids them, and hosts what is beyond their capacity; else both may
        stay as they are today.
    """
    item = _items(problem)
    count = int(item.max(initial=-1)) + 1
    demand = np.zeros((len(problem.demand), count, len(problem.dims)), np.int64)
    for kind, needs in enumerate(problem.seated):
        np.add.at(demand[kind], item, needs)
    start, together = _starts(problem, item, count)
    masks, vm_set = scopes(problem)
    scope, which = _item_scopes(masks, vm_set, item, count)
    fixed, shut = standing(problem, item, count)
    offered = _offered(problem)
    load = problem.load(np.where((fixed & together)[item], problem.start, NOWHERE) if strict else problem.start)
    overfull = load > offered
    overloads = seldom(problem, item, start)
    crowded = np.any([each.crowded for each in overloads], axis=0)
    off = _hosts_of(problem, Offline)
    at_most = couplings.at_most(problem, item, count)
    running = np.bincount(item, problem.takes, minlength=count) > 0
    apart = couplings.apart(problem, item, count)
    scope = np.concatenate([scope, np.zeros((1, len(off)), np.bool_)])
    which = np.where(couplings.torn(apart, count), len(scope) - 1, which)
    scope, which = anchored(problem, item, scope, which, fixed & ~together)
    wrong = np.bincount(item, misplaced(problem), minlength=count) > 0
    asleep = ~running & (start != NOWHERE) & ~problem.on[start]
    return Relations(
        problem=problem,
        item=item,
        demand=demand,
        size=np.bincount(item, minlength=count),
        running=running,
        start=start,
        fixed=fixed & together,
        scope=scope,
        which=which,
        stays=(~off[start] | asleep) & (start != NOWHERE) & ~(wrong & strict & ~fixed),
        wrong=wrong,
        asleep=asleep,
        barred=shut | off,
        closed=shut | off | overfull.any(axis=1) | crowded,
        capacity=np.where(overfull, load, offered),
        host_weight=problem.host_weights,
        move_weight=np.bincount(item, problem.move_weights, minlength=count).astype(np.int64),
        forced_on=_hosts_of(problem, Online),
        forced_off=off,
        at_most=at_most,
        near=couplings.near(problem, item),
        apart=apart,
        company=company(problem, item, strict=strict),
        max_online=tuple(couplings.max_online(problem)),
        spares=tuple((rule.hosts, rule.count) for rule in problem.rules if isinstance(rule, Spare)),
        overloads=overloads,
        of_item=_of_item(at_most, count),
    )


def _of_item(at_most: Sequence[AtMost], count: int) -> tuple[tuple[int, ...], ...]:
    """Return for each item which of the relations concern it."""
    found: list[list[int]] = [[] for _ in range(count)]
    for index, relation in enumerate(at_most):
        for row in np.flatnonzero(relation.weight).tolist():
            found[row].append(index)
    return tuple(map(tuple, found))


def _items(problem: Problem) -> Rows:
    """Return the item of each VM: VMs that must share a host are one."""
    leader = np.arange(len(problem.start))
    closed = quarantined(problem)
    for rule in problem.rules:
        if isinstance(rule, Gather) and rule.level == "host" and not rule.continuous:
            running = rule.vms[problem.takes[rule.vms]]
            if parted(problem, running, closed):
                continue
            leader[np.isin(leader, leader[running])] = leader[running].min(initial=len(leader))
    return np.unique(leader, return_inverse=True)[1]


def _starts(problem: Problem, item: Rows, count: int) -> tuple[Rows, Mask]:
    low = np.full(count, len(problem.capacity), np.int64)
    high = np.full(count, NOWHERE, np.int64)
    np.minimum.at(low, item, problem.start)
    np.maximum.at(high, item, problem.start)
    return np.where(low == high, low, NOWHERE), low == high


def _item_scopes(masks: Mask, vm_set: Rows, item: Rows, count: int) -> tuple[Mask, Rows]:
    """Intersect the sets of the VMs of an item."""
    if count == len(vm_set):
        order = np.argsort(item)
        return masks, vm_set[order]
    found: dict[tuple[int, ...], int] = {}
    members: list[set[int]] = [set() for _ in range(count)]
    for vm, own in enumerate(item):
        members[own].add(int(vm_set[vm]))
    which = np.array([found.setdefault(tuple(sorted(sets)), len(found)) for sets in members], np.int64)
    return np.array([masks[list(sets)].all(axis=0) for sets in found]).reshape(len(found), masks.shape[1]), which


def _offered(problem: Problem) -> Ints:
    """Return the capacity, where an Overbook rule sets a lower limit that limit. Shape (hosts, dims)."""
    offered = problem.capacity.copy()
    for rule in problem.rules:
        if isinstance(rule, Overbook):
            column = problem.dims.index(rule.dim)
            limit = np.floor(np.array(rule.physical) * rule.ratio).astype(np.int64)
            offered[rule.hosts, column] = np.minimum(offered[rule.hosts, column], limit)
    return offered


def _hosts_of(problem: Problem, kind: type[Online] | type[Offline]) -> Mask:
    mask = np.zeros(len(problem.capacity), np.bool_)
    for rule in problem.rules:
        if isinstance(rule, kind):
            mask[rule.hosts] = True
    return mask
