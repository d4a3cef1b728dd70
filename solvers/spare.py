"""Whether the loss of hosts can be survived: restarts on the hosts that are left, whose VMs stay where they are."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import combinations
from math import comb

import numpy as np

from models.arrays import Ints, Mask, Rows
from models.plan import Restarts
from models.problem import Problem
from models.rules import Spare
from solvers.failover import restarted
from solvers.parts import split
from solvers.relations import Relations, compiled
from solvers.restarts import packing
from solvers.state import State, hardness

MOST_SUBSETS = 2_000


def survives(state: State, on: Mask, *, thorough: bool = False) -> bool:
    """
    Return whether each spare rule holds when the hosts in `on` are on. The state is left as it was.

    What cannot be restarted anywhere even at the start, whatever else is there, is forgiven.

    Parameters
    ----------
    state, on
        Who is where, and which hosts are on.
    thorough
        Whether an exact model seeks restarts where packing finds none; slower, and no is then as good as proven.
    """
    relations = state.relations
    rules = zip(relations.spares, relations.stranded, strict=True)
    return all(
        _rule_holds(state, on, hosts[on[hosts]], count, stranded, thorough) for (hosts, count), stranded in rules
    )


def restarts(problem: Problem, host: Rows, on: Mask) -> Restarts:
    """Return how VMs restart after each loss that a spare rule names, as far as that is found."""
    found: dict[tuple[int, ...], dict[int, int]] = {}
    for part in split(problem):
        if not any(isinstance(rule, Spare) for rule in part.problem.rules):
            continue
        for gone, restart in _of_part(part.problem, part.own(host), on[part.hosts]).items():
            lost = tuple(part.hosts[list(gone)].tolist())
            found[lost] = {int(part.vms[vm]): int(part.hosts[to]) for vm, to in restart.items()}
    return found


def _of_part(problem: Problem, host: Rows, on: Mask) -> Restarts:
    hard = replace(problem, rules=tuple(rule for rule in problem.rules if rule.price is None))
    found: dict[tuple[int, ...], dict[int, int]] = {}
    for chosen in (problem, hard) if len(hard.rules) < len(problem.rules) else (problem,):
        for lost, places in _restarts(compiled(chosen), host, on):
            found[lost] = max(found.get(lost, {}), places, key=len)
    return found


def _restarts(relations: Relations, host: Rows, on: Mask) -> Iterator[tuple[tuple[int, ...], dict[int, int]]]:
    """Yield the hosts that are lost together, and a host for each VM on them that finds one."""
    state = State(relations, relations.item_hosts(host))
    members = np.split(np.argsort(relations.item, kind="stable"), np.cumsum(relations.size)[:-1])
    for hosts, count in relations.spares:
        here = hosts[on[hosts]]
        quick = restarted(state, on, here) if count == 1 else {}
        for lost in _losses(state, here, min(count, len(here))):
            places = quick.get(lost[0]) or _restart(state, on, here, lost, thorough=True)
            yield tuple(sorted(lost)), {int(vm): to for item, to in places.items() for vm in members[item]}


def _rule_holds(
    state: State, on: Mask, hosts: Rows, count: int, stranded: Mapping[int, frozenset[int]], thorough: bool
) -> bool:
    count = min(count, len(hosts))
    if comb(len(hosts), count) > MOST_SUBSETS and count > 1:
        return dominating_idle(state, hosts) >= count
    quick = restarted(state, on, hosts) if count == 1 else {}
    return all(
        len(_restart(state, on, hosts, lost, thorough=thorough))
        >= _running(state, lost) - _forgiven(state, lost, stranded)
        for lost in _losses(state, np.setdiff1d(hosts, list(quick)), count)
    )


def _forgiven(state: State, lost: tuple[int, ...], stranded: Mapping[int, frozenset[int]]) -> int:
    """Return how many items the same loss would strand at the start."""
    if not state.relations.problem.on[list(lost)].all():
        return 0
    return sum(places <= set(lost) for places in stranded.values())


def _losses(state: State, hosts: Rows, count: int) -> Iterable[tuple[int, ...]]:
    """Return the combinations of hosts that may be lost together, if they are not too many to try."""
    if count > 1 and comb(len(hosts), count) > MOST_SUBSETS:
        return ()
    lost = [int(host) for host in hosts if count > 1 or _running_on(state, int(host))]
    return combinations(lost, count) if count else ()


def dominating_idle(state: State, hosts: Rows) -> int:
    """Return how many of the hosts are empty and could each take over any other of them whole; 0 if kinds differ."""
    relations = state.relations
    if len(relations.demand) > 1 or relations.at_most or relations.near:
        return 0
    load = state.load[hosts].max(axis=0, initial=0)
    everywhere = relations.scope[:, hosts].any(axis=1)
    able = [host for host in hosts if not state.count[host] and not relations.closed[host]]
    able = [host for host in able if (relations.problem.failover[host] >= load).all()]
    return sum(bool(relations.scope[everywhere, host].all()) for host in able)


def _running_on(state: State, host: int) -> list[int]:
    return [int(item) for item in state.on_host(host) if state.relations.running[item]]


def _running(state: State, hosts: tuple[int, ...]) -> int:
    return sum(len(_running_on(state, host)) for host in hosts)


def _restart(state: State, on: Mask, hosts: Rows, lost: tuple[int, ...], *, thorough: bool = False) -> dict[int, int]:
    """
    Return a host for as many items that run on the lost hosts as find one.

    They are packed, the hardest first, or all to one host; if that fails, a thorough search packs them exactly.
    """
    items = [item for host in lost for item in _running_on(state, host)]
    left = np.zeros(len(on), np.bool_)
    left[hosts] = True
    left[list(lost)] = False
    left &= on
    order = [items[index] for index in np.argsort(-hardness(state.relations, items), kind="stable")]
    best: dict[int, int] = {}
    for receivers, tight in _ways(state, left):
        found = _placed(state, receivers, order, tight)
        best = max(best, found, key=len)
        if len(best) == len(items):
            return best
    return (_exactly(state, left, items) if thorough else None) or best


def _exactly(state: State, left: Mask, items: list[int]) -> dict[int, int] | None:
    """Return a host for each of the items by an exact model; None if there is none, or it is too large."""
    options: dict[int, Rows] = {}
    residual: dict[int, Ints] = {}
    around = {item: state.surroundings(item) for item in items}
    homes = {item: state.take(item) for item in items}
    state.limit = state.relations.problem.failover
    for item in items:
        options[item] = np.flatnonzero(state.restarts(item) & left & around[item])
    for host in np.flatnonzero(left):
        residual[int(host)] = state.limit[host] - state.load[host]
    held = tuple(totals.copy() for totals in state.totals)
    state.limit = state.relations.capacity
    for item in items:
        state.put(item, homes[item])
    return packing(state.relations, options, residual, held)


def _ways(state: State, left: Mask) -> Iterator[tuple[Mask, bool]]:
    """Yield the hosts to restart on, and whether to fill the fullest first: all of them, then each empty one."""
    yield left, True
    yield left, False
    for idle in np.flatnonzero(left & (state.count == 0)):
        yield np.arange(len(left)) == idle, True


def _placed(state: State, left: Mask, items: list[int], tight: bool) -> dict[int, int]:
    """Place the items on the hosts that are left, but for those that find no room; note where, and put all back."""
    around = {item: state.surroundings(item) for item in items}
    homes = {item: state.take(item) for item in items}
    state.limit = state.relations.problem.failover
    places: dict[int, int] = {}
    for item in items:
        options = np.flatnonzero(state.restarts(item) & left & around[item])
        if not len(options):
            continue
        fill = (state.load[options] / np.maximum(state.limit[options], 1)).max(axis=1)
        places[item] = int(options[fill.argmax() if tight else fill.argmin()])
        state.put(item, places[item])
    for item in places:
        state.take(item)
    state.limit = state.relations.capacity
    for item, host in homes.items():
        state.put(item, host)
    return places
