"""A study: one row for each scenario and seed, wherever the executor computes them."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from consolidate.readers.reading import Options, Reading
from consolidate.what_if import journal as journals
from consolidate.what_if import scenario, study_checks, study_estate, study_files, study_tables, trial
from consolidate.what_if.journal import Journal
from consolidate.what_if.parcels import shipped
from consolidate.what_if.scenario import Definition, Scenario
from consolidate.what_if.trial import Planner, Protocol, planned
from models.errors import Finding, InputError
from models.rules import Rule

if TYPE_CHECKING:
    import pandas as pd

Progress = Callable[[int, int], None]
_LOOK_S = 0.2


@dataclass(frozen=True, eq=False)
class Studied:
    """
    What a study found.

    Parameters
    ----------
    summary
        The keys of `models.tables.STUDY`.
    tables
        ``scenarios``: the axes, then the columns of `models.tables.SCENARIO_METRICS`; and what is made of it.
    manifest
        What it was computed from.
    texts
        The journal, by which a study of more scenarios goes on from here.
    """

    summary: Mapping[str, Any]
    tables: Mapping[str, "pd.DataFrame"]
    manifest: Mapping[str, Any]
    texts: Mapping[str, str] = field(default_factory=dict)

    @property
    def exit_status(self) -> int:
        """The status of the process: 130 if it was interrupted, 1 if nothing could be computed."""
        if self.summary["status"] == "partial":
            return 130
        return int(0 < self.summary["scenarios"] == self.summary["failed"])


@dataclass(frozen=True, eq=False)
class Task:
    """
    A study that was read: what is to be computed, and what from.

    Parameters
    ----------
    definition, reading, rules
        The study, its inventory and its rules.
    points, keys
        Its scenarios with seeds, and the hash of each.
    protocol
        What is done with each.
    hashes
        Of the files that it was read from.
    """

    definition: Definition
    reading: Reading
    rules: tuple[Rule, ...]
    points: tuple[Scenario, ...]
    keys: tuple[str, ...]
    protocol: Protocol
    hashes: Mapping[str, str]


def task(path: Path, until_full: str = "") -> Task:
    """
    Return what a study's file asks for, with all that it names read.

    Parameters
    ----------
    until_full
        ``vms`` or ``demand``, if it is asked how far they may grow.

    Raises
    ------
    InputError
        If the file, or a file that it names, is wrong.
    """
    definition, problems = study_files.found(path)
    protocol = Protocol(definition.run, definition.steps, definition.held_back_days, definition.held_up, until_full)
    reading, rules = _read(definition, protocol, path, problems)
    files = [path, *(Path(each) for each in definition.catalogs if isinstance(each, str))]
    files += [each for each in (definition.rules, definition.hardware) if isinstance(each, Path)]
    hashes = {**{each.name: _hash(each) for each in files}, **reading.hashes}
    parts = study_checks.parts(definition)
    inputs = {name: digest for name, digest in hashes.items() if name != path.name}
    inputs |= {"profiles": repr(definition.profiles), "hardware": repr(sorted(map(str, parts.models)))}
    if isinstance(definition.hardware, dict):
        inputs["hardware"] = repr(definition.hardware)
    points = scenario.scenarios(definition)
    return Task(definition, reading, rules, points, journals.keys(points, protocol, inputs), protocol, hashes)


def study(
    path: Path,
    executor: Executor,
    progress: Progress | None = None,
    *,
    planner: Planner = planned,
    journal: Journal | None = None,
    stopped: Callable[[], bool] = bool,
    until_full: str = "",
) -> Studied:
    """
    Compute every scenario of a study with every seed.

    The inventory is read once, and reaches each worker once. A scenario without a solution is a row like any other,
    and so is one that cannot be computed, or that ended its worker again and again.

    Parameters
    ----------
    path
        The study's file.
    executor
        Where it is computed.
    progress
        Called after every scenario with those done and all.
    planner
        Computes one plan.
    journal
        Rows that are there already, and where those that are computed are written at once.
    stopped
        Asked whether to end; the result then has the rows that are done.
    until_full
        ``vms`` or ``demand``: how far may they grow until a scenario's estate is full?

    Raises
    ------
    InputError
        If the study's file, or a file that it names, is wrong.
    """
    given = task(path, until_full)
    book = journal or Journal()
    todo = [row for row, key in enumerate(given.keys) if key not in book]
    kept = len(given.keys) - len(todo)

    def told(done: int) -> None:
        if progress is not None:
            progress(kept + done, len(given.keys))

    with shipped(executor, given.reading, given.rules, study_checks.parts(given.definition)) as parcel:
        calls = ((trial.row, parcel, given.protocol, given.points[row], planner) for row in todo)
        for done, (place, found) in enumerate(gathered(executor, calls, stopped), start=1):
            book.add(given.keys[todo[place]], found)
            told(done)
    return _studied(given, book)


def gathered(
    executor: Executor, calls: Iterator[tuple[Any, ...]], stopped: Callable[[], bool] = bool, most: int = 0
) -> Iterator[tuple[int, dict[str, Any]]]:
    """
    Yield the number and the result of each call, in the order in which they end.

    A call that ended its worker again and again has the row of one that failed; any other failure ends all.

    Parameters
    ----------
    most
        Calls that wait for a worker at most, where each has a large content of its own; 0: all.
    """
    window = getattr(executor, "window", most)
    waiting: dict[Future[dict[str, Any]], int] = {}
    numbered = enumerate(calls)
    try:
        while not stopped():
            while not window or len(waiting) < window:
                if (following := next(numbered, None)) is None:
                    break
                waiting[executor.submit(*following[1])] = following[0]
            if not waiting:
                return
            for future in wait(waiting, timeout=_LOOK_S, return_when=FIRST_COMPLETED).done:
                yield waiting.pop(future), _outcome(future)
    finally:
        for future in waiting:
            future.cancel()


def _outcome(future: Future[dict[str, Any]]) -> dict[str, Any]:
    try:
        return future.result()
    except BrokenExecutor as problem:
        return trial.failed(str(problem))


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _read(
    definition: Definition, protocol: Protocol, path: Path, problems: list[Finding]
) -> tuple[Reading, tuple[Rule, ...]]:
    """Return the inventory and the rules; what is wrong with them, or the study for them, is told with the rest."""
    from consolidate import readers

    try:
        reading = readers.read(definition.inventory, Options(usage=definition.usage))
    except InputError as problem:
        known = {finding.value for finding in problems if finding.code == "missing-file"}
        study_files.stop(path, [*problems, *(each for each in problem.findings if each.file not in known)])
        raise
    problems += study_estate.problems(definition, reading, path.name)
    try:
        _timed(reading, protocol, path.name)
    except InputError as problem:
        problems += problem.findings
    try:
        reading, rules = _ruled(definition, reading)
    except InputError as problem:
        problems += problem.findings
    study_files.stop(path, problems)
    return reading, rules


def _timed(reading: Reading, protocol: Protocol, file: str) -> None:
    """Raise an `InputError` if what is to be done needs readings that are not there."""
    if protocol.run == "both":
        try:
            trial.parted(reading, protocol.held_back_days)
        except InputError as problem:
            raise InputError(replace(each, file=file, column="held_back_days") for each in problem.findings) from None
    if protocol.run == "simulate" and reading.usage is None:
        text = "A simulation needs readings over time, and the inventory has none."
        raise InputError([Finding("error", "no-readings", text, file, 0, "run", protocol.run)])


def _ruled(definition: Definition, reading: Reading) -> tuple[Reading, tuple[Rule, ...]]:
    """Return the rules about places, and the reading with those about time."""
    if definition.rules is None or not definition.rules.exists():
        return reading, ()
    from consolidate.inputs import ruled
    from consolidate.readers import documents, timing

    placing, _ = ruled(definition.rules, reading, definition.settings)
    tree = documents.read(definition.rules, [], {})
    listed = documents.plain(tree, timing.NAMES) if tree is not None else []
    # When a plan begins may vary, so that each scenario reads the rules about time anew.
    timed = tuple({kind: body} for kind, body in timing.entries(listed))
    inventory = replace(reading.inventory, rules=(*reading.inventory.rules, *timed))
    return replace(reading, inventory=inventory), placing


def _studied(given: Task, book: Journal) -> Studied:
    """Return the result of the rows that are done."""
    done = [row for row, key in enumerate(given.keys) if key in book]
    points: Sequence[Scenario] = [given.points[row] for row in done]
    rows = [book[given.keys[row]] for row in done]
    tables = study_tables.tables(given.definition, points, rows)
    partial = len(done) < len(given.keys)
    options = given.definition.model_dump(mode="json", exclude={"inventory", "rules", "usage", "hardware"})
    return Studied(
        summary=study_tables.summary(given.reading, given.definition, tables["scenarios"], partial=partial),
        tables=tables,
        manifest={
            "command": "study",
            "inputs": dict(given.hashes),
            "options": options,
            "seeds": list(given.definition.drawn),
        },
        texts={journals.NAME: book.text(tuple(given.keys[row] for row in done))},
    )
