"""Profile packing: items whose peaks fall into different parts of the day share bins."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import BrokenPromiseError
from solvers.packing.chances import Chances, overloaded
from solvers.packing.instance import Packing, violations
from solvers.packing.profiles import ProfilePack

PACK = ProfilePack(trials=1_000_000)


def fewest(packing: Packing, chances: Chances | None = None) -> int:
    """Return the fewest bins of one class, by trying every assignment of a few items."""
    best = packing.items
    for bin in product(range(packing.items), repeat=packing.items):
        rows = np.array(bin)
        load = np.zeros((packing.items, packing.demand.shape[2]), np.int64)
        np.add.at(load, rows, packing.demand[0])
        if (load > packing.capacity[0]).any():
            continue
        if chances is not None:
            joint = np.zeros((packing.items, chances.samples), np.int64)
            np.add.at(joint, rows, chances.series[0])
            if ((joint > chances.limit[0]).sum(axis=1) > chances.most).any():
                continue
        best = min(best, len(set(bin)))
    return best


def test_peaks_at_different_hours_share() -> None:
    """Two VMs that peak by day and two that peak by night fill two hosts of 10; by peaks they would need four."""
    day, night = [8, 2], [2, 8]
    found = PACK(Packing.of([day, day, night, night], [10, 10]))
    assert (found.bins, found.bound) == (2, 2)
    assert PACK(Packing.of([[8], [8], [8], [8]], [10])).bins == 4


def test_a_resource_without_a_profile_limits_too() -> None:
    """Peaks that mix do not help where memory is full: 6 + 6 of 10 do not go together."""
    assert PACK(Packing.of([[8, 2, 6], [2, 8, 6]], [10, 10, 10])).bins == 2


def test_no_room() -> None:
    """An item larger than every bin is an error, never a dropped item."""
    with pytest.raises(BrokenPromiseError, match="fit 1 items into 1 bins"):
        PACK(Packing.of([[11]], [10]))


def test_cheaper_class_first() -> None:
    """Of two classes that serve alike the cheaper one is used, as far as there are hosts of it."""
    packing = Packing.of([[5]] * 6, [[10], [10]], supply=[2, 5], weight=[1, 3])
    found = PACK(packing)
    assert found.weight(packing) == 2 * 1 + 1 * 3
    assert not violations(packing, found)


@given(st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_never_below_the_fewest_and_valid(seed: int) -> None:
    """A packing keeps every capacity, and is never better than the best of all assignments nor its own bound."""
    rng = np.random.default_rng(seed)
    packing = Packing.of(rng.integers(0, 8, (5, 4)), [10] * 4)
    found = PACK(packing)
    assert not violations(packing, found)
    assert found.bound <= fewest(packing) <= found.bins


@given(st.integers(0, 10_000))
@settings(max_examples=30, deadline=None)
def test_chances_are_kept(seed: int) -> None:
    """No bin is exceeded in more samples than allowed, and the bound is below the best of all assignments."""
    rng = np.random.default_rng(seed)
    packing = Packing.of(rng.integers(1, 4, (5, 1)), [10])
    chances = Chances.of(rng.integers(0, 8, (5, 20)), 10, 0.1)
    found = PACK(packing, chances)
    assert not violations(packing, found)
    assert overloaded(chances, found).max() <= chances.most == 2
    assert found.bound <= fewest(packing, chances) <= found.bins


@given(st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_many_items(seed: int) -> None:
    """Two hundred items on three classes: all placed, nothing exceeded, and the same again from the same input."""
    rng = np.random.default_rng(seed)
    capacity = rng.integers(40, 80, (3, 12))
    packing = Packing.of(rng.integers(0, 20, (200, 12)), capacity, supply=[30, 60, 200], weight=[2, 3, 5])
    found, again = PACK(packing), PACK(packing)
    assert not violations(packing, found)
    assert found.bound <= found.weight(packing)
    assert (found.bin == again.bin).all()


def test_improvement_empties_bins() -> None:
    """Moves and exchanges close bins that the first filling leaves half empty."""
    rng = np.random.default_rng(5)
    packing = Packing.of(rng.integers(5, 60, (300, 8)), [100] * 8)
    assert PACK(packing).bins < ProfilePack(trials=0)(packing).bins
