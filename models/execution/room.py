"""Where VMs are while a plan is carried out, and what room hosts have once something was not as planned."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import numpy as np

from models.arrays import NOWHERE, Ints, Mask
from models.problem import Problem
from models.rules import Spread

if TYPE_CHECKING:
    from models.execution.orders import Order


class Room:
    """
    Where VMs are, which hosts may hold them, and what is free.

    As long as all goes by the plan, there is room for what it does next: the order of tasks sees to that. What hosts
    hold is reckoned only from when somebody wants to `watch`.

    Parameters
    ----------
    problem
        Capacity and demand.
    may
        Returns the hosts on which a VM may be restarted; None: all.

    Attributes
    ----------
    host
        The host of each VM; while it moves, the one it leaves. Shape (vms,).
    alive, ready
        Hosts that have not died, and that may hold VMs. Shape (hosts,).
    """

    def __init__(self, problem: Problem, may: Callable[[int], Mask] | None = None) -> None:
        self.problem = problem
        self.host = np.array(problem.start, np.int64)
        self.alive, self.ready = np.ones(len(problem.hosts), np.bool_), np.array(problem.on)
        self.load: Ints | None = None
        self.arriving: dict[int, int] = {}
        self._may = may
        self._whole = problem.transient

    def watch(self, running: "Iterable[Order]") -> None:
        """Reckon from now on what hosts hold: the VMs on them, and the copies on their way."""
        if self.load is None:
            self.load = self.problem.load(self.host)
            for order in running:
                if order.kind == "copy":
                    self._add(order.vm, order.destination, self._held(order.source))

    def depart(self, vm: int, source: int, destination: int) -> None:
        """Let a copy be on its way."""
        self.arriving[vm] = destination
        self._add(vm, destination, self._held(source))

    def land(self, vm: int, source: int, destination: int) -> None:
        """Let a VM be where its copy is."""
        self.arriving.pop(vm, None)
        self._add(vm, destination, ~self._held(source))
        self._add(vm, source, np.True_, -1)
        self.host[vm] = destination

    def cancel(self, vm: int, source: int, destination: int) -> None:
        """Let a copy be gone."""
        self.arriving.pop(vm, None)
        self._add(vm, destination, self._held(source), -1)

    def lose(self, host: int) -> list[int]:
        """Let a host be dead; return the VMs that ran on it, which are on none now."""
        self.alive[host] = self.ready[host] = False
        vms = np.flatnonzero((self.host == host) & self.problem.takes)
        self.host[vms] = NOWHERE
        if self.load is not None:
            self.load[host] = 0
        return [int(vm) for vm in vms]

    def switch(self, host: int, *, on: bool) -> None:
        """Let a host be on or off."""
        self.ready[host] = on and bool(self.alive[host])

    def empty(self, host: int) -> bool:
        """Return whether no VM that takes anything is on a host or on its way there."""
        if self.load is not None:
            return not self.load[host].any()
        return not (self.problem.takes & (self.host == host)).any()

    def fits(self, vm: int, host: int) -> bool:
        """Return whether a host has room for a VM; it has while nobody watches, for then all goes by the plan."""
        if self.load is None:
            return True
        need = self._need(vm, host)
        return bool(((self.load[host] + need <= self.problem.capacity[host]) | (need == 0)).all())

    def refuge(self, vm: int, wanted: int) -> int:
        """
        Return the host that a VM is restarted on, and let it be there: the one wanted, else the roomiest.

        Hosts on which it would break an anti-affinity come last: a VM that runs is worth more than the rule.
        """
        assert self.load is not None
        problem = self.problem
        need = problem.seated[problem.kind, vm] if len(problem.demand) > 1 else problem.seated[:, vm]
        free = problem.failover - self.load - need
        fits = self.ready & (free >= 0).all(axis=1)
        if self._may is not None:
            fits &= self._may(vm)
        if not fits.any():
            return NOWHERE
        fits = apart if (apart := fits & self._apart(vm)).any() else fits
        share = (free / np.maximum(problem.failover, 1)).min(axis=1)
        host = wanted if wanted != NOWHERE and fits[wanted] else int(np.argmax(np.where(fits, share, -np.inf)))
        self.host[vm] = host
        self._add(vm, host, np.True_)
        return host

    def _apart(self, vm: int) -> Mask:
        """Return the hosts on which a VM keeps apart from those that it must not be with. Shape (hosts,)."""
        found = np.ones(len(self.problem.hosts), np.bool_)
        for rule in self.problem.rules:
            if isinstance(rule, Spread) and rule.price is None and vm in rule.vms:
                place = self.problem.places[rule.level]
                others = [int(each) for each in rule.vms if each != vm]
                there = [*self.host[others].tolist(), *(self.arriving.get(other, NOWHERE) for other in others)]
                met = [int(place[host]) for host in there if host != NOWHERE]
                found &= np.array(
                    [place_of < 0 or met.count(int(place_of)) < rule.most for place_of in place], np.bool_
                )
        return found

    def _need(self, vm: int, host: int) -> Ints:
        found: Ints = self.problem.seated[self.problem.kind[host], vm]
        return found

    def _held(self, source: int) -> "Mask | np.bool_":
        """Return the dims that a copy holds where it arrives; all of them if its VM is on no host."""
        return self._whole if source != NOWHERE else np.True_

    def _add(self, vm: int, host: int, dims: "Mask | np.bool_", sign: int = 1) -> None:
        if self.load is not None and host != NOWHERE and self.alive[host]:
            self.load[host] += sign * np.where(dims, self._need(vm, host), 0)
