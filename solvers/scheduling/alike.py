"""Tasks and resources of an instance that nothing tells apart: what they use, and whom they wait for, is alike."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from models.arrays import Ints
from solvers.scheduling.instance import Instance


@dataclass(frozen=True, eq=False)
class Classes:
    """
    The coarsest classes in which all members use members of the same classes, and wait for them, alike.

    A linear program over the tasks has a solution in which all of a class start alike, and so needs one of each [1]_.

    References
    ----------
    .. [1] M. Grohe, K. Kersting, M. Mladenov, E. Selman, "Dimension reduction via colour refinement," ESA 2014.
    """

    instance: Instance

    @cached_property
    def _refined(self) -> tuple[Ints, Ints]:
        """Return the class of each task and of each resource."""
        own = self.instance
        task = _numbered([(lasts, own.windows.get(row)) for row, lasts in enumerate(own.duration.tolist())])
        resource = _numbered(own.capacity.tolist())
        columns = (own.use_task, own.use_resource, own.use_amount, own.use_span)
        uses = np.column_stack(columns).tolist()
        pairs = np.column_stack([own.before, own.behind]).tolist()
        while True:
            told: list[list[Any]] = [[] for _ in task]
            held: list[list[Any]] = [[] for _ in resource]
            for one, what, amount, span in uses:
                told[one].append((0, resource[what], amount, span))
                held[what].append((task[one], amount, span))
            for one, two in pairs:
                told[one].append((1, task[two]))
                told[two].append((2, task[one]))
            finer = _numbered([(old, tuple(sorted(new))) for old, new in zip(task, told, strict=True)])
            other = _numbered([(old, tuple(sorted(new))) for old, new in zip(resource, held, strict=True)])
            if max(finer) == max(task) and max(other, default=0) == max(resource, default=0):
                return np.array(task, np.int64), np.array(resource, np.int64)
            task, resource = finer, other

    @property
    def of(self) -> Ints:
        """The class of each task. Shape (tasks,)."""
        return self._refined[0]

    @cached_property
    def tasks(self) -> Ints:
        """The first task of each class. Shape (classes,)."""
        return np.unique(self.of, return_index=True)[1]

    @cached_property
    def resources(self) -> Ints:
        """The first of each class of resources that can run short."""
        first = np.unique(self._refined[1], return_index=True)[1]
        return np.asarray(first[self.instance.scarce[first]])


def _numbered(keys: list[Any]) -> list[int]:
    number: dict[Any, int] = {}
    return [number.setdefault(key, len(number)) for key in keys]
