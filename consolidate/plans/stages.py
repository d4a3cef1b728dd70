"""What a plan reaches in each stage of its objective, beside what is proven; and what it buys."""

from typing import TYPE_CHECKING, Any

import numpy as np

from consolidate.plans.objective import first_stage
from models.arrays import Mask, Rows
from models.costs import Cost, Evenness, Headroom, HostsOn, Moves
from models.lifecycle import CANDIDATE

if TYPE_CHECKING:
    from consolidate.plans.outcome import Outcome
    from models.problem import Problem

UNITS = {"hosts": "", "power": "W", "money": "EUR/year", "moves": "", "headroom": "share"}


def objective(outcome: "Outcome") -> dict[str, Any]:
    """Return the columns of the table of stages: values before and after, bounds, tolerances."""
    problem, placement = outcome.formulation.problem, outcome.plan.placement
    costs = problem.costs
    bounds = [_bound(outcome, cost) for cost in costs]
    return {
        "stage": _names(outcome),
        "unit": _units(outcome),
        "before": [value(problem, cost, problem.start, problem.on) for cost in costs],
        "after": [value(problem, cost, placement.host, placement.on) for cost in costs],
        "bound": bounds,
        "tolerance_share": [cost.tolerance if isinstance(cost, HostsOn) else 0.0 for cost in costs],
    }


def _names(outcome: "Outcome") -> list[str]:
    """Return the names of the costs, as the settings have them."""
    chosen = outcome.settings.objective
    buying = (outcome.reading.inventory.hosts.lifecycle == CANDIDATE).any()
    first = "money" if chosen.together else first_stage(chosen, buying=bool(buying))[0]
    plain: dict[type[Cost], str] = {Moves: "moves", Headroom: "headroom", Evenness: "evenness", HostsOn: first}
    return [plain.get(type(cost), "fragmentation") for cost in outcome.formulation.problem.costs]


def _units(outcome: "Outcome") -> list[str]:
    if outcome.settings.objective.together:
        cents = {"money": "ct", "moves": "ct"}
        return [cents.get(name, UNITS.get(name, "share")) for name in _names(outcome)]
    return [UNITS.get(name, "share") for name in _names(outcome)]


def value(problem: "Problem", cost: Cost, host: Rows, on: Mask) -> float:
    """Return what a cost comes to, over hosts that are on."""
    from models.laws import fragmentation

    if isinstance(cost, HostsOn):
        return float(cost.weights[on].sum())
    if isinstance(cost, Moves):
        return float(cost.weights[(host != problem.start) & (problem.start >= 0)].sum())
    load, capacity = problem.load(host)[on].astype(np.float64), np.maximum(problem.capacity[on], 1).astype(np.float64)
    if isinstance(cost, Headroom):
        return float((load / capacity).max(initial=0.0))
    if isinstance(cost, Evenness):
        used = load / capacity
        mean = load.sum(axis=0) / np.maximum(capacity.sum(axis=0), 1)
        return float(((used - mean) ** 2).mean()) if len(used) else 0.0
    return float(fragmentation.stranded_share(load, capacity).max(initial=0.0))


def _bound(outcome: "Outcome", cost: Cost) -> float:
    """Return what is proven of a stage; NaN where nothing is, or no longer, since moves were dropped."""
    placement, joined = outcome.plan.placement, outcome.formulation.problem.joined
    if isinstance(cost, HostsOn):
        return np.nan if joined else float(placement.bound)
    loose = outcome.dropped or outcome.formulation.problem.host_tolerance
    if isinstance(cost, Moves) and not joined and not loose and placement.bound_moves:
        return float(placement.bound_moves)
    return np.nan


def purchases(outcome: "Outcome") -> dict[str, Any]:
    """Return the columns of the table of purchases, one row a model."""
    hosts = outcome.reading.inventory.hosts
    bought = outcome.economy.bought(outcome.plan.placement.on)
    offered = hosts.lifecycle == CANDIDATE
    models = list(dict.fromkeys(hosts.model[offered].tolist()))
    of = [np.flatnonzero(offered & (hosts.model == model)) for model in models]
    price = [float(hosts.price_eur[rows[0]]) for rows in of]
    counts = [int(bought[rows].sum()) for rows in of]
    return {
        "model": models,
        "offered": [int(hosts.offered[rows].max() or len(rows)) for rows in of],
        "bought": counts,
        "price_eur_each": price,
        "price_eur": [count * each for count, each in zip(counts, price, strict=True)],
    }
