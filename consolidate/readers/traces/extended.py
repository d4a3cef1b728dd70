"""
The extended Bitbrains form: rows without a header, 21 or 22 cells separated by white space, of one or several VMs.

OpenDC reads it and says what 12 of the columns are; those that count here are numbered below.

References
----------
.. [1] OpenDC, ``opendc-trace-bitbrains``, BitbrainsExResourceStateTableReader.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from consolidate.readers import files, long, noticed, streams
from consolidate.readers.traces.readings import of_series
from consolidate.readers.traces.traced import Traced, TraceOptions, sized
from models.arrays import names
from models.errors import Finding
from models.inventory import Vms

CELLS = (21, 22)
NUMBERS = {"time_s": (0, 2**33), "cpu_mhz": (1, 1e9), "cores": (12, 1e4), "memory_mib": (20, 1e8)}
"""Place and largest value of the columns that count."""
VM = 19


@dataclass
class _Rows:
    """The rows of a file, by column."""

    file: str
    vms: list[str] = field(default_factory=list)
    numbers: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in NUMBERS})

    def batches(self, columns: Sequence[str], findings: list[Finding]) -> Iterator[streams.Batch]:
        """Stream all rows at once."""
        given = {name: streams.column(np.asarray(self.numbers[name], float)) for name in columns if name != "vm"}
        yield streams.Batch(1, {"vm": streams.column(self.vms), **given}, self.file)


def read(path: Path, options: TraceOptions, findings: list[Finding], hashes: dict[str, str]) -> Traced | None:
    """Read a file, or a folder of files; without a result there is an error."""
    rows = _Rows(path.name)
    listed = sorted(path.iterdir()) if path.is_dir() else [path]
    for file in listed:
        data = files.content(file, findings)
        text = None if data is None else files.decoded(file, data, options.encoding, findings)
        if data is not None and text is not None:
            hashes[file.name] = files.digest(data)
            _parse(file.name, text, rows, findings)
    if any(finding.severity == "error" for finding in findings):
        return None
    called = list(dict.fromkeys(rows.vms))
    row_of = {name: row for row, name in enumerate(called)}
    named = ("time_s", ["cpu_mhz"])
    found = long.series(rows, named, row_of, len(called), findings, limit_mib=options.in_memory_mib)
    if found is None:
        return None
    return replace(of_series(_vms(rows, row_of), found), sized=True)


def _vms(rows: _Rows, row_of: Mapping[str, int]) -> Vms:
    """Return the VMs with the largest size that each has in any row."""
    place = np.asarray([row_of[name] for name in rows.vms])
    cores, memory = np.ones(len(row_of)), np.zeros(len(row_of))
    np.maximum.at(cores, place, rows.numbers["cores"])
    np.maximum.at(memory, place, rows.numbers["memory_mib"])
    return sized(names(row_of), np.ceil(cores).astype(np.int64), memory)


def _parse(file: str, text: str, rows: _Rows, findings: list[Finding]) -> None:
    for row, line in enumerate(text.splitlines(), 1):
        cells = line.split()
        if cells and len(cells) not in CELLS:
            message = f"Has {len(cells)} cells; {' or '.join(map(str, CELLS))} were expected."
            findings.append(Finding("error", "ragged-row", message, file, row))
        elif cells:
            for name, (place, most) in NUMBERS.items():
                rows.numbers[name].append(_number(cells[place], most))
                if rows.numbers[name][-1] < 0:
                    message = f"Expected a number from 0 to {most:,.0f}."
                    findings.append(Finding("error", "value", message, file, row, name, cells[place]))
            rows.vms.append(cells[VM])
    if len(findings) > noticed.MOST_OF_A_KIND:
        findings[:] = noticed.capped(findings)


def _number(cell: str, most: float) -> float:
    """Return a cell's number, or −1 if it is none or out of bounds."""
    try:
        number = float(cell)
    except ValueError:
        return -1.0
    return number if 0 <= number <= most else -1.0
