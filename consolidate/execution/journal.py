"""What really happened to the moves of a plan, read from a journal of our own form."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from consolidate.readers import delimited, files, moments, noticed
from consolidate.readers.reading import Options
from consolidate.runbooks.folder import Folder, Move
from models.errors import Finding

STARTED, FINISHED, FAILED = "started", "finished", "failed"
EVENTS = (STARTED, FINISHED, FAILED)
BACK = "rollback"
"""What the message of a move that is taken back begins with."""
COLUMNS = ("time", "move", "vm", "source", "destination", "event", "message")


class Happened(NamedTuple):
    """
    One thing that happened to a VM; `row` is where the file tells it.

    `move` is its number in the runbook, 0 where the file does not say.
    """

    row: int
    time_s: float
    vm: str
    event: str
    move: int = 0
    source: str = ""
    destination: str = ""
    message: str = ""


@dataclass(frozen=True)
class Log:
    """
    Rows of a file, by the names of its columns in lower case.

    Parameters
    ----------
    file
        Name of the file.
    header
        Its columns, as they are written, by their name in lower case.
    rows
        Number and cells of each row.
    """

    file: str
    header: Mapping[str, str]
    rows: tuple[tuple[int, Mapping[str, str]], ...]

    def wrong(self, row: int, column: str, value: str, expected: str) -> Finding:
        """Return the finding that a cell is not what was expected."""
        stop = "" if expected.endswith((".", "?")) else "."
        message = f"Expected {expected}{stop}" if value else f"Is empty; expected {expected}{stop}"
        return Finding("error", "value", message, self.file, row, self.header.get(column, column), value)


@dataclass(frozen=True, eq=False)
class Journal:
    """
    What a journal tells.

    Parameters
    ----------
    events
        What happened to moves of the plan, in the order of time.
    format
        ``journal``, ``vsphere``, ``nova`` or ``proxmox``.
    findings
        What was noticed.
    hashes
        SHA-256 of the file, by its name.
    """

    events: tuple[tuple[int, Happened], ...]
    format: str
    findings: tuple[Finding, ...]
    hashes: Mapping[str, str]


def read(path: Path, plan: Folder, options: Options | None = None) -> Journal:
    """
    Read a journal: our own CSV, or the task log of a platform, by its header.

    Parameters
    ----------
    path
        The file: CSV, or JSON with a list of records.
    plan
        The plan that it is about.
    options
        Delimiter and encoding, in place of those found out.

    Raises
    ------
    InputError
        With every problem found: no such file, a column that is missing, a time or an event that is none, a name that
        the plan does not have, an order of events that cannot be.
    """
    from consolidate.execution import platforms

    findings: list[Finding] = []
    hashes: dict[str, str] = {}
    log = _log(path, options or Options(), findings, hashes)
    noticed.stop_on_errors(findings)
    assert log is not None
    form = platforms.form_of(log)
    if form is None:
        known = "; ".join(f"{name}: {', '.join(columns)}" for name, columns in platforms.NEEDED.items())
        text = f"The columns are none of those that are known ({known})."
        noticed.stop_on_errors([Finding("error", "header", text, log.file, 1, value=", ".join(log.header.values()))])
    events = platforms.READERS[str(form)](log, plan, findings)
    noticed.stop_on_errors(findings)
    strange: list[Finding] = []
    matched = _matched(log, plan, events, strange)
    findings += strange if form == "journal" else [replace(each, severity="warning") for each in strange]
    noticed.stop_on_errors(findings)
    if not matched:
        findings.append(Finding("warning", "no-events", "Tells of no move of the plan.", log.file))
    return Journal(tuple(matched), str(form), tuple(findings), hashes)


def _log(path: Path, options: Options, findings: list[Finding], hashes: dict[str, str]) -> Log | None:
    data = files.content(path, findings)
    if data is None:
        return None
    if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"[", b"{"):
        hashes[path.name] = files.digest(data)
        return _records(path, data, findings)
    sheet = delimited.read(path, options, findings, hashes)
    if sheet is None:
        return None
    names = [name.casefold() for name in sheet.header]
    findings += [
        Finding("error", "duplicate", "The column stands twice.", path.name, 1, sheet.header[place])
        for place, name in enumerate(names)
        if name in names[:place]
    ]
    rows = tuple(
        (row, {name: str(column[place]).strip() for name, column in zip(names, sheet.columns, strict=True)})
        for place, row in enumerate(sheet.rows)
    )
    return Log(path.name, dict(zip(names, sheet.header, strict=True)), rows)


def _records(path: Path, data: bytes, findings: list[Finding]) -> Log | None:
    """Return the rows of a JSON document: a list of records, by itself or as the only list in an object."""
    try:
        content = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as problem:
        findings.append(Finding("error", "json", f"Is not JSON: {problem}.", path.name))
        return None
    if isinstance(content, dict):
        lists = [value for value in content.values() if isinstance(value, list)]
        content = lists[0] if len(lists) == 1 else content
    if not isinstance(content, list) or (content and not any(isinstance(each, dict) for each in content)):
        findings.append(Finding("error", "json", "Expected a list of records.", path.name))
        return None
    header: dict[str, str] = {}
    rows = []
    for number, record in enumerate(content, 1):
        if not isinstance(record, dict):
            text = "Is no record, and is left out; the others count."
            findings.append(Finding("warning", "json", text, path.name, number, value=str(record)))
            continue
        header |= {str(key).casefold().replace("_", " "): str(key) for key in record}
        rows.append((number, {str(key).casefold().replace("_", " "): _text(value) for key, value in record.items()}))
    whole = tuple((number, {name: cells.get(name, "") for name in header}) for number, cells in rows)
    return Log(path.name, header, whole)


def _text(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.15g}" if isinstance(value, float) else str(value).strip()


def own(log: Log, plan: Folder, findings: list[Finding]) -> list[Happened]:
    """Return the events of our own form."""
    found = []
    vms = {move.vm for move in plan.moves}
    for row, cells in log.rows:
        time_s, _ = moments.moment(cells["time"])
        event, number, vm = cells["event"].casefold(), cells.get("move", ""), cells.get("vm", "")
        wrong = []
        if time_s != time_s:
            wrong.append(log.wrong(row, "time", cells["time"], "a time in ISO 8601"))
        if event not in EVENTS:
            wrong.append(log.wrong(row, "event", cells["event"], f"one of {', '.join(EVENTS)}"))
        if number and not (number.isdecimal() and 1 <= int(number) <= len(plan.moves)):
            wrong.append(log.wrong(row, "move", number, f"the number of a move, 1 to {len(plan.moves)}"))
        elif not number and vm not in vms:
            hint = noticed.suggestion(vm, vms) if vm else ""
            wrong.append(log.wrong(row, "vm", vm, f"a VM that the plan moves, or the number of a move.{hint}"))
        elif number and vm and plan.moves[int(number) - 1].vm != vm:
            wrong.append(log.wrong(row, "vm", vm, f"{plan.moves[int(number) - 1].vm!r}, which move {number} moves"))
        findings += wrong
        if not wrong:
            move = int(number or 0)
            found.append(
                Happened(row, time_s, vm or plan.moves[move - 1].vm, event, move, cells.get("source", ""),
                         cells.get("destination", ""), cells.get("message", ""))
            )  # fmt: skip
    return found


def _matched(log: Log, plan: Folder, events: Sequence[Happened], findings: list[Finding]) -> list[tuple[int, Happened]]:
    """
    Return each event with the number of the move that it is about; an order that cannot be is an error.

    To a platform's log it is none: it tells of what others did to the VMs as well. A move that was taken back counts
    as one that was never begun.
    """
    by_vm: dict[str, list[Move]] = {}
    for move in plan.moves:
        by_vm.setdefault(move.vm, []).append(move)
    state: dict[int, str] = {}
    last: dict[int, float] = {}
    found: list[tuple[int, Happened]] = []
    for event in sorted(events, key=lambda each: (each.time_s, each.row)):
        matching = _about(event, by_vm[event.vm], state)
        if matching is None:
            text = "a move of the plan that goes from there to there, and is not done"
            shown = f"{event.source or '?'} → {event.destination or '?'}"
            column = "destination" if event.destination else "event"
            findings.append(log.wrong(event.row, column, shown, text))
            continue
        number = matching.number
        if event.move and event.message.casefold().startswith(BACK):
            if event.event == FINISHED:
                found = [pair for pair in found if pair[0] != number]
                state.pop(number, None)
                last.pop(number, None)
            continue
        before = state.get(number, "")
        if before == FINISHED or (event.event == STARTED and before == STARTED):
            findings.append(log.wrong(event.row, "event", event.event, f"something else: move {number} has {before}"))
            continue
        state[number], last[number] = event.event, event.time_s
        found.append((number, event))
    return found


def _about(event: Happened, moves: Sequence[Move], state: Mapping[int, str]) -> Move | None:
    """Return the move that an event is about: the one it names, else the first that fits and is not done."""
    if event.move:
        return next((move for move in moves if move.number == event.move), None)
    for move in moves:
        fits = event.source in ("", move.source) and event.destination in ("", move.destination)
        if fits and state.get(move.number) != FINISHED:
            return move
    return None
