"""The portfolio packs all items, proves what it can, and says how it came to it."""

import numpy as np
import pytest

from models.errors import NoRoomError
from solvers.packing.budget import Budget
from solvers.packing.instance import Packing, violations
from solvers.packing.pack import Pack, greedy
from tests.solvers.packing.brute import IMPOSSIBLE, least, some


def test_nothing() -> None:
    """No items need no hosts."""
    packed = Pack(1.0)(Packing.of(np.zeros((0, 2)), [10, 10]))
    assert (packed.bins, packed.bound, packed.reproducible) == (0, 0, True)


@pytest.mark.parametrize("seed", range(20, 40))
def test_small(seed: int) -> None:
    """With classes, supplies and weights, bound and packing are what trying everything knows."""
    packing, best = some(seed), least(some(seed))
    if best == IMPOSSIBLE:
        with pytest.raises(NoRoomError):
            Pack(0.3, reproducible=True)(packing)
        return
    packed = Pack(0.5, reproducible=True)(packing)
    assert violations(packing, packed) == ()
    assert packed.bound <= best <= packed.weight(packing)
    assert packed.weight(packing) == best


def test_left_over_finds_room() -> None:
    """5 + 5, 6 + 4 and 7 + 3 fill three hosts of 10; there is no fourth for what greedy packing might leave over."""
    packing = Packing.of([[5], [6], [4], [5], [7], [3]], [10], supply=[3])
    assert violations(packing, Pack(1.0)(packing)) == ()


def test_no_room() -> None:
    """Three items of 6 on two hosts of 10 are an error that says how many are left over."""
    with pytest.raises(NoRoomError, match="1 of 3 items finds no room on 2 hosts"):
        Pack(0.2, reproducible=True)(Packing.of([[6]] * 3, [10], supply=[2]))


def test_few_types() -> None:
    """2,000 items of three types: by patterns the bound is met, and the packing is proven optimal."""
    packing = Packing.of(np.repeat([[2, 7], [5, 3], [3, 4]], [900, 600, 500], axis=0), [16, 23])
    packed = Pack(5.0, reproducible=True)(packing)
    assert violations(packing, packed) == ()
    assert packed.status(packing) == "optimal"


def test_distinct() -> None:
    """Large problems of distinct items are packed, and no worse than greedily."""
    packing = Packing.of(np.random.default_rng(1).integers(50, 600, (4_000, 2)), [1_000, 1_000])
    packed = Pack(0.6, reproducible=True)(packing)
    assert violations(packing, packed) == ()
    assert packed.bins <= greedy(packing, Budget(1.0)).bins


def test_reproducible() -> None:
    """By a count of steps, the same seed gives the same packing; by the clock, the result says that it may not."""
    packing = Packing.of(np.random.default_rng(2).integers(10, 50, (70, 4)), [100] * 4)
    one, two = Pack(0.5, seed=3, reproducible=True)(packing), Pack(0.5, seed=3, reproducible=True)(packing)
    assert one.bin.tolist() == two.bin.tolist()
    assert one.reproducible


def test_by_the_clock() -> None:
    """A search that the clock ends is not reproducible; what greedy packing proves optimal is."""
    assert not Pack(0.1)(Packing.of(np.random.default_rng(2).integers(10, 50, (70, 4)), [100] * 4)).reproducible
    assert Pack(0.1)(Packing.of([[5], [5]], [10])).reproducible


def test_workers() -> None:
    """Two threads find no worse than one by a count of steps, and the same each time."""
    packing = Packing.of(np.random.default_rng(5).integers(10, 50, (60, 3)), [100] * 3)
    one, two, again = (Pack(0.3, workers=workers, reproducible=True)(packing) for workers in (1, 2, 2))
    assert violations(packing, two) == ()
    assert two.bins <= one.bins
    assert two.bin.tolist() == again.bin.tolist()
