"""The relations over few hosts and what is on them, with what all others leave of every sum and group."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from models.arrays import NOWHERE, Mask, Rows
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
    RunningCapacity,
    Spare,
    Split,
    Spread,
)  # fmt: skip
from solvers.couplings import Apart, AtMost, Near
from solvers.relations import Relations
from solvers.state import State

KNOWN = (
    Among, Ban, Fence, Gather, Lonely, MaxOnline, Offline, Online, Overbook, Preserve, Quarantine, ResourceCapacity,
    Root, RunningCapacity, Spare, Split, Spread,
)  # fmt: skip
"""Rules that `restricted` carries over; a problem with others is left as it is."""


def understood(relations: Relations) -> bool:
    """Return whether a neighbourhood can state every rule of the problem."""
    rules = relations.problem.rules
    wide = any(isinstance(rule, Split) and rule.level != "host" for rule in rules)
    return not wide and all(isinstance(rule, KNOWN) for rule in rules)


def restricted(state: State, on: Mask, items: Rows, hosts: Rows) -> Relations:
    """
    Return the relations over some hosts and the items on them, with what all others leave of every sum and group.

    Spares are left out: they concern hosts outside too. Sums are stated by place, so that no item keeps a list of them.
    """
    relations = state.relations
    row = np.full(relations.hosts + 1, NOWHERE, np.int64)
    row[hosts] = np.arange(len(hosts))
    start = row[relations.start[items]]
    outside = np.ones(relations.items, np.bool_)
    outside[items] = False
    return replace(
        relations,
        problem=_smaller(relations.problem, len(items), hosts),
        item=np.arange(len(items)),
        demand=relations.demand[:, items],
        start=start,
        stays=relations.stays[items] & (start != NOWHERE),
        scope=relations.scope[:, hosts],
        **{name: getattr(relations, name)[items] for name in _OF_ITEMS},
        **{name: getattr(relations, name)[hosts] for name in _OF_HOSTS},
        at_most=tuple(_left(state, items, hosts, outside)),
        near=tuple(_near(state, items, hosts, outside)),
        apart=tuple(Apart(each.part[items], each.parts, _numbered(each.place[hosts])) for each in relations.apart),
        max_online=tuple(_online(relations, on, hosts)),
        spares=(),
        of_item=((),) * len(items),
    )


def _numbered(place: Rows) -> Rows:
    return np.unique(place, return_inverse=True)[1]


_OF_ITEMS = ("size", "running", "fixed", "which", "wrong", "asleep", "move_weight")
_OF_HOSTS = ("barred", "closed", "capacity", "host_weight", "forced_on", "forced_off")


def _smaller(problem: Problem, items: int, hosts: Rows) -> Problem:
    """Return what a model asks of the problem itself: the hosts, without rules."""
    return Problem.of(
        np.zeros((len(problem.demand), items, len(problem.dims)), np.int64),
        problem.capacity[hosts],
        failover=problem.failover[hosts],
        kind=problem.kind[hosts],
        on=problem.on[hosts],
        dims=problem.dims,
    )


def _left(state: State, items: Rows, hosts: Rows, outside: Mask) -> Iterator[AtMost]:
    """Yield, for each sum and each of its places that the hosts touch, what is left for the items."""
    for relation in state.relations.at_most:
        if not relation.weight[items].any():
            continue
        others = np.flatnonzero(outside & (relation.weight > 0) & (state.host != NOWHERE))
        for place in np.unique(relation.place[hosts]):
            inside = relation.place[state.host[items]] == place
            held = int(relation.weight[others[relation.place[state.host[others]] == place]].sum())
            now = int(relation.weight[items[inside]].sum())
            if place >= 0:
                most = max(relation.most - held, now)
                yield AtMost(relation.weight[items], np.where(relation.place[hosts] == place, 0, NOWHERE), most)


def _near(state: State, items: Rows, hosts: Rows, outside: Mask) -> Iterator[Near]:
    """Yield the groups that are left to the items by those of their mates that are elsewhere."""
    for near in state.relations.near:
        members = np.flatnonzero(np.isin(items, near.items))
        mates = near.items[outside[near.items]]
        elsewhere = state.host[mates][state.host[mates] != NOWHERE]
        if len(members):
            groups = near.groups[near.groups[:, elsewhere].all(axis=1)][:, hosts]
            yield Near(members, groups[groups.any(axis=1)], near.lasting)


def _online(relations: Relations, on: Mask, hosts: Rows) -> Iterator[tuple[Mask, int]]:
    for mask, most in relations.max_online:
        others = int(np.count_nonzero(mask & on)) - int(np.count_nonzero((mask & on)[hosts]))
        yield mask[hosts], max(most - others, int(np.count_nonzero((mask & on)[hosts])))
