"""
Task logs of platforms as journals of a plan.

vSphere: events as CSV, with the message as vCenter words it. Nova: ``openstack server migration list`` as CSV or JSON.
Proxmox: the tasks of nodes, ``pvesh get /cluster/tasks`` or ``/nodes/NODE/tasks``, as JSON. What is no migration of a
VM of the plan is left out.
"""

import datetime
import re
from collections.abc import Callable, Iterable, Mapping

import numpy as np

from consolidate.execution.journal import FAILED, FINISHED, STARTED, Happened, Log, own
from consolidate.readers import moments
from consolidate.runbooks.folder import Folder
from models.errors import Finding

NEEDED: Mapping[str, tuple[str, ...]] = {
    "journal": ("time", "event"),
    "vsphere": ("createdtime", "fullformattedmessage"),
    "nova": ("status", "created at", "updated at"),
    "proxmox": ("upid", "type", "id", "starttime"),
}
"""Columns by which each form is known, in lower case."""
_VSPHERE_TIME, _VSPHERE_TEXT = ("createdtime", "date time"), ("fullformattedmessage", "description")
_WORDS = (
    (FAILED, re.compile(r"\b(cannot migrate|failed to (migrate|relocate)|migration .* failed)\b", re.IGNORECASE)),
    (FINISHED, re.compile(r"\b(has been migrated|migrated|completed|relocated)\b", re.IGNORECASE)),
    (STARTED, re.compile(r"\b(migrating|relocating)\b", re.IGNORECASE)),
)
"""What vCenter's messages about migrations have in common, the gravest first."""
_TYPES = {
    "vmbeinghotmigratedevent": STARTED,
    "vmbeingmigratedevent": STARTED,
    "vmbeingrelocatedevent": STARTED,
    "vmmigratedevent": FINISHED,
    "drsvmmigratedevent": FINISHED,
    "vmrelocatedevent": FINISHED,
    "vmfailedmigrateevent": FAILED,
    "vmrelocatefailedevent": FAILED,
}
_NOVA = {
    "completed": FINISHED,
    "finished": FINISHED,
    "done": FINISHED,
    "confirmed": FINISHED,
    "error": FAILED,
    "failed": FAILED,
    "cancelled": FAILED,
    "queued": "",
    "accepted": "",
    "preparing": STARTED,
    "running": STARTED,
    "migrating": STARTED,
    "pre-migrating": STARTED,
    "post-migrating": STARTED,
}
"""States of a migration in Nova; one that is queued has not begun."""
_US = ("%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y, %I:%M:%S %p", "%m/%d/%Y %H:%M:%S")


def form_of(log: Log) -> str | None:
    """Return the form of a log by its columns; None if it is none that is known."""
    present = set(log.header)
    if present >= {"date time", "description"}:
        return "vsphere"
    return next((name for name, columns in NEEDED.items() if present >= set(columns)), None)


def vsphere(log: Log, plan: Folder, findings: list[Finding]) -> list[Happened]:
    """Return the migrations among the events of a vCenter."""
    time = next(name for name in _VSPHERE_TIME if name in log.header)
    text = next(name for name in _VSPHERE_TEXT if name in log.header)
    vms, hosts = _finder({move.vm for move in plan.moves}), _finder(_hosts(plan))
    found: list[Happened] = []
    for row, cells in log.rows:
        message = cells[text]
        kind = cells.get("eventtypeid", "") or cells.get("type", "") or cells.get("event type id", "")
        event = _TYPES.get(kind.rpartition(".")[2].casefold()) or _worded(message)
        vm = _first(vms, message)
        if not event or not vm:
            continue
        time_s = _moment(cells[time])
        if time_s != time_s:
            findings.append(log.wrong(row, time, cells[time], "a time in ISO 8601, or as 11/26/2026 3:05:09 PM"))
            continue
        behind = message.partition(vm)[2]
        source, to, destination = behind.rpartition(" to ")
        source, destination = (source, destination) if to else (behind, "")
        found.append(Happened(row, time_s, vm, event, 0, _first(hosts, source), _first(hosts, destination), message))
    return found


def _worded(message: str) -> str:
    return next((event for event, words in _WORDS if words.search(message)), "")


def nova(log: Log, plan: Folder, findings: list[Finding]) -> list[Happened]:
    """Return the start and the end of each migration that Nova lists, of VMs by name or by their id."""
    names = {identity.casefold(): vm for vm, identity in plan.ids.items()}
    names |= {move.vm.casefold(): move.vm for move in plan.moves}
    moved = {move.vm for move in plan.moves}
    found: list[Happened] = []
    for row, cells in log.rows:
        given = next((cells[key] for key in ("server uuid", "instance uuid", "server id", "server") if cells.get(key)),
                     "")  # fmt: skip
        vm = names.get(given.casefold(), "")
        if vm not in moved:
            continue
        status = cells["status"].casefold()
        if status not in _NOVA:
            findings.append(log.wrong(row, "status", cells["status"], f"one of {', '.join(_NOVA)}"))
            continue
        if not _NOVA[status]:
            continue
        ends = [next((cells[key] for key in (f"{end} compute", f"{end} node", f"{end} host") if cells.get(key)), "")
                for end in ("source", "dest")]  # fmt: skip
        times = [moments.moment(cells[key])[0] for key in ("created at", "updated at")]
        wrong = [
            log.wrong(row, key, cells[key], "a time in ISO 8601")
            for key, time_s in zip(("created at", "updated at"), times, strict=True)
            if time_s != time_s
        ]
        findings += wrong
        if not wrong:
            found += _both(row, vm, times[0], times[1] if _NOVA[status] != STARTED else None, _NOVA[status], ends[0],
                           _known(ends[1], plan), cells["status"])  # fmt: skip
    return found


def _known(host: str, plan: Folder) -> str:
    """Return the name of a host, if it is one of the plan's; Nova may give an address."""
    return host if host in _hosts(plan) else ""


def proxmox(log: Log, plan: Folder, findings: list[Finding]) -> list[Happened]:
    """Return the start and the end of each migration among the tasks of Proxmox, of VMs by their id or name."""
    names = {identity: vm for vm, identity in plan.ids.items()} | {move.vm: move.vm for move in plan.moves}
    moved = {move.vm for move in plan.moves}
    found: list[Happened] = []
    for row, cells in log.rows:
        vm = names.get(cells["id"], "")
        if cells["type"] not in ("qmigrate", "vzmigrate") or vm not in moved:
            continue
        times = {key: moments.moment(cells[key])[0] for key in ("starttime", "endtime") if cells.get(key)}
        wrong = [
            log.wrong(row, key, cells[key], "seconds since 1970") for key, time_s in times.items() if time_s != time_s
        ]
        findings += wrong
        if wrong or "starttime" not in times:
            findings += [] if wrong else [log.wrong(row, "starttime", "", "seconds since 1970")]
            continue
        status = cells.get("status", "")
        event = FINISHED if status == "OK" or status.startswith("WARNINGS") else FAILED
        found += _both(row, vm, times["starttime"], times.get("endtime"), event, cells.get("node", ""), "", status)
    return found


def _both(
    row: int, vm: str, start_s: float, end_s: float | None, event: str, source: str, destination: str, message: str
) -> Iterable[Happened]:
    yield Happened(row, start_s, vm, STARTED, 0, source, destination)
    if end_s is not None:
        yield Happened(row, max(end_s, start_s), vm, event, 0, source, destination, message)


def _moment(text: str) -> float:
    """Return seconds since 1970 of a time in ISO 8601, or in the American form, which is taken for UTC; else NaN."""
    found, _ = moments.moment(text)
    for form in _US:
        if found == found:
            return found
        try:
            found = datetime.datetime.strptime(text, form).replace(tzinfo=datetime.UTC).timestamp()
        except ValueError:
            found = np.nan
    return found


def _hosts(plan: Folder) -> set[str]:
    return {host for move in plan.moves for host in (move.source, move.destination) if host}


def _finder(names: Iterable[str]) -> re.Pattern[str]:
    """Return a pattern that finds any of the names where it stands by itself, long ones first."""
    listed = sorted(names, key=len, reverse=True)
    return re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, listed)) or '(?!)'})(?![\w-])")


def _first(names: re.Pattern[str], text: str) -> str:
    found = names.search(text)
    return found[0] if found else ""


READERS: Mapping[str, Callable[[Log, Folder, list[Finding]], list[Happened]]] = {
    "journal": own,
    "vsphere": vsphere,
    "nova": nova,
    "proxmox": proxmox,
}
