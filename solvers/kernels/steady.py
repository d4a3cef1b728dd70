"""
Relief and evacuation of hosts by what their VMs are expected to ask for, compiled.

See `solvers.policies.steady` for what it does and why. Each host and each VM is a column of a table.
"""

import numpy as np
from numba import njit

from models.arrays import Floats, Ints, Mask, Rows

MEAN, VARIANCE, NOW, HELD, CPU_LIMIT, MEMORY_LIMIT, FREE = range(7)
"""Rows of the hosts' table: what is expected, its variance, what is asked now, memory held, the limits, and
the CPU that is free with a margin."""
SHORTENED = 64
"""Hosts that are emptied until the line of those with room is gone through again."""


@njit(cache=True, error_model="numpy")
def bound(mean: float, variance: float, margin: float) -> float:
    """Return the demand that is exceeded as seldom as a normal variable is by so many standard deviations."""
    return float(mean + margin * np.sqrt(max(variance, 0.0)))


@njit(cache=True, error_model="numpy")
def fit(
    vm: int, source: int, hosts: Floats, vms: Floats, closed: Mask, boundary: Ints, home: Ints, line: Ints, count: Ints,
    empty: bool, margin: float,
) -> int:  # fmt: skip
    """Return the first host of a line that has room for the VM, empty or not; -1 if none has."""
    need = vms[MEAN, vm]
    for host in line:
        if hosts[FREE, host] < need or closed[host] or host == source or (count[host] == 0) != empty:
            continue
        limit = hosts[CPU_LIMIT, host]
        if hosts[NOW, host] + vms[NOW, vm] > limit or (home[vm] >= 0 and boundary[host] != home[vm]):
            continue
        if hosts[HELD, host] + vms[HELD, vm] > hosts[MEMORY_LIMIT, host]:
            continue
        if bound(hosts[MEAN, host] + need, hosts[VARIANCE, host] + vms[VARIANCE, vm], margin) <= limit:
            return int(host)
    return -1


@njit(cache=True, error_model="numpy")
def shift(vm: int, source: int, target: int, hosts: Floats, vms: Floats, count: Ints, margin: float) -> None:
    """Move a VM on the table; it goes on holding memory where it was."""
    for row in (MEAN, VARIANCE, NOW):
        hosts[row, source] -= vms[row, vm]
        hosts[row, target] += vms[row, vm]
    hosts[HELD, target] += vms[HELD, vm]
    for host in (source, target):
        hosts[FREE, host] = hosts[CPU_LIMIT, host] - bound(hosts[MEAN, host], hosts[VARIANCE, host], margin)
    count[source] -= 1
    count[target] += 1


@njit(cache=True, error_model="numpy")
def shortened(line: Ints, hosts: Floats, count: Ints, closed: Mask, least: float, empty: bool) -> Ints:
    """Return the hosts of a line that may have room for the smallest VM, with those that are empty or without."""
    kept, size = np.empty_like(line), 0
    for host in line:
        if (empty or count[host] > 0) and not closed[host] and hosts[FREE, host] >= least:
            kept[size] = host
            size += 1
    return kept[:size]


@njit(cache=True, error_model="numpy")
def leaver(rows: Rows, source: int, hosts: Floats, vms: Floats, cost: Floats, able: Mask, calm: float) -> int:
    """Return the VM that should leave: the cheapest that is enough, or else that which helps most for its cost."""
    best, chosen, enough = np.inf, -1, False
    before = bound(hosts[MEAN, source], hosts[VARIANCE, source], calm)
    for vm in rows:
        after = bound(hosts[MEAN, source] - vms[MEAN, vm], hosts[VARIANCE, source] - vms[VARIANCE, vm], calm)
        does = after <= hosts[CPU_LIMIT, source]
        if not able[vm] or after >= before or (enough and not does):
            continue
        worth = cost[vm] if does else cost[vm] / (before - after)
        if worth < best or (does and not enough):
            best, chosen, enough = worth, vm, does
    return chosen


@njit(cache=True, error_model="numpy")
def relieved(
    host: int, rows: Rows, hosts: Floats, vms: Floats, able: Mask, closed: Mask, boundary: Ints, home: Ints, line: Ints,
    count: Ints, cost: Floats, calm: float, margin: float, moved: Ints, where: Ints, moves: int,
) -> int:  # fmt: skip
    """Move VMs of a host away until it is calm, or none can leave; return how many moves there are then."""
    while bound(hosts[MEAN, host], hosts[VARIANCE, host], calm) > hosts[CPU_LIMIT, host]:
        vm = leaver(rows, host, hosts, vms, cost, able, calm)
        if vm < 0:
            break
        able[vm] = False
        target = fit(vm, host, hosts, vms, closed, boundary, home, line, count, False, margin)
        if target < 0:
            target = fit(vm, host, hosts, vms, closed, boundary, home, line, count, True, margin)
        if target >= 0:
            shift(vm, host, target, hosts, vms, count, margin)
            moved[moves], where[moves] = vm, target
            moves += 1
    return moves


@njit(cache=True, error_model="numpy")
def evacuated(
    host: int, rows: Rows, hosts: Floats, vms: Floats, able: Mask, closed: Mask, boundary: Ints, home: Ints, line: Ints,
    count: Ints, cost: Floats, saving: float, margin: float, moved: Ints, where: Ints, moves: int,
) -> int:  # fmt: skip
    """Move all VMs of a host away, the largest first, if that is possible and pays; return how many moves then."""
    begun, total = moves, 0.0
    size = np.zeros(len(rows))
    for place in range(len(rows)):
        if not able[rows[place]]:
            return begun
        total += cost[rows[place]]
        size[place] = bound(vms[MEAN, rows[place]], vms[VARIANCE, rows[place]], margin)
    if total >= saving:
        return begun
    for place in np.argsort(-size, kind="mergesort"):
        target = fit(rows[place], host, hosts, vms, closed, boundary, home, line, count, False, margin)
        if target < 0:
            for move in range(moves - 1, begun - 1, -1):
                shift(moved[move], where[move], host, hosts, vms, count, margin)
                hosts[HELD, where[move]] -= vms[HELD, moved[move]]
                hosts[HELD, host] -= vms[HELD, moved[move]]
            return begun
        shift(rows[place], host, target, hosts, vms, count, margin)
        moved[moves], where[moves] = rows[place], target
        moves += 1
    return moves


@njit(cache=True, error_model="numpy")
def planned(
    listed: Rows, starts: Ints, hosts: Floats, vms: Floats, movable: Mask, closed: Mask, boundary: Ints, home: Ints,
    line: Ints, cost: Floats, over: Ints, under: Ints, saving: Floats, calm: float, margin: float, patience: int,
) -> tuple[Ints, Ints, int, Ints, Ints]:  # fmt: skip
    """
    Return VMs to move, their hosts, how many of them relieve, hosts that stay overloaded, and those that are emptied.

    Parameters
    ----------
    listed, starts
        VMs by host, and where each host's start. Shapes (vms,), (hosts + 1,).
    hosts, vms
        The tables; the first is written to. Shapes (7, hosts), (4, vms).
    movable
        VMs that may leave. Shape (vms,).
    closed
        Hosts that take none; written to. Shape (hosts,).
    boundary, home
        Where each host is, and each VM has to be, -1 anywhere. Shapes (hosts,), (vms,).
    line
        All hosts, those first that are filled first. Shape (hosts,).
    cost
        What a move of each VM costs. Shape (vms,).
    over, under
        Hosts to relieve and to empty, in this order.
    saving
        What each host saves when it is empty. Shape (hosts,).
    calm, margin
        Standard deviations that are kept free of a host that is relieved, and of one that takes a VM.
    patience
        Hosts that are tried in vain, one after the other, until one gives up.
    """
    able, count, busy = movable.copy(), starts[1:] - starts[:-1], np.zeros(len(line), np.bool_)
    moved, where, moves = np.zeros(len(listed), np.int64), np.zeros(len(listed), np.int64), 0
    short, left = np.zeros(len(line), np.bool_), np.zeros(len(line), np.bool_)
    closed[over] = True
    least = vms[MEAN, listed].min() if len(listed) else 0.0
    roomy = shortened(line, hosts, count, closed, least, True)
    for host in over:
        moves = relieved(host, listed[starts[host] : starts[host + 1]], hosts, vms, able, closed, boundary, home, roomy,
                         count, cost, calm, margin, moved, where, moves)  # fmt: skip
        short[host] = bound(hosts[MEAN, host], hosts[VARIANCE, host], calm) > hosts[CPU_LIMIT, host]
    busy[where[:moves]] = True
    relieving, failures = moves, 0
    for index, host in enumerate(under):
        if index % SHORTENED == 0:
            line = shortened(line, hosts, count, closed, least, False)
        if closed[host] or busy[host] or count[host] == 0:
            continue
        begun = moves
        moves = evacuated(host, listed[starts[host] : starts[host + 1]], hosts, vms, able, closed, boundary, home, line,
                          count, cost, saving[host], margin, moved, where, moves)  # fmt: skip
        left[host] = closed[host] = moves > begun
        busy[where[begun:moves]] = True
        failures = failures + 1 if moves == begun else 0
        if failures >= patience:
            break
    return moved[:moves], where[:moves], relieving, np.flatnonzero(short), np.flatnonzero(left)
