"""From an inventory to a `Problem`: what is reserved for each VM, what each host offers, and which rules hold."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from models.arrays import NOWHERE, Floats, Ints, Mask, Rows
from models.boundaries import Choice, boundaries
from models.charging import Billing, billing
from models.costs import Headroom, HostsOn, Moves
from models.demand import Usage, Wanted
from models.errors import InputError
from models.estate import Rates
from models.inventory import Hosts, Inventory
from models.laws import power
from models.lifecycle import CANDIDATE
from models.lifecycle import rules as lifecycle
from models.overhead import Charge, of
from models.overloads import Readings
from models.overloads import rule as overload
from models.problem import Problem
from models.reserve import Choices, demand_columns, demands, offered
from models.rules import Overbook, Preserve, ResourceCapacity, Rule, Spare

DEFAULT = Choices()
_DATACENTER_LEVELS = ("rack", "cluster", "datacenter")
_LIVE_MOVE = 1_000
_COLD_MOVE = 10
_BEYOND = 1e12
"""More than any host has of anything; sums over millions of VMs stay whole numbers."""


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
    rates
        Traffic and requests that are charged.
    billing, charge
        The laws of overhead, and what they charge running VMs on each kind of host.
    choices
        What was chosen.
    offered_cpu_mhz, offered_memory_mib
        What hosts offer net of ceiling and reserve. Shape (hosts,).
    readings
        What VMs take sample by sample; None without readings.
    """

    problem: Problem
    cpu: Wanted
    memory: Wanted
    rates: Rates
    billing: Billing
    charge: Charge
    choices: Choices
    offered_cpu_mhz: Floats
    offered_memory_mib: Floats
    readings: Readings | None = None

    def overload_share(self, host: Rows) -> Floats:
        """Return the share of samples in which each host is overloaded; NaN without readings. Shape (hosts,)."""
        problem = self.problem
        if self.readings is None:
            return np.full(len(problem.hosts), np.nan)
        return self.readings.shares(host, problem.kind, _down(self.offered_cpu_mhz))

    @property
    def coverage(self) -> float:
        """Share of the readings that the basis wanted and had, the worse of CPU and memory."""
        return min(self.cpu.coverage, self.memory.coverage)

    def at(self, values: Floats, host: Rows) -> Floats:
        """Return a field of the charge for VMs that are on the hosts given. Shape (vms, ...)."""
        return of(values, np.where(host == NOWHERE, NOWHERE, self.problem.kind[host]))


def formulate(
    inventory: Inventory, choices: Choices = DEFAULT, usage: Usage | None = None, rules: Sequence[Rule] = ()
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
        raise InputError(f"The inventory has VMs ({len(inventory.vms):,}) and no hosts to place them on.")
    cpu, memory, others = demands(inventory, usage, choices)
    rates = most(others)
    bill = billing(inventory, choices.technique, rates)
    charge = bill.charge(cpu.values).of(inventory.running.astype(np.float64))
    target, hosts = bill.inventory, inventory.hosts
    demand = demand_columns(target, choices, cpu, memory, charge, others, rules)
    capacity = {name: offered(hosts, name.partition("@")[0], choices, ceiling=True) for name in demand}
    failover = {name: offered(hosts, name.partition("@")[0], choices, ceiling=False) for name in demand}
    readings = Readings(inventory, usage, bill, cpu, choices.growth) if usage is not None and usage.samples else None
    overloads = _overloads(readings, len(bill.kinds.technology), hosts, choices)
    every_rule = (
        *boundaries(target, _boundary(choices), inventory),
        *lifecycle(inventory),
        *spares(inventory, choices.spare_hosts),
        *_expanded(rules, tuple(demand)),
        *overloads,
    )
    problem = Problem.of(
        _stacked(demand, len(bill.kinds.technology), len(inventory.vms)),
        np.stack([_down(column) for column in capacity.values()], axis=1),
        failover=np.stack([_down(column) for column in failover.values()], axis=1),
        kind=bill.kind,
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
        rates,
        bill,
        charge,
        choices,
        offered(inventory.hosts, "cpu_mhz", choices, ceiling=True),
        offered(inventory.hosts, "memory_mib", choices, ceiling=True),
        readings,
    )


def _overloads(readings: Readings | None, kinds: int, hosts: Hosts, choices: Choices) -> tuple[Rule, ...]:
    """Return the rule on how often hosts may be overloaded, if one is wanted and readings are there."""
    if choices.overload_share is None or readings is None:
        return ()
    limit = _down(offered(hosts, "cpu_mhz", choices, ceiling=True))
    return (overload(readings, kinds, limit, choices.overload_share, choices.overload_confidence),)


def most(others: dict[str, Wanted]) -> Rates:
    """Return the traffic and requests that are charged: the most of any part of the day."""
    return Rates(*(others[name].values.max(axis=1, initial=0.0) for name in ("net_mbps", "disk_iops")))


def _boundary(choices: Choices) -> Choice:
    technique = choices.technique
    return Choice(
        clusters=not choices.cross_clusters,
        cpu_generation=not choices.ignore_cpu_generation,
        direct_io_pins=technique.direct_io_pins,
        catalog=technique.catalog,
        microarchitecture=technique.change.microarchitecture,
    )


def _stacked(demand: dict[str, Floats], kinds: int, vms: int) -> Ints:
    """Return the columns as whole numbers. Shape (kinds, vms, dims)."""
    columns = [np.broadcast_to(_up(column), (kinds, vms)) for column in demand.values()]
    return np.stack(columns, axis=2)


def _on(inventory: Inventory) -> Mask:
    """Return the hosts that are on: by their own word, or because a VM runs on them."""
    used = inventory.start[inventory.running & (inventory.start != NOWHERE)]
    here = (inventory.hosts.power_state == "on") & (inventory.hosts.lifecycle != CANDIDATE)
    found: Mask = here | np.isin(np.arange(len(inventory.hosts)), used)
    return found


def _up(column: Floats) -> Ints:
    """Round demand up, forgiving what binary fractions add; what no host could ever offer is cut."""
    return np.ceil(np.round(np.minimum(column, _BEYOND), 6)).astype(np.int64)


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
    usable = ((hosts.power_state == "on") | (hosts.lifecycle == CANDIDATE)) & ~hosts.maintenance
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
