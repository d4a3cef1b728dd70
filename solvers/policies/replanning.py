"""A boundary's hosts and VMs as a placement problem with forecast demand, and the moves that its solution asks for."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from models.arrays import NOWHERE, Floats, Rows
from models.costs import HostsOn, Moves
from models.decisions import View
from models.laws.sharing import summed
from models.plan import Placement
from models.problem import Problem
from models.rules import Root
from solvers.policies.draft import Draft, before
from solvers.policies.evacuation import Evacuate, boot_energy_j, copy_energy_j
from solvers.policies.placement import BestFit

Solver = Callable[[Problem], Placement]


@dataclass(frozen=True, eq=False)
class Target:
    """
    Moves to be made, and the hosts that are then empty.

    Parameters
    ----------
    vms, hosts
        Which VM goes where. Shape (moves,).
    empty
        Hosts to be switched off once they are. Shape (emptied,).
    """

    vms: Rows
    hosts: Rows
    empty: Rows


NOTHING = Target(*(np.zeros(0, np.int64) for _ in range(3)))


def forecasted(view: View, percentile: float, headroom: float) -> View:
    """Return the view with each VM's demand as high as a percentile of its history, and a factor more."""
    past = view.history_mhz if len(view.history_mhz) else view.demand_mhz[None]
    peak = np.percentile(past, percentile, axis=0) * headroom
    peak = np.where(view.running, np.maximum(peak, view.demand_mhz), view.demand_mhz)
    more = summed(np.where(view.running, peak - view.demand_mhz, 0.0), view.host, len(view.open))
    return replace(view, demand_mhz=peak, cpu_mhz=view.cpu_mhz + more)


def formulated(draft: Draft, hosts: Rows, vms: Rows, share: float) -> Problem:
    """Return the problem of hosts and the VMs on them, in whole MHz and MiB: fewest watts, then fewest joules moved."""
    view, row = draft.view, np.full(len(draft.open), NOWHERE, np.int64)
    row[hosts] = np.arange(len(hosts))
    rooted = np.flatnonzero(~draft.movable[vms])
    watts, joules = view.curve_w[hosts, 0], copy_energy_j(view.memory_mib[vms])
    return Problem.of(
        demand=np.ceil(np.stack([view.demand_mhz[vms], view.memory_mib[vms]], axis=1)),
        capacity=np.floor(np.stack([draft.limit_mhz[hosts] * share, _within(view.memory_limit_mib[hosts])], axis=1)),
        start=row[view.host[vms]],
        dims=("cpu", "memory"),
        rules=(Root(vms=rooted),) if len(rooted) else (),
        costs=(HostsOn(np.maximum(np.rint(watts), 1).astype(np.int64)), Moves(np.ceil(joules).astype(np.int64))),
    )


def _within(limit_mib: Floats) -> Floats:
    """Return limits that whole numbers can hold; no limit is one that nothing reaches."""
    return np.minimum(limit_mib, 2.0**40)


def solved(draft: Draft, place: int, solver: Solver, share: float) -> Target:
    """Return what a solver would have of a boundary: moves that empty hosts."""
    view = draft.view
    hosts = np.flatnonzero(draft.open & (draft.place == place) & ~draft.touched & draft.occupied())
    inside = np.zeros(len(draft.open) + 1, np.bool_)
    inside[hosts] = True
    vms = np.flatnonzero(view.running & inside[view.host])
    if len(hosts) < 2 or not len(vms):
        return NOTHING
    found = solver(formulated(draft, hosts, vms, share))
    if found.status in ("infeasible", "unchanged"):
        return NOTHING
    moving = hosts[found.host] != view.host[vms]
    resident = np.bincount(found.host, minlength=len(hosts)) > 0
    return Target(vms[moving], hosts[found.host[moving]], hosts[~resident])


def fitted(draft: Draft, place: int, evacuate: Evacuate, spare_mhz: Floats) -> Target:
    """Return moves that empty hosts of a boundary too large for a solver: the least loaded, one after the other."""
    trial = Draft(draft.view, draft.limit_mhz)
    trial.open &= draft.open & (draft.place == place)
    trial.touched |= draft.touched
    trial.movable &= draft.movable
    evacuate(trial, BestFit(), spare_mhz)
    found = trial.decision()
    return Target(found.vms.astype(np.int64), found.hosts.astype(np.int64), found.drain.astype(np.int64))


def worthwhile(draft: Draft, target: Target, spare_mhz: Floats, horizon_s: float) -> Target:
    """
    Return the part of a target that may be given up and pays: watts saved over the horizon against the copies' energy.

    Of hosts to be emptied the hungriest are, as far as the CPU that is spare allows.
    """
    view, empty = draft.view, target.empty
    offer, watts = draft.limit_mhz[empty], view.curve_w[empty, 0]
    empty = empty[offer + before(offer, -watts, draft.place[empty]) <= spare_mhz[empty]]
    kept = np.isin(view.host[target.vms], np.setdiff1d(target.empty, empty))
    vms, hosts = target.vms[~kept], target.hosts[~kept]
    saved = (view.curve_w[empty, 0] * horizon_s - boot_energy_j(view)[empty]).sum()
    return Target(vms, hosts, empty) if saved > copy_energy_j(view.memory_mib[vms]).sum() else NOTHING
