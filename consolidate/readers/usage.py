"""
Readings over time: ``usage.csv`` or ``usage.parquet`` in long form, onto one grid.

The file is streamed twice, first for its moments, then for its values, so that memory holds little more than
the result.
"""

import datetime
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from consolidate.readers import noticed, streams
from consolidate.readers.reading import Options
from models.arrays import NOWHERE, Floats, Ints, Mask, frozen
from models.demand import Usage
from models.errors import Finding
from models.inventory import Inventory

TIMES = ("time_s", "timestamp")
VALUES: Mapping[str, float] = {
    "cpu_mhz": 1e9,
    "cpu_percent": 1e4,
    "memory_mib": 1e8,
    "disk_iops": 1e9,
    "net_mbps": 1e9,
}
"""Columns of readings, and the largest value that is taken for one."""
MOST_SAMPLES = 1_000_000
SPARSEST = 20
"""Grid points for each moment found, above which moments are taken to be wrong."""
_YEARS = (0.0, 2**33)
_OFF_GRID = 0.05
_BATCHES_FOR_STEP = 8
DEFAULT_STEP_S = 300.0
"""Distance of samples where there is but one."""


@dataclass(frozen=True)
class _Grid:
    start_s: float
    step_s: float
    samples: int

    def places(self, moments: Floats) -> Ints:
        """Return the sample nearest to each moment."""
        return np.rint((moments - self.start_s) / self.step_s).astype(np.int64)


@dataclass
class _Filling:
    """Matrices on their way, and what was met."""

    matrices: dict[str, Any]
    seen: Mask
    unknown: dict[str, int] = field(default_factory=dict)
    matched: int = 0


def read(
    path: Path, inventory: Inventory, options: Options, findings: list[Finding], hashes: dict[str, str]
) -> Usage | None:
    """Read readings and align them with the inventory's VMs; without a result there is an error."""
    source = streams.opened(path, options, findings, hashes)
    columns = _columns(source.header, path.name, findings) if source else None
    if source is None or columns is None:
        return None
    before = len(findings)
    moments = _moments(source, columns[0], findings)
    if moments is None:
        return None
    grid = _grid(moments, _step(source, columns[0], moments), path.name, findings)
    if grid is None:
        return None
    filling = _filled(source, columns, grid, inventory, findings)
    if any(finding.severity == "error" for finding in findings[before:]):
        return None
    _report(filling, inventory, path.name, findings)
    return Usage(grid.start_s, grid.step_s, **_result(filling, columns[1], inventory, path.name, findings))


def _columns(header: tuple[str, ...], file: str, findings: list[Finding]) -> tuple[str, list[str]] | None:
    """Return the column of moments and the columns of values."""
    before = len(findings)
    times = [name for name in TIMES if name in header]
    values = [name for name in VALUES if name in header]
    for wanted, found in (("vm", "vm" in header), (" or ".join(TIMES), times), ("cpu_mhz or cpu_percent", values)):
        if not found:
            message = f"Column is missing. Columns found: {', '.join(header)[:300]}."
            findings.append(Finding("error", "missing-column", message, file, 1, wanted))
    if values and not {"cpu_mhz", "cpu_percent"} & set(values):
        message = "Readings need cpu_mhz or cpu_percent."
        findings.append(Finding("error", "missing-column", message, file, 1, "cpu_mhz or cpu_percent"))
    findings += [
        Finding("error", "both", f"Give {one} or {other}, not both.", file, 1, other)
        for one, other in (TIMES, ("cpu_mhz", "cpu_percent"))
        if {one, other} <= set(header)
    ]
    for name in sorted(set(header) - {"vm", *TIMES, *VALUES}):
        message = f"Column {name!r} is unknown and not used.{noticed.suggestion(name, VALUES)}"
        findings.append(Finding("warning", "unknown-column", message, file, 1, name))
    if any(finding.severity == "error" for finding in findings[before:]):
        return None
    return times[0], values


def _moments(source: streams.Source, time: str, findings: list[Finding]) -> Floats | None:
    """Return the distinct moments of the file, in order, in seconds."""
    found: set[float] = set()
    for batch in source.batches([time], findings):
        if len(found) > MOST_SAMPLES:
            message = f"Holds more than {MOST_SAMPLES:,} distinct moments."
            findings.append(Finding("error", "too-many-samples", message, source.file, 0, time))
            return None
        found.update(_seconds(batch, time, source.file, findings)[1].tolist())
    moments: Floats = np.asarray(sorted(moment for moment in found if moment == moment), float)
    if not len(moments):
        if not any(item.severity == "error" and item.file == source.file for item in findings):
            findings.append(Finding("error", "empty-file", "Holds no readings.", source.file))
        return None
    return moments


def _seconds(batch: streams.Batch, time: str, file: str, findings: list[Finding]) -> tuple[Ints, Floats]:
    """Return for each row the place of its moment, and the moments; NaN, with a finding, where it is none."""
    codes, distinct = batch.coded(time)
    moments = np.asarray([_moment(value) for value in distinct], float)
    for place in np.flatnonzero(np.isnan(moments)):
        rows = np.flatnonzero(codes == place)
        expected = "UTC seconds since 1970" if time == "time_s" else "a time in ISO 8601"
        row = batch.first_row + int(rows[0])
        text = "" if distinct[place] is None else str(distinct[place])
        found = Finding("error", "time", f"Expected {expected}.", file, row, time, text, len(rows))
        if found not in findings:
            findings.append(found)
    return codes, moments


def _moment(value: object) -> float:
    """Return seconds since 1970 of a number or of a time in ISO 8601; without an offset it is UTC."""
    try:
        if isinstance(value, datetime.datetime):
            moment = value
        elif isinstance(value, str) and not value.strip().replace(".", "", 1).isdigit():
            moment = datetime.datetime.fromisoformat(value.strip())
        else:
            seconds = float(value)  # type: ignore[arg-type]
            return seconds if _YEARS[0] <= seconds <= _YEARS[1] else np.nan
        aware = moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)
        return aware.timestamp()
    except (TypeError, ValueError, OverflowError):
        return float("nan")


def _step(source: streams.Source, time: str, moments: Floats) -> float:
    """Return the median distance of two readings of one VM, from the start of the file."""
    found = []
    for batch in itertools.islice(source.batches(["vm", time], []), _BATCHES_FOR_STEP):
        vms, _ = batch.coded("vm")
        codes, distinct = _seconds(batch, time, source.file, [])
        times = distinct[codes]
        order = np.lexsort((times, vms))
        distances = np.diff(times[order])[np.diff(vms[order]) == 0]
        found.append(distances[distances > 0])
    distances = np.concatenate([*found, np.empty(0)])
    if not len(distances):
        distances = np.diff(moments)
    return float(np.median(distances)) if len(distances) else DEFAULT_STEP_S


def _grid(moments: Floats, step: float, file: str, findings: list[Finding]) -> _Grid | None:
    """Return the regular grid of the moments."""
    grid = _Grid(float(moments[0]), step, round(float(moments[-1] - moments[0]) / step) + 1)
    if grid.samples > min(MOST_SAMPLES, SPARSEST * len(moments) + 100):
        text = (
            f"Moments {step:g} s apart span {grid.samples:,} samples but only {len(moments):,} are there; is one wrong?"
        )
        findings.append(Finding("error", "time", text, file, value=f"{moments[0]:.0f} to {moments[-1]:.0f}"))
        return None
    places = grid.places(moments)
    off = np.abs(moments - (grid.start_s + places * step)) > _OFF_GRID * step
    if off.any():
        text = f"{off.sum():,} moments are off the grid of {step:g} s and are put on its nearest point."
        findings.append(Finding("warning", "irregular", text, file, count=int(off.sum())))
    gaps = grid.samples - len(np.unique(places))
    if gaps:
        text = f"{gaps:,} of {grid.samples:,} moments have no reading at all."
        findings.append(Finding("warning", "gap", text, file, count=gaps))
    return grid


def _filled(
    source: streams.Source,
    columns: tuple[str, list[str]],
    grid: _Grid,
    inventory: Inventory,
    findings: list[Finding],
) -> _Filling:
    time, values = columns
    shape = (len(inventory.vms), grid.samples)
    filling = _Filling({name: np.full(shape, np.nan, np.float32) for name in values}, np.zeros(shape, bool))
    for batch in source.batches(["vm", time, *values], findings):
        rows = _vm_rows(batch, inventory, filling)
        codes, moments = _seconds(batch, time, source.file, findings)
        known = np.nan_to_num(moments, nan=grid.start_s)
        places = grid.places(known)[codes]
        on = rows != NOWHERE
        filling.matched += int(on.sum())
        filling.seen[rows[on], places[on]] = True
        for name, cells in _numbers(batch, values, source.file, findings):
            filling.matrices[name][rows[on], places[on]] = cells[on]
    return filling


def _vm_rows(batch: streams.Batch, inventory: Inventory, filling: _Filling) -> Ints:
    codes, distinct = batch.coded("vm")
    rows = np.asarray([inventory.vm_row.get(str(name), NOWHERE) for name in distinct], np.int64)
    for place in np.flatnonzero(rows == NOWHERE):
        name = "" if distinct[place] is None else str(distinct[place])
        filling.unknown[name] = filling.unknown.get(name, 0) + int((codes == place).sum())
    return rows[codes]


def _numbers(batch: streams.Batch, values: list[str], file: str, findings: list[Finding]) -> Iterator[tuple[str, Any]]:
    for name in values:
        cells = batch.numbers(name)
        out = (cells < 0) | (cells > VALUES[name])
        wrong = np.flatnonzero(out)
        for place in wrong[: noticed.MOST_OF_A_KIND]:
            text = f"Expected a number from 0 to {VALUES[name]:,.0f}."
            row = batch.first_row + int(place)
            findings.append(Finding("error", "value", text, file, row, name, f"{cells[place]:g}"))
        if len(wrong) > noticed.MOST_OF_A_KIND:
            text = f"And {len(wrong) - noticed.MOST_OF_A_KIND:,} more."
            findings.append(Finding("error", "value", text, file, 0, name))
        yield name, np.where(out, np.nan, cells)


def _report(filling: _Filling, inventory: Inventory, file: str, findings: list[Finding]) -> None:
    twice = filling.matched - int(filling.seen.sum())
    if twice:
        text = f"{twice:,} readings fall on a moment that the VM has a reading for already; the last one counts."
        findings.append(Finding("warning", "duplicate-reading", text, file, count=twice))
    if filling.unknown:
        count = sum(filling.unknown.values())
        text = f"{count:,} readings are of {len(filling.unknown):,} VMs that are not in the inventory: "
        text += f"{noticed.examples(sorted(filling.unknown))}."
        findings.append(Finding("warning", "unknown-vm", text, file, 0, "vm", count=count))
    silent = inventory.vms.vm[~filling.seen.any(axis=1) & inventory.running]
    if len(silent):
        text = f"{len(silent):,} running VMs have no readings: {noticed.examples(list(silent))}."
        findings.append(Finding("warning", "no-readings", text, file, 0, "vm", count=len(silent)))


def _result(
    filling: _Filling, values: list[str], inventory: Inventory, file: str, findings: list[Finding]
) -> dict[str, Any]:
    matrices = filling.matrices
    if "cpu_percent" in values:
        clock = _clock(inventory, file, findings)
        percent = matrices.pop("cpu_percent")
        percent *= (inventory.vms.vcpus * clock / 100).astype(np.float32)[:, None]
        matrices["cpu_mhz"] = percent
    for matrix in matrices.values():
        matrix.setflags(write=False)
    return {name: frozen(matrix, np.float32) for name, matrix in matrices.items()}


def _clock(inventory: Inventory, file: str, findings: list[Finding]) -> Floats:
    """Return the clock of each VM's host; the median one where it is on none."""
    homeless = inventory.start == NOWHERE
    median = float(np.median(inventory.hosts.cpu_mhz)) if len(inventory.hosts) else np.nan
    if homeless.any():
        text = f"{homeless.sum():,} VMs are on no host; their CPU percentages are of the median clock, {median:g} MHz."
        findings.append(Finding("info", "median-clock", text, file, 0, "cpu_percent", count=int(homeless.sum())))
    clocks = np.append(inventory.hosts.cpu_mhz, median)
    return np.asarray(clocks[np.where(homeless, len(clocks) - 1, inventory.start)], float)
