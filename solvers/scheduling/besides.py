"""What a schedule is to be besides short: with early ends, links that are not full, or few moves at risk at once."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from models import aims
from models.arrays import Ints, Mask
from solvers.jobs import Job
from solvers.scheduling import joint
from solvers.scheduling.bounds import bound
from solvers.scheduling.instance import DURING, Instance
from solvers.scheduling.listing import Dispatch, Lists, finish, mixed_seed, ranks
from solvers.scheduling.tasks import Tasks

LINKS = ("nic out", "nic in", "link")
"""First words of the keys of resources that are links."""
STEPS = 20
"""Shares of links that are tried, from all of them down, in steps of the same size."""
RISK = "at risk"
"""The key of a resource that every move at risk takes one of."""


@dataclass(frozen=True)
class Besides:
    """
    Betters a schedule in one respect after the other; none undoes what those before it have reached.

    Ends are made earlier by trying orders. Of links, or of moves at risk at once, less and less is allowed, as long as
    a list schedule is found that is over in time.

    Parameters
    ----------
    stages
        Of `models.aims.AIMS`, the most important first.
    tolerance
        By how much the makespan, and what a stage has reached, may get worse in the stages after, as a share.
    tries
        Orders to try for each list schedule.
    seed
        Of the trials.
    """

    stages: tuple[str, ...]
    tolerance: float = 0.0
    tries: int = 500
    seed: int = 1

    def __call__(self, tasks: Tasks, start: Ints) -> Ints:
        """Return the start of each task; what is not bettered stays as it was. Shape (tasks,)."""
        whole = tasks.instance
        if whole.option is not None or not len(tasks.jobs):
            return start
        own, member = joint.merged(_with_risk(tasks))
        first = np.full(len(own), np.iinfo(np.int64).max)
        np.minimum.at(first, member, start)
        latest = int(finish(own, first) * (1 + self.tolerance))
        reached: list[tuple[Callable[[Instance, Ints], float], float]] = []
        for stage in self.stages:
            measure, ways = _MEASURES[stage], _WAYS[stage]
            for found, limited in ways(self, own, first, latest):
                if finish(own, found) > latest or any(value(own, found) > most for value, most in reached):
                    break
                if measure(own, found) < measure(own, first):
                    own, first = limited, found
            reached.append((measure, measure(own, first) * (1 + self.tolerance)))
        return joint.parted(whole, own, member, first)


def _with_risk(tasks: Tasks) -> Instance:
    """Return the instance with a resource that each move at risk takes one of; there is enough for all of them."""
    own, risky = tasks.instance, np.flatnonzero(risks(tasks))
    if not len(risky):
        return own
    columns = [
        (own.use_task, risky), (own.use_resource, np.full(len(risky), len(own.capacity))),
        (own.use_amount, np.ones(len(risky), np.int64)), (own.use_span, np.full(len(risky), DURING)),
    ]  # fmt: skip
    task, resource, amount, span = (np.append(known, more).astype(np.int64) for known, more in columns)
    order = np.argsort(task, kind="stable")
    return replace(
        own,
        resources=(*own.resources, RISK),
        capacity=np.append(own.capacity, len(risky)),
        use_task=task[order],
        use_resource=resource[order],
        use_amount=amount[order],
        use_span=span[order],
    )


def risks(tasks: Tasks) -> Mask:
    """Return which tasks are moves at risk. Shape (tasks,)."""
    jobs: Sequence[Job] = tasks.jobs
    found = np.zeros(len(tasks.instance), np.bool_)
    sent = [job.transferred_mib - job.disk_mib for job in jobs]
    memory = tasks.transition.memory_mib[[job.vm for job in jobs]]
    live, converges, downtime = ([getattr(job, name) for job in jobs] for name in ("live", "converges", "downtime_ms"))
    found[: len(jobs)] = aims.at_risk(live, converges, downtime, sent, memory)
    return found


def _ends(own: Instance, start: Ints) -> float:
    """Return the sum of the ends of moves."""
    return float(((start + own.duration) * own.counted).sum())


def _full(own: Instance, start: Ints) -> float:
    """Return the largest share of a link that is taken at any moment."""
    return max((share for share, _ in _peaks(own, start, _links(own))), default=0.0)


def _risk(own: Instance, start: Ints) -> float:
    """Return the most moves at risk that run at once."""
    rows = np.flatnonzero([name == RISK for name in own.resources])
    return max((held for _, held in _peaks(own, start, rows)), default=0.0)


def _links(own: Instance) -> Ints:
    return np.flatnonzero([isinstance(name, tuple) and name[0] in LINKS for name in own.resources])


def _peaks(own: Instance, start: Ints, resources: Ints) -> Iterator[tuple[float, float]]:
    """Yield the most that is held of each resource at any moment: as a share of the capacity, and as it is."""
    for resource in resources.tolist():
        uses = np.flatnonzero(own.use_resource == resource)
        begin, amount = start[own.use_task[uses]], own.use_amount[uses]
        when = np.concatenate([begin, begin + own.duration[own.use_task[uses]]])
        change = np.concatenate([amount, -amount])
        held = np.cumsum(change[np.lexsort((change, when))])
        yield float(held.max(initial=0)) / float(own.capacity[resource]), float(held.max(initial=0))


def _sooner(by: Besides, own: Instance, start: Ints, latest: int) -> Iterator[tuple[Ints, Instance]]:
    """Yield a schedule whose moves end earlier, in the same instance."""
    found, rank = start.copy(), ranks(start.astype(np.float64))
    again = Lists(own).run(rank)
    if (again >= 0).all() and finish(own, again) <= latest:
        found = again
    Lists(own).better(by.tries, latest, np.array([mixed_seed(by.seed)], np.uint64), found, rank, polish=True)
    yield found, own


def _emptier(by: Besides, own: Instance, start: Ints, latest: int) -> Iterator[tuple[Ints, Instance]]:
    """Yield schedules in which no link is taken by more than a share of what it is now, less and less."""
    links, top = _links(own), _full(own, start)
    least = np.zeros(len(own.capacity), np.int64)
    np.maximum.at(least, own.use_resource, own.use_amount)
    plain = own.capacity.copy()
    for step in range(1, STEPS):
        capacity = plain.copy()
        capacity[links] = np.maximum(plain[links] * top * (1 - step / STEPS), least[links]).astype(np.int64)
        yield from _within(by, replace(own, capacity=np.minimum(capacity, plain)), latest)


def _fewer(by: Besides, own: Instance, start: Ints, latest: int) -> Iterator[tuple[Ints, Instance]]:
    """Yield schedules with fewer moves at risk at once, one less each time."""
    for most in range(int(_risk(own, start)) - 1, 0, -1):
        capacity = own.capacity.copy()
        capacity[[name == RISK for name in own.resources]] = most
        yield from _within(by, replace(own, capacity=capacity), latest)


def _within(by: Besides, limited: Instance, latest: int) -> Iterator[tuple[Ints, Instance]]:
    """Yield a list schedule under tighter limits if it may be over in time, else one that is known to be too long."""
    found = None if bound(limited) > latest else Dispatch(by.tries, seed=by.seed)(limited, latest)
    yield (np.full(len(limited), latest) if found is None else found), limited


_MEASURES: dict[str, Callable[[Instance, Ints], float]] = {
    "sum_of_ends": _ends,
    "peak_link_load": _full,
    "moves_at_risk": _risk,
}
_WAYS = {"sum_of_ends": _sooner, "peak_link_load": _emptier, "moves_at_risk": _fewer}
