"""Readings over time made whole, so that every VM asks for something at every tick."""

import numpy as np

from models.arrays import Floats, Singles
from models.demand import Usage
from models.inventory import Inventory

CORE_SHARE = 0.25
"""Share of its virtual CPUs that a VM is taken to use, of which nothing at all is known."""


def filled(inventory: Inventory, usage: Usage, growth: float = 1.0) -> Singles:
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

    Returns
    -------
    Singles
        Demand. [MHz] Shape (samples, vms).
    """
    demand = np.array(usage.cpu_mhz.T, np.float32, order="C")
    held = _stand_in(inventory, usage).astype(np.float32)
    for row in demand:
        np.copyto(row, held, where=np.isnan(row))
        held = row
    demand *= np.float32(growth)
    return demand


def _stand_in(inventory: Inventory, usage: Usage) -> Floats:
    """Return what each VM asks for before its first reading, in MHz."""
    vms, clocks = inventory.vms, inventory.hosts.cpu_mhz
    usual = float(np.median(clocks)) if len(clocks) else 0.0
    clock = np.append(clocks, usual)[inventory.start]
    guessed = np.where(np.isnan(vms.cpu_used_mhz), vms.vcpus * clock * CORE_SHARE, vms.cpu_used_mhz)
    known = ~np.isnan(usage.cpu_mhz)
    total = np.sum(usage.cpu_mhz, axis=1, where=known, dtype=np.float64)
    return np.where(known.any(axis=1), total / np.maximum(known.sum(axis=1), 1), guessed)
