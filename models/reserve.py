"""What is reserved for each VM, and what each host offers, in every dimension that can be a limit."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from models import catalog
from models.arrays import NOWHERE, Floats
from models.charging import Technique
from models.demand import Usage, Wanted, resolved, wanted
from models.estate import processors
from models.inventory import Hosts, Inventory
from models.laws import contention
from models.overhead import Charge
from models.rules import Rule

UNLIMITED = 2**40
"""Capacity where the inventory states none: larger than any sum of demands."""

COUNTED = ("sriov_functions", "gpus")
RATED = ("disk_iops", "net_mbps")


@dataclass(frozen=True)
class Choices:
    """What a formulation chooses; the application's settings say what each means."""

    cpu: str = "auto"
    memory: str = "auto"
    other: str = "auto"
    buckets: int = 24
    growth: float = 1.0
    minimum_coverage: float = 0.6
    cpu_ceiling: float = 0.8
    memory_ceiling: float = 0.9
    other_ceiling: float = 0.9
    vcpus_per_core: float = 4.0
    memory_overcommit: float = 1.0
    spare_hosts: int = 1
    host_memory_mib: float | None = None
    host_cpu_share: float | None = None
    cross_clusters: bool = False
    ignore_cpu_generation: bool = False
    ready_share: float | None = None
    overload_share: float | None = None
    overload_confidence: float | None = None
    technique: Technique = field(default_factory=Technique)


def demands(inventory: Inventory, usage: Usage | None, choices: Choices) -> tuple[Wanted, Wanted, dict[str, Wanted]]:
    """Return what counts as the VMs' own demand: CPU in MHz, memory in MiB, and disk and network by name."""
    vms = inventory.vms
    grid = (usage.start_s, usage.step_s) if usage is not None else (0.0, 300.0)
    unknown = np.full(len(vms), np.nan)

    def one(readings: object, basis: str, allocated: Floats, snapshot: Floats, floor: Floats, measure: bool) -> Wanted:
        matrix = readings if isinstance(readings, np.ndarray) else None
        return wanted(
            matrix,
            basis=resolved(basis, matrix, measure=measure),
            allocated=allocated,
            snapshot=snapshot,
            floor=floor,
            counted=inventory.running,
            grid=grid,
            buckets=choices.buckets,
            minimum_coverage=choices.minimum_coverage,
        )

    def grown(found: Wanted, growth: float) -> Wanted:
        return replace(found, values=found.values * growth)

    readings = {name: getattr(usage, name, None) for name in ("cpu_mhz", "memory_mib", *RATED)}
    clock = own_clock(inventory)
    cpu_allocated = vms.vcpus * clock / choices.vcpus_per_core
    cpu = one(readings["cpu_mhz"], choices.cpu, cpu_allocated, vms.cpu_used_mhz, vms.cpu_reservation_mhz, True)
    memory = one(
        readings["memory_mib"],
        choices.memory,
        vms.memory_mib,
        vms.memory_consumed_mib,
        vms.memory_reservation_mib,
        False,
    )
    others = {
        name: grown(
            one(readings[name], choices.other, getattr(vms, name), unknown, np.zeros(len(vms)), True), choices.growth
        )
        for name in RATED
    }
    return grown(cpu, choices.growth), grown(memory, choices.growth), others


def own_clock(inventory: Inventory) -> Floats:
    """Return the clock of the host that each VM is on, in MHz; the median host's for one that is on none."""
    clocks = inventory.hosts.cpu_mhz
    if not len(clocks):
        return np.zeros(len(inventory.vms))
    return np.where(inventory.start == NOWHERE, np.median(clocks), clocks[inventory.start])


def demand_columns(
    inventory: Inventory,
    choices: Choices,
    cpu: Wanted,
    memory: Wanted,
    charge: Charge,
    others: dict[str, Wanted],
    rules: Sequence[Rule],
) -> dict[str, Floats]:
    """Return a column of demand for each dimension that can be a limit. Shape (vms,) or (kinds, vms)."""
    vms, running = inventory.vms, inventory.running
    columns: dict[str, Floats] = {"vcpus": (vms.vcpus * running).astype(np.float64)}
    if cpu.basis != "as allocated" or _named(rules, "cpu_mhz"):
        columns |= _bucketed("cpu_mhz", charge.cpu_mhz)
    columns |= _bucketed("memory_mib", memory.values + charge.memory_mib[..., None])
    for name, want in others.items():
        if _limits(inventory, name, want.values) or _named(rules, name):
            columns |= _bucketed(name, want.values)
    if _limits(inventory, "disk_gib", vms.disk_gib) or _named(rules, "disk_gib"):
        columns["disk_gib"] = vms.disk_gib
    for name in COUNTED:
        if getattr(vms, name).any() or _named(rules, name):
            columns[name] = (getattr(vms, name) * running).astype(np.float64)
    return columns


def _bucketed(name: str, values: Floats) -> dict[str, Floats]:
    if values.shape[-1] == 1:
        return {name: values[..., 0]}
    return {f"{name}@{index:02d}": values[..., index] for index in range(values.shape[-1])}


def _limits(inventory: Inventory, name: str, values: Floats) -> bool:
    return bool(values.any() and not np.isnan(getattr(inventory.hosts, name)).all())


def _named(rules: Sequence[Rule], dim: str) -> bool:
    return any(getattr(rule, "dim", "") == dim for rule in rules)


def offered(hosts: Hosts, dim: str, choices: Choices, *, ceiling: bool) -> Floats:
    """Return what each host offers in a dimension; without the ceiling, what it offers after another's loss."""
    if dim == "vcpus":
        return np.asarray(hosts.cores * choices.vcpus_per_core, np.float64)
    if dim in COUNTED:
        return np.asarray(getattr(hosts, dim), np.float64)
    if dim == "cpu_mhz":
        net = net_mhz(hosts, choices)
        return np.minimum(net * choices.cpu_ceiling, calm_mhz(hosts, choices)) if ceiling else net
    if dim == "memory_mib":
        fixed = catalog.number("reserve", "host_memory_fixed_mib")
        kept = hosts.memory_mib * catalog.number("reserve", "host_memory_share") + fixed
        kept = kept if choices.host_memory_mib is None else np.full(len(hosts), choices.host_memory_mib)
        usable = np.maximum(hosts.memory_mib - kept, 0.0)
        return usable * choices.memory_overcommit * (choices.memory_ceiling if ceiling else 1.0)
    stated: Floats = getattr(hosts, dim)
    return np.where(np.isnan(stated), UNLIMITED, stated * (choices.other_ceiling if ceiling else 1.0))


def net_mhz(hosts: Hosts, choices: Choices) -> Floats:
    """Return the CPU of each host without what the hypervisor itself takes. [MHz] Shape (hosts,)."""
    share = _or_catalog(choices.host_cpu_share, "host_cpu_share")
    return np.asarray(hosts.cores * hosts.cpu_mhz * (1 - share), np.float64)


def gain(hosts: Hosts, choices: Choices) -> Floats:
    """Return what the hardware threads of a core achieve together, over one alone. Shape (hosts,)."""
    catalogue = choices.technique.catalog
    rows, _ = processors(hosts, catalogue, choices.technique.change.microarchitecture)
    return np.where(hosts.threads_per_core > 1, catalogue.microarchitectures.numbers["smt_gain"][rows], 1.0)


def calm_mhz(hosts: Hosts, choices: Choices) -> Floats:
    """Return the most CPU of each host at which the ready time keeps its limit. [MHz] Shape (hosts,)."""
    if choices.ready_share is None or not len(hosts):
        return np.full(len(hosts), np.inf)
    weight = choices.technique.catalog.parameters["ready_stretch"]
    busiest = contention.busiest(hosts.cores.astype(np.float64), choices.ready_share, weight)
    return busiest * net_mhz(hosts, choices) * gain(hosts, choices)


def _or_catalog(given: float | None, key: str) -> float:
    return catalog.number("reserve", key) if given is None else given
