"""The independent check of when things happen: orders, windows, deadlines, budgets of cost and of power."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from models.arrays import NOWHERE, Floats, Ints, Mask
from models.check.sweep import crowds
from models.check.violation import Violation
from models.network import Limits
from models.plan import Moves, Plan
from models.problem import Problem
from models.timing import Blackout, Deadline, Draw, PowerBudget, Precedence, Serialize, Span, Sync, Timing, Window

SLACK_S = 1e-6
"""What times may differ by, for rounding. [s]"""
SLACK_W = 1e-6
"""What draws may be above a budget, for rounding. [W]"""


def violations(
    problem: Problem,
    plan: Plan,
    timing: tuple[Timing, ...],
    *,
    draw: Draw | None = None,
    limits: Limits | None = None,
    datastores: Sequence[Sequence[int]] | None = None,
    disks: Mask | None = None,
) -> tuple[Violation, ...]:
    """
    Return where a plan breaks a rule about times or a budget.

    Parameters
    ----------
    problem, plan
        The plan to check.
    timing
        The rules.
    draw
        What machines and migrations draw, for budgets of power.
    limits
        The budgets of hosts and datastores.
    datastores
        The datastores that hold disks of each VM, by number. Shape (vms,).
    disks
        VMs whose disks are copied too. Shape (vms,).
    """
    found = [each for rule in timing for each in _CHECKS[type(rule)](rule, problem, plan, draw)]
    if limits is not None:
        copied = np.zeros(len(problem.vms), np.bool_) if disks is None else disks
        found += _host_budgets(problem, plan.moves, limits, copied)
        found += _datastores(plan.moves, limits, copied, datastores)
    return tuple(found)


def _rows(moves: Moves, vms: Any) -> Ints:
    return np.flatnonzero(np.isin(moves.vm, vms))


def _precedence(rule: Precedence, problem: Problem, plan: Plan, draw: Draw | None) -> Iterator[Violation]:
    moves = plan.moves
    for one in _rows(moves, rule.first):
        for two in _rows(moves, rule.then):
            if moves.start_s[two] < moves.end_s[one] - SLACK_S and one != two:
                who = (str(problem.vms[moves.vm[one]]), str(problem.vms[moves.vm[two]]))
                found, wanted = float(moves.start_s[two]), float(moves.end_s[one])
                yield Violation("Precedence", who, found, wanted, rule.name, since_s=found)


def _serialize(rule: Serialize, problem: Problem, plan: Plan, draw: Draw | None) -> Iterator[Violation]:
    moves, rows = plan.moves, _rows(plan.moves, rule.vms)
    place, ones, most = np.zeros(len(rows), np.int64), np.ones(len(rows), np.int64), np.array([rule.most])
    for _, found, since in crowds(place, moves.start_s[rows], moves.end_s[rows], ones, most):
        who = tuple(str(name) for name in problem.vms[rule.vms])
        yield Violation("Serialize", who, float(found), float(rule.most), rule.name, since_s=since)


def _sync(rule: Sync, problem: Problem, plan: Plan, draw: Draw | None) -> Iterator[Violation]:
    """Yield a group whose last moves do not start, or end, together."""
    moves, rows = plan.moves, _rows(plan.moves, rule.vms)
    last = rows[moves.destination[rows] == plan.placement.host[moves.vm[rows]]]
    times = (moves.start_s if rule.at_start else moves.end_s)[last]
    if len(times) and times.max() - times.min() > SLACK_S:
        who = tuple(str(name) for name in problem.vms[moves.vm[last]])
        yield Violation("Sync", who, float(times.max()), float(times.min()), rule.name, since_s=float(times.min()))


def _deadline(rule: Deadline, problem: Problem, plan: Plan, draw: Draw | None) -> Iterator[Violation]:
    moves, rows = plan.moves, _rows(plan.moves, rule.vms)
    for row in rows[moves.end_s[rows] > rule.until_s + SLACK_S]:
        who = (str(problem.vms[moves.vm[row]]),)
        yield Violation("Deadline", who, float(moves.end_s[row]), rule.until_s, rule.name, since_s=rule.until_s)


def _happening(rule: Window | Blackout, problem: Problem, plan: Plan) -> Iterator[tuple[str, float, float]]:
    """Yield what the rule is about: its VMs' moves, and moves and power actions at its places."""
    moves = plan.moves
    places = problem.places[rule.level]
    hosts = np.flatnonzero(np.isin(places, rule.places))
    own = np.isin(moves.vm, rule.vms) | np.isin(moves.source, hosts) | np.isin(moves.destination, hosts)
    for row in np.flatnonzero(own):
        yield str(problem.vms[moves.vm[row]]), float(moves.start_s[row]), float(moves.end_s[row])
    for action in plan.actions:
        if action.host in hosts:
            yield str(problem.hosts[action.host]), action.start_s, action.end_s


def _last_before(span: Span, every_s: float, time_s: float) -> Span:
    """Return when a span that recurs happens for the last time that begins before a time; others as they are."""
    if not every_s:
        return span
    by_s = (np.ceil((time_s - span[0]) / every_s) - 1) * every_s
    return span[0] + by_s, span[1] + by_s


def _window(rule: Window, problem: Problem, plan: Plan, draw: Draw | None) -> Iterator[Violation]:
    for name, start, end in _happening(rule, problem, plan):
        times = [_last_before(span, rule.every_s, start + 2 * SLACK_S) for span in rule.spans]
        if not any(first <= start + SLACK_S and end <= last + SLACK_S for first, last in times):
            yield Violation("Window", (name,), end, start, rule.name, since_s=start)


def _blackout(rule: Blackout, problem: Problem, plan: Plan, draw: Draw | None) -> Iterator[Violation]:
    for name, start, end in _happening(rule, problem, plan):
        times = [_last_before(span, rule.every_s, end - SLACK_S) for span in rule.spans]
        if any(start < last - SLACK_S and first < end - SLACK_S for first, last in times):
            yield Violation("Blackout", (name,), end, start, rule.name, since_s=start)


def _power(rule: PowerBudget, problem: Problem, plan: Plan, draw: Draw | None) -> Iterator[Violation]:
    """Yield the budget if it is exceeded, with the largest draw; not if it is never more than at the start."""
    if draw is None:
        return
    times, watts = _drawn(problem, plan, draw)
    until = np.append(times[1:], np.inf)
    within = (times < rule.until_s) & (until > rule.from_s) & (until > times)
    if not within.any() or watts[within].max() <= rule.watts + SLACK_W:
        return
    worst = int(np.flatnonzero(within)[np.argmax(watts[within])])
    before = float(draw.host_w[problem.on].sum() + draw.vm_w.sum())
    since = max(float(times[worst]), rule.from_s)
    existed = bool(watts[worst] <= before + SLACK_W)
    who = ("all hosts",)
    yield Violation("PowerBudget", who, float(watts[worst]), rule.watts, rule.name, since_s=since, existed=existed)


def _drawn(problem: Problem, plan: Plan, draw: Draw) -> tuple[Floats, Floats]:
    """Return the times at which the draw changes, and the draw from each until the next, in s and W."""
    change: dict[float, float] = {0.0: float(draw.host_w[problem.on].sum() + draw.vm_w.sum())}

    def add(time: float, watts: float) -> None:
        change[time] = change.get(time, 0.0) + watts

    for action in plan.actions:
        if action.action == "boot":
            add(action.start_s, float(draw.host_w[action.host] + draw.boot_w[action.host]))
            add(action.end_s, -float(draw.boot_w[action.host]))
        else:
            add(action.end_s, -float(draw.host_w[action.host]))
    moves = plan.moves
    for row in np.flatnonzero(moves.live | (moves.disk_mib > 0)):
        rate = max(float(moves.bandwidth_mbps[row]), float(moves.storage_mbps[row]))
        watts = float(np.rint(np.floor(rate / draw.mbps_per_w) + draw.migration_w))
        add(float(moves.start_s[row]), watts)
        add(float(moves.end_s[row]), -watts)
    times = np.array(sorted(change))
    return times, np.cumsum([change[time] for time in times])


def _host_budgets(problem: Problem, moves: Moves, limits: Limits, disks: Mask) -> Iterator[Violation]:
    if not limits.host_budget:
        return
    rows = np.flatnonzero((moves.live | disks[moves.vm]) & (moves.source != NOWHERE))
    cost = np.where(disks[moves.vm[rows]], limits.host_storage, limits.host_move)
    ends = np.concatenate([moves.source[rows], moves.destination[rows]])
    start_s, end_s = np.tile(moves.start_s[rows], 2), np.tile(moves.end_s[rows], 2)
    most = np.full(len(problem.hosts), limits.host_budget)
    for host, found, since in crowds(ends, start_s, end_s, np.tile(cost, 2), most):
        who = (str(problem.hosts[host]),)
        yield Violation("Budget", who, float(found), float(limits.host_budget), "host", since_s=since)


def _datastores(
    moves: Moves, limits: Limits, disks: Mask, datastores: Sequence[Sequence[int]] | None
) -> Iterator[Violation]:
    """Yield each datastore whose budget is exceeded; a move costs every one that holds a disk of its VM."""
    if not limits.datastore_budget or datastores is None:
        return
    moving = np.flatnonzero(moves.live | disks[moves.vm])
    pairs = [(int(row), int(store)) for row in moving for store in datastores[moves.vm[row]]]
    rows, place = np.array(pairs, np.int64).reshape(-1, 2).T
    cost = np.where(disks[moves.vm[rows]], limits.datastore_storage, limits.datastore_move)
    most = np.full(int(place.max(initial=0)) + 1, limits.datastore_budget)
    for store, found, since in crowds(place, moves.start_s[rows], moves.end_s[rows], cost, most):
        who = (f"datastore {store}",)
        yield Violation("Budget", who, float(found), float(limits.datastore_budget), "datastore", since_s=since)


_CHECKS: Mapping[type, Callable[..., Iterator[Violation]]] = {
    Precedence: _precedence,
    Serialize: _serialize,
    Sync: _sync,
    Deadline: _deadline,
    Window: _window,
    Blackout: _blackout,
    PowerBudget: _power,
}
