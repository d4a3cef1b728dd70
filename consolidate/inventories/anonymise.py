"""An inventory without the names that give its owner away, and a table to translate them back."""

import csv
import io
import string
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import MISSING, fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from consolidate.readers import rules, timing
from consolidate.readers.reading import Reading
from consolidate.readers.selectors import Selector
from consolidate.results import LINE_END, guarded, put, ready, whole
from models.arrays import Names, Rows, names
from models.demand import Usage
from models.errors import Finding, OutputError
from models.inventory import Column, Hosts, Inventory, Vms
from models.rules import Rule

Translation = Mapping[str, Mapping[str, str]]
"""The new name of every name, by kind of name."""

_LONG_AGO = datetime(1970, 1, 1)
"""When a plan may begin so that every date is after it."""

_KINDS = {
    "host": "host",
    "vm": "vm",
    "cluster": "cluster",
    "datacenter": "site",
    "rack": "rack",
    "application": "application",
    "platform_id": "id",
    "trust_zone": "zone",
    "datastores": "datastore",
    "networks": "network",
    "pin_reason": "reason",
}
"""Columns that hold names, and what the things are called instead."""
_LISTS = frozenset({"datastores", "networks"})
_BLOCK = 256


def anonymise(reading: Reading) -> Inventory:
    """Return the inventory with its names replaced, the same name by the same one everywhere; numbers are kept."""
    inventory = reading.inventory
    new = translation(inventory)
    hosts = {**_columns(inventory.hosts), **_renamed(inventory.hosts, new)}
    vms = {**_columns(inventory.vms), **_renamed(inventory.vms, new)}
    bare = Inventory(Hosts.of(**hosts), Vms.of(**vms), (), inventory.taken, "anonymised")
    return replace(bare, rules=_rules(inventory, bare, new))


def export(reading: Reading, folder: Path) -> Path:
    """
    Write the anonymised inventory, with its readings, to a folder, and the translation beside it.

    Returns the file of the translation, which stays with the owner.
    """
    path = folder.with_name(f"{folder.name}-mapping.csv")
    ready(folder, force=None)
    if path.exists():  # it may be the only one that knows who is who in what was given away
        text = f"The output {path} exists already, from another export; name another folder, or put it elsewhere."
        raise OutputError([Finding("error", "exists", text)])
    write(anonymise(reading), folder, reading.usage)
    table = _table(("kind", "name", "anonymised"), _translation_rows(translation(reading.inventory)))
    put(path, table, force=False)
    return path


def translation(inventory: Inventory) -> Translation:
    """Return the new name of every name, numbered in the order in which they are met."""
    met: dict[str, dict[str, None]] = {column: {} for column in _KINDS}
    for table in (inventory.hosts, inventory.vms):
        for column in _KINDS:
            for cell in getattr(table, column, ()):
                met[column].update(dict.fromkeys(_parts(column, cell)))
    renamed = {
        column: dict(zip(found, _labels(_KINDS[column], len(found)), strict=True)) for column, found in met.items()
    }
    titles = dict.fromkeys(rule.name for rule in rules.parse(inventory.rules, inventory, "rules") if rule.name)
    titles |= dict.fromkeys(str(body["name"]) for _, body in timing.entries(inventory.rules) if "name" in body)
    renamed["rule"] = dict(zip(titles, _labels("rule", len(titles)), strict=True))
    return renamed


def _parts(column: str, cell: str) -> list[str]:
    return [part for part in (cell.split(";") if column in _LISTS else [cell]) if part]


def _labels(kind: str, count: int) -> list[str]:
    """Return new names: cluster-a for the few that have letters, vm-0001 for the many."""
    if kind == "cluster" and count <= len(string.ascii_lowercase):
        return [f"{kind}-{letter}" for letter in string.ascii_lowercase[:count]]
    width = max(len(str(count)), 4 if kind in ("vm", "id") else 2)
    return [f"{kind}-{place:0{width}}" for place in range(1, count + 1)]


def _columns(table: Hosts | Vms) -> dict[str, Any]:
    return {name: getattr(table, name) for name in table.columns()}


def _renamed(table: Hosts | Vms, new: Translation) -> dict[str, Names]:
    return {
        column: names(";".join(new[column][part] for part in _parts(column, cell)) for cell in getattr(table, column))
        for column in _KINDS
        if column in table.columns()
    }


def _rules(inventory: Inventory, renamed: Inventory, new: Translation) -> tuple[Mapping[str, Any], ...]:
    """Return the rules with selectors written out and names replaced."""
    placing = (_entry(rule, renamed, new) for rule in rules.parse(inventory.rules, inventory, "rules"))
    timing.parse(inventory.rules, inventory, "rules", _LONG_AGO)  # what is wrong is told before anything is renamed
    selector = Selector(inventory)
    timed = (_timed(kind, body, (selector, renamed), new) for kind, body in timing.entries(inventory.rules))
    return (*placing, *timed)


def _timed(
    kind: str, body: Mapping[str, Any], known: tuple[Selector, Inventory], new: Translation
) -> Mapping[str, Any]:
    """Return a rule about time with its VMs and hosts named one by one; times stay as they are written."""
    selector, renamed = known
    found: dict[str, Any] = {}
    for key, value in body.items():
        selectors = value if isinstance(value, list) else [value]
        if key in ("first", "then", "vms"):
            found[key] = _named(np.unique(np.concatenate([selector.vms(each) for each in selectors])), renamed.vms.vm)
        elif key == "hosts":
            rows = np.unique(np.concatenate([selector.hosts(each) for each in selectors]))
            found[key] = _named(rows, renamed.hosts.host)
        else:
            found[key] = new["rule"][value] if key == "name" else value
    return {kind: found}


def _entry(rule: Rule, renamed: Inventory, new: Translation) -> Mapping[str, Any]:
    vms, hosts = renamed.vms.vm, renamed.hosts.host
    column = {"vms": vms, "on": vms, "parts": vms, "hosts": hosts, "groups": hosts}
    body: dict[str, Any] = {}
    for item in fields(rule):
        value = getattr(rule, item.name)
        if item.name in ("vms", "on", "hosts"):
            body[item.name] = _named(value, column[item.name])
        elif item.name in ("parts", "groups"):
            body[item.name] = [_named(part, column[item.name]) for part in value]
        elif item.name != "physical" and (item.default is MISSING or value != item.default):
            body[item.name] = new["rule"][value] if item.name == "name" else value
    return {rules.snake(rule.kind): body}


def _named(rows: Rows, column: Names) -> list[str]:
    return [str(name) for name in column[rows]]


def write(inventory: Inventory, folder: Path, usage: Usage | None = None) -> None:
    """
    Write a canonical folder that reads back as the same inventory.

    Raises
    ------
    OutputError
        If the folder holds something already, or cannot be written.
    """
    import yaml

    with whole(folder, force=None) as beside:
        for name, table in (("hosts.csv", inventory.hosts), ("vms.csv", inventory.vms)):
            columns = _kept(table)
            cells = zip(*(_cells(getattr(table, key), column) for key, column in columns.items()), strict=True)
            (beside / name).write_text(_table(list(columns), cells), encoding="utf-8", newline="")
        if inventory.rules:
            text = yaml.safe_dump(list(inventory.rules), sort_keys=False, allow_unicode=True)
            (beside / "rules.yaml").write_text(text, encoding="utf-8")
        if inventory.taken:
            (beside / "about.yaml").write_text(f'taken: "{inventory.taken}"\n', encoding="utf-8")
        if usage is not None:
            _write_usage(inventory, usage, beside / "usage.parquet")


def _kept(table: Hosts | Vms) -> dict[str, Column]:
    """Return the columns that are required or say more than their default."""
    return {
        name: column
        for name, column in table.columns().items()
        if column.required or any(value != column.default and value == value for value in getattr(table, name))
    }


def _cells(values: Any, column: Column) -> list[str]:
    if column.kind == "text":
        return [guarded(value) for value in values]
    if column.kind == "flag":
        return ["true" if value else "false" for value in values]
    if column.kind == "integer":
        return [str(value) for value in values]
    return ["" if np.isnan(value) else repr(float(value)) for value in values]


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table as CSV."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator=LINE_END)
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()


def _translation_rows(new: Translation) -> Iterable[tuple[str, str, str]]:
    for kind, pairs in new.items():
        yield from ((kind, guarded(old), label) for old, label in pairs.items())


def _write_usage(inventory: Inventory, usage: Usage, path: Path) -> None:
    """Write readings in long form, some VMs at a time; samples without any reading are left out."""
    import pandas as pd

    from consolidate.readers.streams import pa, pq

    time_s = usage.start_s + usage.step_s * np.arange(usage.samples)
    series = {key: getattr(usage, key) for key in ("cpu_mhz", "memory_mib", "disk_iops", "net_mbps")}
    there = {key: matrix for key, matrix in series.items() if matrix is not None}
    writer = None
    for first in range(0, len(inventory.vms), _BLOCK):
        block = slice(first, first + _BLOCK)
        vms = inventory.vms.vm[block]
        frame = pd.DataFrame({"vm": np.repeat(vms, usage.samples), "time_s": np.tile(time_s, len(vms))})
        for key, matrix in there.items():
            frame[key] = matrix[block].ravel()
        table = pa.Table.from_pandas(frame.dropna(subset=list(there), how="all"), preserve_index=False)
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
    if writer is not None:
        writer.close()
