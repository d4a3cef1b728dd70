"""Readings over time for an inventory: ``usage.csv`` or ``usage.parquet``, long or wide, or a trace."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from consolidate.readers import long, noticed, sources, wide
from consolidate.readers.reading import Options
from models.arrays import NOWHERE, Floats, Mask, frozen
from models.counting import counted
from models.demand import Usage
from models.errors import Finding
from models.inventory import Inventory

if TYPE_CHECKING:
    from consolidate.readers.traces import Traced


def read(
    path: Path, inventory: Inventory, options: Options, findings: list[Finding], hashes: dict[str, str]
) -> Usage | None:
    """Read readings and align them with the inventory's VMs; without a result there is an error."""
    from consolidate.readers import traces

    if traces.detected(path) not in (None, "long", "wide"):
        return _of_trace(traces.read(path), inventory, findings, hashes)
    source = sources.opened(path, options, findings, hashes)
    if source is None:
        return None
    if wide.is_wide(source.header):
        found = wide.series(source, inventory.vm_row, len(inventory.vms), options.usage_unit, findings)
    else:
        named = long.columns(source.header, path.name, findings)
        found = named and long.series(source, named, inventory.vm_row, len(inventory.vms), findings)
    if found is None:
        return None
    findings += silent(found.read, inventory, path.name)
    matrices = found.matrices
    if "cpu_percent" in matrices:
        percent = matrices.pop("cpu_percent")
        percent *= full_load(inventory, path.name, findings).astype(np.float32)[:, None] / np.float32(100)
        matrices["cpu_mhz"] = percent
    return Usage(found.grid.start_s, found.grid.step_s, **{name: kept(each) for name, each in matrices.items()})


def _of_trace(traced: "Traced", inventory: Inventory, findings: list[Finding], hashes: dict[str, str]) -> Usage:
    from consolidate.readers import traces

    found, told = traces.as_usage(traced, inventory)
    findings += [*traced.findings, *told]
    hashes.update(traced.hashes)
    return found


def kept(matrix: Any) -> Any:
    """Return a matrix as read-only float32, not copied if it is that but for being writable."""
    matrix.setflags(write=False)
    return frozen(matrix, np.float32)


def silent(read: Mask, inventory: Inventory, file: str) -> list[Finding]:
    """Return what to say of running VMs that have no reading."""
    names = inventory.vms.vm[~read & inventory.running]
    if not len(names):
        return []
    text = f"{counted(len(names), 'running VM has', 'running VMs have')} no readings: {noticed.examples(list(names))}."
    return [Finding("warning", "no-readings", text, file, 0, "vm", count=len(names))]


def full_load(inventory: Inventory, file: str, findings: list[Finding]) -> Floats:
    """Return 100 % of each VM's CPU in MHz: its vCPUs at the clock of its host, or the median one if it is on none."""
    homeless = inventory.start == NOWHERE
    median = float(np.median(inventory.hosts.cpu_mhz)) if len(inventory.hosts) else np.nan
    if homeless.any():
        who = counted(homeless.sum(), "VM is on no host; its", "VMs are on no host; their")
        text = f"{who} CPU percentages are of the median clock, {median:g} MHz."
        findings.append(Finding("info", "median-clock", text, file, 0, "cpu_percent", count=int(homeless.sum())))
    clocks = np.append(inventory.hosts.cpu_mhz, median)
    clock = clocks[np.where(homeless, len(clocks) - 1, inventory.start)]
    return np.asarray(inventory.vms.vcpus * clock, float)
