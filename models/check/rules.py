"""
What each kind of rule demands of a state, in its plainest form.

Each function yields the violations of one rule in one `State`, at rest or in the midst of a migration. In transit
a VM counts on both of its hosts: it is outside a Fence if one of them is, it meets its neighbours on both, and
groups of hosts hold it once. More presences never repair a rule, which ``moments.py`` builds on; but for LeastPlaces
and Dependency, for which a copy on its way does not count.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from models.arrays import Mask, Rows
from models.check import spare
from models.check.state import State, places
from models.check.violation import Violation
from models.problem import Problem
from models.rules import (
    Among,
    Ban,
    Dependency,
    Fence,
    Gather,
    LeastPlaces,
    Lonely,
    MaxOnline,
    Offline,
    Online,
    Overbook,
    Overload,
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


def violations(rule: Rule, state: State) -> tuple[Violation, ...]:
    """Return all violations of the rule in the state."""
    return tuple(CHECKS[rule.kind](rule, state))


def overbooked(rule: Overbook) -> list[int]:
    """Return what each host of the rule may hold, in whole units."""
    return [int(rule.ratio * physical) for physical in rule.physical]


def _broken(rule: Rule, who: tuple[str, ...], amount: float, limit: float) -> Violation:
    return Violation(rule.kind, who, float(amount), float(limit), rule.name, price=rule.price)


def _stays(rule: Rule, state: State, forbidden: Mask) -> Iterator[Violation]:
    """Report presences that may not be, each on its own."""
    for vm, host in zip(state.vm[forbidden], state.host[forbidden], strict=True):
        yield _broken(rule, (state.problem.vms[vm], state.problem.hosts[host]), 1, 0)


def _groups(place: Rows, members: Rows) -> Iterator[tuple[int, Rows]]:
    """Return each place with its different members, in order."""
    keys = np.unique(place.astype(np.int64) << 32 | members)
    where, rows = keys >> 32, (keys & 0xFFFFFFFF).astype(np.int32)
    found, first = np.unique(where, return_index=True)
    return zip(found.tolist(), np.split(rows, first[1:]), strict=False)


def _named(problem: Problem, level: str, place: int) -> str:
    if place < 0:
        return str(problem.hosts[~place])
    return str(problem.hosts[place]) if level == "host" else f"{level} {place}"


def _spread(rule: Spread, state: State) -> Iterator[Violation]:
    here = state.of(rule.vms) & state.running
    place = places(state.problem, rule.level)[state.host[here]]
    for where, vms in _groups(place, state.vm[here]):
        if len(vms) > rule.most:
            who = (_named(state.problem, rule.level, where), *state.problem.vms[vms])
            yield _broken(rule, who, len(vms), rule.most)


def _least_places(rule: LeastPlaces, state: State) -> Iterator[Violation]:
    here = state.of(rule.vms) & state.running & ~state.arriving
    used = len(np.unique(places(state.problem, rule.level)[state.host[here]]))
    wanted = min(rule.least, int(state.problem.takes[rule.vms].sum()))
    if used < wanted:
        yield _broken(rule, tuple(state.problem.vms[rule.vms]), used, wanted)


def _dependency(rule: Dependency, state: State) -> Iterator[Violation]:
    place = places(state.problem, rule.level)[state.host]
    runs = state.running & ~state.arriving
    served = np.isin(place, place[state.of(rule.on) & runs])
    for vm in np.unique(state.vm[state.of(rule.vms) & runs & ~served]):
        yield _broken(rule, (state.problem.vms[vm],), 0, 1)


def _gather(rule: Gather, state: State) -> Iterator[Violation]:
    here = state.of(rule.vms) & state.running
    used = len(np.unique(places(state.problem, rule.level)[state.host[here]]))
    if used > 1:
        yield _broken(rule, tuple(state.problem.vms[rule.vms]), used, 1)


def _fence(rule: Fence, state: State) -> Iterator[Violation]:
    yield from _stays(rule, state, state.of(rule.vms) & ~state.at(rule.hosts))


def _ban(rule: Ban, state: State) -> Iterator[Violation]:
    inside = state.of(rule.vms) & state.at(rule.hosts)
    yield from _stays(rule, state, inside & _came(state) if rule.entering else inside)


def _came(state: State) -> Mask:
    """Tell which presences are not where the VM started."""
    came: Mask = state.host != state.problem.start[state.vm]
    return came


def _root(rule: Root, state: State) -> Iterator[Violation]:
    placed = state.problem.start[state.vm] >= 0
    yield from _stays(rule, state, state.of(rule.vms) & placed & _came(state))


def _quarantine(rule: Quarantine, state: State) -> Iterator[Violation]:
    left = np.isin(state.problem.start[state.vm], rule.hosts)
    yield from _stays(rule, state, (state.at(rule.hosts) | left) & _came(state))


def _lonely(rule: Lonely, state: State) -> Iterator[Violation]:
    mine = state.of(rule.vms) & state.running
    shared = state.at(state.host[mine]) & state.running
    lonely = set(rule.vms.tolist())
    for host, vms in _groups(state.host[shared], state.vm[shared]):
        others = len(vms) - len(lonely.intersection(vms.tolist()))
        if others:
            yield _broken(rule, (state.problem.hosts[host], *state.problem.vms[vms]), others, 0)


def _split(rule: Split, state: State) -> Iterator[Violation]:
    part = np.full(len(state.problem.vms), -1)
    for index, vms in enumerate(rule.parts):
        part[vms] = index
    here = (part[state.vm] >= 0) & state.running
    place = places(state.problem, rule.level)[state.host[here]]
    for where, vms in _groups(place, state.vm[here]):
        met = len(np.unique(part[vms]))
        if met > 1:
            yield _broken(rule, (_named(state.problem, rule.level, where), *state.problem.vms[vms]), met, 1)


def _among(rule: Among, state: State) -> Iterator[Violation]:
    mine = state.of(rule.vms)
    outside = [len(np.unique(state.vm[mine & ~state.at(group)])) for group in rule.groups]
    fewest = min(outside, default=len(np.unique(state.vm[mine])))
    if fewest:
        yield _broken(rule, tuple(state.problem.vms[rule.vms]), fewest, 0)


def _online(rule: Online, state: State) -> Iterator[Violation]:
    for host in rule.hosts[~state.on[rule.hosts]]:
        yield _broken(rule, (state.problem.hosts[host],), 0, 1)


def _offline(rule: Offline, state: State) -> Iterator[Violation]:
    for host in rule.hosts[state.on[rule.hosts]]:
        yield _broken(rule, (state.problem.hosts[host],), 1, 0)


def _together(rule: MaxOnline | RunningCapacity | ResourceCapacity, state: State, amount: int) -> Iterator[Violation]:
    """Report a limit of all the rule's hosts together."""
    if amount > rule.most:
        yield _broken(rule, tuple(state.problem.hosts[rule.hosts]), amount, rule.most)


def _max_online(rule: MaxOnline, state: State) -> Iterator[Violation]:
    yield from _together(rule, state, int(state.on[rule.hosts].sum()))


def _running_capacity(rule: RunningCapacity, state: State) -> Iterator[Violation]:
    yield from _together(rule, state, len(np.unique(state.vm[state.at(rule.hosts) & state.running])))


def _resource_capacity(rule: ResourceCapacity, state: State) -> Iterator[Violation]:
    dim = state.problem.dims.index(rule.dim)
    yield from _together(rule, state, int(state.load[rule.hosts, dim].sum()))


def _overbook(rule: Overbook, state: State) -> Iterator[Violation]:
    amounts = state.load[rule.hosts, state.problem.dims.index(rule.dim)]
    for host, amount, limit in zip(rule.hosts, amounts, overbooked(rule), strict=True):
        if amount > limit:
            yield _broken(rule, (state.problem.hosts[host],), amount, limit)


def _overload(rule: Overload, state: State) -> Iterator[Violation]:
    row_of = np.full(len(state.problem.vms), -1)
    row_of[rule.vms] = np.arange(len(rule.vms))
    for host, limit in zip(rule.hosts, rule.limit, strict=True):
        rows = row_of[state.vm[(state.host == host) & state.running]]
        together = rule.series[state.problem.kind[host], rows[rows >= 0]].sum(axis=0, dtype=np.int64)
        beyond = int((together > limit).sum())
        if beyond > rule.most:
            yield _broken(rule, (state.problem.hosts[host],), beyond, rule.most)


def _preserve(rule: Preserve, state: State) -> Iterator[Violation]:
    problem = state.problem
    gets = problem.demand[problem.kind[state.host], state.vm, problem.dims.index(rule.dim)]
    short = np.flatnonzero(state.of(rule.vms) & state.running & (gets < rule.least))
    for vm in np.unique(state.vm[short]):
        yield _broken(rule, (problem.vms[vm],), gets[short][state.vm[short] == vm].min(), rule.least)


def _spare(rule: Spare, state: State) -> Iterator[Violation]:
    for hosts, amount, limit in spare.losses(rule, state):
        yield _broken(rule, tuple(state.problem.hosts[hosts]), amount, limit)


CHECKS: Mapping[str, Callable[[Any, State], Iterator[Violation]]] = {
    "Spread": _spread,
    "LeastPlaces": _least_places,
    "Dependency": _dependency,
    "Gather": _gather,
    "Fence": _fence,
    "Ban": _ban,
    "Root": _root,
    "Quarantine": _quarantine,
    "Lonely": _lonely,
    "Split": _split,
    "Among": _among,
    "Online": _online,
    "Offline": _offline,
    "MaxOnline": _max_online,
    "RunningCapacity": _running_capacity,
    "ResourceCapacity": _resource_capacity,
    "Overbook": _overbook,
    "Overload": _overload,
    "Preserve": _preserve,
    "Spare": _spare,
}
"""How each kind of rule is checked, by its name."""
