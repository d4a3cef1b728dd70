"""Day-to-day work on an estate: hosts to be emptied, hosts that were lost, and where a VM should go now."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from consolidate.planning import Planned, plan
from consolidate.readers.reading import Reading
from consolidate.readers.selectors import Selector
from consolidate.settings import Settings
from models.arrays import NOWHERE, Mask, Rows, names
from models.check import placement as check
from models.check import timing as check_timing
from models.check.violation import Violation
from models.errors import Finding, InputError
from models.inventory import Inventory
from models.rules import Offline, Online, Rule
from models.timing import Timing
from solvers import Solver

Progress = Callable[[str, int, int], None]


def rows(inventory: Inventory, wanted: Sequence[str], option: str) -> Rows:
    """
    Return the rows of hosts that are named, by name, pattern or property as in rules.

    Raises
    ------
    InputError
        With each selector that names no host, and hosts whose names are like it.
    """
    selector, found, wrong = Selector(inventory), set[int](), []
    for named in dict.fromkeys(wanted):
        try:
            found.update(selector.hosts(named).tolist())
        except ValueError as problem:
            wrong.append(Finding("error", "unknown-host", str(problem), column=option))
    if wrong:
        raise InputError(wrong)
    return np.array(sorted(found), np.int32)


def drained(
    reading: Reading,
    settings: Settings,
    hosts: Rows,
    rules: Sequence[Rule] = (),
    progress: Progress | None = None,
    *,
    timing: Sequence[Timing] = (),
) -> Planned:
    """Return the plan that empties hosts and switches them off, with the fewest moves and nothing else."""
    from solvers.repair import Repair

    own = (*rules, Offline(hosts=hosts, name="drain"))
    kept = _kept(reading.inventory, own)
    solver = Repair(seed=settings.search.seed)
    return plan(reading, settings, rules=(*own, kept), timing=timing, progress=progress, place=solver)


def _kept(inventory: Inventory, rules: Sequence[Rule]) -> Rule:
    """Return the rule that hosts which are on and are not to be off stay on: nothing else is consolidated."""
    used = np.unique(inventory.start[inventory.running & (inventory.start != NOWHERE)])
    on: Mask = inventory.hosts.power_state == "on"
    on = on | np.isin(np.arange(len(on)), used)
    for rule in rules:
        if isinstance(rule, Offline):
            on[rule.hosts] = False
    return Online(hosts=np.flatnonzero(on), name="nothing else")


@dataclass(frozen=True, eq=False)
class Repaired:
    """A plan after a loss, and what had to be given up for it."""

    planned: Planned
    given_up: tuple[str, ...]


def repaired(
    reading: Reading,
    settings: Settings,
    lost: Rows,
    rules: Sequence[Rule] = (),
    progress: Progress | None = None,
    *,
    timing: Sequence[Timing] = (),
) -> Repaired:
    """
    Return the plan that restarts the VMs of lost hosts elsewhere.

    If there is no room for spare hosts as before, they are given up; then the ceilings on CPU and memory are too. VMs
    of lost hosts do not wait for rules about time. Where no host was lost these are kept, unless there is no plan that
    keeps them. Which of them the plan does not keep is among its findings, and in what was given up.
    """
    from consolidate.readers.timing import parse

    came = reading.inventory
    timing = (*timing, *parse(came.rules, came, came.source, settings.migration.begins))
    after = timeless(replace(reading, inventory=without(came, lost)))
    own = (*rules, Offline(hosts=lost, name="lost"))
    every = (*own, _kept(after.inventory, own))
    for given_up, chosen, kept in _easier(settings, () if len(lost) else timing):
        found = plan(after, chosen, rules=every, timing=kept, progress=progress, place=_repair(chosen))
        if found.summary["status"] != "infeasible" and not any(each.rule == "Unplaced" for each in found.verdict.after):
            return _told(after, chosen, Repaired(found, given_up), timing)
    return Repaired(found, ())


def timeless(reading: Reading) -> Reading:
    """Return the reading without the rules about time that came with the data."""
    from consolidate.readers.timing import entries

    kinds = {id(body) for _, body in entries(reading.inventory.rules)}
    kept = tuple(entry for entry in reading.inventory.rules if id(next(iter(entry.values()), None)) not in kinds)
    return replace(reading, inventory=replace(reading.inventory, rules=kept))


def _repair(settings: Settings) -> Solver:
    from solvers.repair import Repair

    return Repair(seed=settings.search.seed)


def _told(reading: Reading, settings: Settings, found: Repaired, timing: Sequence[Timing]) -> Repaired:
    """Return the plan with a warning for each rule about time that it breaks."""
    import pandas as pd

    from models import tables

    texts = tuple(f"{rule.title} is not kept: {first}." for rule, first in _broken(reading, settings, found, timing))
    if not texts:
        return found
    told = [Finding("warning", "rule-about-time", text) for text in texts]
    frame = tables.frame(tables.FINDINGS, {name: [getattr(each, name) for each in told] for name in tables.FINDINGS})
    planned = found.planned
    frames = planned.tables | {"findings": pd.concat([planned.tables["findings"], frame], ignore_index=True)}
    return Repaired(replace(planned, tables=frames), (*found.given_up, *texts))


def _broken(
    reading: Reading, settings: Settings, found: Repaired, timing: Sequence[Timing]
) -> Iterator[tuple[Timing, Violation]]:
    """Yield each rule about time that a plan breaks, and where it does first."""
    from consolidate.plans.economy import Economy

    problem, done = found.planned.formulation.problem, found.planned.plan
    economy = Economy(reading.inventory, reading.usage, found.planned.formulation, settings)
    for rule in timing:
        wrong = check.new(check_timing.violations(problem, done, (rule,), draw=economy.draw(problem)))
        if wrong:
            yield rule, wrong[0]


def _easier(
    settings: Settings, timing: Sequence[Timing]
) -> Iterator[tuple[tuple[str, ...], Settings, Sequence[Timing]]]:
    """Yield what is given up, and the settings and rules about time that are left, step by step."""
    spare = {"limits.spare_hosts": 0}
    full = spare | {"limits.cpu_ceiling": 1.0, "limits.memory_ceiling": 1.0}
    ways: list[tuple[tuple[str, ...], Settings]] = [((), settings)]
    if settings.limits.spare_hosts:
        text = "No host is kept as a spare: there is no room for one after the loss."
        ways.append(((text,), settings.changed(spare)))
    text = "No host is kept as a spare, and hosts are filled beyond their ceilings: there is no other room."
    ways.append(((text,), settings.changed(full)))
    for kept in (timing, ()) if timing else ((),):
        yield from ((given_up, chosen, kept) for given_up, chosen in ways)


def without(inventory: Inventory, lost: Rows) -> Inventory:
    """Return the inventory in which hosts are off and their VMs on none, each still of its cluster."""
    hosts, vms = inventory.hosts, inventory.vms
    gone = np.isin(inventory.start, lost)
    cluster, state, host = vms.cluster.copy(), hosts.power_state.copy(), vms.host.copy()
    cluster[gone] = hosts.cluster[inventory.start[gone]]
    state[lost], host[gone] = "off", ""
    after = replace(vms, host=names(host), cluster=names(cluster))
    return replace(inventory, hosts=replace(hosts, power_state=names(state)), vms=after)
