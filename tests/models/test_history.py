"""What VMs asked for at the last ticks."""

import numpy as np
import pytest

from models.history import History


@pytest.mark.parametrize("depth", [1, 2, 3, 7])
def test_the_newest_come_first_however_many_were_entered(depth: int) -> None:
    """After 1, 2, …, n: n, n - 1, and so on, as many as are kept or were entered."""
    history = History(2, depth)
    for value in range(1, 40):
        history.enter(np.array([value, -value]))
        expected = [[number, -number] for number in range(value, max(value - depth, 0), -1)]
        assert history.newest.tolist() == expected


def test_nothing_was_entered() -> None:
    """No samples of three VMs."""
    assert History(3, 5).newest.shape == (0, 3)
