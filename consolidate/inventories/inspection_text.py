"""An inspection as lines of text that fit a terminal of 80 columns but for very large figures."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from textwrap import wrap

import numpy as np

from consolidate.inventories.inspection import Inspection, Totals
from models.errors import Finding

_NAME = 20
_SIZES = ("hosts", "cores", "GiB", "VMs", "vCPUs", "VMs' GiB")
_RATIOS = ("vCPU:core", "N−k", "memory", "N−k")


def lines(inspection: Inspection) -> Iterator[str]:
    """Yield the grade with its reasons, the totals per cluster, and what was noticed, as counts."""
    yield f"{inspection.source}  {inspection.taken}".rstrip()
    yield f"Grade {inspection.grade.letter}"
    yield from (f"  - {reason}" for reason in inspection.grade.reasons)
    yield ""
    several = len(inspection.clusters) > 1
    rows = (*inspection.clusters, inspection.overall) if several else (inspection.overall,)
    yield "Sizes (running VMs / all)"
    yield from _table(_SIZES, [(row.name, _sizes(row)) for row in rows], (6, 7, 8, 10, 12, 14))
    yield ""
    yield f"Ratios (running VMs / all; N−k: with {_spares(inspection)} lost)"
    yield from _table(_RATIOS, [(row.name, _ratios(row)) for row in rows], (15, 15, 15, 15))
    yield ""
    counts = Counter(finding["severity"] for finding in inspection.findings)
    counted = ", ".join(f"{count} {severity}" for severity, count in counts.items()) or "none"
    yield f"Pinned VMs: {inspection.pinned:,}. Rules: {inspection.rules:,}. Findings: {counted}."
    for finding in inspection.findings:
        yield f"  {finding['severity']}: {Finding(**finding)}"


def _spares(inspection: Inspection) -> str:
    count = max((row.spare_hosts for row in inspection.clusters), default=inspection.overall.spare_hosts)
    return f"{count} host{'' if count == 1 else 's'} a cluster"


def _table(heads: Sequence[str], rows: Sequence[tuple[str, Sequence[str]]], least: Sequence[int]) -> Iterator[str]:
    """Yield a table whose columns are as wide as given, or wider where a cell would touch the one before it."""
    columns = zip(heads, *(cells for _, cells in rows), strict=True)
    widths = [max(width, *(len(cell) + 1 for cell in column)) for width, column in zip(least, columns, strict=True)]
    yield " " * _NAME + _row(heads, widths)
    for name, cells in rows:
        folded = wrap(name, _NAME - 1) or [""]
        for part, figures in zip_longest(folded, [_row(cells, widths)], fillvalue=""):
            yield f"{part:<{_NAME}}{figures}".rstrip()


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True))


def _sizes(totals: Totals) -> tuple[str, ...]:
    return (
        f"{totals.hosts:,}",
        f"{totals.cores:,}",
        f"{totals.memory_gib:,.0f}",
        f"{totals.vms_on:,}/{totals.vms:,}",
        f"{totals.vcpus_on:,}/{totals.vcpus:,}",
        f"{totals.vm_memory_on_gib:,.0f}/{totals.vm_memory_gib:,.0f}",
    )


def _ratios(totals: Totals) -> tuple[str, ...]:
    ratio = totals.ratios()

    def pair(name: str, room: str, form: str) -> str:
        on, every = ratio[f"{name}_on{room}"], ratio[f"{name}{room}"]
        return f"{on:{form}} / {every:{form}}" if np.isfinite(every) else "-"

    shapes = (("vcpus_per_core", ".2f"), ("memory_share", ".0%"))
    return tuple(pair(name, room, form) for name, form in shapes for room in ("", "_spare"))
