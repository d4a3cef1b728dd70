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
from statistics import NormalDist
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from models.arrays import Ints, Rows, frozen
from models.errors import BrokenPromiseError
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
            As in `allowed`.
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


def allowed(samples: int, share: float, *, confidence: float | None = None, together: int = 12) -> int:
    """
    Return in how many samples a bin may be exceeded, so that the share is kept.

    With a confidence, the upper end of Wilson's interval [1]_ of the share stays within it, where `together`
    successive samples count as one because they resemble each other; 0 where even that would be too much.

    References
    ----------
    .. [1] E. B. Wilson, "Probable inference, the law of succession, and statistical inference," JASA 22, 1927.

    >>> allowed(2016, 0.05), allowed(2016, 0.05, confidence=0.95)
    (100, 55)
    """
    plain = int(np.floor(samples * share + 1e-9))
    if confidence is None:
        return plain
    fits = [count for count in range(plain + 1) if upper(count / samples, samples / together, confidence) <= share]
    return max(fits, default=0)


def upper(share: float, size: float, confidence: float) -> float:
    """Return the upper end of Wilson's one-sided interval of a share that was seen in `size` independent samples."""
    z = NormalDist().inv_cdf(confidence)
    centre = share + z * z / (2 * size)
    spread = z * np.sqrt(share * (1 - share) / size + z * z / (4 * size * size))
    return float((centre + spread) / (1 + z * z / size))


def loads(series: Rows, packed: Packed) -> Ints:
    """Return what each bin's items take together, by series of shape (classes, items, samples). (bins, samples)."""
    total = np.zeros((packed.bins, series.shape[2]), np.int64)
    np.add.at(total, packed.bin, series[packed.kind[packed.bin], np.arange(len(packed.bin))])
    return total


def overloaded(chances: Chances, packed: Packed) -> Ints:
    """Return in how many samples each bin is exceeded. Shape (bins,)."""
    beyond: Ints = (loads(chances.series, packed) > chances.limit[packed.kind][:, None]).sum(axis=1)
    return beyond
