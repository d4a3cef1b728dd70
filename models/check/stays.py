"""Who is where, from when until when: a migration plan as one table of stays."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np

from models.arrays import NOWHERE, Floats, Ints, Mask, Rows
from models.check.state import State
from models.plan import Moves
from models.problem import Problem


@dataclass(frozen=True, eq=False)
class Stays:
    """
    Stays of VMs on hosts. Shape (stays,) each.

    Parameters
    ----------
    vm, host
        Which VM is on which host.
    since_s
        Start of the move that brings it; 0 where it is from the start. [s]
    landed_s
        End of that move; until then it holds only the transient dims. [s]
    until_s
        End of the move that takes it away; infinite for the last. [s]
    less_mib
        By how much it holds less memory than it is given. [MiB]
    """

    vm: Rows
    host: Rows
    since_s: Floats
    landed_s: Floats
    until_s: Floats
    less_mib: Floats

    def __len__(self) -> int:
        return len(self.vm)

    def take(self, rows: Mask | Ints) -> "Stays":
        """Return only these stays."""
        return Stays(**{item.name: getattr(self, item.name)[rows] for item in fields(self)})

    @cached_property
    def moments(self) -> Floats:
        """The times at which anything changes, in order. [s] Shape (moments,)."""
        times: Floats = np.unique(np.concatenate([self.since_s, self.landed_s, self.until_s]))
        return times[np.isfinite(times)]

    def between(self, problem: Problem, first_s: float, last_s: float, on: Mask) -> State:
        """
        Return all presences at any moment from the first to the last, both included, as one state.

        With equal ends it is the state at that moment. A copy counts as arriving only if it arrives all the time.
        """
        now = (self.since_s <= last_s) & (self.until_s > first_s)
        return State(problem, self.vm[now], self.host[now], self.landed_s[now] > last_s, on)


def of(start: Rows, moves: Moves, pressed: Mapping[int, float] | None = None) -> Stays:
    """
    Return the stays that follow from the start and the moves.

    Each move starts a stay on its destination, and ends the stay before it when it ends. A VM that starts nowhere
    holds all dims at once. One from a host to the same, at which memory is given up or back, is done when it ends.

    Parameters
    ----------
    start, moves
        The host of each VM, and where it goes. Shape (vms,), (moves,).
    pressed
        Memory that VMs have given up from the start, by row. [MiB]
    """
    moves = moves.take(np.lexsort((moves.start_s, moves.vm)))
    first = np.append(True, moves.vm[1:] != moves.vm[:-1])[: len(moves)]
    leaves = np.full(len(start), np.inf)
    leaves[moves.vm[first]] = moves.end_s[first]
    until = np.append(np.where(first[1:], np.inf, moves.end_s[1:]), np.inf)[: len(moves)]
    placed = np.flatnonzero(start != NOWHERE).astype(np.int32)
    new = first & (start[moves.vm] == NOWHERE)
    zero = np.zeros(len(placed))
    since = np.where(moves.source == moves.destination, moves.end_s, moves.start_s)
    less = np.array([(pressed or {}).get(int(vm), 0.0) for vm in placed]) if pressed else zero
    stays = Stays(
        np.concatenate([placed, moves.vm]),
        np.concatenate([start[placed], moves.destination]),
        np.concatenate([zero, since]),
        np.concatenate([zero, np.where(new, moves.start_s, moves.end_s)]),
        np.concatenate([leaves[placed], until]),
        np.concatenate([less, moves.balloon_mib]),
    )
    return stays.take(stays.host != NOWHERE)
