"""What hosts do that promise more memory than they have: sharing, ballooning, compression, and at last swap."""

from collections.abc import Mapping

import numpy as np

from models.arrays import NOWHERE, Floats, Rows
from models.formulation import Formulation
from models.laws.memory import Reclaimed, reclaimed
from models.load import by_host


def pressure(formulation: Formulation, host: Rows) -> Reclaimed:
    """
    Return what each host takes back when each VM is on the host given for it. [MiB] Shape (hosts,).

    Idle is what VMs consume and have not touched lately, where both are known; of the others nothing is idle.

    Parameters
    ----------
    formulation
        What is reserved, and what hosts have.
    host
        The host of each VM, `NOWHERE` for none. Shape (vms,).
    """
    form, parameters = formulation, formulation.choices.technique.catalog.parameters
    vms, size = form.billing.inventory.vms, len(form.problem.hosts)
    granted = form.memory.values.max(axis=1, initial=0.0) + form.at(form.charge.memory_mib, host)
    granted = np.where(host == NOWHERE, 0.0, granted)
    spare = vms.memory_consumed_mib - vms.memory_active_mib
    idle = np.where(form.billing.inventory.running & ~np.isnan(spare), np.clip(spare, 0.0, granted), 0.0)
    held = by_host(granted, host, size)
    return taken_back(held - _there(form), held, by_host(idle, host, size), parameters)


def taken_back(
    missing_mib: Floats, granted_mib: Floats, idle_mib: Floats, parameters: Mapping[str, float]
) -> Reclaimed:
    """Return what hosts take back that lack memory, by the catalog's parameters. [MiB] Shape (hosts,)."""
    return reclaimed(
        missing_mib,
        granted_mib,
        idle_mib,
        shareable_share=parameters["shareable_share_max"],
        balloon_share=parameters["balloon_share_max"],
        compression_share=parameters["compression_share_max"],
        compression_ratio=parameters["compression_ratio"],
        touches_ps_mib=parameters["reclaimed_touch_ps_mib"],
        decompression_s=parameters["decompression_us"] * 1e-6,
        swap_in_s=parameters["swap_in_us"] * 1e-6,
    )


def _there(formulation: Formulation) -> Floats:
    """Return the memory that each host has for VMs, nothing promised twice and no ceiling. [MiB] Shape (hosts,)."""
    limits = formulation.choices
    return formulation.offered_memory_mib / (limits.memory_overcommit * limits.memory_ceiling)
