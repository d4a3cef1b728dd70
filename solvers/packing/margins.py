"""
How much of what bins offer is kept back, so that overloads stay as seldom on days that packing has not seen.

A packing picks, of all that look good on the samples, one that looks best: it is exceeded more often on others. A
margin makes up for that. It is found on the known samples alone: pack by one half of the days, judge by the other.
"""

from dataclasses import replace

import numpy as np

from models.arrays import Mask
from models.laws.chance import allowed
from solvers.packing.chances import Chances, overloaded
from solvers.packing.instance import Packing
from solvers.packing.profiles import ProfilePack

MARGINS = (0.0, 0.02, 0.04, 0.06, 0.08, 0.12, 0.16, 0.24, 0.32)
"""Shares of a bin's limit that are kept back, one after the other, until the other half of the days agrees."""


def kept_back(chances: Chances, margin: float) -> Chances:
    """Return the chances with a share of every limit kept back."""
    return replace(chances, limit=np.floor(chances.limit * (1 - margin)).astype(np.int64))


def margin(packing: Packing, chances: Chances, share: float, block: int, pack: ProfilePack) -> float:
    """
    Return the smallest margin under which no bin is exceeded too often on the days that were left out.

    Parameters
    ----------
    packing, chances
        What is packed, and all samples that are known.
    share
        Accepted share of overloaded samples of each bin.
    block
        Samples that stay together, such as those of a day; every other block is left out, then the others.
    pack
        Packs each half.

    Returns
    -------
    float
        A member of `MARGINS`: the last one if none is enough.
    """
    odd = (np.arange(chances.samples) // block) % 2 == 1
    if not odd.any():
        odd = np.arange(chances.samples) >= chances.samples // 2
    return next((each for each in MARGINS if _holds(packing, chances, share, each, odd, pack)), MARGINS[-1])


def _holds(packing: Packing, chances: Chances, share: float, margin: float, odd: Mask, pack: ProfilePack) -> bool:
    return all(
        _worst(packing, _of(chances, half, share), _of(chances, ~half, share), margin, pack) <= share
        for half in (odd, ~odd)
    )


def _worst(packing: Packing, known: Chances, other: Chances, margin: float, pack: ProfilePack) -> float:
    """Return the largest share of overloaded samples of a bin in the other samples."""
    found = pack(packing, kept_back(known, margin))
    return float(overloaded(other, found).max(initial=0)) / other.samples


def _of(chances: Chances, samples: Mask, share: float) -> Chances:
    """Return some of the samples, and how many of them may be beyond the limit."""
    most = min(allowed(int(samples.sum()), share), chances.most)
    return Chances(np.ascontiguousarray(chances.series[:, :, samples]), chances.limit, most)
