"""Several dimensions in one machine word, so that one subtraction checks them all."""

from dataclasses import dataclass

import numpy as np

from models.arrays import Ints
from models.errors import BrokenPromiseError
from solvers.packing.instance import Packing

BITS = 63
"""Bits of a word that are used; the sign is left alone."""


@dataclass(frozen=True, eq=False)
class Words:
    """
    Demand and capacity as fields of machine words, each field topped by a guard bit.

    What is free in a bin has all guard bits set; an item fits if they all stay set when its need is subtracted.
    Fields never borrow from each other, since an item that is too large for a class counts as one unit too large.

    Parameters
    ----------
    need
        What an item takes, class after class. Shape (classes * items, words).
    full
        What an empty bin of each class offers, guard bits set. Shape (classes, words).
    guard
        The guard bits. Shape (words,).

    References
    ----------
    .. [1] L. Lamport, "Multiple byte processing with full-word instructions," CACM 18(8), 1975.
    """

    need: Ints
    full: Ints
    guard: Ints


def words(packing: Packing) -> Words:
    """Return a packing's demand and capacity as words; dimensions keep their order."""
    classes, items, dims = packing.demand.shape
    place, count = _places(packing)
    need, full = np.zeros((classes, items, count), np.int64), np.zeros((classes, count), np.int64)
    guard = np.zeros(count, np.int64)
    for dim in range(dims):
        word, shift, bits = place[dim]
        offers = packing.capacity[:, dim]
        need[:, :, word] += np.minimum(packing.demand[:, :, dim], offers[:, None] + 1) << shift
        full[:, word] += offers << shift
        guard[word] |= np.int64(1) << np.int64(shift + bits - 1)
    return Words(need.reshape(-1, count), full | guard, guard)


def _places(packing: Packing) -> tuple[list[tuple[int, int, int]], int]:
    """Return the word, the shift and the bits of each dimension's field, and how many words there are."""
    place, word, used = [], 0, 0
    for most in packing.capacity.max(axis=0, initial=0):
        bits = int(most + 1).bit_length() + 1
        if bits > BITS or most < 0:
            raise BrokenPromiseError(f"A capacity of {most} is outside of 0 to 2^61.")
        if used + bits > BITS:
            word, used = word + 1, 0
        place.append((word, used, bits))
        used += bits
    return place, word + 1
