"""
What hosts were asked for in the past, and how far ahead one must look.

The past of a host is that of the VMs that are on it now, so that a migration changes the whole history of its source
and of its destination.
"""

import numpy as np

from models.arrays import NOWHERE, Floats
from models.decisions import View
from models.laws.migration import MBIT_PER_MIB, PUBLISHED
from models.laws.sharing import summed


def history(view: View, samples: int) -> Floats:
    """Return what the VMs on each host asked for, over its capacity, the newest first. Shape (samples, hosts)."""
    newest = view.history_mhz[:samples]
    shares = np.empty((len(newest), len(view.capacity_mhz)))
    for share, asked in zip(shares, newest, strict=True):
        share[:] = _share(view, asked)
    return shares


def combined(view: View, weights: Floats) -> Floats:
    """Return a weighted sum of each host's newest samples, as a share of its capacity. Shape (hosts,)."""
    return _share(view, weights @ view.history_mhz[: len(weights)])


def _share(view: View, asked: Floats) -> Floats:
    total = summed(np.where(view.running, asked, 0.0), view.host, len(view.capacity_mhz))
    return np.divide(total, view.capacity_mhz, out=np.zeros(len(total)), where=view.capacity_mhz > 0)


def ahead(view: View) -> Floats:
    """Return the ticks within which the largest VM of each host could have left it, 1 at least. Shape (hosts,)."""
    placed = view.host != NOWHERE
    largest = np.zeros(len(view.capacity_mhz))
    np.maximum.at(largest, view.host[placed], view.memory_mib[placed])
    rate = np.maximum(view.migration_mbps, 1.0) * PUBLISHED.efficiency / MBIT_PER_MIB
    ticks: Floats = np.maximum(np.ceil(largest / rate / view.step_s), 1.0)
    return ticks
