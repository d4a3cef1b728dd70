"""Solves several problems that have nothing to do with each other, in processes of their own where it pays."""

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from models.plan import Placement
from models.problem import Problem

MANY_HOSTS = 1_500
"""Hosts of all problems together from which on further processes pay."""
MOST_PROCESSES = 8

Solve = Callable[[Problem], Placement]


def solved(solve: Solve, problems: Sequence[Problem]) -> Iterator[Placement]:
    """
    Yield the placement of each problem, in their order; the same whether in one process or in several.

    Parameters
    ----------
    solve
        A solver that can be pickled.
    """
    # A process that was started to compute shares the machine with others, and may not have any of its own.
    within = multiprocessing.parent_process() is not None
    processes = 1 if within else min(os.cpu_count() or 1, len(problems), MOST_PROCESSES)
    done = 0
    if processes > 1 and sum(len(problem.capacity) for problem in problems) >= MANY_HOSTS:
        try:
            for placement in _parallel(solve, problems, processes):
                yield placement
                done += 1
        except (BrokenProcessPool, RuntimeError):
            # A script without a guard of its main module cannot start processes; nor can some sandboxes.
            pass
    yield from map(solve, problems[done:])


def _parallel(solve: Solve, problems: Sequence[Problem], processes: int) -> Iterator[Placement]:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        yield from pool.map(solve, problems, chunksize=max(len(problems) // (8 * processes), 1))
