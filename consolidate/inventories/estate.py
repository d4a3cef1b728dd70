"""What the settings make of an estate: hosts that are to be drained or decommissioned, and those that may be bought."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from consolidate.readers.selectors import Selector
from models import lifecycle
from models.errors import Finding, InputError

if TYPE_CHECKING:
    from consolidate.readers.reading import Reading
    from consolidate.settings import Estate
    from models.inventory import Inventory


def supposed(reading: "Reading", estate: "Estate") -> "Reading":
    """
    Return the reading in which hosts have the states that the settings say, and candidates are at the end.

    Done twice it is done once: candidates that are there already are not added again.

    Raises
    ------
    InputError
        If hosts are named that the inventory does not have, or the catalogue cannot be read.
    """
    inventory = _marked(reading.inventory, estate)
    if estate.buy is not None:
        from consolidate.readers import offers

        inventory = lifecycle.with_offers(inventory, offers.read(Path(estate.buy)))
    return reading if inventory is reading.inventory else replace(reading, inventory=inventory)


def _marked(inventory: "Inventory", estate: "Estate") -> "Inventory":
    selector, findings, states = Selector(inventory), [], {}
    for state in (lifecycle.DRAIN, lifecycle.DECOMMISSION):
        rows: list[int] = []
        for named in getattr(estate, state):
            try:
                rows.extend(selector.hosts(named).tolist())
            except ValueError as problem:
                findings.append(Finding("error", "setting", str(problem), "settings", 0, f"estate.{state}", named))
        if rows:
            states[state] = rows
    if findings:
        raise InputError(findings)
    return lifecycle.marked(inventory, states) if states else inventory
