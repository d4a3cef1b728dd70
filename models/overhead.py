"""What a hypervisor adds to a VM's own demand: the first law, a share and a fixed part by technology."""

from dataclasses import dataclass

import numpy as np

from models import catalog
from models.arrays import Floats, Ints, Names
from models.errors import InputError


@dataclass(frozen=True, eq=False)
class Overhead:
    """CPU [MHz] and memory [MiB] that virtualization adds. Shape (vms, buckets) and (vms,)."""

    cpu_mhz: Floats
    memory_mib: Floats


def technologies() -> tuple[str, ...]:
    """Return the technologies that the catalog knows."""
    return tuple(row["technology"] for row in catalog.rows("technologies"))


def overhead(technology: Names, cpu_mhz: Floats, vcpus: Ints, memory_mib: Floats) -> Overhead:
    """
    Return what each VM takes beyond its own demand.

    CPU is a share of the CPU used, plus idle ticks a virtual CPU; memory is a share of the configured memory, plus a
    fixed part, plus one a virtual CPU (page tables, device models) [1]_.

    Parameters
    ----------
    technology
        Keys of ``models/catalog/technologies.csv``. Shape (vms,).
    cpu_mhz
        CPU that the VM itself uses. [MHz] Shape (vms, buckets).
    vcpus, memory_mib
        As configured. Shape (vms,).

    Raises
    ------
    InputError
        If the catalog does not know a technology.

    References
    ----------
    .. [1] OpenShift Virtualization, cluster resource requirements: memory overhead per virtual machine.
    """
    table = {row["technology"]: row for row in catalog.rows("technologies")}
    known, code = np.unique(technology.astype(str), return_inverse=True)
    strange = [name for name in known if name not in table]
    if strange:
        raise InputError(f"Technologies {strange} are unknown; known are {', '.join(sorted(table))}.")

    def rate(key: str) -> Floats:
        values = np.array([float(table[name][key]) for name in known])
        return values[code] if len(values) else np.zeros(len(technology))

    cpu = rate("cpu_share")[:, None] * cpu_mhz + (rate("cpu_vcpu_mhz") * vcpus)[:, None]
    memory = rate("memory_share") * memory_mib + rate("memory_fixed_mib") + rate("memory_vcpu_mib") * vcpus
    return Overhead(cpu, memory)
