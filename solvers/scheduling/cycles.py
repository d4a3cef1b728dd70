"""
Moves that wait for each other's room: who they are, the cheapest way out, and what to tell the placement if none is.

A move waits for another if that leaves the host, or the place of a rule, that it has no room at, or comes before it
by an order. A strongly connected component that waits for nobody outside is what blocks all others: it is broken by
sending one VM by way of a third host, or by taking memory from one that can give it up for a while, whichever takes
less time; else by stopping one that may be stopped until there is room.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from models.arrays import NOWHERE, Ints, Mask
from models.plan import Transition
from solvers.jobs import Job, direct
from solvers.relations import Relations, compiled
from solvers.scheduling import balloons, reasons
from solvers.scheduling.instance import DURING, FROM_START, UNTIL_END
from solvers.scheduling.tasks import Tasks
from solvers.state import State

NoGood = tuple[tuple[int, int], ...]
"""VMs and hosts, as rows: a placement with each VM on its host cannot be reached from this start."""
PIVOTS = 5
"""Third hosts that are tried for one VM, the roomiest first."""


@dataclass(frozen=True, eq=False)
class Resolution:
    """Jobs that have a better chance, those left out with the reason, and placements that cannot be reached."""

    jobs: list[Job]
    blocked: dict[str, str] = field(default_factory=dict)
    no_goods: list[NoGood] = field(default_factory=list)


def resolved(transition: Transition, relations: Relations, tasks: Tasks, start: Ints) -> Resolution:
    """
    Return jobs in which the cycles that stopped a list schedule are broken.

    Parameters
    ----------
    transition, relations
        From where to where, and the rules that hold at every moment.
    tasks
        What was scheduled.
    start
        Of each task, -1 for those that could not start. Shape (tasks,).
    """
    host = tasks.now.copy()
    order = sorted(range(len(tasks.jobs)), key=lambda task: tasks.jobs[task].leg)
    for task in order:
        if start[task] >= 0:
            host[tasks.jobs[task].vm] = tasks.jobs[task].destination
    state = State(relations, host)
    waiting = [task for task, job in enumerate(tasks.jobs) if start[task] < 0 and host[job.vm] == job.source]
    jobs: dict[int, list[Job]] = {task: [job] for task, job in enumerate(tasks.jobs)}
    result = Resolution([])
    broken = False
    cores, full = _cores(tasks, waiting, start), compiled(transition.problem)
    for core in (core for core in cores if len(core) > 1):
        moving = {job.vm for every in jobs.values() for job in every}
        way = _cheapest(transition, full, state, [tasks.jobs[task] for task in core], moving)
        if way is not None:
            number, legs = way
            jobs[core[number]] = legs
            broken = True
            continue
        if legs_stop := _stopped(transition, [tasks.jobs[task] for task in core]):
            number, legs = legs_stop
            jobs[core[number]] = legs
            broken = True
    for core in cores if not broken else ():
        vms = {tasks.jobs[task].vm for task in core}
        for task in core:
            result.blocked[str(transition.problem.vms[tasks.jobs[task].vm])] = _why(state, tasks, task, core)
        for task, job in enumerate(tasks.jobs):
            if job.vm in vms:
                jobs[task] = []
        result.no_goods.append(tuple((job.vm, job.destination) for job in (tasks.jobs[task] for task in core)))
    result.jobs.extend(job for task in range(len(tasks.jobs)) for job in jobs[task])
    return result


def _cores(tasks: Tasks, waiting: Sequence[int], start: Ints) -> list[list[int]]:
    """Return the sets of moves that wait for each other, and for nobody else."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    row = {task: index for index, task in enumerate(waiting)}
    pairs = [(row[a], row[b]) for a, b in _waits(tasks, waiting, start)]
    one, two = np.array(pairs, np.int64).reshape(-1, 2).T
    graph = coo_array((np.ones(len(one)), (one, two)), shape=(len(waiting), len(waiting)))
    count, label = connected_components(graph, directed=True, connection="strong")
    outside = np.zeros(count, np.bool_)
    outside[label[one[label[one] != label[two]]]] = True
    return [[waiting[index] for index in np.flatnonzero(label == core).tolist()] for core in np.flatnonzero(~outside)]


def _waits(tasks: Tasks, waiting: Sequence[int], start: Ints) -> list[tuple[int, int]]:
    """Return pairs of moves of which the first waits for the second: for room that it gives back, or by an order."""
    own, among = tasks.instance, set(waiting)
    givers: dict[int, list[int]] = {}
    wants: dict[int, list[int]] = {}
    free = own.capacity - _level(tasks, start < 0)
    for task, resource, amount, span in zip(own.use_task, own.use_resource, own.use_amount, own.use_span, strict=True):
        if int(task) not in among:
            continue
        if span == FROM_START and amount > free[resource]:
            wants.setdefault(int(resource), []).append(int(task))
        elif span == UNTIL_END:
            givers.setdefault(int(resource), []).append(int(task))
    pairs = {
        (task, other) for resource, tasks_ in wants.items() for task in tasks_ for other in givers.get(resource, ())
    }
    pairs |= {
        (int(b), int(a)) for a, b in zip(own.before, own.behind, strict=True) if int(a) in among and int(b) in among
    }
    return sorted((one, two) for one, two in pairs if one != two)


def _level(tasks: Tasks, unstarted: Mask) -> Ints:
    """Return what is held of each resource when all that has started has ended. Shape (resources,)."""
    own = tasks.instance
    held = np.where(own.use_span == FROM_START, ~unstarted[own.use_task], unstarted[own.use_task])
    amount = np.where(held & (own.use_span != DURING), own.use_amount, 0)
    return np.bincount(own.use_resource, amount, minlength=len(own.capacity)).astype(np.int64)


def _cheapest(
    transition: Transition, full: Relations, state: State, core: Sequence[Job], moving: Collection[int]
) -> tuple[int, list[Job]] | None:
    """Return which job goes by way of a third host, or with less memory, and its legs: what takes less time."""
    pressed = balloons.shrunk(transition, state, core, moving)
    around = _way(transition, full, state, core)
    if around is None:
        return pressed
    number, legs = around
    longer = legs[0].duration_s + legs[1].duration_s - core[number].duration_s
    if pressed is not None and sum(leg.duration_s for leg in pressed[1]) - core[pressed[0]].duration_s < longer:
        return pressed
    state.arrive(core[number].vm, legs[0].destination)
    return around


def _way(transition: Transition, full: Relations, state: State, core: Sequence[Job]) -> tuple[int, list[Job]] | None:
    """Return which job goes by way of a third host, and its two legs: what takes least; None if there is none."""
    best: tuple[float, float, int, list[Job]] | None = None
    fill = state.fill()
    on = transition.problem.on | transition.placement.on
    for number, job in enumerate(core):
        if job.pivot or job.source == NOWHERE or job.destination == NOWHERE:
            continue
        allowed = full.allowed(int(full.item[job.vm])) & on
        allowed[[job.source, job.destination]] = False
        options = [int(host) for host in np.flatnonzero(allowed) if state.admits(job.vm, int(host))]
        for host in sorted(options, key=lambda host: float(fill[host]))[:PIVOTS]:
            legs = _legs(transition, job, host)
            value = (legs[0].duration_s + legs[1].duration_s, float(fill[host]))
            if best is None or value < best[:2]:
                best = (*value, number, legs)
    if best is None:
        return None
    return best[2], best[3]


def _legs(transition: Transition, job: Job, host: int) -> list[Job]:
    names = transition.problem.hosts
    note = f"goes by way of {names[host]}, since {names[job.destination]} has no room before another VM has left"
    first = direct(transition, job.vm, job.source, host)
    second = direct(transition, job.vm, host, job.destination)
    return [replace(first, pivot=True, note=note), replace(second, pivot=True, leg=1, note=note)]


def _stopped(transition: Transition, core: Sequence[Job]) -> tuple[int, list[Job]] | None:
    """Return which job's VM is stopped until there is room, and its two legs; None if none may be."""
    if transition.may_stop is None:
        return None
    ways = [
        (job.duration_s, number)
        for number, job in enumerate(core)
        if transition.may_stop[job.vm]
        and not job.pivot
        and job.source != NOWHERE
        and job.destination != NOWHERE
        # What holds its disks is free only once they are copied, so that stopping it gives no room.
        and not job.disk_mib
    ]
    if not ways:
        return None
    job = core[min(ways)[1]]
    cold = direct(transition, job.vm, NOWHERE, job.destination)
    name = transition.problem.hosts[job.destination]
    note = f"is stopped until {name} has room, since every VM that waits for its room waits for this one's"
    half = replace(cold, pivot=True, live=False, note=note)
    return min(ways)[1], [replace(half, source=job.source, destination=NOWHERE), replace(half, leg=1)]


def _why(state: State, tasks: Tasks, task: int, core: Sequence[int]) -> str:
    """Return in words why a move cannot be done."""
    job, problem = tasks.jobs[task], tasks.transition.problem
    source = problem.hosts[job.source] if job.source != NOWHERE else "where it is"
    destination = problem.hosts[job.destination] if job.destination != NOWHERE else "nowhere"
    if reasons.alone(tasks, task) or (tasks.transition.timing and state.admits(job.vm, job.destination)):
        return f"cannot move from {source} to {destination}: {reasons.timeless(tasks, task)}"
    free = state.limit[job.destination] - state.load[job.destination]
    need = state.need(job.vm, job.destination)
    short = [name for name, lack in zip(problem.dims, need > free, strict=True) if lack]
    if short:
        reason = f"{destination} lacks {', '.join(short)}"
    elif state.admits(job.vm, job.destination):
        reason = "nothing is wrong with its host, but what it must wait for never ends"
    else:
        reason = f"a rule holds on {destination}"
    others = [str(problem.vms[tasks.jobs[other].vm]) for other in core if other != task]
    ring = f" before {', '.join(others[:5])} {'leave' if len(others) > 1 else 'leaves'}" if others else ""
    return f"cannot leave {source}: {reason}{ring}, and no third host can take it on the way"
