"""
Predicts what was measured, or will be: one workload, under one technology, on one processor.

What is not given is taken from the workload's profile and the catalog. The result holds every quantity that the inputs
are enough for; ``models/quantities.py`` names both.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from models.arrays import Floats
from models.laws import contention, cpu, io, memory
from models.pricing import Pricing, Sorts
from models.quantities import POLLING, checked
from models.technology import EVENTS, Catalog, standard


def predict(
    workload: str = "none",
    technology: str = "hardware-assisted",
    microarchitecture: str = "skylake-sp",
    *,
    catalog: Catalog | None = None,
    **inputs: Any,
) -> Mapping[str, float]:
    """
    Return what virtualization does to a workload.

    Parameters
    ----------
    workload
        A profile of the catalog, ``none`` for what the inputs alone say, or the name of one event, whose cycles are
        then told.
    technology
        A technology of the catalog, or a provider such as KVM.
    microarchitecture
        A processor of the catalog.
    catalog
        Where the numbers are from; the catalog as delivered if None.
    **inputs
        Names of `quantities.INPUTS` or `ALIASES`, and parameters of the catalog. Rates are of the whole VM at native
        speed.

    Returns
    -------
    Mapping
        Names of `quantities.METRICS` to numbers.

    Raises
    ------
    InputError
        With every input that is unknown or wrong.

    Examples
    --------
    A null hypercall of KVM on Sandy Bridge; a kernel build on Xen.

    >>> predict("hypercall", "KVM", "sandy-bridge")["cycles"]
    1300.0
    >>> print(f"{predict('kernel-build', 'para-virtual', 'p4-xeon', timer_tick_ps=0, halt_wake_ps=0)['slowdown']:.3f}")
    1.030
    """
    given = checked(inputs, catalog or standard())
    found = _Prediction(catalog or standard(), workload, technology, microarchitecture, given)
    return {name: float(value) for name, value in found.metrics()}


def _one(value: float) -> Floats:
    return np.array([value], np.float64)


@dataclass(frozen=True, eq=False)
class _Prediction:
    """One case; what is given is looked up before the catalog is."""

    standard: Catalog
    workload: str
    technology: str
    microarchitecture: str
    given: Mapping[str, Any]

    @cached_property
    def key(self) -> str:
        """The technology, by the catalog's name."""
        return self.standard.technology(self.technology)

    @cached_property
    def event(self) -> str:
        """The one event that is asked for, or an empty text."""
        return self.workload if self.workload in EVENTS else ""

    @cached_property
    def profile(self) -> str:
        """The workload's profile."""
        name = "none" if self.event or not self.workload else self.workload
        self.standard.workloads.row(name)
        return name

    @cached_property
    def catalog(self) -> Catalog:
        """The catalog with what is given in place of its numbers."""
        overlay: dict[str, Any] = {"parameters": {k: v for k, v in self.given.items() if k in self.standard.parameters}}
        if "kappa" in self.given:
            overlay["parameters"].setdefault("large_page_kappa", self.given["kappa"])
        processor = {"round_trip_cycles": "rt_hw"}
        overlay["microarchitectures"] = self._replacing(self.microarchitecture, processor)
        overlay["technologies"] = self._replacing(self.key, {"software_cycles": "s_sw"})
        columns = {
            name: name
            for name in ("walk_share", "kappa", "api_share", "packet_bytes", "memory_stall_share", "parallel_share")
        }
        overlay["workloads"] = self._replacing(self.profile, columns)
        if "walk_overhead" in self.given:
            ratio = self.given["walk_overhead"]
            overlay["workloads"] = {self.profile: {"walk_share": ratio / (1 + ratio)}}
            overlay["workloads"][self.profile] |= {k: self.given[k] for k in ("kappa",) if k in self.given}
        if self.event and "exits" in self.given:
            overlay["event_costs"] = [{"technology": self.key, "event": self.event, "exits": self.given["exits"]}]
        return self.standard.overlaid(overlay)

    def _replacing(self, key: str, columns: Mapping[str, str]) -> dict[str, dict[str, float]]:
        found = {column: self.given[name] for column, name in columns.items() if name in self.given}
        return {key: found} if found else {}

    @cached_property
    def pricing(self) -> Pricing:
        """The laws of this case."""
        return self._pricing(self.given.get("net_path", ""), self.given.get("disk_path", ""))

    def _pricing(self, net_path: str, disk_path: str) -> Pricing:
        catalog, processor = self.catalog, self.catalog.microarchitectures.row(self.microarchitecture)
        levels = float(catalog.microarchitectures.numbers["walk_levels"][processor])
        row = catalog.technologies.row(self.key)
        leaf = memory.LEAF_LEVELS[self.given.get("page_size", "4k")]

        def path(name: str, chosen: str) -> Any:
            table = catalog.net_paths if name == "net_path" else catalog.disk_paths
            return np.array([table.row(chosen or catalog.technologies.texts[name][row])])

        return Pricing(
            catalog,
            Sorts(
                workload=np.array([catalog.workloads.row(self.profile)]),
                technology=np.array([row]),
                net_path=path("net_path", net_path),
                disk_path=path("disk_path", disk_path),
                microarchitecture=np.array([processor]),
                guest_leaf=_one(levels - self.given["g"] if "g" in self.given else leaf),
                host_leaf=_one(levels - self.given["h"] if "h" in self.given else leaf),
            ),
        )

    def metrics(self) -> Iterator[tuple[str, float]]:
        """Yield what the inputs are enough for."""
        parameters = self.catalog.parameters
        yield "shareable_share_max", parameters["shareable_share_max"]
        yield "cpu_overhead_max", parameters["sharing_cpu_share_max"]
        if self.event:
            yield from self._one_event()
        yield from self._speed()
        yield from self._network()
        yield from self._disk()
        yield from self._walks()
        yield from self._idle()
        yield from self._sizes()

    @cached_property
    def clock_hz(self) -> float:
        """Clock of a core [Hz]."""
        return float(self.given.get("f_hz", self.pricing.clock_mhz[0] * 1e6))

    @cached_property
    def work_hz(self) -> float:
        """Cycles of native work a second."""
        return float(self.given.get("cores", 1.0)) * self.clock_hz

    def _one_event(self) -> Iterator[tuple[str, float]]:
        extra = float(self.pricing.event_cycles[0, EVENTS.index(self.event)])
        if self.event == "exit" and "cost_per_exit" in self.given:
            extra = self.given["cost_per_exit"]
        yield "extra_cycles", extra
        yield "cycles", self.given.get("native_cycles", 0.0) + extra
        yield "extra_us", extra / self.clock_hz * 1e6
        if "native_us" in self.given:
            yield "event_us", self.given["native_us"] + extra / self.clock_hz * 1e6

    @cached_property
    def rates(self) -> Any:
        """Events a second: those given, else the profile's. Shape (events,)."""
        row = self.catalog.workloads.row(self.profile)
        found = np.array(self.catalog.intensity[row] * self.work_hz)
        for column, event in enumerate(EVENTS):
            found[column] = self.given.get(f"{event}_ps", found[column])
        if "fork_exec_ps" in self.given:
            for event in ("fork", "exec"):
                found[EVENTS.index(event)] = self.given["fork_exec_ps"]
        if "iters" in self.given and "native_s" in self.given:
            each = np.array([self.given.get(f"{event}_per_iter", 0.0) for event in EVENTS])
            found = found + each * self.given["iters"] / self.given["native_s"]
        return found

    def _flow(self, name: str) -> float:
        """Return packets or requests a second: those given, else the profile's."""
        if name in self.given:
            return float(self.given[name])
        if name != "io_ps" and "packets_ps" in self.given:
            return float(self.given["packets_ps"]) / 2
        table, row = self.catalog.workloads, self.catalog.workloads.row(self.profile)
        return float(table.numbers[name][row] / (table.numbers["clock_mhz"][row] * 1e6) * self.work_hz)

    @cached_property
    def added_hz(self) -> tuple[float, float]:
        """Cycles a second added by events and I/O: on virtual CPUs, and on threads of the host."""
        cycles = self.pricing.event_cycles[0]
        if "exits_ps" in self.given:
            cycles = np.where(self.catalog.costs["exits"][self.pricing.sorts.technology[0]] > 0, 0.0, cycles)
        guest = float((self.rates * cycles).sum())
        host = float((self.rates * self.pricing.event_host_cycles[0]).sum())
        native = self.given.get("native_packet_cycles")
        flows = [(self.pricing.packet(way, native), self._flow(f"{way}_ps")) for way in ("tx", "rx")]
        flows.append((self.pricing.request(), self._flow("io_ps")))
        counted = "exits_ps" in self.given or "irq_ps" in self.given
        guest += 0.0 if counted else sum(float(each[0][0]) * rate for each, rate in flows)
        return guest, host + sum(float(each[1][0]) * rate for each, rate in flows)

    @cached_property
    def lost(self) -> float:
        """Share of the VM's time that exits and interrupts took which were counted in it."""
        cost = self.given.get("cost_per_exit", float(self.pricing.event_cycles[0, EVENTS.index("exit")]))
        exits = self.given.get("exits_ps", 0.0)
        if "exits_ps" not in self.given and "irq_ps" in self.given:
            each = self.given.get("exits_per_irq")
            own = float(self.pricing.interrupt()[0]) / cost if cost else 0.0
            exits = self.given["irq_ps"] * (own if each is None else each)
        return float(cpu.lost_share(_one(exits), _one(cost), _one(self.work_hz))[0])

    @cached_property
    def times(self) -> tuple[float, float]:
        """Time over native time, threads of the host on other cores, and on the VM's own."""
        guest, host = (each / self.work_hz for each in self.added_hz)
        factor, left = float(self.pricing.factor[0]) * self._remote(), max(1 - self.lost, 1e-9)
        return (factor + guest) / left, (factor + guest + host) / left

    def _remote(self) -> float:
        """Return the slowdown by memory of another node."""
        stall = self.catalog.workloads.numbers["memory_stall_share"][self.pricing.sorts.workload]
        ratio = self.catalog.microarchitectures.numbers["remote_latency_ratio"][self.pricing.sorts.microarchitecture]
        return float(contention.numa_slowdown(_one(self.given.get("remote_share", 0.0)), stall, ratio)[0])

    @cached_property
    def _other(self) -> "_Prediction":
        """What this case is compared with."""
        given = {name: value for name, value in self.given.items() if not name.startswith("against")}
        for name in ("net_path", "disk_path"):
            if f"against_{name}" in self.given:
                given[name] = self.given[f"against_{name}"]
        technology = self.given.get("against", self.technology)
        return _Prediction(self.standard, self.workload, technology, self.microarchitecture, given)

    def _speed(self) -> Iterator[tuple[str, float]]:
        apart, shared = self.times
        both = self.given.get("shared_cores", 1.0) > 0
        yield "slowdown", apart
        yield "slowdown_shared", shared
        yield "cpu_ratio", shared
        yield "host_share", self.added_hz[1] / (shared * self.work_hz)
        yield "added_cpu_per_vm", (self.added_hz[0] + self.added_hz[1] + self.lost * self.work_hz) / self.clock_hz * 100
        if "native_s" in self.given:
            yield "runtime", self.given["native_s"] * apart
        if {"against", "against_net_path", "against_disk_path"} & set(self.given):
            yield "speedup", self._other.times[0] / apart
        if not {"packet_bytes", "native_gbs"} & set(self.given):
            yield "throughput_ratio", 1 / (shared if both else apart)

    def _network(self) -> Iterator[tuple[str, float]]:
        way = self.given.get("direction", "tx")
        native = self._native_packet(way)
        guest, host = (float(each[0]) for each in self.pricing.packet(way, native, self.given.get("packet_bytes")))
        yield "pathlength_ratio", (native + guest + host) / native
        halts = self.given.get("halt_wake_per_transaction", 1.0)
        wake = float(io.latency(_one(0.0), _one(halts), _one(self.catalog.parameters["halt_wake_latency_us"]))[0])
        yield "latency_delta", wake
        path = float(self.catalog.net_paths.numbers["latency_us"][self.pricing.sorts.net_path[0]])
        yield "latency_added", path + wake
        if "packet_bytes" in self.given:
            size, clock = _one(self.given["packet_bytes"]), _one(self.clock_hz)
            line = _one(min(self.given.get("line_mbps", np.inf), self.given.get("native_mbps", np.inf)))
            cycles = np.array([native + guest + host, native])
            found = io.throughput_mbps(cycles, clock, size, line)
            yield "throughput", float(found[0])
            yield "throughput_ratio", float(found[0] / found[1])

    def _native_packet(self, way: str) -> float:
        """Return the cycles of a packet natively: no more than the data rate that was reached natively leaves."""
        if "native_packet_cycles" in self.given:
            return float(self.given["native_packet_cycles"])
        row = self.pricing.sorts.microarchitecture[0]
        own = float(self.catalog.microarchitectures.numbers[f"{way}_cycles"][row])
        if not {"native_mbps", "packet_bytes"} <= set(self.given):
            return own
        rate, size = _one(self.given["native_mbps"]), _one(self.given["packet_bytes"])
        return min(own, float(io.native_packet_cycles(rate, _one(self.clock_hz), size)[0]))

    def _disk(self) -> Iterator[tuple[str, float]]:
        device = self.given.get("device_us", self.catalog.parameters["device_latency_us"])
        added = float(self.catalog.disk_paths.numbers["latency_us"][self.pricing.sorts.disk_path[0]])
        yield "iops_ratio", float(io.request_ratio(_one(device), _one(added))[0])
        if "against_disk_path" in self.given:
            other = self._pricing(self.given.get("net_path", ""), self.given["against_disk_path"])
            ours, theirs = (sum(float(each[0]) for each in pricing.request()) for pricing in (self.pricing, other))
            if theirs > 0:
                yield "cpio_ratio", ours / theirs
        if "native_gbs" in self.given:
            ratio = float(self.catalog.technologies.numbers["bandwidth_ratio"][self.pricing.sorts.technology[0]])
            yield "throughput", self.given["native_gbs"] * ratio
            yield "throughput_ratio", ratio

    def _walks(self) -> Iterator[tuple[str, float]]:
        share = self.catalog.workloads.numbers["walk_share"][self.pricing.sorts.workload]
        ratio = self.pricing.walk_ratio
        yield "walk_references", float(self.pricing.walk_references[0])
        yield "walk_time_share_vm", float(memory.walk_share_virtual(share, ratio)[0])
        yield "walk_overhead_vs_ideal", float((share * ratio / np.maximum(1 - share, 1e-12))[0])

    def _idle(self) -> Iterator[tuple[str, float]]:
        parameters = self.catalog.parameters
        base = self.given.get("base_percent", parameters["idle_base_share"] * 100)
        name = POLLING[self.given.get("halt_poll", "off")]
        base += parameters[name] * 100 if name else 0.0
        yield "host_c0_share", base + self.given.get("tick_hz", 0.0) * parameters["idle_tick_us"] * 1e-6 * 100

    def _sizes(self) -> Iterator[tuple[str, float]]:
        if "memory_mib" in self.given:
            numbers, row = self.catalog.technologies.numbers, self.pricing.sorts.technology
            yield (
                "memory_overhead",
                float(
                    memory.hypervisor_mib(
                        np.array([self.given["memory_mib"]]),
                        np.array([self.given.get("vcpus", 1.0)]),
                        share=numbers["memory_share"][row],
                        fixed_mib=numbers["memory_fixed_mib"][row],
                        vcpu_mib=numbers["memory_vcpu_mib"][row],
                        devices_mib=self.given.get("graphics", 0.0) * self.catalog.parameters["memory_gfx_mib"],
                    )[0]
                ),
            )
        if "vcpus" in self.given:
            share = self.catalog.workloads.numbers["parallel_share"][self.pricing.sorts.workload]
            yield "parallel_speedup", float(contention.amdahl(share, _one(max(self.given["vcpus"], 1.0)))[0])
        if "pcpus" in self.given and "utilization" in self.given:
            cores, busy = (np.array([self.given[name]]) for name in ("pcpus", "utilization"))
            yield "ready_share", float(contention.ready_share(cores, busy, self.catalog.parameters["ready_stretch"])[0])
