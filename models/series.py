"""A figure that changes from time to time and holds in between, such as a price or the carbon intensity of power."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from models.arrays import Floats, frozen, read_only
from models.errors import InputError


@dataclass(frozen=True, eq=False)
class Series:
    """
    Values, each of which holds from its time to the next; the first one before, and the last one ever after.

    Parameters
    ----------
    start_s
        From when each value holds, UTC seconds since 1970, rising. [s] Shape (values,).
    values
        Shape (values,).

    >>> intensity = Series([0, 3600], [100, 300])
    >>> intensity.at([-5, 3599, 3600])
    array([100., 100., 300.])
    >>> intensity.mean(1800, 5400)
    array(200.)
    """

    start_s: Floats
    values: Floats

    def __post_init__(self) -> None:
        object.__setattr__(self, "start_s", frozen(self.start_s, np.float64))
        object.__setattr__(self, "values", frozen(self.values, np.float64))
        if self.start_s.ndim != 1 or self.start_s.shape != self.values.shape or not len(self.start_s):
            raise InputError("A series has as many times as values, and at least one.")
        if not (np.diff(self.start_s) > 0).all() or not np.isfinite(self.start_s).all():
            raise InputError("The times of a series rise.")
        if not np.isfinite(self.values).all():
            raise InputError("The values of a series are finite numbers.")

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        for name, value in state.items():
            object.__setattr__(self, name, read_only(value))

    def __len__(self) -> int:
        return len(self.start_s)

    def _places(self, times: Floats) -> Any:
        return np.maximum(np.searchsorted(self.start_s, times, side="right") - 1, 0)

    def at(self, times: ArrayLike) -> Floats:
        """Return the value that holds at each time."""
        found: Floats = self.values[self._places(np.asarray(times, float))]
        return found

    def integral(self, begin: ArrayLike, end: ArrayLike) -> Floats:
        """
        Return value times seconds from `begin` to `end`, exact; negative if `end` comes first.

        >>> Series([0, 10], [2, 5]).integral([0, 8], 12)
        array([30., 14.])
        """
        return self._until(np.asarray(end, float)) - self._until(np.asarray(begin, float))

    def mean(self, begin: ArrayLike, end: ArrayLike) -> Floats:
        """
        Return the mean over time from `begin` to `end`, or the value at `begin` where no time passes.

        >>> Series([0, 10], [2, 5]).mean([0, 5, 7], [20, 15, 7])
        array([3.5, 3.5, 2. ])
        """
        begin, end = np.asarray(begin, float), np.asarray(end, float)
        lasted = end - begin
        some = lasted != 0
        found = self.integral(begin, end) / np.where(some, lasted, 1.0)
        return np.asarray(np.where(some, found, self.at(begin)), float)

    def _until(self, times: Floats) -> Floats:
        """Return the integral from the first time of the series."""
        steps = np.concatenate([[0.0], np.cumsum(self.values[:-1] * np.diff(self.start_s))])
        places = self._places(times)
        found: Floats = steps[places] + self.values[places] * (times - self.start_s[places])
        return found
