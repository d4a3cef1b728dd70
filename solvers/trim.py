"""Takes back part of a placement: hosts that are not worth freeing keep their VMs."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from models.arrays import Floats, Mask, Rows
from models.plan import Placement
from models.problem import Problem
from models.rules import Offline
from solvers.parts import misplaced

Judge = Callable[[Placement], bool]


def freed(problem: Problem, placement: Placement) -> Mask:
    """Return the hosts that are on at the start and off at the end. Shape (hosts,)."""
    found: Mask = problem.on & ~placement.on
    return found


def without(problem: Problem, placement: Placement, kept: Mask) -> Placement:
    """Return the placement in which these hosts stay on, with the VMs that they have now and may have."""
    home = np.isin(problem.start, np.flatnonzero(kept)) & ~misplaced(problem)
    return replace(placement, host=np.where(home, problem.start, placement.host), on=placement.on | kept)


def profitable(problem: Problem, placement: Placement, gain: Floats, holds: Judge) -> Placement:
    """Return the placement without freeing hosts that gain nothing, unless a rule demands it or the rest needs it."""
    losing = freed(problem, placement) & (gain <= 0) & ~_demanded(problem)
    smaller = without(problem, placement, losing)
    return smaller if losing.any() and holds(smaller) else placement


def within(problem: Problem, placement: Placement, most: int, gain: Floats, holds: Judge) -> Placement:
    """Return the placement with at most so many moves: hosts that gain most a move are freed, as far as moves go."""
    hosts = _by_gain(problem, placement, gain)
    kept = np.isin(np.arange(len(problem.capacity)), hosts)
    for host in hosts:
        kept[host] = False
        kept[host] = moves(problem, without(problem, placement, kept)) > most
    smaller = without(problem, placement, kept)
    if moves(problem, smaller) <= most and holds(smaller):
        return smaller
    start = replace(placement, host=problem.start, on=problem.on)
    return start if holds(start) else smaller


def moves(problem: Problem, placement: Placement) -> int:
    """Return how many VMs leave their host."""
    return int(np.count_nonzero((placement.host != problem.start) & (problem.start >= 0)))


def _by_gain(problem: Problem, placement: Placement, gain: Floats) -> Rows:
    """Return the hosts that are freed without a rule's demand, those that gain most a move first."""
    placed = problem.start[problem.start >= 0]
    vms = np.bincount(placed, minlength=len(problem.capacity))
    hosts = np.flatnonzero(freed(problem, placement) & ~_demanded(problem))
    return hosts[np.argsort(-gain[hosts] / np.maximum(vms[hosts], 1e-3), kind="stable")]


def _demanded(problem: Problem) -> Mask:
    mask = np.zeros(len(problem.capacity), np.bool_)
    for rule in problem.rules:
        if isinstance(rule, Offline):
            mask[rule.hosts] = True
    return mask
