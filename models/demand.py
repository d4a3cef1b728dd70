"""
Demand over time, and what of it counts.

A basis names what counts as a VM's demand for a resource: ``allocated`` (as configured), ``snapshot`` (one moment),
``peak``, a percentile such as ``p95``, or ``profile`` (a value for each part of the day, so that VMs that peak at
different hours can share a host). ``auto`` is p95 for what was measured over time and allocated for the rest.
"""

from dataclasses import dataclass

import numpy as np

from models.arrays import Floats, Mask, Singles
from models.errors import BrokenPromiseError

DAY_S = 86_400.0
PROFILE_PERCENTILE = 95.0
_CHUNK = 1_000


@dataclass(frozen=True, eq=False)
class Usage:
    """
    Readings on one time grid, aligned with an inventory's VMs; NaN where there is none.

    Parameters
    ----------
    start_s
        Time of the first sample, UTC seconds since 1970. [s]
    step_s
        Distance of two samples. [s]
    cpu_mhz
        CPU used. [MHz] Shape (vms, samples).
    memory_mib
        Memory used. [MiB] Shape (vms, samples), or None.
    disk_iops, net_mbps
        Disk operations and network traffic. [1/s], [Mbit/s] Shape (vms, samples), or None.
    """

    start_s: float
    step_s: float
    cpu_mhz: Singles
    memory_mib: Singles | None = None
    disk_iops: Singles | None = None
    net_mbps: Singles | None = None

    def __post_init__(self) -> None:
        others = (self.memory_mib, self.disk_iops, self.net_mbps)
        if any(other is not None and other.shape != self.cpu_mhz.shape for other in others):
            raise BrokenPromiseError("All readings of a usage share one time grid.")

    @property
    def samples(self) -> int:
        """How many moments were sampled."""
        return int(self.cpu_mhz.shape[1])


@dataclass(frozen=True, eq=False)
class Wanted:
    """
    What counts as demand for one resource.

    Parameters
    ----------
    values
        Demand of each VM in each bucket of the day. Shape (vms, buckets).
    basis
        The basis that was used, in words.
    coverage
        Share of the readings that the basis wanted and had; 1 where it needs none.
    fallen_back
        VMs for which the basis had too little data, so that a safer one stood in. Shape (vms,).
    """

    values: Floats
    basis: str
    coverage: float
    fallen_back: Mask


def percentile(readings: Singles, share: float) -> Floats:
    """
    Return the percentile of each row's readings that are not NaN, linearly interpolated; NaN for an empty row.

    Parameters
    ----------
    readings
        Shape (vms, samples).
    share
        The percentile, in [0, 100].

    >>> percentile(np.array([[1, 2, 3, np.nan], [np.nan] * 4], np.float32), 50)
    array([ 2., nan])
    """
    result = np.full(len(readings), np.nan)
    if not readings.shape[1]:
        return result
    for first in range(0, len(readings), _CHUNK):
        block = np.sort(readings[first : first + _CHUNK], axis=1)
        known = np.count_nonzero(~np.isnan(block), axis=1)
        rank = np.maximum(known - 1, 0) * (share / 100)
        low = np.floor(rank).astype(np.int64)
        high = np.minimum(low + 1, np.maximum(known - 1, 0))
        rows = np.arange(len(block))
        below, above = block[rows, low].astype(np.float64), block[rows, high].astype(np.float64)
        result[first : first + _CHUNK] = np.where(known > 0, below + (above - below) * (rank - low), np.nan)
    return result


def covered(readings: Singles) -> Floats:
    """Return the share of samples that each VM has a reading for. Shape (vms,)."""
    if not readings.shape[1]:
        return np.zeros(len(readings))
    known: Floats = np.count_nonzero(~np.isnan(readings), axis=1) / readings.shape[1]
    return known


def profiled(readings: Singles, start_s: float, step_s: float, buckets: int) -> Floats:
    """Return each VM's 95th percentile in each part of the day, UTC. Shape (vms, buckets)."""
    times = (start_s + step_s * np.arange(readings.shape[1])) % DAY_S
    bucket = (times / DAY_S * buckets).astype(np.int64)
    columns = [percentile(readings[:, bucket == index], PROFILE_PERCENTILE) for index in range(buckets)]
    return np.stack(columns, axis=1)


def wanted(
    readings: Singles | None,
    *,
    basis: str,
    allocated: Floats,
    snapshot: Floats,
    floor: Floats,
    counted: Mask,
    grid: tuple[float, float] = (0.0, 300.0),
    buckets: int = 24,
    minimum_coverage: float = 0.6,
) -> Wanted:
    """
    Return what counts as demand for a resource, by its basis.

    Parameters
    ----------
    readings
        Usage over time, or None. Shape (vms, samples).
    basis
        See the module. ``auto`` must have been resolved by `resolved`.
    allocated, snapshot, floor
        As configured; at one moment (NaN unknown); the least that is guaranteed. Shape (vms,).
    counted
        VMs that take anything at all. Shape (vms,).
    grid
        Start and step of the readings. [s]
    buckets
        Parts of the day of a profile.
    minimum_coverage
        A VM with readings for less than this share of samples falls back to its allocation.
    """
    values, coverage, enough = _measured(readings, basis, allocated, snapshot, grid, buckets, minimum_coverage)
    fallen = counted & ~enough
    values = np.where(enough[:, None], values, allocated[:, None])
    values = np.where(counted[:, None], np.maximum(values, floor[:, None]), 0.0)
    share = float(coverage[counted].mean()) if counted.any() else 1.0
    return Wanted(values, _worded(basis, buckets), share, fallen)


def _measured(
    readings: Singles | None,
    basis: str,
    allocated: Floats,
    snapshot: Floats,
    grid: tuple[float, float],
    buckets: int,
    minimum_coverage: float,
) -> tuple[Floats, Floats, Mask]:
    """Return values (vms, buckets), coverage (vms,) and whether a VM has data enough (vms,)."""
    size = len(allocated)
    if basis == "allocated":
        return allocated[:, None], np.ones(size), np.ones(size, np.bool_)
    if basis == "snapshot":
        known = ~np.isnan(snapshot)
        return snapshot[:, None], known.astype(np.float64), known
    if readings is None:
        return allocated[:, None], np.zeros(size), np.zeros(size, np.bool_)
    if basis == "profile":
        values = profiled(readings, *grid, buckets)
        values = np.where(np.isnan(values), np.nanmax(values, axis=1, initial=0.0)[:, None], values)
    else:
        values = percentile(readings, 100.0 if basis == "peak" else float(basis[1:]))[:, None]
    coverage = covered(readings)
    return values, coverage, (coverage >= minimum_coverage) & ~np.isnan(values).any(axis=1)


def resolved(basis: str, readings: Singles | None, *, measure: bool) -> str:
    """Return the basis that ``auto`` stands for: p95 where there are readings and they should count."""
    if basis != "auto":
        return basis
    return "p95" if measure and readings is not None else "allocated"


def _worded(basis: str, buckets: int) -> str:
    words = {
        "allocated": "as allocated",
        "snapshot": "one snapshot",
        "peak": "peak of the readings",
        "profile": f"95th percentile in each of {buckets} parts of the day",
    }
    return words.get(basis, f"{basis[1:]}th percentile of the readings")
