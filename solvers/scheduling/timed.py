"""Timing rules as windows, pairs and resources of an instance."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from models.plan import Transition
from models.timing import Blackout, Deadline, PowerBudget, Precedence, Serialize, Sync, Window
from solvers.scheduling.instance import Builder

if TYPE_CHECKING:
    from solvers.scheduling.tasks import Tasks

NO_LIMIT = 1 << 50
"""More than anything uses."""
END = 1 << 40
"""Later than anything ends, in ticks."""


def moments_ms(transition: Transition) -> list[int]:
    """Return the times that timing rules name, in ms."""
    times: list[float] = []
    for rule in transition.timing:
        if isinstance(rule, Window | Blackout):
            times += [each for span in rule.spans for each in span]
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
    spans: dict[int, list[tuple[int, int]]] = {}
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
        elif isinstance(rule, Deadline | Window | Blackout):
            for task in _concerned(tasks, rule):
                spans[task] = _both(spans.get(task, [(0, END)]), _allowed(tasks, rule))
    for task, job in enumerate(tasks.jobs):
        ready = [(tasks.ready or {}).get(host, 0) for host in (job.source, job.destination)]
        if max(*ready, 0) > tasks.since_ms:
            spans[task] = _both(spans.get(task, [(0, END)]), [(_ticks(tasks, max(ready)), END)])
    windows = {
        task: tuple((start, end - duration[task]) for start, end in own if end - start >= duration[task])
        for task, own in spans.items()
    }
    return {
        "windows": {task: own or ((END, END - 1),) for task, own in windows.items()},
        "taken": _taken(builder, tasks),
        "together": tuple(together),
    }


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
    wanted = set(np.asarray(vms).tolist())
    return [task for task, job in enumerate(tasks.jobs) if job.vm in wanted]


def _concerned(tasks: "Tasks", rule: Deadline | Window | Blackout) -> list[int]:
    """Return the tasks that a rule is about: of its VMs, and at its hosts."""
    found = set(_of(tasks, rule.vms))
    if not isinstance(rule, Deadline) and len(rule.places):
        hosts = set(np.flatnonzero(np.isin(tasks.transition.problem.places[rule.level], rule.places)).tolist())
        found |= {task for task, job in enumerate(tasks.jobs) if {job.source, job.destination} & hosts}
        powered = [*tasks.boots, *tasks.shutdowns]
        found |= {len(tasks.jobs) + row for row, host in enumerate(powered) if host in hosts}
    return sorted(found)


def _ticks(tasks: "Tasks", ms: int) -> int:
    """Return a time since the jobs may begin, in ticks."""
    return (ms - tasks.since_ms) // tasks.tick_ms


def _allowed(tasks: "Tasks", rule: Deadline | Window | Blackout) -> list[tuple[int, int]]:
    """Return when something may happen, in ticks; what ends at infinity ends at `END`."""
    if isinstance(rule, Deadline):
        return [(0, max(_ticks(tasks, round(rule.until_s * 1000)), 0))]
    spans = sorted(
        (
            _ticks(tasks, round(start * 1000)) if np.isfinite(start) else 0,
            _ticks(tasks, round(end * 1000)) if np.isfinite(end) else END,
        )
        for start, end in rule.spans
    )
    if isinstance(rule, Window):
        return [(max(start, 0), end) for start, end in spans if end > 0]
    free, since = [], 0
    for start, end in spans:
        if start > since:
            free.append((since, start))
        since = max(since, end)
    return [*free, (since, END)] if since < END else free


def _both(one: list[tuple[int, int]], two: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return what two lists of spans have in common, in order."""
    common = [(max(a, c), min(b, d)) for a, b in one for c, d in two]
    return sorted((start, end) for start, end in common if start < end)
