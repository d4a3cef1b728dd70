"""
Where a VM may ever go: hosts whose room, with everybody that never gives theirs back, is enough for it.

Where dims are transient, a VM that leaves keeps its room at home; so of these dims a host has no more to give, in any
placement, than what is free when all are at home. Large VMs have few hosts then, often none.
"""

import numpy as np
from numba import njit, types

from models.arrays import Ints, Mask
from solvers.kernels.reassign_sums import below

_I, _U = types.int64, types.uint64
_I1, _I2, _I3 = types.int64[::1], types.int64[:, ::1], types.int64[:, :, ::1]
_B1, _B2 = types.boolean[::1], types.boolean[:, ::1]


@njit(types.int64(types.int64, _I1, _I1, _I1, _I1, _B1, _B2, _I1, _I2, _I3, _I1), cache=True)
def reached(
    limit: int,
    found: Ints,
    first: Ints,
    count: Ints,
    start: Ints,
    asked: Mask,
    scope: Mask,
    scope_of: Ints,
    most: Ints,
    demand: Ints,
    kind: Ints,
) -> int:
    """
    List the hosts, other than its own, that each VM asked for may ever go to; return how many are listed in all.

    Parameters
    ----------
    limit
        VMs with more hosts are not listed.
    found, first, count
        The lists, where each begins, how many hosts each VM has. Shapes (any,), (vms + 1,), (vms,).
    most
        What each host has to give at most. Shape (hosts, dims).
    """
    total = 0
    for vm in range(start.shape[0]):
        first[vm] = total
        count[vm] = 0
        for host in range(most.shape[0] if asked[vm] else 0):
            if host == start[vm] or not scope[scope_of[vm], host]:
                continue
            enough = True
            for dim in range(most.shape[1]):
                if demand[kind[host], vm, dim] > most[host, dim]:
                    enough = False
                    break
            if enough:
                if count[vm] < limit and total + count[vm] < found.shape[0]:
                    found[total + count[vm]] = host
                count[vm] += 1
        if count[vm] <= limit and total + count[vm] <= found.shape[0]:
            total += count[vm]
    first[start.shape[0]] = total
    return total


@njit(_I(_U, _I, _U, _I1, _I1), cache=True)
def drawn(word: np.uint64, vm: int, hosts: np.uint64, reach_first: Ints, reach: Ints) -> int:
    """Draw one of the hosts listed for a VM, or of all where none is."""
    few = reach_first[vm + 1] - reach_first[vm]
    if few == 0:
        return below(word, hosts)
    return int(reach[reach_first[vm] + below(word, np.uint64(few))])


@njit(types.UniTuple(_I, 4)(_U, _U, _U, *(_I1,) * 9), cache=True)
def steered(
    word: np.uint64,
    second: np.uint64,
    hosts: np.uint64,
    narrow: Ints,
    reach_first: Ints,
    reach: Ints,
    rank: Ints,
    host_of: Ints,
    start: Ints,
    head: Ints,
    following: Ints,
    vms_on: Ints,
) -> tuple[int, int, int, int]:
    """
    Draw a VM that can go to few hosts, one of them, and half the time one there that leaves, for where.

    Returns
    -------
    vm, other, host, target
        Other and target are -1 where none is to leave; target alone is where the other has nowhere to go.
    """
    vm = narrow[below(word, np.uint64(narrow.shape[0]))]
    host = drawn(second, vm, hosts, reach_first, reach)
    manner = int(second & np.uint64(3))
    if manner == 0 and start[vm] >= 0:
        host = start[vm]
    if vms_on[host] == 0 or (second & np.uint64(4)) == np.uint64(0):
        return vm, -1, host, -1
    other = head[host]
    for _ in range(below(second * np.uint64(0x9E3779B97F4A7C15), np.uint64(vms_on[host]))):
        other = following[other]
    target = host_of[vm]
    if rank[other] < 0:
        target = -1
    elif manner == 1:
        target = start[other]
    elif manner == 2:
        target = drawn(second * np.uint64(0xD1342543DE82EF95), other, hosts, reach_first, reach)
    return vm, other, host, target
