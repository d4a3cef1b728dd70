"""Static thresholds: relieve hosts above the upper one, empty and switch off hosts below the lower one."""

from dataclasses import dataclass

import numpy as np

from models.arrays import NOWHERE, Rows
from models.decisions import Decision, View
from solvers.policies.ledger import Ledger


@dataclass(frozen=True)
class Threshold:
    """
    Answer the calls of overloaded and underloaded hosts; the thresholds are those of the agents' `Watch`.

    An overloaded host gives away the smallest VM that is enough, or else the largest and then another, each by best
    fit. Where there is no room, one host of the cluster is booted. An underloaded host is emptied if all its VMs find
    room elsewhere, as in [1]_ with another choice of VM.

    Parameters
    ----------
    evacuate
        Whether underloaded hosts are emptied and switched off.
    boot
        Whether hosts are booted where overloaded ones cannot be relieved.

    References
    ----------
    .. [1] A. Beloglazov, J. Abawajy, R. Buyya, "Energy-aware resource allocation heuristics for efficient management
       of data centers for cloud computing," FGCS 28(5), 2012.
    """

    evacuate: bool = True
    boot: bool = True

    def __call__(self, view: View) -> Decision:
        """Return moves, hosts to boot, and hosts to drain."""
        ledger = Ledger(view)
        stuck = [host for host in _by_load(view, view.overloaded)[::-1] if not _relieved(ledger, host)]
        boot = _woken(view, stuck) if self.boot else []
        drain: list[int] = []
        growing = set(view.boundary[view.booting]) | set(view.boundary[boot])
        for host in _by_load(view, view.underloaded) if self.evacuate else ():
            if view.boundary[host] not in growing and host not in ledger.targets():
                trial = _emptied(ledger, host)
                if trial is not None:
                    ledger = trial
                    drain.append(host)
        return ledger.decision(boot=boot, drain=drain)


def _by_load(view: View, hosts: Rows) -> list[int]:
    """Return the hosts, the least loaded first; of equals, in the order of their calls."""
    limit = view.cpu_limit_mhz[hosts]
    load = np.divide(view.cpu_mhz[hosts], limit, out=np.zeros(len(hosts)), where=limit > 0)
    order = np.argsort(load, kind="stable")
    return [int(host) for host in hosts[order]]


def _relieved(ledger: Ledger, host: int) -> bool:
    """Move VMs away until the host is within its limit; return whether it is."""
    while ledger.cpu_mhz[host] > ledger.view.cpu_limit_mhz[host]:
        moves = ((vm, ledger.best_fit(vm)) for vm in _candidates(ledger, host))
        found = next(((vm, target) for vm, target in moves if target != NOWHERE), None)
        if found is None:
            return False
        ledger.move(*found, "its host was overloaded")
    return True


def _candidates(ledger: Ledger, host: int) -> list[int]:
    """Return the VMs that could leave: the smallest that is enough first, then those too small, the largest first."""
    demand = ledger.view.demand_mhz
    excess = ledger.cpu_mhz[host] - ledger.view.cpu_limit_mhz[host]
    rows = np.flatnonzero((ledger.view.host == host) & ledger.movable & (demand > 0))
    rows = rows[np.argsort(demand[rows], kind="stable")]
    enough = demand[rows] >= excess
    return [*rows[enough].tolist(), *rows[~enough][::-1].tolist()]


def _woken(view: View, stuck: list[int]) -> list[int]:
    """Return one host to boot, the largest, for each cluster that is stuck and has none booting."""
    chosen = []
    for place in sorted(set(view.boundary[stuck]) - set(view.boundary[view.booting])):
        rows = np.flatnonzero(view.asleep & (view.boundary == place))
        if len(rows):
            chosen.append(int(rows[np.argmax(view.cpu_limit_mhz[rows])]))
    return chosen


def _emptied(ledger: Ledger, host: int) -> Ledger | None:
    """Return the ledger with all VMs of the host moved away, the largest first; None if one finds no room."""
    trial = ledger.copy()
    trial.open[host] = False
    residents = np.flatnonzero((ledger.view.host == host) & ledger.view.running)
    for vm in residents[np.argsort(-ledger.view.demand_mhz[residents], kind="stable")].tolist():
        target = trial.best_fit(vm) if trial.movable[vm] else NOWHERE
        if target == NOWHERE:
            return None
        trial.move(vm, target, "its host was underloaded")
    return trial
