"""What each VM asks for as a function of time: readings held from sample to sample, or a line between them."""

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from models.arrays import Floats, Rows, Singles

YEAR_S = 365.25 * 86_400


class Signal(Protocol):
    """A demand over time."""

    @property
    def step_s(self) -> float:
        """Distance of two samples, in s."""

    def at(self, time_s: float) -> Floats:
        """Return what each VM asks for. [MHz] Shape (vms,)."""


@dataclass(frozen=True, eq=False)
class Held:
    """
    Readings that hold from their sample to the next; after the last one they start again.

    Parameters
    ----------
    readings
        One row a sample; several VMs may share a column. Shape (samples, columns).
    step_s
        Distance of two samples. [s]
    column
        The column of each VM; None: as they are. Shape (vms,).
    factor
        What each VM's readings are multiplied by. Shape (vms,) or a number.
    growth_year
        Growth of all demand in a year, as a share: demand grows by ``(1 + g) ** years``.

    Examples
    --------
    >>> signal = Held(np.array([[10.0, 20.0], [30.0, 40.0]]), 300.0, column=np.array([1, 1, 0]), factor=2.0)
    >>> signal.at(299.9), signal.at(900.0)
    (array([40., 40., 20.]), array([80., 80., 60.]))
    """

    readings: Singles | Floats
    step_s: float = 300.0
    column: Rows | None = None
    factor: Floats | float = 1.0
    growth_year: float = 0.0

    def at(self, time_s: float) -> Floats:
        """Return what each VM asks for. Shape (vms,)."""
        row = self.readings[int(time_s // self.step_s) % len(self.readings)]
        if self.column is not None:
            row = row[self.column]
        grown = (1.0 + self.growth_year) ** (time_s / YEAR_S)
        found: Floats = row.astype(np.float64) * (self.factor * grown)
        return found


@dataclass(eq=False)
class Interpolated:
    """
    Shares of each VM's size on a line between samples, the last one being held.

    Parameters
    ----------
    shares
        One row a sample. Shape (samples, vms).
    size_mhz
        What a share is of. [MHz] Shape (vms,).
    step_s
        Distance of two samples. [s]

    Examples
    --------
    >>> Interpolated(np.array([[0.0], [0.3]]), np.array([1000.0]), 300.0).at(100.0)
    array([100.])
    """

    shares: Floats
    size_mhz: Floats
    step_s: float = 300.0
    _sample: int = field(default=-1, init=False, repr=False)

    def at(self, time_s: float) -> Floats:
        """Return what each VM asks for. [MHz] Shape (vms,)."""
        return self.share(time_s) * self.size_mhz

    def share(self, time_s: float) -> Floats:
        """Return the share of its size that each VM asks for. Shape (vms,)."""
        sample = min(int(time_s // self.step_s), len(self.shares) - 1)
        if sample != self._sample:
            following = self.shares[min(sample + 1, len(self.shares) - 1)]
            self._sample, self._from = sample, self.shares[sample]
            self._slope = (following - self._from) / self.step_s
        found: Floats = self._from + self._slope * (time_s - sample * self.step_s)
        return found
