"""A trace of utilisation: VMs, their readings over time, and when each is there."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from consolidate.readers import noticed, store, usage
from models.arrays import NOWHERE, Floats, Ints, Names, Singles, frozen, names
from models.counting import counted
from models.demand import Usage
from models.errors import BrokenPromiseError, Finding, InputError
from models.inventory import Hosts, Inventory, Vms

UNITS = ("mhz", "percent")


@dataclass(frozen=True)
class TraceOptions:
    """
    How to read a trace.

    Parameters
    ----------
    format
        A key of `consolidate.readers.traces.FORMATS`, or ``auto``.
    order
        Of PlanetLab's files: ``ntfs`` (names in upper case, as Windows sorts) or ``name`` (as bytes).
    memory_unit
        Of an OpenDC trace: ``kb``, ``mb`` or ``gb``; ``auto`` goes by the memory a virtual CPU.
    resample
        What stands for a step in which CPU changes: ``mean`` over its time, or ``max``.
    step_s
        Distance of samples where the trace has none of its own. [s]
    unit
        Of readings with one column a VM: ``mhz`` or ``percent``; ``auto`` goes by the largest.
    in_memory_mib
        A matrix larger than this is kept in a temporary file. [MiB]
    delimiter, decimal, encoding
        In place of what is found out from the file.
    """

    format: str = "auto"
    order: str = "ntfs"
    memory_unit: str = "auto"
    resample: str = "mean"
    step_s: float = 300.0
    unit: str = "auto"
    in_memory_mib: float = store.IN_MEMORY_MIB
    delimiter: str = ""
    decimal: str = ""
    encoding: str = ""


@dataclass(frozen=True, eq=False)
class Traced:
    """
    A trace as it was read.

    Parameters
    ----------
    vms
        The VMs, on no host. Without sizes they have 1 vCPU and no memory.
    readings
        CPU used, NaN where there is no reading. Shape (vms, samples).
    unit
        ``mhz``, or ``percent`` of the VM's CPU.
    start_s, step_s
        The first sample, UTC seconds since 1970 or 0 where the trace has no date; the distance of two. [s]
    memory_mib, net_mbps, disk_iops
        Memory, traffic and disk operations, or None. [MiB], [Mbit/s], [1/s] Shape (vms, samples).
    arrive_s, leave_s
        When a VM comes and goes, since the start; −inf and inf where it is always there. [s] Shape (vms,).
    sized
        Whether the trace tells vCPUs and memory of its VMs.
    findings
        What was noticed; errors never get this far.
    hashes
        SHA-256 of each file read, or of a folder of files, by name.
    source, format
        Name of the file or folder, and its format.
    """

    vms: Vms
    readings: Singles
    unit: str
    start_s: float
    step_s: float
    arrive_s: Floats
    leave_s: Floats
    sized: bool = False
    memory_mib: Singles | None = None
    net_mbps: Singles | None = None
    disk_iops: Singles | None = None
    findings: tuple[Finding, ...] = ()
    hashes: Mapping[str, str] = field(default_factory=dict)
    source: str = ""
    format: str = ""

    def __post_init__(self) -> None:
        others = (self.memory_mib, self.net_mbps, self.disk_iops)
        if any(other is not None and other.shape != self.readings.shape for other in others):
            raise BrokenPromiseError("All readings of a trace share one time grid.")
        if {len(self.vms), len(self.arrive_s), len(self.leave_s)} != {len(self.readings)} or self.unit not in UNITS:
            raise BrokenPromiseError("A trace has a row of readings for each VM, in a unit that is known.")

    @property
    def samples(self) -> int:
        """How many moments were sampled."""
        return int(self.readings.shape[1])


def always(vms: int) -> dict[str, Any]:
    """Return the times of VMs that are there from before the start to after the end."""
    return {
        "arrive_s": frozen(np.full(vms, -np.inf), np.float64),
        "leave_s": frozen(np.full(vms, np.inf), np.float64),
    }


def unsized(given: Iterable[object]) -> Vms:
    """Return VMs of which only the names are known."""
    called = names(given)
    return sized(called, np.ones(len(called), np.int64), np.zeros(len(called)))


def sized(called: Names, vcpus: Ints, memory_mib: Floats, **more: Any) -> Vms:
    """Return VMs on no host."""
    return Vms.of(vm=called, host=names([""] * len(called)), vcpus=vcpus, memory_mib=memory_mib, **more)


def as_inventory(traced: Traced, hosts: Hosts) -> Inventory:
    """
    Return the trace's VMs, on no host yet, with the hosts given.

    Raises
    ------
    InputError
        If two VMs have one name.
    """
    return Inventory(hosts, traced.vms, source=traced.source)


def as_usage(traced: Traced, inventory: Inventory) -> tuple[Usage, tuple[Finding, ...]]:
    """
    Return the readings of an inventory's VMs, found by name, and what was noticed.

    Percentages are of the VM's vCPUs at the clock of its host. A VM that the trace does not have gets no reading.

    Raises
    ------
    InputError
        If no VM of the inventory is in the trace.
    """
    row_of = {name: row for row, name in enumerate(traced.vms.vm)}
    rows = np.asarray([row_of.get(name, NOWHERE) for name in inventory.vms.vm], np.int64)
    if not (rows != NOWHERE).any():
        text = f"None of its {counted(len(row_of), 'VM')} ({noticed.examples(list(row_of), 3)}) is in the inventory,"
        text += f" which has {noticed.examples(list(inventory.vms.vm), 3)}."
        raise InputError([Finding("error", "unknown-vm", text, traced.source)])
    findings = [*_strangers(traced, inventory), *usage.silent(rows != NOWHERE, inventory, traced.source)]
    factor = np.ones(len(rows))
    if traced.unit == "percent":
        factor = usage.full_load(inventory, traced.source, findings) / 100
    aligned = {
        name: _aligned(matrix, rows, factor if name == "cpu_mhz" else np.ones(len(rows)))
        for name, matrix in _matrices(traced).items()
    }
    return Usage(traced.start_s, traced.step_s, **aligned), tuple(findings)


def _matrices(traced: Traced) -> dict[str, Singles]:
    every = {
        "cpu_mhz": traced.readings,
        "memory_mib": traced.memory_mib,
        "disk_iops": traced.disk_iops,
        "net_mbps": traced.net_mbps,
    }
    return {name: matrix for name, matrix in every.items() if matrix is not None}


def _strangers(traced: Traced, inventory: Inventory) -> list[Finding]:
    strange = [name for name in traced.vms.vm if name not in inventory.vm_row]
    if not strange:
        return []
    every = f"of {counted(len(traced.vms), 'VM')}"
    text = f"{counted(len(strange), f'{every} is', f'{every} are')} not in the inventory: {noticed.examples(strange)}."
    return [Finding("warning", "unknown-vm", text, traced.source, 0, "vm", count=len(strange))]


def _aligned(matrix: Singles, rows: Ints, factor: Floats) -> Singles:
    """Return some rows of a matrix times a factor each, NaN where there is no row; without work if nothing changes."""
    if len(rows) == len(matrix) and (rows == np.arange(len(rows))).all() and (factor == 1).all():
        return matrix
    limit = 0.0 if isinstance(matrix.base, np.memmap) else store.IN_MEMORY_MIB
    result = store.matrix((len(rows), matrix.shape[1]), np.nan, limit)
    several = store.rows_at_once(matrix.shape[1])
    for first in range(0, len(rows), several):
        part = rows[first : first + several]
        on = np.flatnonzero(part != NOWHERE)
        result[first + on] = matrix[part[on]] * factor[first + on, None].astype(np.float32)
    kept: Singles = usage.kept(result)
    return kept
