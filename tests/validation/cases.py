"""
Rows of published measurements as calls of `models.overhead.predict`.

A row names workload, technology and processor in words, as its source does; here they become keys of the catalog. What
a row measured itself (``measured_s``, ``vm_tpm``, …) is left out: only inputs are used.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from models.quantities import ALIASES, INPUTS, METRICS
from models.technology import standard

Words = tuple[tuple[str, str], ...]

EVENTS: Words = (
    (r"page fault|pgfault", "page_fault"),
    (r"ptemod|pte write", "pte_write"),
    (r"context switch", "context_switch"),
    (r"hypercall|vmcall|direct cost of one exit", "hypercall"),
    (r"\bipi\b", "ipi"),
    (r"cpuid|msr", "control_sensitive"),
    (r"interrupt controller trap|apic", "apic_trap"),
    (r"\beoi\b|irq completion", "eoi"),
    (r"vm switch", "vcpu_switch"),
    (r"kick|latency out", "kick"),
    (r"user ?space|port i", "exit_user"),
    (r"timer|deadline", "timer_tick"),
    (r"syscall|null call|null i/o", "syscall"),
    (r"\bfork\b", "fork"),
    (r"\bexec\b", "exec"),
)
WORKLOADS: Words = (
    (r"linux .*build|kernel (build|compile)|kernbench", "kernel-build"),
    (r"process-creation|mmu-intensive", "process-build"),
    (r"oltp|database|tpc-c", "oltp"),
    (r"compression", "compression"),
    (r"linpack|hpc|stream", "hpc"),
)
"""Profiles, where the row does not give the rates of what it depends on; others have none but those given."""
TECHNOLOGIES: Words = (
    (r"nested", "nested"),
    (r"container|docker|lxc|openvz", "container"),
    (r"gvisor|sandbox", "container-sandboxed"),
    (r"user-mode linux|\buml\b", "user-mode-kernel"),
    (r"hosted|workstation|vmware ws", "hosted"),
    (r"xen.*hvm|xen x86", "hardware-assisted-xen"),
    (r"xen pv|para-?virtual|split driver|dom0|difference engine", "para-virtual"),
    (r"binary translation", "binary-translation"),
    (r"gain over shadow|ept over shadow", "hardware-assisted"),
    (r"shadow", "shadow-paging"),
    (r"rcuda|vcuda|gpu", "gpu-remoting"),
    (r"wine|api intercept", "api-interception"),
    (r"ahead-of-time|rosetta", "aot-translation"),
    (r"interpreting jvm|interpreted", "application-interpreted"),
    (r"\bjvm\b|\bclr\b|java", "application-jit"),
    (r"bochs", "interpreter"),
    (r"qemu user", "dbt-user"),
    (r"tcg", "dbt-system"),
    (r"native|bare", "native"),
)
PROCESSORS: Words = (
    (r"2\.4\.21|sosp 2003", "p4-xeon"),
    (r"pentium ?4|asplos 2006", "prescott"),
    (r"sandy|isca 2016", "sandy-bridge"),
    (r"nehalem|x5570|asplos 2012|osdi 2010|vroom 2009|ept white paper|hpca", "nehalem"),
    (r"skylake", "skylake-sp"),
    (r"haswell|vee 2016|micro 2014", "haswell"),
    (r"rc25482|felter", "sandy-bridge"),
    (r"nested", "sandy-bridge"),
)
NET_PATHS: Words = (
    (r"optimi[sz]ed|multi-?queue|grant reuse", "dom0-optimised"),
    (r"split driver|dom0|driver domain", "dom0-split"),
    (r"in-hypervisor|vmxnet", "para-virtual-hypervisor"),
    (r"uml|user-mode linux", "user-mode"),
    (r"sr-iov|direct assignment", "sr-iov"),
)
POLLING: Words = ((r"dynamic", "dynamic"), (r"always", "always"))
DISK_PATHS: Words = ((r"pvscsi", "pvscsi"), (r"virtio-blk", "virtio-blk"), (r"\blsi\b", "emulated-scsi"))


@dataclass(frozen=True)
class Case:
    """A call of `models.overhead.predict`, and the metric that answers the row."""

    workload: str
    technology: str
    microarchitecture: str
    inputs: Mapping[str, Any]
    metric: str
    tolerance: float
    absolute: bool


def case(row: Mapping[str, str]) -> Case:
    """Return the call for a row with the columns of the calibration file."""
    given, words = _given(row["inputs"]), " ".join((row["workload"], row["technology"])).lower()
    everything = f"{words} {row['source'].lower()}"
    metric = _metric(row["metric"], words)
    event = _first(EVENTS, row["workload"].lower()) if metric in ("cycles", "extra_cycles") else ""
    processor = str(given.pop("uarch", ""))
    tolerance = str(given.pop("tol", "0.1"))
    inputs = {name: value for name, value in given.items() if _is_input(name)}
    inputs |= _meant(metric, given, words, inputs)
    return Case(
        event or _first(WORKLOADS, words) or "none",
        _first(TECHNOLOGIES, row["technology"].lower()) or "hardware-assisted",
        _first(PROCESSORS, processor.lower()) or _known(processor) or _first(PROCESSORS, everything) or "skylake-sp",
        inputs,
        metric,
        _number(tolerance) or 0.0,
        "abs" in tolerance,
    )


def _metric(name: str, words: str) -> str:
    """Return the metric that a row means: CPU against native is a path's, where it is of the network."""
    if name in METRICS or not re.search(r"cpu.*(native|ratio|use)", name):
        return name
    return "pathlength_ratio" if re.search(r"netperf|iperf|\b[tr]x\b|network", words) else "cpu_ratio"


def _known(processor: str) -> str:
    return processor if processor in standard().microarchitectures.index else ""


def _given(text: str) -> dict[str, Any]:
    """Return ``name=value`` pairs; a value is a number, with a remark after it, or else a word."""
    found: dict[str, Any] = {}
    for part in filter(None, (each.strip() for each in text.split(";"))):
        name, sign, value = part.partition("=")
        if timer := re.fullmatch(r"timer (\d+)/s", part):
            found["timer_tick_ps"] = float(timer[1])
        elif sign and re.fullmatch(r"\w+", name):
            found[name] = value if name in ("uarch", "tol") or _number(value) is None else _number(value)
    return found


def _number(text: str) -> float | None:
    """Return the number that a text begins with, if it has nothing but a remark after it."""
    found = re.fullmatch(r"(\d+(?:\.\d*)?(?:e\d+)?)(?:\s.*)?", text.strip())
    return float(found[1]) if found else None


def _is_input(name: str) -> bool:
    return name not in ("native",) and (name in INPUTS or name in ALIASES or name in standard().parameters)


def _meant(metric: str, given: Mapping[str, Any], words: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the row says in words, or by a name whose meaning depends on the metric."""
    found: dict[str, Any] = {}
    if "native" in given and metric in ("cycles", "extra_cycles"):
        found["native_cycles"] = given["native"]
    if "native" in given and metric == "walk_overhead_vs_ideal":
        found["walk_overhead"] = given["native"]
    if metric == "throughput":
        found["direction"] = "rx" if re.search(r"\brx\b", words) else "tx"
    if metric == "host_c0_share":
        found["halt_poll"] = _first(POLLING, words) or "off"
    if metric == "speedup":
        found["against"] = "shadow-paging"
    if metric == "cpio_ratio":
        found |= {"disk_path": "pvscsi", "against_disk_path": "emulated-scsi"}
    elif path := _first(DISK_PATHS, words):
        found["disk_path"] = path
    if re.search(r"untuned.*two sockets", words):
        found["remote_share"] = 0.5
    if path := _first(NET_PATHS, words):
        found["net_path"] = path
    return {name: value for name, value in found.items() if name not in inputs}


def _first(table: Words, text: str) -> str:
    return next((key for pattern, key in table if re.search(pattern, text)), "") if text else ""
