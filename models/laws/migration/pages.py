"""The memory of guests as cells in the order in which it is sent, and what of it is yet to be sent."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from models.arrays import Floats, Ints, Mask

LEADING, OTHER, TRAILING = 0, -2, -1
"""Cells beside those of the working set: empty pages below it, filled pages above it, and empty pages above these."""

NOTHING = 1e-200
"""What cannot be divided by."""


@dataclass(eq=False)
class Pages:
    """
    Pages that are yet to be sent, in cells: empty ones, the working set, the rest that is filled, empty ones.

    Parameters
    ----------
    size
        Pages of each cell. Shape (rows, cells).
    left
        Pages of each cell that are dirty: to be sent, or sent and written since. Shape (rows, cells).
    at
        The cell at which sending goes on; after the last it goes on with the first. Shape (rows,).
    """

    size: Floats
    left: Floats
    at: Ints

    @classmethod
    def of(cls, memory: Floats, filled: Floats, working: Floats, leading: Floats, cells: int) -> Self:
        """Return memory of which nothing is sent; all arguments in pages. Shape (rows,)."""
        working = np.minimum(working, filled)
        leading = np.minimum(leading, np.maximum(memory - filled, 0.0))
        size = np.empty((len(memory), cells + 3))
        size[:, LEADING] = leading
        size[:, 1:OTHER] = (working / cells)[:, None]
        size[:, OTHER] = filled - working
        size[:, TRAILING] = np.maximum(memory - filled - leading, 0.0)
        return cls(size, size.copy(), np.zeros(len(memory), np.int64))

    def rows(self, mask: Mask) -> Self:
        """Return the memory of some rows."""
        return type(self)(self.size[mask], self.left[mask], self.at[mask])

    @property
    def empty(self) -> Mask:
        """Cells of empty pages. Shape (cells,)."""
        found = np.zeros(self.size.shape[1], np.bool_)
        found[[LEADING, TRAILING]] = True
        return found

    def remaining(self) -> Floats:
        """Return the pages that are yet to be sent. Shape (rows,)."""
        return np.asarray(self.left.sum(axis=1))

    def dirtied(self, mask: Mask, written: Floats) -> Floats:
        """Mark the written share of each cell of the working set of some rows; return the pages newly marked."""
        left, size = self.left[mask, 1:OTHER], self.size[mask, 1:OTHER]
        new = (size - left) * written
        self.left[mask, 1:OTHER] = left + new
        return np.asarray(new.sum(axis=1))

    def ahead(self) -> tuple[Floats, Mask]:
        """Return how many pages of one kind come next, and whether they are empty ones. Shape (rows,)."""
        order = self._order()
        left = np.take_along_axis(self.left, order, axis=1)
        empty = self.empty[order]
        first = np.argmax(left > 0, axis=1)[:, None]
        kind = np.take_along_axis(empty, first, axis=1)
        ended = np.cumsum((empty != kind) & (left > 0), axis=1) > 0
        return np.asarray(np.where(ended, 0.0, left).sum(axis=1)), kind[:, 0]

    def send(self, amount: Floats, seconds: Floats, weight: Floats, cost: Floats) -> tuple[Floats, Floats, Floats]:
        """
        Send pages in order until a limit is reached or none is left; return the pages of each cell, bytes and time.

        Parameters
        ----------
        amount, seconds
            The limits: of bytes on the wire, and of time. [bytes], [s] Shape (rows,).
        weight, cost
            Bytes on the wire and time of a page of each cell. [bytes], [s] Shape (rows, cells).
        """
        order = self._order()
        left = np.take_along_axis(self.left, order, axis=1)
        heavy = left * np.take_along_axis(weight, order, axis=1)
        slow = left * np.take_along_axis(cost, order, axis=1)
        part = np.minimum(_prefix(heavy, amount), _prefix(slow, seconds))
        sent = np.empty_like(left)
        np.put_along_axis(sent, order, left * part, axis=1)
        self.left = np.maximum(self.left - sent, 0.0)
        moved = part * (left > 0) > 0
        last = moved.shape[1] - 1 - np.argmax(moved[:, ::-1], axis=1)
        self.at = np.where(moved.any(axis=1), np.take_along_axis(order, last[:, None], axis=1)[:, 0], self.at)
        return sent, np.asarray((heavy * part).sum(axis=1)), np.asarray((slow * part).sum(axis=1))

    def _order(self) -> Ints:
        cells = self.size.shape[1]
        return np.asarray((self.at[:, None] + np.arange(cells)) % cells, np.int64)


def _prefix(parts: Floats, limit: Floats) -> Floats:
    """Return the share of each part that fits under a limit on their sum, in order. Shape (rows, cells)."""
    before = np.cumsum(parts, axis=1) - parts
    room = limit[:, None] - before
    some = parts > NOTHING
    return np.where(some, np.clip(room / np.where(some, parts, 1.0), 0.0, 1.0), room > 0)
