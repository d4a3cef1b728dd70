"""What a trial of a local search tries: random draws of a VM and its host, and of another VM and where that goes."""

import numpy as np
from numba import njit, types

from models.arrays import Ints
from solvers.kernels.reassign_sums import below

NEAR = 24
"""VMs are of about one size within so large a part of all, up and down."""

_I, _U = types.int64, types.uint64
_I1 = types.int64[::1]
_FOUR = types.UniTuple(_I, 4)  # type: ignore[no-untyped-call]


@njit(_I(_U, _I, _U, _I1, _I1), cache=True)
def drawn(word: np.uint64, vm: int, hosts: np.uint64, reach_first: Ints, reach: Ints) -> int:
    """Draw one of the hosts listed for a VM, or of all where none is."""
    few = reach_first[vm + 1] - reach_first[vm]
    if few == 0:
        return below(word, hosts)
    return int(reach[reach_first[vm] + below(word, np.uint64(few))])


@njit(_FOUR(_U, _U, _U, *(_I1,) * 9), cache=True)
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
    Draw a VM that can go to few hosts, one of them, and half the time one there that leaves, and for where.

    Returns
    -------
    vm, other, host, target
        Other and target are -1 where none is to leave; target alone, where the other cannot; all, where no VM is.
    """
    if narrow.shape[0] == 0:
        return -1, -1, -1, -1
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


@njit(_FOUR(_I, _U, _U, _I1, _U, *(_I1,) * 7, _U, *(_I1,) * 4), cache=True)
def paired(
    sort: int,
    word: np.uint64,
    second: np.uint64,
    shares: Ints,
    many: np.uint64,
    free: Ints,
    away: Ints,
    rank: Ints,
    host_of: Ints,
    start: Ints,
    reach_first: Ints,
    reach: Ints,
    hosts: np.uint64,
    first: Ints,
    listed: Ints,
    members_first: Ints,
    members: Ints,
) -> tuple[int, int, int, int]:
    """
    Draw a shift, a swap or a relay.

    Parameters
    ----------
    sort
        Which, by the thresholds in `shares`.
    many
        How many VMs are away.

    Returns
    -------
    vm, other, host, target
        Other and target are -1 in a shift; all, or host or target, where there is no such trial.
    """
    vms = np.uint64(free.shape[0])
    window = max(free.shape[0] // NEAR, 1)
    near = np.uint64(2 * window + 1)
    other, target = -1, -1
    if sort < shares[1]:
        index = below(word, vms)
        if sort >= shares[0]:
            index = below(second << np.uint64(32), np.uint64(index + 1))
        vm = free[index]
        host = drawn(second, vm, hosts, reach_first, reach)
    elif sort < shares[2]:
        if many == 0:
            return -1, -1, -1, -1
        vm = away[below(word, many)]
        host = start[vm]
        if (second & np.uint64(1)) != np.uint64(0):
            host = drawn(second, vm, hosts, reach_first, reach)
    elif sort < shares[6]:
        index = below(word, vms)
        vm = free[index]
        if sort < shares[3]:
            other = free[below(second, vms)]
        elif sort < shares[4]:
            index += below(second, near) - window
            if index < 0 or index >= free.shape[0]:
                return -1, -1, -1, -1
            other = free[index]
        elif sort < shares[5]:
            if first[vm] == first[vm + 1]:
                return -1, -1, -1, -1
            group = listed[first[vm]]
            mates = np.uint64(members_first[group + 1] - members_first[group])
            other = members[members_first[group] + below(second, mates)]
        else:
            if many == 0:
                return -1, -1, -1, -1
            vm = away[below(word, many)]
            other = away[below(second, many)]
        host = host_of[other]
        target = host_of[vm]
    else:
        if many == 0:
            return -1, -1, -1, -1
        other = away[below(word, many)]
        index = below(second, vms)
        if (second & np.uint64(1)) == np.uint64(0):
            index = rank[other] + below(second, near) - window
            if index < 0 or index >= free.shape[0]:
                return -1, -1, -1, -1
        vm = free[index]
        host = host_of[other]
        target = start[other]
        if sort >= shares[7]:
            target = drawn(second << np.uint64(32), other, hosts, reach_first, reach)
    return vm, other, host, target
