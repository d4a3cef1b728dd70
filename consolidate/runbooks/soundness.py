"""Whether the tables of a plan's folder are of one piece: with one another, and with what its summary counts."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from models.errors import Finding

Row = Mapping[str, Any]
Tables = Mapping[str, Sequence[Row]]

KINDS = ("live", "cold", "new", "pivot", "balloon")
ACTS = ("boot", "shutdown")
_OFFERED = ("offered", "bought")
"""Roles of hosts that the inventory does not have."""
_NOT_NEGATIVE = ("downtime_ms", "transferred_mib", "disk_mib", "balloon_mib", "rounds", "energy_j")


def problems(folder: Path, tables: Tables, summary: Mapping[str, Any]) -> Iterator[Finding]:
    """
    Yield what cannot be in the result folder of a plan, with its file, row, column and value.

    Parameters
    ----------
    folder
        The folder, as findings name it.
    tables
        The rows of ``moves``, ``actions``, ``hosts``, ``placement`` and, if there are any, ``vms`` as in their files.
    summary
        The answer, whose counts they must have.
    """
    for name, column in (("hosts", "host"), ("placement", "vm")):
        yield from _twice(folder / f"{name}.csv", tables[name], column)
    yield from unknown(folder, tables)
    for line, row in enumerate(tables["moves"], 2):
        yield from _wrong_move(folder / "moves.csv", line, row)
    for line, row in enumerate(tables["actions"], 2):
        yield from _wrong_action(folder / "actions.csv", line, row)
    yield from _broken_chains(folder, tables)
    yield from _miscounted(folder, tables, summary)


def _finding(text: str, path: Path, line: int = 0, column: str = "", value: object = "") -> Finding:
    return Finding("error", "damaged", text, str(path), line, column, str(value))


def _twice(path: Path, rows: Sequence[Row], column: str) -> Iterator[Finding]:
    seen: dict[str, int] = {}
    for line, row in enumerate(rows, 2):
        name = row[column]
        if name in seen:
            yield _finding(f"Is in row {seen[name]} already.", path, line, column, name)
        seen.setdefault(name, line)


def unknown(folder: Path, tables: Tables) -> Iterator[Finding]:
    """Yield each name of a host or a VM that the plan's own tables do not have."""
    hosts, vms = ({row[key] for row in tables[name]} for name, key in (("hosts", "host"), ("placement", "vm")))
    used = {
        "moves": {"vm": vms, "source": hosts | {""}, "destination": hosts},
        "actions": {"host": hosts},
        "vms": {"vm": vms},
        "placement": {"host_before": hosts | {""}, "host_after": hosts | {""}},
    }
    for name, columns in used.items():
        for line, row in enumerate(tables.get(name, ()), 2):
            for column, known in columns.items():
                if row[column] not in known:
                    where = "placement.csv" if column == "vm" else "hosts.csv"
                    yield _finding(f"Expected a name of {where}.", folder / f"{name}.csv", line, column, row[column])


def _wrong_move(path: Path, line: int, row: Row) -> Iterator[Finding]:
    if row["kind"] not in KINDS:
        yield _finding(f"Expected one of {', '.join(KINDS)}.", path, line, "kind", row["kind"])
    if row["wave"] < 1:
        yield _finding("Expected a number from 1.", path, line, "wave", row["wave"])
    if row["end_s"] < row["start_s"]:
        yield _finding(f"Expected a time from start_s on, {row['start_s']:g}.", path, line, "end_s", row["end_s"])
    if (row["source"] == row["destination"]) != (row["kind"] == "balloon"):
        text = "Expected another host than the source, or the same where memory is given up or back (balloon)."
        yield _finding(text, path, line, "destination", row["destination"])
    if (row["source"] == "") != (row["kind"] == "new"):
        text = "Expected a host, or a move of the kind new."
        yield _finding(text, path, line, "source", row["source"])
    if row["kind"] in ("live", "pivot") and not row["bandwidth_mbps"] > 0:
        yield _finding("Expected a rate above 0.", path, line, "bandwidth_mbps", row["bandwidth_mbps"])
    for column in _NOT_NEGATIVE:
        if row[column] < 0:
            yield _finding("Expected 0 or more.", path, line, column, row[column])


def _wrong_action(path: Path, line: int, row: Row) -> Iterator[Finding]:
    if row["action"] not in ACTS:
        yield _finding(f"Expected one of {', '.join(ACTS)}.", path, line, "action", row["action"])
    if row["end_s"] < row["start_s"]:
        yield _finding(f"Expected a time from start_s on, {row['start_s']:g}.", path, line, "end_s", row["end_s"])


def _broken_chains(folder: Path, tables: Tables) -> Iterator[Finding]:
    """Yield each move that begins where its VM is not by then, and each VM that the moves leave elsewhere."""
    here = {row["vm"]: row["host_before"] for row in tables["placement"]}
    numbered = sorted(enumerate(tables["moves"], 2), key=lambda each: (each[1]["wave"], each[1]["start_s"]))
    for line, row in numbered:
        name = row["vm"]
        if name in here and here[name] != row["source"]:
            text = f"By placement.csv and the moves before, {name!r} is on {here[name] or 'no host'} then."
            yield _finding(text, folder / "moves.csv", line, "source", row["source"])
        if name in here:
            here[name] = row["destination"]
    for line, row in enumerate(tables["placement"], 2):
        if here[row["vm"]] != row["host_after"]:
            text = f"By moves.csv, {row['vm']!r} ends on {here[row['vm']] or 'no host'}."
            yield _finding(text, folder / "placement.csv", line, "host_after", row["host_after"])


def _miscounted(folder: Path, tables: Tables, summary: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield each count of the summary, and each count of VMs on a host, that the tables do not have."""
    moves, hosts = tables["moves"], tables["hosts"]
    counted = {
        "moves": ("moves", len(moves)),
        "waves": ("moves", len({row["wave"] for row in moves})),
        "vms": ("placement", len(tables["placement"])),
        "hosts": ("hosts", sum(row["role"] not in _OFFERED for row in hosts)),
        "hosts_before": ("hosts", sum(row["on_before"] for row in hosts)),
        "hosts_after": ("hosts", sum(row["on_after"] for row in hosts)),
    }
    for key, (name, count) in counted.items():
        if summary.get(key, count) != count:
            yield _finding(f"Counts {summary[key]}, and {name}.csv has {count}.", folder / "summary.json", 0, key)
    for when in ("before", "after"):
        there = Counter(row[f"host_{when}"] for row in tables["placement"])
        for line, row in enumerate(hosts, 2):
            if row[f"vms_{when}"] != there[row["host"]]:
                text = f"By placement.csv there are {there[row['host']]} on {row['host']!r}."
                yield _finding(text, folder / "hosts.csv", line, f"vms_{when}", row[f"vms_{when}"])
