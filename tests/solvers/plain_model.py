"""The optimum of small problems by one plain model: every VM on every host, weight first and then moves, to the end."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from ortools.sat.python import cp_model

from models.arrays import NOWHERE, Mask, Rows
from models.plan import Restarts
from models.problem import Problem
from models.rules import Fence, Gather, Root, Spare, Spread


@dataclass(frozen=True, eq=False)
class Exact:
    """Who is where, which hosts are on, whether nothing is lighter nor as light with fewer moves, and the restarts."""

    host: Rows
    on: Mask
    proven: bool
    restarts: Restarts = field(default_factory=dict)


Again = dict[tuple[int, int, int], Any]
"""For a lost host, a VM and another host, whether the VM is restarted there."""


@dataclass(frozen=True, eq=False)
class _Stated:
    """A problem as a model: who is where, which hosts are on, the restarts, the weight of hosts and of moves."""

    model: Any
    at: Any
    on: Any
    again: Again
    weight: Any
    moves: Any


def exact(problem: Problem, seconds: float) -> Exact | None:
    """
    Return the placement of least weight, then of least weight of moves; None if none was found in deterministic time.

    Knows one kind of host, and the rules Fence, Gather and Spread on hosts, Root, and Spare of one host; every VM runs.
    """
    stated = _stated(problem)
    found, proven = None, True
    for stage in (stated.weight, stated.moves):
        stated.model.minimize(stage)
        solver = cp_model.CpSolver()
        solver.parameters.max_deterministic_time = seconds / 2
        solver.parameters.num_workers = 1
        status = solver.solve(stated.model)
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return found
        proven &= status == cp_model.OPTIMAL
        found = _read(stated, solver, proven=proven)
        _hinted(stated, found.host, found.on)
        stated.model.add(stage <= round(solver.objective_value))
    return found


def fewer(problem: Problem, host: Rows, on: Mask, seconds: float, *, workers: int) -> Exact:
    """Return a placement begun from one, of no more weight, and fewer moves if the clock lets some be found."""
    stated = _stated(problem)
    stated.model.add(stated.weight <= int(problem.host_weights[on].sum()))
    stated.model.minimize(stated.moves)
    _hinted(stated, host, on)
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds, solver.parameters.num_workers = seconds, workers
    status = solver.solve(stated.model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return Exact(host, on, proven=False)
    return _read(stated, solver, proven=status == cp_model.OPTIMAL)


def _stated(problem: Problem) -> _Stated:
    model = cp_model.CpModel()
    hosts, vms = range(len(problem.capacity)), range(len(problem.start))
    at = [[model.new_bool_var("") for _ in hosts] for _ in vms]
    on = [model.new_bool_var("") for _ in hosts]
    for row in at:
        model.add_exactly_one(row)
    for host in hosts:
        for dim, capacity in enumerate(problem.capacity[host]):
            load = sum(int(problem.demand[0, vm, dim]) * at[vm][host] for vm in vms)
            model.add(load <= int(capacity) * on[host])
    again: Again = {}
    for rule in problem.rules:
        _state(model, problem, rule, at, on, again)
    weight = sum(int(each) * literal for each, literal in zip(problem.host_weights, on, strict=True))
    placed = [vm for vm in vms if problem.start[vm] != NOWHERE]
    moves = sum(int(problem.move_weights[vm]) * (1 - at[vm][int(problem.start[vm])]) for vm in placed)
    return _Stated(model, at, on, again, weight, moves)


def _hinted(stated: _Stated, host: Rows, on: Mask) -> None:
    stated.model.clear_hints()
    for literal, value in zip(stated.on, on, strict=True):
        stated.model.add_hint(literal, bool(value))
    for vm, row in enumerate(stated.at):
        for place, literal in enumerate(row):
            stated.model.add_hint(literal, bool(host[vm] == place))


def _read(stated: _Stated, solver: Any, *, proven: bool) -> Exact:
    host = np.array([[solver.boolean_value(each) for each in row] for row in stated.at]).argmax(axis=1)
    told: dict[tuple[int, ...], dict[int, int]] = {}
    for (lost, vm, target), literal in stated.again.items():
        if solver.boolean_value(literal):
            told.setdefault((lost,), {})[vm] = target
    return Exact(host, np.array([solver.boolean_value(each) for each in stated.on]), proven, told)


def _state(model: Any, problem: Problem, rule: Any, at: Any, on: Any, again: Again) -> None:
    hosts = range(len(problem.capacity))
    if isinstance(rule, Fence):
        outside = set(hosts) - set(rule.hosts.tolist())
        for vm in rule.vms:
            model.add(sum(at[vm][host] for host in outside) == 0)
    elif isinstance(rule, Spread) and rule.level == "host":
        for host in hosts:
            model.add(sum(at[vm][host] for vm in rule.vms) <= rule.most)
    elif isinstance(rule, Gather) and rule.level == "host":
        for vm in rule.vms[1:]:
            for host in hosts:
                model.add(at[vm][host] == at[rule.vms[0]][host])
    elif isinstance(rule, Root):
        for vm in rule.vms:
            model.add(at[vm][int(problem.start[vm])] == 1)
    elif isinstance(rule, Spare) and rule.count == 1:
        _restarts(model, problem, rule, at, on, again)
    else:
        raise NotImplementedError(rule.kind)


def _restarts(model: Any, problem: Problem, rule: Spare, at: Any, on: Any, again: Again) -> None:
    """State that whichever host is lost, its VMs find room on others, Spread, Fence and Gather kept there too."""
    vms, inside = range(len(problem.start)), rule.hosts.tolist()
    for lost in inside:
        left = [host for host in inside if host != lost]
        for vm in vms:
            again.update({(lost, vm, host): model.new_bool_var("") for host in left})
            model.add(sum(again[lost, vm, host] for host in left) == at[vm][lost])
        for host in left:
            for dim, room in enumerate(problem.failover[host]):
                held = sum(int(problem.demand[0, vm, dim]) * (at[vm][host] + again[lost, vm, host]) for vm in vms)
                model.add(held <= int(room) * on[host])
        for other in problem.rules:
            if isinstance(other, Spread):
                for host in left:
                    model.add(sum(at[vm][host] + again[lost, vm, host] for vm in other.vms) <= other.most)
            elif isinstance(other, Gather):
                for vm in other.vms[1:]:
                    for host in left:
                        model.add(again[lost, vm, host] == again[lost, int(other.vms[0]), host])
            elif isinstance(other, Fence):
                for host in set(left) - set(other.hosts.tolist()):
                    for vm in other.vms:
                        model.add(again[lost, vm, host] == 0)
