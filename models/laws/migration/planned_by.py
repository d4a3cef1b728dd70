"""Migrations of a plan by a technique: the closed form for pre-copy, replays for all others."""

import numpy as np
from numpy.typing import ArrayLike

from models.arrays import Floats, frozen
from models.laws.migration.constants import MBIT_PER_MIB, PUBLISHED, Constants
from models.laws.migration.guests import Guests, Paths
from models.laws.migration.planned import Precopy, precopy
from models.laws.migration.prediction import predict
from models.laws.migration.techniques import technique

ONE = 1
"""Replicas of a replay: a plan needs what is typical, and fast."""


def planned(
    by: str,
    memory_mib: ArrayLike,
    dirty_mib_s: ArrayLike,
    bandwidth_mbps: ArrayLike,
    *,
    constants: Constants = PUBLISHED,
) -> Precopy:
    """
    Return what live migrations by a technique are predicted to take, where little is known of the VMs.

    Parameters
    ----------
    by
        Name of a technique, of `models.laws.migration.TECHNIQUES`.
    memory_mib, dirty_mib_s, bandwidth_mbps
        As for `models.laws.migration.precopy`. [MiB, MiB/s, Mbit/s] Shape (...).

    Raises
    ------
    InputError
        If the technique is not known, or an amount is out of range.

    Examples
    --------
    >>> found = planned("post-copy", [8192.0], [200.0], [10_000.0])
    >>> print(f"{found.downtime_ms[0]:.0f} ms, converges: {found.converges[0]}")
    35 ms, converges: True
    """
    technique(by)
    if by == "pre-copy":
        return precopy(memory_mib, dirty_mib_s, bandwidth_mbps, constants=constants)
    memory, dirty, mbps = np.broadcast_arrays(
        *(np.asarray(values, np.float64) for values in (memory_mib, dirty_mib_s, bandwidth_mbps))
    )
    flat = [np.ravel(values) for values in (memory, dirty, mbps * constants.efficiency / MBIT_PER_MIB)]
    limit = constants.downtime_limit_ms
    found = predict(Guests.of(flat[0], flat[1]), Paths.of(flat[2], downtime_limit_ms=limit), by, members=ONE)

    def shaped(values: Floats) -> Floats:
        return frozen(values.reshape(memory.shape), values.dtype)

    return Precopy(
        duration_s=shaped(found.total_s),
        downtime_ms=shaped(found.downtime_ms),
        transferred_mib=shaped(found.sent_mib),
        rounds=frozen(found.rounds.reshape(memory.shape), np.int64),
        converges=frozen(found.converges.reshape(memory.shape), np.bool_),
        energy_j=shaped(found.energy_source_j + found.energy_destination_j),
    )
