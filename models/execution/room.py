"""Where VMs are while a plan is carried out, and what room hosts have once something was not as planned."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import numpy as np

from models.arrays import NOWHERE, Ints, Mask
from models.plan import MEMORY
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
    less_mib
        Memory that each VM has given up for a while where it is. [MiB] Shape (vms,).
    """

    def __init__(self, problem: Problem, may: Callable[[int], Mask] | None = None) -> None:
        self.problem = problem
        self.host = np.array(problem.start, np.int64)
        self.alive, self.ready = np.ones(len(problem.hosts), np.bool_), np.array(problem.on)
        self.load: Ints | None = None
        self.arriving: dict[int, int] = {}
        self.less_mib = np.zeros(len(problem.vms), np.int64)
        self._sent: dict[int, int] = {}
        self._memory = np.array([name.partition("@")[0] == MEMORY for name in problem.dims], np.bool_)
        self._may = may
        self._whole = problem.transient

    def watch(self, running: "Iterable[Order]") -> None:
        """Reckon from now on what hosts hold: the VMs on them, and the copies on their way."""
        if self.load is None:
            self.load = self.problem.load(self.host)
            for vm in np.flatnonzero((self.less_mib > 0) & (self.host != NOWHERE)).tolist():
                self.load[self.host[vm]] -= self._given_up(int(self.less_mib[vm]))
            for order in running:
                if order.kind == "copy" and order.source != order.destination:
                    self._add(order.vm, order.destination, self._held(order.source), less_mib=order.less_mib)

    def depart(self, vm: int, source: int, destination: int, less_mib: int = 0) -> None:
        """Let a copy be on its way, of a VM that has given up some memory; within a host memory is given back."""
        if source == destination:
            self._press(vm, min(less_mib, int(self.less_mib[vm])))
            return
        self.arriving[vm], self._sent[vm] = destination, less_mib
        self._add(vm, destination, self._held(source), less_mib=less_mib)

    def land(self, vm: int, source: int, destination: int, less_mib: int = 0) -> None:
        """Let a VM be where its copy is; within a host, let it have as much less memory as told."""
        if source == destination:
            self._press(vm, less_mib)
            return
        self.arriving.pop(vm, None)
        self._add(vm, destination, ~self._held(source), less_mib=self._sent.pop(vm, less_mib))
        self._add(vm, source, np.True_, -1, less_mib=int(self.less_mib[vm]))
        self.host[vm], self.less_mib[vm] = destination, less_mib

    def cancel(self, vm: int, source: int, destination: int) -> None:
        """Let a copy be gone."""
        if source != destination:
            self.arriving.pop(vm, None)
            self._add(vm, destination, self._held(source), -1, less_mib=self._sent.pop(vm, 0))

    def _press(self, vm: int, less_mib: int) -> None:
        """Let a VM hold so much less memory where it is."""
        if self.load is not None:
            self.load[self.host[vm]] += self._given_up(int(self.less_mib[vm])) - self._given_up(less_mib)
        self.less_mib[vm] = less_mib

    def lose(self, host: int) -> list[int]:
        """Let a host be dead; return the VMs that ran on it, which are on none now."""
        self.alive[host] = self.ready[host] = False
        vms = np.flatnonzero((self.host == host) & self.problem.takes)
        self.host[vms], self.less_mib[vms] = NOWHERE, 0
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

    def fits(self, vm: int, host: int, less_mib: int = 0) -> bool:
        """
        Return whether a host has room for a VM; it has while nobody watches, for then all goes by the plan.

        Where the VM is already, it needs what it gets back of its memory.
        """
        if self.load is None:
            return True
        here = int(self.host[vm]) == host
        need = self._given_up(int(self.less_mib[vm]) - less_mib) if here else self._need(vm, host, less_mib)
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

    def _need(self, vm: int, host: int, less_mib: int = 0) -> Ints:
        found: Ints = self.problem.seated[self.problem.kind[host], vm] - self._given_up(less_mib)
        return found

    def _given_up(self, less_mib: int) -> Ints:
        """Return what memory that was given up is of each dim. Shape (dims,)."""
        return np.where(self._memory, less_mib, 0)

    def _held(self, source: int) -> "Mask | np.bool_":
        """Return the dims that a copy holds where it arrives; all of them if its VM is on no host."""
        return self._whole if source != NOWHERE else np.True_

    def _add(self, vm: int, host: int, dims: "Mask | np.bool_", sign: int = 1, *, less_mib: int = 0) -> None:
        if self.load is not None and host != NOWHERE and self.alive[host]:
            self.load[host] += sign * np.where(dims, self._need(vm, host, less_mib), 0)
