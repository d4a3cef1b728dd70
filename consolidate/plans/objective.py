"""The objective that the settings mean: stages of costs over hosts and VMs, in whole numbers."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from consolidate.settings import Objective, stage
from models.arrays import Floats, Ints
from models.costs import Cost, Evenness, Headroom, HostsOn, Moves, Stranded
from models.laws.cost import JOULES_A_KWH, MONTHS_A_YEAR
from models.lifecycle import CANDIDATE

if TYPE_CHECKING:
    from consolidate.plans.economy import Economy
    from models.formulation import Formulation
    from models.plan import Transition

COLD = 0.01
"""What re-registering a VM that is off counts, beside the mean of those that run."""

FINE = 1_000
"""Steps into which the mean move is cut."""

PLAIN: dict[str, Cost] = {"headroom": Headroom(), "evenness": Evenness(), "fragmentation": Stranded()}


def formulated(economy: "Economy", ways: "Transition") -> "Formulation":
    """
    Return the formulation with the objective that the settings mean.

    Where hosts may be bought, their price counts, so that the first stage is money unless something else is said.

    Parameters
    ----------
    economy
        The problem and its prices.
    ways
        What is known of migrations: memory to send, dirty rates, bandwidths.
    """
    chosen, problem = economy.settings.objective, economy.formulation.problem
    costs: list[Cost]
    buying = (economy.inventory.hosts.lifecycle == CANDIDATE).any()
    if chosen == Objective() and not buying:
        return economy.formulation
    if chosen.together:
        later = [PLAIN[name] for name, _ in map(stage, chosen.stages) if name in PLAIN]
        costs = [HostsOn(cents_on(economy)), Moves(cents_moved(economy, ways), joined=True), *later]
        return replace(economy.formulation, problem=replace(problem, costs=tuple(costs)))
    costs = []
    name, tolerance = first_stage(chosen, buying=bool(buying))
    costs.append(HostsOn(host_weights(economy, name), tolerance))
    for name, _ in map(stage, chosen.stages[1:]):
        if name == "moves":
            costs.append(Moves(move_weights(economy, chosen.moves, ways)))
        else:
            costs.append(PLAIN[name])
    return replace(economy.formulation, problem=replace(problem, costs=tuple(costs)))


def first_stage(chosen: Objective, *, buying: bool) -> tuple[str, float]:
    """Return the first stage and its tolerance: money where hosts may be bought and nothing else is said."""
    if buying and chosen.stages == Objective().stages:
        return "money", 0.0
    return stage(chosen.stages[0])


def host_weights(economy: "Economy", name: str) -> Ints:
    """Return what each host counts by being on: 1, its idle draw [W], or what a year of it costs [EUR]. (hosts,)."""
    if name == "hosts":
        return np.ones(len(economy.inventory.hosts), np.int64)
    values = economy.curves[:, 0] if name == "power" else economy.host_eur_year()
    return np.maximum(np.rint(values), 1).astype(np.int64)


def move_weights(economy: "Economy", by: str, ways: "Transition") -> Ints:
    """
    Return what each VM counts by being moved, the mean of those that run being `FINE`. Shape (vms,).

    Parameters
    ----------
    economy
        The problem; its own weights are taken for `by` vms.
    by
        ``vms``, ``bytes`` (MiB sent), ``downtime`` or ``energy``, by the law of pre-copy at the rate of one stream.
    ways
        What is known of migrations.
    """
    if by == "vms":
        return economy.formulation.problem.move_weights
    values = copied(by, ways)
    mean = values[ways.running].mean() if ways.running.any() else 1.0
    scaled = np.rint(values * FINE / max(float(mean), 1e-9))
    return np.where(ways.running, np.maximum(scaled, 1), round(FINE * COLD)).astype(np.int64)


def cents_on(economy: "Economy") -> Ints:
    """Return what each host costs over the horizon by being on, resale forgone and switching saved, in cents."""
    hosts, prices = economy.inventory.hosts, economy.prices
    years = prices.horizon_months / MONTHS_A_YEAR
    here = economy.formulation.problem.on
    value = economy.host_eur_year() * years + np.where(here, hosts.resale_eur - prices.shutdown_eur_host, 0.0)
    return np.maximum(np.rint(100 * value), 1).astype(np.int64)


def eur_moved(economy: "Economy", ways: "Transition") -> Floats:
    """Return what moving each VM costs once: work, the pause and the energy of the copy. [EUR] Shape (vms,)."""
    chosen = economy.settings.migration
    pauses = copied("downtime", ways) / 1000 * chosen.eur_per_downtime_s
    energy = copied("energy", ways) / JOULES_A_KWH * economy.pue * economy.energy_price
    return np.asarray(chosen.eur_per_move + np.where(ways.running, pauses + energy, 0.0), np.float64)


def cents_moved(economy: "Economy", ways: "Transition") -> Ints:
    """Return what moving each VM costs once, in cents, at least one. Shape (vms,)."""
    return np.maximum(np.rint(100 * eur_moved(economy, ways)), 1).astype(np.int64)


def _disks_j(ways: "Transition", mbps: float) -> Floats:
    """Return the energy of copying the disks of each VM beside its memory. [J] Shape (vms,)."""
    from models.laws.migration import energy_j

    vms = len(ways.memory_mib)
    if ways.storage is None:
        return np.zeros(vms)
    found = ways.storage.mirrored(np.arange(vms, dtype=np.int32), ways.running, np.full(vms, mbps))
    return energy_j(np.where(ways.storage.copied, found.transferred_mib, 0.0)) - energy_j(np.zeros(vms))


def copied(by: str, ways: "Transition") -> Floats:
    """Return what the copy of each VM sends of memory [MiB], pauses [ms], or takes, disks too [J]. Shape (vms,)."""
    from models.laws import migration

    slowest = float(min(ways.stream_mbps, ways.nic_mbps.min(initial=np.inf)))
    found = migration.planned(ways.technique, ways.memory_mib, ways.dirty_mib_s, np.full(len(ways.memory_mib), slowest))
    if by == "downtime":
        return np.asarray(found.downtime_ms, np.float64)
    if by == "energy":
        return np.asarray(found.energy_j, np.float64) + _disks_j(ways, slowest)
    return np.asarray(found.transferred_mib, np.float64)
