"""What ``perf stat -x,`` prints: counters of the processor and of the kernel, one a row."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from consolidate.calibration import lines
from consolidate.calibration.counts import Counts, add
from consolidate.readers.delimited import delimiter_of
from models.counting import counted
from models.errors import Finding

KIND = "perf stat"
GUEST_EVENTS = {
    "raw_syscalls:sys_enter": "syscall", "page-faults": "page_fault", "faults": "page_fault",
    "context-switches": "context_switch", "cs": "context_switch", "sched:sched_process_exec": "fork_exec",
}  # fmt: skip
"""Events of the system that perf ran in, which must be the VM for them to be the VM's."""
_EXITS = "kvm:kvm_exit"
_WALKS = tuple(f"{table}_misses.walk" for table in ("dtlb_load", "dtlb_store", "itlb"))
_WALK = re.compile(r"(?:dtlb_load|dtlb_store|itlb)_misses\.walk_(active|duration)")
_OTHERS = ("cycles", "cpu-cycles", "task-clock", "duration_time", _EXITS)
_TIMES = {"": 1e-3, "msec": 1e-3, "ms": 1e-3, "ns": 1e-9, "nsec": 1e-9, "us": 1e-6, "usec": 1e-6, "s": 1.0, "sec": 1.0}
_NOTHING = ("<not counted>", "<not supported>")
_MODIFIER = re.compile(r":[ukhIGHpPSDWeb]{1,8}$")
_STAMP = re.compile(r"[0-9]{1,12}\.[0-9]{1,12}")
_PLACE = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,60}")
_UNIT = re.compile(r"[A-Za-z%/]{0,20}")
_NAME = re.compile(r"[A-Za-z_][^\s,;|]*")


@dataclass(frozen=True)
class _Row:
    """One counter over one interval on one CPU, or over all; without a value where it was not counted."""

    row: int
    stamp: float
    place: str
    event: str
    name: str
    unit: str
    value: float | None
    percent: float


def counts(text: str, file: str, findings: list[Finding]) -> Counts:
    """Return what was counted, summed over intervals and CPUs; what is wrong is among the findings."""
    rows = list(_rows(text, file, findings))
    sums: dict[str, float] = {}
    for item in rows:
        if item.value is not None:
            scale = _TIMES.get(item.unit, 1e-3) if item.name in ("task-clock", "duration_time") else 1.0
            add(sums, item.name, item.value * scale)
    _note_gaps(rows, file, findings)
    if not sums and not any(finding.severity == "error" and finding.file == file for finding in findings):
        known = ", ".join((*GUEST_EVENTS, *_OTHERS))
        findings.append(Finding("error", "no-counts", f"Counted none of {known}, *_misses.walk_active.", file))
    if any(item.place for item in rows) and sums.pop("task-clock", None) is not None:
        text = "Is of whole CPUs (-A or -a), so task-clock is not the VM's busy time and is not used."
        findings.append(Finding("info", "whole-cpus", text, file))
    return Counts(KIND, file, "", _events(sums, file, findings), {}, {}, _totals(sums, rows, file, findings))


def _rows(text: str, file: str, findings: list[Finding]) -> Iterator[_Row]:
    """Yield the rows of events that are used, each event once an interval and a place."""
    seen: dict[tuple[float, str, str], int] = {}
    for row, line in lines.numbered(text, file, findings):
        if line.lstrip().startswith("#"):
            continue
        found = _row(row, [cell.strip() for cell in line.split(delimiter_of(line))], file, findings)
        if found is None or not _is_used(found.name):
            continue
        first = seen.setdefault((found.stamp, found.place, found.event), row)
        if first == row:
            yield found
        else:
            text = f"Is in row {first} already; the first one counts."
            findings.append(Finding("warning", "duplicate", text, file, row, "event", found.event))


def _is_used(name: str) -> bool:
    return name in GUEST_EVENTS or name in _OTHERS or bool(_WALK.fullmatch(name))


def _row(row: int, cells: list[str], file: str, findings: list[Finding]) -> _Row | None:
    """Return a row's counter; nothing for a row of metrics, and for one that is wrong, with an error."""
    start = _start(cells)
    if start is None:
        if not _is_metric(cells):
            text = "Expected value, unit, event, run time, percentage; is it cut off, or written with a decimal comma?"
            text += " Record with LC_ALL=C."
            findings.append(Finding("error", "ragged-row", text, file, row, value=",".join(cells)))
        return None
    event, rest = _joined(cells[start + 2 :])
    name = plain(event)
    spread = bool(rest) and rest[0].endswith("%")
    running = rest[1 + spread : 2 + spread]
    percent = lines.number(running[0]) if running else None
    if percent is None and _is_used(name):
        text = "Expected the percentage of time that it was counted, in the second cell after the event."
        findings.append(Finding("error", "value", text, file, row, "percentage", running[0] if running else "nothing"))
        return None
    stamp = float(cells[0]) if start and _STAMP.fullmatch(cells[0]) else 0.0
    place = "-".join(cells[1 if stamp else 0 : start])
    return _Row(row, stamp, place, event, name, cells[start + 1], lines.number(cells[start]), percent or 0.0)


def _start(cells: Sequence[str]) -> int | None:
    """Return the place of the value: after a time stamp, a CPU, and how many CPUs that is, if they are there."""
    for start in range(min(4, len(cells) - 2)):
        is_value = cells[start] in _NOTHING or lines.number(cells[start]) is not None
        if is_value and _UNIT.fullmatch(cells[start + 1]) and _NAME.match(cells[start + 2]):
            lead = list(cells[:start])
            lead = lead[1:] if lead and _STAMP.fullmatch(lead[0]) else lead
            return start if _is_lead(lead) else None
    return None


def _is_lead(cells: Sequence[str]) -> bool:
    """Say whether cells are nothing, a CPU, core or socket, or one of these and how many CPUs it is."""
    if not cells:
        return True
    place = bool(_PLACE.fullmatch(cells[0])) and cells[0] != "summary"
    return place and (len(cells) == 1 or (len(cells) == 2 and lines.whole(cells[1]) is not None))


def _is_metric(cells: Sequence[str]) -> bool:
    """Say whether a row holds a metric only, or is of the summary that follows intervals."""
    empty = any(not any(cells[start : start + 3]) for start in range(min(4, len(cells) - 2)))
    return empty or "summary" in cells[:2]


def _joined(cells: list[str]) -> tuple[str, list[str]]:
    """Return the event's name, whose commas cut it where it describes a counter between two slashes, and the rest."""
    size = 1
    while cells[0].count("/") == 1 and size < len(cells) and "/" not in cells[size]:
        size += 1
    if cells[0].count("/") != 1 or size == len(cells):
        return cells[0], cells[1:]
    return ",".join(cells[: size + 1]), cells[size + 1 :]


def plain(event: str) -> str:
    """
    Return an event's name without the counting unit around it and the modifiers behind it.

    >>> plain("cpu_core/cycles/u"), plain("instructions:uk"), plain("kvm:kvm_exit")
    ('cycles', 'instructions', 'kvm:kvm_exit')
    """
    parts = event.split("/")
    return parts[1].partition(",")[0].lower() if len(parts) == 3 else _MODIFIER.sub("", event)


def _note_gaps(rows: Sequence[_Row], file: str, findings: list[Finding]) -> None:
    """Tell which events were not counted, and which for part of the time only."""
    events: dict[str, list[_Row]] = {}
    for item in rows:
        events.setdefault(item.event, []).append(item)
    for event, these in events.items():
        missing = [item for item in these if item.value is None]
        if missing:
            text = f"Was not counted in {len(missing):,} of {counted(len(these), 'row')}."
            findings.append(Finding("warning", "not-counted", text, file, missing[0].row, "event", event, len(missing)))
        least = min((item.percent for item in these if item.value is not None), default=100.0)
        if least < 99.0:
            text = f"Was counted {least:g} % of the time; the value is perf's estimate. Count fewer events at once."
            findings.append(Finding("warning", "estimated", text, file, these[0].row, "percentage", event))


def _events(sums: dict[str, float], file: str, findings: list[Finding]) -> dict[str, float]:
    """Return the events of the VM; a host's system calls, faults and switches are not the VM's."""
    events: dict[str, float] = {}
    for name, event in GUEST_EVENTS.items():
        if name in sums:
            add(events, event, sums[name])
    if not sums.get(_EXITS) or not events:
        return events
    text = f"Counts exits, so it is of the host, whose {', '.join(events)} are not the VM's and are not used."
    text += " Record these with a perf stat inside the VM."
    findings.append(Finding("warning", "host-counts", text, file))
    return {}


def _totals(sums: dict[str, float], rows: Sequence[_Row], file: str, findings: list[Finding]) -> dict[str, float]:
    names = {"busy_core_s": "task-clock", "exits": _EXITS, "seconds": "duration_time"}
    totals = {total: sums[name] for total, name in names.items() if name in sums}
    cycles = sums.get("cycles", sums.get("cpu-cycles", 0.0))
    last = max((item.stamp for item in rows), default=0.0)
    totals |= {"seconds": last} if last else {}
    totals |= {"cycles": cycles} if cycles else {}
    walks = [_walk(sums, walk) for walk in _WALKS if _walk(sums, walk) is not None]
    found = sum(walk for walk in walks if walk is not None)
    if found > cycles > 0:
        text = f"Page walks took {found:,.0f} of {cycles:,.0f} cycles; they cannot be more than all."
        findings.append(Finding("error", "value", text, file))
    if walks and cycles:
        totals["walk_share"] = found / cycles
    return totals


def _walk(sums: dict[str, float], walk: str) -> float | None:
    """Return the cycles in page walks of one kind, by the newer name of the counter or else the older."""
    return sums.get(f"{walk}_active", sums.get(f"{walk}_duration"))
