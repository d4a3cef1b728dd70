"""Who is where during a search, and where an item may go next."""

from collections.abc import Sequence

import numpy as np

from models.arrays import NOWHERE, Floats, Ints, Mask, Rows
from solvers.couplings import Apart, AtMost
from solvers.relations import Relations


class State:
    """
    A placement of items under construction, with the sums that its relations need.

    Parameters
    ----------
    relations
        The problem.
    host
        The host of each item, `NOWHERE` where it is on none. Shape (items,).
    """

    def __init__(self, relations: Relations, host: Rows) -> None:
        self.relations = relations
        self.host = np.full(relations.items, NOWHERE, np.int64)
        self.load = np.zeros(relations.capacity.shape, np.int64)
        self.limit: Ints = relations.capacity
        self.count = np.zeros(relations.hosts, np.int64)
        self._totals = [np.zeros(int(each.place.max(initial=-1)) + 1, np.int64) for each in relations.at_most]
        self._parts = [np.zeros((each.parts, relations.hosts), np.int64) for each in relations.apart]
        self._near_of = _indexed([near.items for near in relations.near])
        self._company_of = _indexed([company.members for company in relations.company])
        for item in np.flatnonzero(host != NOWHERE):
            self.put(int(item), int(host[item]))

    def need(self, item: int, host: int) -> Ints:
        """Return what the item takes on the host. Shape (dims,)."""
        found: Ints = self.relations.demand[self.relations.problem.kind[host], item]
        return found

    def put(self, item: int, host: int) -> None:
        """Place an item that is on no host."""
        self._add(item, host, 1)
        self.host[item] = host

    def take(self, item: int) -> int:
        """Remove an item from its host and return that host."""
        host = int(self.host[item])
        self._add(item, host, -1)
        self.host[item] = NOWHERE
        return host

    def move(self, item: int, host: int) -> int:
        """Place an item elsewhere and return the host that it left."""
        left = self.take(item)
        self.put(item, host)
        return left

    def admits(self, item: int, host: int) -> bool:
        """Return whether a copy of the item, which is elsewhere, may arrive on the host. O(dims + relations)."""
        relations = self.relations
        if (self.load[host] + self.need(item, host) > self.limit[host]).any():
            return False
        here = self.host[item]
        for index in relations.of_item[item]:
            relation = relations.at_most[index]
            place = relation.place[host]
            counted = place < 0 or (here != NOWHERE and relation.place[here] == place)
            if not counted and self._totals[index][place] + relation.weight[item] > relation.most:
                return False
        return all(
            apart.part[item] < 0 or parts[:, host].sum() == parts[apart.part[item], host]
            for apart, parts in zip(relations.apart, self._parts, strict=True)
        )

    def arrive(self, item: int, host: int) -> None:
        """Start a move: the item is on both hosts, and counts as being on the one that it moves to."""
        self._add(item, host, 1)
        self.host[item] = host

    def leave(self, item: int, host: int) -> None:
        """End a move: the item is no longer on the host that it moved from."""
        self._add(item, host, -1)

    def _add(self, item: int, host: int, sign: int) -> None:
        relations = self.relations
        self.load[host] += sign * self.need(item, host)
        if not (relations.asleep[item] and host == relations.start[item]):
            self.count[host] += sign * int(relations.size[item])
        for index in relations.of_item[item]:
            relation = relations.at_most[index]
            if (place := relation.place[host]) >= 0:
                self._totals[index][place] += sign * relation.weight[item]
        for apart, parts in zip(relations.apart, self._parts, strict=True):
            if (part := apart.part[item]) >= 0:
                parts[part, host] += sign

    def fits(self, item: int) -> Mask:
        """Return the hosts with room for the item. Shape (hosts,)."""
        return np.asarray((self.load + self.relations.need(item) <= self.limit).all(axis=1))

    def targets(self, item: int) -> Mask:
        """Return the hosts that the item, on no host now, may enter. Shape (hosts,)."""
        return self._related(item, self.fits(item) & self.relations.allowed(item))

    def restarts(self, item: int) -> Mask:
        """
        Return the hosts that the item may be restarted on after a loss. Shape (hosts,).

        It may even if it must not move; whom it should be near or apart from does not count in an emergency.
        """
        relations = self.relations
        return self._counted(item, self.fits(item) & relations.scope[relations.which[item]] & ~relations.closed)

    def _counted(self, item: int, mask: Mask) -> Mask:
        """Leave of a mask what the sums per place allow."""
        for index in self.relations.of_item[item]:
            mask &= _room(self.relations.at_most[index], self._totals[index], item)
        return mask

    def _related(self, item: int, mask: Mask) -> Mask:
        """Leave of a mask what the relations of the item allow."""
        relations = self.relations
        mask = self._counted(item, mask)
        for apart, parts in zip(relations.apart, self._parts, strict=True):
            mask &= _alone(apart, parts, item)
        for index in self._near_of.get(item, ()):
            mask &= self._near(index, item)
        for index in self._company_of.get(item, ()):
            mask &= relations.company[index].allowed(self.host, item)
        for hosts, most in relations.max_online:
            used: Mask = self.count > 0
            if np.count_nonzero(used & hosts) >= most:
                mask &= np.logical_or(used, np.logical_not(hosts))
        return mask

    def _near(self, index: int, item: int) -> Mask:
        near = self.relations.near[index]
        others = self.host[near.items[near.items != item]]
        groups = np.asarray(near.groups[:, others[others != NOWHERE]].all(axis=1))
        return np.asarray(near.groups[groups].any(axis=0))

    def mends_nothing(self, item: int, home: int) -> bool:
        """Return whether the item's leaving its home mended nothing: it may be there, and there is room for it."""
        load = self.load[home] + self.need(item, home)
        return bool(not self.relations.wrong[item] and (load <= self.relations.problem.capacity[home]).all())

    def surroundings(self, item: int) -> Mask:
        """Return the hosts in the lasting groups that the item and those near it are in now. Shape (hosts,)."""
        mask = np.ones(self.relations.hosts, np.bool_)
        for index in self._near_of.get(item, ()):
            near = self.relations.near[index]
            if not near.lasting:
                continue
            hosts = self.host[near.items]
            mask &= near.groups[near.groups[:, hosts[hosts != NOWHERE]].all(axis=1)].any(axis=0)
        return mask

    def on_host(self, host: int) -> Rows:
        """Return the items on the host."""
        return np.flatnonzero(self.host == host)

    def fill(self) -> Floats:
        """Return how full the fullest dimension of each host is. [share] Shape (hosts,)."""
        capacity = self.relations.problem.capacity
        used = self.load.max(axis=1, initial=0)
        shares: Floats = np.divide(self.load, capacity, out=np.where(self.load > 0, np.inf, 0.0), where=capacity > 0)
        return np.where(used > 0, shares.max(axis=1, initial=0.0), 0.0)


def _indexed(members: Sequence[Rows]) -> dict[int, list[int]]:
    """Return for each item the indices of the groups that it is in."""
    found: dict[int, list[int]] = {}
    for index, items in enumerate(members):
        for item in items:
            found.setdefault(int(item), []).append(index)
    return found


def _room(relation: AtMost, totals: Ints, item: int) -> Mask:
    outside: Mask = relation.place < 0
    reached = totals[np.where(outside, 0, relation.place)] if len(totals) else np.zeros(len(outside), np.int64)
    found: Mask = np.logical_or(outside, reached + relation.weight[item] <= relation.most)
    return found


def _alone(apart: Apart, parts: Ints, item: int) -> Mask:
    own = apart.part[item]
    if own < 0:
        return np.ones(parts.shape[1], np.bool_)
    found: Mask = parts.sum(axis=0) == parts[own]
    return found


def hardness(relations: Relations, items: Sequence[int] | Rows) -> Floats:
    """Return how hard each item is to place: its largest share of the mean capacity. Shape (len(items),)."""
    mean = np.maximum(relations.problem.capacity.mean(axis=0), 1.0)
    shares = relations.demand[:, np.asarray(items, np.int64)].max(axis=0) / mean
    found: Floats = shares.max(axis=1, initial=0.0) + 1e-3 * shares.sum(axis=1)
    return found
