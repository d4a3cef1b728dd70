"""What is recorded while a simulation runs: columns that never outgrow their memory, however long it is."""

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import DTypeLike, NDArray

from models.arrays import Floats, Rows, Singles

Rule = Literal["last", "mean", "most"]
_COMBINED = {
    "last": lambda pairs: pairs[:, -1],
    "mean": lambda pairs: pairs.mean(axis=1),
    "most": lambda pairs: pairs.max(axis=1),
}


class Recorder:
    """
    One row a step; when there are too many, two become one, and so do those that come.

    Parameters
    ----------
    columns
        How two rows of each column become one: the ``last`` counts, their ``mean``, or the ``most``. What is last is
        kept in double precision, the rest in single.
    most
        Rows at most; an even number.

    Examples
    --------
    >>> record = Recorder({"time_s": "last", "power_w": "mean"}, most=2)
    >>> for step in range(4):
    ...     record.append(time_s=300 * step, power_w=step)
    >>> record.columns["time_s"].tolist(), record.columns["power_w"].tolist()
    ([300.0, 900.0], [0.5, 2.5])
    """

    def __init__(self, columns: Mapping[str, Rule], most: int = 8192) -> None:
        self._rules, self._most = dict(columns), most
        self._buffers = {
            name: np.zeros(most, np.float64 if rule == "last" else np.float32) for name, rule in columns.items()
        }
        self._pending = {name: np.zeros(0) for name in columns}
        self._used, self._stride = 0, 1

    @property
    def stride(self) -> int:
        """How many steps a row stands for."""
        return self._stride

    @property
    def columns(self) -> dict[str, NDArray[Any]]:
        """What was recorded, by column; the last row may stand for fewer steps."""
        found = {name: buffer[: self._used] for name, buffer in self._buffers.items()}
        if len(next(iter(self._pending.values()))):
            rest = {name: self._combined(name, values[None]) for name, values in self._pending.items()}
            found = {name: np.concatenate([values, rest[name]]) for name, values in found.items()}
        return found

    def append(self, **row: float) -> None:
        """Record a step, with a value for every column."""
        self._pending = {name: np.append(self._pending[name], row[name]) for name in self._rules}
        if len(next(iter(self._pending.values()))) < self._stride:
            return
        if self._used == self._most:
            self._halve()
            if len(next(iter(self._pending.values()))) < self._stride:
                return
        for name, values in self._pending.items():
            self._buffers[name][self._used] = self._combined(name, values[None])[0]
        self._pending = {name: np.zeros(0) for name in self._rules}
        self._used += 1

    def _halve(self) -> None:
        half = self._most // 2
        for name, buffer in self._buffers.items():
            buffer[:half] = self._combined(name, buffer.reshape(half, 2).copy())
        self._used, self._stride = half, self._stride * 2

    def _combined(self, name: str, pairs: NDArray[Any]) -> NDArray[Any]:
        found: NDArray[Any] = _COMBINED[self._rules[name]](pairs)
        return found


class Log:
    """
    Rows of events, as columns; from a limit on they are only counted.

    Parameters
    ----------
    columns
        The name and dtype of each column.
    most
        Rows at most.

    Examples
    --------
    >>> log = Log({"vm": "int32"}, most=2)
    >>> log.extend(vm=np.array([4, 5, 6]))
    >>> log.columns["vm"].tolist(), log.lost
    ([4, 5], 1)
    """

    def __init__(self, columns: Mapping[str, DTypeLike], most: int = 1_000_000) -> None:
        self._buffers = {name: np.zeros(256, dtype) for name, dtype in columns.items()}
        self._used, self._most, self.lost = 0, most, 0

    def __len__(self) -> int:
        return self._used

    @property
    def columns(self) -> dict[str, NDArray[Any]]:
        """What was recorded, by column."""
        return {name: buffer[: self._used] for name, buffer in self._buffers.items()}

    def extend(self, **rows: NDArray[Any]) -> None:
        """Record some rows, with an array for every column."""
        count = len(next(iter(rows.values())))
        kept = min(count, self._most - self._used)
        self.lost += count - kept
        while self._used + kept > len(next(iter(self._buffers.values()))):
            self._buffers = {name: np.concatenate([each, each]) for name, each in self._buffers.items()}
        for name, buffer in self._buffers.items():
            buffer[self._used : self._used + kept] = rows[name][:kept]
        self._used += kept


def _drawn(hosts: int, count: int) -> Rows:
    """Return so many hosts, one by lot of each of as many groups of neighbours; the lots are always the same."""
    edges = np.arange(count + 1) * hosts // max(count, 1)
    drawn: Rows = np.random.default_rng(0).integers(edges[:-1], edges[1:])
    return drawn


class Heat:
    """
    CPU in use on some hosts, in bins of time that become wider as the run becomes longer.

    Parameters
    ----------
    hosts
        How many hosts there are; of more than `most_hosts`, so many are looked at: one, drawn by lot, of every group of
        neighbours, so that kinds of hosts that take turns are all seen.
    most_hosts, most_bins
        How many of each there are at most in the end.
    """

    def __init__(self, hosts: int, most_hosts: int = 400, most_bins: int = 240) -> None:
        self.hosts: Rows = _drawn(hosts, min(hosts, most_hosts))
        self._bins = most_bins * 2
        shape = (self._bins, len(self.hosts))
        self._used, self._offered = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
        self._ends = np.zeros(self._bins)
        self._before = np.zeros((2, len(self.hosts)))
        self._count, self._steps, self._stride = 0, 0, 1

    def append(self, time_s: float, used_mhz_s: Floats, offered_mhz_s: Floats) -> None:
        """Record a step, given what hosts have used and offered since the start. [MHz s] Shape (hosts,)."""
        self._steps += 1
        if self._count == self._bins:
            self._halve()
        now = np.stack([used_mhz_s[self.hosts], offered_mhz_s[self.hosts]])
        self._used[self._count] += now[0] - self._before[0]
        self._offered[self._count] += now[1] - self._before[1]
        self._ends[self._count] = time_s
        self._before = now
        if self._steps % self._stride == 0:
            self._count += 1

    def _halve(self) -> None:
        half = self._bins // 2
        for values in (self._used, self._offered):
            values[:half] = values.reshape(half, 2, -1).sum(axis=1)
            values[half:] = 0
        self._ends[:half] = self._ends[1::2]
        self._count, self._stride = half, self._stride * 2

    def shares(self) -> tuple[Floats, Singles]:
        """Return the end of each bin in s, and what was used of what was offered. Shapes (bins,), (bins, hosts)."""
        count = self._count + bool(self._steps % self._stride)
        parts = max(-(-count // (self._bins // 2)), 1)
        starts = np.arange(0, count, parts)
        if not count:
            return np.zeros(0), np.zeros((0, len(self.hosts)), np.float32)
        used, offered = (np.add.reduceat(each[:count], starts, axis=0) for each in (self._used, self._offered))
        ends = self._ends[np.minimum(starts + parts, count) - 1]
        return ends, np.divide(used, offered, out=np.full_like(used, np.nan), where=offered > 0)
