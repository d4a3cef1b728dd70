"""Moves decided so far, and the room that they leave."""

from typing import Self

import numpy as np

from models.arrays import NOWHERE, Rows
from models.decisions import Decision, View


class Ledger:
    """
    What a policy has decided in a view, and where there still is room.

    A host has room for a VM if it takes VMs, is within the same boundary, and stays within both limits.
    """

    def __init__(self, view: View) -> None:
        self.view = view
        self.cpu_mhz, self.held_mib = view.cpu_mhz.copy(), view.held_mib.copy()
        self.open, self.movable = view.open.copy(), view.movable.copy()
        self.moves: list[tuple[int, int, str]] = []

    def copy(self) -> Self:
        """Return a ledger that can be written to on trial."""
        other = type(self)(self.view)
        for name in ("cpu_mhz", "held_mib", "open", "movable", "moves"):
            setattr(other, name, getattr(self, name).copy())
        return other

    def best_fit(self, vm: int) -> int:
        """Return the host that the VM would leave the least CPU free on; `NOWHERE` if none has room."""
        view, source = self.view, self.view.host[vm]
        left = view.cpu_limit_mhz - self.cpu_mhz - view.demand_mhz[vm]
        room = self.open & (view.boundary == view.boundary[source]) & (left >= 0)
        room &= self.held_mib + view.memory_mib[vm] <= view.memory_limit_mib
        room[source] = False
        return int(np.argmin(np.where(room, left, np.inf))) if room.any() else NOWHERE

    def move(self, vm: int, host: int, reason: str) -> None:
        """Write a move down. The VM goes on holding memory where it was until it has landed."""
        demand = self.view.demand_mhz[vm]
        self.cpu_mhz[host] += demand
        self.cpu_mhz[self.view.host[vm]] -= demand
        self.held_mib[host] += self.view.memory_mib[vm]
        self.movable[vm] = False
        self.moves.append((vm, host, reason))

    def targets(self) -> set[int]:
        """Return the hosts that VMs move to."""
        return {host for _, host, _ in self.moves}

    def decision(self, *, boot: list[int], drain: list[int]) -> Decision:
        """Return all that was written down."""
        return Decision(
            vms=_rows([vm for vm, _, _ in self.moves]),
            hosts=_rows([host for _, host, _ in self.moves]),
            reasons=tuple(reason for _, _, reason in self.moves),
            boot=_rows(boot),
            drain=_rows(drain),
        )


def _rows(values: list[int]) -> Rows:
    return np.array(values, np.int32)
