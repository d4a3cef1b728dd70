"""Where VMs go by an exact model: all of them at once, at the least growth of power; for as many as it can take."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from models.arrays import NOWHERE, Floats, Mask, Rows
from solvers.policies.placement import BestFit, FirstFit, Placement, PowerAwareBestFit, Request, Rule, growth

UNPLACED = 10**9
"""What a VM without a host costs, in thousandths of a watt: more than any that has one."""


@dataclass(frozen=True)
class SolverFit:
    """
    As many VMs as fit, at the least growth of power, hosts that would have to be switched on included.

    What a host draws more for a VM is taken at its present load, each VM by itself. Where VMs times hosts with room are
    too many for a model, and where it finds nothing in time, VMs go to where the draw grows least, one by one.

    Parameters
    ----------
    most
        VMs times hosts with room, up to which the model is built.
    seconds
        Deterministic time; about as many seconds. [s]
    seed
        Of the search.
    """

    most: int = 5000
    seconds: float = 1.0
    seed: int = 1

    @property
    def rule(self) -> Rule:
        """The rule by which hosts are emptied, which takes no time to search."""
        return PowerAwareBestFit().rule

    def __call__(self, request: Request) -> Rows:
        """Return the host for each VM."""
        first = PowerAwareBestFit()(request)
        room = roomy(request) if len(first) * len(request.hosts) <= 100 * self.most else None
        if room is None or not room.any() or room.sum() > self.most:
            return first
        found = self._solved(request, room, first)
        return first if found is None else found

    def _solved(self, request: Request, room: Mask, first: Rows) -> Rows | None:
        """Return what the model finds, None if nothing in time."""
        from ortools.sat.python import cp_model

        model = cp_model.CpModel()
        at = {(int(vm), int(host)): model.new_bool_var("") for vm, host in np.argwhere(room)}
        cost = _stated(model, request, at)
        for (vm, host), literal in at.items():
            model.add_hint(literal, bool(first[vm] == host))
        model.minimize(cost)
        solver = cp_model.CpSolver()
        solver.parameters.random_seed, solver.parameters.num_workers = self.seed, 1
        solver.parameters.max_deterministic_time = self.seconds
        if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return None
        found = np.full(len(first), NOWHERE, np.int64)
        for (vm, host), literal in at.items():
            if solver.boolean_value(literal):
                found[vm] = host
        return found


def roomy(request: Request) -> Mask:
    """Return which VMs fit on which hosts as they are. Shape (vms, hosts)."""
    fits: Mask = request.takes & (request.boundary == request.home[:, None])
    fits &= request.cpu_mhz + request.demand_mhz[:, None] <= request.limit_mhz
    fits &= request.held_mib + request.memory_mib[:, None] <= request.memory_limit_mib
    own = request.source != NOWHERE
    fits[own, request.source[own]] = False
    return fits


def _stated(model: Any, request: Request, at: dict[tuple[int, int], Any]) -> Any:
    """State that each VM is on one host at most and no host is over a limit; return what is to be minimised."""
    on = _on(model, request, at)
    cost = sum(_idle(request, host) * literal for host, literal in on.items())
    for vm in range(len(request.demand_mhz)):
        mine = {host: literal for (other, host), literal in at.items() if other == vm}
        if mine:
            model.add_at_most_one(mine.values())
            more = _growth(request, vm, np.array(list(mine)))
            cost += sum((int(watts) - UNPLACED) * literal for watts, literal in zip(more, mine.values(), strict=True))
    for host in {host for _, host in at}:
        there = [(vm, literal) for (vm, other), literal in at.items() if other == host]
        for need, free in _sizes(request, host):
            model.add(sum(int(need[vm]) * literal for vm, literal in there) <= free)
    return cost


def _on(model: Any, request: Request, at: dict[tuple[int, int], Any]) -> dict[int, Any]:
    """Return a literal for each host that would have to be switched on, true if a VM is on it."""
    on = {host: model.new_bool_var("") for host in {host for _, host in at} if not request.draws[host]}
    for (_, host), literal in at.items():
        if host in on:
            model.add_implication(literal, on[host])
    return on


def _sizes(request: Request, host: int) -> tuple[tuple[Floats, int], tuple[Floats, int]]:
    """Return what each VM needs and what is free on a host, in whole MHz and MiB, rounded to the safe side."""
    return (
        (np.ceil(request.demand_mhz), int(np.floor(request.limit_mhz[host] - request.cpu_mhz[host]))),
        (np.ceil(request.memory_mib), int(np.floor(request.memory_limit_mib[host] - request.held_mib[host]))),
    )


def _growth(request: Request, vm: int, hosts: Rows) -> Floats:
    """Return by how much hosts that are on would draw more for a VM, in thousandths of a watt."""
    on = replace(request, draws=np.ones(len(request.takes), np.bool_))
    more: Floats = np.rint(growth(on, hosts, on.cpu_mhz, on.demand_mhz[vm], on.draws) / 1000)
    return more


def _idle(request: Request, host: int) -> int:
    return round(1000 * float(request.curve_w[host, 0]))


PLACEMENTS: Mapping[str, Callable[..., Placement]] = {
    "ff": FirstFit,
    "bf": BestFit,
    "pabfd": PowerAwareBestFit,
    "solver": SolverFit,
}
"""The ways to place VMs, by name."""
