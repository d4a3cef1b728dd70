"""What could be had by one who knows the future: a bound on the energy of any policy, and a policy that looks ahead."""

from dataclasses import dataclass, field, replace

import numpy as np

from models.arrays import Floats, Singles
from models.decisions import Decision, Policy, View
from models.laws.sharing import summed
from solvers.policies.consolidation import Consolidation
from solvers.policies.detection import StaticThreshold
from solvers.policies.placement import PowerAwareBestFit
from solvers.policies.standby import Standby

_UNLIMITED_MIB = 1e15


def least_energy_j(
    demand_mhz: Floats,
    memory_mib: Floats,
    *,
    capacity_mhz: Floats,
    memory_limit_mib: Floats,
    curve_w: Floats,
    step_s: float,
) -> Floats:
    """
    Energy in J of each tick, below which no policy can serve the demand.

    Two bounds, the larger of which counts. Let P be the draw of a host at the CPU that it serves, and 0 if it is off.

    1. Its convex envelope E from the point (0 MHz, 0 W) is nowhere above P, on or off. Whatever is placed where, hosts
       draw the sum of P at least the sum of E, at least the least sum of E over all ways to divide the total demand as
       a fluid. Being convex and piecewise linear, that is found by filling pieces in the order of their slope.
    2. P of a host that is on is the least that it draws at any load, and what it draws above that. The latter is at
       least its convex envelope from (0, 0), which is filled in the same way. The former is at least that of the hosts
       that hold all memory, as a fluid too, filled in the order of watts for each MiB.

    Where VMs do not leave their boundary, the sum of the boundaries' bounds is one too, and not below this.

    Neither knows that VMs cannot be divided, that migrations and boots take energy, or that a host is wholly on or off.
    Demand beyond the capacity of all hosts is not served. A policy that serves less can draw less.

    Parameters
    ----------
    demand_mhz
        Demand. [MHz] Shape (ticks, vms).
    memory_mib
        Memory of the VMs, all of which run. [MiB] Shape (vms,).
    capacity_mhz, memory_limit_mib, curve_w
        As in `models.decisions.View`. Shape (hosts,), (hosts,) and (hosts, points).
    step_s
        Time of a tick. [s]

    Examples
    --------
    A host of 1,000 MHz draws 100 W idle and 200 W full, so 0.2 W a MHz at best; half the load costs half at least.

    >>> one = dict(capacity_mhz=np.array([1e3]), memory_limit_mib=np.array([1e9]), curve_w=np.array([[100.0, 200.0]]))
    >>> least_energy_j(np.array([[500.0], [1000.0]]), np.array([0.0]), **one, step_s=1.0).tolist()
    [100.0, 200.0]
    """
    base = curve_w.min(axis=1, keepdims=True)
    levels = np.linspace(0.0, 1.0, curve_w.shape[1]) * capacity_mhz[:, None]
    total = demand_mhz.sum(axis=1, dtype=np.float64)
    served, above = filled(levels, curve_w, total), filled(levels, curve_w - base, total)
    room = np.minimum(memory_limit_mib, _UNLIMITED_MIB)
    held = filled(np.stack([0 * room, room], axis=1), np.hstack([base, base]), memory_mib.sum())
    return step_s * np.maximum(served, held + above)


def filled(levels: Floats, cost: Floats, amount: Floats) -> Floats:
    """
    Return the least cost at which hosts provide amounts as a fluid, each along the convex envelope of its points and 0.

    Parameters
    ----------
    levels, cost
        What hosts can provide, from 0 upwards, and at what cost. Shape (hosts, points).
    amount
        What is to be provided; what is beyond all hosts is not. Shape (...).
    """
    hosts, points = np.arange(len(levels)), levels.shape[1]
    cost = np.concatenate([np.zeros((len(levels), 1)), cost[:, 1:]], axis=1)
    at = np.zeros(len(levels), np.int64)
    widths, slopes = [np.zeros(0)], [np.zeros(0)]
    for _ in range(points - 1):
        width = levels - levels[hosts, at][:, None]
        beyond = (np.arange(points) > at[:, None]) & (width > 0)
        slope = np.full(levels.shape, np.inf)
        np.divide(cost - cost[hosts, at][:, None], width, out=slope, where=beyond)
        following = slope.argmin(axis=1)
        some = beyond.any(axis=1)
        widths.append(width[hosts, following][some])
        slopes.append(slope[hosts, following][some])
        at = np.where(some, following, at)
    width, slope = np.concatenate(widths), np.concatenate(slopes)
    order = np.argsort(slope, kind="stable")
    reach = np.concatenate([[0.0], np.cumsum(width[order])])
    found: Floats = np.interp(amount, reach, np.concatenate([[0.0], np.cumsum((width * slope)[order])]))
    return found


def _look_ahead() -> Policy:
    """Return what decides for the clairvoyant: a host may be filled to its limit, since nothing unexpected comes."""
    return Consolidation(
        detection=StaticThreshold(1.0),
        placement=PowerAwareBestFit(),
        power=Standby(margin=0.0, slack=0.0, fill=1.0),
        fill=1.0,
    )


@dataclass(frozen=True, eq=False)
class Clairvoyant:
    """
    Pack by what each VM will ask for at most during the next ticks, which is known.

    A policy to compare with, not to use: it needs the future.

    Parameters
    ----------
    trace_mhz
        What each VM asks for at each tick; after the last one it starts again. [MHz] Shape (ticks, vms).
    ahead
        Ticks that are known, the present one included.
    policy
        Decides on what is then seen.
    """

    trace_mhz: Floats | Singles
    ahead: int = 3
    policy: Policy = field(default_factory=_look_ahead)

    def __call__(self, view: View) -> Decision:
        """Return what the policy decides on the largest demand of the next ticks."""
        tick = round(view.time_s / view.step_s)
        rows = np.arange(tick, tick + max(self.ahead, 1)) % len(self.trace_mhz)
        peak = np.maximum(self.trace_mhz[rows].max(axis=0).astype(np.float64), view.demand_mhz) * view.running
        more = summed(peak - view.demand_mhz * view.running, view.host, len(view.open))
        seen = replace(view, demand_mhz=peak, cpu_mhz=view.cpu_mhz + more, history_mhz=peak[None])
        return self.policy(seen)
