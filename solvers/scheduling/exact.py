"""An exact model of an instance for CP-SAT: intervals on resources, the makespan to be least."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from models.arrays import Ints
from solvers.scheduling.instance import DURING, UNTIL_END, Instance
from solvers.scheduling.listing import finish

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

DETERMINISTIC = 0.25
"""Units of deterministic time for a second; models of schedules were seen to take about four seconds a unit."""


@dataclass(frozen=True, eq=False)
class Solved:
    """
    What the model found.

    Parameters
    ----------
    start
        Start of each task, -1 for options that are not taken; None if nothing was found. [ticks] Shape (tasks,).
    bound
        No schedule ends before. [ticks]
    infeasible
        Whether it is proven that there is no schedule that ends in time.
    """

    start: Ints | None
    bound: int
    infeasible: bool = False


@dataclass(frozen=True)
class Exact:
    """
    Least makespan by CP-SAT, from a schedule known.

    Parameters
    ----------
    seconds
        Time. [s]
    seed
        Of the search.
    workers
        More than one is faster, and not reproducible.
    deterministic
        Reckon time in the solver's own unit and not by the clock; so long as there is one worker the result is then
        reproducible.
    """

    seconds: float = 10.0
    seed: int = 1
    workers: int = 1
    deterministic: bool = True

    def __call__(self, instance: Instance, low: int, high: int, hint: Ints | None = None) -> Solved:
        """
        Return the best schedule that ends from `low` to `high`, and what is proven.

        Parameters
        ----------
        instance
            What to schedule.
        low, high
            The makespan is known to be at least, and wanted to be at most. [ticks]
        hint
            Starts to begin from. Shape (tasks,).
        """
        from ortools.sat.python import cp_model

        if low > high:
            return Solved(None, low)
        model = _Model(instance, low, high)
        if hint is not None:
            model.hint(hint)
        solver = cp_model.CpSolver()
        solver.parameters.random_seed = self.seed
        solver.parameters.num_workers = self.workers
        if self.deterministic:
            solver.parameters.max_deterministic_time = self.seconds * DETERMINISTIC
        else:
            solver.parameters.max_time_in_seconds = self.seconds
        status = solver.solve(model.model)
        if status == cp_model.INFEASIBLE:
            return Solved(None, high + 1, infeasible=True)
        bound = max(low, int(np.ceil(solver.best_objective_bound - 1e-6)))
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return Solved(None, min(bound, high + 1))
        return Solved(model.starts(solver), bound)


class _Model:
    """The variables and constraints of one instance."""

    def __init__(self, instance: Instance, low: int, high: int) -> None:
        from ortools.sat.python import cp_model

        self.instance, self.high = instance, high
        self.model = cp_model.CpModel()
        self.makespan = self.model.new_int_var(low, high, "makespan")
        self.taken = self._options()
        # What comes before or after an option that is not taken does not count.
        none = np.zeros(len(instance), np.int64)
        self.head, self.tail = (instance.head, instance.tail) if instance.option is None else (none, none)
        self.start = [self._start(task) for task in range(len(instance))]
        self.end = [start + int(lasts) for start, lasts in zip(self.start, instance.duration, strict=True)]
        self.interval = [self._interval(start, task) for task, start in enumerate(self.start)]
        for task in range(len(instance)):
            self._if(self.model.add(self.end[task] + int(self.tail[task]) <= self.makespan), task)
        for one, two in zip(instance.before.tolist(), instance.behind.tolist(), strict=True):
            self._if(self.model.add(self.end[one] <= self.start[two]), one, two)
        for at_start, group in instance.together:
            side = self.start if at_start else self.end
            for other in group[1:]:
                self._if(self.model.add(side[group[0]] == side[other]), group[0], other)
        self._resources()
        self.model.minimize(self.makespan)

    def _options(self) -> list[Any]:
        """Return for each task whether it is done: True, or a literal where it is one of several options."""
        option = self.instance.option
        if option is None:
            return [True] * len(self.instance)
        count = np.bincount(option)
        taken: list[Any] = [self.model.new_bool_var("") if count[own] > 1 else True for own in option]
        for number in np.flatnonzero(count > 1):
            self.model.add_exactly_one(taken[task] for task in np.flatnonzero(option == number))
        return taken

    def _start(self, task: int) -> "cp_model.IntVar":
        from ortools.sat.python import cp_model

        own = self.instance
        first, last = int(self.head[task]), self.high - int(own.duration[task]) - int(self.tail[task])
        windows = own.windows.get(task, ((first, last),))
        spans = [[max(start, first), min(end, last)] for start, end in windows]
        spans = [span for span in spans if span[0] <= span[1]]
        if not spans:
            self._if(self.model.add_bool_or([]), task)
            spans = [[0, max(last, 0)]]
        return self.model.new_int_var_from_domain(cp_model.Domain.from_intervals(spans), "")

    def _interval(self, start: Any, task: int) -> Any:
        lasts = int(self.instance.duration[task])
        if self.taken[task] is True:
            return self.model.new_fixed_size_interval_var(start, lasts, "")
        return self.model.new_optional_fixed_size_interval_var(start, lasts, self.taken[task], "")

    def _if(self, constraint: Any, *tasks: int) -> None:
        """Let a constraint hold only if all the tasks are done."""
        literals = [self.taken[task] for task in tasks if self.taken[task] is not True]
        if literals:
            constraint.only_enforce_if(literals)

    def _resources(self) -> None:
        own = self.instance
        order = np.argsort(own.use_resource, kind="stable")
        edges = np.flatnonzero(np.diff(own.use_resource[order])) + 1
        for rows in np.split(order, edges):
            if len(rows) and own.scarce[own.use_resource[rows[0]]]:
                self._resource(int(own.use_resource[rows[0]]), rows)

    def _resource(self, resource: int, rows: Ints) -> None:
        own, capacity = self.instance, int(self.instance.capacity[resource])
        amounts = [int(each) for each in own.use_amount[rows]]
        intervals = [self._held(int(own.use_task[row]), int(own.use_span[row])) for row in rows]
        least = sorted(amounts)[:2]
        held_first = int(own.level[resource])
        if held_first > capacity:
            self._overfull(rows)
            capacity = held_first
        if resource not in own.taken and sum(least) > capacity and max(amounts) <= capacity:
            self.model.add_no_overlap(intervals)
            return
        for start, end, amount in own.taken.get(resource, ()):
            if start < self.high:
                intervals.append(self.model.new_fixed_size_interval_var(start, min(end, self.high) - start, ""))
                amounts.append(amount)
        self.model.add_cumulative(intervals, amounts, capacity)

    def _overfull(self, rows: Ints) -> None:
        """Let nobody come before all have left, where more is held at first than is allowed."""
        own = self.instance
        for one in rows[own.use_span[rows] == UNTIL_END]:
            for two in rows[own.use_span[rows] != UNTIL_END]:
                before, behind = int(own.use_task[one]), int(own.use_task[two])
                if before != behind:
                    self._if(self.model.add(self.end[before] <= self.start[behind]), before, behind)

    def _held(self, task: int, span: int) -> Any:
        """Return the interval in which a task holds what it uses."""
        if span == DURING:
            return self.interval[task]
        start, end = (0, self.end[task]) if span == UNTIL_END else (self.start[task], self.high)
        size = self.end[task] if span == UNTIL_END else self.high - self.start[task]
        if self.taken[task] is True:
            return self.model.new_interval_var(start, size, end, "")
        return self.model.new_optional_interval_var(start, size, end, self.taken[task], "")

    def hint(self, starts: Ints) -> None:
        """Begin from these starts."""
        for task, start in enumerate(starts):
            if start >= 0:
                self.model.add_hint(self.start[task], int(start))
            if self.taken[task] is not True:
                self.model.add_hint(self.taken[task], bool(start >= 0))
        if (starts >= 0).all():
            self.model.add_hint(self.makespan, finish(self.instance, starts))

    def starts(self, solver: "cp_model.CpSolver") -> Ints:
        """Return the starts that the solver found."""
        done = [each is True or solver.boolean_value(each) for each in self.taken]
        return np.array([solver.value(var) if taken else -1 for var, taken in zip(self.start, done, strict=True)])
