"""
A partial packing that changes item by item, compiled; and the random numbers of its search.

Bins know what is free in words (see `solvers.packing.words`) and list their items; an item knows its bin and its place
in the list. Items without a bin are in a pool. Whatever is called in an inner loop takes numbers only: arrays that are
passed on are counted, which would cost more than the work itself.
"""

import numpy as np
from numba import njit, types

from models.arrays import Ints

INT, INTS, TABLE = types.int64, types.int64[::1], types.int64[:, ::1]
STATE = (INTS, TABLE, TABLE, TABLE, INTS, INTS, INTS)
"""Row of each bin's class in `need`, need, free, members, held, where, slot."""
SEED = types.uint64[::1]
Seed = np.ndarray[tuple[int], np.dtype[np.uint64]]


@njit(types.uint64(types.uint64), cache=True)
def mixed(word: np.uint64) -> np.uint64:
    """
    Return the random word after another.

    References
    ----------
    .. [1] G. Marsaglia, "Xorshift RNGs," Journal of Statistical Software 8(14), 2003.
    """
    word ^= word << np.uint64(13)
    word ^= word >> np.uint64(7)
    word ^= word << np.uint64(17)
    return word


@njit(INT(types.uint64, INT), cache=True)
def below(word: np.uint64, most: int) -> int:
    """Return a number from 0 to below the most, by the upper half of a random word."""
    return np.int64(((word >> np.uint64(32)) * np.uint64(most)) >> np.uint64(32))  # type: ignore[return-value]


@njit(types.void(INT, INT, *STATE), cache=True)
def put(
    item: int, bin: int, base: Ints, need: Ints, free: Ints, members: Ints, held: Ints, where: Ints, slot: Ints
) -> None:
    """Put an item into a bin."""
    for word in range(free.shape[1]):
        free[bin, word] -= need[base[bin] + item, word]
    members[bin, held[bin]] = item
    slot[item], where[item] = held[bin], bin
    held[bin] += 1


@njit(types.void(INT, *STATE), cache=True)
def take(item: int, base: Ints, need: Ints, free: Ints, members: Ints, held: Ints, where: Ints, slot: Ints) -> None:
    """Take an item out of its bin; the last of the bin's list takes its place."""
    bin = where[item]
    for word in range(free.shape[1]):
        free[bin, word] += need[base[bin] + item, word]
    held[bin] -= 1
    last = members[bin, held[bin]]
    members[bin, slot[item]], slot[last] = last, slot[item]
    where[item] = -1
