"""Whether the loss of hosts can be survived: restarts on the hosts that are left, whose VMs stay where they are."""

from collections.abc import Iterable
from itertools import combinations
from math import comb

import numpy as np

from models.arrays import Mask, Rows
from solvers.relations import Relations
from solvers.state import State, hardness

MOST_SUBSETS = 2_000


def survives(state: State, on: Mask) -> bool:
    """Return whether each spare rule holds when the hosts in `on` are on. The state is left as it was."""
    return all(_rule_holds(state, on, hosts[on[hosts]], count) for hosts, count in state.relations.spares)


def _rule_holds(state: State, on: Mask, hosts: Rows, count: int) -> bool:
    count = min(count, len(hosts))
    if dominating_idle(state, hosts) >= count:
        return True
    used = hosts[[bool(_running_on(state, int(host))) for host in hosts]]
    if comb(len(hosts), count) > MOST_SUBSETS:
        return False
    subsets: Iterable[tuple[int, ...]] = combinations([int(host) for host in (used if count == 1 else hosts)], count)
    return all(_restartable(state, on, hosts, lost) for lost in subsets)


def dominating_idle(state: State, hosts: Rows) -> int:
    """Return how many of the hosts are empty and could each take over any other of them whole; 0 if kinds differ."""
    relations = state.relations
    if len(relations.demand) > 1:
        return 0
    idle = [int(host) for host in hosts if not state.count[host]]
    load = state.load[hosts].max(axis=0, initial=0)
    able = [
        host
        for host in idle
        if (relations.problem.failover[host] >= load).all() and _open_to_all(relations, host, hosts)
    ]
    return len(able)


def _open_to_all(relations: Relations, host: int, hosts: Rows) -> bool:
    everywhere = relations.scope[:, hosts].any(axis=1)
    return bool(
        relations.scope[everywhere, host].all()
        and not relations.closed[host]
        and not relations.at_most
        and not relations.near
    )


def _running_on(state: State, host: int) -> list[int]:
    return [int(item) for item in state.on_host(host) if state.relations.running[item]]


def _restartable(state: State, on: Mask, hosts: Rows, lost: tuple[int, ...]) -> bool:
    """Try to restart what runs on the lost hosts: hardest first, then by host, each where it fits best."""
    items = [item for host in lost for item in _running_on(state, host)]
    left = np.zeros(len(on), np.bool_)
    left[hosts] = True
    left[list(lost)] = False
    order = [items[index] for index in np.argsort(-hardness(state.relations, items), kind="stable")]
    return any(_restarted(state, left & on, order, tight) for tight in (True, False))


def _restarted(state: State, left: Mask, items: list[int], tight: bool) -> bool:
    """Place the items, note whether all found room, and put everything back."""
    around = {item: state.surroundings(item) for item in items}
    homes = {item: state.take(item) for item in items}
    state.limit = state.relations.problem.failover
    placed = []
    for item in items:
        options = np.flatnonzero(state.restarts(item) & left & around[item])
        if not len(options):
            break
        fill = (state.load[options] / np.maximum(state.limit[options], 1)).max(axis=1)
        state.put(item, int(options[fill.argmax() if tight else fill.argmin()]))
        placed.append(item)
    for item in placed:
        state.take(item)
    state.limit = state.relations.capacity
    for item, host in homes.items():
        state.put(item, host)
    return len(placed) == len(items)
