"""
Rules as a user writes them: ``rules.yaml``, a list of entries such as ``- spread: {vms: ["web-*"], level: rack}``.

Strict: an unknown key, rule, VM, host or level is an error that names the file and the line. Entries that say when
VMs may move are read by ``timing.py``.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import numpy as np

from consolidate.readers import documents, noticed, timing
from consolidate.readers.documents import Located
from consolidate.readers.selectors import Selector
from models.arrays import Rows
from models.errors import Finding
from models.inventory import Inventory
from models.rules import RULES, Rule

LEVELS = ("host", "rack", "cluster", "datacenter")
NAMES = frozenset({"vms", "on", "hosts", "parts", "groups", "cluster", "name"}) | timing.NAMES
"""Keys whose values are names."""
DIMS = ("cpu_mhz", "vcpus", "memory_mib", "disk_gib", "disk_iops", "net_mbps", "sriov_functions", "gpus")


def snake(name: str) -> str:
    """
    Return the name of a rule's kind as it is written in a file.

    >>> snake("RunningCapacity")
    'running_capacity'
    """
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).casefold()


KINDS: Mapping[str, type[Rule]] = {snake(name): kind for name, kind in RULES.items()}


def read(path: Path, inventory: Inventory) -> tuple[Rule, ...]:
    """
    Read rules from a file.

    Raises
    ------
    InputError
        With every error in the file.
    """
    findings: list[Finding] = []
    tree = documents.read(path, findings, {})
    rules = checked(tree, inventory, path.name, findings) if tree else ()
    noticed.stop_on_errors(findings)
    return rules


def parse(entries: Iterable[Mapping[str, Any]], inventory: Inventory, file: str) -> tuple[Rule, ...]:
    """
    Return the rules that mappings stand for, as `Inventory.rules` holds them.

    Raises
    ------
    InputError
        With every error; rows count the entries from 1.
    """
    findings: list[Finding] = []
    tree = Located([documents.located(entry, place) for place, entry in enumerate(entries, start=1)])
    rules = checked(tree, inventory, file, findings)
    noticed.stop_on_errors(findings)
    return rules


def checked(tree: Located, inventory: Inventory, file: str, findings: list[Finding]) -> tuple[Rule, ...]:
    """Return the rules of a document; what is wrong with the others is added to the findings."""
    if not isinstance(tree.value, list):
        message = "Expected a list of rules, each as '- spread: {vms: [a, b]}'."
        findings.append(Finding("error", "expected-list", message, file, tree.line))
        return ()
    selector = Selector(inventory)
    placing = (entry for entry in tree.value if not _is_timing(entry))
    built = [_Entry(entry, selector, file, findings).rule() for entry in placing]
    return tuple(rule for rule in built if rule is not None)


def _is_timing(entry: Located) -> bool:
    """Return whether an entry says when VMs may move, which ``timing.py`` reads."""
    return isinstance(entry.value, dict) and len(entry.value) == 1 and next(iter(entry.value)) in timing.KEYS


class _Entry:
    """One entry of the list, on its way to a rule."""

    def __init__(self, entry: Located, selector: Selector, file: str, findings: list[Finding]) -> None:
        self.entry, self.selector, self.file, self.findings = entry, selector, file, findings
        self.failed = False

    def rule(self) -> Rule | None:
        """Return the rule, or nothing if an error was found."""
        kind, body = self._kind()
        if kind is None or body is None:
            return None
        given = self._known(kind, body)
        values = {key: self._converted(key, item) for key, item in given.items() if key != "cluster"}
        if "cluster" in given and not self.failed:
            selector = f"cluster:{given['cluster'].text}"
            values["hosts"] = self._converted("hosts", Located(selector, body.line, selector))
        self._require(kind, values, body.line)
        if not self.failed and kind.__name__ == "Overbook":
            values["physical"] = self._physical(values["dim"], values["hosts"], body.line)
        return None if self.failed else kind(**values)

    def _kind(self) -> tuple[type[Rule] | None, Located | None]:
        if not isinstance(self.entry.value, dict) or len(self.entry.value) != 1:
            self._fail("expected-rule", "Expected one rule, as '- spread: {vms: [a, b]}'.", self.entry.line)
            return None, None
        name, body = next(iter(self.entry.value.items()))
        if name not in KINDS:
            known = (*KINDS, *timing.KEYS)
            hint = noticed.suggestion(name, known) or f" Known are {', '.join(known)}."
            self._fail("unknown-rule", f"Rule {name!r} is unknown.{hint}", self.entry.line)
            return None, None
        return KINDS[name], body

    def _known(self, kind: type[Rule], body: Located) -> dict[str, Located]:
        allowed = {item.name for item in fields(kind)} - {"physical"}
        allowed |= {"cluster"} if kind.__name__ == "Spare" else set()
        before = len(self.findings)
        given = documents.mapping(body, allowed, self.file, self.findings)
        self.failed |= len(self.findings) > before
        if {"cluster", "hosts"} <= set(given):
            self._fail("both", "Give the cluster or the hosts, not both.", body.line)
        return given

    def _require(self, kind: type[Rule], values: Mapping[str, Any], line: int) -> None:
        needed = [item.name for item in fields(kind) if item.default is MISSING and item.name != "physical"]
        missing = [name for name in needed if name not in values]
        if missing and not self.failed:
            self._fail("missing-key", f"Rule {snake(kind.__name__)} needs {' and '.join(missing)}.", line)

    def _converted(self, key: str, item: Located) -> Any:
        try:
            return _CONVERT[key](self, item)
        except ValueError as problem:
            self._fail("value", str(problem), item.line, key)
            return None

    def _fail(self, code: str, message: str, line: int, key: str = "") -> None:
        self.failed = True
        self.findings.append(Finding("error", code, message, self.file, line, key))

    def vms(self, item: Located) -> Rows:
        """Return the rows of the VMs that are named."""
        return self._rows(item, self.selector.vms, "VMs")

    def hosts(self, item: Located) -> Rows:
        """Return the rows of the hosts that are named."""
        return self._rows(item, self.selector.hosts, "hosts")

    def _rows(self, item: Located, find: Callable[[str], Rows], what: str) -> Rows:
        listed = item.value if isinstance(item.value, list) else [item]
        if not listed:
            raise ValueError(f"Names no {what}.")
        found = []
        for one in listed:
            if isinstance(one.value, (list, dict)) or one.value is None:
                raise ValueError(f"Expected a name, a pattern or a list of them for {what}.")
            try:
                found.append(find(one.text))
            except ValueError as problem:
                self._fail("unknown-name", str(problem), one.line)
        return np.unique(np.concatenate(found)) if found else np.empty(0, np.int32)

    def level(self, item: Located) -> str:
        """Return a level that the inventory's hosts have."""
        level = _choice(item, LEVELS)
        if level != "host" and not any(self.selector.host_properties[level]):
            raise ValueError(f"No host has a {level}, so level {level!r} has no places.")
        return level

    def parts(self, item: Located) -> tuple[Rows, ...]:
        """Return groups of VMs, at least two, none in two of them."""
        parts = tuple(self.vms(part) for part in _several(item, "groups of VMs", 2))
        together = np.concatenate(parts)
        if len(np.unique(together)) < len(together):
            raise ValueError("A VM is in two parts.")
        return parts

    def groups(self, item: Located) -> tuple[Rows, ...]:
        """Return groups of hosts."""
        return tuple(self.hosts(group) for group in _several(item, "groups of hosts", 1))

    def _physical(self, dim: str, rows: Rows, line: int) -> tuple[int, ...]:
        """Return what each host has of a dimension, in whole units."""
        hosts = self.selector.inventory.hosts
        amounts = {"vcpus": hosts.cores, "cpu_mhz": hosts.cores * hosts.cpu_mhz}
        column = np.asarray(amounts.get(dim, getattr(hosts, dim, None)), float)[rows]
        unknown = hosts.host[rows[~np.isfinite(column)]]
        if len(unknown):
            self._fail("no-amount", f"Hosts have no {dim} to overbook: {noticed.examples(list(unknown))}.", line)
            return ()
        return tuple(int(amount) for amount in np.floor(column))


def _choice(item: Located, choices: tuple[str, ...]) -> str:
    if item.value not in choices:
        hint = noticed.suggestion(str(item.value), choices)
        raise ValueError(f"Expected one of {', '.join(choices)}, not {str(item.value)!r}.{hint}")
    return str(item.value)


def _several(item: Located, what: str, least: int) -> list[Located]:
    if not isinstance(item.value, list) or len(item.value) < least:
        raise ValueError(f"Expected a list of at least {least} {what}.")
    return item.value


def _count(item: Located) -> int:
    if isinstance(item.value, bool) or not isinstance(item.value, int) or not 0 <= item.value < 2**62:
        raise ValueError(f"Expected a whole number of 0 or more, not {item.value!r}.")
    return item.value


def _amount(item: Located) -> float:
    number = item.value
    if isinstance(number, bool) or not isinstance(number, (int, float)) or not 0 <= number < 1e18:
        raise ValueError(f"Expected a number of 0 or more, not {number!r}.")
    return float(number)


def _price(item: Located) -> float | None:
    return None if item.value is None else _amount(item)


def _truth(item: Located) -> bool:
    if not isinstance(item.value, bool):
        raise ValueError(f"Expected true or false, not {item.value!r}.")
    return item.value


def _label(item: Located) -> str:
    if isinstance(item.value, (list, dict)) or item.value is None:
        raise ValueError("Expected a text.")
    return item.text


_CONVERT: Mapping[str, Callable[[_Entry, Located], Any]] = {
    "vms": _Entry.vms,
    "on": _Entry.vms,
    "hosts": _Entry.hosts,
    "parts": _Entry.parts,
    "groups": _Entry.groups,
    "level": _Entry.level,
    "dim": lambda _, item: _choice(item, DIMS),
    "most": lambda _, item: _count(item),
    "least": lambda _, item: _count(item),
    "count": lambda _, item: _count(item),
    "ratio": lambda _, item: _amount(item),
    "price": lambda _, item: _price(item),
    "continuous": lambda _, item: _truth(item),
    "entering": lambda _, item: _truth(item),
    "name": lambda _, item: _label(item),
}
