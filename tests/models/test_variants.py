"""Variants of traces."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import InputError
from models.variants import bootstrapped, replica_names, replicated, scaled, thinned

NAN = np.nan


def test_replicas_are_adjacent() -> None:
    """Of two traces three times, VMs 0 to 2 have the first and 3 to 5 the second."""
    assert replicated(np.array([[1, 2], [3, 4]]), 3)[:, 0].tolist() == [1, 1, 1, 3, 3, 3]


@given(st.integers(1, 5), st.integers(1, 6))
def test_thinned_undoes_replicated(rows: int, times: int) -> None:
    """Every so-manieth row of replicas is the trace itself."""
    values = np.arange(rows * 2).reshape(rows, 2)
    np.testing.assert_array_equal(thinned(replicated(values, times), times), values)


def test_names_of_replicas() -> None:
    """Names stay unique, or it is an error."""
    assert replica_names(np.array(["a"], object), 3).tolist() == ["a", "a #2", "a #3"]
    with pytest.raises(InputError, match="not unique"):
        replica_names(np.array(["a", "a #2"], object), 2)


def test_scaled() -> None:
    """60 % at a factor of 2 is cut at the limit of its own VM; what is missing stays so."""
    readings = np.array([[10, 60], [NAN, 60]], np.float32)
    found = scaled(readings, np.array([2.0, 2.0]), np.array([100.0, 110.0]))
    np.testing.assert_array_equal(found, [[20, 100], [NAN, 110]])
    assert found.dtype == np.float32


def test_wrong_numbers() -> None:
    """None of them takes what makes no sense."""
    values = np.ones((1, 4), np.float32)
    with pytest.raises(InputError, match="not 0 times"):
        replicated(values, 0)
    with pytest.raises(InputError, match="not -1"):
        scaled(values, -1)
    with pytest.raises(InputError, match="not 0 and 4"):
        bootstrapped(values, np.zeros(1, int), block=0, seed=1, day=4)


def test_a_class_of_one() -> None:
    """A VM alone in its class, over a single day, can only be itself."""
    readings = np.arange(12, dtype=np.float32).reshape(3, 4)
    np.testing.assert_array_equal(bootstrapped(readings, np.arange(3), block=2, seed=1, day=4), readings)


def test_another_day() -> None:
    """Days 0 and 1 of one VM: what stands at a time of day was there at that time, on either day; both days occur."""
    readings = np.array([[0, 1, 2, 10, 11, 12, 20]], np.float32)
    drawn = [bootstrapped(readings, np.zeros(1, int), block=2, seed=seed, day=3)[0] for seed in range(40)]
    assert {tuple(row[:2]) for row in drawn} == {(0, 1), (10, 11)}
    assert {row[2] for row in drawn} == {2, 12}
    assert {row[6] for row in drawn} == {0, 10, 20}


@st.composite
def cases(draw: st.DrawFn) -> tuple[int, int, int, int, int]:
    """Return VMs, samples, samples a block, samples a day, and a seed."""
    return tuple(draw(st.integers(1, most)) for most in (6, 30, 7, 12, 10**6))  # type: ignore[return-value]


@given(cases())
def test_each_block_is_one_of_its_class(case: tuple[int, int, int, int, int]) -> None:
    """Each block stands in full in one VM of the class, at the same time of day; the same seed draws the same."""
    vms, samples, block, day, seed = case
    groups = np.arange(vms) % 2
    readings = np.arange(vms * samples, dtype=np.float32).reshape(vms, samples)
    drawn = bootstrapped(readings, groups, block=block, seed=seed, day=day)
    vm, at = (drawn // samples).astype(int), (drawn % samples).astype(int)
    places = np.arange(samples)
    assert drawn.shape == readings.shape
    assert (groups[vm] == groups[:, None]).all()
    assert (at % day == places % day).all()
    inside = (places[1:] % day % block != 0) & (places[1:] % day != 0)
    assert (np.diff(drawn, axis=1)[:, inside] == 1).all()
    np.testing.assert_array_equal(drawn, bootstrapped(readings, groups, block=block, seed=seed, day=day))
