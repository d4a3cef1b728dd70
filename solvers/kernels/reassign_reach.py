"""
Where a VM may ever go: hosts whose room, with everybody that never gives theirs back, is enough for it.

Where dims are transient, a VM that leaves keeps its room at home; so of these dims a host has no more to give, in any
placement, than what is free when all are at home. Large VMs have few hosts then, often none.
"""

from numba import njit, types

from models.arrays import Ints, Mask

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
