"""What-ifs of a plan: the same inventory planned again with other settings, each in a process of its own."""

import multiprocessing
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from consolidate.commands.outputs import Render
from consolidate.readers.reading import Options

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from consolidate.readers.reading import Reading
    from consolidate.settings import Settings
    from models.rules import Rule
    from models.timing import Timing

    Given = tuple[Reading, tuple[Rule, ...], tuple[Timing, ...], dict[str, Path | None]]

SUFFIX = "-what-if"
"""Of the folder beside the plan's that the what-ifs go to."""
_PATIENCE_S = 5.0
"""Time that a process has to clear up after itself when it is told to end."""
_NAME = 80
_PARTS = 50
"""Parts of a step that are told one by one."""


@dataclass(frozen=True)
class WhatIfs:
    """
    Starts what-ifs of a plan; called with settings by dotted key, it returns the `Job`.

    Parameters
    ----------
    plan
        Result folder of the plan, whose settings are changed.
    inventory, options
        What it was made of, and how that is read.
    rules
        The user's rules; None: those that the plan's folder keeps, if there are any.
    render
        Returns the report on a result folder; a function of a module, as it is called in another process.
    """

    plan: Path
    inventory: Path
    options: Options
    rules: Path | None
    render: Render

    def __call__(self, changes: Mapping[str, Any], simulate: bool = False) -> "Job":
        """
        Start to plan again, and if wanted to simulate the time of the readings before and after that plan.

        Raises
        ------
        InputError
            If there are no such settings or values.
        """
        from consolidate.plans.rechecking import settings_of

        settings_of(self.plan).changed(changes)
        return Job(self, changes, self.place(changes, simulate), simulate)

    @property
    def folder(self) -> Path:
        """Where what-ifs go: a folder beside the plan's."""
        plan = self.plan.resolve()
        return plan.with_name(plan.name + SUFFIX)

    def check(self) -> None:
        """
        Read all that a what-if is made of, so that what is wrong with it is told before there is a page.

        Raises
        ------
        InputError
            If the folder is no plan, or inventory and rules are wrong or another estate's.
        """
        from consolidate.plans.rechecking import settings_of

        _given(self, settings_of(self.plan))

    def earlier(self) -> list[Path]:
        """Return the what-ifs that were computed before."""
        return sorted(each.parent for each in self.folder.glob("*/summary.json"))

    def place(self, changes: Mapping[str, Any], simulate: bool = False) -> Path:
        """Return a folder that does not exist yet, named by the changes."""
        parts = (f"{key.rpartition('.')[2]}={value}" for key, value in changes.items())
        name = ",".join(parts).replace("/", "-")[:_NAME] or "as-it-is"
        name += ",simulated" if simulate else ""
        place, number = self.folder / name, 1
        while place.exists():
            number += 1
            place = self.folder / f"{name} ({number})"
        return place


class Job:
    """A what-if that is being computed."""

    def __init__(self, what_ifs: WhatIfs, changes: Mapping[str, Any], place: Path, simulate: bool) -> None:
        context = multiprocessing.get_context("spawn")
        self._heard, told = context.Pipe(duplex=False)
        given = told, what_ifs, dict(changes), place, simulate
        self._process = context.Process(target=_work, args=given, daemon=True)
        self._process.start()
        told.close()
        self._place, self._cancelled = place, False
        self._step: tuple[str, float | None] = ("starting", None)
        self._ended: tuple[str, str] | None = None

    def told(self) -> tuple[str, str, float | None, Path | None]:
        """Return the state (running, done, failed or cancelled), in words, the share done, and the result's folder."""
        self._listen()
        if self._ended is None:
            return "running", self._step[0], self._step[1], None
        state, text = self._ended
        return state, text, None, self._place if state == "done" else None

    def _listen(self) -> None:
        try:
            while self._ended is None and self._heard.poll():
                state, text, share = self._heard.recv()
                if state == "running":
                    self._step = text, share
                else:
                    self._ended = state, text
        except EOFError:
            self._process.join(_PATIENCE_S)
            text = f"The process ended with status {self._process.exitcode}."
            self._ended = ("cancelled", "") if self._cancelled else ("failed", text)

    def cancel(self) -> None:
        """End it: it clears up after itself, and is ended all the same if it does not."""
        self._cancelled = True
        self._process.terminate()
        late = threading.Timer(_PATIENCE_S, self._process.kill)
        late.daemon = True
        late.start()


def _work(told: "Connection", what_ifs: WhatIfs, changes: dict[str, Any], place: Path, simulate: bool) -> None:
    """Plan, in the process that was started for it, and tell how far it is and how it ends."""
    from consolidate.commands import interruption

    interruption.watch()
    try:
        _planned(told, what_ifs, changes, place, simulate)
    except Exception as problem:  # whatever it is, the page that waits has to be told
        told.send(("failed", str(problem) or type(problem).__name__, None))
    else:
        told.send(("done", "", None))
    told.close()


def _given(what_ifs: WhatIfs, settings: "Settings") -> "Given":
    """Return what a what-if is made of, and the copies that it keeps: inventory, rules about places and about time."""
    from consolidate import inputs
    from consolidate.inventories.estate import supposed
    from consolidate.plans.rechecking import rules_of
    from consolidate.runbooks import folder, names

    buy = Path(settings.estate.buy) if settings.estate.buy else None
    reading = inputs.read(what_ifs.inventory, what_ifs.options)
    names.belongs(what_ifs.plan, folder.read(what_ifs.plan), reading.inventory)
    reading = supposed(inputs.with_hash(reading, buy), settings.estate)
    rules, overlay = rules_of(what_ifs.plan, what_ifs.rules), inputs.overlay(settings)
    own, timed = inputs.ruled(rules, reading, settings)
    reading = inputs.with_hash(inputs.with_hash(reading, rules), overlay)
    return reading, own, timed, {"rules.yaml": rules, "catalog.yaml": overlay, "hosts-to-buy.csv": buy}


def _planned(told: "Connection", what_ifs: WhatIfs, changes: dict[str, Any], place: Path, simulate: bool) -> None:
    from consolidate import planning
    from consolidate.commands import outputs
    from consolidate.plans.rechecking import settings_of
    from consolidate.simulations.replay import both

    last: list[tuple[str, int]] = []

    def step(name: str, done: int, total: int) -> None:
        """Tell a step by its percentages alone: what nobody hears must not fill the pipe."""
        if last[-1:] != [now := (name, _PARTS * done // total if total else 0)]:
            last[:] = [now]
            told.send(("running", name, done / total if total else None))

    told.send(("running", "reading", None))
    settings = settings_of(what_ifs.plan).changed(changes)
    given, own, timed, copies = _given(what_ifs, settings)
    found = planning.plan(given, settings, rules=own, timing=timed, progress=step)
    inside = both(given, settings, found, step) if simulate else {}
    told.send(("running", "writing", None))
    outputs.write(place, found, False, copies, what_ifs.render, inside)
