"""What is said of restarts is verified: a true word is taken, a false one is not."""

import numpy as np
import pytest

from models.check import placement as check
from models.plan import Restarts
from models.problem import Problem
from models.rules import Fence, Rule, Spare, Spread
from tests.models.strategies import rows

HOST = np.array([0, 0, 1, 2])
ON = np.ones(3, np.bool_)


def broken(restarts: Restarts | None, *rules: Rule) -> set[str]:
    """
    Return the hosts whose loss leaves VMs without a restart.

    Hosts of 10; VMs of 4 and 3 on the first, of 6 on the second and of 7 on the third. So 4 are free on the second and
    3 on the third: 4 and 3 fit there, one each, while 6 and 7 fit nowhere.
    """
    problem = Problem.of([[4], [3], [6], [7]], [[10]] * 3, start=HOST, rules=[Spare(hosts=rows(0, 1, 2)), *rules])
    return {each.who[0] for each in check.violations(problem, HOST, ON, restarts)}


def test_a_true_word_is_taken() -> None:
    """The VM of 4 restarts on the second host and that of 3 on the third; the others are lost all the same."""
    assert broken({(0,): {0: 1, 1: 2}}) == {"host-1", "host-2"}


@pytest.mark.parametrize(
    "places",
    [{0: 2, 1: 1}, {0: 1}, {0: 0, 1: 2}, {0: 1, 1: 1}, {}],
    ids=["too small a host", "one is forgotten", "on the lost host", "both on one host", "nothing said"],
)
def test_a_false_word_is_not(places: dict[int, int]) -> None:
    """What does not hold proves nothing; with rules that leave no other restart, the loss is reported."""
    apart = Spread(vms=rows(0, 2))
    assert "host-0" in broken({(0,): places}, apart)


def test_rules_bind_restarts() -> None:
    """A word that breaks a Spread or a Fence is not taken, even if there is room."""
    word: Restarts = {(0,): {0: 1, 1: 2}}
    assert "host-0" in broken(word, Spread(vms=rows(0, 2)))
    assert "host-0" in broken(word, Fence(vms=rows(0), hosts=rows(0, 2)))
    assert "host-0" not in broken(word, Spread(vms=rows(0, 3)))
