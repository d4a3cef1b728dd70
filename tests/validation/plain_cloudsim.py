"""
CloudSim 3.0.3's power-aware examples, host by host and VM by VM, in plain numbers: what the engine is compared with.

Written from a description of its behaviour; it shares no code with the engine, its physics or the compiled policies.
"""

import math
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass
from typing import Self

from tests.validation.plain_choices import leaver
from tests.validation.plain_machines import DEPTH, STEP_S, Host, Vm

G4 = (1860.0, (86, 89.4, 92.6, 96, 99.5, 102, 106, 108, 112, 114, 117))
G5 = (2660.0, (93.7, 97, 101, 105, 110, 116, 121, 125, 129, 133, 135))
SIZES = ((2500.0, 870.0), (2000.0, 1740.0), (1000.0, 1740.0), (500.0, 613.0))
HOST_RAM, HOST_VMS = 4096.0, 10
FIRST_S, SENT_MB_S = 300.1, 62.5

Chances = Callable[[float, int], Sequence[float]]
"""Random numbers of a moment, given the time and how many VMs there are."""


def _none(time_s: float, vms: int) -> list[float]:
    return [0.0] * (vms + 1)


@dataclass(eq=False)
class Simulation:
    """
    A run: VMs, hosts, and what a policy does at every tick.

    Parameters
    ----------
    detection, selection, parameter
        Names of the policy's parts and its threshold or safety; an empty detection: nothing is ever moved (DVFS).
    chances
        Where a random selection takes its numbers.
    """

    vms: list[Vm]
    hosts: list[Host]
    detection: str = ""
    selection: str = "mmt"
    parameter: float = 0.8
    chances: Chances = _none
    joules: float = 0.0
    migrations: int = 0
    now_s: float = 0.0

    @classmethod
    def of(cls, percents: Sequence[Sequence[float]], hosts: int, *policy: str | float, **options: Chances) -> Self:
        """Return a run of traces, each quarter of them of one size, on hosts of two models in turn."""
        quarter = math.ceil(len(percents) / 4)
        shares = [[percent / 100 for percent in trace] for trace in percents]
        vms = [Vm(row, *SIZES[row // quarter], shares[row]) for row in range(len(shares))]
        return cls(vms, [Host(*(G5 if row % 2 else G4)) for row in range(hosts)], *policy, **options)  # type: ignore[arg-type]

    def run(self) -> Self:
        """Place all VMs, and let one tick after the other pass."""
        for vm in self.vms:
            self.first_place(vm)
        for host in self.hosts:
            host.given = {}
        for tick in range(len(self.vms[0].trace) - 1):
            self.tick(FIRST_S + STEP_S * tick)
        return self

    def first_place(self, vm: Vm) -> None:
        """Place a VM at its full size: on the first host with room, or where the draw grows least."""
        vm.asked = vm.size
        worth = []
        for place, host in enumerate(self.hosts):
            given = sum(host.given.values())
            memory = sum(other.ram for other in host.vms) + vm.ram
            if host.core >= vm.size <= host.total - given and memory <= HOST_RAM and len(host.vms) < HOST_VMS:
                worth.append((host.watts(given + vm.size) - host.watts(0) if self.detection else 0.0, place))
        if worth:
            vm.host = self.hosts[min(worth)[1]]
            vm.host.add(vm)

    def update(self, time_s: float) -> None:
        """Bring all hosts up to date; bill them; delete VMs that ask for nothing and do not migrate."""
        for host in self.hosts:
            host.update(time_s)
        for host in self.hosts:
            if host.before > 0:
                before, after = host.watts(host.before), host.watts(host.used)
                self.joules += (before + (after - before) / 2) * (time_s - self.now_s)
        self.now_s = time_s
        for host in self.hosts:
            for vm in [vm for vm in host.vms if not vm.moving and vm.asked == 0]:
                host.vms.remove(vm)
                vm.host = None

    def tick(self, time_s: float) -> None:
        """Let a step pass: an update, a plan, and the migrations that it starts."""
        for vm in self.vms:
            vm.past = [vm.share(time_s), *vm.past[: DEPTH - 1]]
        self.update(time_s)
        moves = self.plan() if self.detection else []
        for vm, host in moves:
            vm.moving = True
            host.arriving.add(vm)
            host.vms.append(vm)
            host.update(time_s)
            assert vm.host is not None
            vm.host.update(time_s)
        self.migrations += len(moves)
        for end_s in sorted({time_s + vm.ram / SENT_MB_S for vm, _ in moves}):
            self.land(end_s, [(vm, host) for vm, host in moves if time_s + vm.ram / SENT_MB_S == end_s])

    def land(self, time_s: float, moves: list[tuple[Vm, Host]]) -> None:
        """Let VMs be where they were on their way to, between two updates."""
        self.update(time_s)
        for vm, host in moves:
            assert vm.host is not None
            vm.host.vms.remove(vm)
            host.arriving.remove(vm)
            host.vms.remove(vm)
            host.vms.append(vm)
            vm.host, vm.moving = host, False
        self.update(time_s)

    def plan(self) -> list[tuple[Vm, Host]]:
        """Return the moves of one optimisation: overloaded hosts are relieved, then the others emptied."""
        saved = [list(host.vms) for host in self.hosts]
        self.drawn = iter(self.chances(self.now_s, sum(len(vms) for vms in saved)))
        crowded = [host for host in self.hosts if self.overloads(host, host.vms)]
        leavers = [vm for host in crowded for vm in self.relieving(host)]
        moves = []
        for vm in sorted(leavers, key=lambda vm: -vm.asked):
            host = self.found(vm, set(crowded))
            if host is not None:
                host.add(vm)
                moves.append((vm, host))
        moves += self.emptied(crowded)
        for host, vms in zip(self.hosts, saved, strict=True):
            host.vms = vms
        return moves

    def overloads(self, host: Host, vms: Sequence[Vm]) -> bool:
        """Return whether some VMs overload a host."""
        return host.overloaded(self.detection, self.parameter, vms)

    def relieving(self, host: Host) -> Iterator[Vm]:
        """Take VMs off a host until it is overloaded no longer."""
        while host.vms:
            vms = host.vms
            place = leaver(
                self.selection, [vm.ram for vm in vms], [vm.asked / vm.size for vm in vms],
                [vm.past for vm in vms], lambda: next(self.drawn),
            )  # fmt: skip
            yield vms.pop(place)
            if not self.overloads(host, vms):
                return

    def found(self, vm: Vm, closed: Set[Host]) -> Host | None:
        """Return the host whose draw grows least, against what it drew at the last update."""
        best, least = None, math.inf
        for host in self.hosts:
            if host in closed or host.core < vm.asked or host.left < vm.asked:
                continue
            given = 0.0
            for other in host.vms:
                given += host.given[other]
            if given != 0:
                host.remember(len(host.vms) + 1)
                if self.overloads(host, [*host.vms, vm]):
                    continue
            more = host.watts(given + vm.asked) - host.watts(host.used)
            if more < least:
                best, least = host, more
        return best

    def emptied(self, crowded: Sequence[Host]) -> list[tuple[Vm, Host]]:
        """Return moves that empty hosts, the least used first; a host that gets VMs in this way is kept."""
        off = [host for host in self.hosts if host.used == 0]
        passed, closed = {*crowded, *off}, {*crowded, *off}
        moves: list[tuple[Vm, Host]] = []
        while True:
            left = [host for host in self.hosts if host not in passed and host.vms and 0 < host.used < host.total]
            if not left:
                return moves
            host = min(left, key=lambda host: host.used / host.total)
            passed.add(host)
            closed.add(host)
            made = self.evacuated(host, closed)
            passed |= {target for _, target in made}
            moves += made

    def evacuated(self, host: Host, closed: Set[Host]) -> list[tuple[Vm, Host]]:
        """Return the moves of all VMs of a host, the largest first; none if one finds no room."""
        moves: list[tuple[Vm, Host]] = []
        for vm in sorted(host.vms, key=lambda vm: -vm.asked):
            target = self.found(vm, closed)
            if target is None:
                for other, taker in moves:
                    taker.vms.remove(other)
                    taker.allocate()
                return []
            target.add(vm)
            moves.append((vm, target))
        return moves
