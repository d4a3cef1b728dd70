"""A simulation: readings over time, a policy, and what then happens."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from consolidate.readers.reading import Reading
from consolidate.settings import Prices, Settings
from consolidate.technique import technique
from models import catalog
from models.arrays import NOWHERE, Floats, Mask, Rows, Singles
from models.charging import billing
from models.decisions import WATCH, Policy, Watch
from models.demand import Usage
from models.errors import InputError
from models.estate import Rates
from models.inventory import Inventory
from models.load import row_means
from models.meters import JOULE_PER_KWH
from models.traces import CORE_SHARE, filled

if TYPE_CHECKING:
    import pandas as pd

    from models.datacenter import Datacenter

_DEFAULT = Settings()


@dataclass(frozen=True, eq=False)
class Simulated:
    """
    What a simulation found.

    Parameters
    ----------
    summary
        The keys of `models.tables.SIMULATION`.
    tables
        ``timeline``, ``hosts`` and ``migrations``.
    manifest
        What it was computed from.
    """

    summary: Mapping[str, Any]
    tables: Mapping[str, "pd.DataFrame"]
    manifest: Mapping[str, Any]


def simulate(
    reading: Reading,
    *,
    policy: str = "none",
    settings: Settings = _DEFAULT,
    steps: int | None = None,
    seed: int = 1,
    host_of: Rows | None = None,
    on: Mask | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Simulated:
    """
    Simulate an inventory over the time of its readings.

    Parameters
    ----------
    reading
        The inventory, with usage.
    policy
        A key of `solvers.policies.POLICIES`.
    settings
        Ceilings (where hosts' agents call, and up to where hosts are filled), growth, bandwidth and prices.
    steps
        How many steps; as many as there are samples if None. After the last sample the readings start again.
    seed
        Seed of the order in which agents act.
    host_of, on
        The start, in place of the inventory's: the host of each VM, and which hosts are on.
    progress
        Called after every step with the steps done and all steps.

    Raises
    ------
    InputError
        If there is no usage, or the policy is unknown.
    """
    from models.datacenter import Datacenter
    from models.tables import SIMULATION

    usage = _usage(reading)
    count = usage.samples if steps is None else steps
    if count < 1:
        raise InputError(f"A simulation takes at least 1 step; {count} were asked for.")
    inventory = _wired(reading.inventory, settings)
    bill = billing(inventory, technique(settings.overhead, inventory), _rates(inventory, usage, settings.demand.growth))
    model = Datacenter(
        bill.inventory,
        filled(inventory, usage, settings.demand.growth),
        policy=_policy(policy),
        billing=bill,
        watch=_watch(settings),
        step_s=usage.step_s,
        host=host_of,
        on=on,
        rng=seed,
    )
    hosts_on_start = int(model.on.sum())
    for done in range(count):
        model.step()
        if progress is not None:
            progress(done + 1, count)
    told = {"policy": policy, "seed": seed, "hosts_on_start": hosts_on_start}
    told |= _origin(reading, usage, count) | _found(model, settings.prices)
    told["assumptions"] = [*_assumed(usage, count, settings, inventory), *(each.message for each in bill.findings)]
    if supposed := str(technique(settings.overhead, inventory).change):
        told["verdict"] = f"What if, {supposed}: {told['verdict']}"
    return Simulated(
        summary={key: told[key] for key in SIMULATION},
        tables=_tables(model),
        manifest={
            "command": "simulate",
            "inputs": dict(reading.hashes),
            "options": {"policy": policy, "steps": count, "settings": settings.model_dump()},
            "seed": seed,
        },
    )


def _rates(inventory: Inventory, usage: Usage, growth: float) -> Rates:
    """Return the mean traffic and requests of each VM, grown like its CPU: of its readings, else of the inventory."""

    def mean(readings: Singles | None, stated: Floats) -> Floats:
        found = np.full(len(stated), np.nan) if readings is None else row_means(readings)
        return np.where(np.isnan(found), stated, found) * growth

    return Rates(mean(usage.net_mbps, inventory.vms.net_mbps), mean(usage.disk_iops, inventory.vms.disk_iops))


def _usage(reading: Reading) -> Usage:
    if reading.usage is None or not reading.usage.samples:
        raise InputError(
            "A simulation needs CPU readings over time, and the inventory has none: put usage.csv or usage.parquet "
            "into its folder, or name a file with --usage."
        )
    return reading.usage


def _policy(name: str) -> Policy:
    from solvers.policies import policy

    return policy(name)


def _watch(settings: Settings) -> Watch:
    limits = settings.limits
    return Watch(
        upper=limits.cpu_ceiling,
        lower=min(WATCH.lower, limits.cpu_ceiling / 2),
        memory=limits.memory_ceiling * limits.memory_overcommit,
        across_clusters=limits.cross_clusters,
    )


def _wired(inventory: Inventory, settings: Settings) -> Inventory:
    """Return the inventory with the migration bandwidth of the settings, if they give one."""
    mbps = settings.migration.bandwidth_mbps
    if mbps is None:
        return inventory
    return replace(inventory, hosts=replace(inventory.hosts, migration_mbps=np.full(len(inventory.hosts), mbps)))


def _origin(reading: Reading, usage: Usage, steps: int) -> dict[str, Any]:
    """Return the part of the summary that tells what was simulated."""
    from models.tables import SCHEMA_VERSION

    inventory = reading.inventory
    known = ~np.isnan(usage.cpu_mhz[inventory.running])
    return {
        "schema_version": SCHEMA_VERSION,
        "command": "simulate",
        "source": inventory.source,
        "taken": inventory.taken,
        "steps": steps,
        "step_s": usage.step_s,
        "duration_s": steps * usage.step_s,
        "coverage": float(known.mean()) if known.size else 1.0,
        "vms": len(inventory.vms),
        "vms_running": int(inventory.running.sum()),
        "hosts": len(inventory.hosts),
    }


def _assumed(usage: Usage, steps: int, settings: Settings, inventory: Inventory) -> list[str]:
    sentences = [
        "A migration sends the VM's configured memory once, at the whole rate of the slower of the two hosts.",
        "Placement rules, spare hosts, and what the hypervisor takes when no VM runs are not simulated.",
        f"VMs that name no workload have the profile “{settings.overhead.workload}”; virtualization is charged by it.",
    ]
    if np.isnan(usage.cpu_mhz[inventory.running]).any():
        sentences.append(
            "Where a reading is missing the last one holds; before the first one the VM's mean; for a VM without "
            f"readings its snapshot, or else {CORE_SHARE:.0%} of its virtual CPUs."
        )
    if steps > usage.samples:
        sentences.append(f"There are {usage.samples} samples for {steps} steps: after the last one they start again.")
    return sentences


def _found(model: "Datacenter", prices: Prices) -> dict[str, Any]:
    """Return the part of the summary that the simulation found."""
    meters, duration = model.meters, model.time_s
    asked, used = float(meters.asked_mhz_s.sum()), float(meters.used_mhz_s.sum())
    unserved = max(asked - used, 0.0)
    found = {
        **_energy(meters.energy_kwh, prices),
        "vms_unplaced": int((model.inventory.running & (model.host == NOWHERE)).sum()),
        "hosts_on_end": int(model.on.sum()),
        "hosts_on_mean": float(meters.on_s.sum()) / duration,
        "hosts_on_peak": meters.peak_hosts_on,
        "power_mean_w": float(meters.energy_j.sum()) / duration,
        "power_peak_w": meters.peak_power_w,
        "migrations": int(meters.arrivals.sum()),
        "migrating": int((model.bound != NOWHERE).sum()),
        "refused": model.refused,
        "boots": model.boots,
        "shutdowns": model.shutdowns,
        "downtime_s": int(meters.arrivals.sum()) * _downtime_ms() / 1000,
        "overload_share": meters.overload_share,
        "unserved_share": unserved / asked if asked else 0.0,
        "overhead_share": _overhead_share(model),
        "unserved_gigacycles": unserved / 1000,
    }
    return found | {"verdict": _verdict(found, duration)}


def _overhead_share(model: "Datacenter") -> float:
    """Return the CPU that virtualization adds over the CPU asked for, in the mean of the steps."""
    columns = model.timeline.columns
    asked = sum(float(np.sum(columns[name])) for name in ("cpu_used_mhz", "cpu_unserved_mhz"))
    return float(np.sum(columns["overhead_mhz"])) / asked if asked else 0.0


def _verdict(found: Mapping[str, Any], duration_s: float) -> str:
    return (
        f"In {duration_s / 3600:.4g} h the hosts draw {found['energy_kwh']:.4g} kWh; {found['hosts_on_mean']:.4g} of "
        f"them are on in the mean, {found['migrations']} migrations end, and {found['unserved_share']:.2%} of the CPU "
        "asked for is not served."
    )


def _energy(energy_kwh: float, prices: Prices) -> dict[str, float]:
    """Return energy at the hosts and at the meter, and what the latter costs and emits."""

    def chosen(given: float | None, key: str) -> float:
        return catalog.number("energy", key) if given is None else given

    facility = energy_kwh * chosen(prices.pue, "pue")
    return {
        "energy_kwh": energy_kwh,
        "facility_kwh": facility,
        "cost_eur": facility * chosen(prices.energy_eur_kwh, "price_eur_kwh"),
        "carbon_kg": facility * chosen(prices.carbon_g_kwh, "carbon_g_kwh") / 1000,
    }


def _downtime_ms() -> float:
    """Return the pause of a migrated VM: the rest is sent within the limit, then the VM resumes."""
    return catalog.number("migration", "downtime_limit_ms") + catalog.number("migration", "resume_ms")


def _tables(model: "Datacenter") -> dict[str, "pd.DataFrame"]:
    from models.tables import HOST_TOTALS, MIGRATIONS, TIMELINE, frame

    inventory, moved = model.inventory, model.migrations.columns
    names = {
        "vm": inventory.vms.vm[moved["vm"]],
        "source": inventory.hosts.host[moved["source"]],
        "destination": inventory.hosts.host[moved["destination"]],
        "start_s": moved["start_s"],
        "end_s": moved["end_s"],
        "downtime_ms": np.full(len(moved["vm"]), _downtime_ms()),
        "reason": model.reasons,
    }
    return {
        "timeline": frame(TIMELINE, model.timeline.columns),
        "hosts": frame(HOST_TOTALS, _totals(model)),
        "migrations": frame(MIGRATIONS, names),
    }


def _totals(model: "Datacenter") -> dict[str, Any]:
    meters, hosts = model.meters, model.inventory.hosts
    offered, never = model.capacity_mhz * meters.on_s, np.full(len(hosts), np.nan)
    lost = np.maximum(meters.asked_mhz_s - meters.used_mhz_s, 0.0)
    return {
        "host": hosts.host,
        "cluster": hosts.cluster,
        "energy_kwh": meters.energy_j / JOULE_PER_KWH,
        "on_s": meters.on_s,
        "overloaded_s": meters.overloaded_s,
        "cpu_share": np.divide(meters.used_mhz_s, offered, out=never.copy(), where=offered > 0),
        "cpu_unserved_share": np.divide(lost, meters.asked_mhz_s, out=never, where=meters.asked_mhz_s > 0),
        "arrivals": meters.arrivals,
        "departures": meters.departures,
        "vms_end": np.bincount(model.host[model.inventory.running] - NOWHERE, minlength=len(hosts) + 1)[1:],
    }
