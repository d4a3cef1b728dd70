"""Placements that no order of moves reaches: told to the placement as rules, which is solved again."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from models.arrays import NOWHERE
from models.plan import Placement, Plan
from models.problem import Problem
from models.rules import Ban
from solvers.scheduling.cycles import NoGood

MOST_TRIES = 10
"""Placements that are tried at most."""


def avoided(problem: Problem, no_good: NoGood) -> Problem:
    """
    Return the problem with a rule under which those VMs are not on those hosts all together.

    That is a combination, for which there is no rule; so the VM whose move weighs most, the first of equals, is kept
    from its host. More than the combination is lost by that: a placement with that VM there and another elsewhere.
    """
    vm, host = max(no_good, key=lambda pair: (int(problem.move_weights[pair[0]]), -pair[0]))
    rule = Ban(vms=np.array([vm]), hosts=np.array([host]), entering=True, name="no order of moves")
    return replace(problem, rules=(*problem.rules, rule))


def reached(
    problem: Problem,
    place: Callable[[Problem], Placement],
    schedule: Callable[[Placement], Plan],
    tries: int = MOST_TRIES,
) -> Plan:
    """
    Return the plan to the first placement that can be reached; the last one found if none can.

    Parameters
    ----------
    problem
        What to place.
    place, schedule
        Find a placement of a problem, and the plan to a placement; the scheduler is not told of the rules added.
    tries
        Placements tried at most.
    """
    plan = schedule(place(problem))
    for _ in range(tries - 1):
        if not plan.no_goods:
            break
        for no_good in plan.no_goods:
            problem = avoided(problem, no_good)
        placement = place(problem)
        if placement.status == "infeasible" or (placement.host == NOWHERE).any():
            break
        plan = schedule(placement)
    return plan
