"""The answer in plain words, for report and app: the big numbers, and how far they can be trusted."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from dashboards.results import Results
from dashboards.words import count, duration, euros, known, months, number, share, short

TITLES = {"plan": "Consolidation plan", "simulate": "Simulation", "study": "Study of scenarios"}


@dataclass(frozen=True)
class Number:
    """One big number: what it is, the number, and a line that explains it."""

    title: str
    value: str
    note: str = ""


def badge(results: Results) -> str:
    """Return the status as a reader without operations research understands it."""
    gap = results.summary.get("gap")
    feasible = f"Within {share(gap, 1)} of the best possible" if known(gap) else "A valid plan"
    return {
        "optimal": "Proven best possible",
        "feasible": feasible,
        "unchanged": "Nothing worth doing",
        "infeasible": "No placement keeps all the rules",
    }.get(results.status, TITLES[results.command])


def numbers(results: Results) -> list[Number]:
    """Return the big numbers of a result; those that are not known are left out."""
    if results.command == "simulate":
        return _simulated(results)
    if results.command == "study":
        return _studied(results)
    summary = results.summary
    if results.status in ("unchanged", "infeasible"):
        found = [_inventory(summary), _vms(summary), _cost_today(summary), _power_today(summary)]
    else:
        found = [
            _hosts(summary),
            _saving(summary),
            _payback(summary),
            _moves(summary),
            _carbon(summary),
            _power(summary),
        ]
    return [item for item in found if item is not None]


def _hosts(summary: Mapping[str, Any]) -> Number:
    before, after, bound = (summary.get(f"hosts_{when}") for when in ("before", "after", "bound"))
    if known(bound) and bound == after:
        note = f"proven: fewer than {number(bound)} cannot do"
    else:
        note = f"proven: at least {number(bound)} are needed" if known(bound) else ""
    return Number("Hosts switched on", f"{number(before)} → {number(after)}", note)


def _saving(summary: Mapping[str, Any]) -> Number | None:
    if not known(summary.get("saving_eur_year")):
        return None
    before, after = (summary.get(f"cost_{when}_eur_year") for when in ("before", "after"))
    note = f"running cost {euros(before)} → {euros(after)}" if known(before) and known(after) else ""
    return Number("Saved a year", euros(summary["saving_eur_year"]), note)


def _payback(summary: Mapping[str, Any]) -> Number | None:
    once = summary.get("once_eur")
    if not known(once) or once is None:
        return None
    note = f"{euros(once)} paid once" if once >= 0 else f"{euros(-once)} earned once"
    return Number("Paid back", _after(months(summary.get("payback_months"))), note)


def _after(text: str) -> str:
    return text if text in ("never", "at once") else f"in {text}"


def _moves(summary: Mapping[str, Any]) -> Number:
    moves = summary.get("moves")
    if moves == 0:
        return Number("Migrations", "none", "no VM has to move")
    parts = [f"in {duration(summary['makespan_s'])}" if known(summary.get("makespan_s")) else ""]
    parts += [count(summary["waves"], "wave") if known(summary.get("waves")) else ""]
    parts += [f"{number(summary['moves_live'])} live" if known(summary.get("moves_live")) else ""]
    return Number("Migrations", number(moves), ", ".join(filter(None, parts)))


def _carbon(summary: Mapping[str, Any]) -> Number | None:
    before, after = (summary.get(f"carbon_{when}_kg_year") for when in ("before", "after"))
    if not known(before) or not known(after) or before is None or after is None:
        return None
    note = f"{short(before / 1000)} → {short(after / 1000)} t CO₂e{_percent(before, after)}"
    return Number("CO₂ a year", _less((before - after) / 1000, "t"), note)


def _power(summary: Mapping[str, Any]) -> Number | None:
    before, after = (summary.get(f"power_{when}_w") for when in ("before", "after"))
    if not known(before) or not known(after) or before is None or after is None:
        return None
    note = f"{short(before / 1000)} → {short(after / 1000)} kW{_percent(before, after)}"
    return Number("Power", _less((before - after) / 1000, "kW"), note)


def _less(amount: float, unit: str) -> str:
    return f"{short(abs(amount))} {unit} {'less' if amount >= 0 else 'more'}"


def _percent(before: float, after: float) -> str:
    return f" ({(after - before) / before * 100:+.0f}\u00a0%)".replace("-", "−") if before else ""


def _inventory(summary: Mapping[str, Any]) -> Number:
    bound = summary.get("hosts_bound")
    note = f"at least {number(bound)} are needed" if known(bound) else f"of {number(summary.get('hosts'))} in all"
    return Number("Hosts on today", number(summary.get("hosts_before")), note)


def _vms(summary: Mapping[str, Any]) -> Number:
    return Number("Virtual machines", number(summary.get("vms")), f"{number(summary.get('vms_running'))} of them run")


def _cost_today(summary: Mapping[str, Any]) -> Number | None:
    cost = summary.get("cost_before_eur_year")
    return Number("Running cost a year", euros(cost), "as it is today") if known(cost) else None


def _power_today(summary: Mapping[str, Any]) -> Number | None:
    power = summary.get("power_before_w")
    if not known(power) or power is None:
        return None
    energy = summary.get("energy_before_kwh_year")
    note = f"{short(energy / 1000)} MWh a year" if known(energy) and energy is not None else ""
    return Number("Power today", f"{short(power / 1000)} kW", note)


def _simulated(results: Results) -> list[Number]:
    timeline = results.tables["timeline"]
    if timeline.empty:
        return []
    on, overloaded = timeline["hosts_on"], timeline["overloaded_hosts"]
    served, unserved = timeline["cpu_used_mhz"].sum(), timeline["cpu_unserved_mhz"].sum()
    asked = served + unserved
    last = timeline.iloc[-1]
    return [
        Number("Simulated time", duration(float(last["time_s"])), f"{number(len(timeline))} steps"),
        Number("Hosts on", f"{on.mean():.1f}", f"in the mean; from {on.min():.0f} to {on.max():.0f}"),
        Number("Energy", f"{short(float(last['energy_kwh']))} kWh", "of all hosts together"),
        Number("Migrations", number(float(last["migrations"])), "that ended"),
        Number("CPU not served", share(unserved / asked if asked else 0.0, 2), "of the CPU that was asked for"),
        Number(
            "Hosts overloaded", share(overloaded.sum() / max(on.sum(), 1), 2), "of the hosts that are on, in the mean"
        ),
    ]


def _studied(results: Results) -> list[Number]:
    scenarios = results.tables["scenarios"]
    found = scenarios[scenarios["status"] != "infeasible"]
    total = Number("Scenarios", number(scenarios["scenario"].nunique()), count(len(scenarios), "run"))
    if found.empty:
        return [total, Number("Feasible", "none", "no scenario has a placement that keeps its rules")]
    least, most = (
        found.iloc[int(np.argmin(found["hosts_after"].fillna(np.inf)))],
        found.iloc[int(np.argmax(found["saving_eur_year"].fillna(-np.inf)))],
    )
    return [
        total,
        Number("Fewest hosts", number(float(least["hosts_after"])), str(least["scenario"])),
        Number("Most saved a year", euros(float(most["saving_eur_year"])), str(most["scenario"])),
        Number("Infeasible", number(len(scenarios) - len(found)), f"of {count(len(scenarios), 'run')}"),
    ]


def trust(results: Results) -> list[tuple[str, str]]:
    """Return what says how far the answer can be trusted: (what, sentence)."""
    summary = results.summary
    found = [
        ("Data", _data(summary)),
        ("Demand", _basis(summary.get("basis"))),
        ("Placement", _search(results)),
        ("Schedule", _schedule(summary)),
        ("Check", _check(summary)),
        ("Repeatable", _repeatable(summary)),
    ]
    return [(what, sentence) for what, sentence in found if sentence]


def _data(summary: Mapping[str, Any]) -> str:
    grade, coverage = summary.get("grade"), summary.get("coverage")
    parts = [f"Grade {grade} on a scale from A to E" if grade else ""]
    parts += [f"{share(coverage)} of the readings that the basis needs were there" if known(coverage) else ""]
    return _sentence("; ".join(filter(None, parts)))


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:].removesuffix('.')}." if text else ""


def _basis(basis: Any) -> str:
    if isinstance(basis, Mapping):
        return _sentence("; ".join(f"{key}: {value}" for key, value in basis.items()))
    return _sentence(str(basis or ""))


def _search(results: Results) -> str:
    summary = results.summary
    if results.status not in ("optimal", "feasible") or not summary.get("solver"):
        return ""
    gap = summary.get("gap")
    best = (
        "No placement that keeps the rules is better"
        if results.status == "optimal"
        else "It is not proven to be the best"
    )
    if results.status == "feasible" and known(gap):
        best = f"The best possible is at most {share(gap, 1)} better"
    return f"{best}; found by {summary['solver']} in {duration(summary.get('seconds'))}."


def _schedule(summary: Mapping[str, Any]) -> str:
    span, bound = summary.get("makespan_s"), summary.get("makespan_bound_s")
    if not summary.get("moves") or not known(span) or not known(bound):
        return ""
    return f"{duration(span)}; no schedule under the same limits is shorter than {duration(bound)}."


def _check(summary: Mapping[str, Any]) -> str:
    before, during, after = (summary.get(f"violations_{when}") for when in ("before", "during", "after"))
    if not known(during) or not known(after) or during is None or after is None:
        return ""
    left = summary.get("violations_left") or 0
    text = "An independent check found no new violation during or after the plan"
    if during or after:
        text = f"An independent check found {count(during, 'new violation')} during the plan, {number(after)} after it"
    return (
        f"{text}; of {count(before, 'violation')} today {number(left)} stay{'s' if left == 1 else ''}."
        if before
        else f"{text}."
    )


def _repeatable(summary: Mapping[str, Any]) -> str:
    same = summary.get("reproducible")
    if same is None or summary.get("seed") is None:
        return ""
    if not same:
        return "The search was cut by the clock, so another run may find another plan."
    return f"The same input and seed {summary['seed']} give the same plan."
