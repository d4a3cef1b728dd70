"""
Whether a packing of a given weight exists: all patterns that it could use, and an integer program that covers by them.

In a packing of that weight, no pattern costs more above its worth, in the linear program's values, than the weight
is above the program's optimum; where these are near, few patterns are left.

References
----------
.. [1] R. Baldacci, N. Christofides and A. Mingozzi, "An exact algorithm for the vehicle routing problem based on the
   set partitioning formulation with additional cuts," Mathematical Programming 115, 2008.
"""

from typing import Any

import numpy as np

from models.arrays import Ints, Rows
from solvers.packing.budget import NODES_PER_SECOND, Budget
from solvers.packing.generation import Generation
from solvers.packing.master import Solved
from solvers.packing.patterns import Types
from solvers.packing.pricing import collected

MOST = 40_000
"""Patterns that an integer program is asked to choose from, at most."""
_CELLS = 30_000_000
"""Numbers in their table, at most."""
IMPOSSIBLE = "impossible"
"""No packing of this weight exists."""

Chosen = list[tuple[int, Ints]]


def cover(generation: Generation, solved: Solved, target: int, budget: Budget) -> Chosen | str | None:
    """
    Return patterns that cover all items and weigh at most the target, or that none do; None if it stays open.

    Parameters
    ----------
    generation, solved
        The linear program and its optimum, for all items.
    target
        Weight at most.
    budget
        Time.
    """
    found = _all(generation, solved, target, budget)
    if generation.bound > target:
        return IMPOSSIBLE
    if found is None or budget.over:
        return None
    return chosen(generation.types, *found, target, budget)


def _all(generation: Generation, solved: Solved, target: int, budget: Budget) -> tuple[Rows, Ints] | None:
    """Return all maximal patterns, with their classes, that a packing of this weight could use; None if too many."""
    types = generation.types
    values, prices, scale = generation.proven_prices(solved)
    if generation.bound > target:
        return None
    found = _within(types, values, prices, scale, target, budget)
    if found is None and types.classes == 1 and not budget.over:
        # What items take, averaged over the dimensions, is worth no more than a host either. Where the target leaves
        # little room, nearly full hosts alone are within it, whether the linear program was solved to its end or not.
        found = _within(types, _shares(types, scale), types.packing.weight * scale, scale, target, budget)
    return found


def _shares(types: Types, scale: int) -> Ints:
    """Return what items take of the one class of hosts, over all dimensions, in its weight. Shape (types,)."""
    offered = types.capacity[0] > 0
    whole = int(types.packing.weight[0]) * scale
    shares = types.sizes[0][:, offered] * whole // types.capacity[0][offered]
    return np.asarray(shares.sum(axis=1) // max(np.count_nonzero(offered), 1), np.int64)


def _within(
    types: Types, values: Ints, prices: Ints, scale: int, target: int, budget: Budget
) -> tuple[Rows, Ints] | None:
    """Return the patterns that cost no more above their worth than the target leaves, for values that are proven."""
    weight, supply = types.packing.weight, types.packing.supply
    hosts = np.where(weight > 0, np.minimum(supply, target // np.maximum(weight, 1)), supply)
    slack = int(target * scale + (prices - weight * scale) @ hosts - values @ types.counts)
    kinds, patterns = [], []
    for kind, price in enumerate(prices.tolist()):
        nodes = max(int(budget.left * NODES_PER_SECOND), 1)
        most = max(min(MOST, _CELLS // types.number), 1)
        threshold = price - slack - 1
        part = collected(types, kind, values, types.counts, threshold, nodes=nodes, most=most)
        budget.spend(part.nodes / NODES_PER_SECOND)
        if part.ceiling > threshold:
            return None
        kinds.append(np.full(len(part.patterns), kind))
        patterns.append(part.patterns)
    return np.concatenate(kinds), np.concatenate(patterns)


def chosen(types: Types, kinds: Rows, patterns: Ints, target: int, budget: Budget) -> Chosen | str | None:
    """Return which of these patterns cover all items within the target, or that none do; None if it stays open."""
    from ortools.sat.python import cp_model

    model, used = _model(types, kinds, patterns, target)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 1
    if budget.reproducible:
        solver.parameters.max_deterministic_time = max(budget.left, 0.01)
    else:
        solver.parameters.max_time_in_seconds = max(budget.left, 0.01)
    status = solver.solve(model)
    budget.spend(solver.response_proto.deterministic_time)
    if status == cp_model.INFEASIBLE:
        return IMPOSSIBLE
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None
    times = [solver.value(var) for var in used]
    return [(int(kinds[place]), patterns[place]) for place, each in enumerate(times) for _ in range(each)]


def _model(types: Types, kinds: Rows, patterns: Ints, target: int) -> tuple[Any, list[Any]]:
    """Return the integer program, and how often each pattern is used in it."""
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    needed = np.where(patterns > 0, -(-types.counts // np.maximum(patterns, 1)), 0).max(axis=1, initial=0)
    most = np.minimum(needed, types.packing.supply[kinds])
    used = [model.new_int_var(0, int(each), "") for each in most]
    for which, count in enumerate(types.counts):
        rows = np.flatnonzero(patterns[:, which])
        model.add(sum(int(patterns[row, which]) * used[row] for row in rows) >= int(count))
    for kind, hosts in enumerate(types.packing.supply):
        model.add(sum(used[row] for row in np.flatnonzero(kinds == kind)) <= int(hosts))
    model.add(sum(int(types.packing.weight[kinds[row]]) * var for row, var in enumerate(used)) <= target)
    return model, used
