"""What is free and of no use on the hosts of a placement, in a form that adds up over the parts of an estate."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

import numpy as np

from models.arrays import Rows
from models.laws import fragmentation
from models.problem import Problem

Stranded = Mapping[str, tuple[float, float]]
"""By dimension: what is free and stranded on hosts that hold VMs, and what these offer."""


def stranded(problem: Problem, host: Rows) -> Stranded:
    """Return what is stranded, and offered, when each VM is on the host given; in the units of each dimension."""
    load = problem.load(host)
    used = load.any(axis=1)
    capacity = problem.capacity[used].astype(np.float64)
    amounts = fragmentation.stranded(load[used].astype(np.float64), capacity)
    return dict(zip(problem.dims, zip(amounts.tolist(), capacity.sum(axis=0).tolist(), strict=True), strict=True))


def worst_share(parts: Iterable[Stranded]) -> float:
    """
    Return the largest share of any dimension that is free and stranded, hosts of all parts together.

    >>> worst_share([{"memory_mib": (1.0, 10.0)}, {"memory_mib": (3.0, 30.0), "gpus": (1.0, 8.0)}])
    0.125
    """
    amount: dict[str, float] = defaultdict(float)
    offered: dict[str, float] = defaultdict(float)
    for dim, (free, whole) in (each for part in parts for each in part.items()):
        amount[dim] += free
        offered[dim] += whole
    return max((amount[dim] / whole for dim, whole in offered.items() if whole > 0), default=0.0)
