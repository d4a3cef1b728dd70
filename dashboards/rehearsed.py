"""The answer of a rehearsal in plain words: its badge and the big numbers."""

from collections.abc import Mapping
from typing import Any

from dashboards.results import Results
from dashboards.words import Number, count, duration, known, number, share


def badge(results: Results) -> str:
    """Return whether the plan held up."""
    return {"holds": "Holds up", "at risk": "At risk"}.get(results.status, "Rehearsal")


def numbers(results: Results) -> list[Number | None]:
    """Return the big numbers; those that are not known are None."""
    summary = results.summary
    return [_makespan(summary), _replayed(summary), _stops(summary), _late(summary), _pauses(summary), _rules(summary)]


def _makespan(summary: Mapping[str, Any]) -> Number | None:
    middle, high, top = (summary.get(f"makespan_p{part}_s") for part in (50, 90, 99))
    if not known(high):
        return None
    planned = f"planned {duration(summary.get('makespan_planned_s'))}; " if summary.get("makespan_planned_s") else ""
    return Number("Done in nine of ten runs", duration(high), f"{planned}half {duration(middle)}, 99 % {duration(top)}")


def _replayed(summary: Mapping[str, Any]) -> Number | None:
    end, energy = summary.get("makespan_replayed_s"), summary.get("energy_kwh")
    if not known(end):
        return None
    parts = [str(summary.get("replayed_status") or "")]
    parts += [f"{energy:,.3g} kWh" if known(energy) and energy is not None else ""]
    parts += [
        f"{share(summary['unserved_share'], 2)} of CPU not served" if known(summary.get("unserved_share")) else ""
    ]
    return Number("Carried out in the datacenter", duration(end), ", ".join(filter(None, parts)))


def _stops(summary: Mapping[str, Any]) -> Number | None:
    stopped, wave = summary.get("stop_share"), summary.get("riskiest_wave")
    if not known(stopped):
        return None
    note = f"most often in wave {wave}" if wave else f"of {count(summary.get('runs'), 'run')}"
    back = summary.get("moves_back")
    return Number("Runs stopped", share(stopped, 1), f"{note}; {back:.2g} moves taken back a run" if back else note)


def _late(summary: Mapping[str, Any]) -> Number | None:
    late, by = summary.get("late_share"), summary.get("late_by_share")
    return Number("Late", share(late, 1), f"end over {share(by)} later than planned") if known(late) else None


def _pauses(summary: Mapping[str, Any]) -> Number | None:
    high, planned = summary.get("downtime_p90_s"), summary.get("downtime_planned_s")
    if not known(high) or high is None:
        return None
    return Number(
        "Pauses of VMs", f"{high:,.1f} s", f"all together, in nine of ten runs; planned {number(planned, 1)} s"
    )


def _rules(summary: Mapping[str, Any]) -> Number | None:
    found = summary.get("violations")
    note = f"in {count(summary.get('checked'), 'run')} that were checked"
    return Number("Rules broken", number(found) if found else "none", note) if known(found) else None
