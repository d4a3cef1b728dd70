"""
What virtualization adds to one VM on one host, in plain arithmetic: what the vectorised laws are compared with.

It takes the rows of the catalog's files, follows the equations one number at a time, and shares no code with the laws.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from models import catalog

Row = Mapping[str, str]


def _table(name: str, key: str) -> dict[str, Row]:
    return {row[key]: row for row in catalog.rows(name)}


TECHNOLOGIES = _table("technologies", "technology")
PROCESSORS = _table("microarchitectures", "microarchitecture")
NET_PATHS = _table("net_paths", "net_path")
DISK_PATHS = _table("disk_paths", "disk_path")
WORKLOADS = _table("workloads", "workload")
PARAMETERS = {name: float(row["value"]) for name, row in _table("overhead", "parameter").items()}
COSTS: dict[tuple[str, str], Row] = {(row["technology"], row["event"]): row for row in catalog.rows("event_costs")}
EVENTS = [
    name.removesuffix("_ps")
    for name in WORKLOADS["none"]
    if name.endswith("_ps") and name not in ("idle_tick_ps", "tx_ps", "rx_ps", "io_ps")
]
SAVED_LEVELS = {"": 0, "4k": 0, "2m": 1, "1g": 2}


@dataclass(frozen=True)
class Vm:
    """One VM; an empty technology is the host's, an empty path the technology's, 0 of traffic is the profile's."""

    workload: str
    technology: str
    net_path: str
    disk_path: str
    page_size: str
    vcpus: int
    memory_mib: float
    net_mbps: float
    disk_iops: float
    work_mhz: float


@dataclass(frozen=True)
class Host:
    """One host."""

    processor: str
    technology: str


@dataclass(frozen=True)
class Added:
    """What is added on virtual CPUs and on threads of the host [MHz], memory [MiB], and time of a transaction [us]."""

    guest_mhz: float
    host_mhz: float
    memory_mib: float
    latency_us: float


def number(row: Row, column: str) -> float:
    """Return a number of a row."""
    return float(row[column])


def features(processor: str) -> list[str]:
    """Return what a processor can do."""
    return PROCESSORS[processor]["features"].split(";")


def event(technology: str, processor: str, name: str) -> float:
    """Cycles of an event on the virtual CPU: exits × (base + pollution) + software, and its completions."""
    cost = COSTS.get((technology, name))
    if cost is None or (cost["relief"] and cost["relief"] in features(processor)):
        return 0.0
    cpu, way = PROCESSORS[processor], TECHNOLOGIES[technology]
    base = number(cpu, "round_trip_cycles") + number(way, "software_cycles") + number(cpu, "mitigation_cycles")
    base += PARAMETERS["pollution_cycles"] * number(cost, "pollutes")
    own = number(cost, "exits") * base + number(cost, "guest_cycles")
    completions = number(cost, "completions")
    return own + (completions * event(technology, processor, "eoi") if completions else 0.0)


def slowdown(vm: Vm, technology: str, processor: str) -> float:
    """Return the slowdown of work without events: emulation, intercepted calls, and page walks."""
    work, way = WORKLOADS[vm.workload], TECHNOLOGIES[technology]
    runs_anyway = way["level"] == "application" and number(work, "managed") > 0
    emulated = 1.0 if runs_anyway else number(way, "slowdown")
    calls = 1 + number(work, "api_share") * (number(way, "api_cost_ratio") - 1)
    saved = SAVED_LEVELS[vm.page_size]
    levels = number(PROCESSORS[processor], "walk_levels") - saved
    references = (levels + 1) * (levels + 1) - 1 if way["mapping"] == "two-stage" else levels
    kappa = number(work, "kappa")
    if saved:
        kappa = min(kappa, PARAMETERS["large_page_kappa"])
    longer = 1 + kappa * (references / levels - 1)
    return emulated * calls * (1 + number(work, "walk_share") * (longer - 1))


def net_interrupt(path: Row, technology: str, processor: str) -> float:
    """Cycles of an interrupt of the network; one of an assigned device is an exit that pollutes, or posted."""
    posted = "posted" in features(processor)
    exits = number(path, "posted_exits_per_interrupt" if posted else "exits_per_interrupt")
    each = event(technology, processor, "exit" if number(path, "direct") else "interrupt")
    return exits * each + number(path, "user_exits_per_interrupt") * event(technology, processor, "exit_user")


def packet(way: str, path: Row, size: float, technology: str, processor: str) -> tuple[float, float]:
    """Cycles of a packet on the virtual CPU and on threads of the host; sent ones share a kick, others an interrupt."""
    native = number(PROCESSORS[processor], f"{way}_cycles")
    if way == "tx":
        signal = number(path, "kicks") * event(technology, processor, "kick")
    else:
        signal = net_interrupt(path, technology, processor)
    guest = number(path, f"guest_{way}") + number(path, f"guest_{way}_byte") * size
    guest += number(path, "native_guest") * native
    host = number(path, f"host_{way}") + number(path, "host_byte") * size + number(path, "native_host") * native
    return guest + signal / number(path, "packets_per_batch"), host


def request(path: Row, size: float, technology: str, processor: str) -> tuple[float, float]:
    """Cycles of a disk request on the virtual CPU and on threads of the host."""
    if not number(path, "direct"):
        interrupt = event(technology, processor, "interrupt")
    else:
        interrupt = 0.0 if "posted" in features(processor) else event(technology, processor, "exit")
    guest = number(path, "guest_cycles") + number(path, "interrupts") * interrupt
    guest += number(path, "exits_to_user") * event(technology, processor, "exit_user")
    guest += number(path, "kicks") * event(technology, processor, "kick")
    guest += number(path, "ipis") * event(technology, processor, "ipi")
    return guest, number(path, "host_cycles") + number(path, "host_byte") * size


def added(vm: Vm, host: Host) -> Added:
    """Return what virtualization adds to a VM on a host."""
    technology = vm.technology or host.technology
    work, way, cpu = WORKLOADS[vm.workload], TECHNOLOGIES[technology], host.processor
    busy = vm.work_mhz / number(work, "clock_mhz")
    guest, threads = (slowdown(vm, technology, host.processor) - 1) * vm.work_mhz * 1e6, 0.0
    for name in EVENTS:
        rate = number(work, f"{name}_ps") * busy
        guest += rate * event(technology, cpu, name)
        cost = COSTS.get((technology, name))
        threads += rate * number(cost, "host_cycles") if cost else 0.0
    net = NET_PATHS[vm.net_path or way["net_path"]]
    for direction in ("tx", "rx"):
        each = packet(direction, net, number(work, "packet_bytes"), technology, cpu)
        rate = number(work, f"{direction}_ps") * busy
        if vm.net_mbps > 0:
            rate = vm.net_mbps * 1e6 / 8 / number(work, "packet_bytes") / 2
        guest, threads = guest + rate * each[0], threads + rate * each[1]
    each = request(DISK_PATHS[vm.disk_path or way["disk_path"]], number(work, "request_bytes"), technology, cpu)
    rate = vm.disk_iops if vm.disk_iops > 0 else number(work, "io_ps") * busy
    guest, threads = guest + rate * each[0], threads + rate * each[1]
    if event(technology, cpu, "timer_tick") > 0:
        ticks = number(work, "idle_tick_ps") * vm.vcpus
        guest += ticks * PARAMETERS["idle_tick_us"] * 1e-6 * number(PROCESSORS[cpu], "clock_mhz") * 1e6
    memory = number(way, "memory_share") * vm.memory_mib + number(way, "memory_fixed_mib")
    memory += number(way, "memory_vcpu_mib") * vm.vcpus
    return Added(guest / 1e6, threads / 1e6, memory, number(net, "latency_us"))
