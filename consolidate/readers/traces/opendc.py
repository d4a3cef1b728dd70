"""OpenDC traces: a Parquet file of tasks (VMs), and one of fragments, in each of which a VM's CPU is constant."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from consolidate.readers import grids, noticed, sources, streams, usage
from consolidate.readers.traces import resampling
from consolidate.readers.traces.detection import opendc_folder
from consolidate.readers.traces.traced import Traced, TraceOptions, sized
from models.arrays import Floats, Ints, frozen, names
from models.counting import counted
from models.errors import Finding
from models.inventory import Vms

FILES = (("tasks.parquet", "fragments.parquet"), ("meta.parquet", "trace.parquet"))
"""Of version 2 and later, and of version 1."""
TASKS: Mapping[str, tuple[str, ...]] = {
    "id": ("id",),
    "submitted": ("submission_time", "start_time", "submissionTime"),
    "cores": ("cpu_count", "maxCores"),
    "memory": ("mem_capacity", "requiredMemory"),
}
FRAGMENTS: Mapping[str, tuple[str, ...]] = {
    "id": ("id",),
    "duration": ("duration",),
    "cpu_mhz": ("cpu_usage", "cpuUsage"),
}
ENDS = ("timestamp", "time")
"""The end of a fragment, in version 1; without it a VM's fragments follow one another from its submission on."""
_MIB = {"kb": 1 / 1024, "mb": 1.0, "gb": 1024.0}
_USUAL_MIB_PER_CORE = 2048.0
_MOST = {"submitted": 1e14, "duration": 1e14, "cores": 1e4, "memory": 1e13, "cpu_mhz": 1e9}
_S = 1000.0


@dataclass(frozen=True, eq=False)
class _Tasks:
    """What is said of each VM."""

    row_of: Mapping[str, int]
    numbers: Mapping[str, Floats]


def read(path: Path, options: TraceOptions, findings: list[Finding], hashes: dict[str, str]) -> Traced | None:
    """Read a folder with tasks and fragments; without a result there is an error."""
    folder = opendc_folder(path) or path
    pair = _opened(folder, findings, hashes)
    if pair is None:
        return None
    tasks = _tasks(pair[0], findings)
    if tasks is None:
        return None
    fragments = _Fragments(pair[1], tasks.row_of, tasks.numbers["submitted"])
    ends = _ends(fragments, findings)
    if ends is None or any(finding.severity == "error" for finding in findings):
        return None
    grid = _grid(tasks, ends, options.step_s, pair[1].file, findings)
    if grid is None:
        return None
    readings = _resampled(fragments, grid, options, findings)
    findings += _told(options, pair[1].file)
    vms = _vms(tasks, options.memory_unit, pair[0].file, findings)
    there = _there(tasks.numbers["submitted"], ends, grid)
    return Traced(vms, readings, "mhz", grid.start_s, grid.step_s, sized=True, **there)


def _opened(
    folder: Path, findings: list[Finding], hashes: dict[str, str]
) -> tuple[streams.Source, streams.Source] | None:
    """Open the two files and find their columns."""
    pair = next((pair for pair in FILES if any((folder / name).is_file() for name in pair)), FILES[0])
    tables = zip(pair, (TASKS, FRAGMENTS), strict=True)
    found = [sources.parquet(folder / name, columns, findings, hashes, ENDS) for name, columns in tables]
    return (found[0], found[1]) if found[0] and found[1] else None


def _tasks(source: streams.Source, findings: list[Finding]) -> _Tasks | None:
    before, called = len(findings), list[str]()
    parts: dict[str, list[Floats]] = {name: [] for name in ("submitted", "cores", "memory")}
    for batch in source.batches([*TASKS], findings):
        codes, distinct = batch.coded("id")
        called += [str(distinct[code]) for code in codes]
        for name, values in parts.items():
            values.append(_sound(batch, name, findings))
    row_of = {name: row for row, name in enumerate(called)}
    if len(row_of) < len(called):
        text = f"{len(called) - len(row_of):,} ids are there more than once."
        findings.append(Finding("error", "twice", text, source.file, 0, "id"))
    if not called and len(findings) == before:
        findings.append(Finding("error", "empty-file", "Holds no tasks.", source.file))
    if any(finding.severity == "error" for finding in findings[before:]):
        return None
    return _Tasks(row_of, {name: np.concatenate(values) for name, values in parts.items()})


def _sound(batch: streams.Batch, name: str, findings: list[Finding]) -> Floats:
    """Return a column's numbers in ms, cores, MHz or as they are; those that make no sense are errors."""
    cells = batch.milliseconds(name)
    least = 1.0 if name == "cores" else 0.0
    for place in np.flatnonzero(~((cells >= least) & (cells <= _MOST[name])))[: noticed.MOST_OF_A_KIND]:
        text = f"Expected a number from {least:g} to {_MOST[name]:g}."
        row = batch.first_row + int(place)
        findings.append(Finding("error", "value", text, batch.file, row, batch.shown(name), f"{cells[place]:g}"))
    return np.asarray(cells, float)


@dataclass(frozen=True, eq=False)
class _Fragments:
    """Fragments with where they begin, streamed in the order of the file."""

    source: streams.Source
    row_of: Mapping[str, int]
    submitted: Floats

    def parts(self, findings: list[Finding]) -> Iterator[tuple[Ints, Floats, Floats, Floats]]:
        """Yield rows of VMs (−1 unknown), begin and end in s, and MHz."""
        at = self.submitted.copy()
        timed = "timestamp" in self.source.header
        for batch in self.source.batches([*FRAGMENTS, *(["timestamp"] if timed else [])], findings):
            codes, distinct = batch.coded("id")
            rows = np.asarray([self.row_of.get(str(name), -1) for name in distinct], np.int64)[codes]
            length = np.nan_to_num(_sound(batch, "duration", findings))
            ends = batch.milliseconds("timestamp") if timed else _following(rows, length, at)
            yield rows, (ends - length) / _S, ends / _S, _sound(batch, "cpu_mhz", findings)


def _following(rows: Ints, length: Floats, at: Floats) -> Floats:
    """Return the ends of fragments that follow one another for each VM, and move `at` to the last ones."""
    order = np.argsort(rows, kind="stable")
    kept, total = rows[order], np.cumsum(length[order])
    first = np.flatnonzero(np.diff(kept, prepend=-2))
    sizes = np.diff(first, append=len(kept))
    before = np.repeat(total[first] - length[order][first], sizes)
    origin = np.where(kept >= 0, at[kept], 0.0)
    ends = np.empty(len(rows))
    ends[order] = origin + total - before
    last = order[first + sizes - 1]
    on = rows[last] >= 0
    at[rows[last][on]] = ends[last][on]
    return ends


def _ends(fragments: _Fragments, findings: list[Finding]) -> Floats | None:
    """Return the end of each VM's last fragment in s, NaN where it has none; and tell of those without."""
    ends = np.full(len(fragments.submitted), np.nan)
    strange = 0
    for rows, _, until, _ in fragments.parts(findings):
        on = rows >= 0
        strange += int((~on).sum())
        np.fmax.at(ends, rows[on], until[on])
    if strange:
        text = f"{strange:,} fragments are of VMs that are not among the tasks, and were left out."
        findings.append(Finding("warning", "unknown-vm", text, fragments.source.file, 0, "id", count=strange))
    silent = [name for name, row in fragments.row_of.items() if np.isnan(ends[row])]
    if len(silent) == len(ends):
        findings.append(Finding("error", "empty-file", "Holds no fragment of any task.", fragments.source.file))
        return None
    if silent:
        text = f"{counted(len(silent), 'VM has', 'VMs have')} no fragments: {noticed.examples(silent)}."
        findings.append(Finding("warning", "no-readings", text, fragments.source.file, 0, "id", count=len(silent)))
    return ends


def _grid(tasks: _Tasks, ends: Floats, step_s: float, file: str, findings: list[Finding]) -> grids.Grid | None:
    start = float(tasks.numbers["submitted"].min()) / _S
    samples = max(1, int(np.ceil((np.nanmax(ends) - start) / step_s)))
    if samples > grids.MOST_SAMPLES:
        text = f"Spans {samples:,} steps of {step_s:g} s; {grids.MOST_SAMPLES:,} are read at most."
        findings.append(Finding("error", "too-many-samples", text, file))
        return None
    return grids.Grid(start, step_s, samples)


def _resampled(fragments: _Fragments, grid: grids.Grid, options: TraceOptions, findings: list[Finding]) -> Any:
    kind = resampling.KINDS[options.resample]
    steps = kind((len(fragments.submitted), grid.samples), grid, options.in_memory_mib)
    for rows, begin, end, mhz in fragments.parts(findings):
        on = (rows >= 0) & (end > begin) & (begin >= grid.start_s - grid.step_s)
        steps.add(rows[on], begin[on], end[on], mhz[on])
    return usage.kept(steps.result())


def _told(options: TraceOptions, file: str) -> list[Finding]:
    words = {
        "mean": "its mean over time, which hides peaks that are shorter; the option resample: max keeps them",
        "max": "its largest value, which is more than was used over the step; the option resample: mean is without",
    }
    text = f"CPU in each step of {options.step_s:g} s is {words[options.resample]}."
    return [Finding("info", "resampled", text, file)]


def _vms(tasks: _Tasks, unit: str, file: str, findings: list[Finding]) -> Vms:
    numbers = tasks.numbers
    if unit == "auto":
        unit = guessed(numbers["memory"], numbers["cores"])
        text = f"The unit of mem_capacity differs between traces; it is taken for {unit.upper()}, as then VMs have"
        text += f" {np.median(numbers['memory'] / numbers['cores']) * _MIB[unit]:,.0f} MiB a core (the median)."
        text += " The option memory_unit says otherwise."
        findings.append(Finding("warning", "guessed-unit", text, file, 0, "mem_capacity"))
    vcpus = np.ceil(numbers["cores"]).astype(np.int64)
    return sized(names(tasks.row_of), vcpus, numbers["memory"] * _MIB[unit])


def guessed(memory: Floats, cores: Floats) -> str:
    """
    Return the unit in which the median memory a core comes closest to 2 GiB.

    >>> guessed(np.array([181352.0, 130457600]), np.array([1.0, 32])), guessed(np.array([100000.0]), np.array([16.0]))
    ('kb', 'mb')
    """
    median = max(float(np.median(memory / cores)), 1e-9)
    return min(_MIB, key=lambda unit: abs(np.log(median * _MIB[unit] / _USUAL_MIB_PER_CORE)))


def _there(submitted: Floats, ends: Floats, grid: grids.Grid) -> dict[str, Any]:
    """Return when VMs come and go; one without fragments never goes."""
    arrive = submitted / _S - grid.start_s
    leave = np.nan_to_num(ends, nan=np.inf) - grid.start_s
    arrive = np.where(arrive > 0, arrive, -np.inf)
    leave = np.where(leave < grid.step_s * grid.samples, leave, np.inf)
    return {"arrive_s": frozen(arrive, np.float64), "leave_s": frozen(leave, np.float64)}
