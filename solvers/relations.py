"""
Rules compiled to relations: arrays that a search can ask in constant time.

Running VMs that a Gather on hosts ties together become one *item*; everything else is told of items. Those of a
continuous Gather do not move at all.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from models.arrays import NOWHERE, Ints, Mask, Rows
from models.costs import HostsOn, Moves
from models.problem import Problem
from models.rules import (
    Among,
    Gather,
    Lonely,
    MaxOnline,
    Offline,
    Online,
    Overbook,
    Quarantine,
    ResourceCapacity,
    Root,
    RunningCapacity,
    Spare,
    Split,
    Spread,
)
from solvers.parts import misplaced, scopes


@dataclass(frozen=True, eq=False)
class AtMost:
    """The weights of items in one place sum to at most `most`. Shapes (items,) and (hosts,); place -1 is outside."""

    weight: Ints
    place: Rows
    most: int


@dataclass(frozen=True, eq=False)
class Near:
    """All the items in one of the groups of hosts, after a restart too if `lasting`. Masks of shape (groups, hosts)."""

    items: Rows
    groups: Mask
    lasting: bool


@dataclass(frozen=True, eq=False)
class Apart:
    """Items of different parts share no host; part -1 is free. Shape (items,)."""

    part: Rows
    parts: int


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
        Distinct sets of hosts, shape (sets, hosts), and each item's set, shape (items,).
    stays
        Items that may stay where they start. Shape (items,).
    wrong
        Items that a rule forbids where they start. Shape (items,).
    asleep
        Items that take nothing and start on a host that is off: it may stay off, and they there. Shape (items,).
    barred
        Hosts that no item may ever enter, by a rule. Shape (hosts,).
    closed
        Those, and hosts that are over their capacity: nobody enters them either. Shape (hosts,).
    capacity
        Capacity, or the load at the start where that is already more: it is never made worse. Shape (hosts, dims).
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
    max_online: tuple[tuple[Mask, int], ...] = ()
    spares: tuple[tuple[Rows, int], ...] = ()
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
        return tuple(dict(_stranded(self, hosts, count)) for hosts, count in self.spares)

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

    def vm_hosts(self, host: Rows) -> Rows:
        """Return the host of each VM, given that of each item."""
        return host[self.item]


def _stranded(relations: Relations, hosts: Rows, count: int) -> Iterator[tuple[int, frozenset[int]]]:
    """Yield single VMs that can be on `count` of the hosts that are on at most, and on which; their own is one."""
    problem = relations.problem
    here = hosts[problem.on[hosts]]
    room = problem.failover[here]
    few = (relations.scope & ~relations.barred)[:, here].sum(axis=1) <= count
    large = (relations.demand > room.min(axis=0, initial=np.iinfo(np.int64).max)).any(axis=(0, 2))
    picked = relations.running & (relations.size == 1) & np.isin(relations.start, here)
    for item in np.flatnonzero(picked & (few[relations.which] | large)):
        fits = (relations.demand[problem.kind[here], item] <= room).all(axis=1)
        found = here[fits & (relations.scope[relations.which[item]] & ~relations.barred)[here]]
        places = frozenset(found.tolist()) | {int(relations.start[item])}
        if len(places) <= count:
            yield int(item), places


def compiled(problem: Problem, *, strict: bool = True) -> Relations:
    """
    Return the relations of a problem.

    Parameters
    ----------
    strict
        Whether VMs must leave hosts that a rule forbids them; else they may also stay, as they do today.
    """
    item = _items(problem)
    count = int(item.max(initial=-1)) + 1
    demand = np.zeros((len(problem.demand), count, len(problem.dims)), np.int64)
    for kind, needs in enumerate(problem.demand):
        np.add.at(demand[kind], item, needs)
    start, together = _starts(problem, item, count)
    masks, vm_set = scopes(problem)
    scope, which = _item_scopes(masks, vm_set, item, count)
    fixed, quarantined = _standing(problem, item, count)
    load, offered = problem.load(problem.start), _offered(problem)
    overloaded = load > offered
    off = _hosts_of(problem, Offline)
    at_most = _at_most(problem, item, count)
    running = np.bincount(item, problem.takes, minlength=count) > 0
    apart = _apart(problem, item, count)
    scope = np.concatenate([scope & ~off, np.zeros((1, len(off)), np.bool_)])
    which = np.where(_torn(apart, count), len(scope) - 1, which)
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
        barred=quarantined | off,
        closed=quarantined | off | overloaded.any(axis=1),
        capacity=np.where(overloaded, load, offered),
        host_weight=_host_weights(problem),
        move_weight=_move_weights(problem, item, count),
        forced_on=_hosts_of(problem, Online),
        forced_off=off,
        at_most=at_most,
        near=_near(problem, item),
        apart=apart,
        max_online=tuple(_max_online(problem)),
        spares=tuple((rule.hosts, rule.count) for rule in problem.rules if isinstance(rule, Spare)),
        of_item=tuple(
            tuple(index for index, relation in enumerate(at_most) if relation.weight[row]) for row in range(count)
        ),
    )


def _max_online(problem: Problem) -> Iterator[tuple[Mask, int]]:
    """Yield sets of hosts of which so many may be on; if at every moment, then so many may wake before others sleep."""
    for rule in problem.rules:
        if isinstance(rule, MaxOnline):
            mask = _mask(problem, rule.hosts)
            yield mask, rule.most
            if rule.continuous:
                yield mask & ~problem.on, max(rule.most - int(np.count_nonzero(mask & problem.on)), 0)


def _items(problem: Problem) -> Rows:
    """Return the item of each VM: VMs that must share a host are one."""
    leader = np.arange(len(problem.start))
    for rule in problem.rules:
        if isinstance(rule, Gather) and rule.level == "host" and not rule.continuous:
            running = rule.vms[problem.takes[rule.vms]]
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


def _standing(problem: Problem, item: Rows, count: int) -> tuple[Mask, Mask]:
    """Return the items that must not move, and the hosts that nobody may enter."""
    still = np.zeros(len(problem.start), np.bool_)
    closed = np.zeros(len(problem.capacity), np.bool_)
    for rule in problem.rules:
        if isinstance(rule, Root):
            still[rule.vms] = True
        elif isinstance(rule, Gather) and rule.continuous:
            still[rule.vms[problem.takes[rule.vms]]] = True
        elif isinstance(rule, Quarantine):
            closed[rule.hosts] = True
            still |= np.isin(problem.start, rule.hosts)
    return np.bincount(item, still & (problem.start != NOWHERE), minlength=count) > 0, closed


def _mask(problem: Problem, hosts: Rows) -> Mask:
    mask = np.zeros(len(problem.capacity), np.bool_)
    mask[hosts] = True
    return mask


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


def _at_most(problem: Problem, item: Rows, count: int) -> tuple[AtMost, ...]:
    """Return Spread, RunningCapacity and ResourceCapacity as sums of weights per place."""
    relations = []
    everyone = np.arange(len(problem.start))
    for rule in problem.rules:
        if isinstance(rule, Spread):
            weight, place, most = problem.takes[rule.vms], _own_places(problem.places[rule.level]), rule.most
            members = rule.vms
        elif isinstance(rule, RunningCapacity):
            weight, place, most = problem.takes, _mask(problem, rule.hosts).astype(np.int64) - 1, rule.most
            members = everyone
        elif isinstance(rule, ResourceCapacity):
            column = problem.dims.index(rule.dim)
            weight, place, most = problem.demand[:, :, column].max(axis=0), _mask(problem, rule.hosts) - 1, rule.most
            members = everyone
        else:
            continue
        total = np.bincount(item[members], weight, minlength=count).astype(np.int64)
        relations.append(AtMost(total, np.asarray(place, np.int64), most))
    return tuple(relations)


def _own_places(place: Rows) -> Rows:
    """Return the places of a level in which each host outside it is a place of its own."""
    return np.where(place < 0, place.max(initial=-1) + 1 + np.arange(len(place)), place)


def _near(problem: Problem, item: Rows) -> tuple[Near, ...]:
    relations = []
    for rule in problem.rules:
        if isinstance(rule, Gather) and (rule.level != "host" or rule.continuous):
            place = _own_places(problem.places[rule.level])
            groups = np.array([place == index for index in range(int(place.max(initial=-1)) + 1)])
        elif isinstance(rule, Among):
            groups = np.array([_mask(problem, group) for group in rule.groups])
        else:
            continue
        if rule.continuous and isinstance(rule, Among):
            groups = _groups_now(problem, rule.vms, groups)
        members = rule.vms[problem.takes[rule.vms]] if isinstance(rule, Gather) else rule.vms
        relations.append(
            Near(np.unique(item[members]), groups.reshape(-1, len(problem.capacity)), isinstance(rule, Among))
        )
    return tuple(relations)


def _groups_now(problem: Problem, vms: Rows, groups: Mask) -> Mask:
    """Return only the groups that hold all the VMs now, if there are any: a moving VM is in both at once."""
    start = problem.start[vms]
    now = groups[:, start[start != NOWHERE]].all(axis=1)
    return groups[now] if now.any() else groups


def _apart(problem: Problem, item: Rows, count: int) -> tuple[Apart, ...]:
    """Return Split and Lonely; VMs that take nothing do not count. An item of two parts is a further part."""
    relations = []
    for rule in problem.rules:
        if isinstance(rule, Split | Lonely):
            part = np.full(count, NOWHERE, np.int64)
            parts = _parts(rule, len(item))
            for index, rows in enumerate(parts):
                members = np.unique(item[rows[problem.takes[rows]]])
                part[members] = np.where(part[members] == NOWHERE, index, len(parts))
            relations.append(Apart(part, len(parts) + 1))
    return tuple(relations)


def _parts(rule: Split | Lonely, vms: int) -> Sequence[Rows]:
    return rule.parts if isinstance(rule, Split) else (rule.vms, np.setdiff1d(np.arange(vms), rule.vms))


def _torn(apart: Sequence[Apart], count: int) -> Mask:
    """Return the items that hold VMs of different parts: no host can take them. Shape (items,)."""
    torn: Mask = np.zeros(count, np.bool_)
    for each in apart:
        torn |= each.part == each.parts - 1
    return torn


def _host_weights(problem: Problem) -> Ints:
    found = [cost.weights for cost in problem.costs if isinstance(cost, HostsOn)]
    return found[0] if found else np.ones(len(problem.capacity), np.int64)


def _move_weights(problem: Problem, item: Rows, count: int) -> Ints:
    found = [cost.weights for cost in problem.costs if isinstance(cost, Moves)]
    weights = found[0] if found else np.ones(len(problem.start), np.int64)
    return np.bincount(item, weights, minlength=count).astype(np.int64)
