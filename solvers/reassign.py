"""
Machine reassignment: any sum of costs of load, balance, hosts and moves, by simulated annealing in several processes.

Metropolis' rule [1]_ over shifts, swaps and relays, the temperature falling geometrically; then all go on from the best
at a low one. Relays and moves home follow the observation that transient dims make rooms scarce: what may be away
is a budget, and trades within it are what improves [2]_.

References
----------
.. [1] S. Kirkpatrick, C. D. Gelatt, M. P. Vecchi, "Optimization by simulated annealing," Science 220, 1983.
.. [2] H. Gavranović, M. Buljubašić, E. Demirović, "Variable neighborhood search for Google machine reassignment
   problem," ENDM 39, 2012.
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing import get_context

import numpy as np

from models.arrays import NOWHERE, Ints, Mask
from models.costs import HostsOn, flat
from models.plan import Placement
from models.problem import Problem
from models.rules import Offline, Online, Spare
from solvers.annealing import Search
from solvers.landscape import Landscape, landscape
from solvers.parts import misplaced
from solvers.portfolio import Portfolio
from solvers.relations import compiled
from solvers.spare import survives
from solvers.state import State
from solvers.terms import aggregate_bound, least

CLOCKS: dict[str, Callable[[], float]] = {"wall": time.time, "cpu": time.process_time}

CHUNK = 20_000
"""Trials between two looks at the clock."""

ROUNDS = ((0.0, 0.88, 0.5, 1e-4), (0.88, 1.0, 1e-3, 0.0))
"""Of each round, begin and end as shares of the time, and the temperatures there as shares of a VM's mean weight."""

COLDEST = 0.3
"""The lowest temperature, at which a unit of cost is hardly ever given away."""


@dataclass(frozen=True)
class Round:
    """What one process is asked to do: from when to when, from which temperature to which."""

    host: Ints
    seed: int
    hot: float
    cold: float
    begin: float
    end: float
    trials: int
    clock: str
    bound: int


@dataclass(frozen=True)
class Reassign:
    """
    Improve a placement by local search; every state on the way keeps the rules, and transient room.

    Parameters
    ----------
    seconds
        Time in all, by the clock. [s]
    workers
        Processes; each follows random numbers of its own.
    seed
        Of the random numbers.
    trials
        So many trials a process instead of a time: then the same input gives the same placement again.
    at_once
        Whether who moves holds transient dims at both ends for good, as if all moved at once.
    clock
        ``wall``, or ``cpu`` for the time that each process computes.
    """

    seconds: float = 20.0
    workers: int = 1
    seed: int = 1
    trials: int = 0
    at_once: bool = True
    clock: str = "wall"

    def __call__(self, problem: Problem) -> Placement:
        """Return the best placement found; where that of the start is incomplete, the portfolio's is the first."""
        began = time.perf_counter()
        first = self._first(problem)
        if first.status == "infeasible":
            return first
        view = landscape(problem, first.host, at_once=self.at_once)
        bound = aggregate_bound(problem)
        host, cost = self._improved(view, np.asarray(first.host, np.int64), bound)
        found = _told(problem, host)
        if any(isinstance(rule, Spare) for rule in problem.rules) and not _survives(problem, found):
            found = replace(first, reason="What was found leaves too few restarts, so the search is not followed.")
        elif cost <= bound and found.status == "feasible":
            found = replace(found, status="optimal")
        least_first = sum(least(problem, term) for term in flat(problem.costs[:1]))
        return replace(found, bound=least_first, reproducible=self.trials > 0, seconds=time.perf_counter() - began)

    def _first(self, problem: Problem) -> Placement:
        """Return the start, or where it is no placement, or one that rules forbid, the portfolio's."""
        drained = np.zeros(len(problem.capacity), np.bool_)
        for rule in problem.rules:
            if isinstance(rule, Offline):
                drained[rule.hosts] = True
        host = problem.start
        if (host == NOWHERE).any() or misplaced(problem).any() or drained[host].any():
            return Portfolio(seconds=self.seconds / 4, seed=self.seed)(problem)
        return Placement(host, problem.on, "reassign", "unchanged")

    def _improved(self, view: Landscape, host: Ints, bound: int) -> tuple[Ints, int]:
        """Return the best host of each VM after all rounds, and its cost."""
        now = CLOCKS[self.clock]() if self.clock == "wall" or self.workers <= 1 else 0.0
        search = Search(view, host, self.seed)
        best, cost, heat = host, search.cost, view.heat()
        with _processes(view, self.workers) as run:
            for number, (begin, end, hot, cold) in enumerate(ROUNDS):
                rounds = [
                    Round(
                        host=best,
                        seed=self.seed + 1000 * number + 100_003 * worker,
                        hot=max(hot * heat, COLDEST),
                        cold=max(cold * heat, COLDEST),
                        begin=now + begin * self.seconds,
                        end=now + end * self.seconds,
                        trials=round(self.trials * (end - begin)),
                        clock=self.clock,
                        bound=bound,
                    )
                    for worker in range(self.workers)
                ]
                for found, reached in run(rounds):
                    if found < cost:
                        best, cost = reached, found
        return best, cost


@contextmanager
def _processes(view: Landscape, workers: int) -> Iterator[Callable[[list[Round]], list[tuple[int, Ints]]]]:
    """Give a function that carries out rounds, one a process; a single one is carried out here."""
    if workers <= 1:
        yield lambda rounds: [annealed(view, each) for each in rounds]
        return
    with ProcessPoolExecutor(workers, get_context("spawn"), _keep, (view,)) as pool:
        yield lambda rounds: list(pool.map(_annealed, rounds))


_VIEW: list[Landscape] = []
"""The landscape of this process, sent to it once."""


def _keep(view: Landscape) -> None:
    _VIEW[:] = [view]


def _annealed(task: Round) -> tuple[int, Ints]:
    return annealed(_VIEW[0], task)


def annealed(view: Landscape, task: Round) -> tuple[int, Ints]:
    """Return the least cost of a round, and the host of each VM there."""
    search = Search(view, task.host, task.seed)
    best, host, done = search.cost, task.host, 0
    read = CLOCKS[task.clock]
    while best > task.bound:
        share = done / task.trials if task.trials else (read() - task.begin) / (task.end - task.begin)
        if share >= 1.0 or not len(view.free):
            break
        search.step(
            min(CHUNK, task.trials - done) if task.trials else CHUNK, task.hot * (task.cold / task.hot) ** share
        )
        done += CHUNK
        if search.cost < best:
            best, host = search.cost, search.host.copy()
    return best, host


def _told(problem: Problem, host: Ints) -> Placement:
    """Return the placement in words; hosts that hold nobody are off if hosts cost something."""
    used = np.isin(np.arange(len(problem.capacity)), host)
    for rule in problem.rules:
        if isinstance(rule, Online):
            used[rule.hosts] = True
    on: Mask = used if any(isinstance(cost, HostsOn) for cost in flat(problem.costs)) else used | problem.on
    same = bool((host == problem.start).all() and (on == problem.on).all())
    return Placement(host.astype(np.int32), on, "reassign", "unchanged" if same else "feasible")


def _survives(problem: Problem, found: Placement) -> bool:
    """Return whether the placement leaves the restarts that spare rules ask for."""
    relations = compiled(problem, strict=False)
    state = State(relations, found.host[np.unique(relations.item, return_index=True)[1]])
    return survives(state, found.on)
