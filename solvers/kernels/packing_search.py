"""
The ejection search of a packing, compiled: items of a pool are forced into bins, and others leave for the pool.

Each item has a penalty that grows whenever it finds no room; those that leave are the ones of least penalty. Between
ejections, items move or change places at random, wherever they fit.
"""

import numpy as np
from numba import njit, types

from models.arrays import Floats, Ints
from solvers.kernels.packing_state import INT, INTS, SEED, STATE, Seed, below, mixed, put, take

_FLOATS = types.float64[::1]


@njit(INT(INT, INT, INT, INTS, SEED, *STATE), cache=True)
def _room(
    item: int, first: int, count: int, guard: Ints, seed: Seed,
    base: Ints, need: Ints, free: Ints, members: Ints, held: Ints, where: Ints, slot: Ints,
) -> int:  # fmt: skip
    """Return a bin with room for an item, each with equal chance, of those from the first on; -1 if none has."""
    found, seen, bins, width, random = -1, 0, free.shape[0], guard.shape[0], seed[0]
    for step in range(count):
        bin = first + step
        if bin >= bins:
            bin -= bins
        row, fits = base[bin] + item, held[bin] < members.shape[1]
        for word in range(width):
            fits = fits and (free[bin, word] - need[row, word]) & guard[word] == guard[word]
        if fits:
            seen += 1
            random = mixed(random)
            if below(random, seen) == 0:
                found = bin
    seed[0] = random
    return found


@njit(types.void(INT, INT, INT, INTS, _FLOATS, INTS, SEED, *STATE), cache=True)
def _cheapest(
    item: int, begin: int, count: int, guard: Ints, cost: Floats, leaving: Ints, seed: Seed,
    base: Ints, need: Ints, free: Ints, members: Ints, held: Ints, where: Ints, slot: Ints,
) -> None:  # fmt: skip
    """Write the bin in which an item fits once the cheapest one to three others leave, and who they are; or -1."""
    bins, width, random = free.shape[0], guard.shape[0], seed[0]
    other = min(1, width - 1)
    low, high = guard[0], guard[other]
    least, ties = np.inf, 0
    leaving[0], leaving[1], leaving[2], leaving[3] = -1, -1, -1, -1
    for step in range(count):
        bin = begin + step
        if bin >= bins:
            bin -= bins
        row, size = base[bin], held[bin]
        low_left, high_left = free[bin, 0] - need[row + item, 0], free[bin, other] - need[row + item, other]
        for first in range(size):
            one = members[bin, first]
            cost_one = cost[one]
            if cost_one > least:
                continue
            low_one, high_one = low_left + need[row + one, 0], high_left + need[row + one, other]
            fits = low_one & low == low and high_one & high == high
            for word in range(2, width if fits else 0):
                left = free[bin, word] - need[row + item, word] + need[row + one, word]
                fits = fits and left & guard[word] == guard[word]
            if fits:
                ties = 1 if cost_one < least else ties + 1
                random = mixed(random)
                if cost_one < least or below(random, ties) == 0:
                    least, leaving[0], leaving[1], leaving[2], leaving[3] = cost_one, bin, one, -1, -1
                continue
            for second in range(first + 1, size):
                two = members[bin, second]
                cost_two = cost_one + cost[two]
                if cost_two > least:
                    continue
                low_two, high_two = low_one + need[row + two, 0], high_one + need[row + two, other]
                fits = low_two & low == low and high_two & high == high
                for word in range(2, width if fits else 0):
                    left = free[bin, word] - need[row + item, word] + need[row + one, word] + need[row + two, word]
                    fits = fits and left & guard[word] == guard[word]
                if fits:
                    ties = 1 if cost_two < least else ties + 1
                    random = mixed(random)
                    if cost_two < least or below(random, ties) == 0:
                        least, leaving[0], leaving[1], leaving[2], leaving[3] = cost_two, bin, one, two, -1
                    continue
                for third in range(second + 1, size):
                    three = members[bin, third]
                    cost_three = cost_two + cost[three]
                    if cost_three >= least:
                        continue
                    low_three, high_three = low_two + need[row + three, 0], high_two + need[row + three, other]
                    fits = low_three & low == low and high_three & high == high
                    for word in range(2, width if fits else 0):
                        left = free[bin, word] - need[row + item, word] + need[row + one, word]
                        left += need[row + two, word] + need[row + three, word]
                        fits = fits and left & guard[word] == guard[word]
                    if fits:
                        ties, least = 1, cost_three
                        leaving[0], leaving[1], leaving[2], leaving[3] = bin, one, two, three
    seed[0] = random


@njit(types.void(INT, INTS, SEED, *STATE), cache=True)
def _shake(
    trials: int, guard: Ints, seed: Seed,
    base: Ints, need: Ints, free: Ints, members: Ints, held: Ints, where: Ints, slot: Ints,
) -> None:  # fmt: skip
    """Try to move items to other bins, or to let two change places, at random."""
    items, bins, width, most, random = where.shape[0], free.shape[0], guard.shape[0], members.shape[1], seed[0]
    for _ in range(trials):
        random = mixed(random)
        item = below(random, items)
        random = mixed(random)
        target, source = below(random, bins), where[item]
        if source < 0 or source == target:
            continue
        row, aim = base[source], base[target]
        moves = held[target] < most
        for word in range(width):
            moves = moves and (free[target, word] - need[aim + item, word]) & guard[word] == guard[word]
        if moves:
            for word in range(width):
                free[source, word] += need[row + item, word]
                free[target, word] -= need[aim + item, word]
            held[source] -= 1
            last = members[source, held[source]]
            members[source, slot[item]], slot[last] = last, slot[item]
            members[target, held[target]] = item
            slot[item], where[item] = held[target], target
            held[target] += 1
        elif held[target] > 0:
            random = mixed(random)
            other, swaps = members[target, below(random, held[target])], True
            for word in range(width):
                here = free[source, word] + need[row + item, word] - need[row + other, word]
                there = free[target, word] + need[aim + other, word] - need[aim + item, word]
                swaps = swaps and here & there & guard[word] == guard[word]
            if swaps:
                for word in range(width):
                    free[source, word] += need[row + item, word] - need[row + other, word]
                    free[target, word] += need[aim + other, word] - need[aim + item, word]
                members[source, slot[item]], members[target, slot[other]] = other, item
                slot[item], slot[other] = slot[other], slot[item]
                where[item], where[other] = target, source
    seed[0] = random


@njit(INT(INTS, INT, INTS, _FLOATS, _FLOATS, INT, INT, INT, SEED, *STATE), cache=True, nogil=True)
def ejected(
    pool: Ints, pooled: int, guard: Ints, cost: Floats, growth: Floats, scope: int, trials: int, work: int, seed: Seed,
    base: Ints, need: Ints, free: Ints, members: Ints, held: Ints, where: Ints, slot: Ints,
) -> int:  # fmt: skip
    """
    Force items of the pool into bins, one a step, and return how many are left; the state is written to.

    Parameters
    ----------
    pool, pooled
        Items without a bin, and how many there are. Shape (items + 4,).
    guard
        The guard bits of the words. Shape (words,).
    cost, growth
        What it costs that an item leaves, and by how much that grows whenever it finds no room. Shape (items,).
    scope
        How many bins are looked at for an item.
    trials
        How many moves at random are tried after each step.
    work
        Bins, items and moves that are looked at, about.
    seed
        The state of the random numbers. Shape (1,).

    References
    ----------
    .. [1] Y. Nagata, O. Bräysy, "A powerful route minimization heuristic for the vehicle routing problem with time
       windows," Operations Research Letters 37(5), 2009.
    """
    leaving, bins = np.zeros(4, np.int64), free.shape[0]
    step = scope + (scope * where.shape[0]) // bins + trials
    for _ in range(work // step + 1):
        if pooled == 0:
            break
        seed[0] = mixed(seed[0])
        place = below(seed[0], pooled)
        seed[0] = mixed(seed[0])
        begin, item = below(seed[0], bins), pool[place]
        target = _room(item, begin, scope, guard, seed, base, need, free, members, held, where, slot)
        if target < 0:
            cost[item] += growth[item]
            _cheapest(item, begin, scope, guard, cost, leaving, seed, base, need, free, members, held, where, slot)
            target = leaving[0]
            if target < 0:
                continue
            for turn in range(1, 4):
                if leaving[turn] >= 0:
                    take(leaving[turn], base, need, free, members, held, where, slot)
                    pool[pooled] = leaving[turn]
                    pooled += 1
        pooled -= 1
        pool[place] = pool[pooled]
        put(item, target, base, need, free, members, held, where, slot)
        _shake(trials, guard, seed, base, need, free, members, held, where, slot)
    return pooled
