"""Bounds, list schedules and the exact model against trying everything."""

import numpy as np
from hypothesis import given, settings

from solvers.scheduling.bounds import bound
from solvers.scheduling.exact import Exact
from solvers.scheduling.instance import DURING, Builder, Instance, rest
from solvers.scheduling.listing import Dispatch, Lists, Urgency, finish, ranks
from solvers.scheduling.solve import Solve
from tests.solvers.scheduling.plain import holds, instances, least

HORIZON = 7


def machines(durations: list[int], capacity: int) -> Instance:
    """Return tasks that each take one of so many machines."""
    builder = Builder()
    for task in range(len(durations)):
        builder.use(task, "machines", capacity, 1)
    return builder.instance(durations, [1] * len(durations))


@settings(max_examples=12, deadline=None)
@given(instances())
def test_best_of_all(instance: Instance) -> None:
    """What is found is as short as the best of all starts, and the bounds are not above it."""
    best = least(instance, HORIZON)
    assert bound(instance) <= (best or 10**9)
    found = Solve(seconds=2.0)(instance)
    if found is not None:
        assert holds(instance, found.start.tolist())
        assert finish(instance, found.start) == found.bound == best


@settings(max_examples=60, deadline=None)
@given(instances())
def test_lists_keep_the_rules(instance: Instance) -> None:
    """Every order gives a schedule that keeps all rules, or one in which some task cannot start."""
    for key in Urgency(instance).plain():
        start = Lists(instance).run(ranks(key))
        assert (start < 0).any() or holds(instance, start.tolist())


@settings(max_examples=15, deadline=None)
@given(instances())
def test_lean(instance: Instance) -> None:
    """Without resources that never run short, or only after another, the same starts are possible."""
    lean = instance.lean()
    assert len(lean.capacity) <= len(instance.capacity)
    assert least(lean, 5) == least(instance, 5)


def test_busiest_machine() -> None:
    """Three tasks of 4 on two machines: the work over the machines is 6, but a machine works 4 or 8."""
    assert bound(machines([4, 4, 4], 2)) == 8


def test_more_than_half() -> None:
    """Tasks that use 6, 6 and 3 of 10 for 5 each: the two large ones exclude each other, 10 in all."""
    builder = Builder()
    for task, amount in enumerate((6, 6, 3)):
        builder.use(task, "link", 10, amount)
    assert bound(builder.instance([5, 5, 5], [1, 1, 1])) == 10


def test_large_and_small_together() -> None:
    """A use of 6 and one of 4 fit at once: 5 in all, though 6 is more than half."""
    builder = Builder()
    for task, amount in enumerate((6, 4)):
        builder.use(task, "link", 10, amount)
    instance = builder.instance([5, 5], [1, 1])
    assert bound(instance) == finish(instance, Lists(instance).run(ranks(np.arange(2.0)))) == 5


def test_head_and_tail() -> None:
    """A boot of 3, two tasks of 2 on one link, a shutdown of 1: 3 + 4 + 1."""
    builder = Builder()
    for task in (1, 2):
        builder.use(task, "link", 1, 1)
        builder.pairs += [(0, task), (task, 3)]
    instance = builder.instance([3, 2, 2, 1], [0, 1, 1, 0])
    found = Solve(seconds=1.0)(instance)
    assert found is not None
    assert (bound(instance), found.bound, finish(instance, found.start)) == (8, 8, 8)


def test_trials_better_a_bad_order() -> None:
    """Five tasks 3, 3, 2, 2, 2 on two machines end after 6, which not every order finds: here 2, 2, 3, 3, 2 takes 7."""
    instance = machines([2, 2, 3, 3, 2], 2)
    assert finish(instance, Lists(instance).run(ranks(np.arange(5.0)))) == 7
    start = Dispatch(tries=200)(instance, 6)
    assert start is not None
    assert finish(instance, start) == 6


def test_same_seed_same_schedule() -> None:
    """The same seed gives the same schedule."""
    instance = machines(list(range(3, 30)), 4)
    one, two = (Solve(seconds=0.5, seed=3)(instance) for _ in range(2))
    assert one is not None
    assert two is not None
    assert one.start.tolist() == two.start.tolist()


def test_exact_proves_that_there_is_none() -> None:
    """Two tasks of 3 on one machine do not end by 5."""
    solved = Exact(seconds=1.0)(machines([3, 3], 1), 0, 5)
    assert (solved.start, solved.infeasible, solved.bound) == (None, True, 6)


def test_parts() -> None:
    """Tasks 0 and 1 share a link, and 3 waits for 2: two parts; a resource with room for all couples nobody."""
    builder = Builder()
    for task in (0, 1):
        builder.use(task, "link", 1, 1)
    for task in range(4):
        builder.use(task, "wide", 9, 1)
    builder.pairs.append((2, 3))
    parts = builder.instance([1] * 4, [1] * 4).parts()
    assert sorted(part.tolist() for part in parts) == [[0, 1], [2, 3]]


def test_the_rest_of_a_schedule() -> None:
    """At time 3 the first task of 4 has 1 left, which the one behind it on the machine must wait for."""
    instance = machines([4, 2], 1)
    later, rows = rest(instance, np.array([0, 4]), 3)
    assert (later.duration.tolist(), later.windows, rows.tolist()) == ([1, 2], {0: ((0, 0),)}, [0, 1])
    assert least(later, 4) == 3


def test_uses_are_reduced() -> None:
    """Streams of 500 and 1000 on a link of 2000 count as 1 and 2 of 4."""
    builder = Builder()
    builder.use(0, "link", 2000, 500, DURING)
    builder.use(1, "link", 2000, 1000, DURING)
    instance = builder.instance([1, 1], [1, 1])
    assert (instance.use_amount.tolist(), instance.capacity.tolist()) == ([1, 2], [4])
