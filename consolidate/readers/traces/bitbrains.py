"""Bitbrains (GWA-T-12) and Materna (GWA-T-13) traces: a CSV file for each VM, or a folder of them."""

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from consolidate.readers import long, noticed, sources, streams
from consolidate.readers.reading import Options
from consolidate.readers.traces.readings import of_series
from consolidate.readers.traces.traced import Traced, TraceOptions, sized
from models.arrays import Floats, frozen, names
from models.counting import counted
from models.errors import Finding

COLUMNS = {
    "timestamp": "time",
    "timestamp [ms]": "time",
    "cpu cores": "cores",
    "cpu capacity provisioned [mhz]": "capacity_mhz",
    "cpu usage [mhz]": "cpu_mhz",
    "cpu usage [%]": "cpu_percent",
    "memory capacity provisioned [kb]": "memory_kib",
    "memory usage [kb]": "memory_used_kib",
    "memory usage [%]": "memory_percent",
    "disk read throughput [kb/s]": "disk_read",
    "disk write throughput [kb/s]": "disk_write",
    "disk size [gb]": "disk_gib",
    "network received throughput [kb/s]": "received",
    "network transmitted throughput [kb/s]": "transmitted",
}
"""Columns of the two, in lower case, and what they are called here."""
NEEDED = {
    "time": "Timestamp [ms]",
    "cores": "CPU cores",
    "cpu_mhz": "CPU usage [MHZ]",
    "memory_kib": "Memory capacity provisioned [KB]",
}
KIB_PER_MIB = 1024.0
MBPS_PER_KIB_S = 1024 * 8 / 1e6
_MILLISECONDS = 1e11
"""Moments above are no seconds: as such they would be in the year 5138."""
_MOST = {"cores": 1e4, "memory_kib": 1e11, "disk_gib": 1e9}


@dataclass(frozen=True)
class _Part:
    """The file of one VM, as rows of `consolidate.readers.long`."""

    source: streams.Source
    vm: str
    divisor: float = 1.0

    def batches(self, columns: Sequence[str], findings: list[Finding]) -> Iterator[streams.Batch]:
        """Stream the columns asked for, computed from those that the file has."""
        wanted = [name for name in columns if name not in ("vm", "net_mbps", "memory_mib")]
        wanted += ["memory_used_kib"] * ("memory_mib" in columns)
        wanted += ["received", "transmitted"] * ("net_mbps" in columns)
        for batch in self.source.batches(["time" if name in long.TIMES else name for name in wanted], findings):
            yield replace(batch, columns={name: self._column(batch, name, findings) for name in columns})

    def _column(self, batch: streams.Batch, name: str, findings: list[Finding]) -> Any:
        if name == "vm":
            return streams.constant(self.vm, len(batch.columns["time"]))
        if name in long.TIMES:
            return streams.column(self.times(batch, findings))
        if name == "memory_mib":
            return streams.column(batch.numbers("memory_used_kib") / KIB_PER_MIB)
        if name == "net_mbps":
            return streams.column((batch.numbers("received") + batch.numbers("transmitted")) * MBPS_PER_KIB_S)
        return batch.columns[name]

    def times(self, batch: streams.Batch, findings: list[Finding]) -> Floats:
        """Return the rows' moments in seconds; those that are none are told and become NaN."""
        if "time" not in self.source.texts:
            return np.asarray(batch.numbers("time") / self.divisor, float)
        codes, distinct = batch.coded("time")
        known = np.asarray([_german(str(value)) for value in distinct], float)
        for place in np.flatnonzero(np.isnan(known)):
            rows = np.flatnonzero(codes == place)
            row, value = batch.first_row + int(rows[0]), str(distinct[place] or "")
            text = "Expected a time as in 31.12.2015 23:55:00."
            found = Finding("error", "time", text, batch.file, row, "Timestamp", value, len(rows))
            findings += [found] if found not in findings else []
        return np.asarray(known[codes], float)


@dataclass(frozen=True)
class _Folder:
    """The files of all VMs, one after the other."""

    parts: tuple[_Part, ...]
    file: str

    def batches(self, columns: Sequence[str], findings: list[Finding]) -> Iterator[streams.Batch]:
        """Stream some columns of every file."""
        for part in self.parts:
            yield from part.batches(columns, findings)


def _german(text: str) -> float:
    try:
        found = datetime.datetime.strptime(text.strip(), "%d.%m.%Y %H:%M:%S")
    except ValueError:
        return float("nan")
    return found.replace(tzinfo=datetime.UTC).timestamp()


def read(path: Path, options: TraceOptions, findings: list[Finding], hashes: dict[str, str]) -> Traced | None:
    """Read one file or a folder of them; without a result there is an error."""
    parts = [part for file in _listed(path, findings) if (part := _part(file, options, findings, hashes))]
    if any(finding.severity == "error" for finding in findings):
        return None
    parts, facts = _sizes(parts, path.name, findings)
    if any(finding.severity == "error" for finding in findings):
        return None
    columns = _columns(parts, path.name, findings)
    row_of = {part.vm: row for row, part in enumerate(parts)}
    folder = _Folder(tuple(parts), path.name)
    named = ("time_s", columns)
    found = long.series(folder, named, row_of, len(parts), findings, limit_mib=options.in_memory_mib)
    if found is None:
        return None
    traced = of_series(_vms(parts, facts), found)
    return replace(traced, sized=True, **_there(traced, facts, path.name, findings))


def _listed(path: Path, findings: list[Finding]) -> list[Path]:
    if not path.is_dir():
        return [path]
    every = sorted(path.iterdir())
    kept = [entry for entry in every if entry.is_file() and entry.suffix.casefold() == ".csv" and entry.name[0] != "."]
    skipped = [entry.name for entry in every if entry not in set(kept)]
    if skipped:
        text = f"{len(skipped):,} entries are no CSV files and were left out: {noticed.examples(skipped)}."
        findings.append(Finding("info", "left-out", text, path.name, count=len(skipped)))
    if not kept:
        findings.append(Finding("error", "empty-folder", "Holds no CSV file.", str(path)))
    numbered = all(entry.stem.isdecimal() for entry in kept)
    return sorted(kept, key=lambda entry: int(entry.stem)) if numbered else kept


def _part(path: Path, options: TraceOptions, findings: list[Finding], hashes: dict[str, str]) -> _Part | None:
    """Open a VM's file and find its columns."""
    given = Options(delimiter=options.delimiter or ";", decimal=options.decimal, encoding=options.encoding)
    source = sources.opened(path, given, findings, hashes)
    if source is None:
        return None
    header = tuple(COLUMNS.get(name.casefold(), name) for name in source.header)
    missing = [shown for name, shown in NEEDED.items() if name not in header]
    for name in missing:
        message = f"Column is missing. Columns found: {', '.join(source.header)[:300]}."
        findings.append(Finding("error", "missing-column", message, path.name, 1, name))
    texts = () if "Timestamp [ms]" in source.header else ("time",)
    aliases = dict(zip(header, source.header, strict=True))
    source = replace(source, header=header, skipped=1, texts=texts, aliases=aliases)
    return None if missing else _Part(source, path.stem)


def _sizes(parts: list[_Part], file: str, findings: list[Finding]) -> tuple[list[_Part], dict[str, Floats]]:
    """Return the parts with the unit of their moments, and each VM's size, first and last moment."""
    facts: dict[str, list[float]] = {name: [] for name in ("cores", "memory_kib", "disk_gib", "first", "last")}
    changing: list[str] = []
    sure = []
    for part in parts:
        found = _facts(part, findings)
        divisor = 1000.0 if "time" not in part.source.texts and found["last"] > _MILLISECONDS else 1.0
        sure.append(replace(part, divisor=divisor))
        found["first"], found["last"] = found["first"] / divisor, found["last"] / divisor
        changing += [part.vm] * (found.pop("changes") > 0)
        for name, value in found.items():
            facts[name].append(value)
    findings += _told(sure, changing, file)
    return sure, {name: np.asarray(values, float) for name, values in facts.items()}


def _facts(part: _Part, findings: list[Finding]) -> dict[str, float]:
    """Return the largest size of one VM, whether it changes, and its first and last moment."""
    most = dict.fromkeys(_MOST, 0.0)
    least = dict.fromkeys(("cores", "memory_kib"), np.inf)
    first, last = np.inf, -np.inf
    columns = [name for name in _MOST if name in part.source.header]
    for batch in part.source.batches(["time", *columns], findings):
        for name in columns:
            cells = long.numbers(batch, name, _MOST[name], findings)
            most[name] = max(most[name], float(np.nanmax(cells, initial=0.0)))
            if name in least:
                least[name] = min(least[name], float(np.nanmin(cells, initial=np.inf)))
        times = part.times(batch, findings)
        first, last = (
            min(first, float(np.nanmin(times, initial=np.inf))),
            max(last, float(np.nanmax(times, initial=-np.inf))),
        )
    changes = float(any(least[name] < most[name] for name in least))
    return {**most, "first": first, "last": last, "changes": changes}


def _told(parts: list[_Part], changing: list[str], file: str) -> Iterator[Finding]:
    texts = [part for part in parts if "time" in part.source.texts]
    seconds = [part for part in parts if part not in texts and part.divisor == 1]
    if seconds:
        text = "Column Timestamp [ms] holds seconds, whatever its name says, and is read as such."
        yield Finding("info", "unit", text, file, 0, "Timestamp [ms]", count=len(seconds))
    if texts:
        text = "Times have no offset from UTC and are taken to be UTC."
        yield Finding("info", "time-zone", text, file, 0, "Timestamp", count=len(texts))
    if changing:
        who = counted(len(changing), "VM changes its", "VMs change their")
        text = f"{who} size; the largest counts: {noticed.examples(changing)}."
        yield Finding("warning", "changing-size", text, file, count=len(changing))


def _columns(parts: list[_Part], file: str, findings: list[Finding]) -> list[str]:
    """Return the columns of readings that all files have."""
    shared = set.intersection(*(set(part.source.header) for part in parts))
    if {"disk_read", "disk_write"} & shared:
        text = "Disk throughput was left out: it is in KB/s, and how large a request is is not told."
        findings.append(Finding("info", "disk", text, file))
    columns = ["cpu_mhz"]
    columns += ["memory_mib"] * ("memory_used_kib" in shared)
    columns += ["net_mbps"] * ({"received", "transmitted"} <= shared)
    return columns


def _vms(parts: list[_Part], facts: dict[str, Floats]) -> Any:
    called = names(part.vm for part in parts)
    vcpus = np.maximum(np.ceil(facts["cores"]), 1).astype(np.int64)
    return sized(called, vcpus, facts["memory_kib"] / KIB_PER_MIB, disk_gib=facts["disk_gib"])


def _there(traced: Traced, facts: dict[str, Floats], file: str, findings: list[Finding]) -> dict[str, Any]:
    """Return when VMs come and go: with their first and last reading, if that is not the trace's."""
    end = traced.start_s + traced.step_s * (traced.samples - 1)
    late = facts["first"] >= traced.start_s + traced.step_s / 2
    early = facts["last"] <= end - traced.step_s / 2
    if (late | early).any():
        who = counted((late | early).sum(), "VM is there from its", "VMs are there from their")
        text = f"{who} first reading to the last, not all the time."
        findings.append(Finding("info", "part-time", text, file, count=int((late | early).sum())))
    arrive = np.where(late, facts["first"] - traced.start_s, -np.inf)
    leave = np.where(early, facts["last"] - traced.start_s + traced.step_s, np.inf)
    return {"arrive_s": frozen(arrive, np.float64), "leave_s": frozen(leave, np.float64)}
