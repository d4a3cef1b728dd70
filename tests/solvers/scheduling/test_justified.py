"""Schedules that are shifted to and fro: never longer, as valid as before, and by hand where a list is bad."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solvers.scheduling.bounds import bound
from solvers.scheduling.instance import DURING, Builder, Instance
from solvers.scheduling.justified import Justified
from solvers.scheduling.listing import Lists, finish, ranks
from tests.solvers.scheduling import plain


@given(plain.instances(), st.permutations(range(4)))
@settings(max_examples=150, deadline=None)
def test_never_longer_and_as_valid(instance: Instance, order: list[int]) -> None:
    """Of any list of tasks that hold things while they run, and wait for each other: judged moment by moment."""
    own = replace(instance, use_span=np.full(len(instance.use_span), DURING))
    start = Lists(own).run(ranks(np.array(order[: len(own)], np.float64)))
    found = Justified(own)(start)
    assert plain.holds(own, found.tolist())
    assert finish(own, found) <= finish(own, start)


def pair() -> Instance:
    """Return tasks of 1, 2 and 3 on a machine that all use; the last one is followed by one of 3 on no machine."""
    builder = Builder()
    for task in range(3):
        builder.use(task, "machine", 1, 1)
    builder.pairs.append((2, 3))
    return builder.instance([1, 2, 3, 3], [1] * 4)


def test_what_others_wait_for_comes_first() -> None:
    """In the order given all is over at 9; with the last of the machine first it is at 6, and that is the least."""
    start = np.array([0, 1, 3, 6])
    found = Justified(pair())(start)
    assert finish(pair(), found) == 6
    assert found.tolist() in ([3, 4, 0, 3], [5, 3, 0, 3])


@pytest.mark.parametrize("windows", [{0: ((0, 9),)}, {}])
def test_time_is_not_turned_where_it_cannot_be(windows: dict[int, tuple[tuple[int, int], ...]]) -> None:
    """With windows a schedule is left as it is; without, it is bettered."""
    start = np.array([0, 1, 3, 6])
    found = Justified(replace(pair(), windows=windows))(start)
    assert (found is start) == bool(windows)


def test_many_moves_over_full_links() -> None:
    """Twelve moves from each of 24 hosts behind links that carry four: a list ends at 310, the bound of 303 is met."""
    builder, random = Builder(), np.random.default_rng(5)
    lasts = random.integers(2, 30, 288)
    for task in range(288):
        builder.use(task, ("host", task % 24), 1, 1)
        builder.use(task, ("to", int(random.integers(30))), 1, 1)
        builder.use(task, ("link", task % 4), 4, 1)
    own = builder.instance(lasts.tolist(), [1] * 288)
    start = Lists(own).run(ranks(-lasts.astype(np.float64)))
    assert finish(own, start) == 310
    assert finish(own, Justified(own)(start)) == bound(own) == 303
