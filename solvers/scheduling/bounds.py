"""Times below which no schedule of an instance gets: loads of resources, chains, single tasks."""

import numpy as np

from models.arrays import Ints
from solvers.scheduling.instance import DURING, Instance

MOST_SHARPENED = 2.0
"""By what factor the bound of a resource is above its plain load at most, with whole machines and steps apart."""


def bound(instance: Instance) -> int:
    """
    Return a lower bound of the makespan, in ticks.

    The longest chain of tasks, and for each resource the work on it over its capacity, with the least that must come
    before and after it. What leaves room only for less than a share of a capacity uses all of it, if uses below that
    share are left out: no two of the others are at once. Where all uses are the same, as many as fit are so many
    machines, and the busiest one works for a sum of durations, so for a multiple of what all are multiples of.
    """
    own = instance
    chain = int((own.head + own.duration + own.tail).max(initial=0)) if own.option is None else _shortest_chain(own)
    if own.option is not None and len(np.unique(own.option)) < len(own):
        return max(chain, _least(own))
    return _heaviest(own, chain)


def _heaviest(own: Instance, best: int) -> int:
    """Return the most that a resource demands, or the best if that is more."""
    uses = np.flatnonzero((own.use_span == DURING) & (own.duration[own.use_task] > 0))
    uses = uses[np.argsort(own.use_resource[uses], kind="stable")]
    work = np.bincount(
        own.use_resource[uses], own.use_amount[uses] * own.duration[own.use_task[uses]], minlength=len(own.capacity)
    )
    around = int(own.head.max(initial=0) + own.tail.max(initial=0))
    # No sharpening more than doubles the plain load.
    most = MOST_SHARPENED * work / np.maximum(own.capacity, 1) + around + 1
    for rows in np.split(uses, np.flatnonzero(np.diff(own.use_resource[uses])) + 1):
        if len(rows) and most[own.use_resource[rows[0]]] > best:
            best = max(best, _load(own, rows))
    return best


def _shortest_chain(own: Instance) -> int:
    """Return the longest of all tasks if each takes its shortest option."""
    assert own.option is not None
    least = np.full(int(own.option.max(initial=0)) + 1, np.iinfo(np.int64).max)
    np.minimum.at(least, own.option, own.duration)
    return int(least[np.unique(own.option)].max(initial=0))


def _load(own: Instance, rows: Ints) -> int:
    """Return the bound of one resource: for each head and tail, those tasks that have at least these."""
    tasks, amount = own.use_task[rows], own.use_amount[rows]
    capacity, step = int(own.capacity[own.use_resource[rows[0]]]), 1
    if (amount == amount[0]).all() and amount[0] <= capacity:
        capacity = capacity // int(amount[0])
        amount = np.ones(len(rows), np.int64)
        step = int(np.gcd.reduce(own.duration[tasks]))
    return max(_over(own, tasks, each, capacity, step) for each in _raised(amount, capacity))


def _raised(amount: Ints, capacity: int) -> list[Ints]:
    """Return amounts under which whatever fits still fits: below a share nothing, above the rest of it all."""
    shares = np.unique(amount[2 * amount <= capacity])[:8]
    half = np.where(2 * amount > capacity, capacity, np.where(2 * amount == capacity, amount, 0))
    return [amount, half] + [
        np.where(amount > capacity - share, capacity, np.where(amount >= share, amount, 0)) for share in shares
    ]


def _over(own: Instance, tasks: Ints, amount: Ints, capacity: int, step: int) -> int:
    """Return the work over the capacity, between the least heads and tails."""
    work, head, tail, best = amount * own.duration[tasks], own.head[tasks], own.tail[tasks], 0
    for first in np.unique(head)[:8]:
        for last in np.unique(tail)[:8]:
            held = int(work[(head >= first) & (tail >= last)].sum())
            if held:
                best = max(best, int(first) - (-held // max(capacity * step, 1)) * step + int(last))
    return best


def _least(own: Instance) -> int:
    """Return the bound of all resources where tasks are options: only what every option takes at least counts."""
    assert own.option is not None
    found = np.zeros(len(own.capacity), np.int64)
    size, options = int(own.option.max(initial=0)) + 1, np.bincount(own.option)
    for resource in range(len(own.capacity)):
        rows = np.flatnonzero((own.use_resource == resource) & (own.use_span == DURING))
        if not len(rows):
            continue
        work = own.use_amount[rows] * own.duration[own.use_task[rows]]
        least = np.full(size, np.iinfo(np.int64).max)
        np.minimum.at(least, own.option[own.use_task[rows]], work)
        every = np.bincount(own.option[own.use_task[rows]], minlength=size) >= options
        total = int(least[every & (options > 0)].sum())
        found[resource] = -(-total // max(int(own.capacity[resource]), 1))
    return int(found.max(initial=0))
