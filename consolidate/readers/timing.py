"""
Timing rules as a user writes them beside placement rules: ``- blackout: {hosts: "rack:r1", daily: "22:00-06:00"}``.

Times are seconds or durations from the start of the plan, or dates where it is known when that is.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from consolidate.readers import contradictions, documents, noticed
from consolidate.readers.documents import Located
from consolidate.readers.selectors import Selector
from models.arrays import Rows
from models.demand import DAY_S
from models.errors import Finding
from models.inventory import Inventory
from models.timing import Blackout, Deadline, PowerBudget, Precedence, Serialize, Span, Sync, Timing, Window

KEYS: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    "precedence": (frozenset({"first", "then"}), frozenset()),
    "serialize": (frozenset(), frozenset({"vms", "each", "most"})),
    "sync": (frozenset({"vms"}), frozenset({"at_start"})),
    "deadline": (frozenset({"vms", "until"}), frozenset()),
    "window": (frozenset(), frozenset({"vms", "hosts", "spans", "daily"})),
    "blackout": (frozenset(), frozenset({"vms", "hosts", "spans", "daily"})),
    "power_budget": (frozenset({"watts"}), frozenset({"from", "until"})),
}
"""Each rule's keys: those that it needs, and those that it may have; each may have a ``name``."""
NAMES = frozenset({"first", "then", "vms", "hosts", "name", "from", "until", "daily"})
"""Keys whose values are names, or times as they are written."""
LONGEST_S = 1e9
"""What is later than that is later than any plan. [s]"""
_UNITS = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_LENGTH = re.compile(r"(\d+(?:\.\d+)?)\s*(s|min|h|d)?", re.ASCII)
_HOURS = re.compile(r"(\d{1,2}:\d{2})\s*-\s*(\d{1,2}:\d{2})", re.ASCII)


def read(path: Path, inventory: Inventory, starts: datetime | None = None) -> tuple[Timing, ...]:
    """
    Read the timing rules of a file of rules; the others are passed over.

    Parameters
    ----------
    starts
        When the plan begins; dates and hours of the day need it.

    Raises
    ------
    InputError
        With every error in them.
    """
    findings: list[Finding] = []
    tree = documents.read(path, findings, {})
    found = checked(tree, inventory, path.name, findings, starts) if tree else ()
    noticed.stop_on_errors(findings)
    return found


def entries(found: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the kind and the body of each timing rule among mappings, as `Inventory.rules` holds them."""
    for entry in found:
        kind, body = next(iter(entry.items())) if len(entry) == 1 else ("", {})
        if kind in KEYS and isinstance(body, Mapping):
            yield kind, body


def parse(
    found: Iterable[Mapping[str, Any]], inventory: Inventory, file: str, starts: datetime | None = None
) -> tuple[Timing, ...]:
    """
    Return the timing rules that mappings stand for, as `Inventory.rules` holds them.

    Raises
    ------
    InputError
        With every error; rows count the entries from 1.
    """
    findings: list[Finding] = []
    tree = Located([documents.located(entry, place) for place, entry in enumerate(found, start=1)])
    rules = checked(tree, inventory, file, findings, starts)
    noticed.stop_on_errors(findings)
    return rules


def checked(
    tree: Located, inventory: Inventory, file: str, findings: list[Finding], starts: datetime | None = None
) -> tuple[Timing, ...]:
    """Return the timing rules of a document; what is wrong with them is added to the findings."""
    if not isinstance(tree.value, list):
        return ()
    entries = [entry for entry in tree.value if isinstance(entry.value, dict) and len(entry.value) == 1]
    kinds = [(next(iter(entry.value.items()))) for entry in entries]
    reader = _Reader(Selector(inventory), file, findings, starts)
    rules = tuple(rule for kind, body in kinds if kind in KEYS for rule in reader.rules(kind, body))
    findings += contradictions.of(rules, inventory) if rules else ()
    return rules


class _Reader:
    """Turns entries into rules, and collects what is wrong."""

    def __init__(self, selector: Selector, file: str, findings: list[Finding], starts: datetime | None) -> None:
        self.selector, self.file, self.findings, self.starts = selector, file, findings, starts

    def rules(self, kind: str, body: Located) -> list[Timing]:
        """Return the rules of one entry: one, or one for each application; none if an error was found."""
        before = len(self.findings)
        needed, more = KEYS[kind]
        given = documents.mapping(body, needed | more | {"name"}, self.file, self.findings)
        missing = sorted(needed - set(given))
        if missing and len(self.findings) == before:
            self._fail(f"Rule {kind} needs {' and '.join(missing)}.", body.line)
        values = {key: self._value(key, item) for key, item in given.items()}
        if len(self.findings) > before:
            return []
        try:
            name = values.get("name", "")
            found = [replace(rule, name=name, file=self.file, row=body.line) for rule in _BUILD[kind](self, values)]
        except ValueError as problem:
            self._fail(str(problem), body.line)
        return found if len(self.findings) == before else []

    def _value(self, key: str, item: Located) -> Any:
        try:
            return _READ[key](self, item)
        except ValueError as problem:
            self._fail(str(problem), item.line, key)
            return None

    def _fail(self, message: str, line: int, key: str = "") -> None:
        self.findings.append(Finding("error", "timing", message, self.file, line, key))

    def vms(self, item: Located) -> Rows:
        """Return the rows of VMs."""
        return _union(self.selector.vms(each.text) for each in _listed(item))

    def hosts(self, item: Located) -> Rows:
        """Return the rows of hosts."""
        return _union(self.selector.hosts(each.text) for each in _listed(item))

    def each(self, item: Located) -> list[Rows]:
        """Return the VMs of each application, cluster, rack or host."""
        column = self.selector.vm_properties.get(item.text)
        if column is None:
            raise ValueError(f"Expected one of {', '.join(self.selector.vm_properties)}, not {item.text!r}.")
        return [np.flatnonzero(column == name).astype(np.int32) for name in sorted(set(column) - {""})]

    def moment(self, item: Located) -> float:
        """Return seconds from the start of the plan."""
        text = item.text.strip()
        if match := _LENGTH.fullmatch(text):
            seconds = float(match[1]) * _UNITS[match[2] or "s"]
            if seconds > LONGEST_S:
                raise ValueError(f"Expected at most {LONGEST_S / 86_400:,.0f} d, not {text!r}.")
            return seconds
        try:
            date = datetime.fromisoformat(text)
        except ValueError:
            raise ValueError(f"Expected seconds, a duration such as 90 min, or a date, not {text!r}.") from None
        since = date.replace(tzinfo=None) - self._begin(text)
        if since < timedelta(0):
            raise ValueError(f"{text} is before the plan begins, at {self._begin(text).isoformat()}.")
        return since.total_seconds()

    def spans(self, item: Located) -> list[Span]:
        """Return spans of time: mappings with ``from`` and ``until``."""
        found = []
        for each in _listed(item):
            if each.value == {}:
                raise ValueError("A span needs from, until or both: without them it is all of the time.")
            keys = documents.mapping(each, ("from", "until"), self.file, self.findings)
            begin = self.moment(keys["from"]) if "from" in keys else 0.0
            end = self.moment(keys["until"]) if "until" in keys else float("inf")
            if begin >= end:
                raise ValueError(f"A span ends after it begins; found {begin:g} s to {end:g} s.")
            found.append((begin, end))
        return found

    def daily(self, item: Located) -> list[Span]:
        """Return hours of the day as spans of the first day, in seconds from the start of the plan."""
        found: list[Span] = []
        for each in _listed(item):
            match = _HOURS.fullmatch(each.text.strip())
            if match is None:
                raise ValueError(f"Expected hours of the day such as 22:00-06:00, not {each.text!r}.")
            begin = self._begin(each.text)
            first, last = (self._hour(hour) for hour in match.groups())
            if first == last and match.groups() != ("00:00", "24:00"):
                raise ValueError(f"Hours of the day end at another time than they begin, not {each.text!r}.")
            end = begin.date() + timedelta(days=int(last <= first))
            span = (datetime.combine(begin.date(), first) - begin, datetime.combine(end, last) - begin)
            found.append((span[0].total_seconds(), span[1].total_seconds()))
        return sorted(found)

    def _hour(self, text: str) -> time:
        """Return a time of day; 24:00 is the midnight at its end."""
        try:
            return time.fromisoformat("00:00" if text == "24:00" else text.zfill(5))
        except ValueError:
            raise ValueError(f"Expected a time of day from 00:00 to 24:00, not {text!r}.") from None

    def _begin(self, text: str) -> datetime:
        if self.starts is None:
            raise ValueError(f"{text} is a time of day or a date: set migration.starts to when the plan begins.")
        return self.starts.replace(tzinfo=None)


def _listed(item: Located) -> Sequence[Located]:
    listed: Sequence[Located] = item.value if isinstance(item.value, list) else [item]
    if not listed:
        raise ValueError("Expected at least one entry.")
    return listed


def _union(found: Iterator[Rows]) -> Rows:
    return np.unique(np.concatenate(list(found))).astype(np.int32)


def _truth(_: _Reader, item: Located) -> bool:
    if not isinstance(item.value, bool):
        raise ValueError(f"Expected true or false, not {item.text!r}.")
    return item.value


def _most(_: _Reader, item: Located) -> int:
    if isinstance(item.value, bool) or not isinstance(item.value, int) or item.value < 1:
        raise ValueError(f"Expected a whole number of 1 or more, not {item.text!r}.")
    return item.value


def _watts(_: _Reader, item: Located) -> float:
    if isinstance(item.value, bool) or not isinstance(item.value, (int, float)) or not 0 < item.value < 1e12:
        raise ValueError(f"Expected watts above 0, not {item.text!r}.")
    return float(item.value)


_READ: Mapping[str, Callable[[_Reader, Located], Any]] = {
    "first": _Reader.vms,
    "then": _Reader.vms,
    "vms": _Reader.vms,
    "hosts": _Reader.hosts,
    "each": _Reader.each,
    "until": _Reader.moment,
    "from": _Reader.moment,
    "spans": _Reader.spans,
    "daily": _Reader.daily,
    "at_start": _truth,
    "most": _most,
    "watts": _watts,
    "name": lambda _, item: item.text,
}


def _serialize(reader: _Reader, values: Mapping[str, Any]) -> Iterator[Timing]:
    if ("vms" in values) == ("each" in values):
        raise ValueError("Rule serialize needs vms, or each: application.")
    for group in values.get("each", [values.get("vms")]):
        yield Serialize(vms=group, most=values.get("most", 1))


def _spans(kind: type[Window | Blackout]) -> Callable[[_Reader, Mapping[str, Any]], Iterator[Timing]]:
    def build(reader: _Reader, values: Mapping[str, Any]) -> Iterator[Timing]:
        name = kind.__name__.casefold()
        if not {"vms", "hosts"} & set(values):
            raise ValueError(f"Rule {name} needs vms or hosts.")
        if ("spans" in values) == ("daily" in values):
            raise ValueError(f"Rule {name} needs spans, or daily hours.")
        spans = tuple(values.get("spans") or values["daily"])
        rows = {own: values[key] for key, own in (("vms", "vms"), ("hosts", "places")) if key in values}
        yield kind(spans=spans, every_s=DAY_S if "daily" in values else 0.0, **rows)

    return build


def _budget(reader: _Reader, values: Mapping[str, Any]) -> Iterator[Timing]:
    begin, end = values.get("from", 0.0), values.get("until", float("inf"))
    if begin >= end:
        raise ValueError("A power budget ends after it begins.")
    yield PowerBudget(watts=values["watts"], from_s=begin, until_s=end)


_BUILD: Mapping[str, Callable[[_Reader, Mapping[str, Any]], Iterator[Timing]]] = {
    "precedence": lambda _, values: iter([Precedence(first=values["first"], then=values["then"])]),
    "serialize": _serialize,
    "sync": lambda _, values: iter([Sync(vms=values["vms"], at_start=values.get("at_start", False))]),
    "deadline": lambda _, values: iter([Deadline(vms=values["vms"], until_s=values["until"])]),
    "window": _spans(Window),
    "blackout": _spans(Blackout),
    "power_budget": _budget,
}
