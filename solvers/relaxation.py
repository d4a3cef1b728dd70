"""
A placement problem without its rules, as a packing: what that needs at least, every placement needs.

Hosts that are alike are one class. What a rule says of VMs and hosts is left out, so that a placement that keeps all
rules is one of the packings, and a bound on these is a bound on it.
"""

from dataclasses import replace

import numpy as np

from models.arrays import Ints, Mask, Rows
from solvers.cover import Cover
from solvers.packing.instance import Packed, Packing, numbered
from solvers.relations import Relations
from solvers.state import State

MOST_CLASSES = 6
"""Classes of hosts beyond which a packing tells no more than a cover."""


def relaxed(relations: Relations) -> tuple[Packing, Rows, Rows] | None:
    """Return the packing, the items in it, and the class of each host, -1 where nobody can be; None if not worth it."""
    items = np.flatnonzero(relations.demand.any(axis=(0, 2)))
    usable = ~relations.forced_off & (~relations.barred | np.isin(np.arange(relations.hosts), relations.start))
    keys = np.column_stack([relations.problem.kind, relations.capacity, relations.host_weight])[usable]
    classes, index, supply = np.unique(keys, axis=0, return_inverse=True, return_counts=True)
    if not len(items) or not 0 < len(classes) <= MOST_CLASSES:
        return None
    kind: Rows = np.full(relations.hosts, -1, np.int64)
    kind[usable] = index
    demand = relations.demand[classes[:, 0]][:, items]
    return Packing.of(demand, classes[:, 1:-1], supply, classes[:, -1]), items, kind


def raised(relations: Relations, found: tuple[State, Mask], bound: Cover, seconds: float) -> Cover:
    """
    Return the bound on hosts' weight, raised by what patterns of items on one host say, if they say more.

    Parameters
    ----------
    found
        A placement, from which patterns are taken; only running items and hosts that hold some of them count.
    seconds
        Notional time of column generation, which ends by its own steps, so that it is reproducible. [s]
    """
    from solvers.packing.columns import Columns

    given = relaxed(relations)
    if given is None:
        return bound
    packing, items, kind = given
    start = _packed(found[0], items, kind)
    if start is None:
        return bound
    least = Columns(seconds, reproducible=True).improved(packing, start).bound
    if least <= bound.bound:
        return bound
    heaviest = np.cumsum([0, *np.sort(relations.host_weight)[::-1]])
    return replace(bound, bound=least, bound_hosts=max(bound.bound_hosts, int(np.searchsorted(heaviest, least))))


def _packed(state: State, items: Rows, kind: Rows) -> Packed | None:
    """Return where the items are as a packing; None if one of them is where it cannot be counted."""
    hosts = state.host[items]
    if (hosts < 0).any() or (kind[hosts] < 0).any() or (state.load > state.relations.capacity).any():
        return None
    bins = numbered(hosts)
    classes: Ints = np.zeros(int(bins.max(initial=-1)) + 1, np.int64)
    classes[bins] = kind[hosts]
    return Packed(bins, classes)
