"""
Readings in long form, one row a VM and moment, onto one grid.

The rows are streamed twice, first for their moments, then for their values, so that memory holds little more than
the result.
"""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from consolidate.readers import grids, moments, noticed, store, streams
from models.arrays import NOWHERE, Floats, Ints, Mask
from models.counting import counted
from models.errors import Finding

TIMES = ("time_s", "timestamp")
VALUES: Mapping[str, float] = {
    "cpu_mhz": 1e9,
    "cpu_percent": 1e4,
    "memory_mib": 1e8,
    "disk_iops": 1e9,
    "net_mbps": 1e9,
}
"""Columns of readings, and the largest value that is taken for one."""
_BATCHES_FOR_STEP = 8


@dataclass(frozen=True, eq=False)
class Series:
    """
    Readings of each VM on one grid.

    Parameters
    ----------
    grid
        The moments.
    matrices
        By column, readings as float32, NaN where there is none. Shape (vms, samples).
    read
        Which VMs have a reading. Shape (vms,).
    """

    grid: grids.Grid
    matrices: dict[str, Any]
    read: Mask


@dataclass
class _Filling:
    """Matrices on their way, and what was met."""

    matrices: dict[str, Any]
    seen: Any
    unknown: dict[str, int] = field(default_factory=dict)
    matched: int = 0


def columns(header: tuple[str, ...], file: str, findings: list[Finding]) -> tuple[str, list[str]] | None:
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


def vms(source: streams.Streamed, findings: list[Finding]) -> list[str]:
    """Return the names of the VMs that have rows, in the order in which they come up."""
    found: dict[str, None] = {}
    for batch in source.batches(["vm"], findings):
        codes, distinct = batch.coded("vm")
        found |= dict.fromkeys(str(name) for name in distinct if name not in (None, ""))
        for place in [place for place, name in enumerate(distinct) if name in (None, "")]:
            rows = np.flatnonzero(codes == place)
            if len(rows):
                row = batch.first_row + int(rows[0])
                text = "Expected the name of a VM."
                findings.append(Finding("error", "value", text, batch.file, row, "vm", count=len(rows)))
    return list(found)


def series(
    source: streams.Streamed,
    named: tuple[str, list[str]],
    row_of: Mapping[str, int],
    size: int,
    findings: list[Finding],
    *,
    limit_mib: float = store.IN_MEMORY_MIB,
    whose: str = "inventory",
) -> Series | None:
    """
    Put the readings of VMs on a grid; without a result there is an error among the findings.

    Parameters
    ----------
    source
        The rows, which are streamed more than once.
    named
        The column of moments and the columns of values.
    row_of, size
        The row of each VM in the result, and how many rows it has.
    findings
        What is noticed is added to it.
    limit_mib
        A matrix larger than this is kept on disk.
    whose
        What a VM that is in no row is not in, for the finding.
    """
    before = len(findings)
    found = distinct(source, named[0], findings)
    if found is None:
        return None
    grid = grids.fitted(found, _step(source, named[0], found), source.file, findings)
    if grid is None:
        return None
    filling = _filled(source, named, grid, (row_of, size, limit_mib), findings)
    if any(finding.severity == "error" for finding in findings[before:]):
        return None
    _report(filling, source.file, whose, findings)
    return Series(grid, filling.matrices, filling.seen.any(axis=1))


def distinct(source: streams.Streamed, time: str, findings: list[Finding]) -> Floats | None:
    """Return the distinct moments of the rows, in order, in seconds."""
    found: set[float] = set()
    for batch in source.batches([time], findings):
        if len(found) > grids.MOST_SAMPLES:
            message = f"Holds more than {grids.MOST_SAMPLES:,} distinct moments."
            findings.append(Finding("error", "too-many-samples", message, source.file, 0, time))
            return None
        found.update(np.unique(moments.seconds(batch, time, findings)[1]).tolist())
    result: Floats = np.asarray(sorted(moment for moment in found if moment == moment), float)
    if not len(result):
        if not any(item.severity == "error" for item in findings):
            findings.append(Finding("error", "empty-file", "Holds no readings.", source.file))
        return None
    return result


def _step(source: streams.Streamed, time: str, known: Floats) -> float:
    """Return the median distance of two readings of one VM, from the start of the file."""
    found = []
    for batch in itertools.islice(source.batches(["vm", time], []), _BATCHES_FOR_STEP):
        rows, _ = batch.coded("vm")
        codes, distinct = moments.seconds(batch, time, [])
        times = distinct[codes]
        order = np.lexsort((times, rows))
        distances = np.diff(times[order])[np.diff(rows[order]) == 0]
        found.append(distances[distances > 0])
    return grids.step(np.concatenate([*found, np.empty(0)]), known)


def _filled(
    source: streams.Streamed,
    named: tuple[str, list[str]],
    grid: grids.Grid,
    into: tuple[Mapping[str, int], int, float],
    findings: list[Finding],
) -> _Filling:
    time, values = named
    row_of, size, limit = into
    shape = (size, grid.samples)
    filling = _Filling(
        {name: store.matrix(shape, np.nan, limit) for name in values}, store.matrix(shape, 0, limit, np.bool_)
    )
    for batch in source.batches(["vm", time, *values], findings):
        rows = _vm_rows(batch, row_of, filling)
        codes, known = moments.seconds(batch, time, findings)
        places = grid.places(np.nan_to_num(known, nan=grid.start_s))[codes]
        on = rows != NOWHERE
        filling.matched += int(on.sum())
        filling.seen[rows[on], places[on]] = True
        for name in values:
            filling.matrices[name][rows[on], places[on]] = numbers(batch, name, VALUES[name], findings)[on]
    return filling


def _vm_rows(batch: streams.Batch, row_of: Mapping[str, int], filling: _Filling) -> Ints:
    codes, distinct = batch.coded("vm")
    rows = np.asarray([row_of.get(str(name), NOWHERE) for name in distinct], np.int64)
    counts = np.bincount(codes, minlength=len(distinct))
    for place in np.flatnonzero((rows == NOWHERE) & (counts > 0)):
        name = "" if distinct[place] is None else str(distinct[place])
        filling.unknown[name] = filling.unknown.get(name, 0) + int(counts[place])
    return rows[codes]


def numbers(batch: streams.Batch, name: str, most: float, findings: list[Finding]) -> Any:
    """Return a column's numbers; those below 0 or above `most` are errors and become NaN."""
    cells = batch.numbers(name)
    out = (cells < 0) | (cells > most)
    wrong = np.flatnonzero(out)
    for place in wrong[: noticed.MOST_OF_A_KIND]:
        text = f"Expected a number from 0 to {most:,.0f}."
        row = batch.first_row + int(place)
        findings.append(Finding("error", "value", text, batch.file, row, batch.shown(name), f"{cells[place]:g}"))
    if len(wrong) > noticed.MOST_OF_A_KIND:
        text = f"And {len(wrong) - noticed.MOST_OF_A_KIND:,} more."
        findings.append(Finding("error", "value", text, batch.file, 0, batch.shown(name)))
    return np.where(out, np.nan, cells)


def _report(filling: _Filling, file: str, whose: str, findings: list[Finding]) -> None:
    twice = filling.matched - int(np.count_nonzero(filling.seen))
    if twice:
        text = f"{counted(twice, 'reading falls', 'readings fall')} on a moment that the VM has a reading for already;"
        text += " the last one counts."
        findings.append(Finding("warning", "duplicate-reading", text, file, count=twice))
    findings += unknown(filling.unknown, file, whose)


def unknown(counts: Mapping[str, int], file: str, whose: str) -> Iterator[Finding]:
    """Yield what to say of readings of VMs that are not where they should be."""
    if counts:
        text = f"{counted(sum(counts.values()), 'reading is', 'readings are')} of "
        text += f"{counted(len(counts), 'VM that is', 'VMs that are')} not in the {whose}: "
        text += f"{noticed.examples(sorted(counts))}."
        yield Finding("warning", "unknown-vm", text, file, 0, "vm", count=sum(counts.values()))
