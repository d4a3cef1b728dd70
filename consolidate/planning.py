"""Plans a consolidation: formulate, solve, trim, schedule, check, and only then tell."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

from consolidate.inventories.estate import supposed
from consolidate.plans.verdict import Verdict, checked, safe
from consolidate.plans.ways import limits, transition
from consolidate.readers.reading import Reading
from consolidate.settings import Settings
from consolidate.virtualization.technique import technique
from models.formulation import Formulation, formulate
from models.inventory import Inventory
from models.plan import Placement, Plan
from models.problem import Problem
from models.reserve import Choices
from models.rules import Rule
from models.timing import Timing
from solvers import Scheduler, Solver

if TYPE_CHECKING:
    import pandas as pd

    from consolidate.plans.economy import Economy
    from solvers.scheduling.closed import Closed


Progress = Callable[[str, int, int], None]

MOST_BETTERED = 20_000
"""Moves up to which a schedule shorter than the first one is sought."""
MOST_NAMED = 20
"""VMs named at most where there is no plan."""


@dataclass(frozen=True, eq=False)
class Planned:
    """
    A plan, checked, with all that a result folder holds of it.

    Parameters
    ----------
    formulation, plan, verdict
        The problem, the way to its solution, and what the checker says of both.
    summary, tables, manifest
        Contents of the result folder; see ``models/tables.py``.
    own
        The user's own rules, those that came with the data included.
    """

    formulation: Formulation
    plan: Plan
    verdict: Verdict
    summary: dict[str, Any]
    tables: "dict[str, pd.DataFrame]"
    manifest: dict[str, Any]

    own: tuple[Rule, ...] = ()

    @property
    def exit_status(self) -> int:
        """1 if there is no plan, a rule of the user's own stays broken, or what is supposed does not fit; else 0."""
        own = {(rule.kind, rule.name) for rule in self.own}
        supposed = bool(self.summary["what_if"])
        broken = any(
            (each.rule, each.name) in own or (supposed and each.rule == "Capacity") for each in self.verdict.left
        )
        return int(self.summary["status"] == "infeasible" or broken)


def choices(settings: Settings, inventory: Inventory, *, selecting: bool = False) -> Choices:
    """Return what the settings mean for a formulation; with `selecting` VMs may be named without a what-if."""
    return Choices(
        **settings.demand.model_dump(),
        **settings.limits.model_dump(),
        technique=technique(settings.overhead, inventory, selecting=selecting),
    )


def plan(
    reading: Reading,
    settings: Settings | None = None,
    *,
    rules: Sequence[Rule] = (),
    timing: Sequence[Timing] = (),
    progress: Progress | None = None,
    place: Solver | None = None,
    explain: bool = True,
) -> Planned:
    """
    Return the plan for an inventory.

    Parameters
    ----------
    reading
        Inventory, usage and network.
    settings
        What the user chose.
    rules
        The user's rules, over the inventory's rows; those that came with the data are added.
    timing
        The user's rules about when VMs may move; those that came with the data are added.
    progress
        Told the step, and how much of it is done.
    place
        Finds the placement, in place of the solver that the settings name.
    explain
        Whether it is sought out what blocks a plan, where there is none; that takes longer than to find that out.
    """
    from consolidate.plans import objective, outcome, plan_tables, untimely
    from consolidate.plans.economy import Economy
    from consolidate.plans.searching import Search
    from consolidate.readers.rules import parse
    from solvers.schedule import ListSchedule, Schedule
    from solvers.scheduling.closed import closed

    began = perf_counter()
    settings = settings or Settings()
    reading = supposed(reading, settings.estate)
    every = (*rules, *parse(reading.inventory.rules, reading.inventory, reading.inventory.source))
    formulation = formulate(reading.inventory, choices(settings, reading.inventory), reading.usage, every)
    economy = Economy(reading.inventory, reading.usage, formulation, settings)
    asleep = Placement(formulation.problem.start, formulation.problem.on)
    formulation = objective.formulated(economy, transition(reading, formulation, asleep, settings))
    problem = formulation.problem
    timed = (*timing, *came(reading, settings, timing))
    ways = replace(transition(reading, formulation, asleep, settings), timing=timed)
    economy = replace(economy, formulation=formulation, move_eur=objective.eur_moved(economy, ways))
    ways = replace(ways, draw=economy.draw(problem))

    untimely.affordable(ways)

    def schedule(placement: Placement, lifted: str = "") -> Plan:
        chosen = settings.migration
        solver: Scheduler = Schedule(
            seconds=chosen.schedule_seconds, seed=settings.search.seed, then=tuple(chosen.then),
            tolerance=chosen.makespan_tolerance, only_whole=True,
        )  # fmt: skip
        if np.count_nonzero(placement.host != problem.start) > MOST_BETTERED:
            solver = ListSchedule()
        kept = tuple(rule for rule in timed if rule.title != lifted)
        return solver(
            replace(ways, placement=placement, limits=limits(settings, placement, problem, kept), timing=kept)
        )

    def report(done: int, total: int) -> None:
        if progress is not None:
            progress("placing", done, total)

    shut = closed(ways)
    titles = tuple(rule.title for rule in timed)
    search = Search(economy, settings, schedule, report, place, tuple(each.rule for each in shut), titles)
    found, dropped = search()
    if explain:
        found = untimely.explained(found, problem, shut, search.placed)
        found = replace(found, placement=explained(problem, found.placement, settings, shut))
    verdict = checked(problem, found, limits(settings, found.placement, problem, timed), reading, ways)
    if (kept := safe(problem, found, verdict)) is not found:
        found, verdict = kept, checked(problem, kept, limits(settings, kept.placement, problem, timed), reading, ways)
    ways = replace(ways, placement=found.placement, limits=limits(settings, found.placement, problem, timed))
    result = outcome.Outcome(reading, settings, formulation, economy, found, verdict, dropped, ways, shut)
    tables = plan_tables.tables(result)
    if settings.search.frontier and found.placement.status != "infeasible":
        tables["frontier"] = _frontier(economy, found.placement, progress)
    return Planned(
        formulation=formulation,
        plan=found,
        verdict=verdict,
        summary=result.summary(perf_counter() - began),
        tables=tables,
        manifest=result.manifest(),
        own=every,
    )


def came(reading: Reading, settings: Settings, own: Sequence[Timing]) -> tuple[Timing, ...]:
    """Return the rules about time that came with the data; they must not contradict the user's own."""
    from consolidate.readers import contradictions
    from consolidate.readers.timing import parse

    inventory = reading.inventory
    found = parse(inventory.rules, inventory, inventory.source, settings.migration.begins)
    if found and own:
        contradictions.refuse((*own, *found), inventory)
    return found


def _frontier(economy: "Economy", chosen: Placement, progress: Progress | None) -> "pd.DataFrame":
    """Return the plans that the one chosen does not beat, as a table."""
    from consolidate.plans import frontier

    def report(done: int, total: int) -> None:
        if progress is not None:
            progress("frontier", done, total)

    return frontier.table(economy, frontier.frontier(economy, chosen, report))


def explained(problem: Problem, placement: Placement, settings: Settings, shut: "Sequence[Closed]" = ()) -> Placement:
    """Return the placement; where there is none, with what blocks it and what would help."""
    if placement.status != "infeasible":
        return placement
    from solvers.blocking import explained

    own = {f"{each.rule.kind} {each.rule.name}": each.rule.name for each in shut}
    limited = replace(problem, rules=(*problem.rules, *(each.rule for each in shut)))
    told = explained(limited, seed=settings.search.seed, titles=own)
    if told is None:
        return placement
    blocking = (*told.rules, *told.vms[:MOST_NAMED], *told.hosts)
    return replace(placement, reason=told.reason, blocking=blocking, remedies=told.remedies)
