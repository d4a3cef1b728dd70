"""Searches a plan: place, drop what does not pay, predict ready time, and order the moves, until all of it holds."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from consolidate.plans.salvage import DEMANDED, Salvage
from consolidate.plans.untimely import Schedule, stranded
from consolidate.plans.verdict import ended
from consolidate.settings import Settings
from models.arrays import Floats, Mask, Rows
from models.check import placement as check
from models.counting import counted
from models.plan import Placement, Plan
from models.problem import Problem
from models.readiness import Forecast
from models.rules import Ban, Offline, Online, Root, Rule

if TYPE_CHECKING:
    from consolidate.plans.economy import Economy
    from solvers import Solver

MOST_TRIES = 4
"""Placements tried when some VMs cannot be moved in any order, or hosts would be crowded."""

SMALL = 500
"""VMs up to which three times as many placements are tried."""

NEAR = 1.02
"""By what factor a plan of a larger estate may keep on more hosts than are proven to be needed, and no other is sought
where some VMs cannot be moved."""

MARGIN = 0.98
"""Share of what a host may offer that is offered, once it was found to be crowded."""


@dataclass(frozen=True, eq=False)
class Search:
    """
    Finds a placement and an order of moves for one estate.

    Parameters
    ----------
    economy
        The problem and its prices.
    settings
        What the user chose.
    schedule
        Returns the plan for a placement; with ``lifted``, without the rules about time of that title.
    progress
        Told how many parts are placed, of how many.
    place
        Finds a placement, in place of the solver that the settings name.
    closed
        What rules about time exclude by themselves, as rules for the placement.
    titles
        Of all rules about time.
    """

    economy: "Economy"
    settings: Settings
    schedule: Schedule
    progress: Callable[[int, int], None] | None = None
    place: "Solver | None" = None
    closed: tuple[Rule, ...] = ()
    titles: tuple[str, ...] = ()

    @property
    def problem(self) -> Problem:
        """The problem as the user gave it."""
        return self.economy.formulation.problem

    def __call__(self) -> tuple[Plan, int]:
        """
        Return the plan, and how many moves were dropped because they do not pay back.

        VMs that no order can move stay where they are in the next try; hosts on which virtual CPUs are predicted to
        wait too long offer less. What stayed for that is in the plan's `blocked`.
        """
        stuck: dict[str, str] = {}
        unreached: list[Plan] = []
        bound, calmer, parts = None, self.problem, Salvage(self)
        tries = self._tries
        for attempt in range(tries):
            solved = self.placed(_avoiding(self._held(calmer, stuck), unreached))
            if solved.status == "infeasible" and unreached:
                stuck |= _blocked(unreached)
                unreached = []
                solved = self.placed(self._held(calmer, stuck))
            bound = (solved.bound, solved.bound_hosts) if bound is None else bound
            if solved.status == "infeasible" and calmer is not self.problem:
                solved = replace(solved, status="unchanged", reason="", blocking=())
            solved = replace(solved, bound=min(solved.bound, bound[0]), bound_hosts=min(solved.bound_hosts, bound[1]))
            placement, dropped = trimmed(self.problem, solved, self.economy, self.settings)
            crowded = self.economy.forecast.broken(placement.host)
            if crowded.any():
                placement = self._calmed(placement)
                crowded = self.economy.forecast.broken(placement.host)
            if crowded.any() and attempt == tries - 1:
                placement = self._kept(placement, crowded)
                crowded = self.economy.forecast.broken(placement.host)
            if crowded.any():
                last = attempt == tries - 2
                calmer = _calmer(self.problem, calmer, self.economy.forecast, placement, crowded, last=last)
                continue
            found = self.schedule(placement)
            if found.placement.status == "unchanged" and (stuck or unreached) and not parts.found:
                stuck |= _blocked(unreached)
                if not unreached:
                    break
                unreached = []
                continue
            if not found.blocked:
                return parts.better(found, dropped, stuck)
            blocked = {**stuck, **_blocked([*unreached, found])}
            if parts.add(found) and len(self.problem.vms) > SMALL and (near := parts.near(bound[1] * NEAR, blocked)):
                return near
            if found.no_goods and len(unreached) < tries // 2:
                unreached.append(found)
                continue
            stuck, unreached = {**stuck, **found.blocked}, []
        left = self._stranded(placement, crowded, stuck)
        found, dropped = parts.better(Plan(left), 0, stuck)
        if found.placement is left:
            left = stranded(left, stuck, parts.failed, self.titles, self.schedule)
            found = replace(found, placement=left)
        return found, dropped

    @property
    def _tries(self) -> int:
        """How many placements are tried: more where they are found at once."""
        return MOST_TRIES if len(self.problem.vms) > SMALL else 3 * MOST_TRIES

    def _held(self, problem: Problem, stuck: dict[str, str]) -> Problem:
        """Return the problem with what the rules about time exclude, and what no order can move, as it is."""
        vms, hosts = (np.flatnonzero([name in stuck for name in names]) for names in (problem.vms, problem.hosts))
        rules: list[Rule] = [Root(vms=vms, name="no order of moves")] if len(vms) else []
        on = hosts[self.problem.on[hosts]]
        rules += [Online(hosts=on, name="cannot be shut down")] if len(on) else []
        off = np.setdiff1d(hosts, on)
        rules += [Offline(hosts=off, name="cannot be booted")] if len(off) else []
        return replace(problem, rules=(*problem.rules, *self.closed, *rules))

    @cached_property
    def placed(self) -> "Solver":
        """The solver that finds placements."""
        from solvers import solver

        if self.place is not None:
            return self.place
        search = self.settings.search
        return solver(
            search.solver, seconds=search.seconds, seed=search.seed, workers=search.workers, progress=self.progress
        )

    def _calmed(self, placement: Placement) -> Placement:
        """Return the placement with VMs moved off hosts predicted to be crowded, where that is all it takes."""
        from solvers.calm import calmed

        def pressure(host: Rows) -> tuple[Mask, Floats]:
            return self.economy.forecast.broken(host), self.economy.forecast.of(host).utilization.copy()

        found = calmed(self.problem, placement, pressure, self.economy.busy_mhz(placement.host))
        return found if found is placement or self._holds_where_changed(found, placement) else placement

    def _holds_where_changed(self, placement: Placement, before: Placement) -> bool:
        """Return whether the checker finds nothing new in the parts of the estate that differ from a placement."""
        from solvers.parts import split

        for part in split(self.problem):
            if (placement.host[part.vms] == before.host[part.vms]).all():
                continue
            turn = None if placement.turn is None else placement.turn[part.vms]
            own = replace(placement, host=part.own(placement.host), on=placement.on[part.hosts], turn=turn)
            if check.new(ended(part.problem, own)):
                return False
        return True

    def _kept(self, placement: Placement, crowded: Mask) -> Placement:
        """Return the placement without what it does to parts of the estate with crowded hosts, if there are others."""
        from solvers.parts import split

        host, on = placement.host.copy(), placement.on.copy()
        for part in split(self.problem):
            if crowded[part.hosts].any():
                host[part.vms], on[part.hosts] = self.problem.start[part.vms], self.problem.on[part.hosts]
        smaller = replace(placement, host=host, on=on, status="feasible")
        return smaller if (on != self.problem.on).any() and self.holds(smaller) else placement

    def holds(self, placement: Placement) -> bool:
        """Return whether the checker finds nothing new in a placement."""
        return not check.new(ended(self.problem, placement))

    def _may_stay(self) -> bool:
        """Return whether nothing that a rule demands is missing at the start."""
        found = ended(self.problem, Placement(self.problem.start, self.problem.on))
        return not any(each.rule in DEMANDED and each.price is None for each in found)

    def _stranded(self, placement: Placement, crowded: Mask, stuck: dict[str, str]) -> Placement:
        """Return the start as it is, and why no plan was found."""
        names = tuple(str(name) for name in self.problem.hosts[crowded])
        reason = f"No order of moves was found: {' '.join(f'{name} {why}.' for name, why in list(stuck.items())[:5])}"
        blocking = tuple(stuck)
        if not names and self._may_stay():
            return replace(placement, host=self.problem.start, on=self.problem.on, status="unchanged", reason=reason)
        if names:
            reason = (
                f"Virtual CPUs would wait too long for a core on {counted(len(names), 'host')}, the first {names[0]!r}."
            )
            blocking = ("ready time", *names)
        return replace(placement, host=self.problem.start, on=self.problem.on, status="infeasible", reason=reason,
                       blocking=blocking)  # fmt: skip


def _calmer(
    problem: Problem, tried: Problem, forecast: Forecast, placement: Placement, crowded: Mask, *, last: bool
) -> Problem:
    """
    Return the problem with less CPU on hosts where virtual CPUs would wait too long.

    What is left is scaled by how much less has to be used for the limit; in the last try those hosts take nobody new.
    """
    columns = [column for column, dim in enumerate(problem.dims) if dim.partition("@")[0] == "cpu_mhz"]
    if last or not columns:
        everyone = np.arange(len(problem.vms))
        rule = Ban(vms=everyone, hosts=np.flatnonzero(crowded), entering=True, name="ready time")
        return replace(tried, rules=(*tried.rules, rule))
    allowed, predicted = forecast.busiest(), forecast.of(placement.host).utilization
    share = np.where(crowded, np.minimum(allowed / np.maximum(predicted, 1e-9), 1.0) * MARGIN, 1.0)
    capacity, load = tried.capacity.copy(), problem.load(placement.host)
    for column in columns:
        capacity[:, column] = np.where(
            crowded, np.minimum(np.floor(load[:, column] * share), capacity[:, column]), capacity[:, column]
        )
    return replace(tried, capacity=capacity)


def _blocked(plans: list[Plan]) -> dict[str, str]:
    return {name: why for plan in plans for name, why in plan.blocked.items()}


def _avoiding(problem: Problem, unreached: list[Plan]) -> Problem:
    """Return the problem without what no order of moves leads to, by the plans that found it out."""
    from solvers.scheduling.nogoods import avoided

    for no_good in (each for plan in unreached for each in plan.no_goods):
        problem = avoided(problem, no_good)
    return problem


def trimmed(problem: Problem, placement: Placement, economy: "Economy", settings: Settings) -> tuple[Placement, int]:
    """Drop moves that do not pay back, and those beyond the most that the user wants."""
    from solvers import trim

    if placement.status == "infeasible":
        return placement, 0

    def holds(candidate: Placement) -> bool:
        found = ended(problem, candidate)
        return not check.new(found) and not any(each.rule in DEMANDED and each.price is None for each in found)

    gain = economy.gain_eur(problem.start)
    before = trim.moves(problem, placement)
    smaller = trim.profitable(problem, placement, gain, holds)
    if settings.migration.max_moves is not None:
        smaller = trim.within(problem, smaller, settings.migration.max_moves, gain, holds)
        if trim.moves(problem, smaller) > settings.migration.max_moves or not holds(smaller):
            reason = f"No plan keeps the rules with so few moves: at most {settings.migration.max_moves} are allowed."
            return replace(placement, host=problem.start, on=problem.on, status="infeasible", reason=reason), 0
    dropped = before - trim.moves(problem, smaller)
    if dropped or smaller is not placement:
        met = problem.first_stage(smaller.host, smaller.on) <= smaller.bound
        smaller = replace(smaller, status="optimal" if met else "feasible")
    if (smaller.host == problem.start).all() and (smaller.on == problem.on).all():
        smaller = replace(smaller, status="unchanged")
    return smaller, dropped
