"""
A problem as local search sees it: flat arrays that a kernel can read, and the sums that it keeps up to date.

Spread, LeastPlaces and Dependency become groups, whose counts the search keeps. Other rules are held by forbidding
more than they do: VMs that must be together stay where they are, hosts under a common limit take in nobody else.
"""

from dataclasses import dataclass

import numpy as np

from models.arrays import Floats, Ints, Mask, Rows
from models.problem import Problem
from models.rules import (
    Among,
    Dependency,
    Gather,
    LeastPlaces,
    Lonely,
    MaxOnline,
    Offline,
    Overbook,
    Quarantine,
    ResourceCapacity,
    Root,
    RunningCapacity,
    Split,
    Spread,
)
from solvers.couplings import own_places
from solvers.parts import scopes
from solvers.terms import Terms, terms

LISTED = 256
"""VMs with more hosts than that to go to are no narrow case."""


@dataclass(frozen=True, eq=False)
class Groups:
    """
    Sets of VMs at a level: of each, the most in one place, the least number of places, and whom it needs there.

    Lists are compressed: those of row r are from ``first[r]`` to ``first[r + 1]``.
    """

    first: Ints
    listed: Ints
    level: Ints
    offset: Ints
    place: Ints
    most: Ints
    least: Ints
    needs_first: Ints
    needs: Ints
    serves_first: Ints
    serves: Ints
    members_first: Ints
    members: Ints

    def counts(self, host: Ints) -> tuple[Rows, Ints]:
        """Return how many of each group are in each place, flat, and in how many places each group is."""
        vm = np.repeat(np.arange(len(host)), np.diff(self.first))
        cell = self.offset[self.listed] + self.place[self.level[self.listed], host[vm]]
        present = np.bincount(cell, minlength=int(self.offset[-1])).astype(np.int32)
        group = np.repeat(np.arange(len(self.level)), np.diff(self.offset))
        return present, np.bincount(group[present > 0], minlength=len(self.level)).astype(np.int64)


@dataclass(frozen=True, eq=False)
class Landscape:
    """
    What does not change during a search.

    Parameters
    ----------
    steady
        So many dims come first that are not transient.
    demand, capacity, kind, start
        As in the problem, dims reordered.
    size
        What the load of each VM may cost.
    free
        VMs that may move, those whose load costs least first.
    reach_first, reach, narrow
        For VMs that few hosts will ever have room for, these hosts, compressed, and who these VMs are.
    scope, scope_of
        Distinct sets of hosts that may be entered, shape (sets, hosts), and each VM's set.
    """

    steady: int
    demand: Ints
    capacity: Ints
    kind: Ints
    start: Ints
    size: Ints
    free: Ints
    scope: Mask
    scope_of: Ints
    reach_first: Ints
    reach: Ints
    narrow: Ints
    groups: Groups
    terms: Terms

    def heat(self) -> float:
        """Return what a VM's coming or going may cost, on average: a measure of temperature."""
        return float(
            sizes(self.demand, self.terms).mean() + self.terms.on_weight.mean() + self.terms.move_weight.mean()
        )

    def loosened(self) -> bool:
        """Return whether hosts may be overfull for a while: no dim is transient, and prices cannot grow too large."""
        return self.steady == self.capacity.shape[1] and self.heat() * len(self.start) < 2.0**38


def sizes(demand: Ints, costs: Terms) -> Floats:
    """Return what the load of each VM may cost. Shape (vms,)."""
    load = demand.max(axis=0).astype(np.float64)
    own: Floats = load @ costs.weight.astype(np.float64)
    for first, second, target, weight in costs.balance.tolist():
        own += weight * (target * load[:, first] + load[:, second])
    return own


def landscape(problem: Problem, host: Rows, *, at_once: bool) -> Landscape:
    """
    Return the landscape of a problem around a placement.

    Parameters
    ----------
    host
        The host of each VM, from which the search starts. Shape (vms,).
    at_once
        Whether all moves are made at once, so that who moves holds the transient dims at both ends; else none does.
    """
    held = problem.transient & at_once
    order = np.argsort(held, kind="stable")
    fixed, scope, scope_of = _reach(problem, host)
    capacity, costs, loose = _capacity(problem), terms(problem, order), np.flatnonzero(~fixed)
    demand = np.ascontiguousarray(problem.demand[:, :, order])
    steady = int((~held).sum())
    reach_first, reach, stays = _few(problem, host, capacity[:, order], demand, steady, loose, scope, scope_of)
    loose = loose[~stays[loose]]
    return Landscape(
        steady=steady,
        demand=demand,
        capacity=np.ascontiguousarray(capacity[:, order]),
        kind=problem.kind.astype(np.int64),
        start=problem.start.astype(np.int64),
        size=sizes(demand, costs).astype(np.int64),
        free=loose[np.argsort(sizes(demand, costs)[loose], kind="stable")],
        reach_first=reach_first,
        reach=reach,
        narrow=loose[np.diff(reach_first)[loose] > 0],
        scope=scope,
        scope_of=scope_of,
        groups=_groups(problem, fixed),
        terms=costs,
    )


def _few(
    problem: Problem, host: Rows, capacity: Ints, demand: Ints, steady: int, loose: Ints, scope: Mask, scope_of: Ints
) -> tuple[Ints, Ints, Mask]:
    """Return lists of hosts of VMs that few will ever have room for, compressed, and who none will have room for."""
    from solvers.kernels.reassign_reach import reached

    vms, hosts = len(problem.start), len(capacity)
    kind, start = problem.kind.astype(np.int64), problem.start.astype(np.int64)
    asked = np.zeros(vms, np.bool_)
    asked[loose] = True
    home, limit = np.flatnonzero(start >= 0), min(hosts // 2, LISTED)
    first, count, found = np.zeros(vms + 1, np.int64), np.zeros(vms, np.int64), np.zeros(limit * vms, np.int64)
    kept = np.zeros(capacity.shape, np.int64)
    np.add.at(kept[:, steady:], start[home], demand[kind[start[home]], home, steady:])
    stays, more = ~asked, True
    while more:
        most = capacity - kept
        here, apart = np.flatnonzero(stays), np.flatnonzero(stays & (host != start))
        np.subtract.at(most[:, :steady], host[here], demand[kind[host[here]], here, :steady])
        np.subtract.at(most[:, steady:], host[apart], demand[kind[host[apart]], apart, steady:])
        total = reached(limit, found, first, count, start, asked, scope, scope_of, most, demand, kind)
        now = ~asked | ((count == 0) & (host == start))
        more, stays = bool((now & ~stays).any()), now
    return first, found[:total].copy(), stays


def _capacity(problem: Problem) -> Ints:
    capacity = problem.capacity.copy()
    for rule in problem.rules:
        if isinstance(rule, Overbook):
            column = problem.dims.index(rule.dim)
            limit = np.floor(np.array(rule.physical) * rule.ratio).astype(np.int64)
            capacity[rule.hosts, column] = np.minimum(capacity[rule.hosts, column], limit)
    return capacity


def _reach(problem: Problem, host: Rows) -> tuple[Mask, Mask, Ints]:
    """Return who must not move, the distinct sets of hosts that may be entered, and each VM's set."""
    masks, which = scopes(problem)
    fixed: Mask = np.zeros(len(problem.start), np.bool_)
    closed: Mask = np.zeros(len(problem.capacity), np.bool_)
    for rule in problem.rules:
        if isinstance(rule, Root | Lonely | Gather | Among):
            fixed[rule.vms] = True
        elif isinstance(rule, Split):
            fixed[np.concatenate(rule.parts)] = True
        if isinstance(rule, Lonely):
            closed[host[rule.vms]] = True
        elif isinstance(rule, Quarantine):
            fixed |= np.isin(host, rule.hosts)
        if isinstance(rule, Quarantine | Offline | RunningCapacity | ResourceCapacity):
            closed[rule.hosts] = True
        elif isinstance(rule, MaxOnline):
            closed[rule.hosts[~np.isin(rule.hosts, host)]] = True
    return fixed, np.ascontiguousarray(masks & ~closed), which.astype(np.int64)


def _groups(problem: Problem, fixed: Mask) -> Groups:
    """Return the groups of Spread, LeastPlaces and Dependency; equal sets at one level are one group."""
    levels = list(
        dict.fromkeys(rule.level for rule in problem.rules if isinstance(rule, Spread | LeastPlaces | Dependency))
    )
    place = np.array(
        [np.unique(own_places(problem.places[level]), return_inverse=True)[1] for level in levels], np.int64
    )
    place = place.reshape(len(levels), len(problem.capacity))
    known: dict[tuple[bytes, int], int] = {}
    sets: list[Rows] = []

    def group(vms: Rows, level: str) -> int:
        own = (vms.tobytes(), levels.index(level))
        if own not in known:
            known[own] = len(sets)
            sets.append(vms[problem.takes[vms]])
        return known[own]

    most, least, needs = dict[int, int](), dict[int, int](), list[tuple[int, int]]()
    for rule in problem.rules:
        if isinstance(rule, Spread):
            index = group(rule.vms, rule.level)
            most[index] = min(rule.most, most.get(index, rule.most))
    for rule in problem.rules:
        if isinstance(rule, LeastPlaces):
            index = group(rule.vms, rule.level)
            least[index] = max(min(rule.least, len(sets[index])), least.get(index, 0))
        elif isinstance(rule, Dependency):
            needs.append((group(rule.vms, rule.level), group(rule.on, rule.level)))
    level = np.array([index for _, index in known], np.int64)
    sizes = np.array([place[index].max(initial=-1) + 1 for index in level], np.int64)
    pairs = np.array(sorted(set(needs)), np.int64).reshape(-1, 2)
    vm = np.concatenate([*sets, np.zeros(0, np.int32)]).astype(np.int64)
    of = np.repeat(np.arange(len(sets)), [len(each) for each in sets])
    loose = ~fixed[vm]
    needs_first, needed = compressed(pairs[:, 0], pairs[:, 1], len(sets))
    serves_first, served = compressed(pairs[:, 1], pairs[:, 0], len(sets))
    members_first, members = compressed(of[loose], vm[loose], len(sets))
    first, listed = compressed(vm, of, len(problem.start))
    return Groups(
        first=first,
        listed=listed,
        level=level,
        offset=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        place=place,
        most=np.array([most.get(index, len(problem.start)) for index in range(len(sets))], np.int64),
        least=np.array([least.get(index, 0) for index in range(len(sets))], np.int64),
        needs_first=needs_first,
        needs=needed,
        serves_first=serves_first,
        serves=served,
        members_first=members_first,
        members=members,
    )


def compressed(row: Ints, value: Ints, rows: int) -> tuple[Ints, Ints]:
    """Return where each row's values begin, and the values row by row, in their order."""
    order = np.argsort(row, kind="stable")
    first = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=rows))]).astype(np.int64)
    return first, np.ascontiguousarray(value[order], np.int64)
