"""Migrations of a plan by a technique."""

import numpy as np
import pytest

from models.errors import InputError
from models.laws.migration import TECHNIQUES, planned, precopy

MEMORY, DIRTY, RATE = [4096.0, 16_384.0], [5.0, 40.0], [1000.0, 10_000.0]


def test_precopy_is_the_closed_form() -> None:
    """The law that is fast."""
    one, two = planned("pre-copy", MEMORY, DIRTY, RATE), precopy(MEMORY, DIRTY, RATE)
    np.testing.assert_array_equal(one.duration_s, two.duration_s)


@pytest.mark.parametrize("name", TECHNIQUES)
def test_every_technique_answers(name: str) -> None:
    """Times are positive, and at least the memory's share that is never sent twice is sent, in the shape asked for."""
    found = planned(name, [MEMORY], [DIRTY], [RATE])
    assert found.duration_s.shape == found.converges.shape == (1, 2)
    assert (found.duration_s > 0).all()
    assert (found.transferred_mib > 0).all()
    assert (found.energy_j > 0).all()


def test_post_copy_ends_where_precopy_does_not() -> None:
    """Memory that is dirtied faster than sent: the pause is short, and each page is sent once."""
    stuck, moved = (planned(name, [8192.0], [2000.0], [1000.0]) for name in ("pre-copy", "post-copy"))
    assert not stuck.converges[0]
    assert moved.converges[0]
    assert moved.downtime_ms[0] < 300
    assert moved.transferred_mib[0] < stuck.transferred_mib[0]


def test_an_unknown_technique_is_told() -> None:
    """With those that there are."""
    with pytest.raises(InputError, match="auto-converge"):
        planned("magic", MEMORY, DIRTY, RATE)
