"""Demand over time, and what of it counts."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.arrays import Floats
from models.demand import Usage, Wanted, covered, percentile, profiled, resolved, wanted
from models.errors import BrokenPromiseError

NAN = float("nan")


def want(basis: str, readings: list[list[float]] | None = None, **rest: Any) -> Wanted:
    """Return the demand of VMs that are allocated 100, with a snapshot of 40."""
    size = len(readings or [0])
    given: dict[str, Any] = {
        "allocated": np.full(size, 100.0),
        "snapshot": np.full(size, 40.0),
        "floor": np.zeros(size),
        "counted": np.ones(size, np.bool_),
    }
    table = None if readings is None else np.array(readings, np.float32)
    return wanted(table, basis=basis, **(given | rest))


@pytest.mark.parametrize(
    ("basis", "value", "words"),
    [
        ("allocated", 100.0, "as allocated"),
        ("snapshot", 40.0, "one snapshot"),
        ("peak", 30.0, "peak of the readings"),
        ("p50", 15.0, "50th percentile of the readings"),
        ("p0", 0.0, "0th percentile of the readings"),
    ],
)
def test_bases(basis: str, value: float, words: str) -> None:
    """Of readings 0, 10, 20 and 30: the peak is 30, the median 15."""
    found = want(basis, [[0, 10, 20, 30]])
    assert found.values.tolist() == [[value]]
    assert found.basis == words
    assert not found.fallen_back.any()


def test_profile() -> None:
    """Two parts of the day: two samples in each, of which the 95th percentile is near the larger."""
    found = want("profile", [[0, 10, 20, 40]], grid=(0.0, 21_600.0), buckets=2)
    assert found.values.tolist() == [[pytest.approx(9.5), pytest.approx(39.0)]]


def test_a_part_of_the_day_without_readings() -> None:
    """It counts as the busiest part that there is."""
    found = want("profile", [[0, 10, NAN, NAN]], grid=(0.0, 21_600.0), buckets=2, minimum_coverage=0.5)
    assert found.values.tolist() == [[pytest.approx(9.5), pytest.approx(9.5)]]


def test_profile_over_days() -> None:
    """The same hour of different days is the same part; readings may start at any hour."""
    readings = np.array([[1, 2, 3, 4, 5, 6]], np.float32)
    found = profiled(readings, start_s=43_200.0, step_s=43_200.0, buckets=2)
    assert found.tolist() == [[pytest.approx(5.8), pytest.approx(4.8)]]


def test_too_few_readings() -> None:
    """A VM with half of its readings falls back to its allocation, and that is told."""
    found = want("peak", [[1, NAN], [1, 2]])
    assert found.values.tolist() == [[100.0], [2.0]]
    assert found.fallen_back.tolist() == [True, False]
    assert found.coverage == 0.75


def test_no_readings() -> None:
    """Without any readings the allocation counts, with a coverage of nothing."""
    found = want("p95")
    assert found.values.tolist() == [[100.0]]
    assert (found.coverage, found.fallen_back.tolist()) == (0.0, [True])


def test_unknown_snapshot() -> None:
    """A VM without a snapshot falls back to its allocation."""
    found = want("snapshot", snapshot=np.array([NAN]))
    assert found.values.tolist() == [[100.0]]
    assert found.fallen_back.tolist() == [True]


def test_floor() -> None:
    """What is guaranteed is the least."""
    assert want("snapshot", floor=np.array([60.0])).values.tolist() == [[60.0]]


def test_who_does_not_count() -> None:
    """A VM that takes nothing wants nothing, and its lack of readings is nobody's loss."""
    found = want("peak", [[NAN], [5]], counted=np.array([False, True]))
    assert found.values.tolist() == [[0.0], [5.0]]
    assert found.coverage == 1.0
    assert not found.fallen_back.any()


def test_resolved() -> None:
    """Auto is p95 where there are readings that should count, and the allocation else; others are what they are."""
    table = np.zeros((1, 1), np.float32)
    assert resolved("auto", table, measure=True) == "p95"
    assert resolved("auto", table, measure=False) == "allocated"
    assert resolved("auto", None, measure=True) == "allocated"
    assert resolved("peak", None, measure=True) == "peak"


def test_covered() -> None:
    """Two readings of four; and where there are no samples at all, none."""
    assert covered(np.array([[1, NAN, 2, NAN]], np.float32)).tolist() == [0.5]
    assert covered(np.zeros((2, 0), np.float32)).tolist() == [0.0, 0.0]


@given(
    st.lists(st.lists(st.one_of(st.none(), st.integers(0, 100)), min_size=4, max_size=4), max_size=5),
    st.integers(0, 100),
)
def test_percentile(table: list[list[int | None]], share: int) -> None:
    """It is numpy's, of the readings that there are."""
    readings = np.array([[NAN if each is None else each for each in row] for row in table], np.float32).reshape(-1, 4)
    expected = [np.percentile(row[~np.isnan(row)], share) if (~np.isnan(row)).any() else NAN for row in readings]
    found: Floats = percentile(readings, share)
    assert found.tolist() == pytest.approx(expected, nan_ok=True, rel=1e-5)


def test_one_grid() -> None:
    """All readings share a time grid."""
    with pytest.raises(BrokenPromiseError, match="one time grid"):
        Usage(0.0, 300.0, np.zeros((1, 2), np.float32), memory_mib=np.zeros((1, 3), np.float32))


def test_part_of_the_day_without_a_sample() -> None:
    """Where no sample falls into a part of the day, as with two samples for four parts, nothing is known of it."""
    values = profiled(np.array([[3, 5]], np.float32), 0.0, 43_200.0, 4)
    np.testing.assert_array_equal(values, [[3, np.nan, 5, np.nan]])
