"""
One optimisation of CloudSim's power-aware consolidation, compiled: see `solvers.policies.cloudsim` for what it does.

Everything is decided on tentative lists of VMs. Sums run in the order of the lists, in double precision and without
fused operations, since rounding decides which of two equal hosts is taken.
"""

import numpy as np
from numba import njit

from models.arrays import Floats, Ints, Rows
from solvers.kernels.cloudsim_lists import Given, Lists, Moves, begun, chained
from solvers.kernels.cloudsim_overload import THR, beyond, drawn, past_of
from solvers.kernels.cloudsim_selection import selected


@njit(cache=True, error_model="numpy")
def planned(given: Given, room: Floats, most: Ints) -> tuple[Ints, Ints, int]:
    """Return one optimisation's moves, and how many of them relieve overloaded hosts; room and most are written to."""
    lists = begun(given, room, most)
    size = len(given.listed) * 3 + 8
    moves = Moves(np.zeros(size, np.int64), np.zeros(size, np.int64), np.zeros(1, np.int64))
    _place(given, lists, _leavers(given), moves)
    relieved = moves.size[0]
    _empty_hosts(given, lists, moves)
    return moves.vm[: moves.size[0]], moves.host[: moves.size[0]], relieved


@njit(cache=True, error_model="numpy")
def _leavers(given: Given) -> Ints:
    """Return VMs that leave overloaded hosts until these are so no longer, the largest first."""
    leaving, size = np.zeros(len(given.listed), np.int64), 0
    for host in range(len(given.over)):
        if not given.over[host]:
            continue
        rows = given.listed[given.starts[host] : given.starts[host + 1]].copy()
        while len(rows) > 0:
            place = selected(
                given.selection, rows, given.memory, given.request, given.size, given.shares, given.chances[size]
            )
            leaving[size] = rows[place]
            size += 1
            rows = np.concatenate((rows[:place], rows[place + 1 :]))
            if not _still_over(given, rows, host):
                break
    leaving = leaving[:size]
    return leaving[np.argsort(-given.request[leaving], kind="mergesort")]


@njit(cache=True, error_model="numpy")
def _still_over(given: Given, rows: Rows, host: int) -> bool:
    """Return whether a host with these VMs is overloaded."""
    asked = 0.0
    for vm in rows:
        asked += given.request[vm]
    past = np.zeros(1) if given.kind == THR else past_of(rows, given.shares, given.size, given.capacity[host])
    return bool(beyond(given.kind, given.parameter, asked / given.capacity[host], past))


@njit(cache=True, error_model="numpy")
def _place(given: Given, lists: Lists, leavers: Ints, moves: Moves) -> None:
    """Place VMs one by one; of the hosts that are empty and equal only the first is looked at."""
    hosts = len(given.capacity)
    first = np.zeros(int(given.group.max()) + 1, np.int64)
    candidates = np.zeros(hosts + len(first), np.int64)
    active = 0
    for host in range(hosts):
        if lists.length[host] > 0 or lists.given[host] != 0:
            candidates[active] = host
            active += 1
    for vm in leavers:
        size = active
        for number in range(len(first)):
            first[number] = _first_empty(given, lists, number, first[number])
            if first[number] < hosts:
                candidates[size] = first[number]
                size += 1
        host = _found(given, lists, vm, candidates[:size])
        if host < 0:
            continue
        if lists.length[host] == 0 and lists.given[host] == 0:
            candidates[active] = host
            active += 1
        _take(given, lists, vm, host, moves)


@njit(cache=True, error_model="numpy")
def _first_empty(given: Given, lists: Lists, number: int, host: int) -> int:
    """Return the first host from one on that is empty and of a group; the count of hosts if there is none."""
    while host < len(given.capacity) and (
        given.group[host] != number or lists.length[host] > 0 or lists.given[host] != 0
    ):
        host += 1
    return host


@njit(cache=True, error_model="numpy")
def _found(given: Given, lists: Lists, vm: int, candidates: Ints) -> int:
    """Return the host whose draw the VM raises least, the first of equals; -1 if none is suitable."""
    need, memory, best, least = given.request[vm], given.memory[vm], -1, np.inf
    capacity, core, curve, used, left = given.capacity, given.core, given.curve, lists.given, lists.left
    asked, room, length, most = lists.asked, lists.room, lists.length, lists.most  # a tuple is slow to read in a loop
    closed, base, by_threshold, untested = lists.closed, lists.base, given.kind == THR, given.untested
    stale, threshold = given.stale, given.parameter
    for host in candidates:
        if closed[host] or core[host] < need or left[host] < need or room[host] < memory:
            continue
        tested = used[host] != 0 or not untested
        if tested:
            most[host] = max(most[host], length[host] + 1)
        if tested and by_threshold and (asked[host] + need) / capacity[host] > threshold:
            continue
        more = _more(used[host], need, capacity[host], curve[host], base[host], stale)
        if more > least or (more == least and host > best):
            continue
        if tested and not by_threshold and _beyond_with(given, lists, vm, host):
            continue
        best, least = host, more
    if best >= 0:
        most[best] = max(most[best], length[best] + 1)
    return best


@njit(cache=True, error_model="numpy")
def _more(used: float, need: float, capacity: float, curve: Floats, base: float, stale: bool) -> float:
    """Return how much more a host would draw in W, infinite if it would be more than full."""
    share = (used + need) / capacity
    if share > 1:
        return np.inf
    before = base if stale else drawn(min(used / capacity, 1.0), curve)
    return float(drawn(share, curve) - before)


@njit(cache=True, error_model="numpy")
def _beyond_with(given: Given, lists: Lists, vm: int, host: int) -> bool:
    """Return whether a host would be overloaded with a VM, by its past."""
    asked = (lists.asked[host] + given.request[vm]) / given.capacity[host]
    then = lists.past[host].copy()
    for sample in range(len(then)):
        then[sample] += given.shares[sample, vm] * given.size[vm] / given.capacity[host]
    return bool(beyond(given.kind, given.parameter, asked, then))


@njit(cache=True, error_model="numpy")
def _take(given: Given, lists: Lists, vm: int, host: int, moves: Moves) -> None:
    """Put a VM on a host, tentatively, and write the move down."""
    chained(given, lists, vm, host)
    lists.given[host] += given.request[vm]
    lists.left[host] -= given.request[vm]
    lists.room[host] -= given.memory[vm]
    move = moves.size[0]
    moves.vm[move], moves.host[move] = vm, host
    moves.size[0] += 1


@njit(cache=True, error_model="numpy")
def _empty_hosts(given: Given, lists: Lists, moves: Moves) -> None:
    """Empty hosts, the least used first, if all their VMs find room on others that are on."""
    share = given.used / given.capacity
    lists.closed[:] = given.over | (given.used == 0)
    passed = lists.closed | (share >= 1)
    if not given.hops:
        passed[moves.host[: moves.size[0]]] = True
    receivers = np.flatnonzero(~lists.closed)
    size = len(receivers)
    for host in np.argsort(share, kind="mergesort"):
        if passed[host] or lists.length[host] == 0:
            continue
        passed[host] = lists.closed[host] = True
        place = np.flatnonzero(receivers[:size] == host)[0]
        receivers[place] = receivers[size - 1]
        size -= 1
        before = moves.size[0]
        _empty(given, lists, host, receivers[:size], moves)
        passed[moves.host[before : moves.size[0]]] = True


@njit(cache=True, error_model="numpy")
def _empty(given: Given, lists: Lists, host: int, receivers: Ints, moves: Moves) -> None:
    """Move all VMs of a host away, the largest first; nothing if one finds no room."""
    rows, node = np.zeros(lists.length[host], np.int64), lists.head[host]
    for place in range(len(rows)):
        rows[place] = lists.vm[node]
        node = lists.after[node]
    rows = rows[np.argsort(-given.request[rows], kind="mergesort")]
    first, nodes = moves.size[0], lists.nodes[0]
    saved, tails = np.zeros((len(rows), 4)), np.zeros(len(rows), np.int64)
    pasts = np.zeros((len(rows), lists.past.shape[1]))
    for place in range(len(rows)):
        target = _found(given, lists, rows[place], receivers)
        if target < 0:
            _undo(lists, moves, first, saved, tails, pasts)
            lists.nodes[0] = nodes
            return
        saved[place] = lists.asked[target], lists.given[target], lists.left[target], lists.room[target]
        tails[place], pasts[place] = lists.tail[target], lists.past[target]
        _take(given, lists, rows[place], target, moves)


@njit(cache=True, error_model="numpy")
def _undo(lists: Lists, moves: Moves, first: int, saved: Floats, tails: Ints, pasts: Floats) -> None:
    """Take moves back, the last one first, to the digit."""
    for move in range(moves.size[0] - 1, first - 1, -1):
        host, done = moves.host[move], move - first
        lists.asked[host], lists.given[host], lists.left[host], lists.room[host] = saved[done]
        lists.tail[host], lists.past[host] = tails[done], pasts[done]
        if tails[done] >= 0:
            lists.after[tails[done]] = -1
        else:
            lists.head[host] = -1
        lists.length[host] -= 1
    moves.size[0] = first
