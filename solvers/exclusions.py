"""Why hosts are out of the question for a VM: which resource is short, or which rule forbids them, as counts."""

from collections.abc import Iterator

import numpy as np

from models.arrays import NOWHERE, Mask
from models.rules import (
    Among,
    Ban,
    Dependency,
    Fence,
    Gather,
    LeastPlaces,
    Lonely,
    ResourceCapacity,
    Rule,
    RunningCapacity,
    Split,
    Spread,
)
from solvers.incremental import Incremental
from solvers.state import alone, room_left


def excluded(estate: Incremental, item: int) -> dict[str, int]:
    """
    Return how many hosts each reason excludes for an item that is on none.

    A host counts for the first reason only, in the order: rules about the VM alone, resources, rules about several.
    """
    counts: dict[str, int] = {}
    left = np.ones(estate.relations.hosts, np.bool_)
    for name, mask in _reasons(estate, item):
        if count := int(np.count_nonzero(left & ~mask)):
            counts[name] = counts.get(name, 0) + count
        left &= mask
    return counts


def _reasons(estate: Incremental, item: int) -> Iterator[tuple[str, Mask]]:
    """Yield each reason with the hosts that it leaves."""
    relations, everywhere = estate.relations, np.ones(estate.relations.hosts, np.bool_)
    yield from _alone(estate, item)
    yield "may not be entered", relations.allowed(item) & ~relations.forced_off
    state, need = estate.state, estate.room.turned(item)
    short: Mask = everywhere
    for dim, name in enumerate(relations.problem.dims):
        own, free = need[relations.problem.kind][:, :, : dim + 1], (state.limit - state.load)[:, None, : dim + 1]
        fits: Mask = np.any(np.all(own <= free, axis=2), axis=1)
        yield f"no room: {name}", short & fits
        short = fits
    yield from _several(estate, item)


def _alone(estate: Incremental, item: int) -> Iterator[tuple[str, Mask]]:
    """Yield rules about the item alone."""
    relations = estate.relations
    vms, hosts = np.flatnonzero(relations.item == item), np.arange(relations.hosts)
    if relations.fixed[item] and relations.start[item] != NOWHERE:
        yield "must stay on its host", hosts == relations.start[item]
    for rule in relations.problem.rules:
        if isinstance(rule, Fence | Ban) and np.isin(vms, rule.vms).any():
            named = np.isin(hosts, rule.hosts)
            mask = named if isinstance(rule, Fence) else ~named
            if relations.stays[item] and relations.start[item] != NOWHERE:
                mask = mask | (hosts == relations.start[item])
            yield _named(rule), mask


def _several(estate: Incremental, item: int) -> Iterator[tuple[str, Mask]]:
    """Yield rules about the item and others; relations stand in the order of their rules."""
    relations, state = estate.relations, estate.state
    rules = relations.problem.rules
    counted = [rule for rule in rules if isinstance(rule, Spread | RunningCapacity | ResourceCapacity)]
    near = [
        rule
        for rule in rules
        if isinstance(rule, Among) or (isinstance(rule, Gather) and (rule.level != "host" or rule.continuous))
    ]
    apart = [rule for rule in rules if isinstance(rule, Split | Lonely)]
    for index in relations.of_item[item]:
        yield _named(counted[index]), room_left(relations.at_most[index], state.totals[index], item)
    for index in state.apart_of.get(item, ()):
        yield _named(apart[index]), alone(relations.apart[index], state.parts[index], item)
    for index in state.near_of.get(item, ()):
        yield _named(near[index]), state.near_hosts(index, item)
    company = [rule for rule in rules if isinstance(rule, LeastPlaces | Dependency)]
    for index in state.company_of.get(item, ()):
        yield _named(company[index]), relations.company[index].allowed(state.host, item)
    yield "MaxOnline", state.related(item, np.ones(relations.hosts, np.bool_))


def _named(rule: Rule) -> str:
    return f"{rule.kind} {rule.name}".strip()
