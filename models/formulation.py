"""From an inventory to a `Problem`: what is reserved for each VM, what each host offers, and which rules hold."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from models import catalog
from models.arrays import NOWHERE, Floats, Ints, Mask, Rows
from models.boundaries import Choice, boundaries
from models.costs import Headroom, HostsOn, Moves
from models.demand import Usage, Wanted, resolved, wanted
from models.errors import InputError
from models.inventory import Hosts, Inventory
from models.laws import power
from models.overhead import Overhead, overhead
from models.problem import Problem
from models.rules import Overbook, Preserve, ResourceCapacity, Rule, Spare

UNLIMITED = 2**40
"""Capacity where the inventory states none: larger than any sum of demands."""

COUNTED = ("sriov_functions", "gpus")
RATED = ("disk_iops", "net_mbps")
_DATACENTER_LEVELS = ("rack", "cluster", "datacenter")
_LIVE_MOVE = 1_000
_COLD_MOVE = 10


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


@dataclass(frozen=True, eq=False)
class Formulation:
    """
    A problem, and what stands behind its whole numbers.

    Parameters
    ----------
    problem
        The placement problem.
    cpu, memory
        What counts as demand of the VMs themselves. [MHz], [MiB]
    added
        What virtualization adds to it.
    offered_cpu_mhz, offered_memory_mib
        What hosts offer net of ceiling and reserve. Shape (hosts,).
    """

    problem: Problem
    cpu: Wanted
    memory: Wanted
    added: Overhead
    offered_cpu_mhz: Floats
    offered_memory_mib: Floats

    @property
    def coverage(self) -> float:
        """Share of the readings that the basis wanted and had, the worse of CPU and memory."""
        return min(self.cpu.coverage, self.memory.coverage)


def formulate(
    inventory: Inventory, choices: Choices = Choices(), usage: Usage | None = None, rules: Sequence[Rule] = ()
) -> Formulation:
    """
    Return the problem of an inventory.

    Parameters
    ----------
    inventory, usage
        What is there, and how it was used.
    choices
        Bases, ceilings, reserves, spare hosts.
    rules
        The user's rules; boundaries and spares that follow from the data are added.

    Raises
    ------
    InputError
        If there are VMs and no hosts.
    """
    if len(inventory.vms) and not len(inventory.hosts):
        raise InputError(f"The inventory has {len(inventory.vms):,} VMs and no hosts to place them on.")
    cpu, memory, others = _demands(inventory, usage, choices)
    technology = np.where(inventory.vms.technology == "", _own_technology(inventory), inventory.vms.technology)
    added = overhead(technology, cpu.values, inventory.vms.vcpus, inventory.vms.memory_mib)
    running = inventory.running
    added = Overhead(added.cpu_mhz * running[:, None], added.memory_mib * running)
    demand = _demand_columns(inventory, choices, cpu, memory, added, others, rules)
    offered = {name: _offered(inventory.hosts, name.partition("@")[0], choices, ceiling=True) for name in demand}
    failover = {name: _offered(inventory.hosts, name.partition("@")[0], choices, ceiling=False) for name in demand}
    every_rule = (
        *boundaries(inventory, Choice(not choices.cross_clusters, not choices.ignore_cpu_generation)),
        *spares(inventory, choices.spare_hosts),
        *_expanded(rules, tuple(demand)),
    )
    problem = Problem.of(
        np.stack([_up(column) for column in demand.values()], axis=1),
        np.stack([_down(column) for column in offered.values()], axis=1),
        failover=np.stack([_down(column) for column in failover.values()], axis=1),
        start=inventory.start,
        on=_on(inventory),
        dims=tuple(demand),
        levels={name: _codes(inventory, name) for name in _DATACENTER_LEVELS},
        rules=every_rule,
        costs=_costs(inventory),
        hosts=inventory.hosts.host,
        vms=inventory.vms.vm,
    )
    return Formulation(
        _amended(problem, every_rule),
        cpu,
        memory,
        added,
        _offered(inventory.hosts, "cpu_mhz", choices, ceiling=True),
        _offered(inventory.hosts, "memory_mib", choices, ceiling=True),
    )


def _on(inventory: Inventory) -> Mask:
    """Return the hosts that are on: by their own word, or because a VM runs on them."""
    used = inventory.start[inventory.running & (inventory.start != NOWHERE)]
    found: Mask = (inventory.hosts.power_state == "on") | np.isin(np.arange(len(inventory.hosts)), used)
    return found


def _demands(inventory: Inventory, usage: Usage | None, choices: Choices) -> tuple[Wanted, Wanted, dict[str, Wanted]]:
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


def _own_technology(inventory: Inventory) -> Rows:
    start = inventory.start
    default = type(inventory.hosts).columns()["technology"].default
    of_host = inventory.hosts.technology
    return np.array([of_host[row] if row != NOWHERE else default for row in start], dtype=object)


def _demand_columns(
    inventory: Inventory,
    choices: Choices,
    cpu: Wanted,
    memory: Wanted,
    added: Overhead,
    others: dict[str, Wanted],
    rules: Sequence[Rule],
) -> dict[str, Floats]:
    """Return a column of demand for each dimension that can be a limit."""
    vms, running = inventory.vms, inventory.running
    columns: dict[str, Floats] = {"vcpus": (vms.vcpus * running).astype(np.float64)}
    if cpu.basis != "as allocated" or _named(rules, "cpu_mhz"):
        columns |= _bucketed("cpu_mhz", cpu.values + added.cpu_mhz)
    columns |= _bucketed("memory_mib", memory.values + added.memory_mib[:, None])
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
    if values.shape[1] == 1:
        return {name: values[:, 0]}
    return {f"{name}@{index:02d}": values[:, index] for index in range(values.shape[1])}


def _limits(inventory: Inventory, name: str, values: Floats) -> bool:
    return bool(values.any() and not np.isnan(getattr(inventory.hosts, name)).all())


def _named(rules: Sequence[Rule], dim: str) -> bool:
    return any(getattr(rule, "dim", "") == dim for rule in rules)


def _offered(hosts: Hosts, dim: str, choices: Choices, *, ceiling: bool) -> Floats:
    """Return what each host offers in a dimension; without the ceiling, what it offers after another's loss."""
    if dim == "vcpus":
        return np.asarray(hosts.cores * choices.vcpus_per_core, np.float64)
    if dim in COUNTED:
        return np.asarray(getattr(hosts, dim), np.float64)
    if dim == "cpu_mhz":
        share = _or_catalog(choices.host_cpu_share, "host_cpu_share")
        return hosts.cores * hosts.cpu_mhz * (1 - share) * (choices.cpu_ceiling if ceiling else 1.0)
    if dim == "memory_mib":
        fixed = catalog.number("reserve", "host_memory_fixed_mib")
        kept = hosts.memory_mib * catalog.number("reserve", "host_memory_share") + fixed
        kept = kept if choices.host_memory_mib is None else np.full(len(hosts), choices.host_memory_mib)
        usable = np.maximum(hosts.memory_mib - kept, 0.0)
        return usable * choices.memory_overcommit * (choices.memory_ceiling if ceiling else 1.0)
    stated: Floats = getattr(hosts, dim)
    return np.where(np.isnan(stated), UNLIMITED, stated * (choices.other_ceiling if ceiling else 1.0))


def _or_catalog(given: float | None, key: str) -> float:
    return catalog.number("reserve", key) if given is None else given


def _up(column: Floats) -> Ints:
    """Round demand up, forgiving what binary fractions add."""
    return np.ceil(np.round(column, 6)).astype(np.int64)


def _down(column: Floats) -> Ints:
    return np.floor(np.round(column, 6)).astype(np.int64)


def _codes(inventory: Inventory, level: str) -> Rows:
    """Return the place of each host in a level; a host that names none is outside it."""
    column = getattr(inventory.hosts, level)
    numbers = {name: index for index, name in enumerate(sorted(set(column) - {""}))}
    return np.array([numbers.get(name, -1) for name in column], np.int32)


def spares(inventory: Inventory, count: int) -> tuple[Rule, ...]:
    """Return the rule that each cluster of at least two hosts that are on can lose `count` of them."""
    hosts = inventory.hosts
    usable = (hosts.power_state == "on") & ~hosts.maintenance
    rules = []
    for cluster in sorted(set(hosts.cluster)) if count else ():
        rows = np.flatnonzero((hosts.cluster == cluster) & usable)
        if len(rows) > 1:
            rules.append(Spare(hosts=rows, count=min(count, len(rows) - 1), name=cluster))
    return tuple(rules)


def _expanded(rules: Sequence[Rule], dims: tuple[str, ...]) -> tuple[Rule, ...]:
    """Return the rules, those over a resource that has parts of the day repeated for each part."""
    expanded: list[Rule] = []
    for rule in rules:
        if not isinstance(rule, ResourceCapacity | Overbook | Preserve):
            expanded.append(rule)
        else:
            matching = [dim for dim in dims if dim.partition("@")[0] == rule.dim]
            expanded.extend(replace(rule, dim=dim) for dim in matching)
    return tuple(expanded)


def _amended(problem: Problem, rules: Sequence[Rule]) -> Problem:
    """Return the problem with what Overbook and Preserve demand put into capacity and demand."""
    capacity, failover, demand = problem.capacity.copy(), problem.failover.copy(), problem.demand.copy()
    for rule in rules:
        if isinstance(rule, Overbook):
            column = problem.dims.index(rule.dim)
            limit = [math.floor(rule.ratio * amount) for amount in rule.physical]
            capacity[rule.hosts, column] = failover[rule.hosts, column] = limit
        elif isinstance(rule, Preserve):
            column = problem.dims.index(rule.dim)
            demand[:, rule.vms, column] = np.maximum(demand[:, rule.vms, column], rule.least)
    return Problem.of(
        demand,
        capacity,
        failover=failover,
        **{
            name: getattr(problem, name)
            for name in ("kind", "start", "on", "transient", "levels", "rules", "costs", "dims", "hosts", "vms")
        },
    )


def _costs(inventory: Inventory) -> tuple[HostsOn, Moves, Headroom]:
    """Return the stages: hosts on by their idle draw, then moves, those of running VMs first, then headroom."""
    idle = power.points(inventory.hosts)[:, 0]
    gib = np.minimum(inventory.vms.memory_mib / 1024, _LIVE_MOVE - 1).astype(np.int64)
    weights = np.where(inventory.running, _LIVE_MOVE + gib, _COLD_MOVE)
    return HostsOn(np.maximum(np.rint(idle).astype(np.int64), 1)), Moves(weights), Headroom()
