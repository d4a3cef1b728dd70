"""The optimum of tiny problems by trying everything, judged by the independent checker alone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from hypothesis import strategies as st

from models.arrays import NOWHERE, Ints, Mask, Rows
from models.check import placement as check
from models.costs import Headroom, HostsOn, Moves
from models.problem import Problem
from models.rules import RULES, MaxOnline, Offline, Online, Spare
from tests.models import strategies

_ABOUT_POWER = (MaxOnline, Offline, Online, Spare)
_STRICT = frozenset({"Power", "MaxOnline", "Offline", "Online", "Spare"})

KINDS = sorted(RULES.keys() - {"Preserve"})
"""Preserve is part of a formulation's demand, so that its problems never break it."""


@dataclass(frozen=True)
class Optimum:
    """The least weight of hosts that are on, the fewest hosts, and the fewest moves at the least weight."""

    weight: int
    hosts: int
    moves: int


def keeps_the_rules(problem: Problem, host: Rows, on: Mask, *, strict: bool = False) -> bool:
    """
    Return whether the checker finds nothing in a placement; unless strict, what is broken today may stay broken.

    Rules about hosts are kept in any case, but a VM that takes nothing may stay on a host that was off at the start.
    """
    found = check.judged(problem, check.violations(problem, host, on))
    idle = set(problem.vms[~problem.takes])
    return all(
        each.existed and ((each.rule not in _STRICT and not strict) or (each.rule == "Power" and each.who[0] in idle))
        for each in found
    )


def clean(problem: Problem) -> bool:
    """Return whether the start keeps all rules and every VM is on a host."""
    placed = bool((problem.start != NOWHERE).all())
    return placed and not check.violations(problem, problem.start, problem.on)


def weight(problem: Problem, on: Mask) -> int:
    """Return the weight of the hosts that are on."""
    stage = problem.costs[0]
    assert isinstance(stage, HostsOn)
    return int(stage.weights[on].sum())


def moves(problem: Problem, host: Rows) -> int:
    """Return how many VMs leave a host."""
    return int(np.count_nonzero((host != problem.start) & (problem.start != NOWHERE)))


def optimum(problem: Problem, *, strict: bool = False) -> Optimum | None:
    """Return the optimum over all placements and all sets of hosts that are on; None if none keeps the rules."""
    at_rest = replace(problem, rules=tuple(rule for rule in problem.rules if not isinstance(rule, _ABOUT_POWER)))
    everywhere = np.ones(len(problem.capacity), np.bool_)
    hosts = [host for host in _roomy(problem, strict) if keeps_the_rules(at_rest, host, everywhere, strict=strict)]
    hosts.sort(key=lambda host: moves(problem, host))
    best: Optimum | None = None
    for on in sorted(_powered(problem), key=lambda on: weight(problem, on)):
        heavier, count = best is not None and weight(problem, on) > best.weight, int(on.sum())
        if best is not None and heavier and count >= best.hosts:
            continue
        host = _first(problem, hosts, on, strict)
        if host is not None and best is None:
            best = Optimum(weight(problem, on), count, moves(problem, host))
        elif host is not None and best is not None:
            fewer = best.moves if heavier else min(best.moves, moves(problem, host))
            best = Optimum(best.weight, min(best.hosts, count), fewer)
    return best


def _first(problem: Problem, hosts: Sequence[Rows], on: Mask, strict: bool) -> Rows | None:
    """Return the placement of fewest moves that keeps the rules with these hosts on."""
    powered = (host for host in hosts if (on[host] | (host == problem.start)).all())
    return next((host for host in powered if keeps_the_rules(problem, host, on, strict=strict)), None)


def _powered(problem: Problem) -> Iterator[Mask]:
    for choice in product((False, True), repeat=len(problem.capacity)):
        yield np.array(choice, np.bool_)


def _roomy(problem: Problem, strict: bool) -> Iterator[Rows]:
    """Yield placements in which no host holds too much, or unless strict more than today; those nobody enters then."""
    load = problem.load(problem.start) * (not strict)
    limit: Ints = np.maximum(problem.capacity, load)
    over = np.asarray((load > problem.capacity).any(axis=1))
    for choice in product(range(len(problem.capacity)), repeat=len(problem.start)):
        host = np.array(choice, np.int32)
        if (problem.load(host) <= limit).all() and not (over[host] & (host != problem.start)).any():
            yield host


@st.composite
def problems(draw: st.DrawFn, *, most_hosts: int = 4, most_vms: int = 5, kinds: Sequence[str] = ()) -> Problem:
    """Return a tiny problem whose rules are hard and need hold only at the end, with hosts of different weight."""
    problem = draw(strategies.problems(most_hosts=most_hosts, most_vms=most_vms, kinds=kinds or KINDS))
    hosts, vms = len(problem.capacity), len(problem.start)
    weights = np.array(draw(st.lists(st.integers(1, 5), min_size=hosts, max_size=hosts)), np.int64)
    rules = tuple(replace(rule, continuous=False, price=None) for rule in problem.rules)
    return replace(problem, rules=rules, costs=(HostsOn(weights), Moves(np.ones(vms, np.int64)), Headroom()))
