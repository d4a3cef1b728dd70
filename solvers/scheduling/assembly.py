"""From times of tasks to a plan: moves as columns, boots and shutdowns, and who waits for whom."""

from collections.abc import Iterator
from dataclasses import replace

from models.arrays import Ints
from models.plan import HostAction, Moves, Placement, Plan, Transition
from solvers.jobs import Job
from solvers.scheduling import timed
from solvers.scheduling.release import releases
from solvers.scheduling.tasks import MS
from solvers.scheduling.waves import Listed, emptied


def plan(transition: Transition, found: Listed, bound_ms: int) -> Plan:
    """Return the plan of a schedule, whose makespan is proven to be at least so much."""
    tasks = found.tasks
    start_ms = found.start * tasks.tick_ms
    end_ms = start_ms + tasks.instance.duration * tasks.tick_ms
    rows = sorted(range(len(tasks.jobs)), key=lambda task: (start_ms[task], end_ms[task]))
    done = [
        replace(tasks.jobs[row], wave=int(found.wave[row]), start_s=start_ms[row] / MS, end_s=end_ms[row] / MS)
        for row in rows
    ]
    last = float(end_ms[: len(done)].max(initial=0)) / MS
    actions = list(_actions(transition, found, start_ms, end_ms, last))
    after = releases(found, rows)
    late = _after_all(transition, len(actions) - len(after) + len(done), len(done))
    early = transition.limits.early
    finish = max([last, *(action.end_s for action in actions)]) if early else last
    return Plan(
        placement=_placement(transition, done),
        moves=columns(done),
        actions=tuple(actions),
        blocked=found.blocked,
        makespan_s=finish,
        makespan_bound_s=min(bound_ms / MS, finish),
        after=(*after, *late),
        no_goods=found.no_goods,
    )


def _after_all(transition: Transition, count: int, moves: int) -> list[tuple[int, ...]]:
    """Return what shutdowns at the very end wait for: every move."""
    return [tuple(range(moves))] * max(count, 0)


def _placement(transition: Transition, done: list[Job]) -> Placement:
    """Return where the plan leads: the placement, with the hosts that were chosen in place of its own."""
    if not transition.choices:
        return transition.placement
    host = transition.placement.host.copy()
    for job in done:
        if job.leg or not job.pivot:
            host[job.vm] = job.destination
    return replace(transition.placement, host=host)


def _actions(transition: Transition, found: Listed, start_ms: Ints, end_ms: Ints, last: float) -> Iterator[HostAction]:
    """
    Yield boots and shutdowns.

    Unless they are early, or may be only for a while, these come after all moves, so that all can be rolled back.
    """
    tasks, moves = found.tasks, len(found.tasks.jobs)
    boots = len(tasks.boots)
    for row, host in enumerate(tasks.boots):
        task = moves + row
        yield HostAction(host, "boot", start_ms[task] / MS, end_ms[task] / MS, "needed by the placement")
    for row, host in enumerate(tasks.shutdowns):
        task = moves + boots + row
        yield HostAction(host, "shutdown", start_ms[task] / MS, end_ms[task] / MS, "holds no VM any more")
    if transition.limits.early:
        return
    begin, about = last + transition.limits.pause_s if last else 0.0, timed.of_hosts(transition)
    for host in emptied(transition, tasks.jobs).tolist():
        since = timed.shut_from(transition, host, about[host], begin) if host not in tasks.shutdowns else None
        if since is not None:
            until = since + float(transition.shutdown_s[host])
            yield HostAction(host, "shutdown", since, until, "holds no VM any more")


def columns(done: list[Job]) -> Moves:
    """Return moves as columns."""
    names = ("vm", "source", "destination", "wave", "start_s", "end_s", "bandwidth_mbps", "downtime_ms")
    more = ("transferred_mib", "rounds", "converges", "energy_j", "live", "disk_mib", "storage_mbps", "balloon_mib")
    given = {name: [getattr(job, name) for job in done] for name in (*names, *more)}
    return Moves.of(**given, reason=[job.note for job in done])
