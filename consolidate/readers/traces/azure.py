"""Azure Public Dataset (V1 and V2): a table of VMs without a header, and numbered files of CPU readings."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from consolidate.readers import long, noticed, sources, streams
from consolidate.readers.traces.detection import azure_files, missing_parts, numeric, start
from consolidate.readers.traces.readings import of_series
from consolidate.readers.traces.traced import Traced, TraceOptions, sized, unsized
from models.arrays import Floats, frozen, names
from models.counting import counted
from models.errors import Finding
from models.inventory import Vms

TABLE = (
    "vm",
    "subscription",
    "deployment",
    "created_s",
    "deleted_s",
    "max_cpu",
    "avg_cpu",
    "p95_max_cpu",
    "category",
    "cores",
    "memory_gib",
)
READINGS = {
    "mean": ("time_s", "vm", "min_cpu", "max_cpu", "cpu_percent"),
    "max": ("time_s", "vm", "min_cpu", "cpu_percent", "avg_cpu"),
}
"""Columns of readings: which one counts depends on what stands for a step."""
_TEXTS = ("vm", "subscription", "deployment", "category", "cores", "memory_gib")
_MIB_PER_GIB = 1024.0


@dataclass(frozen=True)
class _Files:
    """Files of readings, one after the other."""

    parts: tuple[streams.Source, ...]
    file: str

    def batches(self, columns: Sequence[str], findings: list[Finding]) -> Iterator[streams.Batch]:
        """Stream some columns of every file."""
        for part in self.parts:
            yield from part.batches(columns, findings)


@dataclass(frozen=True, eq=False)
class _Table:
    """What the table says of each VM."""

    row_of: Mapping[str, int]
    created_s: Floats
    deleted_s: Floats
    cores: Floats
    memory_gib: Floats


def read(path: Path, options: TraceOptions, findings: list[Finding], hashes: dict[str, str]) -> Traced | None:
    """Read a folder with ``vmtable.csv`` and ``vm_cpu_readings-file-i-of-N.csv``, packed or not."""
    tables, readings = azure_files(path)
    findings += _folder_findings(path, tables, readings)
    parts = [_source(file, READINGS[options.resample], findings, hashes) for file in readings]
    source = _source(tables[0], TABLE, findings, hashes) if tables else None
    table = _table(source, findings) if source else None
    if any(finding.severity == "error" for finding in findings):
        return None
    folder = _Files(tuple(part for part in parts if part), path.name)
    called = _joined(long.vms(folder, findings), table, path.name, findings)
    if any(finding.severity == "error" for finding in findings):
        return None
    row_of = {name: row for row, name in enumerate(called)}
    named = ("time_s", ["cpu_percent"])
    limit = options.in_memory_mib
    found = long.series(folder, named, row_of, len(called), findings, limit_mib=limit, whose="table of VMs")
    if found is None:
        return None
    if table is None or not set(called) <= set(table.row_of):
        return of_series(unsized(called), found)
    rows = np.asarray([table.row_of[name] for name in called])
    traced = of_series(_vms(called, rows, table), found)
    return replace(traced, sized=True, **_there(traced, table.created_s[rows], table.deleted_s[rows]))


def _folder_findings(path: Path, tables: list[Path], readings: list[Path]) -> Iterator[Finding]:
    if not readings:
        text = "Holds no readings; expected vm_cpu_readings-file-1-of-N.csv or .csv.gz."
        yield Finding("error", "missing-file", text, str(path))
    if not tables:
        text = "Holds no vmtable.csv or vmtable.csv.gz, so sizes and times of the VMs are not known."
        yield Finding("warning", "missing-file", text, str(path))
    if len(tables) > 1:
        text = f"Holds {len(tables)} tables of VMs; {tables[0].name!r} is read."
        yield Finding("warning", "several", text, path.name, count=len(tables))
    missing = missing_parts(readings)
    if missing:
        gone = counted(len(missing), "of the numbered files of readings is", "of the numbered files of readings are")
        text = f"{gone} not there, the first number {missing[0]}."
        yield Finding("warning", "missing-part", text, path.name, count=len(missing))


def _source(
    path: Path, columns: tuple[str, ...], findings: list[Finding], hashes: dict[str, str]
) -> streams.Source | None:
    """Open a file without a header; one that has a header all the same is read without it."""
    first = next(iter(start(path).splitlines()), b"")
    packed = path.suffix.casefold() == ".gz"
    if not sources.hashed(path, findings, hashes, packed=packed):
        return None
    if not first:
        findings.append(Finding("error", "unreadable", "Cannot be unpacked, or holds nothing.", path.name))
        return None
    cells = first.split(b",")
    if len(cells) != len(columns):
        text = f"Expected {len(columns)} columns, separated by commas: {', '.join(columns)}; {len(cells)} were found."
        findings.append(Finding("error", "columns", text, path.name, 1))
        return None
    number = cells[columns.index("time_s" if "time_s" in columns else "created_s")]
    return streams.Source(path, columns, ",", texts=_TEXTS, skipped=0 if numeric(number) else 1)


def _table(source: streams.Source, findings: list[Finding]) -> _Table:
    """Read the table of VMs."""
    parts: dict[str, list[Any]] = {name: [] for name in ("created_s", "deleted_s", "cores", "memory_gib")}
    called: list[object] = []
    for batch in source.batches(["vm", *parts], findings):
        codes, distinct = batch.coded("vm")
        called += [distinct[code] for code in codes]
        for name in parts:
            read = _bucket if name in _TEXTS else _moments
            parts[name].append(read(batch, name, findings))
    row_of = {str(name): row for row, name in enumerate(called)}
    if len(row_of) < len(called):
        text = f"{counted(len(called) - len(row_of), 'VM is', 'VMs are')} there twice; the last row counts."
        findings.append(Finding("warning", "twice", text, source.file, 0, "vm"))
    return _Table(row_of, **{name: np.concatenate([*values, np.empty(0)]) for name, values in parts.items()})


def _moments(batch: streams.Batch, name: str, findings: list[Finding]) -> Floats:
    return np.asarray(long.numbers(batch, name, 1e9, findings), float)


def _bucket(batch: streams.Batch, name: str, findings: list[Finding]) -> Floats:
    """Return sizes; of an open one such as ``>24`` the number."""
    codes, distinct = batch.coded(name)
    sizes = np.full(len(distinct), np.nan)
    for place, value in enumerate(distinct):
        text = str(value or "").strip()
        rows = np.flatnonzero(codes == place)
        row = batch.first_row + int(rows[0]) if len(rows) else 0
        digits = text.removeprefix(">").encode()
        if numeric(digits) and float(digits) > 0:
            sizes[place] = float(digits)
        else:
            message = "Expected a size such as 8 or >24."
            findings.append(Finding("error", "value", message, batch.file, row, name, text, len(rows)))
        if text.startswith(">"):
            message = "The size is given as more than a number; the number counts."
            findings.append(Finding("warning", "bucket", message, batch.file, row, name, text, len(rows)))
    return sizes[codes]


def _joined(read: list[str], table: _Table | None, file: str, findings: list[Finding]) -> list[str]:
    """Return the VMs that are in the table and have readings; those with readings if there is no such VM."""
    if table is None:
        return read
    both = [name for name in read if name in table.row_of]
    silent = len(table.row_of) - len(both)
    if silent:
        every = f"of {counted(len(table.row_of), 'VM')} of the table"
        text = counted(
            silent, f"{every} has no readings and was left out.", f"{every} have no readings and were left out."
        )
        findings.append(Finding("warning", "no-readings", text, file, 0, "vm", count=silent))
    if read and not both:
        text = "No VM with readings is in the table, so that sizes and times of the VMs are not known: "
        text += f"{noticed.examples(read, 2)}."
        findings.append(Finding("warning", "unknown-vm", text, file, 0, "vm", count=len(read)))
    return both or read


def _vms(called: list[str], rows: Any, table: _Table) -> Vms:
    vcpus = np.maximum(np.ceil(table.cores[rows]), 1).astype(np.int64)
    return sized(names(called), vcpus, table.memory_gib[rows] * _MIB_PER_GIB)


def _there(traced: Traced, created: Floats, deleted: Floats) -> dict[str, Any]:
    """Return when VMs come and go; those there at the first or last sample may have been or stay longer."""
    end = traced.start_s + traced.step_s * (traced.samples - 1)
    arrive = np.where(created > traced.start_s, created - traced.start_s, -np.inf)
    leave = np.where(deleted < end, deleted - traced.start_s, np.inf)
    return {"arrive_s": frozen(arrive, np.float64), "leave_s": frozen(leave, np.float64)}
