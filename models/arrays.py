"""Array types that the whole product shares, and how an array becomes read-only."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Ints = NDArray[np.int64]
Rows = NDArray[np.integer[Any]]
Mask = NDArray[np.bool_]
Names = NDArray[np.object_]

NOWHERE = -1
"""The host row of a VM that is on no host."""


def frozen(values: ArrayLike, dtype: DTypeLike) -> NDArray[Any]:
    """Return a C-contiguous, read-only array of the given type; a read-only input is not copied."""
    array = np.asarray(values, dtype=dtype, order="C")
    if array.flags.writeable:
        array = array.copy() if array is values else array
        array.setflags(write=False)
    return array


def names(values: Iterable[object]) -> Names:
    """Return a read-only array of strings."""
    listed = [str(value) for value in values]
    array = np.empty(len(listed), dtype=object)
    array[:] = listed
    array.setflags(write=False)
    return array


def read_only(value: Any) -> Any:
    """Return the value, the arrays in it made read-only: unpickled arrays are not."""
    if isinstance(value, np.ndarray):
        value.setflags(write=False)
    elif isinstance(value, Mapping | tuple):
        for each in value.values() if isinstance(value, Mapping) else value:
            read_only(each)
    return value
