"""How much growth an estate takes until it is full: the largest factor for which a plan is found, by bisection."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import log
from typing import Any

from consolidate.readers.reading import Reading
from consolidate.settings import Settings
from consolidate.what_if import supposing
from consolidate.what_if.scenario import Scenario
from consolidate.what_if.supposing import Parts

CLOSE = 0.01
"""Factors that differ by less are told apart no further."""
MOST = 64.0
"""Largest growth that is tried, as a factor."""
MONTHS = 12.0
Planned = Callable[[Reading, Settings], Mapping[str, Any]]


@dataclass(frozen=True, eq=False)
class Full:
    """The largest growth that fits with its plan, and the smallest that does not with the reason."""

    growth: float
    plan: Mapping[str, Any]
    beyond: float = float("nan")
    reason: str = ""


def row(reading: Reading, point: Scenario, what: str, plan: Planned) -> dict[str, Any]:
    """
    Return a scenario's row: its plan as it is, and how far it may grow.

    Parameters
    ----------
    reading
        The estate as the scenario supposes it.
    what
        What grows: ``vms``, by copies of those that run, or ``demand`` of those that are there.
    plan
        Returns what is told of a plan.
    """
    today = plan(reading, point.settings)

    def grown(factor: float) -> Mapping[str, Any]:
        if what == "demand":
            demand = {"demand.growth": point.settings.demand.growth * factor}
            return plan(reading, point.settings.changed(demand))
        return plan(supposing.estate(reading, {"growth.vms": factor}, Parts(), point.seed), point.settings)

    found = full(grown, today)
    return dict(today) | {
        "full_growth": found.growth,
        "full_next": found.beyond,
        "full_vms": found.plan.get("vms", 0) if found.growth else 0,
        "full_hosts_after": found.plan.get("hosts_after", 0) if found.growth else 0,
        "full_months": months(found.growth, point.settings.simulation.growth_year),
        "full_reason": found.reason,
    }


def full(grown: Callable[[float], Mapping[str, Any]], today: Mapping[str, Any]) -> Full:
    """
    Return how far growth goes, given what is told of a plan for a factor, and of the one for 1.

    What fits need not be monotone for a heuristic: a plan is known for the factor returned, and none was found for the
    one above it.
    """
    left = int(today.get("violations_left", 0))

    def fits(told: Mapping[str, Any]) -> bool:
        return bool(
            told["status"] != "infeasible" and told["violations"] == 0 and told.get("violations_left", 0) <= left
        )

    if not fits(today):
        return Full(0.0, today, 1.0, _why(today))
    low, best, high, reason = 1.0, today, 2.0, ""
    while high <= MOST and fits(told := grown(high)):
        low, best, high = high, told, high * 2
    if high > MOST:
        return Full(low, best)
    reason = _why(told)
    while high - low > CLOSE * max(low, 1.0):
        middle = round((low + high) / 2, 6)
        if fits(told := grown(middle)):
            low, best = middle, told
        else:
            high, reason = middle, _why(told)
    return Full(low, best, high, reason)


def _why(told: Mapping[str, Any]) -> str:
    """Return why a plan does not do."""
    return str(told.get("reason", "")) or "Hosts would take more than they may."


def months(growth: float, growth_year: float) -> float:
    """
    Return the months until an estate has grown by a factor; NaN if it does not grow.

    >>> round(months(1.21, 0.1), 6), months(2.0, 0.0)
    (24.0, nan)
    """
    if growth_year <= 0 or growth <= 0:
        return float("nan")
    return MONTHS * log(growth) / log(1 + growth_year)
