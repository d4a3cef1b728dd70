"""Splits a problem into parts that share no host and no rule, so that each can be solved alone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from models.arrays import NOWHERE, Mask, Rows
from models.costs import Cost, Distance, Excess, HostsOn, MostMoved, Moves, Sum
from models.problem import Problem
from models.rules import (
    Among,
    Ban,
    Dependency,
    Fence,
    Gather,
    LeastPlaces,
    Lonely,
    MaxOnline,
    Overbook,
    Overload,
    Preserve,
    ResourceCapacity,
    Rule,
    RunningCapacity,
    Spare,
    Split,
    Spread,
)


@dataclass(frozen=True, eq=False)
class Part:
    """A problem of its own, and the rows of the whole that it holds."""

    problem: Problem
    vms: Rows
    hosts: Rows

    def own(self, host: Rows) -> Rows:
        """Return the host of each of its VMs as a row of its own, given that of all VMs. Shape (own vms,)."""
        most = max(int(host.max(initial=NOWHERE)), int(self.hosts.max(initial=NOWHERE)))
        found: Rows = index_of(self.hosts, most + 2)[host[self.vms]]
        return found


def split(problem: Problem) -> tuple[Part, ...]:
    """Return the parts of a problem: each VM and host is in exactly one."""
    return divided(problem, _labels(problem))


def divided(problem: Problem, label: Rows) -> tuple[Part, ...]:
    """Return the parts that a label of each host, then of each VM tells; a rule goes to each part that it names."""
    hosts = len(problem.capacity)
    named: list[list[Rule]] = [[] for _ in range(label.max(initial=-1) + 1)]
    for rule in problem.rules:
        for index in np.unique(label[_nodes(rule, hosts)]):
            named[index].append(rule)
    host_order, vm_order = (np.argsort(each, kind="stable") for each in (label[:hosts], label[hosts:]))
    host_ends, vm_ends = (
        np.searchsorted(np.sort(each), np.arange(len(named) + 1)) for each in (label[:hosts], label[hosts:])
    )
    return tuple(
        part_of(
            problem,
            vm_order[vm_ends[index] : vm_ends[index + 1]],
            host_order[host_ends[index] : host_ends[index + 1]],
            rules,
        )
        for index, rules in enumerate(named)
    )


def _nodes(rule: Rule, hosts: int) -> Rows:
    """Return the hosts, and after them the VMs, that a rule names."""
    found = [np.zeros(0, np.int64)]
    for item in fields(rule):
        value = getattr(rule, item.name)
        if item.name in ("vms", "hosts", "parts", "groups"):
            shift = hosts if item.name in ("vms", "parts") else 0
            found.extend(np.asarray(rows, np.int64) + shift for rows in _listed(value))
    return np.concatenate(found)


def _labels(problem: Problem) -> Rows:
    """Return the part of each host, then of each VM."""
    hosts, vms = len(problem.capacity), len(problem.start)
    pairs = [*_scope_pairs(problem), *_rule_pairs(problem, hosts)]
    size = hosts + vms
    ends = np.concatenate(pairs, axis=1) if pairs else np.zeros((2, 0), np.int64)
    graph = coo_array((np.ones(ends.shape[1], np.int8), (ends[0], ends[1])), shape=(size, size))
    labels: Rows = connected_components(graph, directed=False)[1]
    return labels


def _scope_pairs(problem: Problem) -> Iterator[np.ndarray]:
    """Join each VM to one host of each set it can go to, the hosts of a set to each other, and it to its start."""
    hosts = len(problem.capacity)
    placed = np.flatnonzero(problem.start != NOWHERE)
    yield np.stack([problem.start[placed], placed + hosts])
    masks, which = scopes(problem)
    for index, mask in enumerate(masks):
        reached, members = np.flatnonzero(mask), np.flatnonzero(which == index)
        if len(reached) and len(members):
            yield chain(reached)
            yield np.stack([np.full(len(members), reached[0]), members + hosts])


def _rule_pairs(problem: Problem, hosts: int) -> Iterator[np.ndarray]:
    """Join what a rule couples."""
    for rule in problem.rules:
        if isinstance(rule, Spread | LeastPlaces | Gather | Among | Lonely):
            yield chain(rule.vms + hosts)
        elif isinstance(rule, Dependency):
            yield chain(np.concatenate([rule.vms, rule.on]) + hosts)
        elif isinstance(rule, Split):
            yield chain(np.concatenate(rule.parts) + hosts)
        if isinstance(rule, MaxOnline | ResourceCapacity | RunningCapacity | Spare):
            yield chain(rule.hosts)


def _listed(rows: object) -> tuple[Rows, ...]:
    return rows if isinstance(rows, tuple) else (np.asarray(rows),)


def chain(rows: Rows) -> np.ndarray:
    """Return pairs that tie each of the rows to the next. Shape (2, rows - 1)."""
    return np.stack([rows[:-1], rows[1:]])


def misplaced(problem: Problem) -> Mask:
    """Return the VMs that a Fence, Ban or Preserve forbids where they start. Shape (vms,)."""
    masks, which = scopes(problem, entering=False)
    placed = problem.start != NOWHERE
    found: Mask = placed & ~masks[which, np.where(placed, problem.start, 0)] if masks.shape[1] else placed & False
    return found


def scopes(problem: Problem, *, entering: bool = True) -> tuple[Mask, Rows]:
    """
    Return the distinct sets of hosts that Fence, Ban and Preserve leave to VMs, and each VM's set.

    Parameters
    ----------
    entering
        Whether a Ban on entering counts too; that a VM may stay is then for the caller to know.

    Returns
    -------
    tuple
        Masks, shape (sets, hosts), and the set of each VM, shape (vms,).
    """
    hosts, vms = len(problem.capacity), len(problem.start)
    which: Rows = np.zeros(vms, np.int64)
    masks: list[Mask] = [np.ones(hosts, np.bool_)]
    for rule in problem.rules:
        if isinstance(rule, Ban) and rule.entering and not entering:
            continue
        if isinstance(rule, Fence | Ban):
            allowed = np.zeros(hosts, np.bool_)
            allowed[rule.hosts] = True
            _refine(which, masks, rule.vms, allowed if isinstance(rule, Fence) else ~allowed)
        elif isinstance(rule, Preserve):
            column = problem.dims.index(rule.dim)
            for vm in rule.vms:
                _refine(which, masks, np.array([vm]), problem.demand[problem.kind, vm, column] >= rule.least)
    used = np.flatnonzero(np.bincount(which, minlength=len(masks)) if vms else [1])
    return np.array([masks[index] for index in used]), index_of(used, len(masks))[which]


def _refine(which: Rows, masks: list[Mask], members: Rows, allowed: Mask) -> None:
    """Split the sets of some VMs by a further mask, in place; sets that nobody has any more are left."""
    old, inverse = np.unique(which[members], return_inverse=True)
    which[members] = len(masks) + inverse
    masks.extend(masks[index] & allowed for index in old)


def part_of(problem: Problem, vms: Rows, hosts: Rows, rules: Sequence[Rule]) -> Part:
    """Return the problem of some VMs, on some hosts that hold them all, with what these rules say of them."""
    vm_row, host_row = index_of(vms, len(problem.start)), index_of(hosts, len(problem.capacity))
    start = problem.start[vms]
    smaller = Problem.of(
        problem.demand[:, vms],
        problem.capacity[hosts],
        failover=problem.failover[hosts],
        kind=problem.kind[hosts],
        start=np.where(start == NOWHERE, NOWHERE, host_row[np.where(start == NOWHERE, 0, start)])
        if len(hosts)
        else start,
        on=problem.on[hosts],
        transient=problem.transient,
        turns=problem.turns,
        start_turn=problem.start_turn[vms],
        levels={name: places[hosts] for name, places in problem.levels.items()},
        rules=[kept for rule in rules if (kept := restricted(rule, vm_row, host_row)) is not None],
        costs=[_cost(cost, vm_row, host_row) for cost in problem.costs],
        dims=problem.dims,
        hosts=problem.hosts[hosts],
        vms=problem.vms[vms],
    )
    return Part(smaller, vms, hosts)


def index_of(rows: Rows, size: int) -> Rows:
    """Return the place of each row of a whole among the rows of a part, `NOWHERE` for those outside."""
    index = np.full(size, NOWHERE, np.int64)
    index[rows] = np.arange(len(rows))
    return index


def restricted(rule: Rule, vm_row: Rows, host_row: Rows) -> Rule | None:
    """Return the rule over the rows of a part, `NOWHERE` for those outside; None if it names nobody there."""
    changes: dict[str, Any] = {}
    for item in fields(rule):
        value = getattr(rule, item.name)
        row = vm_row if item.name in ("vms", "on", "parts") else host_row
        if item.name in ("vms", "on", "hosts"):
            changes[item.name] = _kept(value, row)
        elif item.name in ("parts", "groups"):
            changes[item.name] = tuple(_kept(part, row) for part in value)
    if isinstance(rule, Overbook):
        pairs = zip(rule.physical, rule.hosts, strict=True)
        changes["physical"] = tuple(amount for amount, host in pairs if host_row[host] != NOWHERE)
    if isinstance(rule, Overload):
        changes["series"] = rule.series[:, vm_row[rule.vms] != NOWHERE]
        changes["limit"] = rule.limit[host_row[rule.hosts] != NOWHERE]
    if any(not _anyone(changes[name]) for name in ("vms", "parts") if name in changes):
        return None
    if "vms" not in changes and "hosts" in changes and not _anyone(changes["hosts"]):
        return None
    return replace(rule, **changes)


def _kept(rows: Rows, row: Rows) -> Rows:
    found = row[rows]
    kept: Rows = found[found != NOWHERE]
    return kept


def _anyone(rows: Any) -> bool:
    return any(len(part) for part in _listed(rows))


def _cost(cost: Cost, vm_row: Rows, host_row: Rows) -> Cost:
    """Return the cost over the part's rows; rows outside have index -1."""
    vms, hosts = np.flatnonzero(vm_row != NOWHERE), np.flatnonzero(host_row != NOWHERE)
    if isinstance(cost, HostsOn):
        return HostsOn(cost.weights[hosts], cost.tolerance)
    if isinstance(cost, Moves):
        return Moves(cost.weights[vms], cost.joined)
    if isinstance(cost, Excess):
        return Excess(cost.weights, cost.safe[hosts])
    if isinstance(cost, MostMoved):
        return MostMoved(tuple(_kept(group, vm_row) for group in cost.groups), cost.weight)
    if isinstance(cost, Distance) and cost.level == "host":
        return Distance(cost.matrix[np.ix_(hosts, hosts)], cost.weight)
    if isinstance(cost, Sum):
        return Sum(tuple(_cost(term, vm_row, host_row) for term in cost.terms))
    return cost
