"""The bins of a packing under construction, as the compiled loops take them."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from models.arrays import Floats, Ints, Mask, Rows
from solvers.packing.chances import Chances
from solvers.packing.instance import Packing

STEPS = 4_096
"""Parts of what a bin offers that shares are counted in."""

PARTS = 24
"""Spans of time that a series is summed up in to tell which items go well together."""

SHARPNESS = 32
"""Power by which the fullest axes of a bin take the weight of the others."""

_MOST = 2**31 - 1


@dataclass(frozen=True, eq=False)
class Bins:
    """
    Items and bins as whole numbers, the most critical dimensions and samples first; see `solvers.kernels.rooms`.

    Parameters
    ----------
    share, worth
        What an item takes of a bin on each axis, and that times the axis' weight. [1/4096] Shape (items, axes).
    price
        What each bin costs. Shape (bins,).
    need, series, most, per, kind, free, room, tight, size, full, where, count, open
        As the kernels take them.
    """

    share: Rows
    worth: Rows
    price: Ints
    need: Rows
    series: Rows
    most: int
    per: Floats
    kind: Ints
    free: Rows
    room: Rows
    tight: Ints
    size: Ints
    full: Ints
    where: Ints
    count: Ints
    open: Mask

    @classmethod
    def of(cls, packing: Packing, chances: Chances | None, weights: Floats, bins: int) -> Self:
        """Return so many empty bins, the cheapest for what they offer first; weights of shape (axes,)."""
        shares = axes(packing, chances)
        share = np.ceil(np.minimum(shares, 8.0) * STEPS).astype(np.int32)
        kind = _kinds(packing, bins)
        order = np.argsort(-crowd(packing), kind="stable")
        need = np.minimum(packing.demand[:, :, order], _MOST // 2)
        offers = np.minimum(packing.capacity[:, order], _MOST // 2)
        series, limit = _joint(packing, chances)
        return cls(
            share=share,
            worth=np.ascontiguousarray(np.rint(share * (weights * STEPS / max(weights.sum(), 1e-12))), np.int32),
            price=packing.weight[kind],
            need=np.ascontiguousarray(need, np.int32),
            series=series,
            most=chances.most if chances is not None else 0,
            per=np.ascontiguousarray(1.0 / np.maximum(offers, 1)),
            kind=kind,
            free=np.ascontiguousarray(offers[kind], np.int32),
            room=np.ascontiguousarray(np.repeat(limit[kind][:, None], series.shape[2], axis=1), np.int32),
            tight=np.zeros(bins, np.int64),
            size=_sizes(share, weights),
            full=np.zeros(bins, np.int64),
            where=np.full(packing.items, -1, np.int64),
            count=np.zeros(bins, np.int64),
            open=np.zeros(bins, np.bool_),
        )

    @property
    def columns(self) -> tuple[Any, ...]:
        """What the kernels take, in their order."""
        return (
            self.need, self.series, self.most, self.per, self.kind, self.free, self.room, self.tight, self.size,
            self.full, self.where, self.count, self.open,
        )  # fmt: skip

    @property
    def weight(self) -> int:
        """What the open bins cost."""
        return int(self.price[self.open].sum())

    def prices(self) -> Floats:
        """
        Return weights of the axes by what turned out to be scarce, half of each weight alike for all axes.

        The unit that a bin costs is shared out among its axes by how full they are, the fullest ones get nearly all.
        Shape (axes,).
        """
        used = np.zeros((len(self.open), self.share.shape[1]))
        np.add.at(used, self.where, self.share)
        fill = np.clip(used[self.open] / np.maximum(used[self.open].max(axis=1, keepdims=True), 1), 0, 1) ** SHARPNESS
        scarce = (fill / np.maximum(fill.sum(axis=1, keepdims=True), 1e-12)).mean(axis=0)
        found: Floats = scarce + 1 / len(scarce)
        return found

    def weigh(self, weights: Floats) -> None:
        """Give all items another size, by weights of the axes."""
        self.size[:] = _sizes(self.share, weights)
        self.full[:] = np.bincount(self.where, self.size, minlength=len(self.full)).astype(np.int64)


def _sizes(share: Rows, weights: Floats) -> Ints:
    """Return the size of each item, 1 at least. [1/4096] Shape (items,)."""
    scaled = weights * len(weights) / max(float(weights.sum()), 1e-12)
    return np.rint(share @ scaled).astype(np.int64) + 1


def axes(packing: Packing, chances: Chances | None) -> Floats:
    """
    Return what items take on each axis, as shares of the roomiest bin: dimensions, and spans of a series.

    Of a series, the mean of each span of time is taken, which tells when an item is busy. Shape (items, axes).
    """
    offers = np.maximum(packing.capacity.max(axis=0), 1)
    parts = [packing.demand.min(axis=0) / offers]
    if chances is not None and chances.samples:
        spans = np.linspace(0, chances.samples, min(PARTS, chances.samples), endpoint=False).astype(np.int64)
        sums = np.add.reduceat(chances.series.min(axis=0), spans, axis=1, dtype=np.float64)
        means = sums / np.diff(np.append(spans, chances.samples))
        parts.append(means / max(int(chances.limit.max(initial=1)), 1))
    return np.concatenate(parts, axis=1)


def crowd(packing: Packing) -> Floats:
    """Return how many of the roomiest bins each dimension would fill. Shape (dims,)."""
    sums: Floats = packing.demand.min(axis=0).sum(axis=0) / np.maximum(packing.capacity.max(axis=0), 1)
    return sums


def _kinds(packing: Packing, bins: int) -> Ints:
    """Return the classes of so many bins, the cheapest for what is most asked of them first."""
    asked = crowd(packing)
    weights = asked / max(float(asked.sum()), 1e-12)
    value = (packing.capacity / np.maximum(packing.capacity.max(axis=0), 1)) @ weights
    ranked = np.argsort(packing.weight / np.maximum(value, 1e-12), kind="stable")
    counts = np.minimum(packing.supply, packing.items)[ranked]
    every = np.repeat(ranked, counts).astype(np.int64)
    if len(every) <= bins or len(counts) == 1:
        return every[:bins]
    return _mixed(ranked, counts, every, bins)


def _mixed(ranked: Rows, counts: Ints, every: Ints, bins: int) -> Ints:
    """Return bins in order, with at least some of each class, so that items for one class only find theirs."""
    least = np.minimum(counts, max(bins // (2 * len(counts)), 1))
    more = np.clip(bins - int(least.sum()), 0, None)
    taken = least.copy()
    for place in range(len(counts)):
        extra = min(int(counts[place] - least[place]), int(more))
        taken[place] += extra
        more -= extra
    return np.repeat(ranked, taken).astype(np.int64)


def _joint(packing: Packing, chances: Chances | None) -> tuple[Rows, Ints]:
    """Return series, the samples of the most demand first, and limits; of no samples where there are no chances."""
    classes = len(packing.capacity)
    if chances is None:
        return np.zeros((classes, packing.items, 0), np.int32), np.zeros(classes, np.int64)
    order = np.argsort(-chances.series.min(axis=0).sum(axis=0, dtype=np.int64), kind="stable")
    return np.ascontiguousarray(chances.series[:, :, order], np.int32), np.minimum(chances.limit, _MOST)
