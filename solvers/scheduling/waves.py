"""A list schedule of a whole plan: waves for people, each move as early as all that it uses is free."""

from collections.abc import Container, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from models.arrays import NOWHERE, Floats, Ints, Mask
from models.network import Limits
from models.plan import Transition
from solvers.jobs import Job
from solvers.relations import Relations
from solvers.scheduling import cycles, joint, pressing, reasons, timed
from solvers.scheduling.cycles import NoGood
from solvers.scheduling.instance import Instance
from solvers.scheduling.listing import Lists, ranks
from solvers.scheduling.tasks import MS, Tasks

MOST_ROUNDS = 200
"""How often ways out of cycles are looked for at most; each time for all cycles at once."""
MOST_SPANS = 500_000
"""Spans of tasks that are laid out at most, where what recurs is laid out more often than at first."""
_PUT_OFF = 1 << 40

Merged = tuple[Lists, Ints]
"""Tasks of which some are merged, and the number there of each task here."""


@dataclass(frozen=True, eq=False)
class Listed:
    """
    Moves in waves, and what could not be moved.

    Parameters
    ----------
    tasks
        The moves, boots and shutdowns.
    start
        Of each task. [ticks] Shape (tasks,).
    wave
        Of each task, from 1. Shape (tasks,).
    blocked
        VMs that cannot be moved and hosts that cannot be booted or shut down, and why.
    no_goods
        Who cannot be where all together.
    """

    tasks: Tasks
    start: Ints
    wave: Ints
    blocked: dict[str, str] = field(default_factory=dict)
    no_goods: tuple[NoGood, ...] = ()


def listed(transition: Transition, relations: Relations, jobs: Sequence[Job]) -> Listed:
    """Return all moves that can be done, in waves; cycles are broken, what cannot be is left out."""
    left, no_goods = list(jobs), list[NoGood]()
    blocked: dict[str, str] = {}
    kept: dict[int, str] = {}
    rounds, more = timed.ROUNDS, list(timed.MORE_ROUNDS)
    for _ in range(MOST_ROUNDS):
        tasks = replace(whole(transition, relations, left, kept=kept), rounds=rounds)
        tasks, start, wave = _longest(tasks, more)
        rounds, more = tasks.rounds, []
        if (start >= 0).all():
            break
        if (start[: len(left)] >= 0).all():
            kept |= powerless(tasks, start)
            continue
        found = cycles.resolved(transition, relations, tasks, start)
        left, blocked = found.jobs, blocked | found.blocked
        no_goods += found.no_goods
    else:
        waiting = [job for job, at in zip(tasks.jobs, start, strict=False) if at < 0]
        left = [job for job, at in zip(tasks.jobs, start, strict=False) if at >= 0]
        names = [str(transition.problem.vms[job.vm]) for job in waiting]
        blocked |= dict.fromkeys(names, "too many moves wait for each other's room")
        tasks = replace(whole(transition, relations, left, kept=kept), rounds=rounds)
        start, wave = in_waves(transition, tasks)
    blocked |= {str(transition.problem.hosts[host]): why for host, why in kept.items()}
    return Listed(tasks, start, wave, blocked, tuple(no_goods))


def _longest(tasks: Tasks, more: Sequence[int]) -> tuple[Tasks, Ints, Ints]:
    """Return a schedule with what recurs laid out more often, as far as more tasks can start then."""
    start, wave = _soonest(tasks)
    for rounds in more:
        spans = len(tasks.bounding) * rounds
        if spans > MOST_SPANS or not timed.recurs(tasks, np.flatnonzero(start < 0)):
            break
        longer = replace(tasks, rounds=rounds)
        again, numbers = _soonest(longer)
        if np.count_nonzero(again < 0) < np.count_nonzero(start < 0):
            tasks, start, wave = longer, again, numbers
    return tasks, start, wave


def _soonest(tasks: Tasks) -> tuple[Ints, Ints]:
    """Return a schedule of tasks as they come; of those with the least time first, if more of them can start then."""
    single = merged(tasks)
    start, wave = in_waves(tasks.transition, tasks, single=single)
    if (start >= 0).all() or (due := pressing.due(single[0].instance)) is None:
        return start, wave
    first = np.argsort(np.argsort(due, kind="stable")).astype(np.float64)
    again, numbers = in_waves(tasks.transition, tasks, first, single, due < timed.END)
    return (again, numbers) if np.count_nonzero(again < 0) < np.count_nonzero(start < 0) else (start, wave)


def least_waves(limits: Limits, moves: int, groups: Ints | None = None) -> int:
    """
    Return how many waves there are at least.

    Parameters
    ----------
    limits
        Sizes of the first wave and of the others.
    moves
        How many there are.
    groups
        The group of each, -1 for none. Those that fill more than half a wave, whatever the first one takes of them,
        need one each. Shape (moves,).
    """
    if not moves:
        return 0
    size, first = limits.wave or moves, limits.pilot or moves
    count = -(-max(moves - first, 0) // size)
    if groups is not None and (groups >= 0).any():
        held = np.bincount(groups[groups >= 0])
        count = max(count, int(((held <= size) & (2 * (held - first) > size)).sum()))
    return 1 + count


def powerless(tasks: Tasks, start: Ints) -> dict[int, str]:
    """Return the hosts that cannot be booted or shut down, and why."""
    moves, found = len(tasks.jobs), {}
    for row, host in enumerate((*tasks.boots, *tasks.shutdowns)):
        if start[moves + row] < 0:
            what = "booted" if row < len(tasks.boots) else "shut down"
            found[host] = f"cannot be {what}: {reasons.timeless(tasks, moves + row)}"
    return found


def whole(transition: Transition, relations: Relations, jobs: Sequence[Job], *, kept: Container[int] = ()) -> Tasks:
    """
    Return the tasks of a plan from its beginning.

    Hosts are shut down among them where that is to be as soon as they are empty, or may be only for a while; not
    those that are kept as they are.
    """
    problem, placement = transition.problem, transition.placement
    lit = np.flatnonzero(placement.on & ~problem.on)
    shut = emptied(transition, jobs)
    soon = shut if transition.limits.early else timed.closing(transition, shut)
    boots, shutdowns = (tuple(int(host) for host in hosts if host not in kept) for hosts in (lit, soon))
    return Tasks(transition, relations, jobs, problem.start.astype(np.int64), boots, shutdowns)


def emptied(transition: Transition, jobs: Sequence[Job]) -> Ints:
    """Return the hosts that are to be shut down and hold no VM that stays once the jobs are done."""
    problem, placement = transition.problem, transition.placement
    stays = problem.start != NOWHERE
    stays[[job.vm for job in jobs]] = False
    return np.setdiff1d(np.flatnonzero(problem.on & ~placement.on), problem.start[stays])


def merged(tasks: Tasks) -> Merged:
    """Return the tasks with those that start or end together as one, as lists, and where each of them is there."""
    one, member = joint.merged(tasks.instance)
    return Lists(one), member


def in_waves(
    transition: Transition,
    tasks: Tasks,
    key: Floats | None = None,
    single: Merged | None = None,
    pressed: Mask | None = None,
) -> tuple[Ints, Ints]:
    """
    Return the start and wave of each task, -1 for those that cannot start.

    Moves are taken by a key of the merged tasks, the least first, or as they come. Waves leave room for all of the
    merged tasks that are pressed for time.
    """
    lists, member = single or merged(tasks)
    one = lists.instance
    order = np.arange(len(one), dtype=np.float64) if key is None else key
    order = np.where(one.counted == 0, order.min(initial=0.0) - 1 - np.arange(len(one))[::-1], order)
    start, wave = np.full(len(one), -1, np.int64), np.zeros(len(one), np.int64)
    level = one.level.copy()
    waits, now = lists.waits.copy(), 0
    pause = round(transition.limits.pause_s * MS) // tasks.tick_ms
    number = 1
    while (start < 0).any():
        before = start < 0
        size = (transition.limits.pilot if number == 1 else transition.limits.wave) or int(one.counted.sum())
        most = max(size, int(one.counted.max(initial=1)))
        now = _wave(tasks, lists, member, order, start, level, waits, now, most, number, pressed)
        new = before & (start >= 0)
        wave[new] = number
        if not (new & (one.counted > 0)).any():
            break
        number, now = number + 1, now + pause
    if (start < 0).any():
        return np.where(start[member] < 0, -1, 0), wave[member]
    return joint.parted(tasks.instance, one, member, start), wave[member]


def _wave(
    tasks: Tasks, lists: Lists, member: Ints, order: Floats, start: Ints, level: Ints, waits: Ints, now: int, size: int,
    number: int, pressed: Mask | None,
) -> int:  # fmt: skip
    """Run one wave; the pilot takes the quickest live moves first, as long as there are any that can start."""
    one = lists.instance
    live = np.zeros(len(one), np.bool_)
    live[member[: len(tasks.jobs)]] = [job.live for job in tasks.jobs]
    later = (one.counted > 0) & ~live
    if number == 1 and live.any() and int(one.counted.sum()) > size:
        quick = np.where(one.counted > 0, one.duration.astype(np.float64), -1.0)
        waits[later] += _PUT_OFF
        now = _run(lists, start, level, ranks(quick), waits, now, size)
        waits[later] -= _PUT_OFF
        if (start[one.counted > 0] >= 0).any():
            return now
    pending = (start < 0) & (one.counted > 0)
    later = _other_groups(tasks, member, order, pending, one.counted, size)
    later |= pressing.beyond(order, pending, one.counted, size, pressed)
    if later.any():
        waits[later] += _PUT_OFF
        before = start.copy()
        now = _run(lists, start, level, ranks(order), waits, now, size)
        waits[later] -= _PUT_OFF
        if ((start != before) & (one.counted > 0)).any():
            return now
    return _run(lists, start, level, ranks(order), waits, now, size)


def _other_groups(tasks: Tasks, member: Ints, order: Floats, pending: Mask, counted: Ints, size: int) -> Mask:
    """Return the moves of groups that do not fit into the wave as a whole, taken in the order of their first moves."""
    later = np.zeros(len(pending), np.bool_)
    if tasks.transition.groups is None:
        return later
    group = np.full(len(pending), -1, np.int64)
    group[member[: len(tasks.jobs)]] = [tasks.transition.groups[job.vm] for job in tasks.jobs]
    rows = np.flatnonzero(pending)
    rows = rows[np.argsort(order[rows], kind="stable")]
    key = np.where(group[rows] >= 0, group[rows], group.max(initial=0) + 1 + rows)
    names, first = np.unique(key, return_index=True)
    room = size
    for name in names[np.argsort(first)]:
        own = rows[key == name]
        need = int(counted[own].sum())
        if need <= room or room == size:
            room -= need
        else:
            later[own] = True
    return later


def _run(lists: Lists, start: Ints, level: Ints, rank: Ints, waits: Ints, now: int, most: int) -> int:
    from solvers.kernels import listing as kernel

    own = lists.instance
    found: int = kernel.run(now, most, start, level, rank, own.duration, own.counted, waits, *lists.arrays)
    return found


def reached(tasks: Tasks, start: Ints) -> Ints:
    """Return where each VM is once all that has started has ended. Shape (vms,)."""
    host = tasks.now.copy()
    for task, job in sorted(enumerate(tasks.jobs), key=lambda each: each[1].leg):
        if start[task] >= 0:
            host[job.vm] = job.destination
    return host


def horizon(instance: Instance, start: Ints) -> int:
    """Return when the last counted task has ended."""
    return int((start + instance.duration)[instance.counted > 0].max(initial=0))
