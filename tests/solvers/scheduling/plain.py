"""A plain version of an instance's rules, and its least makespan by trying everything: for tiny instances."""

from itertools import product

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

from solvers.scheduling.instance import DURING, FROM_START, UNTIL_END, Builder, Instance


def holds(instance: Instance, start: list[int]) -> bool:
    """Return whether the starts keep every rule, moment by moment."""
    end = [at + int(lasts) for at, lasts in zip(start, instance.duration, strict=True)]
    if any(start[two] < end[one] for one, two in zip(instance.before, instance.behind, strict=True)):
        return False
    for task, windows in instance.windows.items():
        if not any(first <= start[task] <= last for first, last in windows):
            return False
    for at_start, group in instance.together:
        if len({(start if at_start else end)[task] for task in group}) > 1:
            return False
    return all(_room(instance, start, end, moment) for moment in {*start, *end})


def _room(instance: Instance, start: list[int], end: list[int], moment: int) -> bool:
    held = np.zeros(len(instance.capacity), np.int64)
    uses = zip(instance.use_task, instance.use_resource, instance.use_amount, instance.use_span, strict=True)
    for task, resource, amount, span in uses:
        runs = {
            DURING: start[task] <= moment < end[task],
            FROM_START: start[task] <= moment,
            UNTIL_END: moment < end[task],
        }
        held[resource] += amount if runs[int(span)] else 0
    for resource, taken in instance.taken.items():
        held[resource] += sum(amount for since, until, amount in taken if since <= moment < until)
    return bool((held <= instance.capacity).all())


def least(instance: Instance, horizon: int) -> int | None:
    """Return the least makespan of all starts below the horizon; None if there is none."""
    found = [
        max(at + int(lasts) for at, lasts in zip(start, instance.duration, strict=True))
        for start in product(range(horizon), repeat=len(instance))
        if holds(instance, list(start))
    ]
    return min(found, default=None)


@st.composite
def instances(draw: st.DrawFn) -> Instance:
    """Return an instance of three or four short tasks that use two resources and may wait for each other."""
    builder, size = Builder(), draw(st.integers(3, 4))
    for task in range(size):
        for resource in range(2):
            amount = draw(st.integers(0, 2))
            span = draw(st.sampled_from([DURING, DURING, FROM_START, UNTIL_END]))
            builder.use(task, resource, 3, amount, span)
    if draw(st.booleans()):
        builder.pairs.append((0, 2))
    found = builder.instance(draw(st.lists(st.integers(1, 2), min_size=size, max_size=size)), [1] * size)
    assume(bool((found.level <= found.capacity).all()))
    return found
