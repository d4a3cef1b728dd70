"""The summary, tables and manifest of a plan, by the contract of ``models/tables.py``."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from consolidate.inventories.inspection import grade
from consolidate.plans import remarks, untimely
from consolidate.plans.economy import Economy
from consolidate.plans.stranded import stranded, worst_share
from consolidate.plans.verdict import Verdict, over_capacity
from consolidate.readers.reading import Reading
from consolidate.settings import Settings
from consolidate.wording import traffic, verdict_sentence
from models import aims, tables
from models.arrays import NOWHERE, Floats, Rows
from models.check import placement as check
from models.counting import counted
from models.errors import Finding
from models.formulation import Formulation
from models.laws import cost
from models.laws.chance import allowed
from models.lifecycle import CANDIDATE
from models.plan import Plan, Transition

if TYPE_CHECKING:
    from collections.abc import Sequence

    from solvers.kept import Kept
    from solvers.scheduling.closed import Closed


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
    ways: Transition
    closed: "Sequence[Closed]" = ()

    @cached_property
    def years(self) -> tuple[dict[str, float], dict[str, float], dict[str, float]]:
        """What a year costs before and after, and what is paid once, each by item [EUR]."""
        problem, placement = self.formulation.problem, self.plan.placement
        once = self.economy.once(self.plan)
        return self.economy.year(problem.start, problem.on), self.economy.year(placement.host, placement.on), once

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """Return what was noticed in the data, the starting state and the readings' coverage."""
        found = [*self.reading.findings, *self.formulation.billing.findings, *self._at_start()]
        for name, wanted in (("CPU", self.formulation.cpu), ("memory", self.formulation.memory)):
            if count := int(np.count_nonzero(wanted.fallen_back)):
                who = counted(count, "VM has", "VMs have")
                text = f"{who} too few readings for the {name} basis; what is allocated counts instead."
                found.append(Finding("warning", "too-few-readings", text, count=count))
        copied = remarks.disks(self.reading.inventory.vms, copied=self.ways.storage is not None)
        pressed = remarks.pressed(self.formulation, self.plan.placement.host)
        return (*found, *pressed, *copied, *untimely.findings(self.closed, self.plan))

    def _at_start(self) -> list[Finding]:
        supposed = self.formulation.choices.technique.change
        return over_capacity(self.verdict, "In the supposed start") if str(supposed) else over_capacity(self.verdict)

    @cached_property
    def kept(self) -> "tuple[Kept, ...]":
        """Return why hosts that stay on could not be emptied; nothing without a plan."""
        from solvers.kept import kept

        found = self.plan.placement
        return kept(self.formulation.problem, found) if found.status != "infeasible" else ()

    @property
    def next_host(self) -> str:
        """Which host would be the next to be freed, in a sentence."""
        from solvers.kept import next_freed

        memory = self.reading.inventory.vms.memory_mib
        return next_freed(self.formulation.problem, self.plan.placement, self.kept, memory)

    def ready_share(self, host: Rows) -> Floats:
        """Return the predicted ready time of each host; NaN where CPU is not known by use. Shape (hosts,)."""
        forecast = self.economy.forecast
        return (
            forecast.of(host).ready_share if forecast.measured else np.full(len(self.formulation.problem.hosts), np.nan)
        )

    def overload_share(self, host: Rows) -> Floats:
        """Return the share of samples in which each host is overloaded; NaN without readings. Shape (hosts,)."""
        key = host.astype(np.int32).tobytes()
        if key not in self._overloads:
            self._overloads[key] = self.formulation.overload_share(host)
        return self._overloads[key]

    @cached_property
    def _overloads(self) -> dict[bytes, Floats]:
        """What was reckoned already, by placement."""
        return {}

    def _cycles(self) -> dict[str, Any]:
        """Return the VMs' own work, and what virtualization adds to it, before and after."""
        form, placement = self.formulation, self.plan.placement
        ends = [
            [float(form.at(values, host).max(axis=1, initial=0.0)[host != NOWHERE].sum())
             for values in (form.charge.work_mhz, form.charge.added_mhz)]
            for host in (form.problem.start, placement.host)
        ]  # fmt: skip
        ready, over = (share(placement.host)[placement.on] for share in (self.ready_share, self.overload_share))
        return {
            "work_mhz": ends[1][0],
            "overhead_before_mhz": ends[0][1],
            "overhead_mhz": ends[1][1],
            "ready_share_max": float(ready.max(initial=0.0)) if not np.isnan(ready).any() else None,
            "overload_share_max": float(over.max(initial=0.0)) if not np.isnan(over).any() else None,
        }

    def summary(self, seconds: float) -> dict[str, Any]:
        """Return the summary, with every key of the contract."""
        content = {
            "schema_version": tables.SCHEMA_VERSION,
            "command": "plan",
            "what_if": str(self.formulation.choices.technique.change),
            **self._answer(seconds),
            **self._way(),
            **self._money(),
            **self._cycles(),
            "violations_before": len(self.verdict.before),
            "violations_during": len(check.new(self.verdict.during)),
            "violations_after": len(check.new(self.verdict.after)),
            "violations_left": len(self.verdict.left),
            "dropped_moves": self.dropped,
            "assumptions": self._assumptions(),
            "blocking": list(self.plan.placement.blocking),
            "remedies": list(self.plan.placement.remedies),
            "next_host": self.next_host,
        }
        first = str(self.verdict.left[0]) if self.verdict.left else ""
        content["verdict"] = verdict_sentence(content, self.plan.placement.reason, first)
        if content["what_if"]:
            told = content["verdict"].replace("of today", "of the supposed start")
            content["verdict"] = f"What if, {content['what_if']}: {told}"
        return {key: content[key] for key in tables.SUMMARY}

    def _answer(self, seconds: float) -> dict[str, Any]:
        problem, placement, inventory = self.formulation.problem, self.plan.placement, self.reading.inventory
        weight = problem.first_stage(placement.host, placement.on)
        return {
            "status": placement.status,
            "source": inventory.source,
            "taken": inventory.taken,
            "grade": grade(self.reading).letter,
            "basis": f"CPU: {self.formulation.cpu.basis}; memory: {self.formulation.memory.basis}",
            "coverage": self.formulation.coverage,
            "vms": len(inventory.vms),
            "vms_running": int(inventory.running.sum()),
            "hosts": int(np.count_nonzero(inventory.hosts.lifecycle != CANDIDATE)),
            "hosts_bought": int(self.economy.bought(placement.on).sum()),
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
        moves, risky = self.plan.moves, aims.of_moves(self.ways, self.plan.moves)
        return {
            "moves": len(moves),
            "moves_live": int(moves.live.sum()),
            "waves": len(np.unique(moves.wave)),
            "makespan_s": self.plan.makespan_s,
            "moving_s": self.plan.moving_s,
            "makespan_bound_s": self.plan.makespan_bound_s,
            "sum_of_ends_s": aims.sum_of_ends_s(moves),
            "peak_link_share": aims.peak_link_share(self.ways, moves),
            "moves_at_risk": int(risky.sum()),
            "moves_at_risk_at_once": aims.at_once(moves, risky),
            "waves_bound": self._least_waves(),
            "transferred_gib": float(moves.transferred_mib.sum()) / 1024,
            "disk_gib": float(moves.disk_mib.sum()) / 1024,
            "downtime_s": float(moves.downtime_ms.sum()) / 1000,
        }

    def _least_waves(self) -> int:
        """Return how many waves any plan of the same moves has."""
        from solvers.scheduling.waves import least_waves

        vms = np.unique(self.plan.moves.vm)
        groups = None if self.ways.groups is None else self.ways.groups[vms].astype(np.int64)
        return least_waves(self.ways.limits, len(vms), groups)

    def _money(self) -> dict[str, Any]:
        before, after, once = self.years
        problem, host = self.formulation.problem, self.plan.placement.host
        power_before, power_after = (float(watts.sum()) for watts in self.power)
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
            "purchase_eur": once["purchases"],
            "stranded_before_share": worst_share([stranded(problem, problem.start)]),
            "stranded_share": worst_share([stranded(problem, host)]),
            "payback_months": cost.payback_months(saving, sum(once.values())),
        }

    @cached_property
    def power(self) -> tuple[Floats, Floats]:
        """Draw of each host before and after [W]. Shape (hosts,)."""
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
            self._seldom(),
        ]  # fmt: skip
        said = [sentence for sentence in said if sentence] + self._technique()
        if np.isnan(inventory.vms.dirty_mib_s).any():
            said.append("Migration times rest on an estimate of how fast VMs dirty memory.")
        unknown = remarks.unknown_disks(self.reading.inventory.vms) if len(self.plan.moves) else ()
        return [*said, *unknown, *self.economy.assumptions()]

    def _seldom(self) -> str:
        """Return what is said of overloads, if they are limited."""
        share = self.settings.limits.overload_share
        if share is None:
            return ""
        if self.formulation.readings is None:
            return "How often hosts are overloaded is not limited: there are no readings."
        most = allowed(self.formulation.readings.samples, share, confidence=self.settings.limits.overload_confidence)
        samples = self.formulation.readings.samples
        share_of = f"{most:,} of {counted(samples, 'sample')}"
        return f"VMs take more of a host's CPU than it may give in at most {share_of}, together."

    def _technique(self) -> list[str]:
        """Return what is said of the overhead of virtualization."""
        technique, limit = self.formulation.choices.technique, self.settings.limits.ready_share
        unnamed = bool((self.reading.inventory.vms.workload == "").any())
        said = [
            f"The estate is as if it were so today: {technique.change}; nothing can be carried out of this plan before."
            if technique.change.anything or technique.change.microarchitecture else "",
            traffic(self.formulation.rates, self.reading.inventory.running),
            f"VMs that name no workload have the profile “{technique.workload}”." if unnamed else "",
            "Readings hold what virtualization adds on virtual CPUs today; what it adds on hosts comes on top."
            if technique.readings == "virtual" else "Readings are of machines that are not virtualized yet.",
            f"No host is filled until virtual CPUs are predicted to wait for more than {limit:.1%} of their time."
            if limit is not None and self.economy.forecast.measured else "",
        ]  # fmt: skip
        return [sentence for sentence in said if sentence]

    def manifest(self) -> dict[str, Any]:
        """Return what the plan was computed from."""
        return {
            "command": "plan",
            "inputs": dict(self.reading.hashes),
            "settings": self.settings.model_dump(),
            "seed": self.settings.search.seed,
        }
