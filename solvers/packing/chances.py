"""
What items take from sample to sample, and how often a bin may be exceeded: chance-constrained packing.

The share of samples in which the joint demand of a bin's items is beyond what it offers stands for the probability
of an overload [1]_. Joint samples are counted, so no independence is supposed: VMs that peak together are seen to.

References
----------
.. [1] M. Cohen, P. Keller, V. Mirrokni, M. Zadimoghaddam, "Overcommitment in cloud services: bin packing with chance
   constraints," Management Science 65(7), 2019.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from models.arrays import Ints, Rows, frozen
from models.errors import BrokenPromiseError
from models.laws.chance import allowed
from solvers.packing.instance import Packed


@dataclass(frozen=True, eq=False)
class Chances:
    """
    Joint samples of demand, and how many of them may be beyond a bin's limit.

    Parameters
    ----------
    series
        What an item takes in a bin of each class at each sample. Shape (classes, items, samples).
    limit
        What a bin of each class offers. Shape (classes,).
    most
        Samples in which a bin may be exceeded.
    """

    series: Rows
    limit: Ints
    most: int

    @classmethod
    def of(cls, series: ArrayLike, limit: ArrayLike, share: float, *, confidence: float | None = None,
           together: int = 12) -> Self:  # fmt: skip
        """
        Return chances for an accepted share of overloaded samples.

        Parameters
        ----------
        series, limit
            As above; series of shape (items, samples) are the same on all classes.
        share
            Accepted probability of an overload.
        confidence, together
            As in `models.laws.chance.allowed`.
        """
        offers = np.atleast_1d(np.asarray(limit, np.int64))
        rows = np.asarray(series, np.int32)
        rows = np.broadcast_to(rows, (len(offers), *rows.shape)) if rows.ndim == 2 else rows
        most = allowed(rows.shape[2], share, confidence=confidence, together=together)
        return cls(frozen(rows, np.int32), frozen(offers, np.int64), most)

    def __post_init__(self) -> None:
        if self.series.ndim != 3 or self.limit.shape != (len(self.series),) or self.most < 0:
            raise BrokenPromiseError(f"Series of shape {self.series.shape} and {len(self.limit)} limits do not agree.")
        if self.series.size and int(self.series.max(axis=2).sum(axis=1, dtype=np.int64).max()) >= 2**31:
            raise BrokenPromiseError("The sum of all series must stay below 2**31.")

    @property
    def samples(self) -> int:
        """How many moments were sampled."""
        return int(self.series.shape[2])


def loads(series: Rows, packed: Packed) -> Ints:
    """Return what each bin's items take together, by series of shape (classes, items, samples). (bins, samples)."""
    total = np.zeros((packed.bins, series.shape[2]), np.int64)
    np.add.at(total, packed.bin, series[packed.kind[packed.bin], np.arange(len(packed.bin))])
    return total


def overloaded(chances: Chances, packed: Packed) -> Ints:
    """Return in how many samples each bin is exceeded. Shape (bins,)."""
    beyond: Ints = (loads(chances.series, packed) > chances.limit[packed.kind][:, None]).sum(axis=1)
    return beyond
