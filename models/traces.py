"""Readings over time made whole, so that every VM asks for something at every tick."""

import numpy as np

from models.arrays import Floats, Singles
from models.demand import Usage
from models.inventory import Inventory

CORE_SHARE = 0.25
"""Share of its virtual CPUs that a VM is taken to use, of which nothing at all is known."""


_VMS = 4096
"""VMs that are filled together, so that little memory is taken beside the result."""


def filled(inventory: Inventory, usage: Usage, growth: float = 1.0, out: Singles | None = None) -> Singles:
    """
    Return the CPU that each VM asks for at each sample.

    Where a reading is missing the last one holds; before the first one the VM's mean; for a VM without any reading
    the snapshot, or else a quarter of its virtual CPUs.

    Parameters
    ----------
    inventory, usage
        The VMs, and their readings.
    growth
        Every demand is multiplied by it.
    out
        Where to put it, such as a matrix on disk; new memory if None. Shape (samples, vms).

    Returns
    -------
    Singles
        Demand. [MHz] Shape (samples, vms).
    """
    demand = np.empty((usage.samples, len(usage.cpu_mhz)), np.float32) if out is None else out
    for first in range(0, demand.shape[1], _VMS):
        rows = slice(first, first + _VMS)
        demand[:, rows] = filled_rows(inventory, usage, rows) * np.float32(growth)
    return demand


def filled_rows(inventory: Inventory, usage: Usage, rows: slice) -> Singles:
    """Return what some VMs ask for at each sample, as in `filled` without growth. [MHz] Shape (samples, vms)."""
    part: Singles = np.array(usage.cpu_mhz[rows].T, np.float32, order="C")
    held = _stand_in(inventory, usage, rows).astype(np.float32)
    for row in part:
        np.copyto(row, held, where=np.isnan(row))
        held = row
    return part


def _stand_in(inventory: Inventory, usage: Usage, rows: slice) -> Floats:
    """Return what some VMs ask for before their first reading, in MHz."""
    vms, clocks = inventory.vms, inventory.hosts.cpu_mhz
    usual = float(np.median(clocks)) if len(clocks) else 0.0
    clock = np.append(clocks, usual)[inventory.start[rows]]
    used = vms.cpu_used_mhz[rows]
    guessed = np.where(np.isnan(used), vms.vcpus[rows] * clock * CORE_SHARE, used)
    readings = usage.cpu_mhz[rows]
    known = ~np.isnan(readings)
    total = np.sum(readings, axis=1, where=known, dtype=np.float64)
    return np.where(known.any(axis=1), total / np.maximum(known.sum(axis=1), 1), guessed)
