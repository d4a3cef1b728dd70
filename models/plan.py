"""A placement, and the plan that leads to it: moves and host actions over time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Self

import numpy as np

from models.arrays import Floats, Mask, Names, Rows, frozen, names
from models.disks import Disks
from models.network import Limits, Network
from models.problem import Problem
from models.timing import Draw, Timing

Restarts = Mapping[tuple[int, ...], Mapping[int, int]]
"""Where VMs can be restarted: for hosts lost together, in ascending order, the host of each VM that ran on them."""

STATUSES = ("optimal", "feasible", "unchanged", "infeasible")


@dataclass(frozen=True, eq=False)
class Placement:
    """
    Where each VM ends, and how good that is known to be.

    Parameters
    ----------
    host
        The host of each VM, `NOWHERE` where it could not be placed. Shape (vms,).
    on
        Which hosts are on at the end. Shape (hosts,).
    solver
        Who found it.
    status
        ``optimal`` (the bound is met), ``feasible``, ``unchanged`` (nothing worth doing), ``infeasible``.
    bound
        The first cost stage is at least this in every placement that keeps the rules.
    bound_hosts
        At least so many hosts must be on.
    bound_moves
        The weight of moves is at least this in every placement whose hosts weigh no more, what is tolerated included.
    reproducible
        Whether the same input gives the same placement again.
    seconds
        How long the search took.
    reason
        Why the status is what it is, in a sentence.
    blocking
        Names of VMs, hosts and rules that together cannot be satisfied, if any.
    remedies
        What would make a placement possible, each by itself, if there is none.
    turn
        How each VM sits on its host's nodes, a row of `Problem.turns`; None if each sits as at the start.
        Shape (vms,).
    """

    host: Rows
    on: Mask
    solver: str = ""
    status: str = "feasible"
    bound: float = 0.0
    bound_hosts: int = 0
    bound_moves: float = 0.0
    reproducible: bool = True
    seconds: float = 0.0
    reason: str = ""
    blocking: tuple[str, ...] = ()
    remedies: tuple[str, ...] = ()
    turn: Rows | None = None


MEMORY = "memory_mib"
"""Dims of this name, of whatever part of the day, are memory."""

MOVE_DTYPES: dict[str, Any] = {
    "vm": np.int32,
    "source": np.int32,
    "destination": np.int32,
    "wave": np.int32,
    "start_s": np.float64,
    "end_s": np.float64,
    "bandwidth_mbps": np.float64,
    "downtime_ms": np.float64,
    "transferred_mib": np.float64,
    "rounds": np.int32,
    "converges": np.bool_,
    "energy_j": np.float64,
    "disk_mib": np.float64,
    "balloon_mib": np.float64,
    "storage_mbps": np.float64,
}


@dataclass(frozen=True, eq=False)
class Moves:
    """
    Migrations as columns, in the order of their start. Shape (moves,) each.

    A VM may move twice, by way of a pivot host. `live` tells a live migration from re-registering a VM that is
    powered off; `reason` says in words why. Of what is transferred, `disk_mib` are blocks of disks; they take
    `storage_mbps` of a storage network, or where that is 0 the rate of the move. By `balloon_mib` the VM holds less
    memory than it is given, from the start of the move to that of its next one; a move from a host to the same, which
    is not live, changes only that: it takes no time if memory is given back, and ends when memory has been given up.
    """

    vm: Rows
    source: Rows
    destination: Rows
    wave: Rows
    start_s: Floats
    end_s: Floats
    bandwidth_mbps: Floats
    downtime_ms: Floats
    transferred_mib: Floats
    rounds: Rows
    converges: Mask
    energy_j: Floats
    disk_mib: Floats
    balloon_mib: Floats
    storage_mbps: Floats
    live: Mask
    reason: Names

    @classmethod
    def of(cls, **given: Any) -> Self:
        """Build the columns from sequences; all but vm, source, destination, start_s and end_s have defaults."""
        size = len(given["vm"])
        default = {"wave": 1, "bandwidth_mbps": 0.0, "rounds": 1, "converges": True, "live": True}
        columns = {
            name: frozen(given.get(name, np.full(size, default.get(name, 0))), dtype)
            for name, dtype in (MOVE_DTYPES | {"live": np.bool_}).items()
        }
        return cls(**columns, reason=names(given.get("reason", [""] * size)))

    def __len__(self) -> int:
        return len(self.vm)

    @property
    def copies(self) -> Mask:
        """Which moves send anything: live ones, and those of disks. Shape (moves,)."""
        return self.live | (self.disk_mib > 0)

    def take(self, rows: Any) -> Self:
        """Return only the moves at these rows, in this order."""
        return type(self)(**{item.name: getattr(self, item.name)[rows] for item in fields(self)})


NO_MOVES = Moves.of(vm=[], source=[], destination=[], start_s=[], end_s=[])


@dataclass(frozen=True)
class HostAction:
    """A host that is booted or shut down, from `start_s` to `end_s`."""

    host: int
    action: str
    """``boot`` or ``shutdown``."""
    start_s: float
    end_s: float
    reason: str = ""


@dataclass(frozen=True, eq=False)
class Plan:
    """
    How to get from the start of a problem to a placement.

    Parameters
    ----------
    placement
        Where it leads.
    moves
        The migrations, with their times.
    actions
        Hosts booted and shut down.
    blocked
        Names of VMs that cannot be moved in any order, if any, with the reason.
    makespan_s, makespan_bound_s
        End of the last move, and of the last shutdown where `Limits.early` makes them part of the plan; and a bound
        below which no schedule gets under the same limits.
    after
        For each move and then each host action, which of them must be over before it may start, by position: moves
        first, then actions. With these kept it can be run by events, however long each one really lasts. Empty if
        nobody worked it out.
    no_goods
        VMs and hosts, as rows, that no placement reached from here can have together.
    reproducible
        Whether the same input gives the same plan again.
    pressed
        Memory that VMs have given up before it begins, by the row of each. [MiB]
    """

    placement: Placement
    moves: Moves = field(default_factory=lambda: NO_MOVES)
    actions: tuple[HostAction, ...] = ()
    blocked: Mapping[str, str] = field(default_factory=dict)
    makespan_s: float = 0.0
    makespan_bound_s: float = 0.0
    after: tuple[tuple[int, ...], ...] = ()
    no_goods: tuple[tuple[tuple[int, int], ...], ...] = ()
    reproducible: bool = True
    pressed: Mapping[int, float] = field(default_factory=dict)

    @property
    def gap(self) -> float:
        """By how much the plan is longer than the bound at most, as a share of the bound."""
        return self.makespan_s / self.makespan_bound_s - 1 if self.makespan_bound_s else 0.0

    @property
    def moving_s(self) -> float:
        """For how long at least one move runs: the makespan without pauses between waves and waits for windows."""
        return running_s(self.moves.start_s, self.moves.end_s)

    @property
    def finish_s(self) -> float:
        """End of the last move or host action."""
        return max([float(self.moves.end_s.max(initial=0.0)), *(action.end_s for action in self.actions)])


def running_s(start_s: Floats, end_s: Floats) -> float:
    """
    Return for how long at least one of some moves runs. [s].

    >>> running_s(np.array([0.0, 5.0, 20.0]), np.array([10.0, 12.0, 21.0]))
    13.0
    """
    order = np.argsort(start_s, kind="stable")
    until = np.maximum.accumulate(np.asarray(end_s)[order])
    since = np.append(0.0, until[:-1])[: len(order)]
    return float(np.maximum(until - np.maximum(np.asarray(start_s)[order], since), 0.0).sum())


@dataclass(frozen=True, eq=False)
class Transition:
    """
    What a scheduler needs to know to lead from the start of a problem to a placement.

    Parameters
    ----------
    problem, placement
        From where to where.
    memory_mib
        What a live migration of each VM has to send. [MiB] Shape (vms,).
    dirty_mib_s
        Rate at which each VM dirties memory. [MiB/s] Shape (vms,).
    running
        VMs that are migrated live; the others are re-registered. Shape (vms,).
    nic_mbps
        Rate of each host's migration NIC, in each direction. [Mbit/s] Shape (hosts,).
    stream_mbps
        Most that one migration can use. [Mbit/s]
    boot_s, shutdown_s
        Time to boot and to shut down each host. [s] Shape (hosts,).
    limits
        What the platform lets run at once.
    network
        Links above the NICs, if they are known.
    switch_mbps
        What a switch of the network carries in all, by its name; the others carry all that their links do. [Mbit/s]
    timing
        Orders, windows, deadlines and budgets of power.
    duration_s, bandwidth_mbps
        How long the move of each VM lasts and the rate it takes, if that is known, in place of the law; nan where
        it is not. [s, Mbit/s] Shape (vms,).
    rates
        Shares of the rate of its path that a migration may be given; the scheduler chooses.
    choices
        For some VMs the hosts that they may go to in place of the placement's: the scheduler chooses.
    datastores
        The datastores that hold disks of each VM, by number. Shape (vms,).
    disks
        VMs whose disks are copied too, for the budgets of hosts and datastores. Shape (vms,).
    storage
        What copying disks takes; None: that it takes no time.
    groups
        What people look at together: the application, rack or window of each VM, by number, -1 for none. A wave takes
        whole groups as long as they fit. Shape (vms,).
    may_stop
        VMs that may be stopped for a while, where nothing else breaks a cycle. Shape (vms,).
    balloon_mib
        Memory that each VM can give up for a while, where that breaks a cycle. [MiB] Shape (vms,).
    draw
        What hosts, VMs and migrations draw, for budgets of power.
    technique
        How running VMs are migrated, a name of `models.laws.migration.TECHNIQUES`.
    """

    problem: Problem
    placement: Placement
    memory_mib: Floats
    dirty_mib_s: Floats
    running: Mask
    nic_mbps: Floats
    stream_mbps: float
    boot_s: Floats
    shutdown_s: Floats
    limits: Limits
    network: Network | None = None
    switch_mbps: Mapping[str, float] = field(default_factory=dict)
    timing: tuple[Timing, ...] = ()
    duration_s: Floats | None = None
    bandwidth_mbps: Floats | None = None
    rates: tuple[float, ...] = (1.0,)
    choices: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    datastores: Sequence[Sequence[int]] | None = None
    disks: Mask | None = None
    storage: Disks | None = None
    groups: Rows | None = None
    may_stop: Mask | None = None
    balloon_mib: Floats | None = None
    draw: Draw | None = None
    technique: str = "pre-copy"
