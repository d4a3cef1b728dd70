"""The answer in plain words, for report and app: its title and the big numbers."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from dashboards import deltas, rehearsed, simulated
from dashboards.results import Results
from dashboards.scenarios import axes, briefly
from dashboards.words import Number, count, cycles, duration, euros, known, months, number, share, short, times

TITLES = {
    "plan": "Consolidation plan",
    "simulate": "Simulation",
    "study": "Study of scenarios",
    "overhead": "Overhead of virtualization",
    "rehearse": "Rehearsal of a plan",
    "compare": "Two results compared",
}


def verdict(results: Results) -> str:
    """Return the answer in a sentence."""
    text = str(results.summary.get("verdict") or TITLES[results.command])
    return briefly(text, axes(results.tables["scenarios"])) if results.command == "study" else text


def badge(results: Results) -> str:
    """Return the status as a reader without operations research understands it."""
    compared = results.summary.get("technologies")
    if results.command == "overhead" and known(compared):
        return "Technology by technology" if compared != 1 else "One technology"
    if results.command == "simulate":
        return simulated.badge(results)
    if results.command == "rehearse":
        return rehearsed.badge(results)
    gap = results.summary.get("gap")
    feasible = f"Within {share(gap, 1)} of the best possible" if known(gap) else "A valid plan"
    return {
        "optimal": "Proven best possible",
        "feasible": feasible,
        "unchanged": "Nothing worth doing",
        "infeasible": "No placement keeps all the rules",
    }.get(results.status, TITLES[results.command])


def notice(results: Results) -> str:
    """Return what a reader must know before the numbers; empty: nothing."""
    tell = {"simulate": simulated.notice, "compare": deltas.notice}.get(results.command)
    return tell(results) if tell is not None else ""


def numbers(results: Results) -> list[Number]:
    """Return the big numbers of a result; those that are not known are left out."""
    tell = {
        "simulate": simulated.numbers, "study": _studied, "overhead": _priced, "rehearse": rehearsed.numbers,
        "compare": deltas.numbers,
    }.get(results.command, _planned)  # fmt: skip
    return [item for item in tell(results) if item is not None]


def _planned(results: Results) -> list[Number | None]:
    summary = results.summary
    if results.status in ("unchanged", "infeasible"):
        return [_inventory(summary), _vms(summary), _cost_today(summary), _power_today(summary)]
    return [
        _hosts(summary),
        _saving(summary),
        _payback(summary),
        _moves(summary),
        _carbon(summary),
        _power(summary),
        _added(summary),
        _waits(summary),
    ]


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


def _added(summary: Mapping[str, Any]) -> Number | None:
    """Return what virtualization adds at the end, if there is work that it is added to."""
    work, before, after = (summary.get(key) for key in ("work_mhz", "overhead_before_mhz", "overhead_mhz"))
    if not work or not known(after) or after is None:
        return None
    now = f"{cycles(before)} → {cycles(after)}" if known(before) else cycles(after)
    return Number("Virtualization adds", share(after / work, 1), f"to the VMs' own work: {now}")


def _waits(summary: Mapping[str, Any]) -> Number | None:
    longest = summary.get("ready_share_max")
    note = "of its time a virtual CPU waits for a core, on the worst host"
    return Number("Ready time", share(longest, 1), note) if known(longest) else None


def _less(amount: float, unit: str) -> str:
    return f"{short(abs(amount))} {unit} {'less' if amount >= 0 else 'more'}"


def _percent(before: float, after: float) -> str:
    return f" ({(after - before) / before * 100:+.0f}\u00a0%)".replace("-", "−") if before else ""


def _inventory(summary: Mapping[str, Any]) -> Number:
    bound = summary.get("hosts_bound")
    note = f"at least {number(bound)} are needed" if known(bound) else f"of {number(summary.get('hosts'))} in all"
    return Number("Hosts on today", number(summary.get("hosts_before")), note)


def _vms(summary: Mapping[str, Any]) -> Number:
    return Number(
        "Virtual machines",
        number(summary.get("vms")),
        f"{number(summary.get('vms_running'))} of them {'runs' if summary.get('vms_running') == 1 else 'run'}",
    )


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


def _studied(results: Results) -> list[Number | None]:
    scenarios = results.tables["scenarios"]
    found, names = scenarios[~scenarios["status"].isin(("infeasible", "failed"))], axes(scenarios)
    total = Number("Scenarios", number(scenarios["scenario"].nunique()), count(len(scenarios), "run"))
    if found.empty:
        return [total, Number("Feasible", "none", "no scenario has a placement that keeps its rules")]
    cheap = found.sort_values("cost_after_eur_year", kind="stable")
    least, cheapest = cheap.iloc[int(np.argmin(cheap["hosts_after"].fillna(np.inf)))], cheap.iloc[0]
    return [
        total,
        Number("Fewest hosts", number(float(least["hosts_after"])), briefly(str(least["scenario"]), names)),
        _cheapest(cheapest, briefly(str(cheapest["scenario"]), names)),
        _held_up(found),
        _room(found, names),
        Number(
            "Infeasible or failed" if (scenarios["status"] == "failed").any() else "Infeasible",
            number(len(scenarios) - len(found)),
            f"of {count(len(scenarios), 'run')}",
        ),
    ]


def _cheapest(row: "pd.Series[Any]", name: str) -> Number | None:
    """Return the least cost: of a year, or of simulations alone that of the energy."""
    if known(row["cost_after_eur_year"]):
        return Number("Least cost a year", euros(float(row["cost_after_eur_year"])), name)
    return None


def _held_up(found: pd.DataFrame) -> Number | None:
    """Return how many runs kept within the study's limits, where they were simulated."""
    if "held_up" not in found:
        return None
    held = int(found["held_up"].sum())
    return Number("Held up", f"{number(held)} of {number(len(found))}", "runs that kept within the limits, simulated")


def _room(found: pd.DataFrame, names: Mapping[str, str]) -> Number | None:
    """Return the most growth that any scenario's estate takes, in the mean of its seeds."""
    if "full_growth" not in found or not known(float(found["full_growth"].max())):
        return None
    means = found.groupby("scenario", sort=False)["full_growth"].mean()
    growth = float(means.max())
    told = f"{growth - 1:+.0%}".replace("%", "\u00a0%") if growth else "none fits today"
    return Number("Most growth until full", told, briefly(str(means.idxmax()), names))


def _priced(results: Results) -> list[Number | None]:
    """Return what virtualization costs, today or for a workload, and what a change would free."""
    summary = results.summary
    return [
        _pays(summary),
        _technology(results, "least", "Least overhead"),
        _technology(results, "most", "Most overhead"),
        _freed(summary),
        _compared(summary),
    ]


def _pays(summary: Mapping[str, Any]) -> Number | None:
    work, added, vms = (summary.get(key) for key in ("work_mhz", "overhead_mhz", "vms"))
    if not known(work):
        return None
    if not work or not known(added) or added is None:
        return Number("Own work", cycles(work), "that the technologies are charged for")
    running = f" of {count(vms, 'running VM')}" if vms else ""
    return Number(
        "Virtualization adds", share(added / work, 1), f"{cycles(added)} to {cycles(work)} of own work{running}"
    )


def _technology(results: Results, key: str, title: str) -> Number | None:
    name = str(results.summary.get(key) or "")
    if not name:
        return None
    table = results.tables["technologies"]
    ratio = table.loc[table["technology"] == name, "cpu_ratio"]
    note = f"{times(ratio.iloc[0])} the CPU of native work; " if len(ratio) else ""
    return Number(title, name, f"{note}hardware and OS levels")


def _freed(summary: Mapping[str, Any]) -> Number | None:
    gain, gainers = summary.get("gain_mhz"), summary.get("gainers")
    if not known(gain):
        return None
    parts = [str(summary.get("change") or ""), f"{count(gainers, 'VM')} would gain" if known(gainers) else ""]
    return Number("The change frees", cycles(gain), "; ".join(filter(None, parts)))


def _compared(summary: Mapping[str, Any]) -> Number | None:
    compared, processor = summary.get("technologies"), summary.get("microarchitecture")
    return (
        Number("Technologies compared", number(compared), f"on {processor}" if processor else "")
        if known(compared)
        else None
    )
