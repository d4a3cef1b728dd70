"""What virtualization adds to the demand of one VM, technology by technology, as rows and as lines."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from models.arrays import names
from models.overhead import overhead, technologies

Row = Mapping[str, Any]


def rows(technology: str | None, vcpus: int, memory_mib: float, cpu_mhz: float) -> list[Row]:
    """Return a row for each technology, or for the one named."""
    chosen = technologies() if technology is None else (technology,)
    size = len(chosen)
    added = overhead(
        names(chosen), np.full((size, 1), cpu_mhz), np.full(size, vcpus, np.int64), np.full(size, memory_mib)
    )
    return [
        {
            "technology": name,
            "cpu_added_mhz": float(added.cpu_mhz[row, 0]),
            "cpu_share": float(added.cpu_mhz[row, 0]) / cpu_mhz if cpu_mhz else None,
            "memory_added_mib": float(added.memory_mib[row]),
            "memory_share": float(added.memory_mib[row]) / memory_mib,
        }
        for row, name in enumerate(chosen)
    ]


def lines(found: Sequence[Row]) -> Iterator[str]:
    """Yield the rows as a table of text."""
    yield f"{'technology':<20}{'CPU MHz':>10}{'share':>8}{'memory MiB':>12}{'share':>8}"
    for row in found:
        share = "" if row["cpu_share"] is None else f"{row['cpu_share']:.1%}"
        memory = f"{row['memory_added_mib']:>12.0f}{row['memory_share']:>8.1%}"
        yield f"{row['technology']:<20}{row['cpu_added_mhz']:>10.0f}{share:>8}{memory}"
