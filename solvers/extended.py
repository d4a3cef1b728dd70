"""A problem with one more host: what would be possible if another one like this were bought."""

from dataclasses import fields, replace
from typing import Any

import numpy as np

from models.arrays import frozen, names
from models.costs import HostsOn
from models.problem import Problem
from models.rules import Offline, Overbook, Overload, Quarantine, Rule


def one_more(problem: Problem, row: int) -> Problem:
    """
    Return the problem with an empty host, on, that is like the one in this row and may hold what that may hold.

    Rules that name that host name the new one too, but for those that close it.
    """
    weights = [
        HostsOn(np.append(cost.weights, cost.weights[row])) if isinstance(cost, HostsOn) else cost
        for cost in problem.costs
    ]
    more = {name: frozen(np.append(place, place[row]), np.int32) for name, place in problem.levels.items()}
    return replace(
        problem,
        capacity=frozen(np.concatenate([problem.capacity, problem.capacity[row : row + 1]]), np.int64),
        failover=frozen(np.concatenate([problem.failover, problem.failover[row : row + 1]]), np.int64),
        kind=frozen(np.append(problem.kind, problem.kind[row]), np.int32),
        on=frozen(np.append(problem.on, True), np.bool_),
        levels=more,
        rules=tuple(_extended(rule, row, len(problem.hosts)) for rule in problem.rules),
        costs=tuple(weights),
        hosts=names([*problem.hosts, f"another {problem.hosts[row]}"]),
    )


def _extended(rule: Rule, row: int, new: int) -> Rule:
    changes: dict[str, Any] = {}
    if isinstance(rule, Offline | Quarantine):
        return rule
    for item in fields(rule):
        value = getattr(rule, item.name)
        if item.name == "hosts" and row in value:
            changes["hosts"] = np.append(value, new)
        elif item.name == "groups":
            changes["groups"] = tuple(np.append(group, new) if row in group else group for group in value)
    if isinstance(rule, Overbook) and "hosts" in changes:
        changes["physical"] = (*rule.physical, rule.physical[int(np.searchsorted(rule.hosts, row))])
    if isinstance(rule, Overload) and "hosts" in changes:
        changes["limit"] = np.append(rule.limit, rule.limit[int(np.searchsorted(rule.hosts, row))])
    return replace(rule, **changes) if changes else rule
