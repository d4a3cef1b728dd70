"""
What stands in the way of any placement: a smallest set of rules and VMs that excludes one, and what would admit one.

The sets are found by QuickXplain [1]_: none of their members can be left out, as far as the time given to each
trial lets one tell.

References
----------
.. [1] U. Junker, "QUICKXPLAIN: preferred explanations and relaxations for over-constrained problems," AAAI 2004.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np

from models.arrays import Rows
from models.problem import Problem
from models.rules import Rule
from solvers.explain import infeasibility
from solvers.extended import one_more
from solvers.parts import part_of
from solvers.portfolio import Portfolio
from solvers.relations import compiled

MOST_TRIALS = 120
"""Placements tried for one explanation."""
MOST_REMEDIES = 6
MOST_HOSTS = 5

Admits = Callable[[Problem], bool]
"""Whether a placement was found."""


@dataclass(frozen=True)
class Blocking:
    """
    Why there is no placement.

    Parameters
    ----------
    reason
        A sentence, with amounts where something is missing.
    rules, vms, hosts
        Names of what together cannot be satisfied; hosts only where it is about few of them.
    remedies
        What would make a placement possible, each by itself.
    """

    reason: str
    rules: tuple[str, ...]
    vms: tuple[str, ...]
    hosts: tuple[str, ...]
    remedies: tuple[str, ...]


@dataclass
class _Trials:
    """Counts what is tried; once there are too many, nothing is taken to be superfluous any more."""

    solve: Portfolio
    until: float
    left: int = MOST_TRIALS

    def __call__(self, problem: Problem) -> bool:
        """Return whether a placement was found; parts that were tried before are not tried again."""
        self.left -= 1
        if self.left < 0 or perf_counter() > self.until:
            return True
        return self.solve(problem).status != "infeasible"


def explained(
    problem: Problem,
    *,
    seconds: float = 0.3,
    seed: int = 1,
    patience_s: float = 30.0,
    titles: Mapping[str, str] | None = None,
) -> Blocking | None:
    """
    Return what blocks a placement; None if there is one.

    Parameters
    ----------
    seconds
        Deterministic time of each trial. [s]
    patience_s
        Time after which nothing more is tried, so that more may be named than is needed. [s]
    titles
        What rules are called in place of their kind and name; those of one title are lifted together.
    """
    admits = _Trials(Portfolio("auto", seconds, seed), perf_counter() + patience_s)
    return None if admits(problem) else _explained(problem, admits, titles or {})


def _explained(problem: Problem, admits: Admits, titles: Mapping[str, str]) -> Blocking:
    named: dict[str, list[Rule]] = {}
    for rule in problem.rules:
        name = f"{rule.kind} {rule.name}".strip()
        named.setdefault(titles.get(name, name), []).append(rule)
    chosen = smallest(lambda names: admits(_with_rules(problem, named, names)), tuple(named))
    fewer = _with_rules(problem, named, chosen)
    rows = smallest(lambda vms: admits(_with_vms(fewer, vms)), tuple(range(len(problem.vms))))
    core = _with_vms(fewer, rows)
    reason, named_there = infeasibility(compiled(core, strict=False))
    for name, title in titles.items():
        reason = reason.replace(name, title)
    hosts = tuple(name for name in named_there if name in set(problem.hosts))
    vms = tuple(str(problem.vms[row]) for row in rows)
    remedies = tuple(_remedies(problem, named, chosen, admits))[:MOST_REMEDIES]
    return Blocking(reason, chosen, vms, hosts if len(hosts) <= MOST_HOSTS else (), remedies)


def smallest(admits: Callable[[Sequence], bool], members: Sequence) -> tuple:  # type: ignore[type-arg]
    """Return a set of members that admits nothing, and none of which can be left out, out of members that do so."""
    return () if not members or not admits(()) else _core(admits, (), (), tuple(members))


def _core(admits: Callable[[Sequence], bool], kept: tuple, added: tuple, members: tuple) -> tuple:  # type: ignore[type-arg]
    """Return those of the members that are needed beside those kept; `added` are the last of these."""
    if added and not admits(kept):
        return ()
    if len(members) == 1:
        return members
    first, second = members[: len(members) // 2], members[len(members) // 2 :]
    right = _core(admits, kept + first, first, second)
    left = _core(admits, kept + right, right, first)
    return left + right


def _with_rules(problem: Problem, named: dict[str, list[Rule]], names: Sequence[str]) -> Problem:
    return replace(problem, rules=tuple(rule for name in names for rule in named[name]))


def _with_vms(problem: Problem, vms: Sequence[int] | Rows) -> Problem:
    """Return the problem of only these VMs, on all hosts."""
    return part_of(problem, np.asarray(vms, np.int64), np.arange(len(problem.capacity)), problem.rules).problem


def _remedies(problem: Problem, named: dict[str, list[Rule]], chosen: Sequence[str], admits: Admits) -> Iterator[str]:
    """Yield what would admit a placement: a rule that is lifted, or one more host of a model."""
    for name in chosen:
        if admits(_with_rules(problem, named, [other for other in named if other != name])):
            yield f"Lift the rule {name}."
    for row in _models(problem):
        if admits(one_more(problem, row)):
            yield f"Add one more host like {problem.hosts[row]}."


def _models(problem: Problem) -> list[int]:
    """Return a host of each kind and size, the largest first."""
    keys = np.column_stack([problem.kind, problem.capacity])
    rows = np.unique(keys, axis=0, return_index=True)[1]
    return sorted(rows.tolist(), key=lambda row: -int(problem.capacity[row].sum()))[:4]
