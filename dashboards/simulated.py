"""The answer of a simulation in plain words: its badge, what is missing of it, and the big numbers."""

from collections.abc import Mapping
from typing import Any

from dashboards.results import Results
from dashboards.words import Number, count, duration, euros, known, number, percent, short


def badge(results: Results) -> str:
    """Return whether the simulation ran to its end."""
    if results.status != "partial":
        return "Complete" if results.status == "complete" else "Simulation"
    until = duration(results.summary.get("duration_s")).replace(" ", "\u00a0")
    return f"Partial: interrupted at simulated time {until}"


def notice(results: Results) -> str:
    """Return what a reader must know before the numbers; empty: nothing."""
    if results.status != "partial":
        return ""
    until = duration(results.summary.get("duration_s"))
    return f"The run was interrupted. All numbers, charts and tables cover the first {until} of simulated time only."


def numbers(results: Results) -> list[Number | None]:
    """Return the big numbers; those that are not known are None."""
    summary = results.summary
    return [
        _policy(summary),
        _time(summary),
        _hosts(summary),
        _energy(summary),
        _cost(summary),
        _migrations(summary),
        _violation(summary),
        _unserved(summary),
        _added(summary),
        _failures(summary),
        _unplaced(summary),
    ]


def _joined(*parts: str) -> str:
    return "; ".join(filter(None, parts))


def _policy(summary: Mapping[str, Any]) -> Number | None:
    if "policy" not in summary:
        return None
    preset = str(summary.get("preset") or "")
    return Number("Policy", str(summary["policy"] or "none"), f"preset {preset}" if preset else "")


def _time(summary: Mapping[str, Any]) -> Number | None:
    seconds, steps = summary.get("duration_s"), summary.get("steps")
    if not known(seconds):
        return None
    note = f"{count(steps, 'step')} of {duration(summary.get('step_s'))}" if known(steps) else ""
    return Number("Simulated time", duration(seconds), note)


def _hosts(summary: Mapping[str, Any]) -> Number | None:
    mean, peak = summary.get("hosts_on_mean"), summary.get("hosts_on_peak")
    if not known(mean):
        return None
    if summary.get("preset"):
        last = f"{number(summary.get('hosts_on_end'))} at the end"
        return Number("Hosts with load", short(mean), f"in the mean, {number(peak)} at most, {last}")
    start, end = summary.get("hosts_on_start"), summary.get("hosts_on_end")
    if mean == peak == start == end:
        return Number("Hosts on", short(mean), "all the time")
    first = f"{number(start)} at the start, {number(end)} at the end" if known(start) and known(end) else ""
    return Number(
        "Hosts on",
        short(mean),
        _joined("in the mean" if peak == start else f"in the mean, {number(peak)} at most", first),
    )


def _energy(summary: Mapping[str, Any]) -> Number | None:
    energy, facility, mean = (summary.get(key) for key in ("energy_kwh", "facility_kwh", "power_mean_w"))
    if not known(energy):
        return None
    draw = f"{short(mean / 1000)} kW in the mean" if known(mean) and mean is not None else ""
    meter = f"{short(facility)} kWh at the meter" if known(facility) else ""
    bound = summary.get("energy_bound_kwh")
    least = f"to serve all takes {short(bound)} kWh at least" if known(bound) else ""
    return Number("Energy of the hosts", f"{short(energy)} kWh", _joined(meter, draw, least))


def _cost(summary: Mapping[str, Any]) -> Number | None:
    cost, carbon = summary.get("cost_eur"), summary.get("carbon_kg")
    emitted = f"{short(carbon)} kg CO₂e" if known(carbon) else ""
    if not known(cost):
        return Number("CO₂", f"{short(carbon)} kg", "CO₂e of the energy at the meter") if emitted else None
    return Number("Cost of energy", euros(cost), emitted)


def _migrations(summary: Mapping[str, Any]) -> Number | None:
    ended, under_way = summary.get("migrations"), summary.get("migrating")
    if not known(ended):
        return None
    sent, pause = summary.get("transferred_gib"), summary.get("downtime_s")
    restarts = ", restarts included" if summary.get("restarts") else ""
    parts = [
        f"VMs pause for {duration(pause)} all together{restarts}" if known(pause) and pause else "",
        f"{short(sent)} GiB sent" if known(sent) and sent else "",
        f"{number(under_way)} under way at the end" if under_way else "",
    ]
    return Number("Migrations", number(ended), _joined(*parts) or "nothing is moved")


def _violation(summary: Mapping[str, Any]) -> Number | None:
    overload, loss, both = (summary.get(key) for key in ("overload_share", "migration_loss_share", "sla_violation"))
    slatah = f"hosts overloaded {percent(overload)} of their time (SLATAH)" if known(overload) else ""
    pdm = f"{percent(loss)} of CPU lost in migrations (PDM)" if known(loss) else ""
    if known(both):
        return Number("SLA violation (SLAV)", percent(both), " × ".join(filter(None, (slatah, pdm))))
    return Number("Hosts overloaded", percent(overload), "of their time on (SLATAH)") if slatah else None


def _unserved(summary: Mapping[str, Any]) -> Number | None:
    share, ready = summary.get("unserved_share"), summary.get("ready_share")
    if not known(share):
        return None
    wait = "" if _untold(summary, ready) else f"virtual CPUs wait {percent(ready)} of the time for a core"
    return Number("CPU not served", percent(share), _joined("of the CPU that was asked for", wait))


def _added(summary: Mapping[str, Any]) -> Number | None:
    added = summary.get("overhead_share")
    if _untold(summary, added):
        return None
    return Number("Virtualization adds", percent(added), "over the CPU that was asked for, in the mean")


def _untold(summary: Mapping[str, Any], value: Any) -> bool:
    """Return whether a value is missing, or a zero that says nothing: a preset's physics may not know the quantity."""
    return not known(value) or (bool(summary.get("preset")) and not value)


def _failures(summary: Mapping[str, Any]) -> Number | None:
    failures = summary.get("failures")
    if not failures:
        return None
    return Number("Hosts that failed", number(failures), f"{count(summary.get('restarts'), 'VM')} restarted elsewhere")


def _unplaced(summary: Mapping[str, Any]) -> Number | None:
    hours, end = summary.get("vm_hours_unplaced"), summary.get("vms_unplaced")
    if not hours and not end:
        return None
    left = f"{count(end, 'VM')} still at the end" if end else "none at the end"
    return Number("VMs on no host", f"{short(hours)} VM-hours", left)
