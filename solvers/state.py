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

    Each item sits on its host's nodes as it does at the start, unless it was put there by another turn.
    """

    def __init__(self, relations: Relations, host: Rows) -> None:
        self.relations = relations
        self.host = np.full(relations.items, NOWHERE, np.int64)
        self.turn = np.zeros(relations.items, np.int64)
        self.load = np.zeros(relations.capacity.shape, np.int64)
        self.limit: Ints = relations.capacity
        self.count = np.zeros(relations.hosts, np.int64)
        self.totals = [np.zeros(int(each.place.max(initial=-1)) + 1, np.int64) for each in relations.at_most]
        self.parts = [np.zeros((each.parts, int(each.place.max(initial=-1)) + 1), np.int64) for each in relations.apart]
        self.joint = [each.joint() for each in relations.overloads]
        self.apart_of: dict[int, list[int]] = {}
        for index, apart in enumerate(relations.apart):
            for item in np.flatnonzero(apart.part >= 0):
                self.apart_of.setdefault(int(item), []).append(index)
        self.near_of = _indexed([near.items for near in relations.near])
        self.company_of = _indexed([company.members for company in relations.company])
        for item in np.flatnonzero(host != NOWHERE):
            self.put(int(item), int(host[item]))

    def need(self, item: int, host: int) -> Ints:
        """Return what the item takes on the host. Shape (dims,)."""
        found: Ints = self.relations.demand[self.relations.problem.kind[host], item]
        turn = self.turn[item]
        return found[self.relations.problem.turns[turn]] if turn else found

    def put(self, item: int, host: int, turn: int = 0) -> None:
        """Place an item that is on no host."""
        self.turn[item] = turn
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
            if not counted and self.totals[index][place] + relation.weight[item] > relation.most:
                return False
        return all(
            alone(relations.apart[index], self.parts[index], item)[host] for index in self.apart_of.get(item, ())
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
                self.totals[index][place] += sign * relation.weight[item]
        for index in self.apart_of.get(item, ()):
            apart = relations.apart[index]
            self.parts[index][apart.part[item], apart.place[host]] += sign
        for seldom, joint in zip(relations.overloads, self.joint, strict=True):
            seldom.add(joint, item, host, sign)

    def fits(self, item: int, turn: int = 0) -> Mask:
        """Return the hosts with room for the item. Shape (hosts,)."""
        need = self.relations.need(item)
        need = need[:, self.relations.problem.turns[turn]] if turn else need
        return np.asarray((self.load + need <= self.limit).all(axis=1))

    def targets(self, item: int) -> Mask:
        """Return the hosts that the item, on no host now, may enter. Shape (hosts,)."""
        return self.related(item, self.fits(item) & self.relations.allowed(item))

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
            mask &= room_left(self.relations.at_most[index], self.totals[index], item)
        return mask

    def related(self, item: int, mask: Mask) -> Mask:
        """Leave of a mask what the relations of the item allow."""
        relations = self.relations
        mask = self._counted(item, mask)
        for index in self.apart_of.get(item, ()):
            mask &= alone(relations.apart[index], self.parts[index], item)
        for index in self.near_of.get(item, ()):
            mask &= self.near_hosts(index, item)
        for index in self.company_of.get(item, ()):
            mask &= relations.company[index].allowed(self.host, item)
        for hosts, most in relations.max_online:
            used: Mask = self.count > 0
            if np.count_nonzero(used & hosts) >= most:
                mask &= np.logical_or(used, np.logical_not(hosts))
        for seldom, joint in zip(relations.overloads, self.joint, strict=True):
            mask = seldom.calm(joint, item, mask)
        return mask

    def calm(self) -> bool:
        """Return whether no host is overloaded in more samples than it may be."""
        pairs = zip(self.relations.overloads, self.joint, strict=True)
        return all(((joint > each.limit[:, None]).sum(axis=1) <= each.most).all() for each, joint in pairs)

    def near_hosts(self, index: int, item: int) -> Mask:
        """Return the hosts in the groups that hold all others that the item must be near. Shape (hosts,)."""
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
        for index in self.near_of.get(item, ()):
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


def room_left(relation: AtMost, totals: Ints, item: int) -> Mask:
    """Return the hosts in places that may hold the item beside what they hold. Shape (hosts,)."""
    outside: Mask = relation.place < 0
    reached = totals[np.where(outside, 0, relation.place)] if len(totals) else np.zeros(len(outside), np.int64)
    found: Mask = np.logical_or(outside, reached + relation.weight[item] <= relation.most)
    return found


def alone(apart: Apart, parts: Ints, item: int) -> Mask:
    """Return the hosts in places that hold no other part than the item's. Shape (hosts,)."""
    found: Mask = parts.sum(axis=0) == parts[apart.part[item]]
    return found[apart.place]


def hardness(relations: Relations, items: Sequence[int] | Rows) -> Floats:
    """Return how hard each item is to place: its largest share of the mean capacity. Shape (len(items),)."""
    mean = np.maximum(relations.problem.capacity.mean(axis=0), 1.0)
    shares = relations.demand[:, np.asarray(items, np.int64)].max(axis=0) / mean
    found: Floats = shares.max(axis=1, initial=0.0) + 1e-3 * shares.sum(axis=1)
    return found
