"""A state of the estate at one moment: which VMs are on which hosts, copies on their way included."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from models.arrays import NOWHERE, Ints, Mask, Rows
from models.plan import Restarts
from models.problem import Problem


@dataclass(frozen=True, eq=False)
class State:
    """
    Presences of VMs on hosts: one a VM at rest, one more while it moves.

    Parameters
    ----------
    problem
        What the rows mean.
    vm, host
        Which VM is present on which host. Shape (presences,).
    arriving
        Which presences are copies still on their way in; they hold only the transient dims. Shape (presences,).
    on
        Which hosts are on. Shape (hosts,).
    restarts
        Where VMs are said to find a restart after a loss; what is said is verified.
    turn
        How each presence sits on the host's nodes; None if each VM sits as at the start. Shape (presences,).
    """

    problem: Problem
    vm: Rows
    host: Rows
    arriving: Mask
    on: Mask
    restarts: Restarts = field(default_factory=dict)
    turn: Rows | None = None

    @cached_property
    def running(self) -> Mask:
        """Which presences are of VMs that take resources. Shape (presences,)."""
        return self.problem.takes[self.vm]

    @cached_property
    def need(self) -> Ints:
        """What each presence holds. Shape (presences, dims)."""
        turn = self.problem.start_turn[self.vm] if self.turn is None else self.turn
        asked = self.problem.demand[self.problem.kind[self.host], self.vm]
        whole = asked[np.arange(len(self.vm))[:, None], self.problem.turns[turn]]
        return np.where(self.arriving[:, None] & ~self.problem.transient, 0, whole)

    @cached_property
    def load(self) -> Ints:
        """What is held on each host. Shape (hosts, dims)."""
        total = np.zeros(self.problem.capacity.shape, np.int64)
        np.add.at(total, self.host, self.need)
        return total

    def of(self, vms: Rows) -> Mask:
        """Return which presences are of these VMs. Shape (presences,)."""
        return among(vms, len(self.problem.vms))[self.vm]

    def at(self, hosts: Rows) -> Mask:
        """Return which presences are on these hosts. Shape (presences,)."""
        return among(hosts, len(self.problem.hosts))[self.host]


def at_rest(
    problem: Problem, host: Rows, on: Mask, restarts: Restarts | None = None, turn: Rows | None = None
) -> State:
    """Return the state in which each VM is on the host given for it and none moves."""
    vm = np.flatnonzero(host != NOWHERE).astype(np.int32)
    seats = None if turn is None else turn[vm]
    return State(problem, vm, host[vm], np.zeros(len(vm), np.bool_), on, restarts or {}, seats)


def among(rows: Rows | Ints, size: int) -> Mask:
    """Return a mask of the given size that is true at the rows."""
    mask = np.zeros(size, np.bool_)
    mask[rows] = True
    return mask


def places(problem: Problem, level: str) -> Rows:
    """Return each host's place at the level; a host outside all is a place of its own, negative. Shape (hosts,)."""
    place = problem.places[level]
    return np.where(place < 0, ~np.arange(len(place), dtype=np.int32), place)
