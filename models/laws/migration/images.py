"""Suspend and resume: the guest is stopped, what changed since its last image is sent, and it is resumed."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from models import catalog
from models.arrays import Floats, frozen
from models.laws.migration.constants import MBIT_PER_MIB, PUBLISHED, Constants
from models.laws.migration.guests import columns
from models.laws.migration.planned import energy_j


@dataclass(frozen=True, eq=False)
class Suspended:
    """
    What suspending, sending and resuming takes. Shape (rows,) each.

    Parameters
    ----------
    duration_s, downtime_ms
        All of it, and the pause of the guest, which is all but the setup. [s], [ms]
    transferred_mib
        What is sent: changed pages, and digests where there is an older image. [MiB]
    energy_j
        Energy of the copy at both ends. [J]
    """

    duration_s: Floats
    downtime_ms: Floats
    transferred_mib: Floats
    energy_j: Floats


def image_share(age_h: ArrayLike) -> Floats:
    """
    Return the share of an older image of a VM's memory that is still good.

    ``min(1, a t^-b)``: most of what changes does so soon. NaN stands for no image, of which nothing is good.

    Parameters
    ----------
    age_h
        Time since the image was written. [h] Shape (...).

    References
    ----------
    .. [1] T. Knauth, C. Fetzer, "VeCycle: Recycling VM checkpoints for faster migrations," Middleware 2015.

    Examples
    --------
    >>> image_share([0.1, 2.0, 24.0, float("nan")]).round(2).tolist()
    [1.0, 0.6, 0.35, 0.0]
    """
    age = np.maximum(np.asarray(age_h, np.float64), 1e-9)
    power = catalog.number("migration", "image_share") * age ** -catalog.number("migration", "image_exponent")
    return np.asarray(np.where(np.isnan(age), 0.0, np.minimum(power, 1.0)))


def suspended(
    touched_mib: ArrayLike,
    bandwidth_mbps: ArrayLike,
    *,
    image_age_h: ArrayLike = np.nan,
    changed_mib: ArrayLike | None = None,
    disk_mib_s: ArrayLike = np.inf,
    constants: Constants = PUBLISHED,
) -> Suspended:
    """
    Move guests by suspend and resume, with temporal locality.

    The memory is read through the slower of disk and link; of the pages of which the destination has an older image,
    only a digest is sent where they are still the same.

    Parameters
    ----------
    touched_mib
        Memory that is not empty. [MiB] Shape (rows,).
    bandwidth_mbps
        Rate of the path, before protocols. [Mbit/s] Shape (rows,).
    image_age_h
        Age of the image that the destination keeps of the guest; NaN: none. [h] Shape (rows,).
    changed_mib
        What changed since, if it is known; by default by `image_share`. [MiB] Shape (rows,).
    disk_mib_s
        Rate of the disks if the image goes through them at both ends; infinite: it does not. [MiB/s] Shape (rows,).
    """
    age = np.asarray(image_age_h, np.float64)
    guessed = np.asarray(touched_mib, np.float64) * (1.0 - image_share(age))
    given = {"touched_mib": touched_mib, "changed_mib": guessed if changed_mib is None else changed_mib}
    found = columns({**given, "compared": ~np.isnan(age)})
    rates = columns({"bandwidth_mbps": bandwidth_mbps, "disk_mib_s": disk_mib_s}, least=1e-12, infinite=True)
    touched, changed = found["touched_mib"], np.minimum(found["changed_mib"], found["touched_mib"])
    digests = found["compared"] * touched / 4096 * catalog.number("migration", "digest_bytes")
    sent = changed + digests
    link = rates["bandwidth_mbps"] * constants.efficiency / MBIT_PER_MIB
    pause = np.maximum(sent / link, touched / rates["disk_mib_s"]) + constants.resume_ms / 1000
    joules = energy_j(sent, constants)
    return Suspended(
        duration_s=frozen(constants.setup_s + pause, np.float64),
        downtime_ms=frozen(pause * 1000, np.float64),
        transferred_mib=frozen(sent, np.float64),
        energy_j=frozen(joules, np.float64),
    )
