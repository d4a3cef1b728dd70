"""The costs of a problem as local search sees them: one sum of whole numbers; earlier stages outweigh later ones."""

from dataclasses import dataclass

import numpy as np

from models.arrays import NOWHERE, Ints, Rows
from models.costs import Balance, Cost, Distance, Excess, HostsOn, MostMoved, Moves, flat
from models.errors import BrokenPromiseError
from models.problem import Problem
from solvers.couplings import own_places

LARGEST = 1 << 60
"""What a sum of costs must stay below."""


@dataclass(frozen=True, eq=False)
class Terms:
    """
    The terms of a sum, each with the factor of its stage.

    Parameters
    ----------
    weight, safe
        Of load above what is safe. Shapes (dims,), (hosts, dims).
    balance
        First dim, second dim, target and weight of each. Shape (balances, 4).
    on_weight, move_weight
        Of hosts that are on, of VMs that leave their host.
    scale, distance, zone
        A factor, the distances between zones, shape (zones, zones), and the zone of each host.
    team, team_weight
        The team of each VM, -1 for none, and the weight of the most moved of a team.
    """

    weight: Ints
    safe: Ints
    balance: Ints
    on_weight: Ints
    move_weight: Ints
    scale: int
    distance: Rows
    zone: Ints
    team: Ints
    team_weight: int


def terms(problem: Problem, order: Ints) -> Terms:
    """Return the terms of a problem; dims are reordered. Headroom is left out: it is no sum over hosts."""
    hosts, vms, dims = len(problem.capacity), len(problem.start), len(problem.dims)
    rank = np.argsort(order)
    weight, safe = np.zeros(dims, np.int64), np.zeros((hosts, dims), np.int64)
    balance: list[tuple[int, int, int, int]] = []
    on_weight, move_weight, team = np.zeros(hosts, np.int64), np.zeros(vms, np.int64), np.full(vms, NOWHERE, np.int64)
    scale, distance, zone, team_weight = 0, np.zeros((1, 1), np.int32), np.zeros(hosts, np.int64), 0
    for cost, factor in factored(problem):
        if isinstance(cost, HostsOn):
            on_weight += factor * cost.weights
        elif isinstance(cost, Moves):
            move_weight += factor * cost.weights
        elif isinstance(cost, Excess):
            if weight.any():
                raise BrokenPromiseError("A search knows one term of load above what is safe.")
            weight, safe = factor * cost.weights[order], np.ascontiguousarray(cost.safe[:, order])
        elif isinstance(cost, Balance):
            balance.append((int(rank[cost.first]), int(rank[cost.second]), cost.target, factor * cost.weight))
        elif isinstance(cost, Distance):
            scale, distance = factor * cost.weight, cost.matrix.astype(np.int32)
            zone = own_places(problem.places[cost.level]).astype(np.int64)
        elif isinstance(cost, MostMoved):
            team_weight = factor * cost.weight
            for index, group in enumerate(cost.groups):
                team[group] = index
    return Terms(
        weight=weight.astype(np.int64),
        safe=safe,
        balance=np.array(balance, np.int64).reshape(-1, 4),
        on_weight=on_weight,
        move_weight=move_weight,
        scale=scale,
        distance=np.ascontiguousarray(distance, np.int32),
        zone=zone,
        team=team,
        team_weight=team_weight,
    )


def factored(problem: Problem) -> list[tuple[Cost, int]]:
    """
    Return the terms with the factor of their stage: a unit of it outweighs all that later stages can come to.

    Last stages that would make sums too large for 64 bits are left out.
    """
    for kept in range(len(problem.costs), 0, -1):
        found: list[tuple[Cost, int]] = []
        factor, most = 1, 0
        for stage in reversed(problem.costs[:kept]):
            own = list(flat([stage]))
            found.extend((cost, factor) for cost in own)
            most += factor * sum(largest(problem, cost) for cost in own)
            factor = most + 1
        if most < LARGEST or kept == 1:
            return found
    return []


def largest(problem: Problem, cost: Cost) -> int:
    """Return what a term can come to at most, while no host holds more than its capacity."""
    if isinstance(cost, HostsOn | Moves):
        return sum(cost.weights.tolist())
    if isinstance(cost, Excess):
        total = np.minimum(_total(problem.demand.max(axis=0)), _total(problem.capacity))
        return sum(int(weight) * int(load) for weight, load in zip(cost.weights, total, strict=True))
    if isinstance(cost, Balance):
        return cost.weight * cost.target * int(_total(problem.capacity)[cost.first])
    if isinstance(cost, MostMoved):
        return cost.weight * max((len(group) for group in cost.groups), default=0)
    if isinstance(cost, Distance):
        return cost.weight * int(cost.matrix.max(initial=0)) * len(problem.start)
    return 0


def least(problem: Problem, cost: Cost) -> int:
    """Return what a term comes to at least: as if one host offered all that there is, and held every VM."""
    load, safe_load = _total(problem.demand.max(axis=0)), _total(problem.demand.min(axis=0))
    if isinstance(cost, Excess):
        over = np.maximum(safe_load - _total(cost.safe), 0)
        return sum(int(weight) * int(amount) for weight, amount in zip(cost.weights, over, strict=True))
    if isinstance(cost, Balance):
        offered = _total(problem.capacity)
        free_first, free_second = (
            int((offered - held)[dim]) for held, dim in ((load, cost.first), (safe_load, cost.second))
        )
        return cost.weight * max(cost.target * free_first - free_second, 0)
    return 0


def aggregate_bound(problem: Problem) -> int:
    """Return what the sum of all terms, with the factors of their stages, comes to at least."""
    return sum(factor * least(problem, cost) for cost, factor in factored(problem))


def _total(amounts: Ints) -> Ints:
    found: Ints = amounts.sum(axis=0)
    return found
