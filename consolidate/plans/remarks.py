"""What is worth knowing of a plan beside its figures: hosts that would swap, disks that are copied."""

from collections.abc import Iterator

import numpy as np

from models.arrays import Rows
from models.counting import counted
from models.errors import Finding
from models.formulation import Formulation
from models.inventory import Vms
from models.pressure import pressure


def pressed(formulation: Formulation, host: Rows) -> Iterator[Finding]:
    """Yield a warning for hosts that would have to swap, where more is promised than there is."""
    if formulation.choices.memory_overcommit <= 1:
        return
    swapped = pressure(formulation, host).swapped_mib
    rows = np.flatnonzero(swapped > 0)
    if not len(rows):
        return
    worst = rows[np.argmax(swapped[rows])]
    text = (
        f"{counted(len(rows), 'host')} would have to swap once sharing, ballooning and compression are at their "
        f"limits, the worst {formulation.problem.hosts[worst]!r} {swapped[worst]:,.0f} MiB: lower memory_overcommit."
    )
    yield Finding("warning", "memory-pressure", text, column="memory_mib", count=len(rows))


def disks(vms: Vms, *, copied: bool) -> Iterator[Finding]:
    """Yield what is told of disks on local storage: that moves copy them, or that they are taken to be shared."""
    local = np.nan_to_num(vms.disk_gib)
    if not (count := int(np.count_nonzero(local))):
        return
    held = f"{counted(count, 'VM has', 'VMs have')} {local.sum():,.0f} GiB on local storage, which"
    if copied:
        yield Finding("info", "local-disks", f"{held} is copied with every move.", column="disk_gib", count=count)
    else:
        text = f"{held} no move takes along: migration.disks says that all disks are shared."
        yield Finding("warning", "local-disks", text, column="disk_gib", count=count)


def unknown_disks(vms: Vms) -> Iterator[str]:
    """Yield what is assumed of disks of which nothing is known."""
    unknown = int(np.count_nonzero((vms.datastores == "") & (np.nan_to_num(vms.disk_gib) == 0)))
    if unknown:
        whose = counted(unknown, "VM that names", "VMs that name")
        yield f"The disks of {whose} no datastore are taken to be where every host reaches them."
