"""The placement problem: whole numbers only, so that every check is exact."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from models.arrays import NOWHERE, Ints, Mask, Names, Rows, frozen, names, read_only
from models.costs import Cost, Headroom, HostsOn, Moves, flat
from models.errors import BrokenPromiseError
from models.rules import Rule


@dataclass(frozen=True, eq=False)
class Problem:
    """
    Which VMs need what, which hosts offer what, and which rules hold.

    Units are whole: MHz, MiB and counts, demand rounded up and capacity down. Build one with `Problem.of`.

    Parameters
    ----------
    demand
        What each VM takes on a host of each kind. Shape (kinds, vms, dims).
    capacity
        What each host offers, net of reserve, ceiling and overcommit. Shape (hosts, dims).
    failover
        What each host offers to VMs after another one's loss (no ceiling). Shape (hosts, dims).
    kind
        The host's kind, an index into `demand`. Shape (hosts,).
    start
        The host that each VM is on now, `NOWHERE` for none. Shape (vms,).
    on
        Which hosts are on now. Shape (hosts,).
    transient
        Which dims a moving VM holds at both ends. Shape (dims,).
    turns
        Ways a VM sits on a host's nodes: with turn t it takes in dim d what its demand says of dim ``turns[t, d]``.
        Permutations of dims, the first of which changes nothing, and of which any two in a row are a third.
        Shape (turns, dims).
    start_turn
        How each VM sits on its host now, a row of `turns`. Shape (vms,).
    levels
        For each level (rack, cluster, …) the place of each host, -1 outside. Shape (hosts,).
    rules
        Rules over rows of this problem.
    costs
        Objective terms, the most important first.
    dims, hosts, vms
        Names of dimensions, hosts and VMs.
    """

    demand: Ints
    capacity: Ints
    failover: Ints
    kind: Rows
    start: Rows
    on: Mask
    transient: Mask
    turns: Rows
    start_turn: Rows
    levels: Mapping[str, Rows]
    rules: tuple[Rule, ...]
    costs: tuple[Cost, ...]
    dims: tuple[str, ...]
    hosts: Names
    vms: Names

    @classmethod
    def of(
        cls,
        demand: ArrayLike,
        capacity: ArrayLike,
        *,
        start: ArrayLike | None = None,
        dims: Sequence[str] = (),
        levels: Mapping[str, ArrayLike] | None = None,
        rules: Sequence[Rule] = (),
        costs: Sequence[Cost] | None = None,
        **rest: Any,
    ) -> Self:
        """
        Build a problem from demand and capacity; the rest is filled in.

        Demand of shape (vms, dims) stands for a single kind of host. Without `start` no VM is placed, and without
        `costs` the fewest hosts count first, then the fewest moves, then headroom.
        """
        needs = np.asarray(demand, np.int64)
        needs = needs[None] if needs.ndim == 2 else needs
        offers = frozen(capacity, np.int64)
        _, vms, width = needs.shape
        hosts = len(offers)
        default = (HostsOn(np.ones(hosts, np.int64)), Moves(np.ones(vms, np.int64)), Headroom())
        begin = np.full(vms, NOWHERE) if start is None else start
        return cls(
            demand=frozen(needs, np.int64),
            capacity=offers,
            failover=frozen(rest.get("failover", offers), np.int64),
            kind=frozen(rest.get("kind", np.zeros(hosts)), np.int32),
            start=frozen(begin, np.int32),
            on=frozen(rest.get("on", np.ones(hosts)), np.bool_),
            transient=frozen(rest.get("transient", np.ones(width)), np.bool_),
            turns=frozen(rest.get("turns", [range(width)]), np.int32),
            start_turn=frozen(rest.get("start_turn", np.zeros(vms)), np.int32),
            levels={name: frozen(place, np.int32) for name, place in (levels or {}).items()},
            rules=tuple(rules),
            costs=default if costs is None else tuple(costs),
            dims=tuple(dims) or tuple(f"dim{index}" for index in range(width)),
            hosts=names(rest.get("hosts", (f"host-{row}" for row in range(hosts)))),
            vms=names(rest.get("vms", (f"vm-{row}" for row in range(vms)))),
        )

    def __post_init__(self) -> None:
        kinds, vms, width = self.demand.shape
        hosts = len(self.capacity)
        shapes = {
            "capacity": (self.capacity.shape, (hosts, width)),
            "failover": (self.failover.shape, (hosts, width)),
            "kind": (self.kind.shape, (hosts,)),
            "start": (self.start.shape, (vms,)),
            "on": (self.on.shape, (hosts,)),
            "transient": (self.transient.shape, (width,)),
            "turns": (self.turns.shape[1:], (width,)),
            "start_turn": (self.start_turn.shape, (vms,)),
            "dims": ((len(self.dims),), (width,)),
            "hosts": (self.hosts.shape, (hosts,)),
            "vms": (self.vms.shape, (vms,)),
        }
        wrong = {name: found for name, (found, wanted) in shapes.items() if found != wanted}
        if wrong or (hosts and self.kind.max() >= kinds) or (self.demand < 0).any():
            raise BrokenPromiseError(f"A problem of {vms} VMs, {hosts} hosts, {width} dims is inconsistent: {wrong}.")
        if vms and (self.start.max(initial=NOWHERE) >= hosts or self.start.min(initial=0) < NOWHERE):
            raise BrokenPromiseError("A VM starts on a host row that does not exist.")
        self._check_turns()

    def _check_turns(self) -> None:
        known = {tuple(turn) for turn in self.turns.tolist()}
        ordered = all(sorted(turn) == list(range(len(self.dims))) for turn in known)
        if not (ordered and len(self.turns) and (self.turns[0] == np.arange(len(self.dims))).all()):
            raise BrokenPromiseError("Turns are permutations of the dims, the first of which changes nothing.")
        if len(known) < len(self.turns) or any(
            tuple(one[two].tolist()) not in known for one in self.turns for two in self.turns
        ):
            raise BrokenPromiseError("Two turns in a row must be a turn, and no turn stands twice.")
        if self.start_turn.size and not (self.start_turn.min() >= 0 and self.start_turn.max() < len(self.turns)):
            raise BrokenPromiseError("A VM sits by a turn that does not exist.")

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        for name, value in state.items():
            object.__setattr__(self, name, read_only(value))

    def __getstate__(self) -> dict[str, Any]:
        return {item.name: getattr(self, item.name) for item in fields(self)}

    @cached_property
    def places(self) -> Mapping[str, Rows]:
        """All levels, with every host a place of its own at level ``host``."""
        return {"host": frozen(np.arange(len(self.capacity)), np.int32), **self.levels}

    @cached_property
    def takes(self) -> Mask:
        """Which VMs take any resource; powered-off ones do not. Shape (vms,)."""
        return frozen(self.demand.any(axis=(0, 2)), np.bool_)

    @cached_property
    def host_weights(self) -> Ints:
        """What each host costs by being on, in the first stage that counts hosts; 1 without one. Shape (hosts,)."""
        found = [cost.weights for cost in flat(self.costs) if isinstance(cost, HostsOn)]
        return found[0] if found else np.ones(len(self.capacity), np.int64)

    @cached_property
    def host_tolerance(self) -> float:
        """How much worse than the best, as a share, the stage that counts hosts may get for what comes after it."""
        return next((cost.tolerance for cost in self.costs if isinstance(cost, HostsOn)), 0.0)

    @cached_property
    def joined(self) -> bool:
        """Whether hosts that are on and moves are one sum of money."""
        return any(isinstance(cost, Moves) and cost.joined for cost in self.costs)

    @cached_property
    def move_weights(self) -> Ints:
        """What each VM costs by leaving its host; 1 without a stage that counts moves. Shape (vms,)."""
        found = [cost.weights for cost in flat(self.costs) if isinstance(cost, Moves)]
        return found[0] if found else np.ones(len(self.start), np.int64)

    def first_stage(self, host: Rows, on: Mask) -> int:
        """Return the weight of hosts that are on, with that of the VMs that move where both are one sum."""
        moved = (host != self.start) & (self.start != NOWHERE)
        return int(self.host_weights[on].sum()) + (int(self.move_weights[moved].sum()) if self.joined else 0)

    @cached_property
    def seated(self) -> Ints:
        """What each VM takes of each dim of a host if it sits there as it does now. Shape (kinds, vms, dims)."""
        if len(self.turns) == 1:
            return self.demand
        found: Ints = np.take_along_axis(self.demand, self.turns[self.start_turn][None], axis=2)
        return found

    @cached_property
    def followed(self) -> Rows:
        """The turn that two turns in a row are, the first one first. Shape (turns, turns)."""
        rows = {tuple(turn): row for row, turn in enumerate(self.turns.tolist())}
        both = [[rows[tuple(first[second].tolist())] for second in self.turns] for first in self.turns]
        return frozen(both, np.int32)

    def need(self, host: Rows, turn: Rows | None = None) -> Ints:
        """
        Return what each VM takes on the host given for it; nothing where there is none. Shape (vms, dims).

        Without `turn` each sits as it does now.
        """
        vms = np.arange(len(host))
        placed = host != NOWHERE
        kind = self.kind[np.where(placed, host, 0)]
        if turn is None:
            return np.where(placed[:, None], self.seated[kind, vms], 0)
        return np.where(placed[:, None], np.take_along_axis(self.demand[kind, vms], self.turns[turn], axis=1), 0)

    def load(self, host: Rows, turn: Rows | None = None) -> Ints:
        """Return the demand on each host when each VM is on the host given. Shape (hosts, dims)."""
        total = np.zeros(self.capacity.shape, np.int64)
        placed = host != NOWHERE
        np.add.at(total, host[placed], self.need(host, turn)[placed])
        return total
