"""Column generation proves bounds that hold."""

import numpy as np
import pytest

from solvers.packing.budget import Budget
from solvers.packing.generation import Generation
from solvers.packing.instance import Packing
from solvers.packing.patterns import Types
from tests.solvers.packing.brute import least, some


def _converged(packing: Packing, *, efforts: int = 3, seconds: float = 30, rounds: int = 1_000) -> Generation:
    generation = Generation(Types.of(packing), Budget(seconds))
    generation.bound = 0
    generation.converge(efforts, rounds=rounds)
    return generation


def test_pairs_that_exclude_each_other() -> None:
    """
    Five items in a ring, each of which shares a host with its neighbours alone, need 5 / 2 hosts, so three.

    Dimension by dimension one host would do: in each, one pair that is not of neighbours exceeds 10.
    """
    apart = [(0, 2), (2, 4), (4, 1), (1, 3), (3, 0)]
    demand = np.zeros((5, 5))
    for dim, pair in enumerate(apart):
        demand[list(pair), dim] = 6
    assert _converged(Packing.of(demand, [10] * 5)).bound == 3


@pytest.mark.parametrize("rounds", [1, 1_000])
@pytest.mark.parametrize("seed", range(40))
def test_never_above(seed: int, rounds: int) -> None:
    """Neither before nor at the end of the generation is the bound above the least weight."""
    packing = some(seed)
    if Types.of(packing).fits.any(axis=0).all():
        assert _converged(packing, rounds=rounds).bound <= least(packing)


def test_converged_is_tight() -> None:
    """Without classes the bound reaches the program's optimum: here 30 items of 34 to 36 in hosts of 100, in pairs."""
    packing = Packing.of(np.repeat([[34], [35], [36]], 10, axis=0), [100])
    assert _converged(packing).bound == 15


def test_scarce_hosts() -> None:
    """Nine items of 2: one small host for 1 holds two, the other seven need two of 10 for 3 each."""
    packing = Packing.of([[2]] * 9, [[10], [4]], supply=[5, 1], weight=[3, 1])
    assert _converged(packing).bound == 6


def test_own_demands() -> None:
    """Items take 5 on the first class and 9 on the second, hosts of 10: four need two of the first at least."""
    packing = Packing.of([[[5]] * 4, [[9]] * 4], [[10], [10]], weight=[1, 1])
    assert _converged(packing).bound == 2
