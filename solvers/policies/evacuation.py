"""
Which hosts are emptied, so that they can be switched off: only if all their VMs fit elsewhere, and if it pays.

What keeps VMs from being moved to and fro: others are filled less than up to where they would be relieved (hysteresis),
a host must have been left alone for a while (cool-down), and one that a VM went to or left just now is not emptied.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from models.arrays import NOWHERE, Floats, Mask, Rows
from models.decisions import View
from models.laws.migration import MB_PER_MIB, PUBLISHED
from models.laws.sharing import summed
from solvers.policies.draft import Draft, before
from solvers.policies.placement import Placement, Request, Rule, by_rule


def copy_energy_j(memory_mib: Floats) -> Floats:
    """Return the energy of copying each VM once, at both ends, in joules [Liu et al. 2011]."""
    energy: Floats = PUBLISHED.energy_j_per_mb * MB_PER_MIB * memory_mib + PUBLISHED.energy_j_fixed
    return energy


def boot_energy_j(view: View) -> Floats:
    """Return what each host draws while it boots, at full load at most. [J] Shape (hosts,)."""
    energy: Floats = view.boot_s * view.curve_w[:, -1]
    return energy


def by_load(draft: Draft, hosts: Rows) -> tuple[Floats, ...]:
    """Return the load of hosts as what to sort them by."""
    return (draft.cpu_mhz[hosts] / np.maximum(draft.view.capacity_mhz[hosts], 1e-9),)


def by_efficiency(draft: Draft, hosts: Rows) -> tuple[Floats, ...]:
    """Return what to sort hosts by: those that draw most for each MHz when full first, of equals the least loaded."""
    view = draft.view
    watts: Floats = view.curve_w[hosts, -1] / np.maximum(view.capacity_mhz[hosts], 1e-9)
    return (*by_load(draft, hosts), -watts)


ORDERS: Mapping[str, Callable[[Draft, Rows], tuple[Floats, ...]]] = {"load": by_load, "efficiency": by_efficiency}
"""In which order hosts are emptied, by name."""


@dataclass(frozen=True)
class NoEvacuation:
    """No host is emptied."""

    def __call__(self, draft: Draft, placement: Placement, spare_mhz: Floats) -> None:
        """Do nothing."""

    def under(self, view: View) -> Mask:
        """Return that no host is underloaded."""
        return np.zeros(len(view.open), np.bool_)


@dataclass(frozen=True)
class Evacuate:
    """
    Empty hosts, one after the other, into those that are to stay.

    Parameters
    ----------
    lower
        Share of its capacity below which a host is emptied; 0: as many in their order as the others have room for.
    order
        A key of `ORDERS`: ``efficiency``, the hungriest first, or ``load``, the least loaded first.
    fill
        Share of its limit up to which another host is filled.
    cooldown_s
        Time without an arrival, a departure or a boot before a host is emptied. [s]
    horizon_s
        Time in which the idle power saved must pay for the migrations and for a boot. [s]
    most
        Hosts emptied at one time.
    """

    lower: float = 0.0
    order: str = "efficiency"
    fill: float = 0.85
    cooldown_s: float = 1800.0
    horizon_s: float = 3600.0
    most: int = 50

    def under(self, view: View) -> Mask:
        """Return the hosts that others seem to have room for, the first of their order. Shape (hosts,)."""
        draft = Draft(view, view.cpu_limit_mhz)
        found = np.zeros(len(view.open), np.bool_)
        found[self._ordered(draft, np.flatnonzero(self._may(view)))] = True
        return found

    def _may(self, view: View) -> Mask:
        """Return the hosts that are low, rested and may be left by all their VMs, if it pays. Shape (hosts,)."""
        resident = summed(view.running.astype(np.float64), view.host, len(view.open)) > 0
        asked = summed(np.where(view.running, view.demand_mhz, 0.0), view.host, len(view.open))
        stuck = summed((view.running & ~view.movable).astype(np.float64), view.host, len(view.open)) > 0
        quiet = view.cpu_mhz <= asked * (1 + 1e-9) + 1e-6
        low = view.cpu_mhz < view.capacity_mhz * (self.lower or 1.0)
        found: Mask = view.open & resident & quiet & low & ~stuck & (view.rested_s >= self.cooldown_s)
        return found & self._pays(view)

    def _pays(self, view: View) -> Mask:
        """Return the hosts of which the idle power saved is more than the energy of the way there and back."""
        copies = summed(copy_energy_j(view.memory_mib) * view.running, view.host, len(view.open))
        pays: Mask = view.curve_w[:, 0] * self.horizon_s - boot_energy_j(view) > copies
        return pays

    def __call__(self, draft: Draft, placement: Placement, spare_mhz: Floats) -> None:
        """Write into the draft where the VMs of the hosts emptied go, and that these take no more."""
        view = draft.view
        possible = self._may(view) & draft.open & ~draft.touched & ~draft.growing() & (draft.cpu_mhz <= draft.limit_mhz)
        sources = self._ordered(draft, np.flatnonzero(possible))
        vms, first = residents(view, sources)
        if not len(vms):
            return
        load = draft.cpu_mhz / np.maximum(view.capacity_mhz, 1e-9)
        takes = self._takes(draft)
        found = emptied(
            draft, draft.request(vms, takes, self.fill), sources, first, spare_mhz, by_rule(placement), self.most
        )
        done = found != NOWHERE
        hosts = view.host[vms[done]]
        words = {int(host): f"its host was emptied: {100 * load[host]:.0f} % in use" for host in np.unique(hosts)}
        draft.move(vms[done], found[done], [words[host] for host in hosts.tolist()])
        draft.drain[hosts] = True
        draft.open[hosts] = False

    def _takes(self, draft: Draft) -> Mask:
        """Return the hosts that VMs may go to: those that are not empty, or nothing would be gained. Shape (hosts,)."""
        return draft.open & draft.occupied() & (draft.cpu_mhz <= draft.limit_mhz)

    def _ordered(self, draft: Draft, hosts: Rows) -> Rows:
        """Return the hosts in their order, of each boundary no more than the others have room for."""
        if not len(hosts):
            return hosts
        hosts = hosts[np.lexsort(ORDERS[self.order](draft, hosts))]
        room = np.where(self._takes(draft), np.maximum(draft.limit_mhz * self.fill - draft.cpu_mhz, 0.0), 0.0)
        total = np.bincount(draft.place, room, len(draft.places))
        taken = draft.cpu_mhz[hosts] + room[hosts]
        taken += before(taken, np.arange(len(hosts)), draft.place[hosts])
        return hosts[taken <= total[draft.place[hosts]]][: 2 * self.most]


def residents(view: View, hosts: Rows) -> tuple[Rows, Rows]:
    """Return the running VMs of hosts, host by host, the largest first, and where each host's start."""
    turn = np.full(len(view.open) + 1, NOWHERE, np.int64)
    turn[hosts] = np.arange(len(hosts))
    vms = np.flatnonzero(view.running & (turn[view.host] != NOWHERE) & (view.host != NOWHERE))
    vms = vms[np.lexsort((-view.memory_mib[vms], -view.demand_mhz[vms], turn[view.host[vms]]))]
    return vms, np.searchsorted(turn[view.host[vms]], np.arange(len(hosts) + 1))


def emptied(
    draft: Draft, request: Request, sources: Rows, first: Rows, spare_mhz: Floats, rule: Rule, most: int
) -> Rows:
    """Return where each VM goes, `NOWHERE` for those of hosts that are not emptied. Shape (vms,)."""
    from solvers.kernels import fit

    hosts = request.hosts
    low, high = request.span(draft.view.boundary[sources])
    spare = spare_mhz[hosts]
    found = fit.emptied(
        rule.number, rule.scored, most, request.position(sources), first.astype(np.int64),
        request.demand_mhz.astype(np.float64), request.memory_mib.astype(np.float64), low, high,
        spare.astype(np.float64), draft.limit_mhz[sources], draft.touched[hosts], *request.columns(),
    )  # fmt: skip
    return np.append(hosts, NOWHERE)[found]


EVACUATIONS: Mapping[str, Callable[..., NoEvacuation | Evacuate]] = {"none": NoEvacuation, "evacuate": Evacuate}
"""The ways to empty hosts, by name."""
