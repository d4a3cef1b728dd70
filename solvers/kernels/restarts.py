"""Restarts after the loss of single hosts: first fit of what ran there, the hardest first, on the roomiest hosts."""

from numba import njit, types

from models.arrays import Ints, Mask

_INTS, _MASK = types.int64[::1], types.boolean[:, ::1]
_WIDE, _DEEP = types.int64[:, ::1], types.int64[:, :, ::1]
_PEOPLE = (_INTS, _INTS, _INTS, _DEEP, _INTS)
_HOSTS = (_WIDE, _WIDE, _INTS, _MASK)
_SUMS = (_INTS, _INTS, _INTS, _WIDE, _INTS, _INTS, _INTS)


@njit(types.boolean(types.int64, types.int64, _DEEP, _WIDE, _WIDE, _INTS), cache=True)
def _fits(item: int, host: int, demand: Ints, load: Ints, room: Ints, kind: Ints) -> bool:
    """Return whether a host has room for an item."""
    for column in range(load.shape[1]):
        if load[host, column] + demand[kind[host], item, column] > room[host, column]:
            return False
    return True


@njit(types.boolean(types.int64, types.int64, *_SUMS), cache=True)
def _counted(
    item: int, host: int, first: Ints, relation: Ints, weight: Ints, place: Ints, most: Ints, offset: Ints, total: Ints
) -> bool:
    """Return whether the sums per place let an item arrive on a host."""
    for entry in range(first[item], first[item + 1]):
        own = relation[entry]
        spot = place[own, host]
        if spot >= 0 and total[offset[own] + spot] + weight[entry] > most[own]:
            return False
    return True


@njit(types.void(types.int64, types.int64, types.int64, _DEEP, _WIDE, _INTS, *_SUMS), cache=True)
def _add(
    item: int, host: int, sign: int, demand: Ints, load: Ints, kind: Ints,
    first: Ints, relation: Ints, weight: Ints, place: Ints, most: Ints, offset: Ints, total: Ints,
) -> None:  # fmt: skip
    """Put an item on a host, or with sign -1 take it off."""
    for column in range(load.shape[1]):
        load[host, column] += sign * demand[kind[host], item, column]
    for entry in range(first[item], first[item + 1]):
        own = relation[entry]
        if place[own, host] >= 0:
            total[offset[own] + place[own, host]] += sign * weight[entry]


@njit(types.void(_INTS, *_PEOPLE, *_HOSTS, *_SUMS, _INTS), cache=True)
def restarted(
    lost: Ints, begin: Ints, items: Ints, which: Ints, demand: Ints, kind: Ints,
    load: Ints, room: Ints, receivers: Ints, scope: Mask,
    first: Ints, relation: Ints, weight: Ints, place: Ints, most: Ints, offset: Ints, total: Ints, found: Ints,
) -> None:  # fmt: skip
    """
    Find a host for each item that runs on a lost host, one loss after the other; all is put back after each.

    Parameters
    ----------
    lost, begin, items
        Hosts; the items of the n-th are ``items[begin[n]:begin[n + 1]]``, in the order in which they are restarted.
    which, scope
        The set of hosts of each item. Shapes (items,), (sets, hosts).
    demand, kind, load, room
        What items take by kind of host, the kind of each host, what is on it and what it can hold.
    receivers
        Hosts in the order in which they are tried.
    first, relation, weight, place, most, offset, total
        Sums per place: the entries of each item, their relation and weight, the place of each host in it, its limit,
        and where its sums begin in `total`.
    found
        Filled with the host of each entry of `items`, -1 where there is none.
    """
    for index in range(lost.shape[0]):
        gone = lost[index]
        for entry in range(begin[index], begin[index + 1]):
            _add(items[entry], gone, -1, demand, load, kind, first, relation, weight, place, most, offset, total)
        for entry in range(begin[index], begin[index + 1]):
            item = items[entry]
            found[entry] = -1
            for host in receivers:
                if host == gone or not scope[which[item], host] or not _fits(item, host, demand, load, room, kind):
                    continue
                if _counted(item, host, first, relation, weight, place, most, offset, total):
                    _add(item, host, 1, demand, load, kind, first, relation, weight, place, most, offset, total)
                    found[entry] = host
                    break
        for entry in range(begin[index], begin[index + 1]):
            item, host = items[entry], found[entry]
            if host >= 0:
                _add(item, host, -1, demand, load, kind, first, relation, weight, place, most, offset, total)
            _add(item, gone, 1, demand, load, kind, first, relation, weight, place, most, offset, total)
