"""How much a packing weighs at least, by cheap means: no packing whatever weighs less."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd

import numpy as np

from models.arrays import Ints, Mask
from solvers.packing import measures
from solvers.packing.instance import Packing

_CLIQUES = 1_500
"""Items of which pairs are looked at, at most."""
_MIXED = 600
"""Types that a linear program over measures and classes looks at, at most."""
_MEASURE, _PRICE = 2**20, 2**14
"""What a host measures, and the largest price of a measure, in whole numbers."""
_STEPS = 2**30
"""Needs are scaled down below this, rounded so that they stay valid."""


@dataclass(frozen=True, eq=False)
class Need:
    """
    What hosts that are used must cover together.

    Parameters
    ----------
    gains
        What a host of each class covers at most. Shape (classes,).
    amount
        What all must cover together.
    """

    gains: tuple[int, ...]
    amount: int


def lightest(packing: Packing, needs: Sequence[Need]) -> int:
    """Return what the hosts weigh at least that meet these needs, out of the supply; more than all if none can."""
    needs = [need for need in needs if need.amount > 0]
    if len(packing.weight) == 1:
        return int(packing.weight[0]) * max((_hosts(packing, need) for need in needs), default=0)
    least = max((split(packing, need) for need in needs), default=0)
    return least if least > _everything(packing) else max(least, _whole(packing, needs))


def _everything(packing: Packing) -> int:
    return int((packing.weight * packing.supply).sum())


def _hosts(packing: Packing, need: Need) -> int:
    """Return how many hosts of the one class are needed."""
    return -(-need.amount // need.gains[0]) if need.gains[0] > 0 else int(packing.supply[0]) + 1


def split(packing: Packing, need: Need) -> int:
    """Return the weight of the cheapest hosts that cover one need, if hosts may be split, rounded up."""
    weight, supply = packing.weight.tolist(), packing.supply.tolist()
    useful = [kind for kind, gain in enumerate(need.gains) if gain > 0]
    left, total, step = need.amount, 0, gcd(*weight) or 1
    for kind in sorted(useful, key=lambda kind: Fraction(weight[kind], need.gains[kind])):
        if left <= need.gains[kind] * supply[kind]:
            least: int = total + -(-left * weight[kind] // need.gains[kind])
            return -(-least // step) * step
        left -= need.gains[kind] * supply[kind]
        total += weight[kind] * supply[kind]
    return _everything(packing) + 1


def _scaled(need: Need) -> Need:
    step = max(need.amount, *need.gains) // _STEPS + 1
    return Need(tuple(-(-gain // step) for gain in need.gains), need.amount // step)


def _whole(packing: Packing, needs: Sequence[Need]) -> int:
    """Return the bound of the integer program over how many hosts of each class are used."""
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    used = [model.new_int_var(0, int(most), "") for most in packing.supply]
    for need in map(_scaled, needs):
        model.add(sum(gain * var for gain, var in zip(need.gains, used, strict=True)) >= need.amount)
    model.minimize(sum(int(weight) * var for weight, var in zip(packing.weight, used, strict=True)))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.max_deterministic_time = 0.2
    status = solver.solve(model)
    if status == cp_model.INFEASIBLE:
        return _everything(packing) + 1
    return int(np.ceil(solver.best_objective_bound - 1e-6)) if status != cp_model.UNKNOWN else 0


def bound(packing: Packing) -> int:
    """
    Return a weight that no packing falls below.

    The largest of: what all items take per dimension, dual-feasible functions of it, and items of which no two share
    a host. With several classes of hosts a small integer program over their numbers respects the supply. Where items
    cannot be packed at all, the bound may exceed the weight of all hosts.
    """
    if packing.items == 0:
        return 0
    _, first, counts = packing.types
    sizes = packing.demand[:, first]
    fits: Mask = np.asarray((sizes <= packing.capacity[:, None]).all(axis=2), np.bool_)
    if not fits.any(axis=0).all():
        return _everything(packing) + 1
    return lightest(packing, _needs(packing, sizes, fits, counts))


def _needs(packing: Packing, sizes: Ints, fits: Mask, counts: Ints) -> list[Need]:
    """Return needs of all dimensions and functions; the strongest alone of each family."""
    alike = bool((sizes == sizes[0]).all() and (packing.capacity == packing.capacity[0]).all())
    if alike:
        return [
            Need((need.gains[0],) * len(packing.weight), need.amount)
            for need in _one_class(sizes[0], packing.capacity[0], counts)
        ]
    return [*_continuous(packing, sizes, fits, counts), *_mixed(packing, sizes, fits, counts)]


def _one_class(sizes: Ints, capacity: Ints, counts: Ints) -> list[Need]:
    needs = []
    for column, most in zip(sizes.T, capacity, strict=True):
        for measure, whole in measures.dual_feasible(column, int(most)):
            amount = measure @ counts
            best = int(np.argmax(amount / np.maximum(whole, 1)))
            needs.append(Need((int(whole[best]),), int(amount[best])))
    if len(sizes) <= _CLIQUES:
        needs.extend(Need((each,), amount) for amount, each in measures.exclusive(sizes, capacity, counts))
    return needs


def _continuous(packing: Packing, sizes: Ints, fits: Mask, counts: Ints) -> list[Need]:
    """Return what all items take of each dimension at least, whichever class they go to."""
    never = np.iinfo(np.int64).max
    least = np.where(fits[:, :, None], sizes, never).min(axis=0)
    return [
        Need(tuple(offers.tolist()), int(amount))
        for offers, amount in zip(packing.capacity.T, counts @ least, strict=True)
    ]


def _mixed(packing: Packing, sizes: Ints, fits: Mask, counts: Ints) -> list[Need]:
    """
    Return the need that a linear program mixes of the measures of all dimensions and classes.

    Its dual values price a host's measures; an item counts what it costs on the class where it costs least. They are
    rounded to whole numbers first, so that the need is valid whatever the program returns.
    """
    if len(counts) > _MIXED:
        return []
    tables = [_table(sizes[kind][fits[kind]], packing.capacity[kind]) for kind in range(len(packing.weight))]
    prices = _prices(packing, tables, fits, counts)
    if prices is None:
        return []
    never = np.iinfo(np.int64).max
    cost = np.full((len(tables), len(counts)), never)
    for kind, (measure, _) in enumerate(tables):
        cost[kind, fits[kind]] = measure.T @ prices[kind]
    gains = tuple(int(whole @ price) for (_, whole), price in zip(tables, prices, strict=True))
    return [Need(gains, int(counts @ cost.min(axis=0)))]


def _table(sizes: Ints, capacity: Ints) -> tuple[Ints, Ints]:
    """Return the simplest measures of each dimension, scaled alike. Shapes (functions, items), (functions,)."""
    rows, wholes = [], []
    for column, most in zip(sizes.T, capacity, strict=True):
        thirds = np.where(3 * column > 2 * most, 2, np.where(3 * column > most, 1, 0))
        for measure, whole in ((column, most), ((2 * column > most).astype(np.int64), 1), (thirds, 2)):
            if most > 0:
                rows.append(measure * _MEASURE // int(whole))
                wholes.append(_MEASURE)
    return np.array(rows, np.int64).reshape(len(rows), len(sizes)), np.array(wholes, np.int64)


def _prices(packing: Packing, tables: list[tuple[Ints, Ints]], fits: Mask, counts: Ints) -> list[Ints] | None:
    """Return a price of each class's measures, in whole numbers; None if the program fails."""
    from ortools.linear_solver import pywraplp

    lp = pywraplp.Solver.CreateSolver("GLOP")  # type: ignore[no-untyped-call]
    infinity = lp.infinity()
    worth = [lp.NumVar(0, infinity, "") for _ in counts]
    prices = [[lp.NumVar(0, infinity, "") for _ in whole] for _, whole in tables]
    scarce = [lp.NumVar(0, infinity, "") for _ in tables]
    for kind, (measure, whole) in enumerate(tables):
        lp.Add(lp.Sum(prices[kind]) <= float(packing.weight[kind]) + scarce[kind])
        for item, shares in zip(np.flatnonzero(fits[kind]), (measure / whole[:, None]).T, strict=True):
            lp.Add(
                worth[item] <= lp.Sum([share * var for share, var in zip(shares, prices[kind], strict=True) if share])
            )
    terms = [float(count) * var for count, var in zip(counts, worth, strict=True)]
    lp.Maximize(lp.Sum(terms) - lp.Sum([float(most) * var for most, var in zip(packing.supply, scarce, strict=True)]))
    if lp.Solve() != pywraplp.Solver.OPTIMAL:
        return None
    largest = max((var.solution_value() for each in prices for var in each), default=0.0)
    step = _PRICE / max(largest, 1e-9)
    return [np.array([int(max(var.solution_value(), 0.0) * step) for var in each], np.int64) for each in prices]
