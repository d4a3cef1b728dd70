"""Several problems are solved in processes of their own where it pays, with the same answers."""

from collections.abc import Sequence
from concurrent.futures.process import BrokenProcessPool

import numpy as np
import pytest

from models.problem import Problem
from solvers import several
from solvers.portfolio import Portfolio
from solvers.several import solved


def problems() -> list[Problem]:
    """Return six problems of different sizes."""
    return [Problem.of([[3]] * size, [[10]] * size, start=np.arange(size)) for size in range(3, 9)]


def hosts_on(found: Sequence[object]) -> list[int]:
    """Return how many hosts each placement keeps on."""
    return [int(np.count_nonzero(each.on)) for each in found]  # type: ignore[attr-defined]


def test_one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few hosts are not worth a process: three VMs a host."""
    monkeypatch.setattr(several, "_parallel", None)
    assert hosts_on(list(solved(Portfolio(seconds=1.0), problems()))) == [1, 2, 2, 2, 3, 3]


def test_more_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """In two processes the same is found, in the same order."""
    monkeypatch.setattr(several, "MANY_HOSTS", 0)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    assert hosts_on(list(solved(Portfolio(seconds=1.0), problems()))) == [1, 2, 2, 2, 3, 3]


def test_processes_that_break(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where processes cannot be had after the first answer, the rest is solved in this one."""

    def broken(solve: several.Solve, given: Sequence[Problem], processes: int) -> object:
        yield solve(given[0])
        raise BrokenProcessPool

    monkeypatch.setattr(several, "MANY_HOSTS", 0)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    monkeypatch.setattr(several, "_parallel", broken)
    assert hosts_on(list(solved(Portfolio(seconds=1.0), problems()))) == [1, 2, 2, 2, 3, 3]
