"""An exact model of placement for small and medium problems: which item is on which host, and which hosts are on."""

import math
from dataclasses import dataclass, replace
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from models.arrays import NOWHERE, Mask
from models.plan import Placement
from models.problem import Problem
from solvers import restarts
from solvers.cover import Cover, cover
from solvers.evacuate import Evacuate, leavers, placement
from solvers.placement_model import Model
from solvers.relations import Relations, compiled
from solvers.spare import survives
from solvers.state import State

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

SPARE_MARGINS = (0.0, 0.03, 0.08, 0.15)
"""Shares by which the room for restarts is enlarged, one after the other, until restarts are found."""

Found = tuple[State, Mask]
"""Who is where, and which hosts are on."""


def weight_of(relations: Relations, on: Mask) -> int:
    """Return the weight of the hosts that are on."""
    return int(relations.host_weight[on].sum())


def moves_of(state: State) -> int:
    """Return the weight of the items that leave a host."""
    start = state.relations.start
    return int(state.relations.move_weight[(state.host != start) & (start != NOWHERE)].sum())


def value_of(relations: Relations, found: Found) -> int:
    """Return the first stage of the objective: the weight of hosts, with that of moves where both are one sum."""
    return weight_of(relations, found[1]) + (moves_of(found[0]) if relations.problem.joined else 0)


def pairs(relations: Relations) -> int:
    """Return how many (item, host) variables a model would have."""
    return int(relations.scope.sum(axis=1)[relations.which].sum())


@dataclass(frozen=True)
class CpSat:
    """
    Minimise hosts on, then moves, over all placements.

    Parameters
    ----------
    seconds
        Deterministic time; about as many seconds on one worker. [s]
    seed
        Of the search.
    workers
        More than one is faster, and not reproducible.
    """

    seconds: float = 10.0
    seed: int = 1
    workers: int = 1

    def __call__(self, problem: Problem) -> Placement:
        """Return the best placement found, or the start with the status infeasible."""
        began = perf_counter()
        relations = compiled(problem)
        bound = cover(relations)
        if bound is None:
            return placement(relations, None, None, "cp-sat", perf_counter() - began)
        first = next(Evacuate().attempts(relations, bound), None)
        found, bound = self.improved(relations, first, bound)
        return placement(relations, found or first, bound, "cp-sat", perf_counter() - began)

    def improved(self, relations: Relations, first: Found | None, bound: Cover) -> tuple[Found | None, Cover]:
        """Return a placement of less weight, or of the same and fewer moves, if there is one; and the better bound."""
        for number, (margin, restarting, share) in enumerate(_tries(relations)):
            model = Model(relations, margin, restarting=restarting)
            found, weight = self._solved(model, first, bound, self.seconds * share)
            if number == 0 and _at_peace(relations):
                bound = _raised(relations, bound, weight)
            if found is None or not found[0].calm():
                return None, bound
            if survives(*found, thorough=True):
                return (found if _better(relations, found, first) else None), bound
        return None, bound

    def _solved(self, model: "Model", first: Found | None, bound: Cover, seconds: float) -> tuple[Found | None, float]:
        """Return a placement, and a weight below which the model has none."""
        from ortools.sat.python import cp_model

        if first is not None:
            model.hint(*first)
        model.model.add(model.weight >= bound.bound)
        joined = model.relations.problem.joined
        model.model.minimize(model.weight + model.moves if joined else model.weight)
        solver = self._solver(seconds * (1.0 if joined else 0.6))
        status = solver.solve(model.model)
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return None, bound.bound
        weight, least = round(solver.objective_value), solver.best_objective_bound
        best = model.read(solver)
        if joined:
            return best, least
        model.hint(*best)
        model.model.add(model.weight <= weight)
        model.model.minimize(model.moves)
        solver = self._solver(seconds * 0.4)
        if solver.solve(model.model) in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            best = model.read(solver)
        return best, least

    def _solver(self, seconds: float) -> "cp_model.CpSolver":
        from ortools.sat.python import cp_model

        solver = cp_model.CpSolver()
        solver.parameters.random_seed = self.seed
        solver.parameters.num_workers = self.workers
        if self.workers > 1:
            solver.parameters.max_time_in_seconds = seconds
        else:
            solver.parameters.max_deterministic_time = seconds
        return solver


def _tries(relations: Relations) -> tuple[tuple[float, bool, float], ...]:
    """Return the models to try: how much more room for restarts, whether restarts are stated, the share of time."""
    if not relations.spares:
        return ((0.0, False, 1.0),)
    if restarts.stateable(relations):
        return ((0.0, False, 0.25), (0.0, True, 0.75))
    return tuple((margin, False, 1 / len(SPARE_MARGINS)) for margin in SPARE_MARGINS)


def _at_peace(relations: Relations) -> bool:
    """Return whether the start breaks no limit, so that the model leaves out no placement that keeps the rules."""
    start, everywhere = State(relations, relations.start), np.ones(relations.hosts, np.bool_)
    if (relations.closed != relations.barred).any() or not survives(start, relations.problem.on):
        return False
    return leavers(start, everywhere, mend=True) == leavers(start, everywhere, mend=False)


def _raised(relations: Relations, bound: Cover, weight: float) -> Cover:
    """Return the bound, raised to a weight that is proven, and to the fewest hosts that can weigh as much."""
    least = max(bound.bound, math.ceil(weight - 1e-6))
    heaviest = np.cumsum([0, *np.sort(relations.host_weight)[::-1]])
    return replace(bound, bound=least, bound_hosts=max(bound.bound_hosts, int(np.searchsorted(heaviest, least))))


def _better(relations: Relations, found: Found, first: Found | None) -> bool:
    def key(each: Found) -> tuple[int, int, int]:
        over = np.maximum(each[0].load - relations.problem.capacity, 0).sum()
        return int(over), value_of(relations, each), moves_of(each[0])

    return first is None or key(found) < key(first)
