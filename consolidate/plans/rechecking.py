"""Whether a placement holds for an inventory, by the settings that a plan was made with."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from consolidate.inventories.estate import supposed
from consolidate.planning import choices
from consolidate.readers.reading import Reading
from consolidate.readers.rules import parse, read
from consolidate.readers.selectors import Selector
from consolidate.results import MANIFEST
from consolidate.runbooks import folder as results_of
from consolidate.settings import Settings, validated
from models.arrays import NOWHERE
from models.check import placement as check
from models.errors import InputError
from models.formulation import formulate
from models.inventory import Inventory
from models.lifecycle import LEAVING
from models.rules import Rule
from solvers.spare import restarts

_OFFERS = "hosts-to-buy.csv"
Judge = Callable[[Reading, Mapping[str, str]], Sequence[str]]


def judge(folder: Path, rules: Path | None = None) -> Judge:
    """
    Return a judge of placements, by the settings and the rules of the plan in the folder.

    Parameters
    ----------
    folder
        The plan's result folder, which keeps a copy of its rules and of its overlay.
    rules
        Rules in place of those.
    """
    settings = settings_of(folder)
    chosen = rules_of(folder, rules)

    def violations(reading: Reading, target: Mapping[str, str]) -> Sequence[str]:
        try:
            own = () if chosen is None else read(chosen, reading.inventory)
        except InputError as problem:
            if rules is not None:
                raise
            return [f"A rule of the plan no longer fits: {finding}" for finding in problem.findings]
        return _broken(reading, target, settings, own)

    return violations


def _broken(reading: Reading, target: Mapping[str, str], settings: Settings, rules: Sequence[Rule]) -> Sequence[str]:
    inventory = reading.inventory
    settings = _still_there(settings, inventory)
    every = (*rules, *parse(inventory.rules, inventory, inventory.source))
    problem = formulate(inventory, choices(settings, inventory), reading.usage, every).problem
    rows = inventory.host_row
    host = np.array([rows.get(target.get(str(vm), ""), NOWHERE) for vm in inventory.vms.vm], np.int64)
    host = np.where(host == NOWHERE, problem.start, host)
    on = problem.on.copy()
    on[host[host != NOWHERE]] = True
    on &= ~_left_empty(problem.start, host, on)
    found = check.judged(problem, check.violations(problem, host, on, restarts(problem, host, on)))
    return [f"{violation}." for violation in check.new(found)]


def _left_empty(start: np.ndarray, host: np.ndarray, on: np.ndarray) -> np.ndarray:
    """Return the hosts that hold VMs at the start and none at the end."""
    rows = np.arange(len(on))
    emptied: np.ndarray = np.isin(rows, start) & ~np.isin(rows, host)
    return emptied


def rules_of(folder: Path, rules: Path | None = None) -> Path | None:
    """Return the file of rules: the one given, else the copy that the plan in a folder keeps; None: it had none."""
    kept = folder / "rules.yaml"
    return kept if rules is None and kept.is_file() else rules


def settings_of(folder: Path) -> Settings:
    """Return the settings of the plan in a folder, with the copies that it keeps of the files that they name."""
    found = validated(results_of.read(folder).manifest.get("settings", {}), MANIFEST)
    named = {"overhead.catalog": (found.overhead.catalog, "catalog.yaml"), "estate.buy": (found.estate.buy, _OFFERS)}
    kept = {key: str(folder / file) for key, (chosen, file) in named.items() if chosen and (folder / file).is_file()}
    return found.changed(kept) if kept else found


def as_planned(folder: Path, reading: Reading) -> Reading:
    """
    Return a reading in which hosts have the states that a plan was made with, and those that it buys are on offer.

    Hosts that the plan was to empty and that are gone by now are no problem.
    """
    estate, selector = settings_of(folder).estate, Selector(reading.inventory)
    left = {state: [each for each in getattr(estate, state) if _names_hosts(selector, each)] for state in LEAVING}
    return supposed(reading, estate.model_copy(update=left))


def _names_hosts(selector: Selector, named: str) -> bool:
    try:
        return bool(len(selector.hosts(named)))
    except ValueError:
        return False


def _still_there(settings: Settings, inventory: Inventory) -> Settings:
    """Return the settings without VMs of the what-if that are gone; without all of them there is no what-if."""
    named = settings.overhead.vms
    left = [each for each in named if Selector(inventory).names(each)]
    if left == named:
        return settings
    change = dict.fromkeys(("technology", "net_path", "disk_path", "page_size")) if not left else {}
    return settings.changed({f"overhead.{name}": value for name, value in {**change, "vms": left}.items()})
