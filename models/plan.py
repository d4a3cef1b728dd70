"""A placement, and the plan that leads to it: moves and host actions over time."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Self

import numpy as np

from models.arrays import Floats, Mask, Names, Rows, frozen, names

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
    reproducible
        Whether the same input gives the same placement again.
    seconds
        How long the search took.
    reason
        Why the status is what it is, in a sentence.
    blocking
        Names of VMs, hosts and rules that together cannot be satisfied, if any.
    """

    host: Rows
    on: Mask
    solver: str = ""
    status: str = "feasible"
    bound: float = 0.0
    bound_hosts: int = 0
    reproducible: bool = True
    seconds: float = 0.0
    reason: str = ""
    blocking: tuple[str, ...] = ()


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
}


@dataclass(frozen=True, eq=False)
class Moves:
    """
    Migrations as columns, in the order of their start. Shape (moves,) each.

    A VM may move twice, by way of a pivot host. `live` tells a live migration from re-registering a VM that is
    powered off; `reason` says in words why.
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
        End of the last move, and a bound below which no schedule gets under the same limits.
    """

    placement: Placement
    moves: Moves = field(default_factory=lambda: NO_MOVES)
    actions: tuple[HostAction, ...] = ()
    blocked: Mapping[str, str] = field(default_factory=dict)
    makespan_s: float = 0.0
    makespan_bound_s: float = 0.0
