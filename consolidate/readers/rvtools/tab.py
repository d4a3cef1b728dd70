"""One tab of an RVTools export, with its columns found by meaning rather than by spelling."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from consolidate.readers import cells
from consolidate.readers import sheet as cell
from consolidate.readers.rvtools.fields import FIELDS, IDENTITY, squeezed
from consolidate.readers.sheet import Sheet
from models.arrays import Floats, Mask, Rows
from models.counting import counted
from models.errors import Finding

NUMERIC = frozenset({
    "cpus", "memory", "overall", "reservation", "consumed", "active", "size", "cores", "sockets",
    "cores_per_socket", "speed", "cpu_usage", "memory_usage",
})  # fmt: skip


@dataclass(frozen=True)
class Tab:
    """
    A tab and where its fields are.

    Parameters
    ----------
    name
        The tab's name, in lower case.
    sheet
        Its cells.
    position
        The column of each field that is there.
    decimal
        The decimal sign of its numbers.
    findings
        Where findings are added.
    vms
        The row in vInfo of the VM that each row is about, `NOWHERE` if it is about none.
    """

    name: str
    sheet: Sheet
    position: Mapping[str, int]
    decimal: str
    findings: list[Finding] = field(repr=False)
    vms: Rows = field(default_factory=lambda: np.empty(0, np.int32))

    def __len__(self) -> int:
        return len(self.sheet)

    def has(self, name: str) -> bool:
        """Say whether a field is there."""
        return name in self.position

    def header(self, name: str) -> str:
        """Return a field's header as it is written in the file."""
        return self.sheet.header[self.position[name]]

    def cells(self, name: str) -> tuple[Any, ...]:
        """Return a field's cells; empty ones if it is not there."""
        return self.sheet.columns[self.position[name]] if self.has(name) else ("",) * len(self)

    def texts(self, name: str) -> list[str]:
        """Return a field's cells as text."""
        return [cell.text(value) for value in self.cells(name)]

    def numbers(self, name: str) -> Floats:
        """Return a field's numbers, NaN where there is none; text among them is reported once, with its count."""
        return np.asarray(self._read(name, lambda value: cell.number(value, self.decimal), float("nan")), float)

    def flags(self, name: str) -> Mask:
        """Return where a field is true."""
        return np.asarray([bool(value) for value in self._read(name, cell.flag, None)], bool)

    def _read(self, name: str, convert: Callable[[object], Any], missing: Any) -> list[Any]:
        wrong: list[tuple[int, object]] = []
        values = []
        for row, value in zip(self.sheet.rows, self.cells(name), strict=True):
            try:
                values.append(convert(value))
            except ValueError:
                values.append(missing)
                wrong.append((row, value))
        if wrong:
            row, value = wrong[0]
            text = f"{len(wrong)} cells could not be read and count as empty."
            found = Finding(
                "warning",
                "unreadable-cell",
                text,
                self.sheet.file,
                row,
                self.header(name),
                cell.text(value),
                len(wrong),
            )
            self.findings.append(found)
        return values


def tab_of(name: str, sheet: Sheet, decimal: str, findings: list[Finding]) -> Tab:
    """Find a tab's fields in its header; the first column is taken for the name if its header was written over."""
    name = name.casefold()
    headers = [squeezed(header, name) for header in sheet.header]
    position: dict[str, int] = {}
    for meaning, spellings in FIELDS[name].items():
        places = [headers.index(spelling) for spelling in spellings if spelling in headers]
        if places:
            position[meaning] = places[0]
    key = IDENTITY.get(name, "vm")
    if key in FIELDS[name] and key not in position and headers and 0 not in position.values():
        position[key] = 0
        text = f"The first header is {sheet.header[0]!r}; its column is taken for {key}."
        findings.append(Finding("warning", "header", text, sheet.file, 1, sheet.header[0]))
    sheet = _without_headers(sheet, findings)
    numeric = [place for meaning, place in position.items() if meaning in NUMERIC]
    sign = cells.decimal_of(sheet, numeric, decimal, findings) if sheet.delimiter else decimal or "."
    return Tab(name, sheet, position, sign, findings)


def _without_headers(sheet: Sheet, findings: list[Finding]) -> Sheet:
    """Return the sheet without rows that repeat the header, as merged exports have them."""
    records = list(zip(*sheet.columns, strict=True))
    again = [place for place, record in enumerate(records) if tuple(map(cell.text, record)) == sheet.header]
    if not again:
        return sheet
    row = sheet.rows[again[0]]
    text = f"{counted(len(again), 'row repeats the header and holds', 'rows repeat the header and hold')} no data."
    findings.append(Finding("info", "repeated-header", text, sheet.file, row, count=len(again)))
    kept = [place for place in range(len(sheet)) if place not in set(again)]
    columns = tuple(tuple(column[place] for place in kept) for column in sheet.columns)
    return Sheet(sheet.file, sheet.header, columns, tuple(sheet.rows[place] for place in kept), sheet.delimiter)
