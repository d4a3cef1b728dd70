"""Rows of numbers recorded while a simulation runs, kept as columns."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import DTypeLike, NDArray


class Recorder:
    """
    Columns that grow row by row.

    Parameters
    ----------
    columns
        The name and dtype of each column.
    rows
        How many rows are expected; more may come.

    Examples
    --------
    >>> record = Recorder({"time_s": "float64", "hosts_on": "int64"}, rows=1)
    >>> record.append(time_s=0, hosts_on=3)
    >>> record.append(time_s=300, hosts_on=2)
    >>> record.columns["hosts_on"]
    array([3, 2])
    """

    def __init__(self, columns: Mapping[str, DTypeLike], rows: int = 1024) -> None:
        self._buffers = {name: np.zeros(max(rows, 1), dtype) for name, dtype in columns.items()}
        self._used = 0

    def __len__(self) -> int:
        return self._used

    @property
    def columns(self) -> dict[str, NDArray[np.generic]]:
        """What was recorded, by column."""
        return {name: buffer[: self._used] for name, buffer in self._buffers.items()}

    def append(self, **row: float) -> None:
        """Record one row, with a value for every column."""
        if self._used == len(next(iter(self._buffers.values()))):
            self._buffers = {name: np.concatenate([buffer, buffer]) for name, buffer in self._buffers.items()}
        for name, buffer in self._buffers.items():
            buffer[self._used] = row[name]
        self._used += 1
