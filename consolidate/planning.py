"""Plans a consolidation: formulate, solve, trim, schedule, check, and only then tell."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

from consolidate.readers.reading import Reading
from consolidate.settings import Settings
from consolidate.technique import technique
from consolidate.verdict import Verdict, checked, ended, safe
from models.arrays import Floats, Mask
from models.formulation import Formulation, formulate
from models.inventory import Inventory
from models.network import Limits, platform
from models.plan import Placement, Plan, Transition
from models.problem import Problem
from models.readiness import Forecast
from models.reserve import Choices
from models.rules import Ban, Root, Rule

if TYPE_CHECKING:
    import pandas as pd

    from consolidate.economy import Economy

DEMANDED = ("Online", "Offline", "MaxOnline")
"""Kinds of rules that a plan fulfils, whatever the start is like; others it may leave broken as they are."""

MOST_TRIES = 4
"""Placements tried when some VMs cannot be moved in any order."""

_MARGIN = 0.98
"""Share of what a host may offer that is offered, once it was found to be crowded."""

Progress = Callable[[str, int, int], None]


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
        """1 if there is no plan, or a rule of the user's own stays broken; else 0."""
        own = {(rule.kind, rule.name) for rule in self.own}
        broken = any((each.rule, each.name) in own for each in self.verdict.left)
        return int(self.summary["status"] == "infeasible" or broken)


def choices(settings: Settings, inventory: Inventory) -> Choices:
    """Return what the settings mean for a formulation of an inventory."""
    return Choices(
        **settings.demand.model_dump(),
        **settings.limits.model_dump(),
        technique=technique(settings.overhead, inventory),
    )


def plan(
    reading: Reading, settings: Settings | None = None, *, rules: Sequence[Rule] = (), progress: Progress | None = None
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
    progress
        Told the step, and how much of it is done.
    """
    from consolidate import outcome, plan_tables
    from consolidate.economy import Economy
    from consolidate.readers.rules import parse

    began = perf_counter()
    settings = settings or Settings()
    every = (*rules, *parse(reading.inventory.rules, reading.inventory, reading.inventory.source))
    formulation = formulate(reading.inventory, choices(settings, reading.inventory), reading.usage, every)
    economy = Economy(reading.inventory, reading.usage, formulation, settings)
    found, dropped = _solved(formulation.problem, economy, settings, reading, progress)
    problem = formulation.problem
    verdict = checked(problem, found, limits(settings, found.placement, problem), reading)
    if (kept := safe(problem, found, verdict)) is not found:
        found, verdict = kept, checked(problem, kept, limits(settings, kept.placement, problem), reading)
    result = outcome.Outcome(reading, settings, formulation, economy, found, verdict, dropped)
    return Planned(
        formulation=formulation,
        plan=found,
        verdict=verdict,
        summary=result.summary(perf_counter() - began),
        tables=plan_tables.tables(result),
        manifest=result.manifest(),
        own=every,
    )


def _solved(
    problem: Problem, economy: "Economy", settings: Settings, reading: Reading, progress: Progress | None
) -> tuple[Plan, int]:
    """
    Solve and schedule.

    VMs that no order can move stay where they are in the next try; hosts on which virtual CPUs are predicted to wait
    too long offer less.
    """
    from solvers import solver
    from solvers.schedule import ListSchedule

    search = settings.search

    def report(done: int, total: int) -> None:
        if progress is not None:
            progress("placing", done, total)

    stuck: dict[str, str] = {}
    forecast, calmer = Forecast(economy.formulation), problem
    for attempt in range(MOST_TRIES):
        place = solver(search.solver, seconds=search.seconds, seed=search.seed, workers=search.workers, progress=report)
        solved = place(_held(calmer, stuck))
        if calmer is problem:
            proven = solved.bound, solved.bound_hosts
        solved = replace(solved, bound=min(solved.bound, proven[0]), bound_hosts=min(solved.bound_hosts, proven[1]))
        placement, dropped = _trimmed(problem, solved, economy, settings)
        crowded = forecast.broken(placement.host)
        if crowded.any():
            calmer = _calmer(problem, calmer, forecast, placement, crowded, last=attempt == MOST_TRIES - 2)
            continue
        found = ListSchedule()(transition(reading, economy.formulation, placement, settings))
        if not found.blocked:
            return found, dropped
        stuck |= found.blocked
    if crowded.any():
        names = tuple(str(name) for name in problem.hosts[crowded])
        why = f"Virtual CPUs would wait too long for a core on {len(names)} hosts, the first {names[0]!r}."
        return Plan(replace(placement, host=problem.start, on=problem.on, status="infeasible", reason=why,
                            blocking=("ready time", *names))), 0  # fmt: skip
    reason = " ".join(f"{name} {why}." for name, why in list(stuck.items())[:5])
    start = Placement(
        problem.start, problem.on, placement.solver, "infeasible", placement.bound, placement.bound_hosts,
        reason=f"No order of moves was found: {reason}", blocking=tuple(stuck),
    )  # fmt: skip
    return Plan(start), 0


def _calmer(
    problem: Problem, tried: Problem, forecast: Forecast, placement: Placement, crowded: Mask, *, last: bool
) -> Problem:
    """
    Return the problem with less CPU on hosts where virtual CPUs would wait too long.

    What is left is scaled by how much less has to be used for the limit; in the last try those hosts take nobody new.
    """
    if last:
        everyone = np.arange(len(problem.vms))
        rule = Ban(vms=everyone, hosts=np.flatnonzero(crowded), entering=True, name="ready time")
        return replace(tried, rules=(*tried.rules, rule))
    columns = [column for column, dim in enumerate(problem.dims) if dim.partition("@")[0] == "cpu_mhz"]
    allowed, predicted = forecast.busiest(), forecast.of(placement.host).utilization
    share = np.where(crowded, np.minimum(allowed / np.maximum(predicted, 1e-9), 1.0) * _MARGIN, 1.0)
    capacity, load = tried.capacity.copy(), problem.load(placement.host)
    for column in columns:
        capacity[:, column] = np.where(
            crowded, np.minimum(np.floor(load[:, column] * share), capacity[:, column]), capacity[:, column]
        )
    return replace(tried, capacity=capacity)


def _held(problem: Problem, stuck: dict[str, str]) -> Problem:
    if not stuck:
        return problem
    rows = np.flatnonzero([name in stuck for name in problem.vms])
    return replace(problem, rules=(*problem.rules, Root(vms=rows, name="no order of moves")))


def _trimmed(problem: Problem, placement: Placement, economy: "Economy", settings: Settings) -> tuple[Placement, int]:
    """Drop moves that do not pay back, and those beyond the most that the user wants."""
    from models.check import placement as check
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
        met = int(problem.host_weights[smaller.on].sum()) <= smaller.bound
        smaller = replace(smaller, status="optimal" if met else "feasible")
    if (smaller.host == problem.start).all() and (smaller.on == problem.on).all():
        smaller = replace(smaller, status="unchanged")
    return smaller, dropped


def limits(settings: Settings, placement: Placement, problem: Problem) -> Limits:
    """Return the platform's limits, with waves of a tenth of the moves at least."""
    chosen = settings.migration
    count = int(np.count_nonzero(placement.host != problem.start))
    wave = max(chosen.wave, -(-count // 10))
    return replace(platform(chosen.platform), wave=wave, pilot=chosen.pilot, pause_s=chosen.pause_s)


def transition(reading: Reading, formulation: Formulation, placement: Placement, settings: Settings) -> Transition:
    """Return what the scheduler needs to know."""
    from models import catalog

    inventory = reading.inventory
    stream = settings.migration.bandwidth_mbps
    return Transition(
        problem=formulation.problem,
        placement=placement,
        memory_mib=inventory.vms.memory_mib,
        dirty_mib_s=dirty_rates(formulation, reading),
        running=inventory.running,
        nic_mbps=np.maximum(inventory.hosts.migration_mbps, 1.0),
        stream_mbps=catalog.number("migration", "stream_mbps") if stream is None else stream,
        boot_s=inventory.hosts.boot_s,
        shutdown_s=inventory.hosts.shutdown_s,
        limits=limits(settings, placement, formulation.problem),
        network=reading.network,
    )


def dirty_rates(formulation: Formulation, reading: Reading) -> Floats:
    """Return the rate at which each VM dirties memory, estimated from its load where it was not measured."""
    from models.laws import migration
    from models.reserve import own_clock

    vms = reading.inventory.vms
    share = formulation.cpu.values.mean(axis=1) / np.maximum(vms.vcpus * own_clock(reading.inventory), 1.0)
    estimated = migration.dirty_estimate(vms.memory_mib, np.clip(share, 0.0, 1.0))
    return np.where(np.isnan(vms.dirty_mib_s), estimated, vms.dirty_mib_s)
