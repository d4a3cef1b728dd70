"""CloudSim's hosts and VMs in plain numbers: what a VM asks for, how a host shares its MIPS, and what it draws."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from tests.validation.plain_choices import over

STEP_S, DEPTH = 300.0, 30
Row = TypeVar("Row", bound=tuple[float, ...])


@dataclass(eq=False)
class Vm:
    """A VM, the host that it is on, its last shares, the newest first, and (time, given, asked, moving) at updates."""

    number: int
    size: float
    ram: float
    trace: Sequence[float]
    host: "Host | None" = None
    asked: float = 0.0
    moving: bool = False
    past: list[float] = field(default_factory=list)
    records: list[tuple[float, float, float, bool]] = field(default_factory=list)

    def share(self, time_s: float) -> float:
        """Return what part of its size it asks for: a line between two samples, the last of which is held."""
        sample = int(time_s // STEP_S)
        before, after = self.trace[sample], self.trace[min(sample + 1, len(self.trace) - 1)]
        return before + (after - before) / STEP_S * (time_s - sample * STEP_S)

    @property
    def place(self) -> int:
        """Java's hash of its name, the upper half mixed into the lower."""
        value = 0
        for sign in f"2-{self.number}":
            value = (value * 31 + ord(sign)) % 2**32
        return value ^ (value >> 16)


@dataclass(eq=False)
class Host:
    """A host of two cores, its VMs in order, those of them that are arriving, and (time, used, asked) at updates."""

    core: float
    curve: Sequence[float]
    vms: list[Vm] = field(default_factory=list)
    arriving: set[Vm] = field(default_factory=set)
    given: dict[Vm, float] = field(default_factory=dict)
    left: float = 0.0
    used: float = 0.0
    before: float = 0.0
    table: int = 16
    records: list[tuple[float, float, float]] = field(default_factory=list)

    @property
    def total(self) -> float:
        """MIPS of all cores."""
        return 2 * self.core

    def watts(self, used: float) -> float:
        """Return the draw at some MIPS in use."""
        share = used / self.total
        share = 1.0 if 1 < share < 1.01 else share
        if math.fmod(share, 0.1) == 0:
            return self.curve[int(share * 10)]
        low, high = math.floor(share * 10), math.ceil(share * 10)
        return self.curve[low] + (self.curve[high] - self.curve[low]) / 10 * (share - low / 10) * 100

    def remember(self, count: int) -> None:
        """Let the hash table grow to hold so many VMs."""
        while count > self.table * 0.75:
            self.table *= 2

    def allocate(self) -> None:
        """Give MIPS to all VMs anew, one by one; once they need more than there is, all so far share it."""
        self.given, self.left = {}, self.total
        for place, vm in enumerate(self.vms):
            self.remember(place + 1)
            need = self.need(vm)
            if need > self.left:
                self.share_out(self.vms[: place + 1])
                continue
            self.given[vm] = 0.9 * min(vm.asked, self.core) if self.leaves(vm) else need
            self.left -= need

    def leaves(self, vm: Vm) -> bool:
        """Return whether a VM is on its way from here."""
        return vm.moving and vm not in self.arriving

    def need(self, vm: Vm) -> float:
        """Return what a VM needs: at most a core, and of that a tenth while it arrives."""
        return min(vm.asked, self.core) * (0.1 if vm in self.arriving else 1.0)

    def share_out(self, vms: Sequence[Vm]) -> None:
        """Give VMs their parts of all there is, in whole MIPS; the needs are added up as the hash table has them."""
        needed = 0.0
        for vm in sorted(vms, key=lambda vm: vm.place & (self.table - 1)):
            needed += self.need(vm)
        for vm in vms:
            part = self.need(vm) * (self.total / needed)
            self.given[vm] = float(math.floor(part * 0.9 if self.leaves(vm) else part))
        self.left = 0.0

    def update(self, time_s: float) -> None:
        """Find what VMs ask for, give it to them, and write it down."""
        for vm in self.vms:
            vm.asked = vm.share(time_s) * vm.size
        self.before, self.used = self.used, 0.0
        self.allocate()
        asked = 0.0
        for vm in self.vms:
            if vm not in self.arriving:
                _record(vm.records, (time_s, self.given[vm], vm.asked, vm.moving))
            self.used += self.given[vm] / 0.9 if self.leaves(vm) else self.given[vm]
            asked += vm.asked
        _record(self.records, (time_s, self.used, asked))

    def add(self, vm: Vm) -> None:
        """Take a VM for which there are enough MIPS, tentatively."""
        self.vms.append(vm)
        self.remember(len(self.vms))
        self.given[vm] = vm.asked
        self.left -= vm.asked

    def overloaded(self, detection: str, parameter: float, vms: Sequence[Vm]) -> bool:
        """Return whether some VMs overload it."""
        load = 0.0
        for vm in vms:
            load += vm.asked
        past = [0.0] * DEPTH
        for vm in vms:
            for sample, share in enumerate(vm.past):
                past[sample] += share * vm.size / self.total
        return over(detection, parameter, load / self.total, past)


def _record(records: list[Row], row: Row) -> None:
    """Write a row down; one of the same time is replaced."""
    if records and records[-1][0] == row[0]:
        records.pop()
    records.append(row)
