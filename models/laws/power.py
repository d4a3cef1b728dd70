"""What servers draw at a load: linear, by a measured curve, or estimated from their size."""

import numpy as np
from numpy.typing import ArrayLike

from models import catalog
from models.arrays import Floats
from models.errors import InputError
from models.inventory import LOAD_POINTS, Hosts

_LEVELS = np.linspace(0.0, 1.0, LOAD_POINTS)
_MIB_PER_GIB = 1024.0


def linear(utilization: ArrayLike, idle: ArrayLike, peak: ArrayLike) -> Floats:
    """
    Power draw in W that grows in proportion to load.

    Parameters
    ----------
    utilization
        Share of CPU capacity in use, in [0, 1]. Shape (..., hosts).
    idle, peak
        Draw at no load and at full load. [W] Shape (hosts,).

    References
    ----------
    .. [1] X. Fan, W.-D. Weber, L. A. Barroso, "Power provisioning for a warehouse-sized computer," ISCA 2007.

    Examples
    --------
    >>> linear([0.0, 0.5, 1.0], 100.0, 300.0)
    array([100., 200., 300.])
    """
    base = np.asarray(idle, np.float64)
    return base + (np.asarray(peak, np.float64) - base) * np.asarray(utilization, np.float64)


def curve(utilization: Floats, points: Floats) -> Floats:
    """
    Power draw in W read off a measured curve, linear between its points.

    Parameters
    ----------
    utilization
        Share of CPU capacity in use; held to [0, 1]. Shape (..., hosts).
    points
        Draw at 0, 10, …, 100 % load, as SPECpower reports it [1]_. [W] Shape (hosts, 11).

    References
    ----------
    .. [1] Standard Performance Evaluation Corporation, "SPECpower_ssj2008," 2007.

    Examples
    --------
    >>> steep = [[100, 150, 160, 170, 180, 190, 200, 210, 220, 230, 240]]
    >>> curve(np.array([[0.05], [1.0]]), np.array(steep, float))
    array([[125.],
           [240.]])
    """
    position = np.clip(utilization, 0.0, 1.0) * (points.shape[1] - 1)
    below = np.minimum(position.astype(np.int64), points.shape[1] - 2)
    rows = np.arange(len(points))
    low, high = points[rows, below], points[rows, below + 1]
    drawn: Floats = low + (high - low) * (position - below)
    return drawn


def estimated(cores: ArrayLike, memory_mib: ArrayLike) -> tuple[Floats, Floats]:
    """
    Draw in W at idle and at full load of servers of which only the size is known.

    Parameters
    ----------
    cores
        Physical cores. Shape (hosts,).
    memory_mib
        Installed memory. [MiB] Shape (hosts,).

    Examples
    --------
    >>> idle, peak = estimated([32], [262_144])
    >>> print(f"{idle[0]:.1f} W, {peak[0]:.1f} W")
    184.8 W, 440.8 W
    """
    count = np.asarray(cores, np.float64)
    memory_gib = np.asarray(memory_mib, np.float64) / _MIB_PER_GIB
    fixed, core, gib = (catalog.number("energy", key) for key in ("idle_fixed_w", "idle_core_w", "memory_gib_w"))
    idle = fixed + core * count + gib * memory_gib
    return idle, idle + catalog.number("energy", "peak_core_w") * count


def points(hosts: Hosts) -> Floats:
    """
    Return each host's power curve in W: as measured, else a line from idle to peak, estimated where not stated.

    A stated idle draw above an estimated peak raises that peak, and a stated peak below an estimated idle draw lowers
    that, so that no host draws less when it does more.

    Parameters
    ----------
    hosts
        Their columns ``power_curve_w``, ``idle_w``, ``peak_w``, ``cores`` and ``memory_mib``.

    Raises
    ------
    InputError
        If a curve is not 11 numbers.

    Examples
    --------
    >>> one = Hosts.of(host=["a"], cores=[8], cpu_mhz=[2000], memory_mib=[1024], idle_w=[100], peak_w=[200])
    >>> points(one)[0, [0, 5, 10]]
    array([100., 150., 200.])
    """
    guessed_idle, guessed_peak = estimated(hosts.cores, hosts.memory_mib)
    idle_known, peak_known = ~np.isnan(hosts.idle_w), ~np.isnan(hosts.peak_w)
    peak = np.where(peak_known, hosts.peak_w, np.fmax(guessed_peak, hosts.idle_w))
    idle = np.where(idle_known, hosts.idle_w, np.fmin(guessed_idle, peak))
    curves = linear(_LEVELS, idle[:, None], peak[:, None])
    for row in np.flatnonzero(hosts.power_curve_w != ""):
        curves[row] = _parsed(hosts.host[row], hosts.power_curve_w[row])
    return curves


def _parsed(host: str, text: str) -> list[float]:
    try:
        values = [float(part) for part in text.split(";")]
    except ValueError:
        values = []
    if len(values) != LOAD_POINTS or not all(0 <= value < float("inf") for value in values):
        raise InputError(f"Host {host}: power_curve_w must be {LOAD_POINTS} numbers separated by ';'; found {text!r}.")
    return values
