"""Which pages a guest writes: the share of each part of its working set that is dirty after a time."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from models.arrays import Floats, Mask, Names

PATTERNS = ("cyclic", "uniform", "hotcold")
"""Sweeps its working set in order; writes anywhere in it; writes mostly to a small part of it."""


@dataclass(eq=False)
class Writers:
    """
    What guests write, one row a guest.

    A working set of ``W`` pages is cut into equal cells. After a time ``t`` at ``R`` writes a second, the share of a
    cell that was written at least once is

    * ``cyclic``: the part of the cell on the arc of ``R t`` pages that the sweep has passed (all of it from ``W / R``);
    * ``uniform``: ``1 - exp(-R t / W)``, the share of bins that are not empty when balls are thrown at random;
    * ``hotcold``: the same, in a hot part with its share of the writes and in the rest with the others.

    Parameters
    ----------
    pages
        Size of the working set. [pages] Shape (rows,).
    rate
        Page writes while the guest runs at full speed. [1/s] Shape (rows,).
    pattern
        One of `PATTERNS`. Shape (rows,).
    hot_share, hot_writes_share
        The hot part of the working set, its first pages, and its part of the writes. Shape (rows,).
    at
        Next page of a sweep. [pages] Shape (rows,).
    """

    pages: Floats
    rate: Floats
    pattern: Names
    hot_share: Floats
    hot_writes_share: Floats
    at: Floats

    def rows(self, mask: Mask) -> Self:
        """Return the guests of some rows."""
        return type(self)(**{name: values[mask] for name, values in vars(self).items()})

    def written(self, seconds: Floats, cells: int) -> Floats:
        """
        Return the share of each cell that is written in the seconds that follow. Shape (rows, cells).

        Parameters
        ----------
        seconds
            Time in which the guest runs at full speed. [s] Shape (rows,).
        """
        edges = np.linspace(0.0, 1.0, cells + 1)
        count = np.minimum(self.rate * seconds, 1e15)
        filled = self.pages > 0
        laps = np.divide(count, self.pages, out=np.zeros_like(count), where=filled)
        start = np.divide(self.at, self.pages, out=np.zeros_like(count), where=filled)
        shares = _passed(start, laps, edges)
        spread = self.pattern != "cyclic"
        if spread.any():
            mixed = _thrown(laps[spread], self.hot_share[spread], self.hot_writes_share[spread], edges)
            even = (self.pattern[spread] == "uniform")[:, None]
            shares[spread] = np.where(even, -np.expm1(-laps[spread])[:, None], mixed)
        return shares

    def unique(self, seconds: Floats) -> Floats:
        """Return the pages that are written at least once in the seconds. [pages] Shape (rows,)."""
        laps = self.rate * seconds / np.maximum(self.pages, 1e-9)
        hot = -np.expm1(-laps * self.hot_writes_share / np.maximum(self.hot_share, 1e-12))
        cold = -np.expm1(-laps * (1.0 - self.hot_writes_share) / np.maximum(1.0 - self.hot_share, 1e-12))
        share = np.where(self.pattern == "cyclic", np.minimum(laps, 1.0), -np.expm1(-laps))
        mixed = self.hot_share * hot + (1.0 - self.hot_share) * cold
        return np.asarray(self.pages * np.where(self.pattern == "hotcold", mixed, share))

    def pass_by(self, seconds: Floats) -> None:
        """Let sweeps go on for the seconds at full speed. Shape (rows,)."""
        self.at = np.mod(self.at + self.rate * seconds, np.maximum(self.pages, 1.0))


def _passed(start: Floats, laps: Floats, edges: Floats) -> Floats:
    """Return the part of each cell on an arc of a circle of length 1. Shape (rows, cells)."""
    low, high = edges[None, :-1], edges[None, 1:]
    first, last = start[:, None], (start + np.minimum(laps, 1.0))[:, None]
    once = np.clip(np.minimum(high, last) - np.maximum(low, first), 0.0, None)
    again = np.clip(np.minimum(high, last - 1.0) - low, 0.0, None)
    return np.asarray(np.minimum((once + again) / (high - low), 1.0))


def _thrown(laps: Floats, hot: Floats, writes: Floats, edges: Floats) -> Floats:
    """Return the share of each cell that is hit, where the first part of the circle gets its own share of hits."""
    low, high = edges[None, :-1], edges[None, 1:]
    inside = np.clip((np.minimum(high, hot[:, None]) - low) / (high - low), 0.0, 1.0)
    in_hot = -np.expm1(-laps * writes / np.maximum(hot, 1e-12))
    in_cold = -np.expm1(-laps * (1.0 - writes) / np.maximum(1.0 - hot, 1e-12))
    return np.asarray(inside * in_hot[:, None] + (1.0 - inside) * in_cold[:, None])
