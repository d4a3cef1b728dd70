"""A solver that divides a problem into groups of hosts, solves them on an executor, and lets VMs move between them."""

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any

import numpy as np

from consolidate.plans.verdict import ended
from models.arrays import NOWHERE, Floats, Rows
from models.check import placement as check
from models.plan import Placement
from models.problem import Problem
from solvers.parts import Part, part_of, split

OPEN_SHARES = (1.0, 0.5)
"""Shares of a group's hosts that are open, one after the other until the checker finds nothing wrong."""


@dataclass(frozen=True)
class Grouped:
    """
    Solve groups of hosts in parallel, then once more the hosts that they left least full, together.

    Parameters
    ----------
    executor
        Where groups are solved.
    means, seconds, seed
        Of the solver of each group; deterministic time of all groups together. [s]
    most_hosts
        Hosts of a group at most, and hosts that are solved together in the end.
    coordinate
        Whether VMs may move between groups.
    """

    executor: Executor
    means: str = "auto"
    seconds: float = 20.0
    seed: int = 1
    most_hosts: int = 500
    coordinate: bool = True

    def __call__(self, problem: Problem) -> Placement:
        """Return the best placement found; where a group has none, all stay as they are."""
        from solvers.portfolio import merged

        began = perf_counter()
        groups = divided(problem, self.most_hosts)
        share = max(self.seconds / max(len(groups), 1), 0.2)
        found = self._solved([group.problem for group in groups], share)
        if len(groups) > 1:
            found = [_as_it_is(group.problem, own) for group, own in zip(groups, found, strict=True)]
        whole = merged(problem, groups, found, perf_counter() - began)
        if len(groups) > 1:
            status = whole.status if whole.status != "optimal" else "feasible"
            whole = replace(whole, bound_moves=0.0, status=status, **_bounds(problem))
        if self.coordinate and len(groups) > 1 and whole.status != "infeasible":
            whole = self._coordinated(problem, groups, whole, share)
        return replace(whole, solver=f"groups of {whole.solver}", seconds=perf_counter() - began)

    def _solved(self, problems: Sequence[Problem], seconds: float) -> list[Placement]:
        futures = [self.executor.submit(_placed, each, self.means, seconds, self.seed) for each in problems]
        return [future.result() for future in futures]

    def _coordinated(self, problem: Problem, groups: Sequence[Part], whole: Placement, seconds: float) -> Placement:
        """Return the placement after hosts of different groups exchanged VMs, if the checker lets that pass."""
        for share in OPEN_SHARES:
            hosts = opened(problem, groups, whole, int(self.most_hosts * share))
            better = self._exchanged(problem, whole, hosts, seconds)
            if better is whole or not check.new(ended(problem, better)):
                return better
        return whole

    def _exchanged(self, problem: Problem, whole: Placement, hosts: Rows, seconds: float) -> Placement:
        """Return the placement in which the VMs on some hosts are placed anew on these; the same if that saves none."""
        vms = np.flatnonzero(np.isin(whole.host, hosts))
        if not len(vms):
            return whole
        after = replace(problem, start=whole.host.astype(np.int32), on=whole.on)
        part = part_of(after, vms, hosts, problem.rules)
        own = self._solved([part.problem], seconds)[0]
        before, now = (_weight(part.problem, host, on) for host, on in
                       ((part.problem.start, part.problem.on), (own.host, own.on)))  # fmt: skip
        if own.status == "infeasible" or now >= before:
            return whole
        host, on = whole.host.copy(), whole.on.copy()
        host[vms], on[hosts] = np.where(own.host == NOWHERE, NOWHERE, hosts[own.host]), own.on
        return replace(whole, host=host, on=on, status="feasible", solver=f"{whole.solver}+exchange")


def _weight(problem: Problem, host: Rows, on: np.ndarray) -> float:
    return float(problem.first_stage(host, on))


def _bounds(problem: Problem) -> dict[str, Any]:
    """Return the bounds of the whole; those of groups say nothing of it."""
    from solvers.cover import cover
    from solvers.relations import compiled

    hard = replace(problem, rules=tuple(rule for rule in problem.rules if rule.price is None))
    found = cover(compiled(hard, strict=False))
    return {"bound": found.bound if found else 0.0, "bound_hosts": found.bound_hosts if found else 0}


def _as_it_is(problem: Problem, own: Placement) -> Placement:
    """Return the placement; of a group without one its start, if all of its VMs are somewhere."""
    if own.status != "infeasible" or (problem.start == NOWHERE).any():
        return own
    return replace(own, host=problem.start, on=problem.on, status="unchanged", reason="", blocking=())


def _placed(problem: Problem, means: str, seconds: float, seed: int) -> Placement:
    """Solve one group; called in a worker."""
    from solvers.portfolio import Portfolio

    return Portfolio(means, seconds, seed)(problem)


def divided(problem: Problem, most_hosts: int) -> tuple[Part, ...]:
    """Return the parts that no rule ties, the larger ones divided into groups; rows are those of the whole."""
    from solvers.groups import grouped

    found: list[Part] = []
    for part in split(problem):
        groups = grouped(part.problem, most_hosts) if len(part.hosts) > most_hosts else ()
        found += [Part(each.problem, part.vms[each.vms], part.hosts[each.hosts]) for each in groups] or [part]
    return tuple(found)


def opened(problem: Problem, groups: Sequence[Part], whole: Placement, most: int) -> Rows:
    """Return the hosts that are planned together: of each group those on with VMs that are least full."""
    full = fullness(problem, whole)
    each = max(most // max(len(groups), 1), 2)
    rows = []
    for group in groups:
        used = group.hosts[whole.on[group.hosts] & (full[group.hosts] > 0)]
        rows.append(used[np.argsort(full[used], kind="stable")[:each]])
    found: Rows = np.sort(np.concatenate(rows))
    return found


def fullness(problem: Problem, whole: Placement) -> Floats:
    """Return how full the fullest dimension of each host is. Shape (hosts,)."""
    share: Floats = (problem.load(whole.host) / np.maximum(problem.capacity, 1)).max(axis=1, initial=0.0)
    return share
