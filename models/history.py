"""What VMs asked for at the last ticks, the newest first."""

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from models.arrays import Floats


class History:
    """
    The last samples of some numbers of each VM.

    Parameters
    ----------
    vms
        How many there are.
    depth
        Samples that are kept.
    dtype
        Of the numbers.

    Examples
    --------
    >>> history = History(1, depth=2)
    >>> for value in (1.0, 2.0, 3.0):
    ...     history.enter(np.array([value]))
    >>> history.newest.tolist()
    [[3.0], [2.0]]
    """

    def __init__(self, vms: int, depth: int, dtype: DTypeLike = np.float64) -> None:
        self._depth, self._used = max(depth, 1), 0
        self._rows = np.zeros((self._depth * 2, vms), dtype)
        self._first = len(self._rows)

    def enter(self, values: Floats) -> None:
        """Enter the newest sample."""
        if self._first == 0:
            kept = self._rows[: self._depth - 1].copy()
            self._first = len(self._rows) - len(kept)
            self._rows[self._first :] = kept
        self._first -= 1
        self._rows[self._first] = values
        self._used = min(self._used + 1, self._depth)

    @property
    def newest(self) -> NDArray[Any]:
        """The samples that there are. Shape (samples, vms)."""
        return self._rows[self._first : self._first + self._used]
