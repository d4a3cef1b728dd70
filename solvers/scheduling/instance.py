"""A scheduling problem without a datacenter: tasks that last, use resources, wait for each other and have windows."""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from models.arrays import Floats, Ints, Mask

DURING, FROM_START, UNTIL_END = 0, 1, 2
"""When a task holds what it uses: while it runs, from its start on, from the beginning until its end."""

Window = tuple[int, int]
"""When something may start or is taken: from, until, in ticks."""


@dataclass(frozen=True, eq=False)
class Instance:
    """
    Tasks and what they use. Times are whole ticks.

    Parameters
    ----------
    duration
        How long each task lasts. Shape (tasks,).
    counted
        How many moves each task is: boots and shutdowns are none. Shape (tasks,).
    resources
        A key for each resource, for messages. Shape (resources,).
    capacity
        How much of each resource there is. Shape (resources,).
    use_task, use_resource, use_amount, use_span
        Who holds how much of what, and when: `DURING`, `FROM_START` or `UNTIL_END`; ordered by task. Shape (uses,).
    before, behind
        Pairs of tasks of which the first ends before the second starts. Shape (pairs,).
    windows
        For some tasks when they may start, both ends included, in order.
    taken
        For some resources what others hold of them: from, until, amount.
    together
        Groups of tasks that start together (True) or end together (False).
    option
        Tasks of the same number are options, one of which is done. Shape (tasks,).
    """

    duration: Ints
    counted: Ints
    resources: tuple[Hashable, ...]
    capacity: Ints
    use_task: Ints
    use_resource: Ints
    use_amount: Ints
    use_span: Ints
    before: Ints
    behind: Ints
    windows: dict[int, tuple[Window, ...]] = field(default_factory=dict)
    taken: dict[int, tuple[tuple[int, int, int], ...]] = field(default_factory=dict)
    together: tuple[tuple[bool, tuple[int, ...]], ...] = ()
    option: Ints | None = None

    def __len__(self) -> int:
        return len(self.duration)

    @cached_property
    def level(self) -> Ints:
        """What is held of each resource before any task has started. Shape (resources,)."""
        held = np.where((self.use_span == UNTIL_END) & self.leads[self.use_task], self.use_amount, 0)
        return np.bincount(self.use_resource, held, minlength=len(self.capacity)).astype(np.int64)

    @cached_property
    def leads(self) -> Mask:
        """Which tasks are the first of their options. Shape (tasks,)."""
        leads = np.zeros(len(self), np.bool_)
        leads[slice(None) if self.option is None else np.unique(self.option, return_index=True)[1]] = True
        return leads

    @cached_property
    def head(self) -> Ints:
        """What must be over before each task can start: the longest chain. Shape (tasks,)."""
        found = chains(self.duration, self.before, self.behind)
        for task, windows in self.windows.items():
            found[task] = max(found[task], windows[0][0]) if windows else found[task]
        return found

    @cached_property
    def tail(self) -> Ints:
        """What must follow each task: the longest chain. Shape (tasks,)."""
        return chains(self.duration, self.behind, self.before)

    def only(self, tasks: Sequence[int] | Ints, *, needless: bool = False) -> tuple["Instance", Ints]:
        """Return the instance of some tasks and their numbers here; without resources that cannot run short."""
        kept = np.asarray(tasks, np.int64)
        row = np.full(len(self), -1)
        row[kept] = np.arange(len(kept))
        uses = np.flatnonzero(row[self.use_task] >= 0)
        if not needless:
            uses = uses[self.scarce[self.use_resource[uses]]]
        uses = uses[np.argsort(row[self.use_task[uses]], kind="stable")]
        found, number = np.unique(self.use_resource[uses], return_inverse=True)
        pairs = (row[self.before] >= 0) & (row[self.behind] >= 0)
        groups = [(start, tuple(int(row[task]) for task in group if row[task] >= 0)) for start, group in self.together]
        part = replace(
            self,
            duration=self.duration[kept],
            counted=self.counted[kept],
            resources=tuple(self.resources[index] for index in found),
            capacity=self.capacity[found],
            use_task=row[self.use_task[uses]],
            use_resource=number.astype(np.int64),
            use_amount=self.use_amount[uses],
            use_span=self.use_span[uses],
            before=row[self.before[pairs]],
            behind=row[self.behind[pairs]],
            windows={int(row[task]): each for task, each in self.windows.items() if row[task] >= 0},
            taken={new: self.taken[int(old)] for new, old in enumerate(found) if int(old) in self.taken},
            together=tuple((start, group) for start, group in groups if len(group) > 1),
            option=None if self.option is None else self.option[kept],
        )
        return part, kept

    @cached_property
    def scarce(self) -> Mask:
        """Which resources all tasks together could overfill. Shape (resources,)."""
        most = np.bincount(self.use_resource, self.use_amount, minlength=len(self.capacity))
        for resource, taken in self.taken.items():
            most[resource] += sum(amount for _, _, amount in taken)
        return np.asarray(most > self.capacity)

    def lean(self) -> "Instance":
        """Return the instance without resources that cannot run short, or not before one that the same tasks use."""
        kept = self.scarce.copy()
        by_users: dict[bytes, list[int]] = {}
        share = self.use_amount / np.maximum(self.capacity[self.use_resource], 1)
        order = np.lexsort((self.use_span, self.use_task, self.use_resource))
        rows = np.split(order, np.flatnonzero(np.diff(self.use_resource[order])) + 1) if len(order) else []
        shares: dict[int, Floats] = {}
        for uses in rows:
            resource = int(self.use_resource[uses[0]])
            if not kept[resource] or resource in self.taken or (self.use_span[uses] != DURING).any():
                continue
            shares[resource] = share[uses]
            rivals = by_users.setdefault(self.use_task[uses].tobytes(), [])
            if any((share[uses] <= shares[rival]).all() for rival in rivals):
                kept[resource] = False
                continue
            for rival in [rival for rival in rivals if (shares[rival] <= share[uses]).all()]:
                kept[rival] = False
                rivals.remove(rival)
            rivals.append(resource)
        number = np.cumsum(kept) - 1
        held = kept[self.use_resource]
        return replace(
            self,
            resources=tuple(name for name, stays in zip(self.resources, kept, strict=True) if stays),
            capacity=self.capacity[kept],
            use_task=self.use_task[held],
            use_resource=number[self.use_resource[held]],
            use_amount=self.use_amount[held],
            use_span=self.use_span[held],
            taken={int(number[old]): each for old, each in self.taken.items() if kept[old]},
        )

    def parts(self) -> list[Ints]:
        """Return the sets of tasks that share nothing scarce with one another and do not wait for one another."""
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

        count, uses = len(self), self.scarce[self.use_resource]
        links = [(self.use_task[uses], count + self.use_resource[uses]), (self.before, self.behind)]
        links += [(np.array(group[:-1]), np.array(group[1:])) for _, group in self.together]
        links += [(np.arange(count), count + len(self.capacity) + self.option)] if self.option is not None else []
        one, two = (np.concatenate([pair[side] for pair in links]).astype(np.int64) for side in (0, 1))
        size = count + len(self.capacity) + (0 if self.option is None else int(self.option.max(initial=0)) + 1)
        graph = coo_array((np.ones(len(one)), (one, two)), shape=(size, size))
        _, label = connected_components(graph, directed=False)
        order = np.argsort(label[:count], kind="stable")
        edges = np.flatnonzero(np.diff(label[:count][order])) + 1
        return np.split(order, edges)


def rest(instance: Instance, start: Ints, since: int) -> tuple[Instance, Ints]:
    """
    Return what is left of a schedule at some time, as an instance that begins then, and its tasks' numbers here.

    Tasks that run then are part of it: they begin at once and last as long as they still have to.
    """
    own = instance
    end = start + own.duration
    kept = np.flatnonzero(end > since)
    runs = start < since
    over = end <= since
    came = over[own.use_task] & (own.use_span == FROM_START)
    held = np.bincount(own.use_resource[came], own.use_amount[came], minlength=len(own.capacity)).astype(np.int64)
    windows = {
        task: tuple((max(first - since, 0), last - since) for first, last in spans if last >= since)
        for task, spans in own.windows.items()
    }
    windows |= {int(task): ((0, 0),) for task in np.flatnonzero(runs & ~over)}
    taken = {
        resource: tuple((max(first - since, 0), last - since, amount) for first, last, amount in spans if last > since)
        for resource, spans in own.taken.items()
    }
    later = replace(
        own,
        duration=np.where(runs, end - since, own.duration),
        capacity=own.capacity - held,
        windows=windows,
        taken=taken,
    )
    return later.only(kept)


def chains(duration: Ints, before: Ints, behind: Ints) -> Ints:
    """Return how long the longest chain of tasks is that must be over before each task. [ticks] Shape (tasks,)."""
    found = np.zeros(len(duration), np.int64)
    for _ in range(len(duration)):
        later = found.copy()
        np.maximum.at(later, behind, found[before] + duration[before])
        if (later == found).all():
            break
        found = later
    return found


class Builder:
    """Collects tasks and what they use."""

    def __init__(self) -> None:
        self.number: dict[Hashable, int] = {}
        self.capacity: list[int] = []
        self.uses: list[tuple[int, int, int, int]] = []
        self.pairs: list[tuple[int, int]] = []

    def resource(self, key: Hashable, capacity: int) -> int:
        """Return the number of a resource, which is new or has this capacity."""
        if key not in self.number:
            self.number[key] = len(self.capacity)
            self.capacity.append(int(capacity))
        return self.number[key]

    def use(self, task: int, key: Hashable, capacity: int, amount: int, span: int = DURING) -> None:
        """Note that a task uses a resource."""
        if amount > 0:
            self.uses.append((task, self.resource(key, capacity), int(amount), span))

    def instance(self, duration: Iterable[int], counted: Iterable[int], **rest: Any) -> Instance:
        """Return what was collected."""
        uses = np.array(sorted(self.uses), np.int64).reshape(-1, 4)
        pairs = np.array(sorted(set(self.pairs)), np.int64).reshape(-1, 2)
        capacity, divisor = np.array(self.capacity, np.int64), np.zeros(len(self.capacity), np.int64)
        np.gcd.at(divisor, uses[:, 1], uses[:, 2])
        for resource, held in rest.get("taken", {}).items():
            divisor[resource] = np.gcd.reduce(
                [divisor[resource], *(amount for _, _, amount in held), capacity[resource]]
            )
        divisor = np.maximum(divisor, 1)
        rest["taken"] = {
            resource: tuple((start, end, amount // int(divisor[resource])) for start, end, amount in held)
            for resource, held in rest.get("taken", {}).items()
        }
        return Instance(
            duration=np.array(list(duration), np.int64),
            counted=np.array(list(counted), np.int64),
            resources=tuple(self.number),
            capacity=capacity // divisor,
            use_task=uses[:, 0],
            use_resource=uses[:, 1],
            use_amount=uses[:, 2] // divisor[uses[:, 1]],
            use_span=uses[:, 3],
            before=pairs[:, 0],
            behind=pairs[:, 1],
            **rest,
        )
