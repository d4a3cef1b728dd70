"""Column generation betters packings, proves them, and repeats itself where it is asked to."""

import numpy as np
import pytest

from models.arrays import Ints
from solvers.packing.columns import Columns
from solvers.packing.instance import Packed, Packing, violations
from tests.solvers.packing.brute import IMPOSSIBLE, least, some


def _apart(packing: Packing) -> Packed:
    """Return the packing of one item a host."""
    return Packed(np.arange(packing.items), np.zeros(packing.items, np.int64))


def _triplets(seed: int, hosts: int, dims: int) -> Ints:
    """Return items of which three fill a host of 100 exactly, in every dimension."""
    random = np.random.default_rng(seed)
    first, second = random.integers(25, 45, (2, hosts, dims))
    items = np.concatenate([first, second, 100 - first - second])
    return np.asarray(random.permutation(items), np.int64)


@pytest.mark.parametrize("seed", range(4))
def test_triplets(seed: int) -> None:
    """Perfect packings of three items a host are found."""
    packing = Packing.of(_triplets(seed, hosts=20, dims=3), [100] * 3)
    found = Columns(seconds=20).improved(packing, _apart(packing))
    assert not violations(packing, found)
    assert (found.bins, found.bound, found.status(packing)) == (20, 20, "optimal")


def test_few_types() -> None:
    """Ten thousand items of three types: 3 + 3 + 4 fill a host of 10 exactly, and 6 + 4, as often as there are."""
    demand = np.repeat([[3], [4], [6]], [4_000, 4_000, 2_000], axis=0)
    packing = Packing.of(demand, [10])
    found = Columns(seconds=20).improved(packing, _apart(packing))
    assert not violations(packing, found)
    assert (found.bins, found.bound) == (4_000, 4_000)


@pytest.mark.parametrize("seed", range(40))
def test_optimal(seed: int) -> None:
    """Small packings into hosts of several classes reach the least weight, and it is proven."""
    packing = some(seed)
    best = least(packing)
    greedy = _start(packing)
    if best == IMPOSSIBLE or greedy is None:
        return
    found = Columns(seconds=20).improved(packing, greedy)
    assert not violations(packing, found)
    assert found.weight(packing) == found.bound == best


def _start(packing: Packing) -> Packed | None:
    """Return the packing of items into the first host with room, hosts standing ready class by class."""
    hosts = np.repeat(np.arange(len(packing.supply)), packing.supply)
    room, bins = packing.capacity[hosts].copy(), np.zeros(packing.items, np.int64)
    for item in range(packing.items):
        fits = np.flatnonzero((packing.demand[hosts, item] <= room).all(axis=1))
        if len(fits) == 0:
            return None
        bins[item] = fits[0]
        room[fits[0]] -= packing.demand[hosts[fits[0]], item]
    used, tidy = np.unique(bins, return_inverse=True)
    return Packed(tidy, hosts[used])


def test_reproducible() -> None:
    """The same seed gives the same packing twice, though it is not proven best, and says so."""
    random = np.random.default_rng(3)
    packing = Packing.of(random.integers(1, 60, (80, 6)), [100] * 6)
    first, second = (Columns(seconds=0.3, seed=5, reproducible=True).improved(packing, _apart(packing)) for _ in "ab")
    assert not violations(packing, first)
    assert first.bin.tolist() == second.bin.tolist()
    assert (first.bound, first.reproducible) == (second.bound, True)


def test_by_the_clock() -> None:
    """A packing that is not proven best, found by the clock, is not called reproducible."""
    random = np.random.default_rng(3)
    packing = Packing.of(random.integers(1, 60, (80, 6)), [100] * 6)
    found = Columns(seconds=0.05).improved(packing, _apart(packing))
    assert found.reproducible == (found.status(packing) == "optimal")


def test_good_one_stays() -> None:
    """A packing that meets the bound is returned as it is."""
    packing = Packing.of([[6], [4], [5]], [10])
    given = Packed(np.array([0, 0, 1]), np.array([0, 0]), solver="by hand")
    found = Columns().improved(packing, given)
    assert (found.bin is given.bin, found.bound, found.solver) == (True, 2, "by hand")
