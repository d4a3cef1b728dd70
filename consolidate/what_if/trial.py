"""One scenario of a study, computed in a worker: planned, simulated, or planned and then tried on later readings."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import TYPE_CHECKING, Any

from consolidate.inventories.estate import supposed
from consolidate.readers.reading import Reading
from consolidate.settings import Settings
from consolidate.what_if import supposing
from consolidate.what_if.parcels import Parcel, unpacked
from consolidate.what_if.scenario import Run, Scenario
from models import lifecycle
from models.demand import DAY_S, Usage
from models.errors import BrokenPromiseError, ConsolidationError, InputError
from models.rules import Rule

if TYPE_CHECKING:
    from consolidate.simulation import Simulated, Start

Summary = Mapping[str, Any]
Planner = Callable[[Reading, Settings, Sequence[Rule]], Summary]
"""Returns the summary of a plan; importable by name, so that a worker can find it."""


@dataclass(frozen=True)
class Protocol:
    """
    What is done with each scenario of a study.

    Parameters
    ----------
    run
        ``plan``, ``simulate`` or ``both``.
    steps
        Samples that are simulated; None: all.
    held_back_days
        Last days of the readings that a plan does not see, and that it is tried on.
    held_up
        Keys of a simulation's summary with their most.
    until_full
        ``vms`` or ``demand``, if it is asked how far they may grow; else empty.
    """

    run: Run = "plan"
    steps: int | None = None
    held_back_days: float = 1.0
    held_up: Mapping[str, float] = field(default_factory=dict)
    until_full: str = ""


def planned(reading: Reading, settings: Settings, rules: Sequence[Rule]) -> Summary:
    """Return the summary of a plan; where there is none, without a search for what blocks it."""
    from consolidate.planning import plan

    return plan(reading, settings, rules=rules, explain=False).summary


def row(parcel: Parcel, protocol: Protocol, point: Scenario, planner: Planner) -> dict[str, Any]:
    """
    Return one scenario's row; called in a worker.

    What is wrong with the scenario itself is a row that says so, for the others to go on.
    """
    reading, rules, parts = unpacked(parcel)
    began = perf_counter()
    try:
        estate = supposing.estate(reading, point.supposed, parts, point.seed)
        found = _found(estate, rules, protocol, point, planner)
    except BrokenPromiseError:
        raise
    except ConsolidationError as problem:
        return failed(str(problem))
    return found | {"seconds": perf_counter() - began}


def failed(reason: str) -> dict[str, Any]:
    """Return the row of a scenario that could not be computed."""
    return {"status": "failed", "reason": " ".join(reason.split())}


def _found(
    reading: Reading, rules: Sequence[Rule], protocol: Protocol, point: Scenario, planner: Planner
) -> dict[str, Any]:
    if protocol.until_full:
        from consolidate.what_if import fullness

        return fullness.row(
            reading, point, protocol.until_full, lambda given, settings: _told(planner(given, settings, rules))
        )
    if protocol.run == "plan":
        return _told(planner(reading, point.settings, rules))
    if protocol.run == "simulate":
        # Nothing is planned, so that what a scenario supposes on offer is there, and hosts to be emptied are so.
        there = lifecycle.serving(reading.inventory, (lifecycle.CANDIDATE,))
        estate = supposed(replace(reading, inventory=there), point.settings.estate)
        found = _simulated(estate, protocol, point)
        return _of_simulation(found) | _tried(found, protocol)
    return _both(reading, rules, protocol, point)


def _both(reading: Reading, rules: Sequence[Rule], protocol: Protocol, point: Scenario) -> dict[str, Any]:
    """Return the row of a plan made from the first days, and simulated on the last ones."""
    from consolidate.planning import plan
    from consolidate.simulations import replay

    reading = supposed(reading, point.settings.estate)
    known, later = parted(reading, protocol.held_back_days)
    found = plan(known, point.settings, rules=rules, explain=False)
    told = _told(found.summary)
    if told["status"] == "infeasible":
        return told
    return told | _tried(_simulated(later, protocol, point, replay.after(found, later.inventory)), protocol)


def parted(reading: Reading, days: float) -> tuple[Reading, Reading]:
    """
    Return a reading with all but its last days, and with these alone.

    Raises
    ------
    InputError
        If the readings are not longer than that.
    """
    usage = reading.usage
    last = round(days * DAY_S / usage.step_s) if usage is not None else 0
    if usage is None or not 0 < last < usage.samples:
        span = 0.0 if usage is None else usage.samples * usage.step_s / DAY_S
        held, whole = (f"{each:g} {'day' if each == 1 else 'days'}" for each in (days, span))
        raise InputError(f"{held} of readings are to be held back, which span {whole}: nothing would be left.")
    first = usage.samples - last
    return (
        replace(reading, usage=_cut(usage, slice(first), usage.start_s)),
        replace(reading, usage=_cut(usage, slice(first, None), usage.start_s + first * usage.step_s)),
    )


def _cut(usage: Usage, samples: slice, start_s: float) -> Usage:
    tables = {name: getattr(usage, name) for name in ("cpu_mhz", "memory_mib", "disk_iops", "net_mbps")}
    cut = {name: None if table is None else table[:, samples] for name, table in tables.items()}
    return replace(usage, start_s=start_s, **cut)  # type: ignore[arg-type]


def _simulated(reading: Reading, protocol: Protocol, point: Scenario, start: "Start | None" = None) -> "Simulated":
    from consolidate.simulation import simulate

    return simulate(
        reading,
        policy=point.policy,
        options=dict(point.options or {}),
        settings=point.settings,
        steps=protocol.steps,
        seed=point.seed,
        start=start,
    )


def _told(summary: Summary) -> dict[str, Any]:
    """Return what a scenario's row tells of a plan."""
    from models.tables import SCENARIO_METRICS

    reason = str(summary.get("verdict", "")) if summary["status"] == "infeasible" else ""
    found = {key: summary[key] for key in SCENARIO_METRICS if key in summary}
    left = int(summary.get("violations_left", 0))
    return found | {"violations": summary["violations_after"], "violations_left": left, "reason": reason}


def _of_simulation(found: "Simulated") -> dict[str, Any]:
    """Return what a row tells of a simulation without a plan, in the columns of a plan."""
    summary = found.summary
    return {
        "status": "complete",
        "vms": summary["vms"],
        "hosts_before": summary["hosts_on_start"],
        "hosts_after": summary["hosts_on_end"],
        "moves": summary["migrations"],
        "reason": "",
    }


def _tried(found: "Simulated", protocol: Protocol) -> dict[str, Any]:
    from models.tables import SCENARIO_TRIED

    keys = [key.removeprefix("sim_") for key in SCENARIO_TRIED if key.startswith("sim_")]
    within = all(float(found.summary[key] or 0.0) <= most for key, most in protocol.held_up.items())
    return {f"sim_{key}": found.summary[key] for key in keys} | {"held_up": within}
