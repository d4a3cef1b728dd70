"""Readings in wide form, a first column of moments and one column a VM, onto one grid."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from consolidate.readers import grids, long, moments, noticed, store, streams
from models.arrays import Floats
from models.counting import counted
from models.errors import Finding

MOST_PERCENT = 100.0
UNITS = ("auto", "mhz", "percent")
COLUMNS = {"mhz": "cpu_mhz", "percent": "cpu_percent"}


def is_wide(header: tuple[str, ...]) -> bool:
    """
    Say whether a header is that of the wide form.

    >>> is_wide(("time_s", "web-1", "web-2")), is_wide(("time_s", "vm", "cpu_mhz")), is_wide(("time_s", "cpu_mhz"))
    (True, False, False)
    """
    first, *rest = header or ("",)
    return first in long.TIMES and bool(rest) and not {"vm", *long.TIMES, *long.VALUES} & set(rest)


def series(
    source: streams.Source,
    row_of: Mapping[str, int],
    size: int,
    unit: str,
    findings: list[Finding],
    *,
    limit_mib: float = store.IN_MEMORY_MIB,
) -> long.Series | None:
    """
    Put the columns of VMs on a grid; without a result there is an error among the findings.

    The one matrix is called ``cpu_mhz`` or ``cpu_percent``: by `unit`, or if that is ``auto`` by the largest value.
    """
    names = [name for name in source.header[1:] if name in row_of]
    wrong = list(_wrong(source, names))
    findings += wrong
    if any(finding.severity == "error" for finding in wrong):
        return None
    before = len(findings)
    found = long.distinct(source, source.header[0], findings)
    grid = None if found is None else grids.fitted(found, grids.step(np.diff(found), found), source.file, findings)
    if grid is None:
        return None
    matrix = store.matrix((size, grid.samples), np.nan, limit_mib)
    read = np.zeros(size, np.bool_)
    most = _fill(source, names, grid, (matrix, read, row_of), findings)
    if any(finding.severity == "error" for finding in findings[before:]):
        return None
    return long.Series(grid, {COLUMNS[_unit(unit, most, source.file, findings)]: matrix}, read)


def _wrong(source: streams.Source, names: list[str]) -> Iterator[Finding]:
    """Yield what is wrong with the columns: their types and names."""
    yield from source.unfit(names)
    yield from long.unknown({name: 1 for name in source.header[1:] if name not in names}, source.file, "inventory")
    if not names:
        text = f"No column is named as a VM is. Columns found: {noticed.examples(list(source.header))}."
        yield Finding("error", "unknown-vm", text, source.file, 1)
    if "" in source.header:
        text = f"Column {source.header.index('') + 1} has no name; expected that of a VM."
        yield Finding("error", "missing-name", text, source.file, 1)


def _fill(
    source: streams.Source,
    names: list[str],
    grid: grids.Grid,
    into: tuple[Any, Any, Mapping[str, int]],
    findings: list[Finding],
) -> float:
    """Fill the matrix, and return the largest value."""
    (matrix, read, row_of), time = into, source.header[0]
    seen, most, twice = np.zeros(grid.samples, np.bool_), 0.0, 0
    for batch in source.batches([time, *names], findings):
        codes, known = moments.seconds(batch, time, findings)
        places = grid.places(np.nan_to_num(known, nan=grid.start_s))[codes]
        twice += len(places) - int(np.count_nonzero(~seen[np.unique(places)]))
        seen[places] = True
        for name in names:
            cells: Floats = long.numbers(batch, name, long.VALUES["cpu_mhz"], findings)
            matrix[row_of[name], places] = cells
            read[row_of[name]] |= bool((~np.isnan(cells)).any())
            most = max(most, float(np.nanmax(cells, initial=0.0)))
    if twice:
        text = f"{counted(twice, 'row falls', 'rows fall')} on a moment that has a row already; the last one counts."
        findings.append(Finding("warning", "duplicate-reading", text, source.file, count=twice))
    return most


def _unit(unit: str, most: float, file: str, findings: list[Finding]) -> str:
    if unit != "auto":
        return unit
    guessed = "percent" if most <= MOST_PERCENT else "mhz"
    worded = "a percentage of the VM's CPU" if guessed == "percent" else "MHz"
    text = f"The largest reading is {most:g}, so readings are taken for {worded}; the option unit says otherwise."
    findings.append(Finding("warning", "guessed-unit", text, file))
    return guessed
