"""How the VMs of a host share its CPU."""

import numpy as np

from models.arrays import NOWHERE, Floats, Rows


def summed(values: Floats, host: Rows, hosts: int) -> Floats:
    """
    Return the sum over the VMs on each host, in the order of the VMs.

    Parameters
    ----------
    values
        One for each VM. Shape (vms,).
    host
        The host of each VM; a VM on none counts nowhere. Shape (vms,).
    hosts
        How many hosts there are.

    Examples
    --------
    >>> summed(np.array([1.0, 2.0, 4.0]), np.array([1, -1, 1], np.int32), 2)
    array([0., 5.])
    """
    sums: Floats = np.bincount(host - NOWHERE, weights=values, minlength=hosts + 1)[1:].astype(np.float64, copy=False)
    return sums


def proportional(demand: Floats, host: Rows, capacity: Floats) -> Floats:
    """
    CPU served to each VM: all it asks for, or where a host cannot serve all, the same share of each demand.

    With total demand ``D`` on a host of capacity ``C``, a VM that asks for ``d`` gets ``d min(1, C / D)``.

    Parameters
    ----------
    demand
        CPU that the VM asks for. [MHz] Shape (vms,).
    host
        The host of each VM; a VM on none gets nothing. Shape (vms,).
    capacity
        CPU of each host. [MHz] Shape (hosts,).

    Examples
    --------
    >>> proportional(np.array([300.0, 100.0, 50.0]), np.array([0, 0, 1], np.int32), np.array([200.0, 200.0]))
    array([150.,  50.,  50.])
    """
    asked = summed(demand, host, len(capacity))
    share = np.ones(len(capacity))
    np.divide(capacity, asked, out=share, where=asked > capacity)
    placed = host != NOWHERE
    served = np.zeros(len(demand))
    served[placed] = demand[placed] * share[host[placed]]
    return served
