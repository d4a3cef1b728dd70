"""A partial packing as the columns that its search changes."""

from dataclasses import dataclass

import numpy as np

from models.arrays import Ints, Rows
from solvers.packing.instance import Packing
from solvers.packing.words import Words

SPARE = 3
"""How many times the usual number of items a bin's list has places for, so that lists stay short."""


@dataclass(frozen=True, eq=False)
class Partial:
    """
    Bins, what is free in them and who is in them; and the items that are in none. The columns are written to.

    Parameters
    ----------
    kind
        The class of each bin. Shape (bins,).
    base
        Where the needs of each bin's class begin. Shape (bins,).
    free
        What is free, in words. Shape (bins, words).
    members, held
        The items of each bin, and how many there are. Shapes (bins, most), (bins,).
    where, slot
        The bin of each item, -1 for none, and its place there. Shape (items,).
    pool
        Items without a bin come first. Shape (items + 4,).
    """

    kind: Ints
    base: Ints
    free: Ints
    members: Ints
    held: Ints
    where: Ints
    slot: Ints
    pool: Ints

    @property
    def columns(self) -> tuple[Ints, ...]:
        """What the kernels take, after the needs."""
        return self.free, self.members, self.held, self.where, self.slot


def partial(packing: Packing, word: Words, bin: Rows, kind: Rows) -> Partial:
    """Return a partial packing; items of bin -1 are in the pool, the dearest to place last."""
    items, bins = packing.items, len(kind)
    where, slot = np.array(bin, np.int64), np.zeros(items, np.int64)
    order = np.flatnonzero(where >= 0)
    order = order[np.argsort(where[order], kind="stable")]
    held = np.bincount(where[order], minlength=bins).astype(np.int64)
    slot[order] = np.arange(len(order)) - np.repeat(np.cumsum(held) - held, held)
    usual = SPARE * max(int(held.max(initial=0)), -(-items // bins), 8)
    members = np.zeros((bins, min(most_held(packing), usual)), np.int64)
    members[where[order], slot[order]] = order
    base = np.asarray(kind, np.int64) * items
    free = word.full[kind].copy()
    np.subtract.at(free, where[order], word.need[base[where[order]] + order])
    pool, loose = np.zeros(items + 4, np.int64), np.flatnonzero(where < 0)
    pool[: len(loose)] = loose
    return Partial(np.array(kind, np.int64), base, free, members, held, where, slot, pool)


def most_held(packing: Packing) -> int:
    """Return how many items a bin can hold at most, by each dimension alone."""
    most = 1
    for demand, capacity in zip(packing.demand, packing.capacity, strict=True):
        ordered = np.sort(demand, axis=0).cumsum(axis=0)
        most = max(most, int((ordered <= capacity).sum(axis=0).min(initial=packing.items)))
    return min(most, packing.items)


def dissolved(state: Partial, bin: int) -> tuple[Partial, int]:
    """
    Return a packing without one bin, whose items are in the pool, and how many they are; columns are shared.

    The last bin takes its number. No item may be in the pool before.
    """
    last, items = len(state.kind) - 1, state.members[bin, : state.held[bin]].copy()
    state.where[items] = -1
    state.pool[: len(items)] = items
    if bin < last:
        for column in (state.kind, state.base, state.free, state.members, state.held):
            column[bin] = column[last]
        state.where[state.members[last, : state.held[last]]] = bin
    kept = Partial(
        state.kind[:last], state.base[:last], state.free[:last], state.members[:last], state.held[:last],
        state.where, state.slot, state.pool,
    )  # fmt: skip
    return kept, len(items)
