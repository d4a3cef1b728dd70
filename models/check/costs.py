"""The exact cost of a placement, term by term, from nothing but the problem: no solver's sums are trusted."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from models.arrays import NOWHERE, Ints, Mask, Rows
from models.costs import Balance, Cost, Distance, Excess, Headroom, HostsOn, MostMoved, Moves, Sum
from models.problem import Problem


def cost(problem: Problem, host: Rows, on: Mask | None = None) -> tuple[int, ...]:
    """
    Return the cost of each stage when each VM is on the host given for it.

    Parameters
    ----------
    problem
        Demand, start and costs.
    host
        The host of each VM, `NOWHERE` for none. Shape (vms,).
    on
        Which hosts are on; without it, those that hold a VM. Shape (hosts,).
    """
    return tuple(_amount(problem, term, host, _powered(problem, host, on)) for term in problem.costs)


def parts(problem: Problem, host: Rows, on: Mask | None = None) -> tuple[dict[str, int], ...]:
    """Return the cost of each stage by the kind of its terms."""
    powered, found = _powered(problem, host, on), []
    for stage in problem.costs:
        amounts: dict[str, int] = {}
        for term in stage.terms if isinstance(stage, Sum) else (stage,):
            name = type(term).__name__
            amounts[name] = amounts.get(name, 0) + _amount(problem, term, host, powered)
        found.append(amounts)
    return tuple(found)


def _powered(problem: Problem, host: Rows, on: Mask | None) -> Mask:
    if on is not None:
        return on
    used = np.zeros(len(problem.capacity), np.bool_)
    used[host[host != NOWHERE]] = True
    return used


def _amount(problem: Problem, term: Cost, host: Rows, on: Mask) -> int:
    return AMOUNTS[type(term).__name__](problem, term, host, on)


def _total(amounts: Ints) -> int:
    """Return the sum, in Python's integers, which never overflow."""
    return int(sum(amounts.tolist()))


def _moved(problem: Problem, host: Rows) -> Rows:
    """Return the VMs that leave a host for another."""
    return np.flatnonzero((host != problem.start) & (problem.start != NOWHERE) & (host != NOWHERE))


def _hosts_on(problem: Problem, term: HostsOn, host: Rows, on: Mask) -> int:
    return _total(term.weights[on])


def _moves(problem: Problem, term: Moves, host: Rows, on: Mask) -> int:
    return _total(term.weights[_moved(problem, host)])


def _headroom(problem: Problem, term: Headroom, host: Rows, on: Mask) -> int:
    load = problem.load(host)
    return max((1000 * int(a) // int(c) for a, c in zip(load.flat, problem.capacity.flat, strict=True) if c), default=0)


def _excess(problem: Problem, term: Excess, host: Rows, on: Mask) -> int:
    over = np.maximum(problem.load(host) - term.safe, 0)
    return sum(int(weight) * _total(column) for weight, column in zip(term.weights, over.T, strict=True))


def _balance(problem: Problem, term: Balance, host: Rows, on: Mask) -> int:
    free = problem.capacity - problem.load(host)
    lacking = term.target * free[:, term.first] - free[:, term.second]
    return term.weight * _total(np.maximum(lacking, 0))


def _most_moved(problem: Problem, term: MostMoved, host: Rows, on: Mask) -> int:
    moved = _moved(problem, host)
    return term.weight * max((int(np.isin(group, moved).sum()) for group in term.groups), default=0)


def _distance(problem: Problem, term: Distance, host: Rows, on: Mask) -> int:
    moved, place = _moved(problem, host), problem.places[term.level]
    return term.weight * _total(term.matrix[place[problem.start[moved]], place[host[moved]]])


def _sum(problem: Problem, term: Sum, host: Rows, on: Mask) -> int:
    return sum(_amount(problem, each, host, on) for each in term.terms)


AMOUNTS: Mapping[str, Callable[[Problem, Any, Rows, Mask], int]] = {
    "HostsOn": _hosts_on,
    "Moves": _moves,
    "Headroom": _headroom,
    "Excess": _excess,
    "Balance": _balance,
    "MostMoved": _most_moved,
    "Distance": _distance,
    "Sum": _sum,
}
"""How each kind of term is reckoned, by its name."""
