"""Items of a packing merged into types, and patterns: how many of each type share one bin."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np

from models.arrays import Ints, Mask, Rows
from solvers.packing.instance import Packed, Packing, numbered


@dataclass(frozen=True, eq=False)
class Types:
    """
    Types of items that are to be packed.

    Parameters
    ----------
    packing
        What they are of.
    which
        The type of each item. Shape (items,).
    sizes
        What an item takes on a host of each class. Shape (classes, types, dims).
    counts
        How many items there are of each type. Shape (types,).
    """

    packing: Packing
    which: Rows
    sizes: Ints
    counts: Ints

    @classmethod
    def of(cls, packing: Packing) -> Self:
        """Merge alike items."""
        which, first, counts = packing.types
        return cls(packing, which, np.ascontiguousarray(packing.demand[:, first]), counts)

    @property
    def number(self) -> int:
        """How many types there are."""
        return len(self.counts)

    @property
    def classes(self) -> int:
        """How many classes of hosts there are."""
        return len(self.packing.weight)

    @cached_property
    def capacity(self) -> Ints:
        """What a host of each class offers; compiled code takes writeable arrays alone. Shape (classes, dims)."""
        return self.packing.capacity.copy()

    @cached_property
    def fits(self) -> Mask:
        """Whether an item of each type fits on a host of each class. Shape (classes, types)."""
        return np.asarray((self.sizes <= self.packing.capacity[:, None]).all(axis=2), np.bool_)

    def rooms(self, kind: int, patterns: Ints) -> Ints:
        """Return what patterns leave free on a host of a class. Shape (patterns, dims)."""
        return np.asarray(self.packing.capacity[kind] - patterns @ self.sizes[kind], np.int64)

    def columns(self, packed: Packed) -> tuple[Rows, Ints]:
        """Return the class and the pattern of each bin. Shapes (bins,), (bins, types)."""
        patterns = np.zeros((packed.bins, self.number), np.int64)
        np.add.at(patterns, (packed.bin, self.which), 1)
        return packed.kind, patterns

    def packed(self, chosen: Iterable[tuple[int, Ints]]) -> tuple[Rows, Rows]:
        """
        Return the bin of each item and the class of each bin, when all of these patterns are used.

        Patterns may cover more than there is; together they must cover all items. Bins that stay empty are dropped.
        """
        order = np.argsort(self.which, kind="stable")
        start = np.cumsum(self.counts) - self.counts
        taken, bins, kinds = np.zeros(self.number, np.int64), np.zeros(len(order), np.int64), []
        for place, (kind, pattern) in enumerate(chosen):
            kinds.append(kind)
            for which in np.flatnonzero(pattern):
                copies = min(int(pattern[which]), int(self.counts[which] - taken[which]))
                begin = start[which] + taken[which]
                bins[order[begin : begin + copies]] = place
                taken[which] += copies
        if (taken < self.counts).any():
            raise ValueError("Patterns leave items without a bin.")
        tidy = numbered(bins)
        _, first = np.unique(tidy, return_index=True)
        return tidy, np.asarray(kinds, np.int64)[bins[first]]
