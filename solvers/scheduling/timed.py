"""Timing rules as windows, pairs and resources of an instance."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from models.arrays import Ints
from models.plan import Transition
from models.timing import Blackout, Deadline, PowerBudget, Precedence, Serialize, Sync, Timing, Window, laid_out
from solvers.scheduling.instance import Builder

if TYPE_CHECKING:
    from solvers.scheduling.tasks import Tasks

NO_LIMIT = 1 << 50
"""More than anything uses."""
END = 1 << 40
"""Later than anything ends, in ticks."""
ROUNDS, MORE_ROUNDS = 31, (366, 3660)
"""How often spans that recur are laid out at first, and then while no time is found for some moves."""

Spans = list[tuple[int, int]]
"""From when until when, in ticks."""


def moments_ms(transition: Transition) -> list[int]:
    """Return the times that timing rules name, in ms."""
    times: list[float] = []
    for rule in transition.timing:
        if isinstance(rule, Window | Blackout):
            times += [each for span in rule.spans for each in span] + [rule.every_s]
        elif isinstance(rule, Deadline):
            times.append(rule.until_s)
        elif isinstance(rule, PowerBudget):
            times += [rule.from_s, rule.until_s]
    return [round(each * 1000) for each in times if np.isfinite(each)]


def budgets(transition: Transition) -> Iterator[tuple[tuple[str, int], PowerBudget]]:
    """Yield the budgets of power, with the key of each one's resource."""
    for index, rule in enumerate(transition.timing):
        if isinstance(rule, PowerBudget):
            yield ("power", index), rule


def applied(builder: Builder, tasks: "Tasks", duration: Sequence[int]) -> dict[str, Any]:
    """Add pairs and resources to the builder, and return windows, what is taken, and who is together."""
    together = []
    for index, rule in enumerate(tasks.transition.timing):
        if isinstance(rule, Precedence):
            second = _of(tasks, rule.then)
            builder.pairs += [(one, two) for one in _of(tasks, rule.first) for two in second]
        elif isinstance(rule, Serialize):
            for task in _of(tasks, rule.vms):
                builder.use(task, ("serialize", index), rule.most, 1)
        elif isinstance(rule, Sync) and len(found := _of(tasks, rule.vms)) > 1:
            together.append((rule.at_start, tuple(found)))
    return {
        "windows": _windows(tasks, duration),
        "taken": _taken(builder, tasks),
        "together": tuple(together),
    }


def _windows(tasks: "Tasks", duration: Sequence[int]) -> dict[int, tuple[tuple[int, int], ...]]:
    """Return when tasks may start, where that is not always."""
    known: dict[tuple[int, ...], Spans] = {}
    spans = {task: together(tasks, rules, known) for task, rules in tasks.bounding.items()}
    for task, job in enumerate(tasks.jobs):
        ready = [(tasks.ready or {}).get(host, 0) for host in (job.source, job.destination)]
        if max(*ready, 0) > tasks.since_ms:
            spans[task] = both(spans.get(task, [(0, END)]), [(_ticks(tasks, max(ready)), END)])
    found = {
        task: tuple((start, end - duration[task]) for start, end in own if end - start >= duration[task])
        for task, own in spans.items()
    }
    return {task: own or ((END, END - 1),) for task, own in found.items()}


def bounding(tasks: "Tasks") -> dict[int, tuple[int, ...]]:
    """Return the windows, blackouts and deadlines of each task that has some, as positions among the rules."""
    found: dict[int, list[int]] = {}
    for index, rule in enumerate(tasks.transition.timing):
        if isinstance(rule, Deadline | Window | Blackout):
            for task in _concerned(tasks, rule):
                found.setdefault(task, []).append(index)
    return {task: tuple(rules) for task, rules in found.items()}


def recurs(tasks: "Tasks", rows: Ints) -> bool:
    """Return whether any of these tasks has spans that recur."""
    own = tasks.bounding if len(rows) else {}
    rules = {index for task in rows.tolist() for index in own.get(task, ())}
    return any(getattr(tasks.transition.timing[index], "every_s", 0.0) for index in rules)


def of_hosts(transition: Transition) -> list[tuple[int, ...]]:
    """Return the windows and blackouts of each host, as positions among the rules."""
    found: list[list[int]] = [[] for _ in transition.problem.hosts]
    for index, rule in enumerate(transition.timing):
        if isinstance(rule, Window | Blackout) and len(rule.places):
            for host in np.flatnonzero(np.isin(transition.problem.places[rule.level], rule.places)).tolist():
                found[host].append(index)
    return [tuple(each) for each in found]


def closing(transition: Transition, hosts: Ints) -> list[int]:
    """Return which of the hosts may be shut down only for a while, or never."""
    about, since_s = of_hosts(transition), latest_s(transition)
    named = (host for host in hosts.tolist() if about[host])
    return [host for host in named if shut_from(transition, host, about[host], since_s) is None]


def latest_s(transition: Transition) -> float:
    """Return a time after all that rules name."""
    return max(moments_ms(transition), default=0) / 1000


def shut_from(transition: Transition, host: int, about: Sequence[int], since_s: float) -> float | None:
    """Return when a host with these rules may be shut down at the earliest, from a time on; None if never. [s]."""
    lasts_ms = round(float(transition.shutdown_s[host]) * 1000)
    since_ms = round(since_s * 1000)
    spans = common([transition.timing[index] for index in about], since_s)
    starts = [max(start, since_ms) for start, end in spans if max(start, since_ms) + lasts_ms <= end]
    return min(starts) / 1000 if starts else None


def common(rules: Sequence[Timing], since_s: float = 0.0) -> Spans:
    """Return when something may happen by all of the rules, as far as they recur 366 times after a time, in ms."""
    spans: Spans = [(0, END)]
    for rule in rules:
        spans = both(spans, allowed(rule, lambda ms: ms, since_s + MORE_ROUNDS[0] * period_s(rules)))
    return spans


def period_s(rules: Sequence[Timing]) -> float:
    """Return after how long all of the rules have recurred, those that do. [s]."""
    return max((rule.every_s for rule in rules if isinstance(rule, Window | Blackout)), default=0.0)


def together(tasks: "Tasks", rules: tuple[int, ...], known: dict[tuple[int, ...], Spans]) -> Spans:
    """Return when something may happen by all of these rules; what many tasks share is worked out once."""
    if not rules:
        return [(0, END)]
    if rules not in known:
        until_s = tasks.since_ms / 1000 + tasks.rounds * period_s(tasks.transition.timing)
        own = allowed(tasks.transition.timing[rules[-1]], partial(_ticks, tasks), until_s)
        known[rules] = both(together(tasks, rules[:-1], known), own)
    return known[rules]


def _taken(builder: Builder, tasks: "Tasks") -> dict[int, tuple[tuple[int, int, int], ...]]:
    """Return what budgets of power that hold only for a time leave no room for then."""
    taken: dict[int, tuple[tuple[int, int, int], ...]] = {}
    for key, rule in budgets(tasks.transition):
        if key not in builder.number or not (rule.from_s > 0 or np.isfinite(rule.until_s)):
            continue
        resource = builder.number[key]
        builder.capacity[resource] = NO_LIMIT
        draw = tasks.transition.draw
        assert draw is not None
        steady = tasks.transition.problem.on.copy()
        steady[[*tasks.boots, *tasks.shutdowns]] = False
        room = int(np.floor((rule.watts - float(draw.host_w[steady].sum() + draw.vm_w.sum())) * 1000))
        until = END if not np.isfinite(rule.until_s) else _ticks(tasks, round(rule.until_s * 1000))
        start = max(_ticks(tasks, round(rule.from_s * 1000)), 0)
        if until > start:
            taken[resource] = ((start, until, NO_LIMIT - max(room, 0)),)
    return taken


def _of(tasks: "Tasks", vms: Any) -> list[int]:
    return sorted(task for vm in np.asarray(vms).tolist() for task in tasks.of_vm.get(vm, ()))


def _concerned(tasks: "Tasks", rule: Deadline | Window | Blackout) -> list[int]:
    """Return the tasks that a rule is about: of its VMs, and at its hosts."""
    found = set(_of(tasks, rule.vms))
    if not isinstance(rule, Deadline) and len(rule.places):
        hosts = np.flatnonzero(np.isin(tasks.transition.problem.places[rule.level], rule.places)).tolist()
        found |= {task for host in hosts for task in tasks.at_host.get(host, ())}
    return sorted(found)


def _ticks(tasks: "Tasks", ms: int) -> int:
    """Return a time since the jobs may begin, in ticks."""
    return (ms - tasks.since_ms) // tasks.tick_ms


def allowed(rule: Timing, ticks: Callable[[int], int], until_s: float) -> Spans:
    """
    Return when something may happen by a window, a blackout or a deadline, in ticks.

    Parameters
    ----------
    ticks
        Turns milliseconds from the start of the plan into ticks; what ends at infinity ends at `END`.
    until_s
        Spans that recur are laid out until then. [s]
    """
    if isinstance(rule, Deadline):
        return [(0, max(ticks(round(rule.until_s * 1000)), 0))]
    assert isinstance(rule, Window | Blackout)
    spans = [
        (
            ticks(round(start * 1000)) if np.isfinite(start) else 0,
            ticks(round(end * 1000)) if np.isfinite(end) else END,
        )
        for start, end in laid_out(rule, until_s)
    ]
    if isinstance(rule, Window):
        return _outer([(max(start, 0), end) for start, end in spans if end > 0])
    free, since = [], 0
    for start, end in spans:
        if start > since:
            free.append((since, start))
        since = max(since, end)
    last = ticks(round(until_s * 1000)) if rule.every_s else END
    return [*free, (since, last)] if since < last else free


def both(one: Spans, two: Spans) -> Spans:
    """Return what two lists of spans have in common; both are in order, and none of a list within another of it."""
    common, since = [], 0
    for first, last in one:
        while since < len(two) and two[since][1] <= first:
            since += 1
        at = since
        while at < len(two) and two[at][0] < last:
            common.append((max(first, two[at][0]), min(last, two[at][1])))
            at += 1
    return _outer(common)


def _outer(spans: Spans) -> Spans:
    """Return the spans in order, without those that lie within another."""
    found: Spans = []
    for start, end in sorted(spans, key=lambda span: (span[0], -span[1])):
        if not found or end > found[-1][1]:
            found.append((start, end))
    return found
