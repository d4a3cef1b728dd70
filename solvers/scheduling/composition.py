"""Which moves make a wave: few waves, over early in all; an order of moves decides, and orders are tried."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np

from models.arrays import Floats, Ints
from models.plan import Transition
from solvers.scheduling.instance import Instance
from solvers.scheduling.listing import Urgency
from solvers.scheduling.tasks import Tasks
from solvers.scheduling.waves import in_waves, merged

MIXES = 30
"""Mixed orders that are tried before one is bettered."""


@dataclass(frozen=True)
class Composition:
    """
    The best of several orders of moves, bettered by trial: two moves change places, or one comes earlier.

    A wave lasts as long as its longest move and its fullest link; so long moves are best together, and moves of one
    link apart. Groups stay whole, windows and room are kept, as in every list.

    Parameters
    ----------
    tries
        Orders to try, in all.
    seed
        Of the trials.
    """

    tries: int
    seed: int = 1

    def __call__(self, transition: Transition, tasks: Tasks, start: Ints, wave: Ints) -> tuple[Ints, Ints]:
        """Return the start and the wave of each task: those given, unless fewer waves or an earlier end are found."""
        single = merged(tasks)
        one, member = single[0].instance, single[1]
        best, value, kept = (start, wave), _value(tasks.instance, start, wave), np.arange(len(one), dtype=np.float64)
        random = np.random.default_rng(self.seed)
        orders = list(islice(_orders(transition, tasks, one, member, random), self.tries))
        for key in orders:
            found = in_waves(transition, tasks, key, single)
            if (tried := _value(tasks.instance, *found)) < value:
                best, value, kept = found, tried, key
        for _ in range(self.tries - len(orders)):
            key = _changed(kept, random)
            found = in_waves(transition, tasks, key, single)
            if (tried := _value(tasks.instance, *found)) <= value:
                best, value, kept = found, tried, key
        return best


def _value(own: Instance, start: Ints, wave: Ints) -> tuple[int, int, int, int]:
    """Return what to make small: moves that cannot start, waves, the end of all, and the ends added up."""
    ends = (start + own.duration) * (own.counted > 0)
    return int((start < 0).sum()), int(wave.max(initial=0)), int(ends.max(initial=0)), int(ends.sum())


def _orders(
    transition: Transition, tasks: Tasks, one: Instance, member: Ints, random: np.random.Generator
) -> Iterator[Floats]:
    """Yield orders: the long moves first, by load, by the size of their groups, and mixed."""
    urgency = Urgency(one)
    yield -one.duration.astype(np.float64)
    yield from urgency.plain()
    if transition.groups is not None:
        group = np.full(len(one), -1, np.int64)
        group[member[: len(tasks.jobs)]] = transition.groups[[job.vm for job in tasks.jobs]]
        size = np.where(group >= 0, np.bincount(group + 1, one.counted)[group + 1], one.counted)
        yield -(size * (group.max(initial=0) + 2) + group).astype(np.float64)
    for _ in range(MIXES):
        yield urgency.mixed(random)


def _changed(key: Floats, random: np.random.Generator) -> Floats:
    found, (here, there) = key.copy(), random.integers(len(key), size=2)
    if random.random() < 0.5:
        found[[here, there]] = found[[there, here]]
    else:
        found[here] = found[there] - 1e-9 * abs(found[there])
    return found
