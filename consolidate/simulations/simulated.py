"""What a simulation found, summed up."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from consolidate.readers.reading import Reading
from consolidate.settings import Settings
from consolidate.simulation import Simulated
from consolidate.simulations.simulation_tables import tables
from consolidate.virtualization.technique import technique
from consolidate.wording import counted, duration, three
from models.arrays import Floats
from models.demand import Usage, covered
from models.errors import Finding
from models.lifecycle import LEAVING
from models.meters import JOULE_PER_KWH
from models.traces import CORE_SHARE

if TYPE_CHECKING:
    from models.datacenter import Datacenter

_HOUR_S = 3600.0
_VMS = 4096
"""VMs whose readings are looked at together, so that little memory is taken."""
_MIB_PER_GIB = 1024.0
_ALMOST, _LEAST_SHARE = 1e-6, 1e-6
"""A smaller share is told as less than this."""


def found(
    model: "Datacenter",
    *,
    told: Mapping[str, Any],
    reading: Reading,
    usage: Usage | None,
    settings: Settings,
    findings: Sequence[Finding],
    options: Mapping[str, Any],
) -> Simulated:
    """
    Return what a run found.

    Parameters
    ----------
    model
        The datacenter at the end.
    told
        Keys of the summary that only the caller knows.
    reading, usage, settings
        What was simulated.
    findings
        What is to be told beside.
    options
        For the manifest.
    """
    from models.tables import SIMULATION

    summary = {**told, **_origin(model, reading, usage), **_measured(model)}
    summary["verdict"] = _verdict(summary)
    summary["assumptions"] = [*_assumed(model, usage, settings, summary), *(each.message for each in findings)]
    supposed = str(technique(settings.overhead, reading.inventory).change) if usage is not None else ""
    if supposed:
        summary["verdict"] = f"What if, {supposed}: {summary['verdict']}"
    return Simulated(
        summary={key: summary[key] for key in SIMULATION},
        tables=tables(model),
        manifest={
            "command": "simulate",
            "inputs": dict(reading.hashes),
            "options": dict(options),
            "seed": told["seed"],
        },
    )


def _origin(model: "Datacenter", reading: Reading, usage: Usage | None) -> dict[str, Any]:
    """Return the part of the summary that tells what was simulated."""
    from models.tables import SCHEMA_VERSION

    inventory = reading.inventory
    rows = np.flatnonzero(inventory.running)
    coverage = 1.0
    if usage is not None and len(rows):
        parts = [covered(usage.cpu_mhz[rows[first : first + _VMS]]) for first in range(0, len(rows), _VMS)]
        coverage = float(np.concatenate(parts).mean())
    return {
        "schema_version": SCHEMA_VERSION,
        "command": "simulate",
        "source": inventory.source,
        "taken": inventory.taken,
        "step_s": model.step_s,
        "duration_s": model.time_s,
        "coverage": coverage,
        "vms": len(inventory.vms),
        "vms_running": int(model.state.running.sum()),
        "hosts": int(model.had.sum()),
    }


def _measured(model: "Datacenter") -> dict[str, Any]:
    """Return the part of the summary that the simulation found."""
    state, meters, journal, pooled = model.state, model.state.meters, model.journal, model.physics.pooled
    lasted = max(model.time_s, 1e-9)
    over = meters.overload_share(pooled=pooled)
    lost = meters.migration_loss_share(pooled=pooled)
    asked = float(meters.vm_asked_mhz_s.sum())
    return {
        "energy_kwh": meters.energy_kwh,
        "energy_bound_kwh": _bound_kwh(model),
        "facility_kwh": journal.facility_kwh,
        "cost_eur": journal.cost_eur,
        "carbon_kg": journal.carbon_kg,
        "vms_unplaced": model.unplaced,
        "vm_hours_unplaced": float(meters.vm_unplaced_s.sum()) / _HOUR_S,
        "hosts_on_end": int(state.on.sum()),
        "hosts_on_mean": float(meters.on_s.sum()) / lasted,
        "hosts_on_peak": meters.peak_hosts_on,
        "power_mean_w": float(meters.energy_j.sum()) / lasted,
        "power_peak_w": meters.peak_power_w,
        "migrations": int(meters.arrivals.sum()),
        "migrating": len(model.flights),
        "refused": model.refused,
        "boots": int(meters.boots.sum()),
        "shutdowns": int(meters.shutdowns.sum()),
        "failures": meters.failures,
        "restarts": int(meters.vm_restarts.sum()),
        "downtime_s": float(meters.vm_down_s.sum()),
        "transferred_gib": meters.transferred_mib / _MIB_PER_GIB,
        "overload_share": over,
        "migration_loss_share": lost,
        "sla_violation": over * lost,
        "energy_sla_violation": meters.energy_kwh * over * lost,
        "average_violation": meters.average_violation,
        "ready_share": _ratio(meters.ready_s.sum(), meters.on_s.sum()),
        "memory_swapped_share": _ratio(meters.swapped_s.sum(), meters.on_s.sum()),
        "net_unserved_share": _ratio(meters.net_lost, meters.net_asked),
        "disk_unserved_share": _ratio(meters.disk_lost, meters.disk_asked),
        "unserved_share": meters.unserved_share,
        "overhead_share": journal.overhead_share,
        "unserved_gigacycles": meters.unserved_share * asked / 1000,
    }


def _bound_kwh(model: "Datacenter") -> float:
    """Return the energy below which no policy could have served what was asked for."""
    from solvers.policies.clairvoyant import least_energy_j

    rows, state = model.journal.timeline.columns, model.state
    if not len(rows["time_s"]):
        return 0.0
    asked = (rows["cpu_used_mhz"] + rows["cpu_unserved_mhz"]).astype(np.float64)
    spans = np.diff(rows["time_s"], prepend=0.0)
    watts = least_energy_j(
        asked[:, None],
        _steady_mib(model),
        capacity_mhz=state.capacity_mhz,
        memory_limit_mib=np.maximum(model.terms.memory_limit_mib, model.inventory.hosts.memory_mib),
        curve_w=model.terms.curve_w,
        step_s=1.0,
    )
    return float(watts @ spans) / JOULE_PER_KWH


def _steady_mib(model: "Datacenter") -> Floats:
    """Return the memory of each VM that was on hosts all the time; 0 where more than there is may be held."""
    meters = model.state.meters
    if model.physics.life == "instant" or meters.swapped_s.any():
        return np.zeros(1)
    there = meters.vm_running_s - meters.vm_unplaced_s >= model.time_s * (1 - 1e-9)
    return np.where(there, model.state.memory_mib, 0.0)


def _ratio(part: float, whole: float) -> float:
    return float(part) / float(whole) if whole else 0.0


def _verdict(summary: Mapping[str, Any]) -> str:
    mean, hosts = summary["hosts_on_mean"], summary["hosts"]
    many = f"all {hosts:,}" if hosts and abs(mean - hosts) < _ALMOST else f"{three(mean)} of {hosts:,}"
    on = "have load" if summary["preset"] else "are on"
    if many == "all 1":
        many, on = "all the time it", "has load" if summary["preset"] else "is on"
    text = (
        f"In {duration(summary['duration_s'])} the hosts draw {three(summary['energy_kwh'])} kWh; "
        f"{many} {on}{'' if many.startswith('all') else ' in the mean'}. "
        f"{_moved(summary['migrations'])}{_failed(summary['failures'])}, and {_unserved(summary['unserved_share'])}."
    )
    if summary["status"] == "partial":
        return f"Interrupted after {counted(summary['steps'], 'step')}. {text}"
    return text


def _moved(count: int) -> str:
    return f"{count:,} migration{' ends' if count == 1 else 's end'}" if count else "No VM is migrated"


def _failed(count: int) -> str:
    return f", hosts fail {'once' if count == 1 else f'{count:,} times'}" if count else ""


def _unserved(share: float) -> str:
    if share <= 0:
        return "all CPU asked for is served"
    return f"{'less than 0.0001' if share < _LEAST_SHARE else three(share * 100)}% of the CPU asked for is not served"


def _assumed(model: "Datacenter", usage: Usage | None, settings: Settings, told: Mapping[str, Any]) -> list[str]:
    if usage is None:
        return [str(told["physics"])]
    sentences = [
        "A migration sends what pre-copy is predicted to send when it begins; migrations of one moment share links.",
        "Placement rules, spare hosts, and what the hypervisor takes when no VM runs are not simulated.",
        f"VMs that name no workload have the profile “{settings.overhead.workload}”; virtualization is charged by it.",
    ]
    if leaving := int(np.isin(model.inventory.hosts.lifecycle, LEAVING).sum()):
        who = counted(leaving, "host that is to be emptied takes", "hosts that are to be emptied take")
        how = "the policy empties none" if model.first is None else "the policy empties what it finds room for"
        sentences.append(f"{who} no new VM, and {how}; what is to be decommissioned is then off.")
    if told["coverage"] < 1:
        sentences.append(
            "Where a reading is missing the last one holds; before the first one the VM's mean; for a VM without "
            f"readings its snapshot, or else {CORE_SHARE:.0%} of its virtual CPUs."
        )
    if not model.journal.environment.covered(model.time_s):
        sentences.append(
            "The series of carbon intensity does not reach over the simulated time: beyond it its first or last value "
            "holds."
        )
    if told["steps"] > usage.samples:
        sentences.append(
            f"There {'is' if usage.samples == 1 else 'are'} {counted(usage.samples, 'sample')} for "
            f"{counted(told['steps'], 'step')}: after the last one they start again."
        )
    if model.journal.moves.lost:
        more = counted(model.journal.moves.lost, "further migration is", "further migrations are")
        sentences.append(f"{more} counted, but not listed.")
    if model.journal.timeline.stride > 1:
        sentences.append(f"Each row of the timeline stands for {model.journal.timeline.stride} steps.")
    return sentences
