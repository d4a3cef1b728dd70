"""Days that could have been: what a policy of the frontier is chosen on, so that it is not fitted to the day itself."""

import numpy as np

from models.arrays import Ints, Mask, Singles
from models.variants import DAY_SAMPLES, bootstrapped

BLOCKS = (24, 32, 40, 48)
"""Samples a block of each variant in turn: two to four hours."""
SIZES, LEVELS = 4, 4
"""Sizes of VM, a quarter of the VMs each; classes of demand within a size."""


def variant(percents: Singles, number: int) -> Singles:
    """
    Return a day like a given one, each VM's put together from those of VMs of its size and of about its mean.

    A VM that asks for nothing in two samples running is gone for good in CloudSim. Blocks of such VMs would make one
    of them go earlier than any did, and of others go that did not; so these VMs get another's whole day, blocks or not.

    Parameters
    ----------
    percents
        CPU of each trace, in the order in which VMs take them. [%] Shape (vms, samples).
    number
        The variant's: its seed, and its length of blocks in turn.
    """
    gone, size = idles(percents), np.arange(len(percents)) * SIZES // max(len(percents), 1)
    result = np.array(percents)
    block = BLOCKS[number % len(BLOCKS)]
    result[gone] = bootstrapped(percents[gone], size[gone], block=DAY_SAMPLES, seed=number)
    result[~gone] = bootstrapped(percents[~gone], levels(percents[~gone], size[~gone]), block=block, seed=number)
    return result


def idles(percents: Singles) -> Mask:
    """
    Return the traces with two samples of nothing running, from the second on.

    >>> idles(np.array([[0, 0, 1, 0], [1, 0, 0, 1]], np.float32)).tolist()
    [False, True]
    """
    nothing = percents == 0
    found: Mask = (nothing[:, 1:-1] & nothing[:, 2:]).any(axis=1)
    return found


def levels(percents: Singles, size: Ints) -> Ints:
    """
    Return a class of each trace: its size, and a quarter of its size by its mean.

    >>> levels(np.array([[4], [3], [2], [1], [9]], np.float32), np.array([0, 0, 0, 0, 1])).tolist()
    [3, 2, 1, 0, 4]
    """
    order = np.lexsort([percents.mean(axis=1), size])
    first = np.searchsorted(size[order], size)
    place = np.empty(len(size), np.int64)
    place[order] = np.arange(len(size))
    found: Ints = size * LEVELS + (place - first) * LEVELS // np.bincount(size)[size]
    return found
