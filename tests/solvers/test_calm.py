"""VMs leave hosts that a forecast finds crowded."""

import numpy as np
import pytest

from models.arrays import Floats, Mask, Rows
from models.plan import Placement
from models.problem import Problem
from models.rules import Ban, Rule
from solvers.calm import calmed

LOAD = np.array([6.0, 3.0, 1.0, 1.0])
"""How busy each of four VMs is, whatever is reserved for it."""


def pressure(host: Rows) -> tuple[Mask, Floats]:
    """Call a host crowded if its VMs are busier than 8 together."""
    busy = np.bincount(host, LOAD, minlength=3).astype(np.float64)
    return busy > 8, busy


def after(capacity: int, *rules: Rule, start: tuple[int, ...] = (2, 2, 2, 2)) -> list[int]:
    """Return where four VMs of size 1 end that are put two by two on two hosts, all from a third."""
    problem = Problem.of([[1]] * 4, [[capacity]] * 2 + [[4]], start=start, rules=rules)
    placement = Placement(np.array([0, 0, 1, 1]), np.array([True, True, False]))
    return [int(host) for host in calmed(problem, placement, pressure, LOAD).host]


def test_a_move() -> None:
    """9 on the first host are too many: the busiest VM that finds room, of 6, goes to the calm one with 2."""
    assert after(3) == [1, 0, 1, 1]


def test_an_exchange() -> None:
    """Hosts of two VMs are full: the busiest is exchanged with one of 1, and 4 and 7 are left."""
    assert after(2) == [1, 0, 0, 1]


def test_rules_hold() -> None:
    """Where the busiest may not go to the other host, the other one does."""
    assert after(3, Ban(vms=np.array([0]), hosts=np.array([1]))) == [0, 1, 1, 1]


def test_arrivals_move_first() -> None:
    """Of 6 and 3 on the crowded host, the 6 was there at the start: the 3 moves, and 6 and 5 are left."""
    assert after(3, start=(0, 2, 2, 2)) == [0, 1, 1, 1]


def test_others_move_where_no_arrival_can() -> None:
    """Both were there at the start: the busiest leaves all the same."""
    assert after(3, start=(0, 0, 2, 2)) == [1, 0, 1, 1]


def test_what_cannot_be_calmed() -> None:
    """Where nobody may leave the crowded host, the placement is left as it is."""
    assert after(3, Ban(vms=np.array([0, 1]), hosts=np.array([1]))) == [0, 0, 1, 1]


def test_none_is_crowded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A calm placement is left as it is."""
    monkeypatch.setattr("tests.solvers.test_calm.LOAD", np.ones(4))
    assert after(3) == [0, 0, 1, 1]
