"""
Who waits for whom, so that moves can be started by events and not by the clock.

What a task uses it takes from tasks that have given it back before: with these pairs kept, no resource is ever
overfilled, however long each task really lasts.
"""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from solvers.scheduling.instance import FROM_START, UNTIL_END
from solvers.scheduling.waves import Listed


def releases(found: Listed, rows: Sequence[int]) -> list[tuple[int, ...]]:
    """
    Return for each move, in this order, and then each boot and shutdown, what it waits for, by position.

    References
    ----------
    .. [1] N. Policella, A. Cesta, A. Oddi, S. F. Smith, "From precedence constraint posting to partial order
       schedules," AI Communications 20(3), 2007.
    """
    own, start = found.tasks.instance, found.start
    waits = _paired(found)
    free = _at_first(found)
    uses = defaultdict(list)
    for task, resource, amount, span in zip(own.use_task, own.use_resource, own.use_amount, own.use_span, strict=True):
        if own.scarce[resource]:
            uses[int(task)].append((int(resource), int(amount), int(span)))
    events = sorted(range(len(own)), key=lambda task: (start[task], start[task] + own.duration[task]))
    ends = sorted(range(len(own)), key=lambda task: (start[task] + own.duration[task], start[task]))
    ended = 0
    for task in events:
        while ended < len(ends) and start[ends[ended]] + own.duration[ends[ended]] <= start[task]:
            other = ends[ended]
            if other == task:
                break
            for resource, amount, span in uses[other]:
                if span != FROM_START:
                    free[resource].append([other, amount])
            ended += 1
        for resource, amount, span in uses[task]:
            if span != UNTIL_END:
                waits[task] |= _taken(free[resource], amount, waits[task])
    place = {task: position for position, task in enumerate(rows)}
    place |= {task: task for task in range(len(found.tasks.jobs), len(own))}
    listed = [tuple(sorted(place[other] for other in waits[task])) for task in rows]
    return listed + [
        tuple(sorted(place[other] for other in waits[task])) for task in range(len(found.tasks.jobs), len(own))
    ]


def _paired(found: Listed) -> dict[int, set[int]]:
    """Return the pairs that orders demand, and that each wave waits for the last move of the one before it."""
    own = found.tasks.instance
    waits: dict[int, set[int]] = {task: set() for task in range(len(own))}
    for one, two in zip(own.before.tolist(), own.behind.tolist(), strict=True):
        waits[two].add(one)
    return waits


def _at_first(found: Listed) -> list[list[list[int]]]:
    """Return what of each resource is free at first: entries of who gave it back, -1 for nobody, and how much."""
    own = found.tasks.instance
    return [[[-1, int(room)]] for room in np.maximum(own.capacity - own.level, 0)]


def _taken(free: list[list[int]], amount: int, known: set[int]) -> set[int]:
    """Take an amount, from nobody and from those who are waited for anyway first; return from whom else."""
    free.sort(key=lambda entry: (entry[0] >= 0 and entry[0] not in known, -entry[1]))
    givers: set[int] = set()
    while amount > 0 and free:
        giver, left = free[0]
        used = min(left, amount)
        amount -= used
        if giver >= 0:
            givers.add(giver)
        if used == left:
            free.pop(0)
        else:
            free[0][1] = left - used
    return givers
