"""
The best host for a VM now: fits, keeps the rules, costs others the least room, and leaves empty hosts empty.

Nothing else moves. VMs come and go one at a time, and nothing is known of those that are still to come.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

import numpy as np

from models.arrays import NOWHERE, Floats, Mask, Rows
from solvers.relations import Relations
from solvers.room import FULLEST, TRESPASS, Preference, Room
from solvers.spare import survives
from solvers.state import State

EMPTY_LAST = 1e5
"""What entering an empty host costs where empty hosts come last: more than all room, and less than kept room."""

MOST_TRIED = 100
"""Hosts that are tried for whether others can be lost with the VM there."""


@dataclass(frozen=True, eq=False)
class Choice:
    """
    Where a VM should go, and why.

    Parameters
    ----------
    item
        Which VMs it is about, an item of the relations.
    host, turn
        Where to, and how it sits there; `NOWHERE` if no host will do.
    hosts, costs
        The best hosts, the best first, and what each costs in room for others. Shape (told,).
    candidates
        How many hosts would do, as far as they were looked at for spares.
    excluded
        How many hosts each resource or rule excludes, for those where nothing before it did.
    """

    item: int
    host: int
    turn: int
    hosts: Rows
    costs: Floats
    candidates: int
    excluded: Mapping[str, int] = field(default_factory=dict)

    @property
    def runner_up(self) -> int:
        """The second best host, `NOWHERE` if there is none."""
        return int(self.hosts[1]) if len(self.hosts) > 1 else NOWHERE


class Incremental:
    """
    An estate to which VMs come and from which they go, one at a time.

    Parameters
    ----------
    relations
        The problem.
    host
        The host of each item, `NOWHERE` where it is on none yet. Shape (items,). Default: where each starts.
    preference
        What counts when several hosts would do.
    """

    def __init__(self, relations: Relations, host: Rows | None = None, preference: Preference = FULLEST) -> None:
        self.relations = relations
        self.state = State(relations, relations.start if host is None else host)
        self.preference = preference
        self.on: Mask = (relations.problem.on | relations.forced_on | (self.state.count > 0)) & ~relations.forced_off
        self.room = Room(self.state, preference)
        self._kind = relations.problem.kind.astype(np.int64)
        for item in np.flatnonzero(self.state.host != NOWHERE):
            self.room.note(int(item))
            self.room.update(int(item), int(self.state.host[item]), came=True)

    def scores(self, item: int, within: Mask | None = None, *, thorough: bool = False) -> tuple[Floats, Rows]:
        """
        Return what each host would cost an item that is on none, and by which turn. Shape (hosts,) each.

        Parameters
        ----------
        within
            Hosts that come into question. Default: all.
        thorough
            Whether all are exact; else those of hosts that are not the best may be too low, yet above the best.
        """
        from solvers.kernels import incremental as kernel

        state, room = self.state, self.room
        room.note(item)
        allowed = state.related(item, self.relations.allowed(item) & ~self.relations.forced_off)
        allowed = allowed if within is None else allowed & within
        worth, (keeper, wanted) = room.worth(), room.kept(item)
        allowed = room.founding(item, allowed, keeper, wanted)
        score, turn = np.empty(len(allowed)), np.empty(len(allowed), np.int64)
        kernel.scores(
            room.turned(item),
            state.load,
            state.limit,
            self._kind,
            allowed,
            self._entry(worth),
            room.sorts,
            room.apart,
            room.rooms,
            room.totals,
            room.place,
            room.in_places(worth),
            keeper,
            wanted,
            room.unit,
            TRESPASS,
            thorough,
            score,
            turn,
        )
        return score, turn

    def _entry(self, worth: Floats) -> Floats:
        """Return what entering each host costs as such: empty ones last, those that are off at the very last."""
        used: Mask = self.state.count > 0
        if np.isfinite(self.preference.entry):
            return np.where(used, 0.0, self.preference.entry)
        value = self.room.empty @ worth
        off = np.where(self.on, EMPTY_LAST, 2 * EMPTY_LAST)
        return np.where(used, 0.0, off * (1 - 1e-3 * value / max(value.max(initial=0.0), 1e-12)))

    def best(self, item: int, most: int = 5) -> Choice:
        """
        Return where an item should go now, and why; it is left where it is, and may stay there if rules let it.

        Parameters
        ----------
        most
            Hosts that are told of.
        """
        from solvers.exclusions import excluded

        home, turn = int(self.state.host[item]), int(self.state.turn[item])
        if home != NOWHERE:
            self.take(item)
        score, turns = self.scores(item, thorough=True)
        hosts, spent = self._holding(item, score, turns, most)
        reasons = excluded(self, item) | ({"Spare": spent} if spent else {})
        if home != NOWHERE:
            self.put(item, home, turn)
        if home != NOWHERE and np.isfinite(score[home]) and self._spared():
            hosts = [home, *(host for host in hosts if host != home)]
        first = hosts[0] if hosts else NOWHERE
        told = np.array(hosts[:most], np.int64)
        return Choice(
            item,
            first,
            int(turns[first]) if hosts else NOWHERE,
            told,
            score[told],
            int(np.isfinite(score).sum()) - spent,
            reasons,
        )

    def _holding(self, item: int, score: Floats, turns: Rows, most: int) -> tuple[list[int], int]:
        """Return the best hosts after which hosts can still be lost, and how many better ones were passed over."""
        hosts: list[int] = []
        passed = 0
        for host in islice(self._tried(score), MOST_TRIED):
            if self._holds(item, host, int(turns[host])):
                hosts.append(host)
            else:
                passed += 1
            if len(hosts) == most:
                break
        return hosts, passed

    def _holds(self, item: int, host: int, turn: int) -> bool:
        """Tell whether hosts can still be lost with the item on the host."""
        if not self.relations.spares:
            return True
        self.put(item, host, turn)
        holds = self._spared()
        self.take(item)
        return holds

    def place(self, item: int, within: Mask | None = None) -> int:
        """Put an item that is on no host on the best one, and return it; `NOWHERE` if none will do."""
        score, turn = self.scores(item, within)
        for host in self._tried(score):
            self.put(item, host, int(turn[host]))
            if self._spared():
                return host
            self.take(item)
        return NOWHERE

    def _tried(self, score: Floats) -> Iterator[int]:
        """Yield the hosts that will do, the best first; only the best is looked for unless more is asked."""
        best = int(score.argmin()) if len(score) else NOWHERE
        if best == NOWHERE or not np.isfinite(score[best]):
            return
        yield best
        order = np.argsort(score, kind="stable")
        yield from (int(host) for host in order[1:] if np.isfinite(score[host]))

    def _spared(self) -> bool:
        return not self.relations.spares or survives(self.state, self.on | (self.state.count > 0))

    def put(self, item: int, host: int, turn: int = 0) -> None:
        """Put an item that is on no host on this one."""
        self.state.put(item, host, turn)
        self.room.update(item, host, came=True)

    def take(self, item: int) -> int:
        """Take an item off its host, and return the host."""
        host = self.state.take(item)
        self.room.update(item, host, came=False)
        return host

    def turns(self) -> Rows:
        """Return how each VM sits on its host, a row of `Problem.turns`. Shape (vms,)."""
        problem = self.relations.problem
        found: Rows = problem.followed[problem.start_turn, self.state.turn[self.relations.item]]
        return found
