"""One local search: who is where, the sums that follow from it, and steps of a kernel at a temperature."""

import numpy as np

from models.arrays import Ints, Rows
from solvers.landscape import Landscape

EXCHANGED = 8
"""So many VMs at most are exchanged for one."""

EJECTED = 16
"""So many moves at most are one ejection."""

HOMEWARD = (0.5, 0.5, 1.0, 0.5, 0.5, 1.0, 1.0, 1.0, 1.0, 0.15, 0.02, 4.0)
"""
How often each kind of trial is made where some dims are transient: many send VMs home, which gives room back, and a
third is for VMs that can go to few hosts.
"""

ROAMING = (1.5, 1.5, 0.1, 1.0, 3.0, 1.0, 0.5, 0.05, 1.0, 0.5, 0.02, 0.0)
"""The same where none is: many are swaps of VMs of about one size; more make room for large ones."""

HARD = -1.0
"""The price at which no host may be overfull."""

PRICED = 64
"""Prices, and weights of what a host lacks, are whole numbers of such parts."""


def shares(parts: tuple[float, ...]) -> Ints:
    """Return the threshold of each kind, in 1024ths."""
    thresholds: Ints = np.round(1024 * np.cumsum(parts) / np.sum(parts)).astype(np.int64)
    return thresholds


class Search:
    """
    A placement that a kernel changes, trial by trial.

    Parameters
    ----------
    landscape
        The problem.
    host
        The host of each VM. Shape (vms,).
    seed
        Of the random numbers.
    homeward
        Whether many trials send VMs home even where no dim is transient.
    """

    def __init__(self, landscape: Landscape, host: Rows, seed: int, *, homeward: bool = False) -> None:
        from solvers.kernels import reassign as kernel
        from solvers.kernels import reassign_sums as sums

        self._kernel, self._sums = kernel, sums
        self.landscape = landscape
        self.logs = -np.log((np.arange(kernel.LOGS) + 0.5) / kernel.LOGS)
        self.shares = shares(HOMEWARD if homeward or landscape.steady < landscape.capacity.shape[1] else ROAMING)
        self.scalars = np.zeros(6, np.int64)
        mean = np.maximum(landscape.demand.mean(axis=(0, 1)), 1.0)
        self.lack_weight = np.maximum(PRICED * landscape.heat() / len(mean) / mean, 1.0).astype(np.int64)
        self.scalars[sums.SEED] = np.random.SeedSequence(seed).generate_state(1, np.uint64).astype(np.int64)[0] | 1
        self.chosen, self.trail = np.zeros(EXCHANGED, np.int64), np.zeros((EJECTED, 3), np.int64)
        self.rank = np.full(len(host), -1, np.int64)
        self.rank[landscape.free] = np.arange(len(landscape.free))
        self.restart(host)

    def restart(self, host: Rows) -> None:
        """Go to a placement and reckon all its sums."""
        view, terms, groups = self.landscape, self.landscape.terms, self.landscape.groups
        hosts = len(view.capacity)
        self.host = np.ascontiguousarray(host, np.int64).copy()
        vms = np.arange(len(self.host))
        load = np.zeros(view.capacity.shape, np.int64)
        np.add.at(load, self.host, view.demand[view.kind[self.host], vms])
        gone = np.flatnonzero((self.host != view.start) & (view.start >= 0))
        self._list_by_host()
        loose = np.isin(gone, view.free)
        self.away, self.slot = np.zeros(len(vms), np.int64), np.full(len(vms), -1, np.int64)
        self.away[: loose.sum()] = gone[loose]
        self.slot[gone[loose]] = np.arange(loose.sum())
        self.scalars[self._sums.AWAY] = loose.sum()
        kept = np.zeros(view.capacity.shape, np.int64)
        np.add.at(kept, view.start[gone], view.demand[view.kind[view.start[gone]], gone])
        kept[:, : view.steady] = 0
        self.over = load - terms.safe
        self.lacking = np.maximum(load - view.capacity, 0)[:, : view.steady] @ self.lack_weight[: view.steady]
        self.scalars[self._sums.LACK] = self.lacking.sum()
        self.room = view.capacity - load - kept
        self.span = view.capacity - terms.safe
        self.vms_on = np.bincount(self.host, minlength=hosts).astype(np.int64)
        self.present, self.used = groups.counts(self.host)
        teams = int(terms.team.max(initial=-1)) + 1
        self.moved = np.bincount(terms.team[gone][terms.team[gone] >= 0], minlength=max(teams, 1)).astype(np.int64)
        size = int(np.bincount(terms.team[terms.team >= 0], minlength=1).max())
        self.tally = np.bincount(self.moved, minlength=size + 2).astype(np.int64)
        most = int(self.moved.max())
        args = self.over, view.demand, view.kind, terms.weight, self.span, terms.balance
        endless = 1 << 62
        own = [self._sums.host_cost(host, -1, -1, endless, *args) for host in range(hosts)]
        self.host_costs = np.array(own, np.int64) + np.where(self.vms_on > 0, terms.on_weight, 0)
        here, zone = self.host[gone], terms.zone
        way = terms.move_weight[gone] + terms.scale * terms.distance[zone[view.start[gone]], zone[here]].astype(
            np.int64
        )
        self.scalars[self._sums.COST] = int(self.host_costs.sum()) + int(way.sum()) + most * terms.team_weight
        self.scalars[self._sums.MOST_MOVED] = most

    def _list_by_host(self) -> None:
        """Link the VMs on each host to a list."""
        order = np.argsort(self.host, kind="stable")
        same = self.host[order[1:]] == self.host[order[:-1]]
        self.head = np.full(len(self.landscape.capacity), -1, np.int64)
        self.following, self.previous = np.full(len(order), -1, np.int64), np.full(len(order), -1, np.int64)
        self.head[self.host[order[::-1]]] = order[::-1]
        self.following[order[:-1][same]] = order[1:][same]
        self.previous[order[1:][same]] = order[:-1][same]

    @property
    def cost(self) -> int:
        """The cost of the placement."""
        return int(self.scalars[0])

    @property
    def lack(self) -> int:
        """By how much hosts are overfull."""
        return int(self.scalars[self._sums.LACK])

    @property
    def taken(self) -> int:
        """How many trials were taken so far."""
        return int(self.scalars[2])

    def step(self, trials: int, temperature: float, price: float = HARD) -> None:
        """
        Try so many moves, of kinds in the search's shares.

        Parameters
        ----------
        price
            What a host pays that is overfull, in what as much load may cost; ``HARD`` where none may become so. Of
            transient dims none may ever.
        """
        view, terms, groups = self.landscape, self.landscape.terms, self.landscape.groups
        self._kernel.anneal(
            trials,
            temperature,
            -1 if price < 0 else int(PRICED * price),
            self.shares,
            view.steady,
            terms.scale,
            terms.team_weight,
            self.scalars,
            self.lack_weight,
            self.lacking,
            self.away,
            self.slot,
            self.logs,
            self.host,
            view.start,
            self.chosen,
            self.trail,
            view.size,
            self.head,
            self.following,
            self.previous,
            view.free,
            view.narrow,
            view.reach_first,
            view.reach,
            self.rank,
            view.scope,
            view.scope_of,
            terms.on_weight,
            self.vms_on,
            self.host_costs,
            terms.move_weight,
            terms.distance,
            terms.zone,
            terms.team,
            self.moved,
            self.tally,
            self.over,
            view.demand,
            view.kind,
            terms.weight,
            self.span,
            terms.balance,
            self.room,
            groups.first,
            groups.listed,
            groups.level,
            groups.offset,
            groups.place,
            self.present,
            self.used,
            groups.most,
            groups.least,
            groups.needs_first,
            groups.needs,
            groups.serves_first,
            groups.serves,
            groups.members_first,
            groups.members,
        )
