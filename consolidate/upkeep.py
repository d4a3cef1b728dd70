"""Day-to-day work on an estate: hosts to be emptied, hosts that were lost, and where a VM should go now."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from consolidate.planning import Planned, plan
from consolidate.readers.reading import Reading
from consolidate.settings import Settings
from models.arrays import NOWHERE, Mask, Rows, names
from models.errors import Finding, InputError
from models.inventory import Inventory
from models.rules import Offline, Online, Rule
from models.timing import Timing

Progress = Callable[[str, int, int], None]
MOST_LISTED = 5


def rows(inventory: Inventory, wanted: Sequence[str], option: str) -> Rows:
    """
    Return the rows of hosts.

    Raises
    ------
    InputError
        With each name that is not a host, and hosts whose names are like it.
    """
    from difflib import get_close_matches

    known = inventory.host_row
    wrong = []
    for name in dict.fromkeys(wanted):
        if name not in known:
            like = get_close_matches(name, list(known), MOST_LISTED)
            hint = f"; did you mean {', '.join(like)}?" if like else "."
            text = f"There is no host {name!r}{hint}"
            wrong.append(Finding("error", "unknown-host", text, column=option))
    if wrong:
        raise InputError(wrong)
    return np.array(sorted({known[name] for name in wanted}), np.int32)


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
    given_up: str


def repaired(
    reading: Reading, settings: Settings, lost: Rows, rules: Sequence[Rule] = (), progress: Progress | None = None
) -> Repaired:
    """
    Return the plan that restarts the VMs of lost hosts elsewhere.

    If there is no room for spare hosts as before, they are given up; then the ceilings on CPU and memory are too.
    """
    from solvers.repair import Repair

    after = replace(reading, inventory=without(reading.inventory, lost))
    own = (*rules, Offline(hosts=lost, name="lost"))
    kept = _kept(after.inventory, own)
    for given_up, chosen in _easier(settings):
        found = plan(after, chosen, rules=(*own, kept), progress=progress, place=Repair(seed=chosen.search.seed))
        if found.summary["status"] != "infeasible":
            return Repaired(found, given_up)
    return Repaired(found, "")


def _easier(settings: Settings) -> list[tuple[str, Settings]]:
    """Return the settings, and what is given up of them step by step."""
    spare = {"limits.spare_hosts": 0}
    full = spare | {"limits.cpu_ceiling": 1.0, "limits.memory_ceiling": 1.0}
    ways = [("", settings)]
    if settings.limits.spare_hosts:
        ways.append(("No host is kept as a spare: there is no room for one after the loss.", settings.changed(spare)))
    text = "No host is kept as a spare, and hosts are filled beyond their ceilings: there is no other room."
    return [*ways, (text, settings.changed(full))]


def without(inventory: Inventory, lost: Rows) -> Inventory:
    """Return the inventory in which hosts are off and their VMs on none, each still of its cluster."""
    hosts, vms = inventory.hosts, inventory.vms
    gone = np.isin(inventory.start, lost)
    cluster, state, host = vms.cluster.copy(), hosts.power_state.copy(), vms.host.copy()
    cluster[gone] = hosts.cluster[inventory.start[gone]]
    state[lost], host[gone] = "off", ""
    after = replace(vms, host=names(host), cluster=names(cluster))
    return replace(inventory, hosts=replace(hosts, power_state=names(state)), vms=after)
