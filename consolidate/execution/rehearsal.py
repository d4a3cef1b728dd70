"""A plan carried out many times under uncertainty: how long it then takes, and where it is at risk."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from time import perf_counter
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np

from consolidate.execution.scene import Scene, readable
from models import catalog
from models.arrays import Mask
from models.check.violation import Violation
from models.errors import BrokenPromiseError
from models.execution.chances import Chances, Draw, draw
from models.execution.course import Course
from models.execution.orders import Manner, May
from models.execution.record import COMPLETED, Record, violations
from models.execution.replay import replay

if TYPE_CHECKING:
    import pandas as pd

    from models.datacenter import Datacenter

MOST_CHECKED = 20
"""Runs whose course is checked, those that were not as planned first."""
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, eq=False)
class Rehearsed:
    """
    What a rehearsal found.

    Parameters
    ----------
    summary
        The keys of `models.tables.REHEARSAL`.
    tables
        ``runs``, ``waves``, ``risks``, ``executed`` and ``violations``.
    manifest
        What it was computed from.
    """

    summary: Mapping[str, Any]
    tables: "Mapping[str, pd.DataFrame]"
    manifest: Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Played:
    """
    All runs of a rehearsal.

    Parameters
    ----------
    scene, course, chances, manner, seed, late_share
        What was rehearsed, and how.
    draws, records
        What happened in each run, and what became of the plan.
    checked
        What the independent checker says of some runs, by their number.
    datacenter, replayed
        The datacenter after it carried out the first run, and what became of the plan there.
    """

    scene: Scene
    course: Course
    chances: Chances
    manner: Manner
    seed: int
    late_share: float
    draws: tuple[Draw, ...]
    records: tuple[Record, ...]
    checked: Mapping[int, tuple[Violation, ...]]
    datacenter: "Datacenter"
    replayed: Record

    @property
    def completed(self) -> tuple[Record, ...]:
        """The runs in which all moves are done."""
        return tuple(each for each in self.records if each.status == COMPLETED)


def rehearse(
    scene: Scene,
    chances: Chances | None = None,
    *,
    course: Course | None = None,
    runs: int = 200,
    seed: int = 1,
    on_failure: str = "stop",
    late_share: float | None = None,
    progress: Progress | None = None,
) -> Rehearsed:
    """
    Carry a plan out many times, each with what its seed draws, and once in the datacenter.

    Parameters
    ----------
    scene
        The plan and its inventory.
    chances
        What may go otherwise than planned.
    course
        The plan as tasks, if it is there already.
    runs, seed
        How many runs, and the seed that they are drawn from.
    on_failure
        ``stop``, ``rollback`` or ``continue``; see `models.execution.orders.Manner`.
    late_share
        A wave is late if it ends later than planned by more than this share.
    progress
        Told the step, and how much of it is done.
    """
    from consolidate.execution.rehearsal_tables import manifest, summary, tables

    began = perf_counter()
    chances, tell = chances or Chances(), progress or _silent
    course = course or scene.course()
    manner = Manner(on_failure=cast(Literal["stop", "rollback", "continue"], on_failure))
    may = refuges(scene)
    draws = tuple(draw(course, chances, seed, run) for run in range(runs))
    records = []
    for run, drawn in enumerate(draws):
        records.append(replay(course, drawn, manner, may))
        tell("rehearsing", run + 1, runs)
    model, replayed = in_datacenter(scene, course, draws[0], manner, may, seed)
    chosen = _chosen(records)
    checked = {}
    for place, run in enumerate(chosen):
        checked[run] = violations(course, replayed if run == 0 else records[run])
        tell("checking", place + 1, len(chosen))
    late = catalog.number("execution", "late_share") if late_share is None else late_share
    played = Played(scene, course, chances, manner, seed, late, draws, tuple(records), checked, model, replayed)
    return Rehearsed(summary(played, perf_counter() - began), tables(played), manifest(played))


def in_datacenter(
    scene: Scene, course: Course, drawn: Draw, manner: Manner, may: May | None, seed: int
) -> tuple["Datacenter", Record]:
    """Return the datacenter after it carried out a plan, its VMs under the load of the readings, and the record."""
    from consolidate.simulation import Start, datacenter
    from models.agents.conductor import Conductor
    from models.physics import OURS
    from solvers.policies.nothing import DoNothing

    start = Start(host=np.asarray(course.problem.start, np.int32), on=np.array(course.problem.on))
    physics = replace(OURS, links="private")
    model, _ = datacenter(readable(scene.reading), DoNothing(), scene.settings, seed=seed, start=start, physics=physics)
    conductor = Conductor(model, course, drawn, manner, may)
    model.step()
    while not conductor.over:
        if min(model.agenda.next_s, model.flights.next_s) == float("inf"):
            raise BrokenPromiseError("The datacenter waits for something that never happens.")
        model.step()
    model.finish()
    return model, conductor.conduct.record()


def refuges(scene: Scene) -> May:
    """Return where each VM may be restarted: where no rule of its own forbids it."""
    from solvers.relations import compiled

    found: list[Any] = []

    def may(vm: int) -> Mask:
        if not found:
            found.append(compiled(scene.problem))
        relations = found[0]
        mask: Mask = relations.scope[relations.which[relations.item[vm]]] & ~relations.barred
        return mask

    return may


def _chosen(records: list[Record]) -> list[int]:
    """Return the runs to check: the first, which the datacenter carries out, then those not as planned."""
    rest = range(1, len(records))
    odd = [run for run in rest if records[run].status != COMPLETED or records[run].lost]
    slow = sorted(set(rest) - set(odd), key=lambda run: -records[run].end_s)
    return [0, *odd, *slow][:MOST_CHECKED]


def _silent(step: str, done: int, total: int) -> None:
    """Tell nobody."""
