"""The table that ``perf kvm stat report`` prints: exits by reason, and the time in their handlers."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from consolidate.calibration import lines
from consolidate.calibration.counts import Counts, add, reason_events
from models.counting import counted
from models.errors import Finding

KIND = "perf kvm stat"
MOST_DEVIATION = 20.0
"""Relative standard error of a mean above which it is doubtful. [%]"""
_HEADER = re.compile(r"\s*(\S.{0,40}?)\s+Samples\s+Samples%\s")
_FOOTER = re.compile(r"\s*Total Samples:([^,]*),")
_SUBJECT = re.compile(r"\s*Analyze events for ([^,]{1,200}), (all VCPUs|VCPU [0-9]+):")
_ERROR = re.compile(r"\(\s*\+-\s*(\S{1,20})\s*\)\s*$")
_SHORT = ("Samples", "Samples%", "Time%", "Avg time")
_LONG = ("Samples", "Samples%", "Time%", "Min Time", "Max Time", "Avg time")
_EXPECTED = {
    "%": (lines.percent, "a percentage such as 12.34%"),
    "e": (lines.time, "a time with its unit, such as 1.62us"),
    "s": (lines.whole, "a whole number without separators"),
}


@dataclass
class _Table:
    """A table while it is read: its columns once the header is there, its total once the footer is there."""

    file: str
    findings: list[Finding]
    columns: tuple[str, ...] = ()
    total: int | None = None
    samples: dict[str, float] = field(default_factory=dict)
    handler_s: dict[str, float] = field(default_factory=dict)

    def say(self, severity: str, code: str, message: str, row: int = 0, column: str = "", value: str = "") -> None:
        self.findings.append(Finding(severity, code, message, self.file, row, column, value))


def counts(text: str, file: str, findings: list[Finding]) -> Counts:
    """Return the exits of a report, and the time in handlers; what is wrong is among the findings."""
    table = _Table(file, findings)
    for row, line in lines.numbered(text, file, findings):
        _read(table, row, line)
    _check(table)
    events: dict[str, float] = {}
    handler_s: dict[str, float] = {}
    for reason, samples in table.samples.items():
        event = reason_events().get(reason.casefold(), "exit")
        add(events, event, samples)
        add(handler_s, event, table.handler_s[reason])
    totals = {} if table.total is None else {"exits": float(table.total)}
    return Counts(KIND, file, "", events, handler_s, table.samples, totals)


def _read(table: _Table, row: int, line: str) -> None:
    """Take in one line: a header, a footer, a row between the two, or what stands around them."""
    header, footer = ("Samples" in line and pattern.match(line) for pattern in (_HEADER, _FOOTER))
    subject = _SUBJECT.match(line)
    if subject:
        _note_subject(table, row, subject)
    elif header:
        _begin(table, row, header[1], line)
    elif not table.columns or table.total is not None or line.lstrip().startswith("#"):
        return
    elif footer:
        table.total = lines.whole(footer[1].strip())
        if table.total is None:
            table.say("error", "value", "Expected a whole number.", row, "Total Samples", footer[1])
            table.total = -1
    else:
        _take(table, row, line)


def _note_subject(table: _Table, row: int, subject: re.Match[str]) -> None:
    if subject[1] == "all VMs":
        text = "Counts all VMs of the host; if there was more than one, record one of them with -p and its process."
        table.say("info", "all-vms", text, row)
    if subject[2] != "all VCPUs":
        table.say("warning", "one-vcpu", f"Counts {subject[2]} only; leave --vcpu out for the whole VM.", row)


def _begin(table: _Table, row: int, name: str, line: str) -> None:
    if table.columns:
        table.say("error", "second-table", "A second table begins; one report a file was expected.", row)
    elif name != "VM-EXIT":
        text = "Expected the table of VM-EXIT: perf kvm stat report --event=vmexit."
        table.say("error", "table", text, row, value=name)
    table.columns = _LONG if "Min Time" in line else _SHORT


def _take(table: _Table, row: int, line: str) -> None:
    """Take in the row of one exit reason."""
    deviation = _ERROR.search(line)
    cells = line[: deviation.start() if deviation else None].split()
    width = len(table.columns)
    if deviation is None or len(cells) <= width:
        text = f"Expected a reason, {', '.join(table.columns)} and ( +- …% ); is the row cut off?"
        table.say("error", "ragged-row", text, row, value=line.strip())
        return
    values = dict(zip(table.columns, cells[-width:], strict=True))
    numbers = {column: _number(table, row, column, value) for column, value in values.items()}
    _note_deviation(table, row, deviation[1])
    samples, mean = numbers["Samples"], numbers["Avg time"]
    reason = " ".join(cells[:-width])
    if reason in table.samples:
        table.say("error", "duplicate", "Is in the table already.", row, "VM-EXIT", reason)
    elif samples is not None and mean is not None:
        table.samples[reason] = float(samples)
        table.handler_s[reason] = samples * mean
        if reason.casefold() not in reason_events():
            table.say("info", "unknown-reason", "Is no known reason; counted as exit.", row, "VM-EXIT", reason)


def _number(table: _Table, row: int, column: str, value: str) -> float | None:
    read: Callable[[str], float | None]
    read, expected = _EXPECTED[column[-1]]
    found = read(value)
    if found is None:
        table.say("error", "value", f"Expected {expected}.", row, column, value)
    return found


def _note_deviation(table: _Table, row: int, value: str) -> None:
    found = lines.percent(value)
    if found is None:
        table.say("error", "value", "Expected a percentage such as 12.34%.", row, "+-", value)
    elif found > MOST_DEVIATION:
        table.say("warning", "uncertain", f"The mean is uncertain by {found:g} %; record for longer.", row, "Avg time")


def _check(table: _Table) -> None:
    """Find that the table is not there, not whole, or empty; not if some of its rows could not be read."""
    if not table.columns:
        table.say("error", "table", "Holds no table with the columns VM-EXIT, Samples, Samples%, Time%, Avg time.")
    elif any(finding.severity == "error" and finding.file == table.file for finding in table.findings):
        return
    elif table.total is None:
        table.say("error", "truncated", "Ends without the line 'Total Samples:'; is it cut off?")
    elif table.total != (found := sum(table.samples.values())):
        text = f"The rows hold {counted(round(found), 'sample')} and the total is {table.total:,}; rows are missing."
        table.say("error", "truncated", text)
    elif not table.total:
        table.say("error", "no-counts", "Counts no exits; was the VM running, and were the events recorded?")
