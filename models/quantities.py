"""What may be given to a prediction, by which names, and what it answers."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from models.errors import Finding, InputError
from models.laws.memory import LEAF_LEVELS
from models.technology import EVENTS, Catalog

ALIASES: Mapping[str, str] = {
    "clock_hz": "f_hz", "w": "walk_share", "native_share": "walk_share", "iops": "io_ps", "pkts_ps": "packets_ps",
    "forks_ps": "fork_exec_ps", "interrupts_ps": "irq_ps", "pkt_bytes": "packet_bytes", "line_rate_mbps": "line_mbps",
    "native_cycles_per_pkt": "native_packet_cycles", "timer_ps": "timer_tick_ps", "ctx_switch_ps": "context_switch_ps",
    "mem_mib": "memory_mib", "vcpu": "vcpus", "gfx": "graphics", "native": "native_cycles", "n_exit": "exits",
    "tick_cost_us": "idle_tick_us", "pf_like_per_iter": "page_fault_per_iter",
}  # fmt: skip
"""Other names of inputs, as the literature's tables have them."""
INPUTS: Mapping[str, str] = {
    **{f"{event}_ps": f"{event.replace('_', ' ')} events a second of native work [1/s]" for event in EVENTS},
    "fork_exec_ps": "processes made a second, each by fork and exec [1/s]",
    "exits_ps": "exits a second counted in the running VM, in place of the exits that the events cause [1/s]",
    "irq_ps": "physical interrupts a second counted in the running VM [1/s]",
    "exits_per_irq": "exits that such an interrupt causes",
    "cost_per_exit": "cycles of one of those exits, pollution included [cycles]",
    "f_hz": "clock of a core [Hz]",
    "cores": "cores that the work keeps busy natively",
    "tx_ps": "packets sent a second [1/s]",
    "rx_ps": "packets received a second [1/s]",
    "packets_ps": "packets a second, half of them sent [1/s]",
    "io_ps": "disk requests a second [1/s]",
    "walk_share": "share of native time in page walks",
    "walk_overhead": "time in page walks over the time without any, natively",
    "kappa": "share of the further references of a two-stage walk that costs time",
    "g": "levels of the guest's page tables down to the leaf",
    "h": "levels of the host's page tables down to the leaf",
    "page_size": "4k, 2m or 1g, in guest and host, in place of g and h",
    "remote_share": "share of memory accesses that go to another node, and natively do not",
    "memory_stall_share": "share of native time in which the processor waits for memory",
    "parallel_share": "share of the work that several virtual CPUs share",
    "api_share": "share of native time in calls of an intercepted library",
    "net_path": "a row of net_paths.csv, in place of the technology's usual one",
    "disk_path": "a row of disk_paths.csv, in place of the technology's usual one",
    "direction": "tx or rx: what a throughput is of",
    "packet_bytes": "size of a packet [bytes]",
    "native_packet_cycles": "cycles of a packet natively [cycles]",
    "native_mbps": "data rate natively, which virtualization does not exceed [Mbit/s]",
    "line_mbps": "data rate of the line [Mbit/s]",
    "native_gbs": "bandwidth of a device natively [GB/s]",
    "device_us": "time of a disk request natively [us]",
    "native_cycles": "cycles of the one event that is asked for, natively [cycles]",
    "native_us": "time of that event natively [us]",
    "exits": "exits of that event",
    "rt_hw": "cycles of exit and entry in hardware [cycles]",
    "s_sw": "cycles of the hypervisor on every exit [cycles]",
    "native_s": "run time natively [s]",
    "iters": "iterations in that time",
    **{f"{event}_per_iter": f"{event.replace('_', ' ')} events in each iteration" for event in EVENTS},
    "tick_hz": "ticks a second of an idle guest [1/s]",
    "base_percent": "time that the host's CPU is busy for an idle guest without ticks [%]",
    "halt_poll": "off, dynamic or always",
    "halt_wake_per_transaction": "times that the virtual CPU halts in a transaction",
    "memory_mib": "configured memory [MiB]",
    "vcpus": "virtual CPUs",
    "graphics": "graphics devices",
    "shared_cores": "1 if threads of the host run on the VM's own cores, else 0",
    "pcpus": "cores of the host, for ready time",
    "utilization": "share of them that is busy",
    "against": "technology compared with",
    "against_net_path": "network path compared with",
    "against_disk_path": "disk path compared with",
}
"""What may be given to `predict`, and every parameter of ``models/catalog/overhead.csv`` besides."""
METRICS: Mapping[str, str] = {
    "slowdown": "time over native time, host threads on other cores",
    "slowdown_shared": "time over native time, host threads on the VM's own cores",
    "throughput_ratio": "throughput over native throughput",
    "throughput": "network data rate [Mbit/s], or bandwidth of a device [GB/s] where that was given",
    "runtime": "run time [s]",
    "speedup": "speed over that of the technology compared with",
    "cpu_ratio": "CPU used over CPU used natively, host threads included",
    "host_share": "share of all CPU used that is on threads of the host",
    "added_cpu_per_vm": "CPU added [% of one core]",
    "cycles": "cycles of one event [cycles]",
    "extra_cycles": "cycles that virtualization adds to it [cycles]",
    "extra_us": "the same in time [us]",
    "event_us": "time of one event [us]",
    "walk_references": "memory references of a page walk",
    "walk_time_share_vm": "share of the VM's time in page walks",
    "walk_overhead_vs_ideal": "time in page walks over the time without any",
    "host_c0_share": "time that a CPU of the host is busy for an idle guest [%]",
    "latency_delta": "time that halts add to a transaction [us]",
    "latency_added": "time that the network path and halts add to a transaction [us]",
    "pathlength_ratio": "CPU of a packet over the native one, host threads included",
    "iops_ratio": "disk requests over native ones, at the same queue depth",
    "cpio_ratio": "CPU of a disk request over that on the path compared with, native part apart",
    "memory_overhead": "memory of the hypervisor [MiB]",
    "parallel_speedup": "speed with the virtual CPUs over that with one (Amdahl)",
    "ready_share": "share of time that a virtual CPU waits for a core",
    "shareable_share_max": "share of memory that a plan may count on sharing",
    "cpu_overhead_max": "CPU that sharing memory takes at most, share",
}
"""What `predict` returns, where the inputs are enough."""
_WORDS = frozenset(
    {"page_size", "net_path", "disk_path", "direction", "halt_poll", "against", "against_net_path", "against_disk_path"}
)
_ABOVE_ZERO = frozenset(
    {"f_hz", "cores", "packet_bytes", "native_packet_cycles", "native_mbps", "line_mbps", "native_s", "device_us"}
)
"""Inputs that something is divided by."""
_MOST_CORES = 100_000
POLLING = {"off": None, "always": "poll_always_share", "dynamic": "poll_dynamic_share"}
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "page_size": tuple(LEAF_LEVELS),
    "direction": ("tx", "rx"),
    "halt_poll": tuple(POLLING),
}


def checked(inputs: Mapping[str, Any], catalog: Catalog) -> dict[str, Any]:
    """Return the inputs by their own names; every one that is unknown or wrong is told."""
    found: dict[str, Any] = {}
    problems = []
    for name, value in inputs.items():
        key = ALIASES.get(name, name)
        if key not in INPUTS and key not in catalog.parameters:
            text = f"Is unknown. Known are {', '.join([*INPUTS, *catalog.parameters])}."
            problems.append(Finding("error", "input", text, column=name, value=str(value)[:80]))
        elif key in found:
            problems.append(Finding("error", "input", f"Is {key}, which is given twice.", column=name))
        elif wrong := _wrong(key, value):
            problems.append(Finding("error", "input", wrong, column=name, value=str(value)[:80]))
        else:
            found[key] = str(value) if key in _WORDS else float(value)
    if problems:
        raise InputError(problems)
    return found


def _wrong(key: str, value: Any) -> str:
    """Return what is wrong with the value of an input, or an empty text."""
    if key in _WORDS:
        allowed = _CHOICES.get(key, (str(value),))
        return "" if str(value) in allowed else f"Is unknown. Known are {', '.join(allowed)}."
    if not (isinstance(value, bool | int | float | np.number) and 0 <= value < 1e18):
        return "Expected a number, 0 or more."
    if key in _ABOVE_ZERO and value < 1e-6:
        return "Expected a number above 0."
    if key == "pcpus" and not 1 <= value <= _MOST_CORES:
        return f"Expected the cores of a host, 1 to {_MOST_CORES:,}."
    return ""
