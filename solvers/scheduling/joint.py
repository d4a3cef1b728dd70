"""Tasks that start or end together, as one task: so a list schedule need not know of them."""

from dataclasses import replace

import numpy as np

from models.arrays import Ints
from solvers.scheduling.instance import Instance

NEVER = ((1 << 40, (1 << 40) - 1),)
"""A window that is never open: also of those who would be together and yet one after the other."""


def merged(instance: Instance) -> tuple[Instance, Ints]:
    """
    Return the instance with a task for each group, and the task there of each task here.

    The one task holds what all of them hold for as long as the longest of them: never less than they do.
    """
    if not instance.together:
        return instance, np.arange(len(instance))
    own, leader = instance, np.arange(len(instance))
    for _, group in own.together:
        leader[np.isin(leader, leader[list(group)])] = leader[list(group)].min()
    kept, member = np.unique(leader, return_inverse=True)
    duration = np.zeros(len(kept), np.int64)
    np.maximum.at(duration, member, own.duration)
    use = np.column_stack([member[own.use_task], own.use_resource, own.use_span])
    rows, number = np.unique(use, axis=0, return_inverse=True)
    amount = np.bincount(number.ravel(), own.use_amount, minlength=len(rows)).astype(np.int64)
    pairs = np.column_stack([member[own.before], member[own.behind]])
    torn = np.unique(pairs[pairs[:, 0] == pairs[:, 1], 0])
    pairs = np.unique(pairs[pairs[:, 0] != pairs[:, 1]], axis=0)
    single = replace(
        own,
        duration=duration,
        counted=np.bincount(member, own.counted, minlength=len(kept)).astype(np.int64),
        use_task=rows[:, 0],
        use_resource=rows[:, 1],
        use_amount=amount,
        use_span=rows[:, 2],
        before=pairs[:, 0],
        behind=pairs[:, 1],
        windows=_windows(own, member, duration) | {int(group): NEVER for group in torn},
        together=(),
        option=None,
    )
    return single, member


def parted(instance: Instance, single: Instance, member: Ints, start: Ints) -> Ints:
    """Return the start of each task from those of the groups."""
    return start[member] + _shift(instance, member, single.duration)


def _shift(instance: Instance, member: Ints, duration: Ints) -> Ints:
    """Return how long after its group each task starts: where they end together, the short ones later."""
    shift = np.zeros(len(instance), np.int64)
    for at_start, group in instance.together:
        if not at_start:
            rows = list(group)
            shift[rows] = duration[member[rows]] - instance.duration[rows]
    return shift


def _windows(own: Instance, member: Ints, duration: Ints) -> dict[int, tuple[tuple[int, int], ...]]:
    found: dict[int, tuple[tuple[int, int], ...]] = {}
    shift = _shift(own, member, duration)
    for task, spans in own.windows.items():
        group, moved = int(member[task]), [(start - int(shift[task]), end - int(shift[task])) for start, end in spans]
        if group not in found:
            found[group] = tuple((max(start, 0), end) for start, end in moved)
            continue
        both = [(max(a, c), min(b, d)) for a, b in found[group] for c, d in moved]
        found[group] = tuple(sorted((start, end) for start, end in both if start <= end))
    return {group: spans or NEVER for group, spans in found.items()}
