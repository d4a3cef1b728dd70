"""A simulation: readings over time, a policy, and what then happens."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from consolidate.planning import choices
from consolidate.readers.reading import Reading
from consolidate.settings import Settings
from consolidate.virtualization.technique import technique
from models import catalog
from models.arrays import Floats, Mask, Rows, Singles
from models.charging import Billing, billing
from models.decisions import Decision, Policy, Watch
from models.demand import Usage
from models.environment import Environment
from models.errors import Finding, InputError
from models.estate import Rates
from models.failures import Failures
from models.inventory import Inventory
from models.lifecycle import LEAVING
from models.load import row_means
from models.physics import OURS, Physics
from models.series import Series
from models.signals import Held
from models.strain import Strain
from models.traces import filled

if TYPE_CHECKING:
    import pandas as pd

    from models.datacenter import Datacenter

_DEFAULT = Settings()
_MOST_TOLD = 12
_TELLING = frozenset({"any-cluster", "variant", "guessed-unit", "resampled", "unit", "time-zone"})
"""Findings that are no warnings, and yet change what a simulation means."""
Progress = Callable[["Datacenter", int, int], None]
"""Told the datacenter, the steps done, and all steps."""


@dataclass(frozen=True, eq=False)
class Simulated:
    """
    What a simulation found.

    Parameters
    ----------
    summary
        The keys of `models.tables.SIMULATION`.
    tables
        ``timeline``, ``heat``, ``hosts``, ``vms`` and ``migrations``.
    manifest
        What it was computed from.
    """

    summary: Mapping[str, Any]
    tables: Mapping[str, "pd.DataFrame"]
    manifest: Mapping[str, Any]

    @property
    def exit_status(self) -> int:
        """The status of the process: 130 if the run was interrupted."""
        return 130 if self.summary["status"] == "partial" else 0


@dataclass(frozen=True)
class Start:
    """
    The start of a simulation, where it is not that of the inventory, and what is known to be done.

    Parameters
    ----------
    host
        The host of each VM. Shape (vms,).
    on
        Hosts that are on. Shape (hosts,).
    planned
        What is done at which times of the simulation, whatever the policy decides. [s]
    arrive_s, leave_s
        When each VM comes and goes; None: all are always there. [s] Shape (vms,).
    """

    host: Rows | None = None
    on: Mask | None = None
    planned: tuple[tuple[float, Decision], ...] = ()
    arrive_s: Floats | None = None
    leave_s: Floats | None = None


def simulate(
    reading: Reading,
    *,
    policy: str = "none",
    options: Mapping[str, Any] | None = None,
    settings: Settings = _DEFAULT,
    steps: int | None = None,
    seed: int = 1,
    start: Start | None = None,
    progress: Progress | None = None,
    stopped: Callable[[], bool] = bool,
) -> Simulated:
    """
    Simulate an inventory over the time of its readings.

    Parameters
    ----------
    reading
        The inventory, with usage.
    policy
        A name that `solvers.policies.policy` knows.
    options
        The policy's options, by name.
    settings
        Ceilings (where hosts' agents call, and up to where hosts are filled), growth, bandwidth, prices, failures.
    steps
        How many steps; as many as there are samples if None. After the last sample the readings start again.
    seed
        Seed of the order in which agents act, and of failures.
    start
        The start, in place of the inventory's.
    progress
        Called after every step.
    stopped
        Asked after every step whether to end; the result is then partial.

    Raises
    ------
    InputError
        If there is no usage, or the policy is unknown.
    """
    from consolidate.simulations.simulated import found
    from solvers.policies import policy as made

    usage = _usage(reading)
    count = usage.samples if steps is None else steps
    if count < 1:
        raise InputError(f"A simulation takes at least 1 step; {count} were asked for.")
    given = dict(options or {})
    if policy == "clairvoyant":
        given["trace_mhz"] = _demand(reading.inventory, usage, settings.demand.growth)
    decide = made(policy, given)
    model, bill = datacenter(reading, decide, settings, seed=seed, start=start or Start())
    hosts_on_start = model.state.meters.peak_hosts_on = int(model.state.on.sum())
    done = run(model, count, progress, stopped)
    return found(
        model,
        told={
            "policy": policy, "preset": "", "seed": seed, "hosts_on_start": hosts_on_start,
            "status": "complete" if done == count else "partial", "steps": done,
        },
        reading=reading,
        usage=usage,
        settings=settings,
        findings=(*bill.findings, *_told(reading)),
        options={"policy": policy, "options": dict(options or {}), "steps": count, "settings": settings.model_dump()},
    )  # fmt: skip


def _told(reading: Reading) -> tuple[Finding, ...]:
    """Return what was noticed about readings and traces, the gravest first, not more than a page shows."""
    about = [each for each in reading.findings if each.severity != "info" or each.code in _TELLING]
    return tuple(sorted(about, key=lambda each: each.severity != "warning")[:_MOST_TOLD])


def run(model: "Datacenter", steps: int, progress: Progress | None, stopped: Callable[[], bool]) -> int:
    """Let steps pass until all are done or the end is asked for; return how many are done."""
    done = 0
    while done < steps and not stopped():
        model.step()
        done += 1
        if progress is not None:
            progress(model, done, steps)
    model.finish()
    return done


def datacenter(
    reading: Reading, policy: Policy, settings: Settings, *, seed: int, start: Start, physics: Physics = OURS
) -> tuple["Datacenter", Billing]:
    """Return an inventory's datacenter at its start, and what VMs are charged."""
    from models.datacenter import Datacenter
    from solvers.policies.emptying import emptying

    usage, inventory = _usage(reading), _wired(reading.inventory, settings)
    leaving = np.flatnonzero(np.isin(inventory.hosts.lifecycle, LEAVING))
    growth = settings.demand.growth
    bill = billing(inventory, technique(settings.overhead, inventory), _rates(inventory, usage, growth))
    chosen = settings.simulation
    model = Datacenter(
        bill.inventory,
        Held(_demand(inventory, usage, growth), usage.step_s, growth_year=chosen.growth_year),
        policy=policy,
        first=emptying(policy, leaving),
        physics=physics,
        billing=bill,
        watch=_watch(settings),
        environment=environment(settings, usage.start_s),
        failures=Failures(chosen.failures_between_h or float("inf"), chosen.repair_h, chosen.restart_s),
        strain=_strain(bill.inventory, usage, settings, inventory),
        host=start.host,
        on=start.on,
        planned=start.planned,
        arrive_s=start.arrive_s,
        leave_s=start.leave_s,
        most_rows=chosen.most_rows,
        rng=seed,
    )
    return model, bill


def _demand(inventory: Inventory, usage: Usage, growth: float) -> Singles:
    """Return what VMs ask for at each sample, on disk if the readings are. Shape (samples, vms)."""
    from consolidate.readers import store

    on_disk = any(isinstance(each, np.memmap) for each in (usage.cpu_mhz, usage.cpu_mhz.base))
    limit = 0.0 if on_disk else store.IN_MEMORY_MIB
    return filled(inventory, usage, growth, store.matrix((usage.samples, len(inventory.vms)), 0.0, limit))


def environment(settings: Settings, start_s: float) -> Environment:
    """Return the facility and the grid that the settings describe."""
    prices = settings.prices

    def chosen(given: float | None, key: str) -> float:
        return catalog.number("energy", key) if given is None else given

    carbon: float | Series = chosen(prices.carbon_g_kwh, "carbon_g_kwh")
    if prices.carbon is not None:
        from consolidate.readers import carbon as reader

        carbon = reader.read(Path(prices.carbon))[0]
    return Environment(
        pue=chosen(prices.pue, "pue"),
        fixed_share=prices.pue_fixed_share,
        price_eur_kwh=chosen(prices.energy_eur_kwh, "price_eur_kwh"),
        carbon_g_kwh=carbon,
        starts_s=start_s,
    )


def _strain(inventory: Inventory, usage: Usage, settings: Settings, before: Inventory) -> Strain:
    """Return what is known of memory, network and disks."""

    def signal(readings: Singles | None, stated: Floats) -> Held | None:
        if readings is None:
            return Held(stated[None], usage.step_s) if stated.any() else None
        known = np.where(np.isnan(readings), stated[:, None], readings).astype(np.float32)
        return Held(np.ascontiguousarray(known.T) * np.float32(settings.demand.growth), usage.step_s)

    vms = inventory.vms
    return Strain(
        inventory,
        choices(settings, before),
        signal(usage.net_mbps, vms.net_mbps),
        signal(usage.disk_iops, vms.disk_iops),
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


def _watch(settings: Settings) -> Watch:
    limits, chosen = settings.limits, settings.simulation
    return Watch(
        upper=limits.cpu_ceiling,
        lower=min(chosen.lower, limits.cpu_ceiling / 2),
        cooldown_s=chosen.cooldown_s,
        memory=limits.memory_ceiling * limits.memory_overcommit,
        across_clusters=limits.cross_clusters,
    )


def _wired(inventory: Inventory, settings: Settings) -> Inventory:
    """Return the inventory with the migration bandwidth of the settings, if they give one."""
    mbps = settings.migration.bandwidth_mbps
    if mbps is None:
        return inventory
    return replace(inventory, hosts=replace(inventory.hosts, migration_mbps=np.full(len(inventory.hosts), mbps)))
