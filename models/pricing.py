"""
What VMs of each sort pay on hosts of each kind, as coefficients: overhead is linear in work, vCPUs, packets, requests.

A sort is a workload, a technology, an I/O path of each kind and page sizes; a kind of host is a processor. There are
few of both, however many VMs there are, so the laws are evaluated once for each pair.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from models.arrays import Floats, Mask, Rows
from models.laws import cpu, io, memory
from models.technology import EVENTS, Catalog

_EVENT = {name: column for column, name in enumerate(EVENTS)}


@dataclass(frozen=True, eq=False)
class Sorts:
    """
    What is priced: rows of the catalog's tables, in shapes that broadcast, usually (sorts, kinds).

    Parameters
    ----------
    workload, technology, net_path, disk_path, microarchitecture
        Rows of the tables.
    guest_leaf, host_leaf
        Levels of a page walk that the page size saves in the guest and on the host.
    """

    workload: Rows
    technology: Rows
    net_path: Rows
    disk_path: Rows
    microarchitecture: Rows
    guest_leaf: Rows | Floats
    host_leaf: Rows | Floats


@dataclass(frozen=True, eq=False)
class Pricing:
    """
    The laws of the processor, memory and I/O, put together for sorts of VMs.

    Parameters
    ----------
    catalog
        Where the numbers are from.
    sorts
        What is priced. All results have its broadcast shape, with events as a last axis where told.
    """

    catalog: Catalog
    sorts: Sorts

    def _of(self, table: str, column: str) -> Floats:
        """Return a column of a table, by the sorts' rows."""
        singular = {"technologies": "technology"}.get(table, table.removesuffix("s"))
        values: Floats = getattr(self.catalog, table).numbers[column][getattr(self.sorts, singular)]
        return values

    @cached_property
    def base(self) -> Floats:
        """Cycles of an exit in which nothing is done."""
        return cpu.exit_base(
            self._of("microarchitectures", "round_trip_cycles"),
            self._of("technologies", "software_cycles"),
            self._of("microarchitectures", "mitigation_cycles"),
        )

    @cached_property
    def event_cycles(self) -> Floats:
        """Cycles on the virtual CPU that each event costs. Shape (..., events)."""
        costs, technology = self.catalog.costs, self.sorts.technology
        free = self.catalog.relieved[technology, self.sorts.microarchitecture]
        found = cpu.event_cycles(
            costs["exits"][technology],
            self.base[..., None],
            costs["guest_cycles"][technology],
            costs["pollutes"][technology],
            self.catalog.parameters["pollution_cycles"],
        )
        found = np.where(free, 0.0, found)
        return np.asarray(found + costs["completions"][technology] * found[..., _EVENT["eoi"], None], np.float64)

    @cached_property
    def event_host_cycles(self) -> Floats:
        """Cycles on threads of the host that each event costs. Shape (..., events)."""
        return self.catalog.costs["host_cycles"][self.sorts.technology]

    def _cost(self, event: str) -> Floats:
        found: Floats = self.event_cycles[..., _EVENT[event]]
        return found

    @cached_property
    def clock_mhz(self) -> Floats:
        """Clock of a core. [MHz]."""
        return self._of("microarchitectures", "clock_mhz")

    @property
    def _levels(self) -> tuple[Floats, Floats]:
        """Levels of the guest's tables, at least 1, and of the host's."""
        levels = self._of("microarchitectures", "walk_levels")
        guest, host = (np.asarray(levels - leaf, np.float64) for leaf in (self.sorts.guest_leaf, self.sorts.host_leaf))
        return np.maximum(guest, 1.0), np.maximum(host, 0.0)

    @cached_property
    def walk_references(self) -> Floats:
        """Memory references of a page walk."""
        guest, host = self._levels
        mapping = self.catalog.technologies.texts["mapping"]
        return memory.walk_references(guest, np.where(mapping[self.sorts.technology] == "two-stage", host, 0.0))

    @cached_property
    def walk_ratio(self) -> Floats:
        """Time of a page walk over that of the native one."""
        guest, _ = self._levels
        large = (self.sorts.guest_leaf > 0) | (self.sorts.host_leaf > 0)
        kappa = self._of("workloads", "kappa")
        kappa = np.where(large, np.minimum(kappa, self.catalog.parameters["large_page_kappa"]), kappa)
        return memory.walk_ratio(self.walk_references, guest, kappa)

    @cached_property
    def factor(self) -> Floats:
        """Slowdown of work in user mode: emulation, intercepted calls and page walks, without events."""
        own = (self._of("workloads", "managed") > 0) & self._managed()
        emulated = np.where(own, 1.0, self._of("technologies", "slowdown"))
        calls = cpu.intercepted(self._of("workloads", "api_share"), self._of("technologies", "api_cost_ratio"))
        return np.asarray(emulated) * calls * memory.walk_slowdown(self._of("workloads", "walk_share"), self.walk_ratio)

    def _managed(self) -> Mask:
        levels = self.catalog.technologies.texts["level"][self.sorts.technology]
        return np.asarray(levels == "application", np.bool_)

    @cached_property
    def event_shares(self) -> Floats:
        """Cycles on the virtual CPU for each event, in a cycle of native work. Shape (..., events)."""
        return np.asarray(self.catalog.intensity[self.sorts.workload] * self.event_cycles, np.float64)

    @cached_property
    def guest_share(self) -> Floats:
        """Cycles on the virtual CPU beyond one cycle of native work, I/O apart."""
        return np.asarray(self.factor - 1 + self.event_shares.sum(axis=-1), np.float64)

    @cached_property
    def host_share(self) -> Floats:
        """Cycles on threads of the host in one cycle of native work, I/O apart."""
        found: Floats = (self.catalog.intensity[self.sorts.workload] * self.event_host_cycles).sum(axis=-1)
        return np.broadcast_to(found, self.factor.shape)

    @cached_property
    def vcpu_mhz(self) -> Floats:
        """What a virtual CPU takes by its idle ticks, whatever it does. [MHz].

        A tick is counted in time, not cycles, and only where a hypervisor or emulator serves it.
        """
        ticks = self._of("workloads", "idle_tick_ps") * self.catalog.parameters["idle_tick_us"] * 1e-6
        return np.where(self._cost("timer_tick") > 0, ticks * self.clock_mhz, 0.0)

    @property
    def latency_us(self) -> Floats:
        """Time that the network path adds to a transaction. [us]."""
        return self._of("net_paths", "latency_us")

    @cached_property
    def _interrupt(self) -> Floats:
        """Cycles of an interrupt of the network, on the virtual CPU."""
        posted = self.catalog.has("posted")[self.sorts.microarchitecture]
        exits = np.where(
            posted, self._of("net_paths", "posted_exits_per_interrupt"), self._of("net_paths", "exits_per_interrupt")
        )
        each = np.where(self._of("net_paths", "direct") > 0, self._cost("exit"), self._cost("interrupt"))
        return exits * each + self._of("net_paths", "user_exits_per_interrupt") * self._cost("exit_user")

    def packet(
        self, way: str, native_cycles: Floats | float | None = None, size: Floats | float | None = None
    ) -> tuple[Floats, Floats]:
        """
        Cycles that a packet costs on the virtual CPU, and on threads of the host, beyond its native path.

        Parameters
        ----------
        way
            ``tx`` or ``rx``.
        native_cycles
            Cycles of the native path; those of the processor if None.
        size
            Size of a packet; that of the workload's packets if None. [bytes]
        """
        native = self._of("microarchitectures", f"{way}_cycles") if native_cycles is None else np.asarray(native_cycles)
        length = self._of("workloads", "packet_bytes") if size is None else np.asarray(size)
        batch = self._of("net_paths", "packets_per_batch")
        signal = self._of("net_paths", "kicks") * self._cost("kick") if way == "tx" else self._interrupt
        added = (
            io.copy_cycles(self._of("net_paths", f"guest_{way}"), self._of("net_paths", f"guest_{way}_byte"), length),
            io.copy_cycles(self._of("net_paths", f"host_{way}"), self._of("net_paths", "host_byte"), length),
        )
        guest = io.packet_cycles(added[0], self._of("net_paths", "native_guest"), native)
        host = io.packet_cycles(added[1], self._of("net_paths", "native_host"), native)
        return guest + signal / batch, np.broadcast_to(host, self.factor.shape)

    def interrupt(self) -> Floats:
        """Cycles that an interrupt of the network costs on the virtual CPU."""
        return self._interrupt

    def request(self) -> tuple[Floats, Floats]:
        """Cycles that a disk request costs on the virtual CPU, and on threads of the host, beyond its native path."""
        posted = self.catalog.has("posted")[self.sorts.microarchitecture]
        direct = self._of("disk_paths", "direct") > 0
        interrupt = np.where(direct, np.where(posted, 0.0, self._cost("exit")), self._cost("interrupt"))
        guest = self._of("disk_paths", "guest_cycles") + self._of("disk_paths", "interrupts") * interrupt
        for column, event in (("exits_to_user", "exit_user"), ("kicks", "kick"), ("ipis", "ipi")):
            guest = guest + self._of("disk_paths", column) * self._cost(event)
        size = self._of("workloads", "request_bytes")
        host = io.copy_cycles(self._of("disk_paths", "host_cycles"), self._of("disk_paths", "host_byte"), size)
        return guest, np.broadcast_to(host, self.factor.shape)

    def own_io(self) -> tuple[Floats, Floats, Floats, Floats]:
        """Cycles by the profile's own packets and requests in a cycle of work: guest and host, network and disk."""
        per_cycle = 1 / (self._of("workloads", "clock_mhz") * 1e6)
        sent, received = self.packet("tx"), self.packet("rx")
        requested = self.request()
        tx, rx, io_ps = (self._of("workloads", name) * per_cycle for name in ("tx_ps", "rx_ps", "io_ps"))
        return (
            tx * sent[0] + rx * received[0],
            tx * sent[1] + rx * received[1],
            io_ps * requested[0],
            io_ps * requested[1],
        )
