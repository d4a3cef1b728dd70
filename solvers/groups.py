"""
Divides a large estate into groups of hosts that are solved alone, each VM in the group of its host.

What is found keeps all rules of the whole, but is a little worse than its best; bounds of groups say nothing of it.

References
----------
.. [1] D. Narayanan et al., "Solving large-scale granular resource allocation problems efficiently with POP,"
   SOSP 2021.
"""

from collections.abc import Iterator

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from models.arrays import NOWHERE, Mask, Rows
from models.problem import Problem
from models.rules import Among, Dependency, Gather, LeastPlaces, MaxOnline, ResourceCapacity, RunningCapacity, Spread
from solvers.parts import Part, chain, divided, scopes


def grouped(problem: Problem, most: int) -> tuple[Part, ...]:
    """
    Return parts of about `most` hosts at most; a single one where rules tie the hosts together.

    VMs that a rule brings together, or counts by places that are wider than hosts, are in one group with their hosts.
    """
    hosts = len(problem.capacity)
    tied = _components(problem)
    sizes = np.bincount(tied[:hosts], minlength=tied.max(initial=-1) + 1)
    count = max(-(-hosts // most), 1)
    group = np.zeros(len(sizes), np.int64)
    filled = np.zeros(count, np.int64)
    for component in np.argsort(-sizes, kind="stable"):
        group[component] = filled.argmin()
        filled[group[component]] += max(sizes[component], 0)
    homeless = np.flatnonzero(sizes == 0)
    group[homeless] = np.arange(len(homeless)) % count
    used, label = np.unique(group[tied], return_inverse=True)
    return divided(problem, label) if len(used) > 1 else ()


def _components(problem: Problem) -> Rows:
    """Return what each host, and then each VM, is tied to."""
    hosts, vms = len(problem.capacity), len(problem.start)
    ends = np.concatenate([np.zeros((2, 0), np.int64), *_ties(problem, hosts)], axis=1)
    graph = coo_array((np.ones(ends.shape[1], np.int8), (ends[0], ends[1])), shape=(hosts + vms, hosts + vms))
    found: Rows = connected_components(graph, directed=False)[1]
    return found


def _ties(problem: Problem, hosts: int) -> Iterator[np.ndarray]:
    placed = np.flatnonzero(problem.start != NOWHERE)
    yield np.stack([problem.start[placed], placed + hosts])
    masks, which = scopes(problem)
    outside = ~masks[which[placed], problem.start[placed]]
    anywhere: Mask = np.asarray(masks.all(axis=1))
    strays = np.concatenate([placed[outside], np.flatnonzero(problem.start == NOWHERE)])
    bounded = strays[~anywhere[which[strays]]]
    yield np.stack([bounded + hosts, masks.argmax(axis=1)[which[bounded]]])
    for rule in problem.rules:
        if isinstance(rule, Dependency):
            yield chain(np.concatenate([rule.vms, rule.on]) + hosts)
        if isinstance(rule, Gather | Among | LeastPlaces) or (isinstance(rule, Spread) and rule.level != "host"):
            yield chain(rule.vms + hosts)
        if isinstance(rule, MaxOnline | ResourceCapacity | RunningCapacity):
            yield chain(rule.hosts)
