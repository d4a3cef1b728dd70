"""Capacity and continuous rules at every moment, judged against the start of the problem."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from models.arrays import NOWHERE, Floats, Ints, Mask
from models.check import rules
from models.check.placement import covers
from models.check.power import Power
from models.check.state import State, among, at_rest
from models.check.stays import Stays
from models.check.sweep import crowds
from models.check.violation import Violation
from models.plan import MEMORY
from models.problem import Problem
from models.rules import (
    Ban,
    Dependency,
    Fence,
    LeastPlaces,
    Lonely,
    MaxOnline,
    Offline,
    Online,
    Overbook,
    Quarantine,
    ResourceCapacity,
    Root,
    Rule,
    RunningCapacity,
    Spare,
    Split,
)


def violations(problem: Problem, stays: Stays, power: Power) -> Iterator[Violation]:
    """Yield each limit that is broken at some moment, once, with its worst amount; `existed` is set."""
    yield from _capacity(problem, stays)
    for rule in problem.rules:
        if not rule.continuous or isinstance(rule, Online | Offline):
            continue
        if isinstance(rule, Overbook | ResourceCapacity):
            yield from _pooled(rule, problem, stays)
        elif isinstance(rule, Fence | Ban | Root | Quarantine):
            yield from _single(rule, problem, stays)
        else:
            yield from _grouped(rule, problem, stays, power)


def _capacity(problem: Problem, stays: Stays) -> Iterator[Violation]:
    every = np.arange(len(problem.hosts))
    for dim, name in enumerate(problem.dims):
        for host, found in _held(problem, stays, dim, every, problem.capacity[:, dim]):
            yield replace(found, rule="Capacity", who=(problem.hosts[host],), name=name)


def _pooled(rule: Overbook | ResourceCapacity, problem: Problem, stays: Stays) -> Iterator[Violation]:
    each = isinstance(rule, Overbook)
    limit = rules.overbooked(rule) if isinstance(rule, Overbook) else [rule.most]
    pool = np.full(len(problem.hosts), -1)
    pool[rule.hosts] = np.arange(len(rule.hosts)) if each else 0
    for row, found in _held(problem, stays, problem.dims.index(rule.dim), pool, np.array(limit, np.int64)):
        who = rule.hosts[row : row + 1] if each else rule.hosts
        yield replace(found, rule=rule.kind, who=tuple(problem.hosts[who]), name=rule.name, price=rule.price)


def _held(problem: Problem, stays: Stays, dim: int, pool: Ints, limit: Ints) -> Iterator[tuple[int, Violation]]:
    """Yield each pool of hosts that at some moment holds more than its limit; hosts in pool -1 do not count."""
    amount = problem.demand[problem.kind[stays.host], stays.vm, problem.turns[problem.start_turn[stays.vm], dim]]
    less = np.zeros(len(stays), np.int64)
    if problem.dims[dim].partition("@")[0] == MEMORY:
        less = np.minimum(np.floor(stays.less_mib).astype(np.int64), amount)
        amount = amount - less
    from_s = stays.since_s if problem.transient[dim] else stays.landed_s
    here = (pool[stays.host] >= 0) & (amount > 0)
    before = _at_start(problem, dim, pool, len(limit))
    pressed = np.flatnonzero((less > 0) & (stays.landed_s == 0) & (stays.host == problem.start[stays.vm]))
    np.subtract.at(before, pool[stays.host[pressed]], np.where(pool[stays.host[pressed]] >= 0, less[pressed], 0))
    counted = pool[stays.host[here]], from_s[here], stays.until_s[here], amount[here]
    worse = {row: (most, since) for row, most, since in crowds(*counted, np.maximum(before, limit))}
    for row in sorted(worse.keys() | set(np.flatnonzero(before > limit).tolist())):
        most, since = worse.get(row, (float(before[row]), 0.0))
        yield row, Violation("", (), float(most), float(limit[row]), since_s=since, existed=row not in worse)


def _at_start(problem: Problem, dim: int, pool: Ints, size: int) -> Ints:
    before = np.zeros(size, np.int64)
    vms = np.flatnonzero(problem.start != NOWHERE)
    vms = vms[pool[problem.start[vms]] >= 0]
    np.add.at(before, pool[problem.start[vms]], problem.need(problem.start)[vms, dim])
    return before


def _single(rule: Rule, problem: Problem, stays: Stays) -> Iterator[Violation]:
    """Check a rule that each stay keeps or breaks on its own, for all stays at once."""
    never = np.zeros(len(problem.hosts), np.bool_)
    state = State(problem, stays.vm, stays.host, np.zeros(len(stays), np.bool_), never)
    broken = dict.fromkeys(rules.violations(rule, state))
    if not broken:
        return
    order = np.argsort(-stays.since_s, kind="stable")
    pairs = zip(problem.vms[stays.vm[order]], problem.hosts[stays.host[order]], strict=True)
    since: dict[tuple[str, ...], float] = dict(zip(pairs, stays.since_s[order].tolist(), strict=True))
    known = rules.violations(rule, at_rest(problem, problem.start, problem.on))
    for each in broken:
        yield replace(each, since_s=since[each.who], existed=each in known)


def _grouped(rule: Rule, problem: Problem, stays: Stays, power: Power) -> list[Violation]:
    """Check a rule about VMs or hosts together, in every span of time in which the hosts that matter stay on."""
    known = [
        replace(each, existed=True) for each in rules.violations(rule, at_rest(problem, problem.start, problem.on))
    ]
    stays = stays.take(_concerned(rule, problem, stays))
    powered = isinstance(rule, MaxOnline | Spare)
    switched = power.changes if powered else np.zeros(0)
    moments = np.unique(np.concatenate([np.zeros(1), stays.moments, switched]))
    mended_by_more = isinstance(rule, LeastPlaces | Dependency)
    for span in np.split(moments, np.arange(len(moments)) if mended_by_more else np.searchsorted(moments, switched)):
        if len(span):
            _search(rule, problem, stays, power.at(span[0]) if powered else problem.on, span, known)
    return known


def _search(rule: Rule, problem: Problem, stays: Stays, on: Mask, span: Floats, known: list[Violation]) -> None:
    """
    Add to the known violations those of the moments in the span.

    All presences of the span taken together break a rule wherever those of one moment do, so a span that is clean
    together needs no closer look; another is halved.
    """
    found = rules.violations(rule, stays.between(problem, span[0], span[-1], on))
    news = [each for each in found if not any(covers(old, each) for old in known)]
    if not news:
        return
    if len(span) > 1:
        _search(rule, problem, stays, on, span[: len(span) // 2], known)
        _search(rule, problem, stays, on, span[len(span) // 2 :], known)
        return
    for each in news:
        milder = [old for old in known if covers(each, old)]
        known[:] = [old for old in known if old not in milder]
        known.append(each.since(min([float(span[0]), *(old.since_s for old in milder if not old.existed)])))


def _concerned(rule: Any, problem: Problem, stays: Stays) -> Mask:
    """Return which stays bear on the rule."""
    if isinstance(rule, MaxOnline):
        return np.zeros(len(stays), np.bool_)
    if isinstance(rule, Spare):
        return np.ones(len(stays), np.bool_)
    if isinstance(rule, RunningCapacity):
        return among(rule.hosts, len(problem.hosts))[stays.host]
    vms = np.concatenate(rule.parts) if isinstance(rule, Split) else rule.vms
    vms = np.concatenate([vms, rule.on]) if isinstance(rule, Dependency) else vms
    mine = among(vms.astype(np.int32), len(problem.vms))[stays.vm]
    return among(stays.host[mine], len(problem.hosts))[stays.host] if isinstance(rule, Lonely) else mine
