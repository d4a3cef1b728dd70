"""How long a migration takes, how long the VM pauses, and what is sent: pre-copy, and VMs that are powered off."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from models.arrays import Floats, Ints, Mask, frozen
from models.errors import InputError
from models.laws.migration.constants import MB_PER_MIB, MBIT_PER_MIB, PUBLISHED, Constants

_SMALLEST_MIB = 1e-9
"""A working set of nothing, which can be divided by."""


@dataclass(frozen=True, eq=False)
class Precopy:
    """
    What migrations are predicted to take. Shape (...) each.

    Parameters
    ----------
    duration_s
        From the start to the VM running at the destination. [s]
    downtime_ms
        Pause of the VM, the last part of the duration. [ms]
    transferred_mib
        Data sent, all rounds and the stop-and-copy. [MiB]
    rounds
        Rounds of copying while the VM runs.
    converges
        Whether the rest became small enough in time; if not, the VM was stopped with more left to send.
    energy_j
        Energy of the copy at both ends. [J]
    """

    duration_s: Floats
    downtime_ms: Floats
    transferred_mib: Floats
    rounds: Ints
    converges: Mask
    energy_j: Floats


def precopy(
    memory_mib: ArrayLike,
    dirty_mib_s: ArrayLike,
    bandwidth_mbps: ArrayLike,
    *,
    touched_mib: ArrayLike | None = None,
    working_set_mib: ArrayLike | None = None,
    constants: Constants = PUBLISHED,
) -> Precopy:
    """
    Live migration by iterative pre-copy, with the stop rule of QEMU, where little is known of the VM.

    The closed form of `models.laws.migration.predict`, for plans and simulations. With rate ``B``, dirty rate ``D``,
    working set ``W`` and memory to send ``V[0]``, round k sends ``S[k] = V[k] - R[k]`` in ``T[k] = S[k] / B``.
    Meanwhile ``U = W (1 - exp(-D T[k] / W))`` is written at least once, of which ``U R[k] / W`` is unsent anyway::

        V[k+1] = R[k] + U (1 - R[k] / W)

    The VM stops at the first k > 0 with ``V[k] / B <= limit``, or after ``rounds_max`` rounds, and the rest is sent
    while it is paused. QEMU ends a round when it sees that what remains is below ``B × limit``, and it looks once in a
    ``window``; so what remains then, ``R[k] = B (limit - window / 2)``, is sent with the next round. The first round
    is taken to end at zero, since the memory that is sent last is usually empty::

        downtime = V[k] / B + resume
        duration = setup + scan + T[0] + … + T[k-1] + downtime
        energy   = 0.512 J/MB × (S[0] + … + S[k-1] + V[k]) + 20.165 J

    Parameters
    ----------
    memory_mib
        Configured memory, which is scanned. [MiB] Shape (...).
    dirty_mib_s
        Rate at which the VM dirties memory. [MiB/s] Shape (...).
    bandwidth_mbps
        Rate reserved for the migration, before protocol overhead. [Mbit/s] Shape (...).
    touched_mib
        Memory to send; by default all of it. [MiB] Shape (...).
    working_set_mib
        Memory that is rewritten; by default a share of what is sent. [MiB] Shape (...).

    Raises
    ------
    InputError
        If a bandwidth is not above zero, or an amount is negative or not a number.

    References
    ----------
    .. [1] C. Clark et al., "Live migration of virtual machines," NSDI 2005.
    .. [2] H. Liu et al., "Performance and energy modeling for live migration of virtual machines," HPDC 2011.

    Examples
    --------
    >>> idle = precopy(8192, 0, 10_000)
    >>> print(f"{idle.duration_s:.2f} s, {idle.downtime_ms:.0f} ms, {idle.transferred_mib:.0f} MiB")
    9.09 s, 40 ms, 8192 MiB
    """
    touched = memory_mib if touched_mib is None else touched_mib
    working = np.multiply(touched, constants.working_set_share) if working_set_mib is None else working_set_mib
    memory, dirty, mbps, left, limit = _checked(memory_mib, dirty_mib_s, bandwidth_mbps, touched, working)
    rate = mbps * constants.efficiency / MBIT_PER_MIB
    sent, left, rounds = _copied(left, dirty, rate, limit, constants)
    pause_s = left / rate
    downtime_ms = pause_s * 1000 + constants.resume_ms
    scan_s = constants.scan_s_per_gib * memory / 1024
    return Precopy(
        duration_s=frozen(constants.setup_s + scan_s + sent / rate + downtime_ms / 1000, np.float64),
        downtime_ms=frozen(downtime_ms, np.float64),
        transferred_mib=frozen(sent + left, np.float64),
        rounds=frozen(rounds, np.int64),
        converges=frozen(pause_s <= constants.downtime_limit_ms / 1000, np.bool_),
        energy_j=frozen(energy_j(sent + left, constants), np.float64),
    )


def cold(count: int, *, constants: Constants = PUBLISHED) -> Precopy:
    """Powered-off VMs on shared storage: re-registered in `cold_s` each; nothing is copied, nothing pauses."""
    none = frozen(np.zeros(count), np.float64)
    return Precopy(
        duration_s=frozen(np.full(count, constants.cold_s), np.float64),
        downtime_ms=none,
        transferred_mib=none,
        rounds=frozen(np.zeros(count), np.int64),
        converges=frozen(np.ones(count), np.bool_),
        energy_j=none,
    )


def dirty_estimate(memory_mib: ArrayLike, cpu_share: ArrayLike, *, constants: Constants = PUBLISHED) -> Floats:
    """
    Rate of dirtying where none was measured: a share of memory a second, in proportion to load, in MiB/s.

    Parameters
    ----------
    memory_mib
        Memory that the VM uses. [MiB] Shape (...).
    cpu_share
        Share of its virtual CPUs in use; held to [0, 1]. Shape (...).
    """
    busy = np.clip(np.asarray(cpu_share, np.float64), 0.0, 1.0)
    return constants.dirty_share_s * np.asarray(memory_mib, np.float64) * busy


def _checked(
    memory: ArrayLike, dirty: ArrayLike, mbps: ArrayLike, touched: ArrayLike, working: ArrayLike
) -> tuple[Floats, ...]:
    """Return the amounts as arrays of one shape."""
    given = {
        "memory": memory,
        "dirty rate": dirty,
        "bandwidth": mbps,
        "touched memory": touched,
        "working set": working,
    }
    arrays = np.broadcast_arrays(*(np.asarray(values, np.float64) for values in given.values()))
    for name, values in zip(given, arrays, strict=True):
        wrong = ~(np.isfinite(values) & (values > 0 if name == "bandwidth" else values >= 0))
        if wrong.any():
            least = "above 0" if name == "bandwidth" else "0 or more"
            raise InputError(f"The {name} of a migration must be {least}; found {values[wrong].flat[0]:g}.")
    return arrays


def _copied(
    left: Floats, dirty: Floats, rate: Floats, working: Floats, constants: Constants
) -> tuple[Floats, Floats, Ints]:
    """Return what was sent while the VM ran, what is left to send, and the rounds; all VMs at once."""
    working = np.maximum(working, _SMALLEST_MIB)
    threshold = rate * (constants.downtime_limit_ms / 1000)
    tail = np.maximum(threshold - rate * (constants.window_s / 2), 0.0)
    sent = np.zeros(left.shape)
    rounds = np.zeros(left.shape, np.int64)
    active = np.ones(left.shape, np.bool_)
    unsent = np.zeros(left.shape)
    for _ in range(int(constants.rounds_max)):
        sending = left - unsent
        written = -working * np.expm1(-dirty * sending / (rate * working))
        sent = np.where(active, sent + sending, sent)
        left = np.where(active, unsent + written * (1.0 - np.minimum(unsent / working, 1.0)), left)
        rounds = rounds + active
        active = active & (left > threshold)
        if not active.any():
            break
        unsent = np.minimum(tail, np.maximum(left - rate * constants.window_s, 0.0))
    return sent, left, rounds


def energy_j(sent_mib: Floats, constants: Constants = PUBLISHED) -> Floats:
    """
    Return the energy of a copy at both ends together: 0.512 J/MB and 20.165 J. [J] Shape (...).

    Parameters
    ----------
    sent_mib
        What is sent, of memory and of disks. [MiB] Shape (...).

    References
    ----------
    .. [1] H. Liu et al., "Performance and energy modeling for live migration of virtual machines," HPDC 2011.

    Examples
    --------
    >>> print(f"{energy_j(np.array([1000 / MB_PER_MIB]))[0]:.3f}")
    532.165
    """
    return constants.energy_j_per_mb * MB_PER_MIB * sent_mib + constants.energy_j_fixed
