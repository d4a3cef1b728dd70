"""The plan of `solvers.kernels.steady` said VM by VM: what the compiled one is tested against."""

from dataclasses import dataclass, field
from math import sqrt


@dataclass
class Machine:
    """A host: its VMs, what it may be filled to, and what it holds and is asked beside what VMs are expected to."""

    limit: float
    memory: float
    now: float
    held: float
    beside: float = 0.0
    closed: bool = False
    boundary: int = 0
    vms: list[int] = field(default_factory=list)


@dataclass
class Guest:
    """A VM: what is expected of it, what it asks for now and holds, and what a move costs."""

    mean: float
    variance: float
    now: float
    memory: float
    cost: float
    movable: bool = True
    home: int = 0


@dataclass
class Plan:
    """Moves that are planned one by one."""

    machines: list[Machine]
    guests: list[Guest]
    line: list[int]
    calm: float
    margin: float
    moves: list[tuple[int, int]] = field(default_factory=list)
    tried: set[int] = field(default_factory=set)

    def bound(self, machine: Machine, vms: list[int], deviations: float) -> float:
        """Return what VMs on a host are expected to ask for, with a margin."""
        variance = sum(self.guests[vm].variance for vm in vms)
        return machine.beside + sum(self.guests[vm].mean for vm in vms) + deviations * sqrt(variance)

    def room(self, vm: int, host: int) -> bool:
        """Tell whether a VM may enter a host."""
        machine, guest = self.machines[host], self.guests[vm]
        within = self.bound(machine, [*machine.vms, vm], self.margin) <= machine.limit
        fits = machine.now + guest.now <= machine.limit and machine.held + guest.memory <= machine.memory
        return within and fits and not machine.closed and guest.home in (-1, machine.boundary) and vm not in machine.vms

    def target(self, vm: int, *, empty: bool) -> int:
        """Return the first host of the line with room."""
        hosts = (host for host in self.line if bool(self.machines[host].vms) != empty and self.room(vm, host))
        return next(hosts, -1)

    def move(self, vm: int, source: int, host: int) -> None:
        """Note a move down."""
        guest = self.guests[vm]
        self.machines[source].vms.remove(vm)
        self.machines[source].now -= guest.now
        self.machines[host].vms.append(vm)
        self.machines[host].now += guest.now
        self.machines[host].held += guest.memory
        self.moves.append((vm, host))

    def leaver(self, host: int) -> int:
        """Return the VM that should leave: the cheapest that is enough, or that which helps most for its cost."""
        machine = self.machines[host]
        before = self.bound(machine, machine.vms, self.calm)
        enough, other = [], []
        for vm in machine.vms:
            after = self.bound(machine, [one for one in machine.vms if one != vm], self.calm)
            if not self.guests[vm].movable or vm in self.tried or after >= before:
                continue
            cost = self.guests[vm].cost
            if after <= machine.limit:
                enough.append((cost, vm))
            else:
                other.append((cost / (before - after), vm))
        found = enough or other
        return min(found, key=lambda pair: pair[0])[1] if found else -1

    def relieve(self, host: int) -> bool:
        """Move VMs away until a host is calm; return whether it is."""
        machine = self.machines[host]
        while self.bound(machine, machine.vms, self.calm) > machine.limit:
            vm = self.leaver(host)
            if vm < 0:
                return False
            self.tried.add(vm)
            place = self.target(vm, empty=False)
            place = self.target(vm, empty=True) if place < 0 else place
            if place >= 0:
                self.move(vm, host, place)
        return True

    def evacuate(self, host: int, saving: float) -> bool:
        """Move all VMs of a host away, if possible and worth it; return whether that is done."""
        rows = list(self.machines[host].vms)
        if any(not self.guests[vm].movable or vm in self.tried for vm in rows):
            return False
        if sum(self.guests[vm].cost for vm in rows) >= saving:
            return False
        begun, held = len(self.moves), [machine.held for machine in self.machines]
        size = {vm: self.guests[vm].mean + self.margin * sqrt(self.guests[vm].variance) for vm in rows}
        for vm in sorted(rows, key=lambda vm: -size[vm]):
            place = self.target(vm, empty=False)
            if place < 0:
                for back, there in reversed(self.moves[begun:]):
                    self.move(back, there, host)
                del self.moves[begun:]
                self.machines[host].vms = rows
                for machine, before in zip(self.machines, held, strict=True):
                    machine.held = before
                return False
            self.move(vm, host, place)
        return True


def planned(
    plan: Plan, over: list[int], under: list[int], saving: list[float]
) -> tuple[list[tuple[int, int]], int, list[int], list[int]]:
    """Return the moves, how many of them relieve, hosts that stay overloaded, and those that are emptied."""
    for host in over:
        plan.machines[host].closed = True
    short = [host for host in over if not plan.relieve(host)]
    relieving, emptied = len(plan.moves), []
    for host in under:
        begun = len(plan.moves)
        received = {place for _, place in plan.moves}
        if plan.machines[host].closed or host in received or not plan.machines[host].vms:
            continue
        if plan.evacuate(host, saving[host]):
            plan.machines[host].closed = len(plan.moves) > begun
            emptied.append(host)
    return plan.moves, relieving, sorted(short), emptied
