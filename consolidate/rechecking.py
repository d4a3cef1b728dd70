"""Whether a placement holds for an inventory, by the settings that a plan was made with."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from consolidate.planning import choices
from consolidate.readers.reading import Reading
from consolidate.readers.rules import parse
from consolidate.results import MANIFEST
from consolidate.settings import Settings, validated
from models.arrays import NOWHERE
from models.check import placement as check
from models.formulation import formulate
from models.rules import Rule

Judge = Callable[[Reading, Mapping[str, str]], Sequence[str]]


def judge(folder: Path, rules: Sequence[Rule]) -> Judge:
    """Return a judge of placements, which uses the settings of the plan in the folder."""
    settings = _settings(folder)

    def violations(reading: Reading, target: Mapping[str, str]) -> Sequence[str]:
        inventory = reading.inventory
        every = (*rules, *parse(inventory.rules, inventory, inventory.source))
        problem = formulate(inventory, choices(settings), reading.usage, every).problem
        rows = inventory.host_row
        host = np.array([rows.get(target.get(str(vm), ""), NOWHERE) for vm in inventory.vms.vm], np.int64)
        host = np.where((host == NOWHERE), problem.start, host)
        on = problem.on.copy()
        on[host[host != NOWHERE]] = True
        on &= np.isin(np.arange(len(on)), host) | ~_left_empty(problem.start, host, on)
        found = check.judged(problem, check.violations(problem, host, on))
        return [f"{violation}." for violation in check.new(found)]

    return violations


def _left_empty(start: np.ndarray, host: np.ndarray, on: np.ndarray) -> np.ndarray:
    """Return the hosts that hold VMs at the start and none at the end."""
    rows = np.arange(len(on))
    emptied: np.ndarray = np.isin(rows, start) & ~np.isin(rows, host)
    return emptied


def _settings(folder: Path) -> Settings:
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return Settings()
    return validated(manifest.get("settings", {}), MANIFEST)
