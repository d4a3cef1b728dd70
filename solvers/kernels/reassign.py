"""
Local search by simulated annealing: VMs shift, swap hosts or relay; every state on the way keeps all rules.

A trial costs a few dozen operations: what a host costs is kept, so that only the hosts concerned are reckoned again.
Most are a move of one VM, and of a second one that leaves where the first one goes: for where the first one comes from
(a swap) or for anywhere else (a relay). The rest, exchanges and ejections, have files of their own.

Groups are sets of VMs at a level, with how many of theirs are in each place. A group may have a most in one place, a
least number of places, and groups that must be present wherever it is.
"""

import numpy as np
from numba import njit, types

from models.arrays import Floats, Ints, Mask, Rows
from solvers.kernels.reassign_draw import drawn, paired, steered
from solvers.kernels.reassign_eject import eject
from solvers.kernels.reassign_exchange import exchange, linked
from solvers.kernels.reassign_sums import (
    AWAY,
    COST,
    GROUPS,
    LACK,
    LOAD,
    SEED,
    TAKEN,
    below,
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

LOGS = 4096
"""Draws of an exponential distribution that are tabled."""

_I, _F = types.int64, types.float64
_I1, _I2 = types.int64[::1], types.int64[:, ::1]
_C2, _B2 = types.int32[:, ::1], types.boolean[:, ::1]


@njit(
    types.void(
        _I, _F, _I, _I1, _I, _I, _I, _I1, _I1, _I1, _I1, _I1,
        types.float64[::1], _I1, _I1, _I1, _I2, *(_I1,) * 7, _I1, _I1, _B2, _I1, _I1, _I1, _I1, _I1, _C2, _I1, _I1, _I1,
        _I1, *LOAD, _I2, *GROUPS, _I1, _I1, _I1, _I1, _I1, _I1, _I1, _I1,
    ),
    cache=True,
)  # fmt: skip
def anneal(
    trials: int, temperature: float, price: int, shares: Ints, steady: int, scale: int, team_weight: int,
    scalars: Ints, lack_weight: Ints, lacking: Ints, away: Ints, slot: Ints, logs: Floats, host_of: Ints, start: Ints,
    chosen: Ints, trail: Ints, size: Ints, head: Ints, following: Ints, previous: Ints, free: Ints, narrow: Ints,
    reach_first: Ints, reach: Ints, rank: Ints, scope: Mask, scope_of: Ints, on_weight: Ints, vms_on: Ints,
    host_costs: Ints, move_weight: Ints, distance: Rows, zone: Ints, team: Ints, moved: Ints, tally: Ints, over: Ints,
    demand: Ints, kind: Ints, weight: Ints, span: Ints, balance: Ints, room: Ints, first: Ints, listed: Ints,
    level: Ints, offset: Ints, place: Ints, present: Rows, used: Ints, most: Ints, least: Ints, needs_first: Ints,
    needs: Ints, serves_first: Ints, serves: Ints, members_first: Ints, members: Ints,
) -> None:  # fmt: skip
    """
    Try random shifts and swaps, and take those that the temperature allows.

    Parameters
    ----------
    trials, temperature
        How many, and the mean of the exponential distribution of what a move may cost.
    price
        What it costs, in 4096ths, to lack a unit of `lacking` where no dim is transient; -1 where no host may.
    lack_weight, lacking
        The weight of each dim, and how much each host lacks.
    shares
        Thresholds of kinds of trials, ascending, each of 1024: shifts, shifts of rather small VMs, shifts of those that
        are away, half of them home; swaps, swaps of VMs of about one size, of one group, of two that are away; relays
        whose second goes home, or anywhere; exchanges of one VM for several; ejections; the rest are shifts, swaps and
        relays of VMs that can go to few hosts.
    chosen, trail
        Room for the VMs of an exchange, and for the moves of an ejection.
    size, head, following, previous
        What the load of each VM may cost; the first VM on each host, and for each VM the next and the one before.
    narrow, reach_first, reach
        VMs that can go to few hosts, and these hosts: VM v's are from ``reach_first[v]`` to ``reach_first[v + 1]``.
    free, rank
        The VMs that may move, the smallest first, and the place of each VM in this order.
    """
    state = np.uint64(scalars[SEED])
    vms, hosts = np.uint64(free.shape[0]), np.uint64(over.shape[0])
    u12, u25, u27 = np.uint64(12), np.uint64(25), np.uint64(27)
    mask10 = np.uint64(1023)
    begin = 0 if price < 0 else steady
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
        if sort >= shares[8] and sort < shares[10]:
            index = below(word, vms)
            if (second & np.uint64(1)) == np.uint64(0):
                index = free.shape[0] - 1 - below(second << np.uint64(32), np.uint64(index + 1))
            vm = free[index]
            host = drawn(second, vm, hosts, reach_first, reach)
            if host == host_of[vm] or not scope[scope_of[vm], host]:
                continue
            if sort >= shares[9]:
                eject(
                    vm, host, second * np.uint64(0x9E3779B97F4A7C15), allowed, price, steady, scale, team_weight,
                    scalars, lack_weight, lacking, trail,
                    head, following, previous, rank, away, slot, host_of, start, team, moved, tally,
                    scope, scope_of, on_weight, vms_on, host_costs, move_weight, distance, zone,
                    over, demand, kind, weight, span, balance, room,
                    first, listed, level, offset, place, present, used,
                    most, least, needs_first, needs, serves_first, serves,
                )  # fmt: skip
            else:
                exchange(
                    vm, host, second * np.uint64(0x9E3779B97F4A7C15), allowed, price, steady, scale, team_weight,
                    scalars, lack_weight, lacking, chosen, size,
                    head, following, previous, rank, away, slot, host_of, start, scope, scope_of,
                    on_weight, vms_on, host_costs, move_weight, distance, zone, team, moved, tally,
                    over, demand, kind, weight, span, balance, room,
                    first, listed, level, offset, place, present, used,
                    most, least, needs_first, needs, serves_first, serves,
                )  # fmt: skip
            continue
        if sort >= shares[10]:
            vm, other, host, target = steered(
                word, second, hosts, narrow, reach_first, reach, rank, host_of, start, head, following, vms_on
            )
        else:
            vm, other, host, target = paired(
                sort, word, second, shares, np.uint64(scalars[AWAY]), free, away, rank, host_of, start,
                reach_first, reach, hosts, first, listed, members_first, members,
            )  # fmt: skip
        if vm < 0 or host < 0 or (other >= 0 and (target < 0 or target == host)):
            continue
        left = host_of[vm]
        if host == left or not scope[scope_of[vm], host]:
            continue
        if crowded(vm, other, left, host, first, listed, level, offset, place, present, used, most):
            continue
        if not fits(host, other, vm, begin, steady, start, room, demand, kind):
            continue
        if other >= 0:
            if not scope[scope_of[other], target] and target != start[other]:
                continue
            leaver = vm if target == left else -1
            if crowded(other, leaver, host, target, first, listed, level, offset, place, present, used, most):
                continue
            if not fits(target, leaver, other, begin, steady, start, room, demand, kind):
                continue
        delta = way(vm, host, scale, start, move_weight, distance, zone)
        delta -= way(vm, left, scale, start, move_weight, distance, zone)
        if other >= 0:
            delta += way(other, target, scale, start, move_weight, distance, zone)
            delta -= way(other, host, scale, start, move_weight, distance, zone)
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
        penalty = 0
        lack_left, lack_host, lack_target = 0, 0, 0
        if price >= 0:
            penalty -= lacking[left] + lacking[host] + (lacking[target] if third else 0)
            most_lack = (slack - delta) * 4096 // max(price, 1)
            lack_host = lacks(host, other, vm, steady, room, demand, kind, lack_weight)
            penalty += lack_host
            if penalty > most_lack:
                continue
            lack_left = lacks(left, vm, comer, steady, room, demand, kind, lack_weight)
            penalty += lack_left
            if third:
                lack_target = lacks(target, -1, other, steady, room, demand, kind, lack_weight)
                penalty += lack_target
            if penalty > most_lack:
                continue
            allowed -= (penalty * price) >> 12
        counted(vm, left, host, first, listed, level, offset, place, present, used)
        if other >= 0:
            counted(other, host, target, first, listed, level, offset, place, present, used)
        good = holds(
            vm, left, host, first, listed, level, offset, place, present, used,
            most, least, needs_first, needs, serves_first, serves,
        ) and (
            other < 0 or holds(
                other, host, target, first, listed, level, offset, place, present, used,
                most, least, needs_first, needs, serves_first, serves,
            )
        )  # fmt: skip
        if good:
            delta += team_weight * teamed(vm, left, host, start, team, scalars, moved, tally)
            if other >= 0:
                delta += team_weight * teamed(other, host, target, start, team, scalars, moved, tally)
        if not good or delta > allowed:
            counted(vm, host, left, first, listed, level, offset, place, present, used)
            if other >= 0:
                counted(other, target, host, first, listed, level, offset, place, present, used)
            if good:
                if other >= 0:
                    teamed(other, target, host, start, team, scalars, moved, tally)
                teamed(vm, host, left, start, team, scalars, moved, tally)
            continue
        loaded(vm, left, -1, steady, start, over, room, demand, kind)
        loaded(vm, host, 1, steady, start, over, room, demand, kind)
        host_of[vm] = host
        linked(vm, left, host, head, following, previous)
        strayed(vm, host, start, scalars, away, slot)
        vms_on[left] -= 1
        vms_on[host] += 1
        if other >= 0:
            loaded(other, host, -1, steady, start, over, room, demand, kind)
            loaded(other, target, 1, steady, start, over, room, demand, kind)
            host_of[other] = target
            linked(other, host, target, head, following, previous)
            strayed(other, target, start, scalars, away, slot)
            vms_on[host] -= 1
            vms_on[target] += 1
            if third:
                host_costs[target] = new_target + on_weight[target]
        host_costs[left] = new_left + (on_weight[left] if vms_on[left] > 0 else 0)
        host_costs[host] = new_host + on_weight[host]
        if price >= 0:
            lacking[left], lacking[host] = lack_left, lack_host
            if third:
                lacking[target] = lack_target
            scalars[LACK] += penalty
        scalars[COST] += delta
        scalars[TAKEN] += 1
    scalars[SEED] = np.int64(state)
