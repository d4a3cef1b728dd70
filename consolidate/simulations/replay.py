"""A plan's moves and actions as what a simulation is to do, at the plan's times."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from consolidate.readers import noticed
from consolidate.runbooks import folder as results_of
from consolidate.runbooks.folder import Action, Move
from consolidate.runbooks.names import belongs, unknown
from models import lifecycle
from models.arrays import NOWHERE
from models.decisions import Decision
from models.inventory import Inventory

if TYPE_CHECKING:
    from consolidate.planning import Planned
    from consolidate.readers.reading import Reading
    from consolidate.settings import Settings
    from consolidate.simulation import Simulated, Start

_LATER_S = 1e-3
"""Moves begin so much later than planned, so that a host that is ready just then is ready, in s."""
Timed = TypeVar("Timed", Move, Action)
Planning = tuple[tuple[float, Decision], ...]
Told = Callable[[str, int, int], None]
"""Hears the name of a step, and how much of it is done of how much."""


def planned(folder: Path, inventory: Inventory, starts_s: float = 0.0) -> Planning:
    """
    Return what a plan does, and at which second.

    Parameters
    ----------
    folder
        Result folder of ``consolidate plan``.
    inventory
        The inventory that it is replayed on.
    starts_s
        When the plan begins. [s]

    Raises
    ------
    InputError
        If the folder is no plan, or names VMs or hosts that the inventory does not have.
    """
    plan = results_of.read(folder)
    belongs(folder, plan, inventory)
    noticed.stop_on_errors(unknown(folder, plan, inventory))
    hosts, vms = inventory.host_row, inventory.vm_row
    found: list[tuple[float, Decision]] = []
    for time_s, acts in _by_time(plan.actions):
        boot = [hosts[act.host] for act in acts if act.action == "boot"]
        drain = [hosts[act.host] for act in acts if act.action != "boot"]
        found.append((starts_s + time_s, Decision(boot=np.array(boot, np.int32), drain=np.array(drain, np.int32))))
    for time_s, moves in _by_time(plan.moves):
        decision = Decision(
            vms=np.array([vms[move.vm] for move in moves], np.int32),
            hosts=np.array([hosts[move.destination] for move in moves], np.int32),
            reasons=[f"planned: {move.reason}" for move in moves],
        )
        found.append((starts_s + time_s + _LATER_S, decision))
    return tuple(sorted(found, key=lambda each: each[0]))


def _by_time(each: "Sequence[Timed]") -> "list[tuple[float, list[Timed]]]":
    found: dict[float, list[Timed]] = {}
    for one in each:
        found.setdefault(one.start_s, []).append(one)
    return sorted(found.items())


def after(plan: "Planned", inventory: Inventory) -> "Start":
    """Return the state in which a plan leaves an estate, as the start of a simulation."""
    from consolidate.simulation import Start

    hosts = {str(name): row for row, name in enumerate(inventory.hosts.host)}
    placement = plan.tables["placement"].set_index("vm")["host_after"]
    host = [hosts.get(str(placement[name]), NOWHERE) for name in inventory.vms.vm]
    on = plan.tables["hosts"].set_index("host")["on_after"]
    return Start(
        host=np.array(host, np.int32), on=np.array([bool(on[name]) for name in inventory.hosts.host], np.bool_)
    )


def both(given: "Reading", settings: "Settings", plan: "Planned", told: Told) -> "dict[str, Simulated]":
    """Return the readings' time simulated with VMs where they are, and where a plan puts them; {} without readings."""
    from consolidate.simulation import Start, simulate

    found = {}
    now = replace(given, inventory=lifecycle.serving(given.inventory, lifecycle.LEAVING))
    for name, reading, start in (("before", now, Start()), ("after", given, after(plan, given.inventory))):
        if given.usage is None:
            return {}

        def shown(_: object, done: int, total: int, name: str = name) -> None:
            told(f"simulating {name}", done, total)

        found[name] = simulate(reading, settings=settings, start=start, progress=shown)
    return found
