"""
Hosts and VMs over time, one by one in plain numbers: what the vectorised engine is compared with.

Between two moments at which anything happens all rates are constant, and are found anew from who is where.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from models import catalog

STEP_S, STREAM_MBPS = 300.0, 10_000.0
SETUP_S, SCAN_S, RESUME_S, LIMIT_S, ROUNDS, WORKING, EFFICIENCY, LOSS, WINDOW_S = (
    catalog.number("migration", name) * scale
    for name, scale in (
        ("setup_s", 1), ("scan_s_per_gib", 1 / 1024), ("resume_ms", 1e-3), ("downtime_limit_ms", 1e-3),
        ("rounds_max", 1), ("working_set_share", 1), ("efficiency", 1), ("copying_loss_share", 1), ("window_s", 1),
    )
)  # fmt: skip
MBIT_PER_MIB = 8.388608
SAME_S = 1e-6
"""Migrations that end within it land together: by the law they end at once, and only rounding parts them."""


@dataclass
class Vm:
    """A VM: where it is, where it goes, and what was added up for it."""

    host: int
    demand: Sequence[float]
    memory_mib: float
    dirty_mib_s: float
    leave_s: float = math.inf
    target: int = -1
    left_mib: float = 0.0
    fixed_s: float = 0.0
    pause_s: float = 0.0
    rate_mbps: float = 0.0
    asked: float = 0.0
    served: float = 0.0
    lost: float = 0.0
    running_s: float = 0.0
    down_s: float = 0.0
    migrations: int = 0

    @property
    def left_s(self) -> float:
        """Time until it lands."""
        if self.target < 0:
            return math.inf
        return self.left_mib * MBIT_PER_MIB / (self.rate_mbps * EFFICIENCY) + self.fixed_s


@dataclass
class Host:
    """A host: on, off, booting or stopping until some time, and what was added up for it."""

    life: str
    cores: int
    core_mhz: float
    idle_w: float
    peak_w: float
    link_mbps: float
    boot_s: float
    shutdown_s: float
    until_s: float = math.inf
    draining: bool = False
    energy: float = 0.0
    on_s: float = 0.0
    overloaded_s: float = 0.0
    asked: float = 0.0
    used: float = 0.0
    offered: float = 0.0
    boots: int = 0
    shutdowns: int = 0

    @property
    def capacity(self) -> float:
        """CPU of all cores."""
        return self.cores * self.core_mhz


@dataclass(frozen=True)
class Order:
    """What is done at a tick: VMs that migrate, hosts that boot and that are drained."""

    moves: tuple[tuple[int, int], ...] = ()
    boot: tuple[int, ...] = ()
    drain: tuple[int, ...] = ()


@dataclass
class PlainDatacenter:
    """A run of a script, an order for every tick."""

    hosts: list[Host]
    vms: list[Vm]
    now_s: float = 0.0
    refused: int = 0

    def run(self, script: Sequence[Order]) -> None:
        """Let one tick after the other pass."""
        for tick, order in enumerate(script):
            self.obey(order)
            while (moment := self.next_s) <= (tick + 1) * STEP_S:
                self.wait(moment)
                self.happen()
            self.wait((tick + 1) * STEP_S)

    @property
    def next_s(self) -> float:
        """When anything happens next."""
        times = [self.now_s + vm.left_s for vm in self.vms]
        times += [host.until_s for host in self.hosts]
        times += [vm.leave_s for vm in self.vms if vm.leave_s > self.now_s]
        return max(min(times), self.now_s)

    def obey(self, order: Order) -> None:
        """Do what is ordered, as far as hosts admit it."""
        begun = [(vm, host) for vm, host in order.moves if self.admits(vm, host)]
        for vm, host in begun:
            self.vms[vm].target = host
        self.share_links()
        for vm, _ in begun:
            self.begin(self.vms[vm])
        for row in order.boot:
            if self.hosts[row].life == "off":
                self.turn(self.hosts[row], "booting")
        for row in order.drain:
            self.hosts[row].draining = self.hosts[row].life == "on"
        self.drain()

    def admits(self, vm: int, host: int) -> bool:
        """Return whether a VM may go to a host: the first of its moves, to another host that is on and not drained."""
        guest, target = self.vms[vm], self.hosts[host]
        fits = target.life == "on" and not target.draining and guest.target < 0 and 0 <= guest.host != host
        if fits:
            guest.target = host
        self.refused += guest.host >= 0 and not fits
        return fits

    def share_links(self) -> None:
        """Give each migration the least of its stream and an equal share of the link at both ends."""
        moving = [vm for vm in self.vms if vm.target >= 0]
        users = [sum(row in (vm.host, vm.target) for vm in moving) for row in range(len(self.hosts))]
        for vm in moving:
            ends = (vm.host, vm.target)
            vm.rate_mbps = min(STREAM_MBPS, *(self.hosts[row].link_mbps / users[row] for row in ends))

    def begin(self, vm: Vm) -> None:
        """Predict what a migration sends, at the rate that it begins with: rounds of copying, and a pause."""
        mib_s = vm.rate_mbps * EFFICIENCY / MBIT_PER_MIB
        sent, left, unsent, working = 0.0, vm.memory_mib, 0.0, WORKING * vm.memory_mib
        for _ in range(int(ROUNDS)):
            sent, seconds = sent + left - unsent, (left - unsent) / mib_s
            written = working * (1 - math.exp(-vm.dirty_mib_s * seconds / working))
            left = unsent + written * (1 - unsent / working)
            if left / mib_s <= LIMIT_S:
                break
            unsent = min((LIMIT_S - WINDOW_S / 2) * mib_s, max(left - WINDOW_S * mib_s, 0.0))
        vm.left_mib, vm.pause_s = sent + left, left / mib_s + RESUME_S
        vm.fixed_s = SETUP_S + SCAN_S * vm.memory_mib + RESUME_S

    def turn(self, host: Host, life: str) -> None:
        """Let a host begin to boot or stop."""
        host.life, booting = life, life == "booting"
        host.until_s = self.now_s + (host.boot_s if booting else host.shutdown_s)
        host.boots += booting
        host.shutdowns += not booting
        host.draining = False

    def drain(self) -> None:
        """Stop hosts that are drained and empty; where VMs stay behind, open them again."""
        for row, host in enumerate(self.hosts):
            if host.draining and not any(row in (vm.host, vm.target) for vm in self.vms):
                self.turn(host, "stopping")
            elif host.draining and not any(vm.host == row and vm.target >= 0 for vm in self.vms):
                host.draining = False

    def happen(self) -> None:
        """Let migrations land, hosts be up or off, and VMs leave."""
        served = self.rates()[1]
        for vm, given in zip(self.vms, served, strict=True):
            if vm.left_s <= SAME_S:
                self.land(vm, given)
        for host in self.hosts:
            if host.until_s <= self.now_s:
                host.life, host.until_s = {"booting": "on", "stopping": "off"}[host.life], math.inf
        for vm in self.vms:
            if vm.leave_s == self.now_s:
                vm.host = vm.target = -1
        self.share_links()
        self.drain()

    def land(self, vm: Vm, given: float) -> None:
        """Let a VM be where it went; in its pause it was not served what it had been credited with."""
        lost = min(given * vm.pause_s, vm.served)
        vm.served -= lost
        vm.lost += lost
        vm.down_s += vm.pause_s
        vm.migrations += 1
        vm.host, vm.target = vm.target, -1

    def rates(self) -> tuple[list[tuple[float, float, float]], list[float]]:
        """Return what each host is asked for, has for it, and takes for migrations, and what each VM is served."""
        tick = int(self.span_s // STEP_S)
        served, hosts = [0.0] * len(self.vms), []
        for row, host in enumerate(self.hosts):
            ends = (vm for vm in self.vms if vm.target >= 0 and row in (vm.host, vm.target))
            taken = sum(vm.rate_mbps / STREAM_MBPS * host.core_mhz for vm in ends)
            asked = sum(vm.demand[tick] for vm in self.vms if vm.host == row)
            room = max(host.capacity - taken, 0.0)
            hosts.append((asked, room, taken))
            for index, vm in enumerate(self.vms):
                if vm.host == row:
                    part = (1 - LOSS) if vm.target >= 0 else 1.0
                    served[index] = vm.demand[tick] * min(1.0, room / asked if asked else 1.0) * part
        return hosts, served

    span_s: float = 0.0
    """A time within the span that is reckoned."""

    def wait(self, time_s: float) -> None:
        """Add up a span in which nothing changes."""
        seconds = time_s - self.now_s
        self.span_s = self.now_s
        hosts, served = self.rates()
        for host, rates in zip(self.hosts, hosts, strict=True):
            self.add_host(host, rates, seconds)
        for vm, given in zip(self.vms, served, strict=True):
            self.add_vm(vm, given, seconds)
        self.now_s = time_s

    def add_host(self, host: Host, rates: tuple[float, float, float], seconds: float) -> None:
        """Add a span of a host."""
        asked, room, taken = rates
        used = min(asked, room) + taken
        if host.life != "off":
            watts = host.idle_w + (host.peak_w - host.idle_w) * min(used / host.capacity, 1.0)
            host.energy += watts * seconds
        if host.life == "on":
            host.on_s += seconds
            host.overloaded_s += (asked > room) * seconds
            host.offered += host.capacity * seconds
        host.asked += (asked + taken) * seconds
        host.used += used * seconds

    def add_vm(self, vm: Vm, given: float, seconds: float) -> None:
        """Add a span of a VM, and let its migration go on: what is sent comes first."""
        if vm.host < 0:
            return
        asked = vm.demand[int(self.span_s // STEP_S)]
        vm.asked += asked * seconds
        vm.served += given * seconds
        vm.running_s += seconds
        if vm.target >= 0:
            vm.lost += (asked - given) * seconds
            mib_s = vm.rate_mbps * EFFICIENCY / MBIT_PER_MIB
            sending = min(seconds, vm.left_mib / mib_s)
            vm.left_mib -= sending * mib_s
            vm.fixed_s -= seconds - sending
