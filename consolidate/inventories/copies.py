"""An estate several times, each copy with names and clusters of its own."""

from dataclasses import replace
from typing import Any

import numpy as np

from consolidate.readers.reading import Reading
from models.arrays import names


def copied(reading: Reading, times: int) -> Reading:
    """Return an estate of so many copies of one, each with clusters of its own."""
    inventory, usage = reading.inventory, reading.usage
    assert usage is not None
    many: dict[str, Any] = {
        name: None if (matrix := getattr(usage, name)) is None else np.tile(matrix, (times, 1))
        for name in ("cpu_mhz", "memory_mib", "disk_iops", "net_mbps")
    }
    hosts = tiled(inventory.hosts, ("host", "cluster"), times)
    vms = tiled(inventory.vms, ("vm", "host", "cluster"), times)
    return replace(
        reading, inventory=replace(inventory, hosts=hosts, vms=vms, rules=()), usage=replace(usage, **many)
    )  # fmt: skip


def tiled(given: Any, marked: tuple[str, ...], times: int) -> Any:
    """Return a table so many times, the names in some columns marked."""
    columns = {name: np.tile(getattr(given, name), times) for name in given.columns()}
    for name in marked:
        columns[name] = names(_marked(value, copy) for copy in range(times) for value in getattr(given, name))
    return type(given)(**columns)


def _marked(name: str, copy: int) -> str:
    """Return the name in a copy; where nothing is named nothing is, but for clusters of estates without them."""
    return f"{name} #{copy + 1}" if copy and name else name
