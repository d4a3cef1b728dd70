"""Solves each part of a problem by the means that fit it, and puts the answers together."""

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

import numpy as np

from models.arrays import NOWHERE, Mask
from models.plan import Placement
from models.problem import Problem
from solvers.cover import Cover, cover
from solvers.cpsat import CpSat, pairs
from solvers.evacuate import Evacuate, placement
from solvers.explain import infeasibility
from solvers.finish import finished
from solvers.parts import split
from solvers.relations import Relations, compiled
from solvers.state import State

MOST_PAIRS = 100_000
"""Items times hosts up to which one exact model is built."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Portfolio:
    """
    Evacuation by cover first; where its bound is not met, an exact model seeded with what was found.

    Parameters
    ----------
    seconds
        Deterministic time for all parts together. [s]
    seed, workers
        For the exact model; with more than one worker the result is not reproducible.
    progress
        Told how many parts are done, of how many.
    """

    seconds: float = 20.0
    seed: int = 1
    workers: int = 1
    progress: Progress | None = None

    def __call__(self, problem: Problem) -> Placement:
        """Return the best placement found; parts without one stay as they are and are told of."""
        began = perf_counter()
        parts = split(problem)
        budget = self.seconds / max(len(parts), 1)
        found = []
        for index, part in enumerate(parts):
            found.append(self.part(part.problem, max(budget, 0.2)))
            if self.progress is not None:
                self.progress(index + 1, len(parts))
        host = np.full(len(problem.start), NOWHERE, np.int64)
        on = np.zeros(len(problem.capacity), np.bool_)
        for part, own in zip(parts, found, strict=True):
            host[part.vms] = np.where(
                own.host == NOWHERE, NOWHERE, part.hosts[own.host] if len(part.hosts) else NOWHERE
            )
            on[part.hosts] = own.on
        return merged(problem, found, host, on, perf_counter() - began)

    def part(self, problem: Problem, seconds: float) -> Placement:
        """Return a placement of one part."""
        began = perf_counter()
        relations = compiled(problem)
        evacuation = Evacuate(seconds, self.seed)
        bound = cover(relations, seconds=seconds / 5)
        if bound is None:
            reason, blocking = infeasibility(relations)
            return Placement(problem.start, problem.on, "cover", "infeasible", reason=reason, blocking=blocking)
        state = next(evacuation.attempts(relations, bound), None)
        exact = CpSat(seconds, self.seed, self.workers)
        if self._worth_more(relations, state, bound):
            better = exact.improved(relations, state, bound)
            if better is not None:
                return _told(relations, better, bound, "cp-sat", perf_counter() - began)
        if state is None:
            reason, blocking = infeasibility(relations)
            return Placement(
                problem.start, problem.on, "evacuate", "infeasible", bound.bound, bound.bound_hosts,
                reason=reason, blocking=blocking,
            )  # fmt: skip
        return _told(relations, state, bound, "evacuate", perf_counter() - began)

    def _worth_more(self, relations: Relations, state: tuple[State, Mask] | None, bound: Cover) -> bool:
        if pairs(relations) > MOST_PAIRS:
            return False
        return state is None or relations.host_weight[state[1]].sum() > bound.bound


def _told(relations: Relations, found: tuple[State, Mask], bound: Cover, solver: str, seconds: float) -> Placement:
    return placement(relations, finished(*found), bound, solver, seconds)


def merged(problem: Problem, found: list[Placement], host: np.ndarray, on: Mask, seconds: float) -> Placement:
    """Return the placements of the parts as one."""
    failed = [each for each in found if each.status == "infeasible"]
    status = "infeasible" if failed else "optimal" if all(each.status == "optimal" for each in found) else "feasible"
    if not failed and (host == problem.start).all() and (on == problem.on).all():
        status = "unchanged"
    return Placement(
        host=host,
        on=on,
        solver="+".join(sorted({each.solver for each in found})),
        status=status,
        bound=sum(each.bound for each in found),
        bound_hosts=sum(each.bound_hosts for each in found),
        reproducible=all(each.reproducible for each in found),
        seconds=seconds,
        reason=" ".join(dict.fromkeys(each.reason for each in failed)),
        blocking=tuple(dict.fromkeys(name for each in failed for name in each.blocking)),
    )
