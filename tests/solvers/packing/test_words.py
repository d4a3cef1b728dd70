"""Words say what fits, dimension by dimension."""

import numpy as np
import pytest

from models.errors import BrokenPromiseError
from solvers.packing.instance import Packing
from solvers.packing.words import words


def test_fits_as_vectors_do() -> None:
    """All guard bits stay set exactly if an item fits in every dimension, of 1 to 12 here, in 1 to 12 words."""
    random = np.random.default_rng(1)
    for dims, most in ((1, 9), (3, 100), (7, 150), (10, 1_000), (12, 2**40)):
        capacity = random.integers(1, most + 1, dims)
        packing = Packing.of(random.integers(0, 2 * capacity, (50, dims)), capacity)
        word = words(packing)
        fits = ((word.full[0] - word.need) & word.guard == word.guard).all(axis=1)
        assert fits.tolist() == (packing.demand[0] <= capacity).all(axis=1).tolist()


def test_one_word() -> None:
    """Five capacities of 1,000 take 11 bits and a guard each, together 60 bits: one word."""
    assert words(Packing.of([[1] * 5], [1_000] * 5)).need.shape == (1, 1)


def test_too_large() -> None:
    """A capacity that a word does not hold is an error."""
    with pytest.raises(BrokenPromiseError, match="outside"):
        words(Packing.of([[1]], [2**62]))
