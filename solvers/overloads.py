"""How often hosts may be overloaded, stated exactly: a literal for each host and sample, for small models."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from models.arrays import Mask, Rows
from solvers.relations import Relations
from solvers.seldom import Seldom

MOST_TERMS = 200_000
"""Items times samples, over all hosts, up to which overloads are stated; a model of more takes longer than it saves."""

Literals = Sequence[Mapping[int, Any]]
"""For each item, a literal for each host that it may be on."""


@dataclass(frozen=True, eq=False)
class Crowd:
    """
    What may be on a host in the samples in which that could be more than its limit.

    Parameters
    ----------
    host
        The host.
    items
        Items that may be there and take something. Shape (items,).
    series
        What they take there. Shape (items, samples).
    limit, most
        What the host offers, and in how many samples it may be exceeded.
    """

    host: int
    items: Rows
    series: Rows
    limit: int
    most: int


def crowds(relations: Relations) -> Iterator[Crowd]:
    """Yield the hosts that could be overloaded too often; those that are so today take nobody, and get no worse."""
    if relations.overloads:
        allowed = np.array([relations.allowed(item) for item in range(relations.items)]).reshape(-1, relations.hosts)
        for each in relations.overloads:
            for host in np.flatnonzero(~each.crowded).tolist():
                crowd = _crowd(each, host, allowed[:, host])
                if crowd.series.shape[1] > crowd.most:
                    yield crowd


def _crowd(each: Seldom, host: int, allowed: Mask) -> Crowd:
    own = each.series[each.kind[host]]
    items = np.flatnonzero(allowed & own.any(axis=1))
    series, limit = own[items], int(each.limit[host])
    return Crowd(host, items, series[:, series.sum(axis=0, dtype=np.int64) > limit], limit, int(each.most[host]))


def stateable(relations: Relations) -> bool:
    """Return whether the rules about overloads are small enough for a model; so they are where there are none."""
    terms = 0
    for crowd in crowds(relations):
        terms += crowd.series.size
        if terms > MOST_TERMS:
            return False
    return True


def state(model: Any, relations: Relations, at: Literals) -> None:
    """Add to a model that no host is overloaded in more samples than it may be; equal samples are stated once."""
    from ortools.sat.python.cp_model import LinearExpr

    for crowd in crowds(relations):
        literals = [at[item][crowd.host] for item in crowd.items.tolist()]
        moments, times = np.unique(crowd.series, axis=1, return_counts=True)
        over = [model.new_bool_var("") for _ in times] if crowd.most else [0] * len(times)
        for moment, exceeded in zip(moments.T, over, strict=True):
            together = LinearExpr.weighted_sum(literals, moment.tolist())
            model.add(together <= crowd.limit + (int(moment.sum()) - crowd.limit) * exceeded)
        if crowd.most:
            model.add(LinearExpr.weighted_sum(over, times.tolist()) <= crowd.most)
