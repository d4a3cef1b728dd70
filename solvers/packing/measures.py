"""
Measures of items: numbers such that what shares one host never sums to more than what the host itself measures.

The sum over all items, divided by the host's measure, then bounds the hosts needed. All are whole numbers.
"""

from collections.abc import Iterator

import numpy as np

from models.arrays import Ints, Mask

PARAMETERS = 64
"""Thresholds that are tried of each family of functions at most."""


def _chosen(numbers: Ints) -> Ints:
    """Return at most so many of these numbers, spread evenly over them."""
    numbers = np.unique(numbers)
    return numbers[np.unique(np.linspace(0, len(numbers) - 1, min(len(numbers), PARAMETERS)).astype(np.int64))]


def dual_feasible(sizes: Ints, capacity: int) -> Iterator[tuple[Ints, Ints]]:
    """
    Yield families of measures of one dimension, and what a host measures in each.

    Parameters
    ----------
    sizes
        What each item takes; none takes more than the capacity. Shape (items,).
    capacity
        What a host offers.

    Yields
    ------
    Measures of shape (functions, items), and of shape (functions,).

    References
    ----------
    .. [1] S. P. Fekete and J. Schepers, "New classes of fast lower bounds for bin packing problems," Mathematical
       Programming 91, 2001.
    .. [2] F. Clautiaux, C. Alves and J. Valério de Carvalho, "A survey of dual-feasible and superadditive functions,"
       Annals of Operations Research 179, 2010.
    """
    yield sizes[None], np.array([capacity])
    if capacity < 1:
        return
    small = _chosen(np.concatenate((sizes[2 * sizes <= capacity], capacity - sizes[2 * sizes > capacity], [1])))
    least = small[small > 0][:, None]
    yield np.where(sizes > capacity - least, capacity, np.where(sizes < least, 0, sizes)), np.full(len(least), capacity)
    steps = np.arange(1, 21)[:, None]
    scaled = (steps + 1) * sizes
    rounded = np.where(scaled % capacity == 0, sizes * steps, scaled // capacity * capacity)
    yield rounded, steps[:, 0] * capacity
    below = 2 * (sizes // least)
    above = 2 * (capacity // least - (capacity - sizes) // least)
    half = np.where(2 * sizes == capacity, capacity // least, np.where(2 * sizes > capacity, above, below))
    yield half, 2 * (capacity // least[:, 0])


def conflicts(sizes: Ints, capacity: Ints) -> Mask:
    """Return which pairs of items never share a host. Shape (items, items)."""
    mask = np.zeros((len(sizes), len(sizes)), np.bool_)
    for column, most in zip(sizes.T, capacity, strict=True):
        mask |= column[:, None] > most - column[None, :]
    return mask


def clique(conflict: Mask, order: Ints) -> Ints:
    """Return items of which no two share a host, taken greedily in this order."""
    free, members = np.ones(len(conflict), np.bool_), []
    for item in order:
        if free[item]:
            members.append(item)
            free &= conflict[item]
    return np.array(members, np.int64)


def exclusive(sizes: Ints, capacity: Ints, counts: Ints) -> Iterator[tuple[int, int]]:
    """
    Yield what all items measure together, and a host, where many items exclude each other.

    Those of a clique measure a host each, those that exclude all of them what they take, and the others nothing.

    Parameters
    ----------
    sizes, capacity, counts
        Shapes (types, dims), (dims,), (types,).
    """
    conflict = conflicts(sizes, capacity)
    # Of a type whose items can share a host, one alone belongs to a clique; its other items then measure nothing.
    copies = np.where(conflict.diagonal(), counts, 1)
    shares = sizes / np.maximum(capacity, 1)
    for key in (shares.max(axis=1), conflict.sum(axis=1), shares.sum(axis=1)):
        members = clique(conflict, np.argsort(-key, kind="stable"))
        yield int(copies[members].sum()), 1
        for part in range(1, 4):
            chosen = members[: len(members) * part // 4]
            others: Mask = np.asarray(conflict[:, chosen].all(axis=1), np.bool_)
            others[chosen] = False
            for column, most in zip(sizes.T, capacity, strict=True):
                yield int(most * copies[chosen].sum() + column[others] @ counts[others]), int(most)
