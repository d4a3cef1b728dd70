"""What can still be done of plans in which some moves have no time: smaller plans, the best of which is kept."""

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from consolidate.plans.verdict import ended
from models.check import placement as check
from models.plan import Placement, Plan

if TYPE_CHECKING:
    from consolidate.plans.searching import Search

DEMANDED = ("Online", "Offline", "MaxOnline")
"""Kinds of rules that a plan fulfils, whatever the start is like; others it may leave broken as they are."""


@dataclass
class Salvage:
    """
    Placements that the moves of earlier plans lead to which can be done, and their number of dropped moves.

    `failed` is the last of those plans.
    """

    search: "Search"
    found: list[tuple[Placement, int]] = field(default_factory=list)
    failed: Plan | None = None

    def add(self, plan: Plan) -> bool:
        """Note where the moves of a plan lead, if that keeps the rules, is worth it, and frees a host; return if so."""
        from consolidate.plans.searching import trimmed

        self.failed, problem = plan, self.search.problem
        if plan.placement.turn is not None or not len(plan.moves):
            return False
        host = problem.start.copy()
        host[plan.moves.vm] = plan.moves.destination
        stays = problem.on & np.isin(problem.hosts, list(plan.blocked))
        on = plan.placement.on | stays | np.isin(np.arange(len(problem.on)), host)
        part = replace(plan.placement, host=host, on=on, status="feasible")
        smaller, dropped = trimmed(problem, part, self.search.economy, self.search.settings)
        freed = bool(np.count_nonzero(smaller.on) < np.count_nonzero(problem.on))
        noted = freed and smaller.status != "infeasible" and self._holds(smaller)
        if noted:
            self.found.append((smaller, dropped))
        return noted

    def _holds(self, placement: Placement) -> bool:
        found = ended(self.search.problem, placement)
        demanded = any(each.rule in DEMANDED and each.price is None for each in found)
        crowded = self.search.economy.forecast.broken(placement.host).any()
        return not demanded and not check.new(found) and not crowded

    def near(self, most_hosts: float, stuck: dict[str, str]) -> tuple[Plan, int] | None:
        """Return the last smaller plan and how many moves it drops, if so few hosts are on in it and it can be done."""
        if np.count_nonzero(self.found[-1][0].on) > most_hosts:
            return None
        asleep = Placement(self.search.problem.start, self.search.problem.on)
        plan, dropped = Salvage(self.search, self.found[-1:]).better(Plan(asleep), 0, stuck)
        return None if plan.placement is asleep else (plan, dropped)

    def better(self, plan: Plan, dropped: int, stuck: dict[str, str]) -> tuple[Plan, int]:
        """
        Return the plan that frees the most hosts, this one or a smaller one, and how many moves it drops.

        Its `blocked` says who stays since no order can move them.
        """
        for part, number in sorted(self.found, key=lambda each: np.count_nonzero(each[0].on)):
            if np.count_nonzero(part.on) >= np.count_nonzero(plan.placement.on):
                break
            again = self.search.schedule(part)
            if not again.blocked:
                plan, dropped = again, number
                break
        problem, host = self.search.problem, plan.placement.host
        moved = {*problem.vms[host != problem.start], *problem.hosts[plan.placement.on != problem.on]}
        return replace(plan, blocked={name: why for name, why in stuck.items() if name not in moved}), dropped
