"""What is constant in parts of time, put on a grid of steps: the mean over each step, or the largest value."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from consolidate.readers import store
from consolidate.readers.grids import Grid
from models.arrays import Floats, Ints

_AT_ONCE = 1 << 20


class Steps(Protocol):
    """Steps that parts are added to, in any order."""

    def add(self, rows: Ints, begin: Floats, end: Floats, values: Floats) -> None:
        """Add parts of time, each with the row it belongs to and its value."""

    def result(self) -> Any:
        """Return the matrix, NaN where nothing was added. Shape (rows, samples)."""


@dataclass(frozen=True, eq=False)
class _Mean:
    grid: Grid
    total: Any
    covered: Any

    def add(self, rows: Ints, begin: Floats, end: Floats, values: Floats) -> None:
        for part, step, overlap in _overlaps(self.grid, begin, end):
            np.add.at(self.total, (rows[part], step), (values[part] * overlap).astype(np.float32))
            np.add.at(self.covered, (rows[part], step), overlap.astype(np.float32))

    def result(self) -> Any:
        several = store.rows_at_once(self.grid.samples)
        for first in range(0, len(self.total), several):
            total, covered = self.total[first : first + several], self.covered[first : first + several]
            known = covered > 0
            np.divide(total, covered, out=total, where=known)
            np.copyto(total, np.nan, where=~known)
        return self.total


@dataclass(frozen=True, eq=False)
class _Max:
    grid: Grid
    most: Any

    def add(self, rows: Ints, begin: Floats, end: Floats, values: Floats) -> None:
        for part, step, _ in _overlaps(self.grid, begin, end):
            np.fmax.at(self.most, (rows[part], step), values[part].astype(np.float32))

    def result(self) -> Any:
        return self.most


def mean(shape: tuple[int, int], grid: Grid, limit_mib: float) -> Steps:
    """Return steps that take the mean, weighted by time, over that part of each step which is covered."""
    return _Mean(grid, store.matrix(shape, 0, limit_mib), store.matrix(shape, 0, limit_mib))


def largest(shape: tuple[int, int], grid: Grid, limit_mib: float) -> Steps:
    """Return steps that take the largest value."""
    return _Max(grid, store.matrix(shape, np.nan, limit_mib))


KINDS: Mapping[str, Callable[[tuple[int, int], Grid, float], Steps]] = {"mean": mean, "max": largest}


def _overlaps(grid: Grid, begin: Floats, end: Floats) -> Iterator[tuple[Ints, Ints, Floats]]:
    """Yield, some at once, the part, the step, and the time that they share, for all that share any."""
    begin, end = (begin - grid.start_s) / grid.step_s, (end - grid.start_s) / grid.step_s
    first = np.clip(np.floor(begin), 0, grid.samples - 1).astype(np.int64)
    last = np.clip(np.ceil(end) - 1, first, grid.samples - 1).astype(np.int64)
    many = np.cumsum(last - first + 1)
    cut = 0
    while cut < len(many):
        done = many[cut - 1] if cut else 0
        stop = max(cut + 1, int(np.searchsorted(many, done + _AT_ONCE, side="right")))
        yield _spread(begin[cut:stop], end[cut:stop], first[cut:stop], last[cut:stop], cut, grid.step_s)
        cut = stop


def _spread(
    begin: Floats, end: Floats, first: Ints, last: Ints, offset: int, step_s: float
) -> tuple[Ints, Ints, Floats]:
    sizes = last - first + 1
    part = np.repeat(np.arange(len(sizes)), sizes)
    step = first[part] + np.arange(len(part)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    shared = np.minimum(end[part], step + 1) - np.maximum(begin[part], step)
    return part + offset, step, np.maximum(shared, 0.0) * step_s
