"""Load balancing: move VMs from the most to the least loaded hosts of a cluster, where that is worth a migration."""

from dataclasses import dataclass

import numpy as np

from models.arrays import Floats, Mask, Rows
from models.decisions import Decision, View
from models.laws.migration import MBIT_PER_MIB, PUBLISHED
from solvers.policies.draft import Draft, settle
from solvers.policies.placement import BestFit

Move = tuple[int, int, float]
"""A VM, a host, and the standard deviation of load afterwards."""


@dataclass(frozen=True)
class Balance:
    """
    Make the standard deviation of the hosts' load smaller, one move after the other, the best first [1]_.

    A move must make it smaller by `least`, and pay: the VM gains room, by as much as its new host is less loaded than
    its old one was, for a while, and loses a share of its CPU while it is copied::

        demand × (load before - load after) × stable_s  >  demand × slowdown × duration

    Parameters
    ----------
    target
        Standard deviation at which a cluster is balanced.
    least
        By how much a move must make it smaller.
    most
        Moves at one time, in all clusters together.
    stable_s
        Time for which demand is expected to stay as it is. [s]
    slowdown
        Share of its CPU that a VM loses while it is copied.
    candidates
        The least loaded hosts of a cluster that are looked at.

    References
    ----------
    .. [1] A. Gulati et al., "VMware distributed resource management: design, implementation, and lessons learned,"
       VMware Technical Journal 1(1), 2012.
    """

    target: float = 0.05
    least: float = 0.0005
    most: int = 20
    stable_s: float = 300.0
    slowdown: float = 0.1
    candidates: int = 32

    def __call__(self, view: View) -> Decision:
        """Return the moves that balance each cluster."""
        draft = Draft(view, view.cpu_limit_mhz)
        settle(draft, BestFit())
        rows = np.flatnonzero(draft.open & (view.capacity_mhz > 0))
        groups = [rows[draft.place[rows] == place] for place in range(len(draft.places))]
        spread = [_load(draft, hosts).std() if len(hosts) > 1 else 0.0 for hosts in groups]
        left = self.most
        for place in np.argsort(-np.asarray(spread), kind="stable"):
            while left and (move := self._best(draft, groups[place])) is not None:
                left -= 1
                _carry_out(draft, move, _load(draft, groups[place]).std())
        return draft.decision()

    def _best(self, draft: Draft, hosts: Rows) -> Move | None:
        """Return the best move off the most loaded host, if it is good enough."""
        load = _load(draft, hosts) if len(hosts) > 1 else np.zeros(1)
        before = float(load.std())
        if before <= self.target:
            return None
        order = np.argsort(load, kind="stable")
        source, targets = hosts[order[-1]], hosts[order[:-1][: self.candidates]]
        vms = np.flatnonzero((draft.view.host == source) & draft.movable & (draft.asked_mhz > 0))
        after = np.where(self._allowed(draft, vms, targets), _spread(draft, vms, targets, source, load), np.inf)
        if not after.size or before - after.min() < self.least:
            return None
        vm, target = np.unravel_index(after.argmin(), after.shape)
        return int(vms[vm]), int(targets[target]), float(after.min())

    def _allowed(self, draft: Draft, vms: Rows, hosts: Rows) -> Mask:
        """Return which VMs fit on which hosts and gain more than they lose. Shape (vms, hosts)."""
        view = draft.view
        demand, memory = draft.asked_mhz[vms][:, None], view.memory_mib[vms][:, None]
        source = view.host[vms][:, None]
        load = draft.cpu_mhz / np.maximum(view.capacity_mhz, 1e-9)
        gain = load[source] - load[hosts] - demand / view.capacity_mhz[hosts]
        rate = np.minimum(view.migration_mbps[source], view.migration_mbps[hosts]) * PUBLISHED.efficiency / MBIT_PER_MIB
        lost = self.slowdown * memory / np.maximum(rate, 1e-9)
        room = (draft.cpu_mhz[hosts] + demand <= draft.limit_mhz[hosts]) & (
            view.home[vms][:, None] == view.boundary[hosts]
        )
        room &= gain * self.stable_s > lost
        fits: Mask = draft.held_mib[hosts] + memory <= view.memory_limit_mib[hosts]
        found: Mask = room & fits
        return found


def _load(draft: Draft, hosts: Rows) -> Floats:
    load: Floats = draft.cpu_mhz[hosts] / draft.view.capacity_mhz[hosts]
    return load


def _spread(draft: Draft, vms: Rows, targets: Rows, source: int, load: Floats) -> Floats:
    """Return the standard deviation of load after each VM went to each host. Shape (vms, targets)."""
    demand, capacity = draft.asked_mhz[vms][:, None], draft.view.capacity_mhz
    old, new = draft.cpu_mhz[source] / capacity[source], draft.cpu_mhz[targets] / capacity[targets]
    less, more = old - demand / capacity[source], new + demand / capacity[targets]
    total = load.sum() - old - new + less + more
    squares = (load**2).sum() - old**2 - new**2 + less**2 + more**2
    variance: Floats = squares / len(load) - (total / len(load)) ** 2
    return np.sqrt(np.maximum(variance, 0.0))


def _carry_out(draft: Draft, move: Move, before: float) -> None:
    vm, host, after = move
    source = int(draft.view.host[vm])
    load = 100 * _load(draft, np.array([source, host]))
    reason = f"to balance {load[0]:.0f} % and {load[1]:.0f} % of load: deviation {before:.3f}, then {after:.3f}"
    draft.move(np.array([vm]), np.array([host]), [reason])
