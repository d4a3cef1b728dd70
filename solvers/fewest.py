"""At most so many hosts on, and the fewest moves to get there: points of the frontier of hosts against moves."""

from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np

from models.counting import counted
from models.plan import Placement
from models.problem import Problem
from solvers import trim
from solvers.cover import fewest_moves
from solvers.cpsat import Found, moves_of
from solvers.evacuate import evacuated, idle_choices
from solvers.finish import finished
from solvers.neighbourhoods import Neighbourhoods
from solvers.relations import Relations, compiled
from solvers.restriction import understood
from solvers.spare import survives
from solvers.state import State

MARGINS = (0.0, 0.03, 0.08, 0.16)
"""Shares by which demand is taken to be larger, one after the other, until the hosts chosen have room."""


@dataclass(frozen=True)
class Fewest:
    """
    Keep at most `most` hosts on with the least weight of moves.

    Parameters
    ----------
    most
        Hosts that may be on.
    seconds
        Deterministic time for saving moves, once there is a placement. [s]
    seed
        Of the search.
    known
        A placement that keeps the rules, if one is known: hosts that it frees beyond need keep their VMs.
    """

    most: int
    seconds: float = 1.0
    seed: int = 1
    known: Placement | None = None

    def __call__(self, problem: Problem) -> Placement:
        """
        Return the placement of fewest moves that was found, or the start with the status infeasible.

        `Placement.bound` is of the weight of moves here.
        """
        began = perf_counter()
        hard = replace(problem, rules=tuple(rule for rule in problem.rules if rule.price is None))
        for strict in (True, False):
            relations = counting(compiled(hard, strict=strict), self.most)
            least = fewest_moves(relations, 0)
            options = (self._found(relations), self._kept(relations)) if least is not None else ()
            found = min(filter(None, options), key=lambda each: moves_of(each[0]), default=None)
            if least is not None and found is not None:
                state, on = self._improved(relations, found, least.bound)
                met = moves_of(state) <= least.bound
                return Placement(
                    host=relations.vm_hosts(state.host),
                    on=on,
                    solver="fewest",
                    status="optimal" if met else "feasible",
                    bound=least.bound,
                    bound_hosts=0,
                    seconds=perf_counter() - began,
                )
        reason = f"No placement on at most {counted(self.most, 'host')} was found."
        return Placement(problem.start, problem.on, "fewest", "infeasible", reason=reason)

    def _found(self, relations: Relations) -> Found | None:
        """Return the first placement that packs: by the relaxation's hosts, then with some of them left empty."""
        for idle in idle_choices(relations):
            for margin in MARGINS:
                chosen = fewest_moves(relations, 0, margin=margin)
                if chosen is None:
                    break
                on = chosen.on.copy()
                on[idle if idle is not None else []] = True
                if np.count_nonzero(on) > self.most:
                    continue
                state = evacuated(relations, on, idle, mend=True)
                if state is not None:
                    return state, on
        return None

    def _kept(self, relations: Relations) -> Found | None:
        """Return what is known, but for as many of the hosts it frees as may stay on: those with the most moves."""
        problem, known = relations.problem, self.known
        if known is None or np.count_nonzero(known.on) > self.most:
            return None
        empty = np.flatnonzero(problem.on & ~known.on & ~relations.forced_off)
        placed = problem.start[problem.start >= 0]
        weight = np.bincount(placed, problem.move_weights[problem.start >= 0], minlength=relations.hosts)
        keep = empty[np.argsort(-weight[empty], kind="stable")][: self.most - np.count_nonzero(known.on)]
        found = trim.without(problem, known, np.isin(np.arange(relations.hosts), keep))
        state = State(relations, relations.item_hosts(found.host))
        fits = bool((state.load <= relations.capacity).all()) and survives(state, found.on, thorough=True)
        return (state, found.on) if fits else None

    def _improved(self, relations: Relations, found: Found, least: int) -> Found:
        if understood(relations) and moves_of(found[0]) > least and self.seconds > 0:
            found = Neighbourhoods(self.seconds, self.seed)(relations, found, (0, least))
        return finished(*found)


def counting(relations: Relations, most: int) -> Relations:
    """Return the relations in which hosts weigh nothing, and at most so many of all are on."""
    everyone = np.ones(relations.hosts, np.bool_)
    weightless = np.zeros(relations.hosts, np.int64)
    return replace(relations, host_weight=weightless, max_online=(*relations.max_online, (everyone, most)))
