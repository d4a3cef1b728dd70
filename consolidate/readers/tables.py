"""The tables of an inventory, from sheets whose columns are known by name."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from consolidate.readers import cells, noticed
from consolidate.readers.sheet import Sheet
from models.counting import counted
from models.errors import Finding
from models.inventory import Column

LEAST_MEMORY_MIB = 1024
LEAST_CLOCK_MHZ = 500


@dataclass(frozen=True)
class Origin:
    """Where a column comes from: a position in the sheet, and the factor to our unit."""

    position: int
    factor: float = 1.0


def values(
    sheet: Sheet,
    columns: Mapping[str, Column],
    origins: Mapping[str, Origin],
    decimal: str,
    findings: list[Finding],
) -> dict[str, list[Any]]:
    """Return the columns of a table; findings for missing ones, for wrong cells and for names that stand twice."""
    missing = [name for name, column in columns.items() if column.required and name not in origins]
    used = {origin.position for origin in origins.values()}
    spare = [header for position, header in enumerate(sheet.header) if position not in used]
    for name in missing:
        near = noticed.suggestion(name, spare)
        text = f"Column is missing: {columns[name].text}{near} Columns found: {', '.join(sheet.header)[:300]}."
        findings.append(Finding("error", "missing-column", text, sheet.file, 1, name))
    numeric = [origins[name].position for name in origins if columns[name].kind in ("integer", "number")]
    sign = cells.decimal_of(sheet, numeric, decimal, findings)
    found = {
        name: cells.column(sheet, origins[name].position, columns[name], sign, findings, origins[name].factor)
        for name in columns
        if name in origins
    }
    key = next(iter(columns))
    if key in found:
        cells.duplicates(sheet, found[key], key, findings)
    if "power_curve_w" in found:
        cells.power_curves(sheet, origins["power_curve_w"].position, found["power_curve_w"], findings)
    return found


def doubts(file: str, hosts: Mapping[str, list[Any]]) -> list[Finding]:
    """Warn of hosts whose memory looks like GiB or whose clock looks like GHz."""
    found = []
    for name, least, unit in (("memory_mib", LEAST_MEMORY_MIB, "MiB"), ("cpu_mhz", LEAST_CLOCK_MHZ, "MHz")):
        small = np.flatnonzero(np.asarray(hosts.get(name, []), float) < least)
        if len(small):
            value = f"{hosts[name][small[0]]:g}"
            message = f"{counted(len(small), 'host has', 'hosts have')} less than {least:,} {unit}; is the unit right?"
            found.append(Finding("warning", "unit", message, file, 0, name, value, len(small)))
    return found
