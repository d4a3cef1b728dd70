"""Figures: pure functions from tables to plotly figures, and which of them a result has."""

from dashboards import metrics
from dashboards.comparison import pair
from dashboards.drawing import Figure
from dashboards.figures import (
    comparison,
    cycles,
    differences,
    heat,
    hosts,
    load,
    money,
    mosaic,
    moves,
    overhead,
    placement,
    profiles,
    rehearsal,
    sensitivity,
    simulation,
    study,
    trials,
)
from dashboards.figures.canvas import MOST_HOSTS
from dashboards.figures.series import timed
from dashboards.results import Results
from dashboards.words import known


def drawn(results: Results) -> dict[str, Figure]:
    """Return the figures that the result has data for, by name, in the order to show them."""
    return _DRAW[results.command](results)


def _plan(results: Results) -> dict[str, Figure]:
    tables, summary = results.tables, results.summary
    estate = hosts.as_it_is(tables["hosts"]) if results.status == "infeasible" else tables["hosts"]
    figures = {}
    if len(estate):
        figures["utilisation"] = hosts.utilisation(estate)
        if len(estate) > MOST_HOSTS:
            figures["mosaic"] = mosaic.cells(estate)
        figures["cycles"] = cycles.use(estate)
    timed = over_time(results)
    if "load" in timed:
        figures["load"] = timed.pop("load")
    if len(tables["mix"]):
        figures["mix"] = profiles.stacked(tables["mix"])
    if len(estate):
        figures["fullest"] = hosts.fullest(estate)
    changed = len(tables["moves"]) + len(tables["actions"])
    if len(tables["placement"]) and len(tables["moves"]):
        figures["flow"] = placement.flow(tables["placement"], tables["hosts"])
    if len(tables["frontier"]) > 1:
        figures["trade_off"] = moves.trade_off(tables["frontier"])
    if known(summary.get("saving_eur_year")) and changed:
        figures["break_even"] = money.break_even(summary)
    if len(tables["costs"]):
        figures["breakdown"] = money.breakdown(tables["costs"])
    if len(tables["moves"]):
        figures["gantt"] = moves.gantt(tables["moves"])
    if changed and len(tables["hosts"]):
        figures["progress"] = moves.progress(tables["hosts"], tables["moves"], tables["actions"])
    return figures | timed


def over_time(results: Results) -> dict[str, Figure]:
    """Return the figures that show readings or a simulation over time."""
    if results.command == "simulate":
        return _simulate(results)
    if results.command != "plan":
        return {}
    both, readings = pair(results), results.tables["load"]
    figures = {"load": load.heat(readings)} if len(readings) else {}
    return figures | (comparison.drawn(*both) if both else {})


def _simulate(results: Results) -> dict[str, Figure]:
    timeline, uses = timed(results.tables["timeline"]), timed(results.tables["heat"])
    figures = {"heat": heat.use(uses)} if len(uses) else {}
    return figures | (simulation.drawn(timeline) if len(timeline) else {})


def _study(results: Results) -> dict[str, Figure]:
    scenarios = results.tables["scenarios"]
    if not len(metrics.means(scenarios)):
        return {}
    figures = {"bars": study.bars(scenarios)}
    if "held_up" in scenarios:
        options = results.manifest.get("options") or {}
        figures["held_up"] = trials.held_up(scenarios, options.get("held_up") or {})
    if metrics.known(scenarios, "full_growth"):
        figures["full"] = trials.full(scenarios)
    swings = results.tables["sensitivity"]
    if sensitivity.swinging(swings):
        figures["tornado"] = sensitivity.tornado(swings, scenarios)
        figures["indices"] = sensitivity.indices(swings, scenarios)
    if study.overhead_axes(scenarios):
        figures["by_overhead"] = study.by_overhead(scenarios)
    figures["frontier"] = study.frontier(scenarios, set(results.tables["pareto"]["scenario"]))
    if (scenarios["payback_months"] > 0).any():
        figures["paid_back"] = trials.paid_back(scenarios)
    return figures


def _overhead(results: Results) -> dict[str, Figure]:
    tables, figures = results.tables, {}
    if len(tables["technologies"]):
        figures["technologies"] = overhead.technologies(tables["technologies"])
    if len(tables["event_costs"]):
        figures["events"] = overhead.events(tables["event_costs"], tables["technologies"])
    if len(tables["merits"]):
        figures["merits"] = overhead.merits(tables["merits"])
    if (tables["gains"]["gain_mhz"] > 0).any():
        figures["gains"] = overhead.gains(tables["gains"])
    return figures


def _rehearse(results: Results) -> dict[str, Figure]:
    tables, figures = results.tables, {}
    if len(tables["runs"]):
        figures["makespans"] = rehearsal.makespans(tables["runs"], results.summary)
    if len(tables["waves"]):
        figures["wave_risks"] = rehearsal.wave_risks(tables["waves"])
    if len(tables["executed"]):
        figures["replayed"] = rehearsal.replayed(tables["executed"], tables["risks"])
    if (tables["risks"]["critical_share"] > 0).any():
        figures["critical"] = rehearsal.critical(tables["risks"])
    return figures


def _compare(results: Results) -> dict[str, Figure]:
    if not len(results.tables["deltas"]):
        return {}
    return {"differences": differences.shares(results.tables["deltas"], results.summary.get("confidence"))}


_DRAW = {
    "plan": _plan,
    "simulate": _simulate,
    "study": _study,
    "overhead": _overhead,
    "rehearse": _rehearse,
    "compare": _compare,
}
