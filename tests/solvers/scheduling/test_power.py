"""Bounds and delays where what stands leaves little for what passes, against trying everything."""

from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings

from solvers.scheduling import bounds, fluid
from solvers.scheduling.alike import Classes
from solvers.scheduling.delays import Delays
from solvers.scheduling.instance import FROM_START, Builder, Instance
from solvers.scheduling.listing import Lists, Urgency, finish, ranks
from tests.solvers.scheduling.plain import holds, instances, least

HORIZON = 8


def early_boot() -> Instance:
    """
    Return two moves of 3 that may start at 1, and a boot of 1 before a move of 2, under a budget of 10.

    Booted at once, the host leaves room for one move of 4 at a time: 1 + 2 + 3 + 3 = 9. Booted after the two moves,
    everything is over at 1 + 3 + 1 + 2 = 7.
    """
    builder = Builder()
    for move in (0, 1, 3):
        builder.use(move, "power", 10, 4)
    builder.use(2, "power", 10, 6, FROM_START)
    builder.pairs.append((2, 3))
    windows = {0: ((1, 99),), 1: ((1, 99),)}
    return builder.instance([3, 3, 1, 2], [1, 1, 0, 1], windows=windows)


def test_boot_is_put_off() -> None:
    """No list finds what is best, since it boots at once; put off, the host is booted when moves are over."""
    instance = early_boot()
    listed = [Lists(instance).run(ranks(key)) for key in Urgency(instance).plain()]
    assert min(finish(instance, start) for start in listed) == 9
    start = Delays(tries=2000)(instance, listed[0], target=7)
    assert holds(instance, start.tolist())
    assert finish(instance, start) == 7 == least(instance, HORIZON)


@settings(max_examples=8, deadline=None)
@given(instances())
@pytest.mark.parametrize("variables", [6000, 12])
def test_bound_is_none_too_high(variables: int, instance: Instance) -> None:
    """The best of all starts is never below the bound, be its moments ticks or longer ones."""
    best = least(instance, 6)
    if best is None:
        return
    with patch.object(fluid, "LEAST_MOMENTS", 1), patch.object(fluid, "MOST_VARIABLES", variables):
        assert fluid.bound(instance, bounds.bound(instance), best + 3) <= best


def test_bound_sees_what_stands() -> None:
    """
    Twenty hosts draw 10 W each of 300 W and are each shut down once two moves of 10 s and 20 W have left them.

    Ten hosts of 10 W have to be booted for them: in 5 s, and then they draw on. No load over a capacity tells how long
    that takes: 40 moves of 10 s and 20 W are 8,000 J, and 300 W would be enough for them in 27 s.
    """
    builder = Builder()
    for source in range(20):
        target = 60 + source // 2
        builder.use(40 + source, "power", 300, 10, 2)
        for move in (2 * source, 2 * source + 1):
            builder.use(move, "power", 300, 20)
            builder.use(move, ("out", source), 1, 1)
            builder.use(move, ("in", target), 1, 1)
            builder.pairs += [(target, move), (move, 40 + source)]
    for target in range(60, 70):
        builder.use(target, "power", 300, 10, FROM_START)
    instance = builder.instance([10] * 40 + [1] * 20 + [5] * 10, [1] * 40 + [0] * 30)
    assert [len(np.unique(Classes(instance).of[rows])) for rows in (range(40), range(40, 60), range(60, 70))] == [1] * 3
    plain = bounds.bound(instance)
    with patch.object(fluid, "LEAST_MOMENTS", 1):
        assert fluid.bound(instance, plain, 200) > plain
