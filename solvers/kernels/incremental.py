"""
Scores hosts for one VM: what its arrival costs in room for others, compiled.

VMs come in *sorts* that ask for the same. The room of a host for a sort is how many VMs of it still fit there. On hosts
of several nodes, room on nodes that turns tell apart adds up. Places, such as racks, sum the room of their hosts.
"""

import numpy as np
from numba import njit, types

from models.arrays import Floats, Ints, Mask

_INT, _FLOAT, _BOOL = types.int64, types.float64, types.boolean
_INTS, _INTS_2 = types.int64[::1], types.int64[:, ::1]
_INTS_3, _INTS_4 = types.int64[:, :, ::1], types.int64[:, :, :, ::1]
_FLOATS, _FLOATS_2, _MASK = types.float64[::1], types.float64[:, ::1], types.boolean[::1]


@njit(_INT(_INTS, _INTS_2, _BOOL), cache=True)
def room(free: Ints, need: Ints, apart: bool) -> int:
    """Return how many VMs of a need per turn, shape (turns, dims), fit; turns on nodes of their own add up."""
    total = 0
    for turn in range(need.shape[0]):
        fit = np.iinfo(np.int64).max
        for dim in range(need.shape[1]):
            if need[turn, dim] > 0:
                fit = min(fit, int(max(free[dim], 0) / need[turn, dim]))
        if apart:
            total += fit
        else:
            total = max(total, fit)
    return total


@njit(types.void(_INT, _INTS_2, _INTS_2, _INTS, _INTS_4, _MASK, _INTS_2, _INTS_2, _INTS), cache=True)
def survey(
    host: int, load: Ints, limit: Ints, kind: Ints, sorts: Ints, apart: Mask, rooms: Ints, totals: Ints, place: Ints
) -> None:
    """Count the room of one host anew, shape (hosts, sorts), and in the sums of its place, shape (places, sorts)."""
    free = limit[host] - load[host]
    for sort in range(sorts.shape[0]):
        now = room(free, sorts[sort, kind[host]], apart[sort])
        totals[place[host], sort] += now - rooms[host, sort]
        rooms[host, sort] = now


@njit(_FLOAT(_FLOATS, _INT, _INT), cache=True)
def missed(wanted: Floats, total: int, lost: int) -> float:
    """Return how many members to come are expected to miss room if of a total so much is lost."""
    found = 0.0
    for left in range(total - lost, min(total, len(wanted))):
        found += wanted[left]
    return found


@njit(types.void(_INTS, _INTS, _FLOATS, _FLOATS_2), cache=True)
def expect(row: Ints, members: Ints, more: Floats, wanted: Floats) -> None:
    """
    Fill in how likely one, two, … members of the groups of each row are still to come at least.

    Parameters
    ----------
    row, members
        Of each group. Shape (groups,).
    more
        How likely another comes to a group of 0, 1, … members; the last stands for all larger ones.
    wanted
        Filled in. Shape (rows, most).
    """
    rows, most = wanted.shape
    chance, last = np.zeros((rows, most + 1)), len(more) - 1
    chance[:, 0] = 1.0
    own, mixed = np.empty(most + 1), np.empty(most + 1)
    for group in range(len(row)):
        reached = 1.0
        for extra in range(most + 1):
            on = more[min(members[group] + extra, last)] if extra < most else 0.0
            own[extra] = reached * (1.0 - on)
            reached *= on
        mixed[:] = 0.0
        for before in range(most + 1):
            for extra in range(most + 1):
                mixed[min(before + extra, most)] += chance[row[group], before] * own[extra]
        chance[row[group]] = mixed
    for each in range(rows):
        tail = 0.0
        for extra in range(most - 1, -1, -1):
            tail += chance[each, extra + 1]
            wanted[each, extra] = tail


@njit(
    types.void(
        _INTS_3, _INTS_2, _INTS_2, _INTS, _MASK, _FLOATS, _INTS_4, _MASK, _INTS_2, _INTS_2, _INTS, _FLOATS_2,
        _INTS_2, _FLOATS_2, _FLOATS, _FLOAT, _BOOL, _FLOATS, _INTS,
    ),
    cache=True,
)  # fmt: skip
def scores(
    need: Ints,
    load: Ints,
    limit: Ints,
    kind: Ints,
    allowed: Mask,
    entry: Floats,
    sorts: Ints,
    apart: Mask,
    rooms: Ints,
    totals: Ints,
    place: Ints,
    worth: Floats,
    keeper: Ints,
    wanted: Floats,
    unit: Floats,
    trespass: float,
    thorough: bool,
    score: Floats,
    turn: Ints,
) -> None:
    """
    Fill in what each host would cost by its best turn; infinite where the VM may not or does not fit.

    Parameters
    ----------
    need
        What the VM takes on each kind of host by each turn. Shape (kinds, turns, dims).
    load, limit, kind
        Of the hosts. Shapes (hosts, dims), (hosts, dims), (hosts,).
    allowed, entry
        Where rules let it go, and what entering the host costs as such. Shape (hosts,).
    sorts, apart
        What VMs of each sort take, shape (sorts, kinds, turns, dims), and whose turns are on nodes of their own.
    rooms, totals, place
        Room of hosts and places for sorts, and the place of each host.
    worth
        What room for one VM of a sort is worth in a place. Shape (places, sorts).
    keeper, wanted
        How likely the room of a place for one, two, … of a sort will be asked for by members of groups to come, shape
        (kept, most), and which row tells it, negative where none is kept, shape (places, sorts).
    unit
        What counts as one of each dim, to prefer tight fits among equals. Shape (dims,).
    trespass
        What it costs to take room that will be asked for.
    thorough
        Whether all scores are exact; else those of hosts that are not the best may be too low, yet above the best.
    score, turn
        Filled in. Shape (hosts,).
    """
    left = np.empty(load.shape[1], np.int64)
    best = np.inf
    for host in range(load.shape[0]):
        score[host], turn[host] = np.inf, -1
        if not allowed[host]:
            continue
        spot = place[host]
        for way in range(need.shape[1]):
            fits, cost = True, entry[host]
            for dim in range(load.shape[1]):
                left[dim] = limit[host, dim] - load[host, dim] - need[kind[host], way, dim]
                fits &= left[dim] >= 0
                cost += 1e-3 * max(left[dim], 0) / unit[dim]
            if not fits:
                continue
            short = 0.0
            for sort in range(sorts.shape[0]):
                lost = rooms[host, sort] - room(left, sorts[sort, kind[host]], apart[sort])
                cost += worth[spot, sort] * lost
                if cost >= best and not thorough:
                    break
                if lost > 0 and keeper[spot, sort] >= 0:
                    short += missed(wanted[keeper[spot, sort]], totals[spot, sort], lost)
            cost += trespass * short
            if cost < score[host]:
                score[host], turn[host] = cost, way
                best = min(best, cost)
