"""
Moves that are pressed for time: those whose windows close, and what these wait for.

In waves they go first, and a wave keeps a place for each of them: others would fill it before their windows open, and
the next one begins when they have closed.
"""

import numpy as np

from models.arrays import Floats, Ints, Mask
from solvers.scheduling import timed
from solvers.scheduling.instance import Instance


def due(one: Instance) -> Ints | None:
    """Return when each task must have started, or let start what waits for it; None if no window ever closes."""
    found = np.full(len(one), timed.END, np.int64)
    for task, spans in one.windows.items():
        if spans[-1][1] < timed.END // 2:
            found[task] = spans[-1][1]
    if (found == timed.END).all():
        return None
    for _ in range(len(one)):
        sooner = found.copy()
        np.minimum.at(sooner, one.before, found[one.behind] - one.duration[one.before])
        if (sooner == found).all():
            break
        found = sooner
    return found


def beyond(order: Floats, pending: Mask, counted: Ints, size: int, pressed: Mask | None) -> Mask:
    """Return the moves that a wave has no place for if all that are pressed for time are in it; none if none is."""
    later = np.zeros(len(pending), np.bool_)
    if pressed is None or not (pending & pressed).any():
        return later
    rows = np.flatnonzero(pending & ~pressed)
    rows = rows[np.argsort(order[rows], kind="stable")]
    later[rows[np.cumsum(counted[rows]) > size - int(counted[pending & pressed].sum())]] = True
    return later
