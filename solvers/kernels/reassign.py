"""
Local search by simulated annealing: single VMs shift, pairs swap hosts; every state on the way keeps all rules.

A trial costs a few dozen operations: what a host costs is kept, so that only the two hosts concerned are reckoned
again. Dims are ordered so that the last ones are transient: a VM that has left its first host still holds them there.

Groups are sets of VMs at a level, with how many of theirs are in each place. A group may have a most in one place, a
least number of places, and groups that must be present wherever it is.
"""

import numpy as np
from numba import njit, types

from models.arrays import Floats, Ints, Mask, Rows

_I, _F, _V = types.int64, types.float64, types.void
_I1, _I2, _I3 = types.int64[::1], types.int64[:, ::1], types.int64[:, :, ::1]
_F1 = types.float64[::1]
_C1, _C2 = types.int32[::1], types.int32[:, ::1]
_B = types.boolean
_B1, _B2 = types.boolean[::1], types.boolean[:, ::1]

COST, MOST_MOVED, TAKEN, SEED, AWAY = 0, 1, 2, 3, 4
"""Places in `scalars`: the cost, the most moved of a team, trials taken, the random numbers' state, who is away."""

LOGS = 4096
"""Draws of an exponential distribution that are tabled."""

_LOAD = (_I2, _I3, _I1, _I1, _I2, _I2)
_GROUPS = (_I1, _I1, _I1, _I1, _I2, _C1, _I1)


@njit(_I(_I, _I, _I, _I, *_LOAD), cache=True)
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


@njit(_B(_I, _I, _I, _I, _I1, _I2, _I3, _I1), cache=True)
def _fits(host: int, leaver: int, comer: int, steady: int, start: Ints, room: Ints, demand: Ints, kind: Ints) -> bool:
    """Return whether a host has room for a VM once another, -1 for none, has left."""
    own = kind[host]
    for dim in range(steady):
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


@njit(_V(_I, _I, _I, _I, _I1, _I2, _I2, _I3, _I1), cache=True)
def _loaded(
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


@njit(_V(_I, _I, _I, *_GROUPS), cache=True)
def _counted(
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


@njit(_B(_I, _I, _I, *_GROUPS, _I1, _I1, _I1, _I1, _I1, _I1), cache=True)
def _holds(
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


@njit(_B(_I, _I, _I, _I, *_GROUPS, _I1), cache=True)
def _crowded(
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
def _way(vm: int, host: int, scale: int, start: Ints, move_weight: Ints, distance: Rows, zone: Ints) -> int:
    """Return what it costs that a VM is on a host and not where it started."""
    home = start[vm]
    if home == host or home < 0:
        return 0
    return int(move_weight[vm] + scale * distance[zone[home], zone[host]])


@njit(_I(_I, _I, _I1, _I1, _I1), cache=True)
def _teamed(team: int, step: int, scalars: Ints, moved: Ints, tally: Ints) -> int:
    """Count one more, or one less, of a team as moved; return by how much the most of all teams has changed."""
    before = moved[team]
    moved[team] = before + step
    tally[before] -= 1
    tally[before + step] += 1
    most = scalars[MOST_MOVED]
    if before + step > most:
        scalars[MOST_MOVED] = before + step
        return 1
    if step < 0 and before == most and tally[before] == 0:
        scalars[MOST_MOVED] = most - 1
        return -1
    return 0


@njit(_I(types.uint64, types.uint64), cache=True)
def _below(word: np.uint64, count: np.uint64) -> int:
    """Return a number from 0 to below the count, from the upper half of a random word [1]_."""
    return np.int64(((word >> np.uint64(32)) * count) >> np.uint64(32))  # type: ignore[return-value]


@njit(_V(_I, _I, _I1, _I1, _I1, _I1), cache=True)
def _listed_away(vm: int, host: int, start: Ints, scalars: Ints, away: Ints, slot: Ints) -> None:
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


@njit(
    _V(
        _I, _F, _I1, _I, _I, _I, _I1, _I1, _I1, _F1, _I1, _I1, _I1, _B2, _I1, _I1, _I1, _I1, _I1, _C2, _I1, _I1, _I1,
        _I1, *_LOAD, _I2, *_GROUPS, _I1, _I1, _I1, _I1, _I1, _I1, _I1, _I1,
    ),
    cache=True,
)  # fmt: skip
def anneal(
    trials: int,
    temperature: float,
    shares: Ints,
    steady: int,
    scale: int,
    team_weight: int,
    scalars: Ints,
    away: Ints,
    slot: Ints,
    logs: Floats,
    host_of: Ints,
    start: Ints,
    free: Ints,
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
    members_first: Ints,
    members: Ints,
) -> None:
    """
    Try random shifts and swaps, and take those that the temperature allows.

    Parameters
    ----------
    trials, temperature
        How many, and the mean of the exponential distribution of what a move may cost.
    shares
        Thresholds of kinds of trials, ascending, each of 1024: shifts, shifts home, swaps, swaps within a group, swaps
        of two that are away, relays whose second goes home; the rest are relays whose second goes anywhere.
    """
    state = np.uint64(scalars[SEED])
    vms, hosts = np.uint64(free.shape[0]), np.uint64(over.shape[0])
    u12, u25, u27 = np.uint64(12), np.uint64(25), np.uint64(27)
    mask10 = np.uint64(1023)
    for _ in range(trials):
        state ^= state >> u12
        state ^= state << u25
        state ^= state >> u27
        word = state * np.uint64(0x2545F4914F6CDD1D)
        state ^= state >> u12
        state ^= state << u25
        state ^= state >> u27
        second = state * np.uint64(0x2545F4914F6CDD1D)
        allowed = int(temperature * logs[int(word & np.uint64(LOGS - 1))])
        sort = int((word >> u12) & mask10)
        vm, other, target = 0, -1, -1
        many = np.uint64(scalars[AWAY])
        if sort < shares[0]:
            vm = free[_below(word, vms)]
            host = _below(second, hosts)
        elif sort < shares[1]:
            if scalars[AWAY] == 0:
                continue
            vm = away[_below(word, many)]
            host = start[vm] if (second & np.uint64(1)) == np.uint64(0) else _below(second, hosts)
            if host < 0:
                continue
        elif sort < shares[4]:
            if sort < shares[2]:
                vm = free[_below(word, vms)]
                other = free[_below(second, vms)]
            elif sort < shares[3]:
                vm = free[_below(word, vms)]
                if first[vm] == first[vm + 1]:
                    continue
                group = listed[first[vm]]
                size = np.uint64(members_first[group + 1] - members_first[group])
                other = members[members_first[group] + _below(second, size)]
            else:
                if scalars[AWAY] == 0:
                    continue
                vm = away[_below(word, many)]
                other = away[_below(second, many)]
            host = host_of[other]
            target = host_of[vm]
        else:
            if scalars[AWAY] == 0:
                continue
            other = away[_below(word, many)]
            vm = free[_below(second, vms)]
            host = host_of[other]
            target = start[other] if sort < shares[5] else _below(second << np.uint64(32), hosts)
            if target == host or target < 0:
                continue
        left = host_of[vm]
        if host == left or not scope[scope_of[vm], host]:
            continue
        if _crowded(vm, other, left, host, first, listed, level, offset, place, present, used, most):
            continue
        if not _fits(host, other, vm, steady, start, room, demand, kind):
            continue
        if other >= 0:
            if not scope[scope_of[other], target] and target != start[other]:
                continue
            leaver = vm if target == left else -1
            if _crowded(other, leaver, host, target, first, listed, level, offset, place, present, used, most):
                continue
            if not _fits(target, leaver, other, steady, start, room, demand, kind):
                continue
        delta = _way(vm, host, scale, start, move_weight, distance, zone)
        delta -= _way(vm, left, scale, start, move_weight, distance, zone)
        if other >= 0:
            delta += _way(other, target, scale, start, move_weight, distance, zone)
            delta -= _way(other, host, scale, start, move_weight, distance, zone)
        delta -= host_costs[left] + host_costs[host]
        slack = allowed + 2 * team_weight
        third = other >= 0 and target != left
        new_target = 0
        if third:
            delta += on_weight[target] - host_costs[target]
        comer = other if target == left else -1
        if comer >= 0 or vms_on[left] > 1:
            delta += on_weight[left]
        new_left = host_cost(left, vm, comer, slack - delta, over, demand, kind, weight, span, balance)
        delta += new_left
        if delta > slack:
            continue
        if third:
            new_target = host_cost(target, -1, other, slack - delta, over, demand, kind, weight, span, balance)
            delta += new_target
            if delta > slack:
                continue
        delta += on_weight[host]
        new_host = host_cost(host, other, vm, slack - delta, over, demand, kind, weight, span, balance)
        delta += new_host
        if delta > slack:
            continue
        _counted(vm, left, host, first, listed, level, offset, place, present, used)
        if other >= 0:
            _counted(other, host, target, first, listed, level, offset, place, present, used)
        good = _holds(
            vm, left, host, first, listed, level, offset, place, present, used,
            most, least, needs_first, needs, serves_first, serves,
        ) and (
            other < 0 or _holds(
                other, host, target, first, listed, level, offset, place, present, used,
                most, least, needs_first, needs, serves_first, serves,
            )
        )  # fmt: skip
        step, step_other = 0, 0
        if good:
            if team[vm] >= 0 and start[vm] >= 0:
                step = int(start[vm] == left) - int(start[vm] == host)
                if step != 0:
                    delta += team_weight * _teamed(team[vm], step, scalars, moved, tally)
            if other >= 0 and team[other] >= 0 and start[other] >= 0:
                step_other = int(start[other] == host) - int(start[other] == target)
                if step_other != 0:
                    delta += team_weight * _teamed(team[other], step_other, scalars, moved, tally)
        if not good or delta > allowed:
            _counted(vm, host, left, first, listed, level, offset, place, present, used)
            if other >= 0:
                _counted(other, target, host, first, listed, level, offset, place, present, used)
            if step != 0:
                _teamed(team[vm], -step, scalars, moved, tally)
            if step_other != 0:
                _teamed(team[other], -step_other, scalars, moved, tally)
            continue
        _loaded(vm, left, -1, steady, start, over, room, demand, kind)
        _loaded(vm, host, 1, steady, start, over, room, demand, kind)
        host_of[vm] = host
        _listed_away(vm, host, start, scalars, away, slot)
        vms_on[left] -= 1
        vms_on[host] += 1
        if other >= 0:
            _loaded(other, host, -1, steady, start, over, room, demand, kind)
            _loaded(other, target, 1, steady, start, over, room, demand, kind)
            host_of[other] = target
            _listed_away(other, target, start, scalars, away, slot)
            vms_on[host] -= 1
            vms_on[target] += 1
            if third:
                host_costs[target] = new_target + on_weight[target]
        host_costs[left] = new_left + (on_weight[left] if vms_on[left] > 0 else 0)
        host_costs[host] = new_host + on_weight[host]
        scalars[COST] += delta
        scalars[TAKEN] += 1
    scalars[SEED] = np.int64(state)
