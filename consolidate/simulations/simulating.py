"""What a simulation is of: an inventory with its readings, an inventory's hosts with a trace, or a preset with one."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from consolidate import inputs
from consolidate.inventories.copies import copied, tiled
from consolidate.inventories.estate import supposed
from consolidate.readers import noticed, traces
from consolidate.readers.reading import Options, Reading
from consolidate.readers.traces import Traced, TraceOptions
from consolidate.settings import Estate, Settings
from consolidate.simulation import Progress, Simulated, Start, simulate
from consolidate.simulations import fitting, replay
from models.arrays import Floats, Ints
from models.errors import Finding, InputError
from models.inventory import Inventory
from models.variants import bootstrapped, replica_names, replicated, scaled

_VARIED = Finding(
    "info",
    "variant",
    "The readings were drawn anew in blocks of two hours; more VMs are idle for one than before.",
)
_ANYWHERE = Finding("info", "any-cluster", "The VMs of a trace belong to no cluster; they may run on any host.")
BLOCK = 24
"""Samples of a block, where a variant is drawn: two hours of five minutes."""


@dataclass(frozen=True)
class Wanted:
    """
    What to simulate.

    Parameters
    ----------
    path
        The inventory, or a trace.
    options
        How the inventory is read; its ``usage`` may be a trace.
    hosts
        An inventory whose hosts the VMs of a trace run on.
    preset
        Name of a preset; empty: our own physics.
    policy, policy_options, preset_options
        Name and options of the policy, and of the preset.
    steps, seed
        How many steps, and the seed of the run.
    plan
        Result folder of a plan that is replayed.
    trace
        How a trace is read.
    replicate, scale, variant
        How many times as many hosts and VMs; a factor on CPU; seed of a variant of the readings, drawn in blocks.
    """

    path: Path
    options: Options = field(default_factory=Options)
    hosts: Path | None = None
    preset: str = ""
    policy: str = "none"
    policy_options: Mapping[str, Any] = field(default_factory=dict)
    preset_options: Mapping[str, Any] = field(default_factory=dict)
    steps: int | None = None
    seed: int = 1
    plan: Path | None = None
    trace: TraceOptions = field(default_factory=TraceOptions)
    replicate: int = 1
    scale: float = 1.0
    variant: int | None = None


def given(wanted: Wanted, settings: Settings) -> tuple[Traced | Reading, Start]:
    """
    Return what is simulated, a trace if it is with a preset, and its start.

    Raises
    ------
    InputError
        If files, names or options are wrong, or do not go together.
    """
    noticed.stop_on_errors([*fitting.unfit(wanted), *fitting.without_effect(wanted, settings)])
    if wanted.preset:
        return varied(traces.read(wanted.path, wanted.trace), wanted), Start()
    reading, start = _reading(wanted, settings.estate)
    files = inputs.overlay(settings), settings.estate.buy, settings.prices.carbon
    for file in files:
        reading = inputs.with_hash(reading, None if file is None else Path(file))
    if wanted.plan is not None:
        planned = replay.planned(wanted.plan, reading.inventory, settings.simulation.plan_start_s)
        reading = inputs.with_hash(reading, wanted.plan / "moves.csv")
        start = replace(start, planned=planned)
    return reading, start


def simulated(wanted: Wanted, settings: Settings, progress: Progress | None, stopped: Any = bool) -> Simulated:
    """
    Return the simulation that is wanted.

    Raises
    ------
    InputError
        If files, names or options are wrong, or do not go together.
    """
    found, start = given(wanted, settings)
    if isinstance(found, Traced):
        from consolidate.simulations.experiments import simulate_preset

        return simulate_preset(
            found,
            policy=wanted.policy,
            policy_options=wanted.policy_options,
            preset_options=wanted.preset_options,
            replicate=wanted.replicate,
            settings=settings,
            steps=wanted.steps,
            seed=wanted.seed,
            progress=progress,
            stopped=stopped,
        )
    if wanted.hosts is not None:
        settings = settings.changed({"limits.cross_clusters": True})
    return simulate(
        found,
        policy=wanted.policy,
        options=wanted.policy_options,
        settings=settings,
        steps=wanted.steps,
        seed=wanted.seed,
        start=start,
        progress=progress,
        stopped=stopped,
    )


def varied(traced: Traced, wanted: Wanted) -> Traced:
    """Return the trace replicated, scaled, and drawn anew, as wanted."""
    if wanted.variant is not None:
        groups = size_classes(traced)
        readings = bootstrapped(traced.readings, groups, block=BLOCK, seed=wanted.variant)
        traced = replace(traced, readings=readings, findings=(*traced.findings, _VARIED))
    if wanted.scale != 1.0:
        limit = 100.0 if traced.unit == "percent" else np.inf
        traced = replace(traced, readings=scaled(traced.readings, wanted.scale, limit))
    if wanted.replicate > 1:
        times = wanted.replicate
        columns = {name: replicated(getattr(traced.vms, name), times) for name in traced.vms.columns()}
        columns["vm"] = replica_names(traced.vms.vm, times)
        many = {
            name: None if getattr(traced, name) is None else replicated(getattr(traced, name), times)
            for name in ("readings", "memory_mib", "net_mbps", "disk_iops", "arrive_s", "leave_s")
        }
        traced = replace(traced, vms=type(traced.vms)(**columns), **many)  # type: ignore[arg-type]
    return traced


def size_classes(traced: Traced) -> Ints:
    """Return the class of each VM: those of one size, or a quarter of the trace where sizes are not known."""
    if traced.sized:
        pairs = np.column_stack([traced.vms.vcpus, traced.vms.memory_mib])
        return np.unique(pairs, axis=0, return_inverse=True)[1].reshape(-1)
    count = len(traced.vms)
    return np.arange(count) // max(-(-count // 4), 1)


def _reading(wanted: Wanted, estate: Estate) -> tuple[Reading, Start]:
    """Return the inventory with its readings, and when its VMs come and go; hosts become what the settings say."""
    if wanted.hosts is not None:
        reading = supposed(inputs.read(wanted.hosts, replace(wanted.options, usage=None)), estate)
        hosts = tiled(reading.inventory.hosts, ("host", "cluster"), wanted.replicate)
        return _joined(Reading(Inventory(hosts, _nobody())), wanted, wanted.path, own=True)
    usage = wanted.options.usage
    if usage is None and _is_trace(wanted.path):
        text = (
            "Is a trace, which tells nothing of hosts: give an inventory with --hosts, the inventory with "
            "--usage TRACE, or a preset with --preset."
        )
        raise InputError([Finding("error", "no-hosts", text, str(wanted.path))])
    if usage is not None and _is_trace(usage):
        reading = supposed(inputs.read(wanted.path, replace(wanted.options, usage=None)), estate)
        return _joined(reading, wanted, usage, own=False)
    reading = supposed(inputs.read(wanted.path, wanted.options), estate)
    return _changed(reading, wanted), Start()


def _is_trace(path: Path) -> bool:
    return path.exists() and traces.detected(path) not in (None, "long", "wide")


def _nobody() -> Any:
    from models.inventory import Vms

    return Vms.of(vm=[], host=[], vcpus=[], memory_mib=[])


def _joined(reading: Reading, wanted: Wanted, path: Path, *, own: bool) -> tuple[Reading, Start]:
    """Return a reading with the readings of a trace; `own`: its VMs are the trace's."""
    traced = traces.read(path, wanted.trace)
    if own:
        traced = varied(traced, wanted)
        inventory = traces.as_inventory(traced, reading.inventory.hosts)
        reading = replace(reading, inventory=inventory, findings=(*reading.findings, _ANYWHERE))
    usage, told = traces.as_usage(traced, reading.inventory)
    reading = replace(
        reading,
        usage=usage,
        findings=(*reading.findings, *traced.findings, *told),
        hashes={**reading.hashes, **traced.hashes},
    )
    arrive, leave = _lives(traced, reading.inventory)
    if own:
        return reading, Start(arrive_s=arrive, leave_s=leave)
    if wanted.replicate > 1:
        arrive, leave = (np.tile(each, wanted.replicate) for each in (arrive, leave))
    return _changed(reading, wanted), Start(arrive_s=arrive, leave_s=leave)


def _lives(traced: Traced, inventory: Inventory) -> tuple[Floats, Floats]:
    """Return when each VM of the inventory comes and goes, by the trace."""
    row_of = {name: row for row, name in enumerate(traced.vms.vm)}
    rows = np.array([row_of.get(name, len(row_of)) for name in inventory.vms.vm], np.int64)
    return np.append(traced.arrive_s, -np.inf)[rows], np.append(traced.leave_s, np.inf)[rows]


def _changed(reading: Reading, wanted: Wanted) -> Reading:
    """Return an inventory's reading scaled, drawn anew and replicated, as wanted."""
    usage = reading.usage
    if usage is None:
        return reading
    cpu = usage.cpu_mhz
    if wanted.variant is not None:
        vms = reading.inventory.vms
        groups = np.unique(np.column_stack([vms.vcpus, vms.memory_mib]), axis=0, return_inverse=True)[1].reshape(-1)
        cpu = bootstrapped(cpu, groups, block=BLOCK, seed=wanted.variant)
    if wanted.scale != 1.0:
        cpu = scaled(cpu, wanted.scale)
    reading = replace(reading, usage=replace(usage, cpu_mhz=cpu))
    return copied(reading, wanted.replicate) if wanted.replicate > 1 else reading
