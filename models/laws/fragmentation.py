"""Fragmentation: capacity that is free and of no use, because the same host lacks something else."""

import numpy as np

from models.arrays import Floats


def stranded_share(load: Floats, capacity: Floats) -> Floats:
    """
    Return, for each dimension, the share of capacity that is free and stranded.

    Of a host whose fullest dimension is used to a share of f, a VM like the mix of the estate can use 1 - f of every
    other dimension at most. What is free beyond that is stranded: u being the share used, max(0, (1 - u) - (1 - f)),
    so f - u. Hosts count by their capacity.

    Parameters
    ----------
    load, capacity
        What is taken and offered on hosts that are on, in the units of each dimension. Shape (hosts, dims).

    Returns
    -------
    Floats
        Stranded over offered, in [0, 1]. Shape (dims,).

    References
    ----------
    .. [1] Q. Weng et al., "Beware of fragmentation: scheduling GPU-sharing workloads with fragmentation gradient
       descent," USENIX ATC 2023, for resources that are stranded by the lack of others.
    .. [2] A. Verma et al., "Large-scale cluster management at Google with Borg," EuroSys 2015, section 5.

    Examples
    --------
    >>> stranded_share(np.array([[8.0, 2.0]]), np.array([[10.0, 10.0]])).round(3).tolist()
    [0.0, 0.6]
    """
    total = capacity.sum(axis=0)
    found: Floats = np.divide(stranded(load, capacity), total, out=np.zeros(len(total)), where=total > 0)
    return found


def stranded(load: Floats, capacity: Floats) -> Floats:
    """
    Return how much of each dimension is free and stranded, which adds up over parts of an estate. Shape (dims,).

    Parameters
    ----------
    load, capacity
        As for `stranded_share`. Shape (hosts, dims).

    Examples
    --------
    >>> stranded(np.array([[8.0, 2.0]]), np.array([[10.0, 10.0]])).round(3).tolist()
    [0.0, 6.0]
    """
    used = np.divide(load, capacity, out=np.zeros(np.shape(load)), where=capacity > 0)
    fullest = np.minimum(used, 1.0).max(axis=1, keepdims=True, initial=0.0)
    found: Floats = (np.maximum(fullest - used, 0.0) * capacity).sum(axis=0)
    return found
