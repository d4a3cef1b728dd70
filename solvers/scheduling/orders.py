"""
In which order VMs move that must at every moment be in enough places, or beside those that they depend on.

While a VM moves it runs where it comes from, so such rules see only landings. The moves that they are about are done
one after the other, in an order that makes no rule worse at any landing, as far as there is one.
"""

from collections.abc import Sequence
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

import numpy as np

from models.arrays import NOWHERE, Ints
from models.problem import Problem
from models.rules import Dependency, LeastPlaces
from solvers.couplings import own_places
from solvers.jobs import Job

Watched = LeastPlaces | Dependency


def chained(
    problem: Problem, jobs: Sequence[Job], now: Ints, pairs: Sequence[tuple[int, int]]
) -> list[tuple[int, int]]:
    """
    Return pairs of jobs of which the first ends before the second starts; none that would contradict the pairs given.

    Parameters
    ----------
    problem
        With its rules.
    jobs
        The moves.
    now
        The host of each VM before them. Shape (vms,).
    pairs
        What is known of who waits for whom.
    """
    rules = [rule for rule in problem.rules if isinstance(rule, Watched) and rule.continuous and rule.price is None]
    found: list[tuple[int, int]] = []
    for group in _groups(rules):
        members = np.unique(np.concatenate([_members(rule) for rule in group]))
        rows = [row for row, job in enumerate(jobs) if job.vm in members and job.destination != NOWHERE]
        order = _ordered(problem, group, jobs, rows, now)
        chain = list(pairwise(order))
        if _acyclic([*pairs, *found, *chain]):
            found += chain
    return found


def _members(rule: Watched) -> Ints:
    vms = np.concatenate([rule.vms, rule.on]) if isinstance(rule, Dependency) else rule.vms
    return vms.astype(np.int64)


def _groups(rules: Sequence[Watched]) -> list[list[Watched]]:
    """Return the rules by groups that share no VM."""
    groups: list[tuple[set[int], list[Watched]]] = []
    for rule in rules:
        vms, own = set(_members(rule).tolist()), [rule]
        for others, members in [group for group in groups if group[0] & vms]:
            groups.remove((others, members))
            vms, own = vms | others, members + own
        groups.append((vms, own))
    return [own for _, own in groups]


def _ordered(problem: Problem, rules: Sequence[Watched], jobs: Sequence[Job], rows: list[int], now: Ints) -> list[int]:
    """Return the jobs in an order in which each landing is as good as can be; the first of equals."""
    host, left, order = now.copy(), list(rows), []
    while left:
        ready = [row for row in left if host[jobs[row].vm] == jobs[row].source] or left
        best = min(ready, key=lambda row: (_broken(problem, rules, _landed(host, jobs[row])), left.index(row)))
        order.append(best)
        left.remove(best)
        host = _landed(host, jobs[best])
    return order


def _landed(host: Ints, job: Job) -> Ints:
    found = host.copy()
    found[job.vm] = job.destination
    return found


def _broken(problem: Problem, rules: Sequence[Watched], host: Ints) -> int:
    """Return how many places and companions are lacking."""
    lacking = 0
    for rule in rules:
        place = own_places(problem.places[rule.level])
        running = rule.vms[problem.takes[rule.vms] & (host[rule.vms] != NOWHERE)]
        where = place[host[running]]
        if isinstance(rule, LeastPlaces):
            lacking += max(min(rule.least, len(running)) - len(np.unique(where)), 0)
        else:
            others = rule.on[problem.takes[rule.on] & (host[rule.on] != NOWHERE)]
            lacking += int((~np.isin(where, place[host[others]])).sum())
    return lacking


def _acyclic(pairs: Sequence[tuple[int, int]]) -> bool:
    graph: dict[int, list[int]] = {}
    for one, two in pairs:
        graph.setdefault(two, []).append(one)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError:
        return False
    return True
