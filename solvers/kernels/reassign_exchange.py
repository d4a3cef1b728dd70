"""
One VM for several smaller ones: they trade hosts, so that a large VM can go where there is no room for it alone.

The idea is the rearrangement of big processes of the winner of the ROADEF/EURO challenge of 2012 [1]_.

References
----------
.. [1] H. Gavranović, M. Buljubašić, E. Demirović, "Variable neighborhood search for Google machine reassignment
   problem," ENDM 39, 2012.
"""

import numpy as np
from numba import njit, types

from models.arrays import Ints, Mask, Rows
from solvers.kernels.reassign_sums import (
    COST,
    GROUPS,
    LACK,
    LOAD,
    RULES,
    TAKEN,
    counted,
    holds,
    host_cost,
    lacks,
    loaded,
    strayed,
    teamed,
    way,
)

_I, _V = types.int64, types.void
_I1, _I2, _I3 = types.int64[::1], types.int64[:, ::1], types.int64[:, :, ::1]
_C2, _B2 = types.int32[:, ::1], types.boolean[:, ::1]


@njit(_V(_I, _I, _I, _I1, _I1, _I1), cache=True)
def linked(vm: int, left: int, host: int, head: Ints, following: Ints, previous: Ints) -> None:
    """Move a VM from the list of a host to the front of another's."""
    before, after = previous[vm], following[vm]
    if before >= 0:
        following[before] = after
    else:
        head[left] = after
    if after >= 0:
        previous[after] = before
    first = head[host]
    head[host], previous[vm], following[vm] = vm, -1, first
    if first >= 0:
        previous[first] = vm


@njit(_I(_I, _I, _I, types.uint64, _I1, _I1, _I1, _I1, _I1, _B2, _I1), cache=True)
def _gathered(
    vm: int,
    left: int,
    host: int,
    bits: np.uint64,
    chosen: Ints,
    size: Ints,
    head: Ints,
    following: Ints,
    rank: Ints,
    scope: Mask,
    scope_of: Ints,
) -> int:
    """Choose VMs of the host at random, about as large together as the one that comes; return how many, 0 for none."""
    goal, total, count = size[vm] + size[vm] // 8, 0, 0
    other = head[host]
    for _ in range(64):
        if other < 0 or count == chosen.shape[0]:
            break
        picked = (bits & np.uint64(1)) != np.uint64(0) and rank[other] >= 0
        if picked and total + size[other] <= goal and scope[scope_of[other], left]:
            chosen[count] = other
            count += 1
            total += size[other]
        bits >>= np.uint64(1)
        other = following[other]
    return count if 2 * total >= size[vm] else 0


@njit(types.boolean(_I, _I, _I, _I, _I, _I, _I1, _I1, _I2, _I3, _I1), cache=True)
def _roomy(
    vm: int,
    left: int,
    host: int,
    count: int,
    begin: int,
    steady: int,
    chosen: Ints,
    start: Ints,
    room: Ints,
    demand: Ints,
    kind: Ints,
) -> bool:
    """Return whether both hosts have room in all dims from one on after the exchange."""
    old, new = kind[left], kind[host]
    for dim in range(begin, room.shape[1]):
        held = dim >= steady
        there = 0 if held and start[vm] == host else demand[new, vm, dim]
        here = 0 if held and start[vm] == left else -demand[old, vm, dim]
        for index in range(count):
            other = chosen[index]
            if not (held and start[other] == host):
                there -= demand[new, other, dim]
            if not (held and start[other] == left):
                here += demand[old, other, dim]
        if there > room[host, dim] or here > room[left, dim]:
            return False
    return True


@njit(
    _V(
        _I, _I, types.uint64, _I, _I, _I, _I, _I, *(_I1,) * 13, _B2, _I1,
        _I1, _I1, _I1, _I1, _C2, _I1, _I1, _I1, _I1, *LOAD, _I2, *GROUPS, *RULES,
    ),
    cache=True,
)  # fmt: skip
def exchange(
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
    chosen: Ints,
    size: Ints,
    head: Ints,
    following: Ints,
    previous: Ints,
    rank: Ints,
    away: Ints,
    slot: Ints,
    host_of: Ints,
    start: Ints,
    scope: Mask,
    scope_of: Ints,
    on_weight: Ints,
    vms_on: Ints,
    host_costs: Ints,
    move_weight: Ints,
    distance: Rows,
    zone: Ints,
    team: Ints,
    moved: Ints,
    tally: Ints,
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
    """Let a VM and some of a host trade places, if that may cost what it does and keeps the rules."""
    left = host_of[vm]
    count = _gathered(vm, left, host, bits, chosen, size, head, following, rank, scope, scope_of)
    begin = 0 if price < 0 else steady
    if count == 0 or not _roomy(vm, left, host, count, begin, steady, chosen, start, room, demand, kind):
        return
    change = on_weight[left] + on_weight[host] - host_costs[left] - host_costs[host]
    for index in range(-1, count):
        one, old, new = (vm, left, host) if index < 0 else (chosen[index], host, left)
        change += way(one, new, scale, start, move_weight, distance, zone)
        change -= way(one, old, scale, start, move_weight, distance, zone)
        loaded(one, old, -1, steady, start, over, room, demand, kind)
        loaded(one, new, 1, steady, start, over, room, demand, kind)
        counted(one, old, new, first, listed, level, offset, place, present, used)
        change += team_weight * teamed(one, old, new, start, team, scalars, moved, tally)
    new_left = host_cost(left, -1, -1, 1 << 62, over, demand, kind, weight, span, balance)
    new_host = host_cost(host, -1, -1, 1 << 62, over, demand, kind, weight, span, balance)
    lack_left, lack_host, penalty = 0, 0, 0
    if price >= 0:
        lack_left = lacks(left, -1, -1, steady, room, demand, kind, lack_weight)
        lack_host = lacks(host, -1, -1, steady, room, demand, kind, lack_weight)
        penalty = lack_left + lack_host - lacking[left] - lacking[host]
    good = change + new_left + new_host + ((penalty * price) >> 12) <= allowed
    for index in range(-1, count):
        one, old, new = (vm, left, host) if index < 0 else (chosen[index], host, left)
        good = good and holds(
            one, old, new, first, listed, level, offset, place, present, used,
            most, least, needs_first, needs, serves_first, serves,
        )  # fmt: skip
    for index in range(-1, count):
        one, old, new = (vm, left, host) if index < 0 else (chosen[index], host, left)
        if good:
            host_of[one] = new
            strayed(one, new, start, scalars, away, slot)
            linked(one, old, new, head, following, previous)
        else:
            loaded(one, new, -1, steady, start, over, room, demand, kind)
            loaded(one, old, 1, steady, start, over, room, demand, kind)
            counted(one, new, old, first, listed, level, offset, place, present, used)
            teamed(one, new, old, start, team, scalars, moved, tally)
    if good:
        if price >= 0:
            lacking[left], lacking[host] = lack_left, lack_host
            scalars[LACK] += penalty
        vms_on[left] += count - 1
        vms_on[host] += 1 - count
        host_costs[left], host_costs[host] = new_left + on_weight[left], new_host + on_weight[host]
        scalars[COST] += change + new_left + new_host
        scalars[TAKEN] += 1
