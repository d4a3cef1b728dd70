"""How busy VMs and hosts are in the mean, and over time: what energy and heat maps are reckoned from."""

from dataclasses import dataclass

import numpy as np

from models.arrays import NOWHERE, Floats, Mask, Rows, Singles
from models.demand import Usage
from models.inventory import Inventory

HOUR_S = 3_600.0
UNKNOWN = "what is reserved"
"""Basis of a mean load of which nothing is known."""
_OF_HOSTS = "the hosts' snapshot"


@dataclass(frozen=True, eq=False)
class MeanLoad:
    """
    Mean CPU that each VM uses.

    Parameters
    ----------
    cpu_mhz
        The mean. [MHz] Shape (vms,).
    basis
        Where the best of it is from, in words.
    of_host
        VMs whose mean is a share of what their host took, threads of the host included. Shape (vms,).
    """

    cpu_mhz: Floats
    basis: str
    of_host: Mask


def mean_load(inventory: Inventory, usage: Usage | None, planned: Floats) -> MeanLoad:
    """
    Return the mean CPU use of each VM from the best source there is.

    In order: readings over time, the VM's snapshot, its share by virtual CPUs of its host's snapshot, and what the
    plan reserves (`planned`, shape (vms,)), which overstates it.
    """
    vms, running = inventory.vms, inventory.running
    sources: list[tuple[str, Floats]] = [
        ("the VMs' snapshot", vms.cpu_used_mhz),
        (_OF_HOSTS, _shares(inventory)),
    ]
    if usage is not None:
        sources.insert(0, ("the mean of the readings", row_means(usage.cpu_mhz)))
    mean, basis, of_host = np.full(len(vms), np.nan), UNKNOWN, np.zeros(len(vms), np.bool_)
    for name, values in reversed(sources):
        known = ~np.isnan(values)
        mean = np.where(known, values, mean)
        of_host = np.where(known, name == _OF_HOSTS, of_host)
        basis = name if (known & running).any() else basis
    mean = np.where(np.isnan(mean), planned, mean) * running
    return MeanLoad(mean, basis, of_host)


def row_means(readings: Singles) -> Floats:
    """Return the mean of each row's readings that are not NaN; NaN for none. Shape (vms,)."""
    known = ~np.isnan(readings)
    count = known.sum(axis=1)
    total = np.where(known, readings, 0).sum(axis=1, dtype=np.float64)
    mean: Floats = np.divide(total, count, out=np.full(len(readings), np.nan), where=count > 0)
    return mean


def _shares(inventory: Inventory) -> Floats:
    """Return each running VM's share by virtual CPUs of what its host used; NaN where that is not known."""
    start, running = inventory.start, inventory.running & (inventory.start != NOWHERE)
    home = np.where(start == NOWHERE, 0, start)
    if not len(inventory.hosts):
        return np.full(len(start), np.nan)
    vcpus = np.bincount(home, inventory.vms.vcpus * running, minlength=len(inventory.hosts))
    shares = inventory.hosts.cpu_used_mhz[home] * inventory.vms.vcpus / np.maximum(vcpus[home], 1)
    return np.where(running, shares, np.nan)


def hourly(usage: Usage) -> tuple[Floats, Singles]:
    """Return the start of each hour, in s from the first sample, and the mean CPU of each VM. Shape (vms, hours)."""
    width = max(round(HOUR_S / usage.step_s), 1)
    hours = -(-usage.samples // width)
    means = [row_means(usage.cpu_mhz[:, hour * width : (hour + 1) * width]) for hour in range(hours)]
    times = np.arange(hours, dtype=np.float64) * width * usage.step_s
    return times, np.nan_to_num(np.stack(means, axis=1)).astype(np.float32) if hours else np.zeros((0, 0), np.float32)


def by_host(values: Floats | Singles, host: Rows, hosts: int) -> Floats:
    """Return sums over the VMs on each host. Shape (hosts,) or (hosts, times)."""
    placed = host != NOWHERE
    total = np.zeros((hosts, *values.shape[1:]))
    np.add.at(total, host[placed], values[placed])
    return total
