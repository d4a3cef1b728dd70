"""The summary, tables and manifest of a plan, by the contract of ``models/tables.py``."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from consolidate.economy import Economy
from consolidate.inspection import grade
from consolidate.readers.reading import Reading
from consolidate.reasons import Reasons
from consolidate.settings import Settings
from consolidate.verdict import Verdict, over_capacity
from consolidate.wording import verdict_sentence
from models import tables
from models.arrays import NOWHERE, Floats, Mask, Names, Rows
from models.check import placement as check
from models.errors import Finding
from models.formulation import Formulation
from models.laws import cost
from models.load import by_host, hourly
from models.plan import Plan

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Outcome:
    """All that is told of a plan."""

    reading: Reading
    settings: Settings
    formulation: Formulation
    economy: Economy
    plan: Plan
    verdict: Verdict
    dropped: int

    @cached_property
    def _years(self) -> tuple[dict[str, float], dict[str, float], dict[str, float]]:
        problem, placement = self.formulation.problem, self.plan.placement
        once = self.economy.once(self.plan)
        return self.economy.year(problem.start, problem.on), self.economy.year(placement.host, placement.on), once

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """Return what was noticed in the data, the starting state and the readings' coverage."""
        found = [*self.reading.findings, *over_capacity(self.verdict)]
        for name, wanted in (("CPU", self.formulation.cpu), ("memory", self.formulation.memory)):
            if count := int(np.count_nonzero(wanted.fallen_back)):
                text = f"{count} VMs have too few readings for the {name} basis; what is allocated counts instead."
                found.append(Finding("warning", "too-few-readings", text, count=count))
        return tuple(found)

    def summary(self, seconds: float) -> dict[str, Any]:
        """Return the summary, with every key of the contract."""
        content = {
            "schema_version": tables.SCHEMA_VERSION,
            "command": "plan",
            **self._answer(seconds),
            **self._way(),
            **self._money(),
            "violations_before": len(self.verdict.before),
            "violations_during": len(check.new(self.verdict.during)),
            "violations_after": len(check.new(self.verdict.after)),
            "dropped_moves": self.dropped,
            "assumptions": self._assumptions(),
            "blocking": list(self.plan.placement.blocking),
        }
        content["verdict"] = verdict_sentence(content, self.plan.placement.reason)
        return {key: content[key] for key in tables.SUMMARY}

    def _answer(self, seconds: float) -> dict[str, Any]:
        problem, placement, inventory = self.formulation.problem, self.plan.placement, self.reading.inventory
        weight = int(problem.costs[0].weights[placement.on].sum())  # type: ignore[union-attr]
        return {
            "status": placement.status,
            "source": inventory.source,
            "taken": inventory.taken,
            "grade": grade(self.reading).letter,
            "basis": f"CPU: {self.formulation.cpu.basis}; memory: {self.formulation.memory.basis}",
            "coverage": self.formulation.coverage,
            "vms": len(inventory.vms),
            "vms_running": int(inventory.running.sum()),
            "hosts": len(inventory.hosts),
            "hosts_before": int(problem.on.sum()),
            "hosts_after": int(placement.on.sum()),
            "hosts_bound": placement.bound_hosts,
            "gap": max(weight - placement.bound, 0) / placement.bound if placement.bound else 0.0,
            "solver": placement.solver,
            "reproducible": placement.reproducible,
            "seed": self.settings.search.seed,
            "seconds": seconds,
        }

    def _way(self) -> dict[str, Any]:
        moves = self.plan.moves
        return {
            "moves": len(moves),
            "moves_live": int(moves.live.sum()),
            "waves": len(np.unique(moves.wave)),
            "makespan_s": self.plan.makespan_s,
            "makespan_bound_s": self.plan.makespan_bound_s,
            "transferred_gib": float(moves.transferred_mib.sum()) / 1024,
            "downtime_s": float(moves.downtime_ms.sum()) / 1000,
        }

    def _money(self) -> dict[str, Any]:
        before, after, once = self._years
        power_before, power_after = (float(watts.sum()) for watts in self._power)
        saving = sum(before.values()) - sum(after.values())
        pue, grams = self.economy.pue, self.economy.carbon
        energy = [float(cost.energy_kwh_year(watts, pue)) for watts in (power_before, power_after)]
        return {
            "power_before_w": power_before,
            "power_after_w": power_after,
            "energy_before_kwh_year": energy[0],
            "energy_after_kwh_year": energy[1],
            "carbon_before_kg_year": energy[0] * grams / 1000,
            "carbon_after_kg_year": energy[1] * grams / 1000,
            "cost_before_eur_year": sum(before.values()),
            "cost_after_eur_year": sum(after.values()),
            "saving_eur_year": saving,
            "once_eur": sum(once.values()),
            "payback_months": cost.payback_months(saving, sum(once.values())),
        }

    @cached_property
    def _power(self) -> tuple[Floats, Floats]:
        problem, placement = self.formulation.problem, self.plan.placement
        return (
            self.economy.power_w(problem.start, problem.on),
            self.economy.power_w(placement.host, placement.on),
        )

    def _assumptions(self) -> list[str]:
        limits, inventory = self.settings.limits, self.reading.inventory
        said = [
            f"CPU demand is the {self.formulation.cpu.basis}." if "percentile" in self.formulation.cpu.basis
            else f"CPU demand is {self.formulation.cpu.basis}; {limits.vcpus_per_core:g} virtual CPUs share a core.",
            f"Memory demand is {self.formulation.memory.basis}.",
            f"Hosts are filled to {limits.cpu_ceiling:.0%} of CPU and {limits.memory_ceiling:.0%} of memory at most.",
            f"Each cluster survives the loss of any {limits.spare_hosts} of its hosts." if limits.spare_hosts
            else "No host is kept as a spare.",
        ]  # fmt: skip
        if np.isnan(inventory.vms.dirty_mib_s).any():
            said.append("Migration times rest on an estimate of how fast VMs dirty memory.")
        return said + self.economy.assumptions()

    def manifest(self) -> dict[str, Any]:
        """Return what the plan was computed from."""
        return {
            "command": "plan",
            "inputs": dict(self.reading.hashes),
            "settings": self.settings.model_dump(),
            "seed": self.settings.search.seed,
        }

    def tables(self) -> "dict[str, pd.DataFrame]":
        """Return the tables of the result folder, and what runbooks and tracking need beside them."""
        frames = {
            "placement": tables.frame(tables.PLACEMENT, self._placement()),
            "moves": tables.frame(tables.MOVES, self._moves()),
            "actions": tables.frame(tables.ACTIONS, self._actions()),
            "hosts": tables.frame(tables.HOSTS, self._hosts()),
            "violations": tables.frame(tables.VIOLATIONS, self._violations()),
            "findings": tables.frame(tables.FINDINGS, self._findings()),
            "costs": tables.frame(tables.COSTS, self._costs()),
            "vms": tables.frame(tables.SIZES, self._sizes()),
        }
        if self.reading.usage is not None and self.reading.usage.samples:
            frames["load"] = tables.frame(tables.LOAD, self._load())
        return frames

    def _named(self, rows: Rows) -> Names:
        return np.where(rows == NOWHERE, "", self.formulation.problem.hosts[rows])

    def _placement(self) -> dict[str, Any]:
        problem = self.formulation.problem
        after = self._named(self.plan.placement.host)
        return {"vm": problem.vms, "host_before": self._named(problem.start), "host_after": after}

    def _moves(self) -> dict[str, Any]:
        moves, problem = self.plan.moves, self.formulation.problem
        reasons = Reasons(self.formulation, self.plan, self.economy.curves[:, 0], self.verdict.before)
        end = self.plan.placement.host[moves.vm]
        leg = (moves.destination != end) | (moves.source != problem.start[moves.vm])
        kind = np.where(moves.source == NOWHERE, "new", np.where(moves.live, "live", "cold"))
        return {
            "wave": moves.wave,
            "start_s": moves.start_s,
            "end_s": moves.end_s,
            "vm": problem.vms[moves.vm],
            "source": self._named(moves.source),
            "destination": problem.hosts[moves.destination],
            "kind": np.where(leg, "pivot", kind),
            "bandwidth_mbps": moves.bandwidth_mbps,
            "duration_s": moves.end_s - moves.start_s,
            "downtime_ms": moves.downtime_ms,
            "transferred_mib": moves.transferred_mib,
            "rounds": moves.rounds,
            "converges": moves.converges,
            "energy_j": moves.energy_j,
            "reason": reasons.all(),
        }

    def _actions(self) -> dict[str, Any]:
        actions = self.plan.actions
        return {
            "host": [self.formulation.problem.hosts[each.host] for each in actions],
            **{name: [getattr(each, name) for each in actions] for name in ("action", "start_s", "end_s", "reason")},
        }

    def _hosts(self) -> dict[str, Any]:
        hosts, problem, placement = self.reading.inventory.hosts, self.formulation.problem, self.plan.placement
        before = self._state(problem.start, problem.on, self._power[0])
        after = self._state(placement.host, placement.on, self._power[1])
        return {
            "host": hosts.host,
            "cluster": hosts.cluster,
            "model": hosts.model,
            "cores": hosts.cores,
            "cpu_capacity_mhz": self.formulation.offered_cpu_mhz,
            "memory_capacity_mib": self.formulation.offered_memory_mib,
            "role": self._roles(after["vms"]),
            **{f"{name}_before": values for name, values in before.items()},
            **{f"{name}_after": values for name, values in after.items()},
        }

    def _roles(self, vms_after: Any) -> list[str]:
        hosts, problem, placement = self.reading.inventory.hosts, self.formulation.problem, self.plan.placement
        roles = np.where(placement.on, np.where(vms_after > 0, "stays", "spare"), "off")
        roles = np.where(problem.on & ~placement.on, "freed", roles)
        roles = np.where(~problem.on & placement.on, "wakes", roles)
        return [str(role) for role in np.where(hosts.maintenance, "maintenance", roles)]

    def _state(self, host: Rows, on: Mask, watts: Floats) -> dict[str, Any]:
        form, inventory = self.formulation, self.reading.inventory
        problem, size = form.problem, len(inventory.hosts)
        cpu = by_host(form.cpu.values + form.added.cpu_mhz, host, size).max(axis=1, initial=0.0)
        memory = by_host(form.memory.values + form.added.memory_mib[:, None], host, size).max(axis=1, initial=0.0)
        fullest = (problem.load(host) / np.maximum(problem.capacity, 1)).max(axis=1, initial=0.0)
        return {
            "on": on,
            "vms": by_host(np.ones(len(host)), host, size).astype(np.int64),
            "vcpus": by_host((inventory.vms.vcpus * inventory.running).astype(np.float64), host, size).astype(np.int64),
            "cpu_mhz": cpu,
            "cpu_overhead_mhz": by_host(form.added.cpu_mhz, host, size).max(axis=1, initial=0.0),
            "cpu_share": cpu / np.maximum(form.offered_cpu_mhz, 1.0),
            "memory_mib": memory,
            "memory_overhead_mib": by_host(form.added.memory_mib, host, size),
            "memory_share": memory / np.maximum(form.offered_memory_mib, 1.0),
            "fullest_share": fullest,
            "power_w": watts,
        }

    def _violations(self) -> dict[str, Any]:
        listed = [("before", each) for each in self.verdict.before]
        listed += [("during", each) for each in self.verdict.during]
        listed += [("after", each) for each in self.verdict.after]
        return {
            "when": [when for when, _ in listed],
            "who": [";".join(each.who) for _, each in listed],
            **{
                name: [getattr(each, name) for _, each in listed]
                for name in ("rule", "name", "amount", "limit", "since_s", "existed")
            },
        }

    def _findings(self) -> dict[str, Any]:
        return {name: [getattr(each, name) for each in self.findings] for name in tables.FINDINGS}

    def _costs(self) -> dict[str, Any]:
        before, after, once = self._years
        notes = {
            "energy": f"mean draw × PUE {self.economy.pue:g} × {self.economy.energy_price:g} EUR/kWh",
            "licences": "of hosts that are on",
            "maintenance": "support of hosts that are on",
            "migrations": f"{len(self.plan.moves)} moves, and the energy of their copies",
            "host actions": f"{len(self.plan.actions)} hosts switched",
            "resale": "of freed hosts",
        }
        return {
            "item": list(notes),
            "before_eur_year": [before.get(item, 0.0) for item in notes],
            "after_eur_year": [after.get(item, 0.0) for item in notes],
            "once_eur": [once.get(item, 0.0) for item in notes],
            "note": list(notes.values()),
        }

    def _sizes(self) -> dict[str, Any]:
        vms = self.reading.inventory.vms
        return {name: getattr(vms, name) for name in tables.SIZES}

    def _load(self) -> dict[str, Any]:
        """Return the CPU load of each host over time, before and after, hour by hour."""
        usage = self.reading.usage
        assert usage is not None
        hosts = self.reading.inventory.hosts
        times, means = hourly(usage)
        physical = (hosts.cores * hosts.cpu_mhz)[:, None]
        problem, placement = self.formulation.problem, self.plan.placement
        before, after = (by_host(means, host, len(hosts)) / physical for host in (problem.start, placement.host))
        return {
            "host": np.repeat(hosts.host, len(times)),
            "time_s": np.tile(times, len(hosts)),
            "cpu_before": before.ravel(),
            "cpu_after": after.ravel(),
        }
