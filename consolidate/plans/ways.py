"""What the scheduler needs to know, from an inventory and the settings: limits, rates, disks, groups."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from consolidate.readers.reading import Reading
from consolidate.readers.selectors import Selector
from consolidate.settings import Settings
from models import catalog
from models.arrays import NOWHERE, Floats, Mask, Rows
from models.disks import Disks
from models.errors import Finding, InputError
from models.formulation import Formulation
from models.inventory import Inventory
from models.network import Limits, platform
from models.plan import Placement, Transition
from models.problem import Problem
from models.timing import Sync, Timing

MIB_PER_GIB = 1024


def limits(settings: Settings, placement: Placement, problem: Problem, timing: Sequence[Timing] = ()) -> Limits:
    """Return the platform's limits, with waves of a tenth of the moves at least, and of all that move together."""
    chosen, moves = settings.migration, placement.host != problem.start
    joint = max((int(moves[rule.vms].sum()) for rule in timing if isinstance(rule, Sync)), default=0)
    wave = max(chosen.wave, -(-int(np.count_nonzero(moves)) // 10), joint)
    own = platform(chosen.platform)
    pilot = max(chosen.pilot, joint)
    return replace(own, wave=wave, pilot=pilot, pause_s=chosen.pause_s, early=chosen.early_shutdown)


def transition(reading: Reading, formulation: Formulation, placement: Placement, settings: Settings) -> Transition:
    """Return what the scheduler needs to know."""
    inventory = reading.inventory
    stream = settings.migration.bandwidth_mbps
    disks = copying(reading, formulation, settings)
    return Transition(
        problem=formulation.problem,
        placement=placement,
        memory_mib=inventory.vms.memory_mib,
        dirty_mib_s=dirty_rates(formulation, reading),
        running=inventory.running,
        nic_mbps=np.maximum(inventory.hosts.migration_mbps, 1.0),
        stream_mbps=catalog.number("migration", "stream_mbps") if stream is None else stream,
        boot_s=inventory.hosts.boot_s,
        shutdown_s=inventory.hosts.shutdown_s,
        limits=limits(settings, placement, formulation.problem),
        network=reading.network,
        rates=tuple(settings.migration.rates),
        groups=_grouped(inventory, settings.migration.waves_by),
        datastores=_datastores(inventory),
        disks=None if disks is None else disks.copied,
        storage=disks,
        may_stop=stoppable(inventory, settings),
        balloon_mib=idle(formulation, inventory, settings),
        technique=settings.migration.technique,
    )


def copying(reading: Reading, formulation: Formulation, settings: Settings) -> Disks | None:
    """Return what is copied of disks with each move: of those on local storage; None if nothing ever is."""
    vms, chosen = reading.inventory.vms, settings.migration
    used = np.nan_to_num(vms.disk_gib) * MIB_PER_GIB
    if chosen.disks == "none" or not used.any():
        return None
    requests = formulation.rates.disk_iops * catalog.number("migration", "disk_request_kib") / MIB_PER_GIB
    ports = None if chosen.storage_mbps is None else np.full(len(reading.inventory.hosts), chosen.storage_mbps)
    return Disks(
        used_mib=used,
        write_mib_s=requests * catalog.number("migration", "disk_writes_share"),
        port_mbps=ports,
        disk_mib_s=np.inf if chosen.disk_mib_s is None else chosen.disk_mib_s,
        differs_share=chosen.disk_differs_share,
    )


def _datastores(inventory: Inventory) -> tuple[tuple[int, ...], ...] | None:
    """Return the datastores of each VM, by number; None if no VM names one."""
    named = [sorted({name.strip() for name in str(each).split(";")} - {""}) for each in inventory.vms.datastores]
    number = {name: row for row, name in enumerate(sorted({name for each in named for name in each}))}
    return tuple(tuple(number[name] for name in each) for each in named) if number else None


def _grouped(inventory: Inventory, by: str) -> Rows | None:
    """Return the group of VMs that each is moved with, -1 for none; None if there are no groups."""
    if by == "none":
        return None
    column = Selector(inventory).vm_properties[by]
    known, group = np.unique(column, return_inverse=True)
    return np.where(column == "", NOWHERE, group).astype(np.int32) if len(known) else None


def idle(formulation: Formulation, inventory: Inventory, settings: Settings) -> Floats | None:
    """
    Return the memory that VMs named can give up for a while; None if none is named. [MiB] Shape (vms,).

    That is what they are given and have not touched lately, no more than a balloon takes at most, and never what is
    guaranteed to them. Of a VM whose active memory is not known it is nothing.
    """
    if not settings.migration.may_balloon:
        return None
    vms, granted = inventory.vms, formulation.memory.values.min(axis=1, initial=np.inf)
    most = catalog.number("migration", "balloon_share_max") * granted
    spare = np.minimum(granted - np.nan_to_num(vms.memory_active_mib, nan=np.inf), granted - vms.memory_reservation_mib)
    able = shrinkable(inventory, settings) & inventory.running
    return np.where(able, np.floor(np.clip(spare, 0.0, most)), 0.0)


def stoppable(inventory: Inventory, settings: Settings) -> Mask:
    """Return the VMs that may be stopped for a move."""
    return _named(inventory, settings.migration.may_stop, "may_stop")


def shrinkable(inventory: Inventory, settings: Settings) -> Mask:
    """Return the VMs that may be taken memory from for a while."""
    return _named(inventory, settings.migration.may_balloon, "may_balloon")


def _named(inventory: Inventory, named: Sequence[str], setting: str) -> Mask:
    """Return the VMs that a setting names."""
    selector, found, wrong = Selector(inventory), np.zeros(len(inventory.vms), np.bool_), []
    for each in named:
        try:
            found[selector.vms(each)] = True
        except ValueError as problem:
            wrong.append(Finding("error", "setting", str(problem), "settings", 0, f"migration.{setting}", each))
    if wrong:
        raise InputError(wrong)
    return found


def dirty_rates(formulation: Formulation, reading: Reading) -> Floats:
    """Return the rate at which each VM dirties memory, estimated from its load where it was not measured."""
    from models.laws import migration
    from models.reserve import own_clock

    vms = reading.inventory.vms
    share = formulation.cpu.values.mean(axis=1) / np.maximum(vms.vcpus * own_clock(reading.inventory), 1.0)
    estimated = migration.dirty_estimate(vms.memory_mib, np.clip(share, 0.0, 1.0))
    return np.where(np.isnan(vms.dirty_mib_s), estimated, vms.dirty_mib_s)
