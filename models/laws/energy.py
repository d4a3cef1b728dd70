"""What a datacenter draws while it is rearranged: hosts that are on, VMs, boots and migrations, over time."""

import numpy as np
from numpy.typing import ArrayLike

from models.arrays import Floats
from models.plan import Plan
from models.problem import Problem
from models.timing import Draw


def migration(bandwidth_mbps: ArrayLike, draw: Draw) -> Floats:
    """
    Draw of migrations at both ends together, in W: the rate over a constant and another, rounded [1]_.

    Parameters
    ----------
    bandwidth_mbps
        Rate of each migration. [Mbit/s] Shape (...).
    draw
        The two constants.

    References
    ----------
    .. [1] V. Kherbache, E. Madelaine, F. Hermenier, "Scheduling live migrations for fast, adaptable and
       energy-efficient relocation operations," UCC 2015; after H. Liu et al., HPDC 2011.

    Examples
    --------
    >>> none = Draw(np.zeros(0), np.zeros(0), np.zeros(0))
    >>> migration([500, 1000], none)
    array([51., 82.])
    """
    rate = np.asarray(bandwidth_mbps, np.float64)
    return np.rint(np.floor_divide(rate, draw.mbps_per_w) + draw.migration_w)


def timeline(problem: Problem, plan: Plan, draw: Draw) -> tuple[Floats, Floats]:
    """
    Return the times at which the draw changes, and the draw from each of them until the next.

    A host draws from the start of its boot to the end of its shutdown, and more while it boots; each VM draws the same
    all the time; a migration draws while it runs, by the faster of its copies of memory and disks.

    Parameters
    ----------
    problem
        Which hosts are on at the start.
    plan
        Moves and host actions.
    draw
        What each draws.

    Returns
    -------
    tuple
        Times, from 0 [s], and draws [W]. Shape (changes,) each.
    """
    moves = plan.moves
    boots = [action for action in plan.actions if action.action == "boot"]
    shuts = [action for action in plan.actions if action.action == "shutdown"]
    booted, shut = (np.array([action.host for action in actions], np.int64) for actions in (boots, shuts))
    faster = np.maximum(moves.bandwidth_mbps, moves.storage_mbps)
    sent = np.where(moves.copies, migration(faster, draw), 0.0)
    changes = [
        ([0.0], [draw.host_w[problem.on].sum() + draw.vm_w.sum()]),
        ([action.start_s for action in boots], draw.host_w[booted] + draw.boot_w[booted]),
        ([action.end_s for action in boots], -draw.boot_w[booted]),
        ([action.end_s for action in shuts], -draw.host_w[shut]),
        (moves.start_s, sent),
        (moves.end_s, -sent),
    ]
    when = np.concatenate([np.asarray(times, np.float64) for times, _ in changes])
    times, place = np.unique(when, return_inverse=True)
    steps = np.zeros(len(times))
    np.add.at(steps, place, np.concatenate([np.asarray(watts, np.float64) for _, watts in changes]))
    return times, np.cumsum(steps)


def energy_j(times: Floats, watts: Floats, until_s: float) -> float:
    """
    Energy of a timeline in J, from its first time until the one given.

    Examples
    --------
    >>> energy_j(np.array([0.0, 10.0]), np.array([100.0, 50.0]), 12.0)
    1100.0
    """
    ends = np.append(times[1:], np.inf)
    return float((watts * np.clip(np.minimum(ends, until_s) - times, 0.0, None)).sum())
