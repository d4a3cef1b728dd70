"""
Rules that couple VMs with each other, as arrays over items: at most so many, near, apart, so many hosts on.

That VMs are in at least so many places, or beside others, is in ``company.py``.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from models.arrays import NOWHERE, Ints, Mask, Rows
from models.problem import Problem
from models.rules import (
    Among,
    Gather,
    Lonely,
    MaxOnline,
    ResourceCapacity,
    RunningCapacity,
    Split,
    Spread,
)


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
    """Items of different parts share no place; part -1 is free. Shapes (items,) and (hosts,)."""

    part: Rows
    parts: int
    place: Rows


def max_online(problem: Problem) -> Iterator[tuple[Mask, int]]:
    """Yield sets of hosts of which so many may be on; if at every moment, then so many may wake before others sleep."""
    for rule in problem.rules:
        if isinstance(rule, MaxOnline):
            mask = mask_of(problem, rule.hosts)
            yield mask, rule.most
            if rule.continuous:
                yield mask & ~problem.on, max(rule.most - int(np.count_nonzero(mask & problem.on)), 0)


def at_most(problem: Problem, item: Rows, count: int) -> tuple[AtMost, ...]:
    """Return Spread, RunningCapacity and ResourceCapacity as sums of weights per place."""
    relations = []
    everyone = np.arange(len(problem.start))
    for rule in problem.rules:
        if isinstance(rule, Spread):
            weight, place, most = problem.takes[rule.vms], own_places(problem.places[rule.level]), rule.most
            members = rule.vms
        elif isinstance(rule, RunningCapacity):
            weight, place, most = problem.takes, mask_of(problem, rule.hosts).astype(np.int64) - 1, rule.most
            members = everyone
        elif isinstance(rule, ResourceCapacity):
            column = problem.dims.index(rule.dim)
            weight = problem.demand[:, :, np.unique(problem.turns[:, column])].max(axis=(0, 2))
            place, most = mask_of(problem, rule.hosts) - 1, rule.most
            members = everyone
        else:
            continue
        total = np.bincount(item[members], weight, minlength=count).astype(np.int64)
        relations.append(AtMost(total, np.asarray(place, np.int64), most))
    return tuple(relations)


def own_places(place: Rows) -> Rows:
    """Return the places of a level in which each host outside it is a place of its own."""
    return np.where(place < 0, place.max(initial=-1) + 1 + np.arange(len(place)), place)


def near(problem: Problem, item: Rows) -> tuple[Near, ...]:
    """Return Gather on wider levels and Among as groups of hosts, one of which must hold all the items."""
    relations = []
    for rule in problem.rules:
        if isinstance(rule, Gather) and (rule.level != "host" or rule.continuous):
            place = own_places(problem.places[rule.level])
            groups = np.array([place == index for index in np.unique(place)])
        elif isinstance(rule, Among):
            groups = np.array([mask_of(problem, group) for group in rule.groups])
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


def apart(problem: Problem, item: Rows, count: int) -> tuple[Apart, ...]:
    """Return Split and Lonely; VMs that take nothing do not count. An item of two parts is a further part."""
    relations = []
    for rule in problem.rules:
        if isinstance(rule, Split | Lonely):
            part = np.full(count, NOWHERE, np.int64)
            parts = _parts(rule, len(item))
            for index, rows in enumerate(parts):
                members = np.unique(item[rows[problem.takes[rows]]])
                part[members] = np.where(part[members] == NOWHERE, index, len(parts))
            level = rule.level if isinstance(rule, Split) else "host"
            relations.append(Apart(part, len(parts) + 1, own_places(problem.places[level])))
    return tuple(relations)


def _parts(rule: Split | Lonely, vms: int) -> Sequence[Rows]:
    return rule.parts if isinstance(rule, Split) else (rule.vms, np.setdiff1d(np.arange(vms), rule.vms))


def torn(apart: Sequence[Apart], count: int) -> Mask:
    """Return the items that hold VMs of different parts: no host can take them. Shape (items,)."""
    torn: Mask = np.zeros(count, np.bool_)
    for each in apart:
        torn |= each.part == each.parts - 1
    return torn


def mask_of(problem: Problem, hosts: Rows) -> Mask:
    """Return the hosts as a mask. Shape (hosts,)."""
    mask = np.zeros(len(problem.capacity), np.bool_)
    mask[hosts] = True
    return mask
