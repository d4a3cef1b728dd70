"""A plan's moves and actions as what a simulation is to do, at the plan's times."""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from consolidate.readers import noticed
from consolidate.results import unguarded
from models.arrays import NOWHERE
from models.decisions import Decision
from models.errors import Finding, InputError
from models.inventory import Inventory

if TYPE_CHECKING:
    from consolidate.planning import Planned
    from consolidate.readers.reading import Reading
    from consolidate.settings import Settings
    from consolidate.simulation import Simulated, Start

_LATER_S = 1e-3
"""Moves begin so much later than planned, so that a host that is ready just then is ready, in s."""
_MOVES, _ACTIONS = ("vm", "destination", "start_s", "reason"), ("host", "action", "start_s")
"""Columns that are needed of ``moves.csv`` and ``actions.csv``."""
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
    moves, actions = _rows(folder, "moves.csv", _MOVES), _rows(folder, "actions.csv", _ACTIONS)
    hosts = {str(name): row for row, name in enumerate(inventory.hosts.host)}
    vms = {str(name): row for row, name in enumerate(inventory.vms.vm)}
    noticed.stop_on_errors(
        [
            *_unknown(moves, "vm", vms, "moves.csv"),
            *_unknown(moves, "destination", hosts, "moves.csv"),
            *_unknown(actions, "host", hosts, "actions.csv"),
            *_timeless(moves, "moves.csv"),
            *_timeless(actions, "actions.csv"),
        ]
    )
    found: list[tuple[float, Decision]] = []
    for time_s, rows in _by_time(actions):
        boot = [hosts[row["host"]] for row in rows if row["action"] == "boot"]
        drain = [hosts[row["host"]] for row in rows if row["action"] != "boot"]
        found.append((starts_s + time_s, Decision(boot=np.array(boot, np.int32), drain=np.array(drain, np.int32))))
    for time_s, rows in _by_time(moves):
        decision = Decision(
            vms=np.array([vms[row["vm"]] for row in rows], np.int32),
            hosts=np.array([hosts[row["destination"]] for row in rows], np.int32),
            reasons=[f"planned: {row['reason']}" for row in rows],
        )
        found.append((starts_s + time_s + _LATER_S, decision))
    return tuple(sorted(found, key=lambda each: each[0]))


def _rows(folder: Path, name: str, needed: tuple[str, ...]) -> list[dict[str, str]]:
    try:
        with (folder / name).open(encoding="utf-8", newline="") as file:
            table = csv.DictReader(file)
            rows = [{name: unguarded(row[name] or "") for name in needed if name in row} for row in table]
            header = table.fieldnames or ()
        noticed.stop_on_errors(
            Finding("error", "missing-column", "Column is missing.", str(folder / name), 1, column)
            for column in needed
            if column not in header
        )
        return rows
    except (OSError, UnicodeError, csv.Error) as problem:
        text = (
            f"Expected the result folder of `consolidate plan`, with {name}: {getattr(problem, 'strerror', problem)}."
        )
        raise InputError([Finding("error", "no-plan", text, str(folder / name))]) from None


def _unknown(rows: Iterable[Mapping[str, str]], column: str, names: Mapping[str, int], file: str) -> Iterator[Finding]:
    """Yield every name that the inventory does not have."""
    for line, row in enumerate(rows, start=2):
        if (name := row.get(column) or "") not in names:
            yield Finding("error", "unknown-name", "The inventory does not have it.", file, line, column, name)


def _timeless(rows: Iterable[Mapping[str, str]], file: str) -> Iterator[Finding]:
    """Yield every start that is no time."""
    for line, row in enumerate(rows, start=2):
        if not _is_time(text := row.get("start_s") or ""):
            expected = "Expected seconds from the start of the plan."
            yield Finding("error", "time", expected, file, line, "start_s", text)


def _is_time(text: str) -> bool:
    try:
        return 0 <= float(text) < float("inf")
    except ValueError:
        return False


def _by_time(rows: Iterable[dict[str, str]]) -> list[tuple[float, list[dict[str, str]]]]:
    found: dict[float, list[dict[str, str]]] = {}
    for row in rows:
        found.setdefault(float(row["start_s"]), []).append(row)
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
    for name, start in (("before", Start()), ("after", after(plan, given.inventory))):
        if given.usage is None:
            return {}

        def shown(_: object, done: int, total: int, name: str = name) -> None:
            told(f"simulating {name}", done, total)

        found[name] = simulate(given, settings=settings, start=start, progress=shown)
    return found
