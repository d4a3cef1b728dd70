"""Why there is no time for a move: the rules about time that leave none, and what would."""

from collections.abc import Iterator, Sequence

import numpy as np

from models.counting import counted
from models.timing import Blackout, Deadline, PowerBudget, Precedence, Serialize, Sync, Timing, Window
from solvers.scheduling import timed
from solvers.scheduling.tasks import MS, Tasks

MOST_NAMED = 4
"""Rules that are named at most where all of them together leave no time beside other moves."""


def timeless(tasks: Tasks, task: int) -> str:
    """Return in words why a task, which has room, finds no time: by itself, or beside others."""
    if rules := alone(tasks, task):
        lasts_s = int(tasks.instance.duration[task]) * tasks.tick_ms / MS
        return f"it takes {lasts_s:,.1f} s, and {_listed(rules)} {_leaves(rules)} {_longest(tasks, task)}"
    if over := _overdrawn(tasks, task):
        return over
    if about := list(_about(tasks, task))[:MOST_NAMED]:
        laid_out_s = tasks.rounds * timed.period_s(about)
        within = f" within {counted(round(laid_out_s / 86_400), 'day')}" if laid_out_s else ""
        return f"beside the other moves {_listed(about)} {_leaves(about)} it no time{within}"
    return "what it must wait for never ends"


def alone(tasks: Tasks, task: int) -> tuple[Timing, ...]:
    """Return a smallest set of windows, blackouts and deadlines that leave a task no time; none if there is some."""
    from solvers.blocking import smallest

    own = tasks.bounding.get(task, ())
    lasts = int(tasks.instance.duration[task])

    def fits(rules: Sequence[int]) -> bool:
        return any(end - start >= lasts for start, end in timed.together(tasks, tuple(rules), {}))

    every = tasks.transition.timing
    return tuple(every[index] for index in smallest(fits, own)) if not fits(own) else ()


def _longest(tasks: Tasks, task: int) -> str:
    spans = timed.together(tasks, tasks.bounding[task], {})
    most = max((end - start for start, end in spans), default=0) * tasks.tick_ms / MS
    return f"{most:,.1f} s at once" if most else "no time"


def _overdrawn(tasks: Tasks, task: int) -> str:
    """Return which budget of power a task exceeds by itself, if one does."""
    own = tasks.instance
    for row in np.flatnonzero(own.use_task == task):
        resource = int(own.use_resource[row])
        key = own.resources[resource]
        if isinstance(key, tuple) and key[0] == "power" and own.use_amount[row] > own.capacity[resource]:
            return f"it draws more than {tasks.transition.timing[key[1]].title} leaves beside what is on"
    return ""


def _about(tasks: Tasks, task: int) -> Iterator[Timing]:
    """Yield the rules about time that concern a task."""
    bounding = tasks.bounding.get(task, ())
    vm = tasks.jobs[task].vm if task < len(tasks.jobs) else -1
    for index, rule in enumerate(tasks.transition.timing):
        if isinstance(rule, Window | Blackout | Deadline):
            concerned = index in bounding
        elif isinstance(rule, Precedence):
            concerned = bool(np.isin(vm, rule.then) or np.isin(vm, rule.first))
        elif isinstance(rule, Serialize | Sync):
            concerned = bool(np.isin(vm, rule.vms))
        else:
            concerned = isinstance(rule, PowerBudget) and tasks.transition.draw is not None
        if concerned:
            yield rule


def _listed(rules: Sequence[Timing]) -> str:
    names = list(dict.fromkeys(rule.title for rule in rules))
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _leaves(rules: Sequence[Timing]) -> str:
    return "leaves" if len({rule.title for rule in rules}) == 1 else "together leave"
