"""
Schedules that are shifted: all tasks as late as can be, the last ones first, and then as early as can be.

A list starts what it can at once, so that a task for which several resources have to be free at once waits while others
take one of them; it is late in the end. Shifted to and fro, tasks fall into gaps, and no schedule gets longer [1]_.

References
----------
.. [1] V. Valls, F. Ballestín, S. Quintanilla, "Justification and RCPSP: a technique that pays," European Journal of
   Operational Research 165(2), 2005.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from models.arrays import Ints
from solvers.scheduling.instance import DURING, Instance
from solvers.scheduling.listing import offsets

MOST_ROUNDS = 4
"""How often tasks are shifted to and fro, as long as that shortens the schedule."""


@dataclass(frozen=True, eq=False)
class Justified:
    """Shortens schedules of an instance; leaves them where tasks have windows or hold things beyond their time."""

    instance: Instance

    @cached_property
    def applies(self) -> bool:
        """Whether tasks are held up by nothing but one another, so that time may be turned round."""
        own = self.instance
        special = own.windows or own.taken or own.together or own.option is not None
        return not special and bool((own.use_span == DURING).all())

    def __call__(self, start: Ints) -> Ints:
        """Return the start of each task, in a schedule that ends no later. [ticks] Shape (tasks,)."""
        if not self.applies:
            return start
        own, lasts = self.instance, self.instance.duration
        for _ in range(MOST_ROUNDS):
            ends = start + lasts
            turned = self._placed(np.lexsort((-own.head, -ends)), own.behind, own.before)
            found = None if turned is None else self._placed(
                np.lexsort((-own.tail, -(turned + lasts))), own.before, own.behind
            )  # fmt: skip
            if found is None or (found + lasts).max(initial=0) >= ends.max(initial=0):
                break
            start = found
        return start

    def _placed(self, order: Ints, before: Ints, behind: Ints) -> Ints | None:
        """Return the start of each task, placed in this order; None if that breaks the order of pairs."""
        from solvers.kernels import placing as kernel

        own = self.instance
        start, rows = np.empty(len(own), np.int64), np.argsort(behind, kind="stable")
        uses, waits = offsets(own.use_task, len(own)), offsets(behind, len(own))
        columns = (own.duration, uses, own.use_resource, own.use_amount, own.capacity, waits, before[rows])
        arrays = [np.ascontiguousarray(each, np.int64) for each in columns]
        done: int = kernel.placed(order, start, *arrays)
        return start if done else None
