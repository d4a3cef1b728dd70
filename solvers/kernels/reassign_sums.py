"""
The sums of a local search: what hosts hold and cost, how many of a group are where, who is away, who has moved.

Dims are ordered so that the last ones are transient: a VM that has left its first host still holds them there.

Groups are sets of VMs at a level, with how many of theirs are in each place. A group may have a most in one place, a
least number of places, and groups that must be present wherever it is.
"""

import numpy as np
from numba import njit, types

from models.arrays import Ints, Rows

_I, _V = types.int64, types.void
_I1, _I2, _I3 = types.int64[::1], types.int64[:, ::1], types.int64[:, :, ::1]
_C1, _C2 = types.int32[::1], types.int32[:, ::1]
_B = types.boolean

COST, MOST_MOVED, TAKEN, SEED, AWAY, LACK = 0, 1, 2, 3, 4, 5
"""Places in `scalars`: the cost, the most moved of a team, trials taken, the random numbers' state, who is away."""

LOAD = (_I2, _I3, _I1, _I1, _I2, _I2)
GROUPS = (_I1, _I1, _I1, _I1, _I2, _C1, _I1)
RULES = (_I1, _I1, _I1, _I1, _I1, _I1)


@njit(_I(_I, _I, _I, _I, *LOAD), cache=True)
def host_cost(
    host: int,
    leaver: int,
    comer: int,
    most: int,
    over: Ints,
    demand: Ints,
    kind: Ints,
    weight: Ints,
    span: Ints,
    balance: Ints,
) -> int:
    """Return what a host's load costs once a VM has left and another has come, -1 for none; stop early above `most`."""
    total: int = 0
    own = kind[host]
    for dim in range(over.shape[1]):
        load = over[host, dim]
        if leaver >= 0:
            load -= demand[own, leaver, dim]
        if comer >= 0:
            load += demand[own, comer, dim]
        if load > 0:
            total += weight[dim] * load
            if total > most:
                return total
    for index in range(balance.shape[0]):
        first, second = balance[index, 0], balance[index, 1]
        free_first = span[host, first] - over[host, first]
        free_second = span[host, second] - over[host, second]
        if leaver >= 0:
            free_first += demand[own, leaver, first]
            free_second += demand[own, leaver, second]
        if comer >= 0:
            free_first -= demand[own, comer, first]
            free_second -= demand[own, comer, second]
        lacking = balance[index, 2] * free_first - free_second
        if lacking > 0:
            total += balance[index, 3] * lacking
    return total


@njit(_B(_I, _I, _I, _I, _I, _I1, _I2, _I3, _I1), cache=True)
def fits(
    host: int, leaver: int, comer: int, begin: int, steady: int, start: Ints, room: Ints, demand: Ints, kind: Ints
) -> bool:
    """Return whether a host has room in all dims from one on for a VM once another, -1 for none, has left."""
    own = kind[host]
    for dim in range(begin, steady):
        need = demand[own, comer, dim]
        if leaver >= 0:
            need -= demand[own, leaver, dim]
        if need > room[host, dim]:
            return False
    returns = start[comer] == host
    frees = leaver >= 0 and start[leaver] != host
    for dim in range(steady, room.shape[1]):
        need = 0 if returns else demand[own, comer, dim]
        if frees:
            need -= demand[own, leaver, dim]
        if need > room[host, dim]:
            return False
    return True


@njit(_I(_I, _I, _I, _I, _I2, _I3, _I1, _I1), cache=True)
def lacks(
    host: int,
    leaver: int,
    comer: int,
    steady: int,
    room: Ints,
    demand: Ints,
    kind: Ints,
    lack_weight: Ints,
) -> int:
    """Return by how much, weighted by dim, a host is overfull once a VM has left and another has come, -1 for none."""
    own, total = kind[host], 0
    for dim in range(steady):
        left = room[host, dim]
        if leaver >= 0:
            left += demand[own, leaver, dim]
        if comer >= 0:
            left -= demand[own, comer, dim]
        if left < 0:
            total -= lack_weight[dim] * left
    return total


@njit(_V(_I, _I, _I, _I, _I1, _I2, _I2, _I3, _I1), cache=True)
def loaded(
    vm: int, host: int, sign: int, steady: int, start: Ints, over: Ints, room: Ints, demand: Ints, kind: Ints
) -> None:
    """Add a VM to a host's sums, or take it away."""
    own = kind[host]
    stays = start[vm] == host
    for dim in range(over.shape[1]):
        amount = sign * demand[own, vm, dim]
        over[host, dim] += amount
        if dim < steady or not stays:
            room[host, dim] -= amount


@njit(_V(_I, _I, _I, *GROUPS), cache=True)
def counted(
    vm: int,
    left: int,
    host: int,
    first: Ints,
    listed: Ints,
    level: Ints,
    offset: Ints,
    place: Ints,
    present: Rows,
    used: Ints,
) -> None:
    """Move a VM in the counts of its groups."""
    for index in range(first[vm], first[vm + 1]):
        group = listed[index]
        old, new = place[level[group], left], place[level[group], host]
        if old == new:
            continue
        present[offset[group] + old] -= 1
        if present[offset[group] + old] == 0:
            used[group] -= 1
        if present[offset[group] + new] == 0:
            used[group] += 1
        present[offset[group] + new] += 1


@njit(_B(_I, _I, _I, *GROUPS, *RULES), cache=True)
def holds(
    vm: int,
    left: int,
    host: int,
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
) -> bool:
    """Return whether the groups of a VM that has moved keep their rules, in the two places concerned."""
    for index in range(first[vm], first[vm + 1]):
        group = listed[index]
        old, new = place[level[group], left], place[level[group], host]
        if old == new:
            continue
        if present[offset[group] + new] > most[group] or used[group] < least[group]:
            return False
        for rank in range(needs_first[group], needs_first[group + 1]):
            other = needs[rank]
            if present[offset[other] + new] == 0:
                return False
        if present[offset[group] + old] == 0:
            for rank in range(serves_first[group], serves_first[group + 1]):
                if present[offset[serves[rank]] + old] > 0:
                    return False
    return True


@njit(_B(_I, _I, _I, _I, *GROUPS, _I1), cache=True)
def crowded(
    vm: int,
    other: int,
    left: int,
    host: int,
    first: Ints,
    listed: Ints,
    level: Ints,
    offset: Ints,
    place: Ints,
    present: Rows,
    used: Ints,
    most: Ints,
) -> bool:
    """Return whether a group of a VM has its most where it would go, and the one that leaves, or -1, is not of it."""
    for index in range(first[vm], first[vm + 1]):
        group = listed[index]
        new = place[level[group], host]
        if present[offset[group] + new] < most[group] or new == place[level[group], left]:
            continue
        shared = False
        if other >= 0:
            for rank in range(first[other], first[other + 1]):
                shared |= listed[rank] == group
        if not shared:
            return True
    return False


@njit(_I(_I, _I, _I, _I1, _I1, _C2, _I1), cache=True)
def way(vm: int, host: int, scale: int, start: Ints, move_weight: Ints, distance: Rows, zone: Ints) -> int:
    """Return what it costs that a VM is on a host and not where it started."""
    home = start[vm]
    if home == host or home < 0:
        return 0
    return int(move_weight[vm] + scale * distance[zone[home], zone[host]])


@njit(_I(_I, _I, _I, *(_I1,) * 5), cache=True)
def teamed(vm: int, left: int, host: int, start: Ints, team: Ints, scalars: Ints, moved: Ints, tally: Ints) -> int:
    """Count a VM's move in its team's; return by how much the most that have moved of a team has changed."""
    home, own = start[vm], team[vm]
    if own < 0 or home < 0 or (home != left and home != host):
        return 0
    before, after = moved[own], moved[own] + (1 if home == left else -1)
    moved[own] = after
    tally[before] -= 1
    tally[after] += 1
    if after > scalars[MOST_MOVED]:
        scalars[MOST_MOVED] = after
        return 1
    if after < before and before == scalars[MOST_MOVED] and tally[before] == 0:
        scalars[MOST_MOVED] = after
        return -1
    return 0


@njit(_I(types.uint64, types.uint64), cache=True)
def below(word: np.uint64, count: np.uint64) -> int:
    """Return a number from 0 to below the count, from the upper half of a random word."""
    return np.int64(((word >> np.uint64(32)) * count) >> np.uint64(32))  # type: ignore[return-value]


@njit(_V(_I, _I, _I1, _I1, _I1, _I1), cache=True)
def strayed(vm: int, host: int, start: Ints, scalars: Ints, away: Ints, slot: Ints) -> None:
    """Keep the list of VMs that are not where they started."""
    if host == start[vm]:
        last = away[scalars[AWAY] - 1]
        away[slot[vm]] = last
        slot[last] = slot[vm]
        slot[vm] = -1
        scalars[AWAY] -= 1
    elif slot[vm] < 0:
        slot[vm] = scalars[AWAY]
        away[slot[vm]] = vm
        scalars[AWAY] += 1
