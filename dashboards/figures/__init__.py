"""Figures: pure functions from tables to plotly figures, and which of them a result has."""

from dashboards.drawing import Figure
from dashboards.figures import hosts, load, money, moves, placement, simulation, study
from dashboards.results import Results
from dashboards.words import known


def drawn(results: Results) -> dict[str, Figure]:
    """Return the figures that the result has data for, by name, in the order to show them."""
    return {"plan": _plan, "simulate": _simulate, "study": _study}[results.command](results)


def _plan(results: Results) -> dict[str, Figure]:
    tables, summary = results.tables, results.summary
    estate = hosts.as_it_is(tables["hosts"]) if results.status == "infeasible" else tables["hosts"]
    figures = {}
    if len(estate):
        figures["utilisation"] = hosts.utilisation(estate)
    if len(tables["load"]):
        figures["load"] = load.heat(tables["load"])
    if len(estate):
        figures["fullest"] = hosts.fullest(estate)
    changed = len(tables["moves"]) + len(tables["actions"])
    if len(tables["placement"]) and len(tables["moves"]):
        figures["flow"] = placement.flow(tables["placement"], tables["hosts"])
    if known(summary.get("saving_eur_year")) and changed:
        figures["break_even"] = money.break_even(summary)
    if len(tables["costs"]):
        figures["breakdown"] = money.breakdown(tables["costs"])
    if len(tables["moves"]):
        figures["gantt"] = moves.gantt(tables["moves"])
    if changed and len(tables["hosts"]):
        figures["progress"] = moves.progress(tables["hosts"], tables["moves"], tables["actions"])
    return figures


def _simulate(results: Results) -> dict[str, Figure]:
    timeline = results.tables["timeline"]
    return {name: draw(timeline) for name, draw in simulation.FIGURES.items()} if len(timeline) else {}


def _study(results: Results) -> dict[str, Figure]:
    scenarios = results.tables["scenarios"]
    if not len(study.means(scenarios)):
        return {}
    return {"bars": study.bars(scenarios), "frontier": study.frontier(scenarios)}
