"""The independent check of a placement: capacity, power, and every rule at rest."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from models.arrays import NOWHERE, Mask, Rows
from models.check import rules
from models.check.state import State, at_rest
from models.check.violation import Violation
from models.plan import Restarts
from models.problem import Problem
from models.rules import Rule


def violations(
    problem: Problem, host: Rows, on: Mask, restarts: Restarts | None = None, turn: Rows | None = None
) -> tuple[Violation, ...]:
    """
    Return everything that is wrong when each VM is on the host given for it.

    Parameters
    ----------
    problem
        Capacity, demand and rules.
    host
        The host of each VM, `NOWHERE` for none. Shape (vms,).
    on
        Which hosts are on. Shape (hosts,).
    restarts
        What is said to show that hosts can be lost. It is verified; where it is silent or wrong, restarts are sought.
    turn
        How each VM sits on its host's nodes, a row of `Problem.turns`; None if each sits as at the start. Shape (vms,).
    """
    return tuple(_found(problem, host, on, lambda _: True, restarts, turn))


def judged(problem: Problem, found: Sequence[Violation]) -> tuple[Violation, ...]:
    """Mark those that the starting state already has: the same rule, no other VM or host, at least as bad."""
    if not found:
        return ()
    known = at_start(problem, found)
    return tuple(replace(each, existed=any(covers(old, each) for old in known)) for each in found)


def new(found: Iterable[Violation]) -> tuple[Violation, ...]:
    """Return the hard violations that the starting state does not have already."""
    return tuple(each for each in found if each.price is None and not each.existed)


def at_start(problem: Problem, like: Iterable[Violation]) -> tuple[Violation, ...]:
    """Return what is wrong at the start, only of the rules that these violations are of."""
    kinds = {(each.rule, each.name) for each in like}
    known = _found(problem, problem.start, problem.on, lambda rule: (rule.kind, rule.name) in kinds)
    return tuple(each for each in known if (each.rule, each.name) in kinds)


def covers(old: Violation, each: Violation) -> bool:
    """
    Tell whether the second violation is no news once the first is known.

    The same rule, and nobody concerned who was not before, and no worse: three VMs that share a host against an
    anti-affinity rule cover two of them that still share it, and not another two.
    """
    same = (old.rule, old.name, old.limit) == (each.rule, each.name, each.limit)
    return same and old.excess >= each.excess and set(old.who) >= set(each.who)


def _found(
    problem: Problem,
    host: Rows,
    on: Mask,
    wanted: Callable[[Rule], bool],
    restarts: Restarts | None = None,
    turn: Rows | None = None,
) -> Iterator[Violation]:
    state = at_rest(problem, host, on, restarts, turn)
    yield from _unplaced(problem, host)
    yield from _unpowered(state)
    yield from _overloaded(state)
    for rule in problem.rules:
        if wanted(rule):
            yield from rules.violations(rule, state)


def _unplaced(problem: Problem, host: Rows) -> Iterator[Violation]:
    for vm in np.flatnonzero(host == NOWHERE):
        yield Violation("Unplaced", (problem.vms[vm],), 1, 0)


def _unpowered(state: State) -> Iterator[Violation]:
    for row in np.flatnonzero(~state.on[state.host]):
        yield Violation("Power", (state.problem.vms[state.vm[row]], state.problem.hosts[state.host[row]]), 1, 0)


def _overloaded(state: State) -> Iterator[Violation]:
    problem = state.problem
    for host, dim in np.argwhere(state.load > problem.capacity):
        amount, limit = float(state.load[host, dim]), float(problem.capacity[host, dim])
        yield Violation("Capacity", (problem.hosts[host],), amount, limit, problem.dims[dim])
