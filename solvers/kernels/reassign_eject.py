"""
One VM goes where there is no room for it, and those that must make room go where they cost least: a chain of ejections.

This is the rearrangement of big processes of the winner of the ROADEF/EURO challenge of 2012 [1]_, as one trial.

References
----------
.. [1] H. Gavranović, M. Buljubašić, E. Demirović, "Variable neighborhood search for Google machine reassignment
   problem," ENDM 39, 2012.
"""

import numpy as np
from numba import njit, types

from models.arrays import Ints, Mask, Rows
from solvers.kernels.reassign_exchange import linked
from solvers.kernels.reassign_sums import (
    COST,
    GROUPS,
    LACK,
    LOAD,
    RULES,
    TAKEN,
    counted,
    crowded,
    fits,
    holds,
    host_cost,
    lacks,
    loaded,
    strayed,
    teamed,
    way,
)

WINDOW = 64
"""So many hosts, one after the other from a random one, are looked at for each VM that must go."""

_I, _V = types.int64, types.void
_I1, _I2, _I3 = types.int64[::1], types.int64[:, ::1], types.int64[:, :, ::1]
_C2, _B2 = types.int32[:, ::1], types.boolean[:, ::1]


@njit(_I(_I, _I, _I, _I1, _I2, _I3, _I1), cache=True)
def _short(host: int, vm: int, steady: int, start: Ints, room: Ints, demand: Ints, kind: Ints) -> int:
    """Return a dim of which a host holds too much, and less without the VM, or -1; -2 if there is too much of none."""
    found = -2
    own = kind[host]
    dims = steady if vm >= 0 and start[vm] == host else room.shape[1]
    for dim in range(room.shape[1]):
        if room[host, dim] < 0:
            found = -1
            if dim < dims and (vm < 0 or demand[own, vm, dim] > 0):
                return dim
    return found


@njit(types.boolean(_I, _I, _I1, _I1), cache=True)
def _clashes(one: int, vm: int, first: Ints, listed: Ints) -> bool:
    """Return whether two VMs share a group."""
    for index in range(first[one], first[one + 1]):
        for rank in range(first[vm], first[vm + 1]):
            if listed[index] == listed[rank]:
                return True
    return False


@njit(
    _V(
        _I, _I, types.uint64, _I, _I, _I, _I, _I, _I1, _I1, _I1, _I2,
        *(_I1,) * 11, _B2, *(_I1,) * 5, _C2, _I1, *LOAD, _I2, *GROUPS, *RULES,
    ),
    cache=True,
)  # fmt: skip
def eject(
    vm: int,
    host: int,
    bits: np.uint64,
    allowed: int,
    price: int,
    steady: int,
    scale: int,
    team_weight: int,
    scalars: Ints,
    lack_weight: Ints,
    lacking: Ints,
    trail: Ints,
    head: Ints,
    following: Ints,
    previous: Ints,
    rank: Ints,
    away: Ints,
    slot: Ints,
    host_of: Ints,
    start: Ints,
    team: Ints,
    moved: Ints,
    tally: Ints,
    scope: Mask,
    scope_of: Ints,
    on_weight: Ints,
    vms_on: Ints,
    host_costs: Ints,
    move_weight: Ints,
    distance: Rows,
    zone: Ints,
    over: Ints,
    demand: Ints,
    kind: Ints,
    weight: Ints,
    span: Ints,
    balance: Ints,
    room: Ints,
    first: Ints,
    listed: Ints,
    level: Ints,
    offset: Ints,
    place: Ints,
    present: Rows,
    used: Ints,
    most: Ints,
    least: Ints,
    needs_first: Ints,
    needs: Ints,
    serves_first: Ints,
    serves: Ints,
) -> None:
    """
    Move a VM to a host and others away from there until all fit, if all that may cost what it does and keeps the rules.

    Parameters
    ----------
    bits
        Random bits: whether each VM of the host, in the order of its list, is one that may have to go.
    trail
        Room for the moves: VM, from where, to where. Shape (moves, 3).
    """
    hosts = over.shape[0]
    left = host_of[vm]
    blocked = crowded(vm, -1, left, host, first, listed, level, offset, place, present, used, most)
    offset_host = int(bits >> np.uint64(40)) % hosts
    count, change, steps, penalty = 0, 0, 0, 0
    one, old, new = vm, left, host
    following_one = head[host]
    while True:
        trail[count, 0], trail[count, 1], trail[count, 2] = one, old, new
        count += 1
        change += way(one, new, scale, start, move_weight, distance, zone)
        change -= way(one, old, scale, start, move_weight, distance, zone)
        loaded(one, old, -1, steady, start, over, room, demand, kind)
        loaded(one, new, 1, steady, start, over, room, demand, kind)
        counted(one, old, new, first, listed, level, offset, place, present, used)
        change += team_weight * teamed(one, old, new, start, team, scalars, moved, tally)
        vms_on[old] -= 1
        vms_on[new] += 1
        for each in range(2):
            touched = old if each == 0 else new
            cost = host_cost(touched, -1, -1, 1 << 62, over, demand, kind, weight, span, balance)
            cost += on_weight[touched] if vms_on[touched] > 0 else 0
            change += cost - host_costs[touched]
            host_costs[touched] = cost
            if price >= 0:
                lack = lacks(touched, -1, -1, steady, room, demand, kind, lack_weight)
                penalty += lack - lacking[touched]
                lacking[touched] = lack
        if count == trail.shape[0]:
            break
        found = -1
        while following_one >= 0 and steps < WINDOW and found < 0:
            one = following_one
            following_one = following[one]
            steps += 1
            bits = (bits >> np.uint64(1)) | (bits << np.uint64(63))
            short = _short(host, one, steady, start, room, demand, kind)
            if short == -2 and not blocked:
                break
            clashes = blocked and _clashes(one, vm, first, listed)
            if rank[one] < 0 or not (clashes or (short >= 0 and (bits & np.uint64(1)) != np.uint64(0))):
                continue
            least_cost = 1 << 62
            for index in range(-2, min(hosts, WINDOW)):
                target = left if index == -2 else start[one] if index == -1 else (offset_host + index) % hosts
                if target == host or target < 0 or (not scope[scope_of[one], target] and target != start[one]):
                    continue
                if not fits(target, -1, one, 0, steady, start, room, demand, kind):
                    continue
                if crowded(one, -1, host, target, first, listed, level, offset, place, present, used, most):
                    continue
                cost = way(one, target, scale, start, move_weight, distance, zone)
                cost += on_weight[target] - host_costs[target]
                cost += host_cost(target, -1, one, least_cost - cost, over, demand, kind, weight, span, balance)
                if cost < least_cost:
                    least_cost, found = cost, target
        if found < 0:
            break
        blocked = blocked and not _clashes(one, vm, first, listed)
        old, new = host, found
    good = change + ((penalty * price) >> 12) <= allowed
    for dim in range(0 if price < 0 else steady, room.shape[1]):
        good = good and room[host, dim] >= 0
    for index in range(count):
        one, old, new = trail[index, 0], trail[index, 1], trail[index, 2]
        good = good and holds(
            one, old, new, first, listed, level, offset, place, present, used,
            most, least, needs_first, needs, serves_first, serves,
        )  # fmt: skip
    for index in range(count - 1, -1, -1):
        one, old, new = trail[index, 0], trail[index, 1], trail[index, 2]
        if good:
            continue
        loaded(one, new, -1, steady, start, over, room, demand, kind)
        loaded(one, old, 1, steady, start, over, room, demand, kind)
        counted(one, new, old, first, listed, level, offset, place, present, used)
        teamed(one, new, old, start, team, scalars, moved, tally)
        vms_on[old] += 1
        vms_on[new] -= 1
        for each in range(2):
            touched = old if each == 0 else new
            cost = host_cost(touched, -1, -1, 1 << 62, over, demand, kind, weight, span, balance)
            host_costs[touched] = cost + (on_weight[touched] if vms_on[touched] > 0 else 0)
            if price >= 0:
                lacking[touched] = lacks(touched, -1, -1, steady, room, demand, kind, lack_weight)
    if good:
        for index in range(count):
            one, old, new = trail[index, 0], trail[index, 1], trail[index, 2]
            host_of[one] = new
            strayed(one, new, start, scalars, away, slot)
            linked(one, old, new, head, following, previous)
        scalars[LACK] += penalty
        scalars[COST] += change
        scalars[TAKEN] += 1
