"""
How many hosts are needed at least, where VMs sit on nodes: a linear relaxation over classes of hosts and sorts of VMs.

VMs are split at will, but of each sort a host takes no more than fit there alone, on each of its nodes; that makes the
relaxation far tighter than total demand over total capacity. Rules are left out, so that the bound holds with any.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from models.arrays import Floats, Ints, Rows
from models.problem import Problem


@dataclass(frozen=True, eq=False)
class NodeBound:
    """
    What the relaxation says.

    Parameters
    ----------
    hosts
        So many hosts are in use at least; 0 if VMs do not fit, and nothing is known.
    value
        The relaxation's value. [hosts]
    use
        The share of each host's class that it uses. Shape (hosts,).
    """

    hosts: int
    value: float
    use: Floats


def bound(problem: Problem) -> NodeBound:
    """Return the bound by GLOP. VMs that take nothing need no host."""
    from ortools.linear_solver import pywraplp

    classes, class_of, members = _classes(problem)
    sorts, counts = np.unique(problem.demand[:, problem.takes].swapaxes(0, 1), axis=0, return_counts=True)
    solver = pywraplp.Solver.CreateSolver("GLOP")  # type: ignore[no-untyped-call]
    used = [solver.NumVar(0.0, float(count), "") for count in members]
    placed: list[list[Any]] = [[] for _ in sorts]
    for row, one in enumerate(classes):
        _fill(solver, problem, one, used[row], sorts, placed)
    for terms, count in zip(placed, counts, strict=True):
        solver.Add(solver.Sum(terms) >= int(count))
    solver.Minimize(solver.Sum(used))
    if solver.Solve() != pywraplp.Solver.OPTIMAL:
        return NodeBound(0, 0.0, np.zeros(len(class_of)))
    value = float(solver.Objective().Value())
    share = np.array([each.solution_value() for each in used]) / members
    return NodeBound(math.ceil(value - 1e-6), value, share[class_of])


def _classes(problem: Problem) -> tuple[Ints, Rows, Ints]:
    """Return the distinct capacities, whichever way round, with the kind last; each host's class; and how many."""
    turned = problem.capacity[:, problem.turns]
    order = np.lexsort(turned.transpose(2, 0, 1)[::-1], axis=1)[:, -1]
    same = turned[np.arange(len(order)), order]
    found, which, count = np.unique(
        np.column_stack([same, problem.kind]), axis=0, return_inverse=True, return_counts=True
    )
    return found, which.reshape(-1), count


def _fill(solver: Any, problem: Problem, one: Ints, used: Any, sorts: Ints, placed: list[list[Any]]) -> None:
    """Add what hosts of one class take of each sort, by each way of sitting that differs."""
    capacity, kind = one[:-1], int(one[-1])
    rows = [solver.Constraint(-solver.infinity(), 0.0) for _ in capacity]
    for row, amount in zip(rows, capacity, strict=True):
        row.SetCoefficient(used, -float(amount))
    for sort, needs in enumerate(sorts):
        for need in np.unique(needs[kind][problem.turns], axis=0):
            asked = need > 0
            fit = int((capacity[asked] // need[asked]).min(initial=np.iinfo(np.int64).max))
            if fit <= 0:
                continue
            taken = solver.NumVar(0.0, solver.infinity(), "")
            placed[sort].append(taken)
            most = solver.Constraint(-solver.infinity(), 0.0)
            most.SetCoefficient(taken, 1.0)
            most.SetCoefficient(used, -float(fit))
            for dim in np.flatnonzero(asked):
                rows[dim].SetCoefficient(taken, float(need[dim]))
