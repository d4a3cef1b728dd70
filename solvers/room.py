"""
What room is left for whom: how many VMs of each sort still fit on each host, and in each rack.

A VM that arrives takes room away from others. Which host to take is judged by what is lost: room for sorts that are
asked for often and that little is left for is worth most. Where VMs gather in one rack, racks with much room left
are worth more than the same room in many racks, and racks with a group keep room for its members to come. How many
are still to come is judged by the sizes that groups have had so far.
"""

from dataclasses import dataclass, field

import numpy as np

from models.arrays import NOWHERE, Floats, Ints, Mask
from models.rules import Gather
from solvers.state import State

MOST_SORTS = 24
"""Sorts of VMs that room is counted for: those that come first."""
MOST_EXPECTED = 48
"""Members to come that room is kept for in one place, at most."""
TRESPASS = 1e7
"""What it costs to take room that is sure to be asked for: more than anything else."""


@dataclass(frozen=True)
class Preference:
    """
    What counts when several hosts would do.

    Parameters
    ----------
    entry
        What it costs to use a host that is empty, in units of all the room of a mean host; infinite: empty hosts are
        used only where no other will do.
    members
        So many members of a group that gathers in one place are expected before any was seen; 0: no room is kept.
    more, beyond
        How likely another member is expected in a group of fewer members than that, and of as many or more.
    trust
        As many groups seen count as much as what is expected before any was seen.
    slight
        Room that is asked for less likely than this is not kept.
    breadth
        How much more room is worth in the roomiest place than in one without any.
    doubt
        Power of the likelihood with which kept room counts where the place of a new group is chosen: above 1, groups
        come to places whose kept room may never be asked for, sooner than to those where it is sure to be.
    """

    entry: float = float("inf")
    members: int = 16
    more: float = 0.9
    beyond: float = 0.5
    trust: float = 5.0
    slight: float = 0.02
    breadth: float = 6.0
    doubt: float = 2.0


FULLEST = Preference()
"""Empty hosts come last."""
FREEST = Preference(entry=0.0)
"""Room for VMs to come counts alone, whether hosts are empty or not."""


@dataclass(eq=False)
class Room:
    """
    Room on hosts and in places, kept up with a state.

    Parameters
    ----------
    state
        Who is where.
    preference
        What counts.
    """

    state: State
    preference: Preference
    place: Ints = field(init=False)
    rooms: Ints = field(init=False)
    totals: Ints = field(init=False)
    empty: Ints = field(init=False)
    sorts: Ints = field(init=False)
    apart: Mask = field(init=False)
    seen: Floats = field(init=False)
    gathers: Mask = field(init=False)

    def __post_init__(self) -> None:
        problem = self.state.relations.problem
        hosts, (kinds, _, dims) = len(problem.capacity), problem.demand.shape
        levels = [rule.level for rule in problem.rules if isinstance(rule, Gather) and rule.level != "host"]
        place: Ints = problem.places[levels[0]].astype(np.int64) if levels else np.zeros(hosts, np.int64)
        outside = place.max(initial=-1) + 1 + np.arange(hosts)
        self.place = np.where(place < 0, outside, place).astype(np.int64)
        self.unit = np.maximum(problem.capacity.mean(axis=0), 1.0) if hosts else np.ones(dims)
        self.rooms, self.empty = np.zeros((hosts, 0), np.int64), np.zeros((hosts, 0), np.int64)
        self.totals = np.zeros((int(self.place.max(initial=-1)) + 1, 0), np.int64)
        self.sorts = np.zeros((0, kinds, len(problem.turns), dims), np.int64)
        self.apart, self.gathers, self.seen = np.zeros(0, np.bool_), np.zeros(0, np.bool_), np.zeros(0)
        self.size = np.zeros(0)
        self._known: dict[bytes, int] = {}
        self._sort_of: dict[int, int] = {}
        self._group_of: dict[int, int] = {}
        for index, near in enumerate(self.state.relations.near):
            if not near.lasting:
                self._group_of.update(dict.fromkeys(near.items.tolist(), index))
        self._groups: dict[int, tuple[int, int, int]] = {}
        self._changes = 0
        self._kept: tuple[tuple[int, int | None, int], tuple[Ints, Floats]] | None = None

    def turned(self, item: int) -> Ints:
        """Return what the item takes on each kind of host by each turn. Shape (kinds, turns, dims)."""
        relations = self.state.relations
        return np.ascontiguousarray(relations.demand[:, item][:, relations.problem.turns])

    def note(self, item: int) -> int:
        """Count the item among what is asked for, and return its sort; `NOWHERE` if there are too many."""
        if item in self._sort_of:
            return self._sort_of[item]
        need = self.turned(item)
        sort = self._known.get(need.tobytes(), NOWHERE)
        if sort == NOWHERE and len(self.sorts) < MOST_SORTS and need.any():
            sort = self._known[need.tobytes()] = len(self.sorts)
            self._add(need)
        self._sort_of[item] = sort
        if sort != NOWHERE:
            self.seen[sort] += 1
            self.gathers[sort] |= item in self._group_of
        return sort

    def forget(self, item: int) -> None:
        """Count the item no longer among what is asked for: it has come, and no other like it may."""
        if (sort := self._sort_of.get(item, NOWHERE)) != NOWHERE:
            self.seen[sort] -= 1

    def _add(self, need: Ints) -> None:
        from solvers.kernels import incremental as kernel

        state, used = self.state, (need > 0).any(axis=0)
        problem = state.relations.problem
        self.sorts = np.concatenate([self.sorts, need[None]])
        separate = len(self.state.relations.problem.turns) > 1 and bool(np.all(used.sum(axis=0) <= 1))
        self.apart = np.append(self.apart, separate)
        self.seen, self.gathers = np.append(self.seen, 0.0), np.append(self.gathers, False)
        self.size = np.append(self.size, float((need[0, 0] / self.unit).max() * np.count_nonzero(need[0, 0])))
        column = np.zeros((len(self.rooms), 1), np.int64)
        self.rooms = np.ascontiguousarray(np.concatenate([self.rooms, column], axis=1))
        self.empty = np.ascontiguousarray(np.concatenate([self.empty, column], axis=1))
        self.totals = np.concatenate([self.totals, np.zeros((len(self.totals), 1), np.int64)], axis=1)
        kind, none, spare = problem.kind.astype(np.int64), np.zeros_like(state.load), np.zeros_like(self.totals)
        for host in range(len(self.rooms)):
            self._survey(host)
            kernel.survey(host, none, state.limit, kind, self.sorts, self.apart, self.empty, spare, self.place)

    def _survey(self, host: int) -> None:
        from solvers.kernels import incremental as kernel

        state, problem = self.state, self.state.relations.problem
        kind = problem.kind.astype(np.int64)
        kernel.survey(host, state.load, state.limit, kind, self.sorts, self.apart, self.rooms, self.totals, self.place)

    def update(self, item: int, host: int, *, came: bool) -> None:
        """Count again what changed: the item came to the host, or left it."""
        self._survey(host)
        group = self._group_of.get(item)
        if group is None:
            return
        _, members, sort = self._groups.get(group, (NOWHERE, 0, NOWHERE))
        own = self.note(item)
        larger = sort == NOWHERE or (own != NOWHERE and self.size[own] > self.size[sort])
        members += 1 if came else -1
        self._changes += 1
        self._groups[group] = (int(self.place[host]), members, own if larger else sort)

    def worth(self) -> Floats:
        """Return what room for one VM of each sort is worth; all the room of a mean empty host is worth 1."""
        share = self.seen * self.size
        share = share / max(share.sum(), 1e-12)
        found: Floats = share / np.maximum(self.totals.sum(axis=0), 1)
        whole = float((self.empty @ found).mean()) if len(self.empty) else 0.0
        return found / whole if whole > 0 else found

    def in_places(self, worth: Floats) -> Floats:
        """Return what room is worth in each place. Shape (places, sorts)."""
        most = np.maximum(self.totals.max(axis=0, initial=0), 1)
        found: Floats = worth * (1.0 + self.preference.breadth * self.gathers * self.totals / most)
        return np.ascontiguousarray(found)

    def more(self) -> Floats:
        """Return how likely another member comes to a group of 0, 1, … members, by what groups have grown to."""
        chosen = self.preference
        sizes = np.array([members for _, members, _ in self._groups.values()], np.int64)
        reached = np.bincount(sizes, minlength=chosen.members + 2)[::-1].cumsum()[::-1].astype(np.float64)
        before = np.where(np.arange(len(reached)) < chosen.members, chosen.more, chosen.beyond)
        found: Floats = (np.append(reached[1:], 0.0) + chosen.trust * before) / (reached + chosen.trust)
        return found

    def kept(self, item: int) -> tuple[Ints, Floats]:
        """
        Return the room that places keep for members of groups other than the item's.

        Returns
        -------
        keeper
            The row that tells of a place and a sort, `NOWHERE` where nothing is kept. Shape (places, sorts).
        wanted
            How likely room for one, two, … will be asked for. Shape (rows, most).
        """
        own = self._group_of.get(item)
        key = (self._changes, own if own in self._groups else None, len(self.sorts))
        if self._kept is None or self._kept[0] != key:
            self._kept = key, self._expected(own)
        return self._kept[1]

    def _expected(self, own: int | None) -> tuple[Ints, Floats]:
        """Return the room that is kept for all groups but one."""
        from solvers.kernels import incremental as kernel

        keeper, rows, members = np.full(self.totals.shape, NOWHERE, np.int64), [], []
        count = 0
        for group, (place, size, sort) in self._groups.items():
            if not self.preference.members or size <= 0 or sort == NOWHERE or group == own:
                continue
            if keeper[place, sort] == NOWHERE:
                keeper[place, sort] = count
                count += 1
            rows.append(keeper[place, sort])
            members.append(size)
        wanted = np.zeros((count, MOST_EXPECTED))
        kernel.expect(np.array(rows, np.int64), np.array(members, np.int64), self.more(), wanted)
        wanted[wanted < self.preference.slight] = 0.0
        return keeper, wanted

    def founding(self, item: int, allowed: Mask, keeper: Ints, wanted: Floats) -> Mask:
        """Leave of the hosts only those of the place with most room that is not kept, for the first of a group."""
        group = self._group_of.get(item)
        sort = self.note(item)
        if group is None or sort == NOWHERE or self._groups.get(group, (0, 0, 0))[1] > 0:
            return allowed
        hosts = np.flatnonzero(allowed & (self.rooms[:, sort] > 0))
        if not len(hosts):
            return allowed
        places = np.unique(self.place[hosts])
        kept = np.append((wanted**self.preference.doubt).sum(axis=1), 0.0)[keeper]
        best = places[(self.totals[places, sort] - kept[places].sum(axis=1)).argmax()]
        found: Mask = allowed & (self.place == best)
        return found
