"""
The result tables: every column and summary key once, the contract between who writes them and who shows them.

A folder of results holds ``manifest.json``, ``summary.json`` and the tables named here, each as CSV, and as Parquet
where it is long. Readers must accept empty tables.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

SCHEMA_VERSION = 6


@dataclass(frozen=True)
class Field:
    """One column or key: what it means, its unit, its dtype in a table, and whether a number may be missing (NaN)."""

    text: str
    unit: str = ""
    dtype: str = "str"
    optional: bool = False


PLACEMENT = {
    "vm": Field("Name of the VM."),
    "host_before": Field("Host at the start; empty: on none."),
    "host_after": Field("Host at the end; empty: could not be placed."),
}

MOVES = {
    "wave": Field("Wave that the move belongs to, from 1.", "", "int64"),
    "start_s": Field("Start, from the start of the plan.", "s", "float64"),
    "end_s": Field("End.", "s", "float64"),
    "vm": Field("Name of the VM."),
    "source": Field("Host it leaves."),
    "destination": Field("Host it enters."),
    "kind": Field(
        "live, cold (re-registered while off), new (on no host before), pivot (on the way, to break a cycle) or "
        "balloon (gives memory up, or gets it back)."
    ),
    "bandwidth_mbps": Field("Rate reserved for it.", "Mbit/s", "float64"),
    "duration_s": Field("Predicted duration.", "s", "float64"),
    "downtime_ms": Field("Predicted pause of the VM.", "ms", "float64"),
    "transferred_mib": Field("Predicted data sent.", "MiB", "float64"),
    "disk_mib": Field("Blocks of disks among it.", "MiB", "float64"),
    "balloon_mib": Field("Memory that the VM gives up for it, until its next move.", "MiB", "float64"),
    "rounds": Field("Predicted rounds of copying.", "", "int64"),
    "converges": Field("Whether pre-copy is predicted to converge.", "", "bool"),
    "at_risk": Field(
        "Whether it may not converge, pauses the VM for long, or sends its memory more than twice.", "", "bool"
    ),
    "energy_j": Field("Energy of the copy at both ends, disks included.", "J", "float64"),
    "after": Field(
        "What must be over before it may start, where waves are not kept: moves by number, from 1, and boots by host."
    ),
    "reason": Field("Why it is moved, in words."),
}

ACTIONS = {
    "host": Field("Name of the host."),
    "action": Field("boot or shutdown."),
    "start_s": Field("Start, from the start of the plan.", "s", "float64"),
    "end_s": Field("End.", "s", "float64"),
    "reason": Field("Why, in words."),
}

_STATES = {
    f"{what}_{when}": Field(f"{text} {when} the plan.", unit, dtype, what in ("ready_share", "overload_share"))
    for when in ("before", "after")
    for what, text, unit, dtype in (
        ("on", "Whether the host is on,", "", "bool"),
        ("vms", "VMs on it", "", "int64"),
        ("vcpus", "Virtual CPUs of running VMs on it", "", "int64"),
        ("cpu_mhz", "CPU reserved for VMs, overhead included,", "MHz", "float64"),
        ("work_mhz", "Part of it that is the VMs' own work", "MHz", "float64"),
        ("guest_overhead_mhz", "Part of it that virtualization adds on virtual CPUs", "MHz", "float64"),
        ("host_overhead_mhz", "Part of it that virtualization adds on threads of the host", "MHz", "float64"),
        ("headroom_mhz", "CPU that may be used and is not reserved", "MHz", "float64"),
        ("headroom_share", "The same over CPU that may be used", "share", "float64"),
        (
            "ready_share",
            "Predicted share of time that virtual CPUs wait for a core; NaN: CPU is not known by use,",
            "share",
            "float64",
        ),
        (
            "overload_share",
            "Share of samples in which VMs take more CPU than may be used; NaN: no readings,",
            "share",
            "float64",
        ),
        (
            "cpu_share",
            "CPU reserved over CPU that may be used; where it is only known as allocated, virtual CPUs over those that"
            " may be used,",
            "share",
            "float64",
        ),
        ("memory_mib", "Memory reserved for VMs, overhead included,", "MiB", "float64"),
        ("memory_overhead_mib", "Share of it that is virtualization overhead", "MiB", "float64"),
        ("memory_share", "Memory reserved over memory that may be used,", "share", "float64"),
        ("fullest_share", "The fullest dimension's share of what may be used", "share", "float64"),
        ("power_w", "Draw at the mean load", "W", "float64"),
    )
}
HOSTS = {
    "host": Field("Name of the host."),
    "cluster": Field("Its cluster."),
    "model": Field("Hardware model."),
    "cores": Field("Physical cores.", "cores", "int64"),
    "cpu_capacity_mhz": Field("CPU that may be used: net of reserve and ceiling, times overcommit.", "MHz", "float64"),
    "memory_capacity_mib": Field("Memory that may be used.", "MiB", "float64"),
    "role": Field(
        "stays, freed (switched off by the plan), spare, off, maintenance, wakes, drained, bought or offered (only)."
    ),
    "kept_because": Field("Why it could not be emptied, if it stays on with VMs."),
    **_STATES,
}

VIOLATIONS = {
    "when": Field("before, during or after."),
    "rule": Field("The rule's kind, Capacity, Unplaced or Power."),
    "name": Field("The rule's own name, or the dimension."),
    "who": Field("VMs and hosts concerned, separated by ';'."),
    "amount": Field("What was found.", "", "float64"),
    "limit": Field("What is allowed.", "", "float64"),
    "since_s": Field("When it starts.", "s", "float64"),
    "existed": Field("Whether the starting state already has it, at least as bad.", "", "bool"),
}

FINDINGS = {
    "severity": Field("error, warning or info."),
    "code": Field("Kind of finding."),
    "file": Field("File."),
    "row": Field("Row; 0: none.", "", "int64"),
    "column": Field("Column."),
    "value": Field("Value found."),
    "message": Field("What is wrong, and what was expected."),
    "count": Field("How many rows share it.", "", "int64"),
}

COSTS = {
    "item": Field("What is paid: energy, licences, maintenance, resale, migrations, host actions."),
    "before_eur_year": Field("A year as it is.", "EUR/year", "float64"),
    "after_eur_year": Field("A year after the plan.", "EUR/year", "float64"),
    "once_eur": Field("Paid once for the plan; negative: earned.", "EUR", "float64"),
    "note": Field("How it was reckoned."),
}

SIZES = {
    "vm": Field("Name of the VM."),
    "platform_id": Field("Its id in the platform."),
    "vcpus": Field("Virtual CPUs.", "", "int64"),
    "memory_mib": Field("Configured memory.", "MiB", "float64"),
    "power_state": Field("on, off or suspended."),
    "host": Field("Host that it was on."),
    "workload": Field("Profile that it is charged by."),
    "technology": Field("Technology that it runs under, after a what-if if there is one."),
    "work_mhz": Field("CPU of its own work after the plan.", "MHz", "float64"),
    "guest_overhead_mhz": Field("What virtualization adds on its virtual CPUs.", "MHz", "float64"),
    "host_overhead_mhz": Field("What virtualization adds on threads of its host.", "MHz", "float64"),
}

LOAD = {
    "host": Field("Name of the host."),
    "time_s": Field("Time since the first sample.", "s", "float64"),
    "cpu_before": Field("CPU used over physical CPU, VMs where they were.", "share", "float32"),
    "cpu_after": Field("The same, VMs where the plan puts them.", "share", "float32"),
}

MIX = {
    "host": Field("Host whose VMs gain most by peaking at different hours, after the plan."),
    "vm": Field("Name of the VM; others: all further ones together."),
    "hour": Field("Hour of the day, UTC.", "", "int64"),
    "cpu_mhz": Field("CPU read in that hour, mean of the days.", "MHz", "float64"),
}

TIMELINE = {
    "time_s": Field("Time since the start, at the end of the step.", "s", "float64"),
    "hosts_on": Field("Hosts that are on then.", "", "int64"),
    "hosts_failed": Field("Hosts that have failed and are not repaired.", "", "int64"),
    "power_w": Field("Draw of all hosts, mean over the step.", "W", "float64"),
    "energy_kwh": Field("Energy of the hosts so far.", "kWh", "float64"),
    "facility_kwh": Field("Energy at the meter so far.", "kWh", "float64"),
    "cost_eur": Field("What that energy has cost so far.", "EUR", "float64"),
    "carbon_kg": Field("Carbon dioxide equivalent of it so far.", "kg", "float64"),
    "carbon_g_kwh": Field("Carbon intensity, mean over the step.", "g/kWh", "float64"),
    "cpu_offered_mhz": Field("CPU of the hosts that are on, mean over the step.", "MHz", "float64"),
    "cpu_used_mhz": Field("CPU served, mean over the step.", "MHz", "float64"),
    "cpu_unserved_mhz": Field("CPU asked for and not served, mean over the step.", "MHz", "float64"),
    "overhead_mhz": Field("CPU that virtualization adds to the demand, at the end of the step.", "MHz", "float64"),
    "memory_share": Field("Memory held over memory of the hosts that are on, at the end.", "share", "float64"),
    "swapped_mib": Field("Memory that hosts have swapped out, at the end of the step.", "MiB", "float64"),
    "net_unserved_mbps": Field("Traffic asked for and not carried, mean over the step.", "Mbit/s", "float64"),
    "disk_unserved_iops": Field("Disk operations asked for and not served, mean over the step.", "1/s", "float64"),
    "ready_share": Field("Predicted wait for a core, mean over VMs that run, at the end.", "share", "float64"),
    "overloaded_hosts": Field("Hosts whose demand exceeds their CPU.", "", "int64"),
    "overload_share": Field("Share of hosts' time on in which they were overloaded, in the step.", "share", "float64"),
    "migration_loss_share": Field(
        "CPU not served to migrating VMs over CPU asked for by all, in the step.", "share", "float64"
    ),
    "migrations": Field("Migrations that ended so far.", "", "int64"),
    "migrating": Field("Migrations under way.", "", "int64"),
    "boots": Field("Hosts switched on so far.", "", "int64"),
    "shutdowns": Field("Hosts switched off so far.", "", "int64"),
    "vms_running": Field("VMs that run.", "", "int64"),
    "vms_unplaced": Field("VMs that should run and are on no host.", "", "int64"),
}
"""Columns of a simulation's ``timeline.parquet``: a row a step, or a mean of several where a run is long."""

HEAT = {
    "host": Field("Name of the host."),
    "time_s": Field("Time since the start, at the end of the bin.", "s", "float32"),
    "cpu_share": Field("CPU served over physical CPU, mean over the bin; NaN: not on at all.", "share", "float32"),
}
"""Columns of a simulation's ``heat.parquet``: at most 240 bins of time, and 400 hosts."""

MIGRATIONS = {
    "vm": Field("Name of the VM."),
    "source": Field("Host it leaves."),
    "destination": Field("Host it enters."),
    "start_s": Field("Start.", "s", "float64"),
    "end_s": Field("End.", "s", "float64"),
    "downtime_ms": Field("Pause of the VM.", "ms", "float64"),
    "transferred_mib": Field("Data sent.", "MiB", "float64"),
    "reason": Field("Why."),
}

VM_TOTALS = {
    "vm": Field("Name of the VM."),
    "host_end": Field("Host at the end; empty: on none."),
    "running_s": Field("Time in which it should run.", "s", "float64"),
    "unplaced_s": Field("Part of it in which it was on no host.", "s", "float64"),
    "cpu_mean_mhz": Field("CPU asked for, mean of its time.", "MHz", "float64"),
    "cpu_unserved_share": Field("CPU not served over CPU asked for; NaN: none asked for.", "share", "float64"),
    "migrations": Field("Its migrations that ended.", "", "int64"),
    "downtime_s": Field("Its pauses: migrations and restarts.", "s", "float64"),
    "migration_loss_share": Field(
        "CPU not served while it migrated over all that it asked for (PDM); NaN: none asked for.", "share", "float64"
    ),
    "restarts": Field("Times that it was restarted after its host had failed.", "", "int64"),
}
"""Columns of a simulation's ``vms.parquet``."""

SCENARIO_METRICS = {
    "scenario": Field("Name of the scenario."),
    "seed": Field("Seed.", "", "int64"),
    "status": Field("optimal, feasible, unchanged or infeasible; complete: simulated alone; failed: see the reason."),
    "vms": Field("VMs, all.", "", "int64"),
    "hosts_before": Field("Hosts on at the start.", "", "int64"),
    "hosts_after": Field("Hosts on at the end.", "", "int64"),
    "hosts_bound": Field("At least so many must be on.", "", "int64"),
    "hosts_bought": Field("Candidates that the plan buys.", "", "int64"),
    "gap": Field("(objective - bound) / bound of the first stage.", "share", "float64"),
    "moves": Field("Migrations.", "", "int64"),
    "makespan_s": Field("End of the last move.", "s", "float64"),
    "power_before_w": Field("Draw at the start.", "W", "float64"),
    "power_after_w": Field("Draw at the end.", "W", "float64"),
    "carbon_after_kg_year": Field("Carbon dioxide equivalent a year at the end.", "kg/year", "float64"),
    "cost_after_eur_year": Field("Running cost a year at the end.", "EUR/year", "float64"),
    "saving_eur_year": Field("Saved a year.", "EUR/year", "float64"),
    "once_eur": Field("Paid once.", "EUR", "float64"),
    "payback_months": Field("Months until it is paid back; NaN: never.", "months", "float64"),
    "violations": Field("New violations at the end.", "", "int64"),
    "overhead_mhz": Field("CPU that virtualization adds at the end.", "MHz", "float64"),
    "ready_share_max": Field(
        "Longest predicted wait for a core of any host at the end; null: not known.", "share", "float64"
    ),
    "overload_share_max": Field(
        "Largest share of samples in which a host is overloaded at the end; null: no readings.", "share", "float64"
    ),
    "reason": Field("Why there is no plan, or what failed; empty: nothing."),
    "seconds": Field("Time to compute it.", "s", "float64"),
}
"""Columns of ``scenarios.parquet`` after the study's axes, which come first as ``axis.NAME``."""

SUMMARY = {
    "schema_version": Field("Version of this contract.", "", "int64"),
    "command": Field("plan, simulate or study."),
    "status": Field("optimal, feasible, unchanged or infeasible."),
    "verdict": Field("The answer in a sentence."),
    "what_if": Field("What is supposed to be different; empty: nothing, so that the plan can be carried out."),
    "source": Field("Name of the inventory."),
    "taken": Field("When the inventory was taken; empty: unknown."),
    "grade": Field("Data quality, A to E."),
    "basis": Field("Demand basis for each resource."),
    "coverage": Field("Share of VM readings that the basis had.", "share", "float64"),
    "vms": Field("VMs, all.", "", "int64"),
    "vms_running": Field("VMs that run.", "", "int64"),
    "hosts": Field("Hosts, all.", "", "int64"),
    "hosts_bought": Field("Candidates that the plan buys.", "", "int64"),
    "hosts_before": Field("Hosts on at the start.", "", "int64"),
    "hosts_after": Field("Hosts on at the end.", "", "int64"),
    "hosts_bound": Field("At least so many must be on.", "", "int64"),
    "gap": Field("(objective - bound) / bound of the first stage.", "share", "float64"),
    "solver": Field("Who found the placement."),
    "reproducible": Field("Whether the same input and seed give the same plan.", "", "bool"),
    "seed": Field("Seed.", "", "int64"),
    "seconds": Field("Time to compute it.", "s", "float64"),
    "moves": Field("Migrations.", "", "int64"),
    "moves_live": Field("Live migrations among them.", "", "int64"),
    "waves": Field("Waves.", "", "int64"),
    "makespan_s": Field("End of the last move, pauses between waves and waits for windows included.", "s", "float64"),
    "moving_s": Field("For how long at least one move runs.", "s", "float64"),
    "makespan_bound_s": Field("No schedule under the same limits is shorter.", "s", "float64"),
    "sum_of_ends_s": Field("Ends of all moves, added up: how early they are over.", "s", "float64"),
    "peak_link_share": Field("Most that moves take of a link at any moment.", "share", "float64"),
    "moves_at_risk": Field("Moves that are at risk.", "", "int64"),
    "moves_at_risk_at_once": Field("Most of them that run at the same moment.", "", "int64"),
    "waves_bound": Field("No plan under the same limits has fewer waves.", "", "int64"),
    "transferred_gib": Field("Data that the migrations send.", "GiB", "float64"),
    "disk_gib": Field("Blocks of disks among it.", "GiB", "float64"),
    "downtime_s": Field("Pauses of VMs, all together.", "s", "float64"),
    "power_before_w": Field("Draw of all hosts at the start.", "W", "float64"),
    "power_after_w": Field("Draw at the end.", "W", "float64"),
    "energy_before_kwh_year": Field("Energy a year, facility included.", "kWh/year", "float64"),
    "energy_after_kwh_year": Field("Energy a year after the plan.", "kWh/year", "float64"),
    "carbon_before_kg_year": Field("Carbon dioxide equivalent a year.", "kg/year", "float64"),
    "carbon_after_kg_year": Field("The same after the plan.", "kg/year", "float64"),
    "cost_before_eur_year": Field("Running cost a year.", "EUR/year", "float64"),
    "cost_after_eur_year": Field("The same after the plan.", "EUR/year", "float64"),
    "saving_eur_year": Field("Saved a year.", "EUR/year", "float64"),
    "once_eur": Field("Paid once for the plan.", "EUR", "float64"),
    "purchase_eur": Field("Part of it for hosts that are bought.", "EUR", "float64"),
    "stranded_before_share": Field(
        "Capacity that is free on hosts in use and of no use, as something else is full; the worst dimension, before.",
        "share",
        "float64",
    ),
    "stranded_share": Field("The same after the plan.", "share", "float64"),
    "payback_months": Field("Months until it is paid back; null: never.", "months", "float64"),
    "work_mhz": Field("CPU of the VMs' own work.", "MHz", "float64"),
    "overhead_before_mhz": Field("CPU that virtualization adds at the start.", "MHz", "float64"),
    "overhead_mhz": Field("CPU that virtualization adds at the end.", "MHz", "float64"),
    "ready_share_max": Field(
        "Longest predicted wait for a core of any host at the end; null: not known.", "share", "float64"
    ),
    "overload_share_max": Field(
        "Largest share of samples in which a host is overloaded at the end; null: no readings.", "share", "float64"
    ),
    "violations_before": Field("Violations of the starting state.", "", "int64"),
    "violations_during": Field("New violations at any moment of the plan.", "", "int64"),
    "violations_after": Field("New violations at the end.", "", "int64"),
    "violations_left": Field("Hard violations of the starting state that stay.", "", "int64"),
    "dropped_moves": Field("Moves left out because they do not pay back.", "", "int64"),
    "assumptions": Field("Sentences: what was assumed where the data said nothing.", "", "object"),
    "blocking": Field("What together cannot be satisfied, if nothing can be done for it.", "", "object"),
    "remedies": Field("What would make a plan possible, each by itself, if there is none.", "", "object"),
    "next_host": Field("Which host would be the next to be freed, what that lacks and what it would cost."),
}

METHODS = {
    "trace": Field("Trace or estate."),
    "method": Field("How VMs were packed: by peaks, a percentile, a profile, or a share of overloads."),
    "hosts": Field("Hosts needed.", "", "int64"),
    "overload_share": Field("Share of hosts and held-back samples with an overload.", "share", "float64"),
    "worst_host_share": Field("The same of the host with the most.", "share", "float64"),
}
"""Hosts against overloads by method of packing: what ``tests.benchmarks.profiles`` draws."""

OBJECTIVE = {
    "stage": Field("What counts: hosts, power, money, moves, headroom, evenness or fragmentation; the first most."),
    "unit": Field("Unit of the values."),
    "before": Field("At the start; nothing moved yet.", "", "float64"),
    "after": Field("At the end.", "", "float64"),
    "bound": Field("No plan as good in the stages before is below; empty: not known.", "", "float64", True),
    "tolerance_share": Field("How much worse it may get for the stages after it.", "share", "float64"),
}
PURCHASES = {
    "model": Field("Model of host."),
    "offered": Field("How many are to be had.", "", "int64"),
    "bought": Field("How many the plan buys.", "", "int64"),
    "price_eur_each": Field("Price of one.", "EUR", "float64"),
    "price_eur": Field("Price of those that are bought.", "EUR", "float64"),
}
"""There only if hosts may be bought."""

FRONTIER = {
    "hosts_after": Field("Hosts on at the end.", "", "int64"),
    "hosts_freed": Field("Hosts switched off.", "", "int64"),
    "moves": Field("VMs that change their host.", "", "int64"),
    "moved_gib": Field("Memory of running VMs that change their host.", "GiB", "float64"),
    "risk_share": Field(
        "Longest predicted wait for a core where the use of CPU is known; else the share of the fullest host.",
        "share",
        "float64",
    ),
    "fullest_share": Field("The fullest host's fullest dimension over what may be used.", "share", "float64"),
    "power_w": Field("Draw of all hosts at the mean load.", "W", "float64"),
    "saving_eur_year": Field("Saved a year.", "EUR/year", "float64"),
    "ceiling_factor": Field("Factor on what hosts may offer under which it was sought.", "", "float64"),
    "chosen": Field("Whether it is the plan that is told in all other tables.", "", "bool"),
}
"""Plans of which none is beaten in hosts, moves and risk at once; there only when asked for."""

TABLES: Mapping[str, Mapping[str, Field]] = {
    "placement": PLACEMENT,
    "moves": MOVES,
    "actions": ACTIONS,
    "hosts": HOSTS,
    "violations": VIOLATIONS,
    "findings": FINDINGS,
    "costs": COSTS,
    "vms": SIZES,
    "load": LOAD,
    "mix": MIX,
    "objective": OBJECTIVE,
    "purchases": PURCHASES,
    "frontier": FRONTIER,
}
"""
Tables of a plan's folder. ``load`` is Parquet alone; it and ``mix`` are only there when usage was given, ``frontier``
when asked for.
"""


_KINDS = {"str": str, "bool": bool, "object": list}
_LARGEST = 1e300


def mistaken(summary: Mapping[str, Any], contract: Mapping[str, Field]) -> list[str]:
    """Return the keys of a summary, as JSON holds it, whose values are not of their kind; None always is."""
    return [key for key, spec in contract.items() if not _fits(summary.get(key), spec.dtype)]


def _fits(value: Any, dtype: str) -> bool:
    if value is None or dtype in _KINDS:
        return value is None or isinstance(value, _KINDS[dtype])
    number = isinstance(value, int if dtype == "int64" else (int, float)) and not isinstance(value, bool)
    return number and abs(value) <= _LARGEST


def frame(table: Mapping[str, Field], columns: Mapping[str, Any]) -> pd.DataFrame:
    """Return a frame with exactly the table's columns, in its order and dtypes."""
    unknown = set(columns) ^ set(table)
    if unknown:
        raise KeyError(f"Columns that differ from the contract: {sorted(unknown)}")
    return pd.DataFrame({name: pd.Series(columns[name], dtype=spec.dtype) for name, spec in table.items()})


HOST_TOTALS = {
    "host": Field("Name of the host."),
    "cluster": Field("Its cluster."),
    "energy_kwh": Field("Energy drawn.", "kWh", "float64"),
    "on_s": Field("Time on.", "s", "float64"),
    "failed_s": Field("Time failed.", "s", "float64"),
    "overloaded_s": Field("Time in which its VMs asked for more CPU than it has.", "s", "float64"),
    "cpu_share": Field("CPU served over CPU while on; NaN: never on.", "share", "float64"),
    "cpu_unserved_share": Field("CPU not served over CPU asked for; NaN: none asked for.", "share", "float64"),
    "arrivals": Field("Migrations that landed on it.", "", "int64"),
    "departures": Field("Migrations that left it.", "", "int64"),
    "boots": Field("Times switched on.", "", "int64"),
    "shutdowns": Field("Times switched off.", "", "int64"),
    "memory_peak_share": Field("Memory held over memory, at most.", "share", "float64"),
    "ready_share": Field("Predicted wait for a core, mean of its time on; NaN: never on.", "share", "float64"),
    "vms_end": Field("Running VMs on it at the end.", "", "int64"),
}
"""Columns of a simulation's ``hosts.parquet``."""

SIMULATION = {
    "schema_version": Field("Version of this contract.", "", "int64"),
    "command": Field("plan, simulate or study."),
    "verdict": Field("The answer in a sentence."),
    "status": Field("complete, or partial: interrupted before the last step."),
    "source": Field("Name of the inventory."),
    "taken": Field("When the inventory was taken; empty: unknown."),
    "policy": Field("Name of the policy."),
    "preset": Field("Name of the preset of physics; empty: our own."),
    "seed": Field("Seed.", "", "int64"),
    "steps": Field("Steps simulated.", "", "int64"),
    "step_s": Field("Time between two ticks.", "s", "float64"),
    "duration_s": Field("Time simulated.", "s", "float64"),
    "coverage": Field("Share of the readings of running VMs that there were.", "share", "float64"),
    "vms": Field("VMs, all.", "", "int64"),
    "vms_running": Field("VMs that run.", "", "int64"),
    "vms_unplaced": Field("VMs that should run at the end and are on no host.", "", "int64"),
    "vm_hours_unplaced": Field("Time that VMs should have run and were on no host.", "h", "float64"),
    "hosts": Field("Hosts, all.", "", "int64"),
    "hosts_on_start": Field("Hosts on at the start.", "", "int64"),
    "hosts_on_end": Field("Hosts on at the end.", "", "int64"),
    "hosts_on_mean": Field("Hosts on, mean over time.", "", "float64"),
    "hosts_on_peak": Field("Hosts on at the same time, at most.", "", "int64"),
    "energy_kwh": Field("Energy of the hosts.", "kWh", "float64"),
    "energy_bound_kwh": Field("Energy of the hosts below which no policy can serve the demand.", "kWh", "float64"),
    "facility_kwh": Field("Energy at the meter: times the PUE.", "kWh", "float64"),
    "cost_eur": Field("What that energy costs.", "EUR", "float64"),
    "carbon_kg": Field("Carbon dioxide equivalent of it.", "kg", "float64"),
    "power_mean_w": Field("Draw of the hosts, mean over time.", "W", "float64"),
    "power_peak_w": Field("Draw of the hosts at most.", "W", "float64"),
    "migrations": Field("Migrations that ended.", "", "int64"),
    "migrating": Field("Migrations under way at the end.", "", "int64"),
    "refused": Field("Moves that the policy wanted and an agent refused.", "", "int64"),
    "boots": Field("Hosts switched on.", "", "int64"),
    "shutdowns": Field("Hosts switched off.", "", "int64"),
    "failures": Field("Hosts that failed.", "", "int64"),
    "restarts": Field("VMs restarted after their host had failed.", "", "int64"),
    "downtime_s": Field("Pauses of VMs, all together: migrations and restarts.", "s", "float64"),
    "transferred_gib": Field("Data that the migrations sent.", "GiB", "float64"),
    "overload_share": Field("Mean share of hosts' time on in which they were overloaded (SLATAH).", "share", "float64"),
    "migration_loss_share": Field(
        "CPU not served to VMs while they migrated over CPU asked for, mean of VMs (PDM).", "share", "float64"
    ),
    "sla_violation": Field("Overload share times migration loss share (SLAV).", "share", "float64"),
    "energy_sla_violation": Field("Energy times SLA violation (ESV).", "kWh", "float64"),
    "average_violation": Field("Mean shortage of the records with one, unweighted.", "share", "float64"),
    "ready_share": Field("Predicted wait for a core, mean over VMs and time.", "share", "float64"),
    "memory_swapped_share": Field("Share of hosts' time on in which they had memory swapped out.", "share", "float64"),
    "net_unserved_share": Field("Traffic not carried over traffic asked for.", "share", "float64"),
    "disk_unserved_share": Field("Disk operations not served over those asked for.", "share", "float64"),
    "unserved_share": Field("CPU not served over CPU asked for.", "share", "float64"),
    "overhead_share": Field("CPU that virtualization adds over CPU asked for, mean over time.", "share", "float64"),
    "unserved_gigacycles": Field("Cycles asked for and not served.", "10^9 cycles", "float64"),
    "assumptions": Field("Sentences: what was assumed where the data said nothing.", "", "object"),
}
"""Keys of a simulation's ``summary.json``; its tables: ``timeline``, ``heat``, ``hosts``, ``vms``, ``migrations``."""

_TRIED = (
    "steps", "hosts_on_mean", "hosts_on_peak", "energy_kwh", "facility_kwh", "cost_eur", "carbon_kg", "migrations",
    "failures", "downtime_s", "vm_hours_unplaced", "overload_share", "unserved_share", "ready_share",
)  # fmt: skip
SCENARIO_TRIED = {
    **{f"sim_{key}": Field(SIMULATION[key].text, SIMULATION[key].unit, "float64") for key in _TRIED},
    "held_up": Field("Whether the simulation kept within the study's limits.", "", "bool"),
}
"""Further columns of a study that simulates; what was not simulated is NaN, and did not hold up."""

SCENARIO_FULL = {
    "full_growth": Field("Largest growth that was found to fit, as a factor; 0: it does not fit today.", "", "float64"),
    "full_next": Field("Smallest growth for which no plan was found; NaN: everything tried fits.", "", "float64"),
    "full_vms": Field("VMs of the estate when it is full.", "", "int64"),
    "full_hosts_after": Field("Hosts on when it is full.", "", "int64"),
    "full_months": Field("Months until it is, at the growth a year that the settings give.", "months", "float64"),
    "full_reason": Field("Why no more fits."),
}
"""Further columns of a study that asks how much growth an estate takes."""

DELTAS = {
    "scenario": Field("Name of the scenario, or of the two."),
    "metric": Field("Column of the scenarios, in its unit."),
    "first": Field("Mean over the seeds of the first result.", "", "float64"),
    "second": Field("The same of the second.", "", "float64"),
    "delta": Field("Second less first.", "", "float64"),
    "low": Field("Lower end of the interval that the difference is in; NaN: one seed.", "", "float64"),
    "high": Field("Upper end.", "", "float64"),
    "seeds": Field("Seeds that count.", "", "int64"),
    "paired": Field("Whether both have the same seeds, so that differences are taken seed by seed.", "", "bool"),
    "sure": Field("Whether the interval leaves 0 out.", "", "bool"),
}
"""Rows of a comparison's ``deltas``: a metric of a scenario each."""

COMPARISON = {
    "schema_version": Field("Version of this contract.", "", "int64"),
    "command": Field("compare."),
    "verdict": Field("The answer in a sentence."),
    "source": Field("Names of the inventories."),
    "first": Field("What the second is compared with, as it was named."),
    "second": Field("What is compared, as it was named."),
    "confidence": Field("Share of such intervals that hold the true difference.", "share", "float64"),
    "metrics": Field("Metrics that both have, times scenarios.", "", "int64"),
    "differing": Field("Those whose means differ.", "", "int64"),
    "sure": Field("Those whose interval leaves 0 out.", "", "int64"),
    "paid_back": Field(
        "In words, where the second takes more once and less a year: after how many months.", "", "object"
    ),
    "warnings": Field("What the two do not have in common though a comparison supposes it.", "", "object"),
}
"""Keys of a comparison's ``summary.json``. Its table is ``deltas``."""

SENSITIVITY = {
    "metric": Field("Column of the scenarios that varies."),
    "axis": Field("What it varies with."),
    "least_at": Field("Value of the axis, or middle of its values, at which the metric is least in the mean."),
    "most_at": Field("The same at which it is most."),
    "least": Field("Least mean of the metric over the values of the axis, in the metric's unit.", "", "float64"),
    "most": Field("Most.", "", "float64"),
    "first_order": Field("Share of the metric's variance that the axis alone explains (Sobol).", "share", "float64"),
}
"""Rows of a study's ``sensitivity``: a bar of a tornado each."""

PARETO = {
    "scenario": Field("Name of the scenario."),
    "hosts_after": Field("Hosts on at the end, mean of the seeds.", "", "float64"),
    "moves": Field("Migrations, mean of the seeds.", "", "float64"),
    "risk_share": Field("Longest predicted wait for a core; where not known, share of overloads.", "share", "float64"),
    "cost_after_eur_year": Field("Running cost a year at the end.", "EUR/year", "float64"),
    "payback_months": Field("Months until a plan is paid back; NaN: never.", "months", "float64"),
}
"""Rows of a study's ``pareto``: scenarios that no other beats in hosts, moves, risk and cost at once."""

STUDY = {
    "schema_version": Field("Version of this contract.", "", "int64"),
    "command": Field("plan, simulate or study."),
    "verdict": Field("The answer in a sentence."),
    "source": Field("Name of the inventory."),
    "taken": Field("When the inventory was taken; empty: unknown."),
    "scenarios": Field("Plans: scenarios times seeds.", "", "int64"),
    "infeasible": Field("Plans without a solution.", "", "int64"),
    "failed": Field("Scenarios that could not be computed; see their reason.", "", "int64"),
    "status": Field("complete, or partial: interrupted before the last scenario."),
    "axes": Field("Settings that vary, by dotted key.", "", "object"),
    "seeds": Field("Seeds.", "", "object"),
    "best_scenario": Field("The scenario that costs least a year without a violation; empty: none."),
    "best_seed": Field("Its seed; null: none.", "", "int64"),
    "best_saving_eur_year": Field("What it saves a year; null: none.", "EUR/year", "float64"),
    "best_hosts_after": Field("Hosts on at its end; null: none.", "", "int64"),
}
"""Keys of a study's ``summary.json``. Its table is ``scenarios``, Parquet; see also `SENSITIVITY` and `PARETO`."""

TECHNOLOGIES = {
    "technology": Field("Technology."),
    "level": Field("Level of virtualization: isa, hardware, os, library or application."),
    "text": Field("What it is, in words."),
    "net_path": Field("Way of a packet."),
    "disk_path": Field("Way of a disk request."),
    "work_mhz": Field("The workload's own work.", "MHz", "float64"),
    "guest_mhz": Field("What virtualization adds on virtual CPUs.", "MHz", "float64"),
    "host_mhz": Field("What virtualization adds on threads of the host.", "MHz", "float64"),
    "cpu_mhz": Field("All CPU to be reserved.", "MHz", "float64"),
    "slowdown": Field("Time over native time, host threads on other cores.", "ratio", "float64"),
    "cpu_ratio": Field("All CPU over that of native work.", "ratio", "float64"),
    "host_share": Field("Share of all CPU that is on threads of the host.", "share", "float64"),
    "throughput_ratio": Field("Throughput over the native one, if the cores are full.", "ratio", "float64"),
    "latency_us": Field("Time added to a network transaction.", "us", "float64"),
    "memory_mib": Field("Memory of the hypervisor.", "MiB", "float64"),
    "unmodified": Field("Whether a guest system runs unmodified (equivalence)."),
    "efficient": Field("Whether the slowdown is within the bound (efficiency).", "", "bool"),
    "isolation": Field("Grade of isolation, 1 to 5 (resource control).", "", "int64"),
    "requires": Field("What it needs of the processor."),
}
"""Rows of ``overhead``: one a technology, for one workload or the sum over an inventory's running VMs."""

EVENT_COSTS = {
    "technology": Field("Technology."),
    "event": Field("Kind of event, or network, disk, page walks, emulation, idle ticks."),
    "rate_ps": Field("Events a second; NaN where they are not counted.", "1/s", "float64"),
    "cycles": Field("Cycles that each costs; NaN where they are not counted.", "cycles", "float64"),
    "guest_mhz": Field("What they take on virtual CPUs.", "MHz", "float64"),
    "host_mhz": Field("What they take on threads of the host.", "MHz", "float64"),
}
"""What the overhead of each technology is made of; sums to `TECHNOLOGIES`."""

MERITS = {
    "level": Field("Level of virtualization."),
    "technology": Field("Technology that stands for the level."),
    "slowdown": Field("Its slowdown for the workload.", "ratio", "float64"),
    **{
        f"{name}{suffix}": Field(f"{text}, {what}; 5 is most.", "", "int64")
        for name, text in (
            ("performance", "Performance"),
            ("flexibility", "Flexibility for applications"),
            ("complexity", "Complexity of the implementation"),
            ("isolation", "Isolation of applications"),
        )
        for suffix, what in (("", "computed from the catalog"), ("_book", "by the textbook"))
    },
    "note": Field("Where the two disagree, and why."),
}
"""The merits of the five levels."""

GAINS = {
    "vm": Field("Name of the VM."),
    "host": Field("Host that it is on."),
    "workload": Field("Its profile."),
    "technology": Field("Its technology now."),
    "work_mhz": Field("Its own work.", "MHz", "float64"),
    "guest_mhz": Field("What virtualization adds on virtual CPUs now.", "MHz", "float64"),
    "host_mhz": Field("What virtualization adds on threads of the host now.", "MHz", "float64"),
    "slowdown": Field("Time over native time now.", "ratio", "float64"),
    "memory_mib": Field("Memory of the hypervisor for it now.", "MiB", "float64"),
    "overhead_then_mhz": Field("All that virtualization would add after the change.", "MHz", "float64"),
    "gain_mhz": Field("CPU that the change would free.", "MHz", "float64"),
    "changes": Field("What the change is for it, or why there is none."),
}
"""Rows of ``gains``: what each VM of an inventory pays, and would gain by a change."""

OVERHEAD = {
    "schema_version": Field("Version of this contract.", "", "int64"),
    "command": Field("overhead."),
    "verdict": Field("The answer in a sentence."),
    "source": Field("Name of the inventory, or of the workload."),
    "taken": Field("When the inventory was taken; empty: unknown."),
    "microarchitecture": Field("Processor, or the processors of the inventory."),
    "vms": Field("Running VMs; 0 for a workload alone.", "", "int64"),
    "technologies": Field("Technologies compared.", "", "int64"),
    "work_mhz": Field("Own work.", "MHz", "float64"),
    "overhead_mhz": Field("What virtualization adds today; null for a workload alone.", "MHz", "float64"),
    "least": Field("Technology of the hardware or OS level with the least overhead."),
    "most": Field("Technology of these levels with the most."),
    "change": Field("The change asked for; empty: none."),
    "gain_mhz": Field("CPU that it would free; null: none was asked for.", "MHz", "float64"),
    "gainers": Field("VMs that gain by it; null: none was asked for.", "", "int64"),
    "assumptions": Field("Sentences: what was assumed where the data said nothing.", "", "object"),
}
"""Keys of the ``summary.json`` of `consolidate overhead`. Its tables are ``technologies``, ``event_costs``, ``merits``,
and for an inventory ``gains``; all CSV."""

REHEARSAL_RUNS = {
    "run": Field("Number of the run.", "", "int64"),
    "status": Field("completed, incomplete, stopped or rolled back."),
    "makespan_s": Field("End of the last move that was tried or taken back.", "s", "float64"),
    "downtime_s": Field("Pauses of VMs, all together; time without a host included.", "s", "float64"),
    "moves_done": Field("Moves that were done, and not taken back.", "", "int64"),
    "moves_left": Field("Moves that were not done.", "", "int64"),
    "moves_back": Field("Moves that were done and taken back.", "", "int64"),
    "failed": Field("Attempts that failed or lost a host.", "", "int64"),
    "restarts": Field("VMs that ran again elsewhere after their host had died.", "", "int64"),
    "unplaced": Field("VMs whose host died and that found no other.", "", "int64"),
    "stopped_wave": Field("Wave in which the run was stopped; 0: it was not.", "", "int64"),
    "hosts_lost": Field("Hosts that died, separated by ';'."),
    "links_dropped": Field("Links that dropped, separated by ';'."),
    "violations": Field("New violations of what was carried out; NaN: not checked.", "", "float64", True),
}
"""A row a run of a rehearsal."""

REHEARSAL_WAVES = {
    "wave": Field("Number of the wave.", "", "int64"),
    "moves": Field("Its moves.", "", "int64"),
    "planned_end_s": Field("When it ends in the plan.", "s", "float64"),
    "end_p50_s": Field("When it ends in half of the runs that reach its end; NaN: none does.", "s", "float64", True),
    "end_p90_s": Field("The same in 90 of 100.", "s", "float64", True),
    "end_p99_s": Field("The same in 99 of 100.", "s", "float64", True),
    "stop_share": Field("Share of all runs that are stopped in it.", "share", "float64"),
    "late_share": Field("Share of the runs that reach its end in which it ends late.", "share", "float64", True),
}
"""A row a wave of a rehearsal."""

REHEARSAL_RISKS = {
    "vm": Field("Name of the VM."),
    "source": Field("Host it leaves."),
    "destination": Field("Host it enters."),
    "wave": Field("Wave that the move belongs to.", "", "int64"),
    "planned_start_s": Field("Start in the plan.", "s", "float64"),
    "planned_end_s": Field("End in the plan.", "s", "float64"),
    "end_p50_s": Field("When it is done in half of the runs in which it is; NaN: in none.", "s", "float64", True),
    "end_p90_s": Field("The same in 90 of 100.", "s", "float64", True),
    "critical_share": Field("Share of the completed runs in which it is on the critical path.", "share", "float64"),
    "failed_share": Field("Share of all runs in which an attempt at it fails.", "share", "float64"),
    "undone_share": Field("Share of all runs in which it is not done, or taken back.", "share", "float64"),
}
"""A row a move of a rehearsal, in the order of the plan."""

REHEARSAL_EXECUTED = {
    "vm": Field("Name of the VM."),
    "source": Field("Host it leaves."),
    "destination": Field("Host it enters."),
    "wave": Field("Wave that the move belongs to.", "", "int64"),
    "planned_start_s": Field("Start in the plan.", "s", "float64"),
    "start_s": Field("Start of the attempt.", "s", "float64"),
    "end_s": Field("End of the attempt.", "s", "float64"),
    "outcome": Field("done, failed, aborted or taken back."),
}
"""A row an attempt in the run that the datacenter carried out."""

REHEARSAL_VIOLATIONS = {
    "run": Field("Number of the run.", "", "int64"),
    "rule": Field("The rule's kind, Capacity or Power."),
    "name": Field("The rule's own name, or the dimension."),
    "who": Field("VMs and hosts concerned, separated by ';'."),
    "amount": Field("What was found.", "", "float64"),
    "limit": Field("What is allowed.", "", "float64"),
    "since_s": Field("When it starts.", "s", "float64"),
}
"""What the independent checker found in what was carried out, in the runs that were checked."""

REHEARSAL = {
    "schema_version": Field("Version of this contract.", "", "int64"),
    "command": Field("rehearse."),
    "verdict": Field("The answer in a sentence."),
    "status": Field("holds, or at risk: more than one run in twenty is stopped or incomplete, or a rule is broken."),
    "source": Field("Name of the inventory."),
    "taken": Field("When the inventory was taken; empty: unknown."),
    "runs": Field("Runs.", "", "int64"),
    "checked": Field("Runs whose course the independent checker was asked about.", "", "int64"),
    "seed": Field("Seed of the first run.", "", "int64"),
    "moves": Field("Migrations of the plan.", "", "int64"),
    "waves": Field("Waves of the plan.", "", "int64"),
    "makespan_planned_s": Field("End of the last move in the plan.", "s", "float64"),
    "makespan_replayed_s": Field("End of the last move in the run that the datacenter carried out.", "s", "float64"),
    "makespan_p50_s": Field("End of the last move in half of the completed runs; null: none is.", "s", "float64"),
    "makespan_p90_s": Field("The same in 90 of 100.", "s", "float64"),
    "makespan_p99_s": Field("The same in 99 of 100.", "s", "float64"),
    "downtime_planned_s": Field("Pauses of VMs in the plan, all together.", "s", "float64"),
    "downtime_p90_s": Field("Pauses of VMs in 90 of 100 runs, all together.", "s", "float64"),
    "completed_share": Field("Share of the runs in which all moves are done.", "share", "float64"),
    "stop_share": Field("Share of the runs that are stopped.", "share", "float64"),
    "late_share": Field("Share of the completed runs that end late.", "share", "float64"),
    "late_by_share": Field("What is late: so much longer than planned.", "share", "float64"),
    "moves_back": Field("Moves taken back, mean of the runs.", "", "float64"),
    "violations": Field("New violations in the runs that were checked.", "", "int64"),
    "violations_replayed": Field("New violations in the run that the datacenter carried out.", "", "int64"),
    "replayed_status": Field("How that run ended."),
    "difference_s": Field("Largest difference between both replays of that run, of any moment.", "s", "float64"),
    "energy_kwh": Field("Energy of the hosts in that run.", "kWh", "float64"),
    "unserved_share": Field("CPU not served over CPU asked for in that run.", "share", "float64"),
    "riskiest_wave": Field("Wave in which runs are stopped most often; 0: none is.", "", "int64"),
    "on_failure": Field("stop, rollback or continue."),
    "noise": Field("Factor on the measured spread of durations, in the logarithm.", "", "float64"),
    "failure_share": Field("Share of attempts to migrate that fail.", "share", "float64"),
    "retries": Field("How often a failed move is tried again.", "", "int64"),
    "drop_share": Field("Chance that in a run a link drops.", "share", "float64"),
    "loss_share": Field("Chance that in a run a host dies.", "share", "float64"),
    "seconds": Field("Time to compute it.", "s", "float64"),
    "assumptions": Field("Sentences: what was assumed where the data said nothing.", "", "object"),
}
"""
Keys of the ``summary.json`` of `consolidate rehearse`. Its tables are ``runs``, ``waves``, ``risks``, ``executed`` and
``violations``, all CSV.
"""

DRIFT = {
    "number": Field("Number of the move in the runbook.", "", "int64"),
    "wave": Field("Wave that the move belongs to.", "", "int64"),
    "vm": Field("Name of the VM."),
    "source": Field("Host it leaves."),
    "destination": Field("Host it enters."),
    "state": Field("done, running, failed, waiting or impossible."),
    "planned_start_s": Field("Start in the plan.", "s", "float64"),
    "planned_end_s": Field("End in the plan.", "s", "float64"),
    "start_s": Field("Actual start, from the start of the plan; NaN: not begun.", "s", "float64", True),
    "end_s": Field("Actual end; NaN: not ended.", "s", "float64", True),
    "ratio": Field("Actual over planned duration; NaN: not known.", "ratio", "float64", True),
    "bandwidth_mbps": Field("Rate that follows from it; NaN: not known.", "Mbit/s", "float64", True),
    "predicted_end_s": Field("End of what is not done, predicted anew; NaN: none.", "s", "float64", True),
    "why": Field("What went wrong, in words."),
}
"""Rows of ``drift.csv``, which `consolidate track --out` writes beside the plan of the rest."""
