"""When the rest of a plan will be done: chains by hand."""

import numpy as np
import pytest

from models.execution.course import Course
from models.execution.outlook import Seen, outlook
from models.problem import Problem
from tests.models.execution.plans import by_hand

NAN = float("nan")


def seen(start: list[float], end: list[float], gone: tuple[bool, ...] = (False, False, False)) -> Seen:
    """Return what has happened to three moves."""
    return Seen(np.array(start), np.array(end), np.array(gone))


def three() -> Course:
    """Return three moves of 10 s out of one host, one after the other."""
    problem = Problem.of([[1]] * 3, [[9], [9]], start=[0] * 3)
    return by_hand(problem, [(0, 0, 1, 0.0, 10.0), (1, 0, 1, 10.0, 20.0), (2, 0, 1, 20.0, 30.0)])


def test_the_rest_takes_as_long_as_what_was_seen() -> None:
    """The first took 15 s; at 20 s the second runs since 15 s, and ends at 30 s; the third at 45 s."""
    found = outlook(three(), seen([0, 15, NAN], [15, NAN, NAN]), 20.0, 1.5)
    assert found.end_s[:3].tolist() == [15.0, 30.0, 45.0]


def test_what_should_have_ended_ends_now_at_the_earliest() -> None:
    """At 100 s a move of 10 s that began at 0 s still runs."""
    found = outlook(three(), seen([0, NAN, NAN], [NAN] * 3), 100.0, 1.0)
    assert found.end_s[:3].tolist() == [100.0, 110.0, 120.0]


def test_what_failed_is_done_before_what_follows() -> None:
    """Move 0 failed and is done again from 20 s on; move 2, which waits for move 1 alone, waits for it as well."""
    found = outlook(three(), seen([NAN, 10, NAN], [NAN, 20, NAN]), 20.0, 1.0)
    assert found.start_s[:3].tolist() == [20.0, 10.0, 30.0]


def test_what_is_gone_takes_no_time() -> None:
    """Move 1 will not be done: move 2 follows move 0."""
    found = outlook(three(), seen([0, NAN, NAN], [10, NAN, NAN], (False, True, False)), 10.0, 1.0)
    assert found.end_s[2] == pytest.approx(20.0)
    assert np.isnan(found.end_s[1])
