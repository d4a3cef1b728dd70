"""
Machine reassignment: any sum of costs of load, balance, hosts and moves, by simulated annealing in several processes.

Metropolis' rule [1]_ over shifts, swaps and relays, the temperature falling geometrically; then all go on from the best
at a low one. Relays and moves home follow the observation that transient dims make rooms scarce: what may be away
is a budget, and trades within it are what improves [2]_. Where no dim is transient, hosts may be overfull for a while,
at a price that rises and falls, so that large VMs find another order [3]_.

References
----------
.. [1] S. Kirkpatrick, C. D. Gelatt, M. P. Vecchi, "Optimization by simulated annealing," Science 220, 1983.
.. [2] H. Gavranović, M. Buljubašić, E. Demirović, "Variable neighborhood search for Google machine reassignment
   problem," ENDM 39, 2012.
.. [3] F. Glover, J.-K. Hao, "The case for strategic oscillation," Annals of Operations Research 183, 2011.
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
from solvers.annealing import HARD, Search
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

HOT = (0.6, 0.2)
"""
Temperatures at which processes begin, in turn, in what a VM's load may cost on average.

Some large VMs leave only when it is hot; where none has to, the time is better spent below.
"""

ROUNDS = ((0.8, 2e-3), (1.0, 0.0))
"""
Of each round of cooling, the share of the time after which it ends, and the temperature that it ends at, in the same.

The last goes on from the best of those before, if it is better than the start. Below the end of the first next to
nothing is left to gain but moves not made, so many trials send VMs home.
"""

LOOSE_ROUNDS = ((0.3, 2e-3), (0.6, 2e-3), (1.0, 0.0))
"""
The same where hosts may be overfull: where large VMs end up is decided early and by chance, so that all but the last
round cool from the start anew.
"""

LOOSE, TIGHT = (1.0, 30.0), 0.9
"""
Where hosts may be overfull in a round, what they pay at first and at the end, in what as much load may cost;
and the share of the round after which those that are not may not be so again.
"""

WAVES, CREST = 30, 30.0
"""
In that time so many waves, in each of which the price rises so many times, and falls at once.

While it is low large VMs change places, where no path leads that overfills no host; while it is high others make room.
"""

COLDEST = 0.3
"""The lowest temperature, at which no cost is given away."""


@dataclass(frozen=True)
class Task:
    """
    What one process is asked to do between two shares of the time: to cool from one temperature to another.

    Where it is `loose`, hosts may be overfull at first, at a price; where it is `homeward`, many trials send VMs home.
    """

    host: Ints
    seed: int
    hot: float
    cold: float
    begin: float
    end: float
    bound: int
    loose: bool
    homeward: bool


@dataclass(frozen=True)
class Found:
    """The least cost that a process found, and the host of each VM there."""

    cost: int
    host: Ints


@dataclass(frozen=True)
class Budget:
    """When a search began by a clock, and how long it may take [s]; or how many trials it may make."""

    clock: str
    began: float
    seconds: float
    trials: int

    def share(self, done: int) -> float:
        """Return the share of the budget that is spent."""
        return done / self.trials if self.trials else (CLOCKS[self.clock]() - self.began) / self.seconds


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
        here = self.clock == "wall" or self.workers <= 1
        budget = Budget(self.clock, CLOCKS[self.clock]() if here else 0.0, self.seconds, self.trials)
        first = self._first(problem)
        if first.status == "infeasible":
            return first
        view = landscape(problem, first.host, at_once=self.at_once)
        bound = aggregate_bound(problem)
        host, cost = self._improved(view, np.asarray(first.host, np.int64), bound, budget)
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

    def _improved(self, view: Landscape, host: Ints, bound: int, budget: Budget) -> tuple[Ints, int]:
        """Return the best host of each VM after all rounds, and its cost."""
        heat, loose = view.heat(), view.loosened()
        first = best = Found(Search(view, host, self.seed).cost, host)
        hot, begin = [share * heat for share in HOT], 0.0
        *cooled, (end, cold) = LOOSE_ROUNDS if loose else ROUNDS
        with _processes(view, budget, self.workers) as run:
            for number, (until, low) in enumerate(cooled):
                task = Task(first.host, 0, 0.0, max(low * heat, COLDEST), begin, until, bound, loose, homeward=False)
                best = _least([*run(self._each(task, number, hot)), best])
                begin, warm = until, low * heat
            better = best.cost < first.cost
            task = Task(best.host, 0, 0.0, max(cold * heat, COLDEST), begin, end, bound, loose=False, homeward=better)
            best = _least([*run(self._each(task, len(cooled), [warm] if better else hot)), best])
        return best.host, best.cost

    def _each(self, task: Task, number: int, temperatures: list[float]) -> list[Task]:
        """Return what each process does of a round: random numbers of its own, and the temperatures in turn."""
        return [
            replace(
                task,
                seed=self.seed + 100_003 * worker + 1_000_003 * number,
                hot=max(temperatures[worker % len(temperatures)], COLDEST),
            )
            for worker in range(self.workers)
        ]


def _least(found: list[Found]) -> Found:
    return min(found, key=lambda each: each.cost)


@contextmanager
def _processes(view: Landscape, budget: Budget, workers: int) -> Iterator[Callable[[list[Task]], list[Found]]]:
    """Give a function that carries out tasks, one a process; a single one is carried out here."""
    if workers <= 1:
        yield lambda tasks: [annealed(view, budget, each) for each in tasks]
        return
    with ProcessPoolExecutor(workers, get_context("spawn"), _keep, (view, budget)) as pool:
        yield lambda tasks: list(pool.map(_annealed, tasks))


_KEPT: list[tuple[Landscape, Budget]] = []
"""What this process was given at its start."""


def _keep(view: Landscape, budget: Budget) -> None:
    _KEPT[:] = [(view, budget)]


def _annealed(task: Task) -> Found:
    return annealed(*_KEPT[0], task)


def annealed(view: Landscape, budget: Budget, task: Task) -> Found:
    """Carry out a task."""
    search = Search(view, task.host, task.seed, homeward=task.homeward)
    best, done = Found(search.cost, task.host), round(task.begin * budget.trials)
    chunk = min(CHUNK, 1 + budget.trials // 500) if budget.trials else CHUNK
    loose = task.loose
    while best.cost > task.bound and len(view.free):
        share = (budget.share(done) - task.begin) / (task.end - task.begin)
        if share >= 1.0:
            break
        share = max(share, 0.0)
        search.step(chunk, task.hot * (task.cold / task.hot) ** share, _price(share) if loose else HARD)
        done += chunk
        loose = loose and (share < TIGHT or search.lack > 0)
        if search.lack == 0 and search.cost < best.cost:
            best = Found(search.cost, search.host.copy())
    return best


def _price(share: float) -> float:
    """Return what hosts pay for being overfull after a share of a round."""
    done = share / TIGHT
    wave = WAVES * done % 1.0 if done < 1.0 else done
    first, last = LOOSE
    return float(first * (last / first) ** min(done, 1.0) * CREST**wave)


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
    state = State(relations, relations.item_hosts(found.host))
    return survives(state, found.on)
