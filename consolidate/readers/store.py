"""Large matrices: in memory, or above a limit in a temporary file that is gone with the last one who uses it."""

import tempfile
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

IN_MEMORY_MIB = 1024.0
_MIB = 1 << 20
_CHUNK = 1 << 22


def matrix(shape: tuple[int, int], fill: float, limit_mib: float = IN_MEMORY_MIB, dtype: DTypeLike = np.float32) -> Any:
    """
    Return a matrix of one value, on disk if it takes more than `limit_mib`.

    The file has no name that others could see, or loses it at once, so that nothing is left behind, however we end.

    >>> matrix((1, 2), np.nan), isinstance(matrix((1, 2), 0, limit_mib=0), np.memmap)
    (array([[nan, nan]], dtype=float32), True)
    """
    size = shape[0] * shape[1] * np.dtype(dtype).itemsize
    if size <= limit_mib * _MIB or not size:
        return np.full(shape, fill, dtype)
    with tempfile.TemporaryFile() as file:
        mapped = np.memmap(file, dtype, "w+", shape=shape)
    if fill:
        rows = rows_at_once(shape[1])
        for first in range(0, shape[0], rows):
            mapped[first : first + rows] = fill
    return mapped


def rows_at_once(columns: int) -> int:
    """Return how many rows of a matrix are worked on together, so that little memory is taken."""
    return max(1, _CHUNK // max(1, columns))
