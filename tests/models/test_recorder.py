"""What is recorded, in bounded memory."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.recorder import Heat, Log, Recorder


def recorded(steps: int, most: int) -> Recorder:
    """Return a recorder of steps 1, 2, … each of which draws as many watts as it has a number."""
    found = Recorder({"time_s": "last", "power_w": "mean", "peak": "most"}, most=most)
    for step in range(1, steps + 1):
        found.append(time_s=step, power_w=step, peak=step % 3)
    return found


def test_all_steps_are_kept_while_there_is_room() -> None:
    """Four steps in four rows."""
    found = recorded(4, 4)
    assert (found.stride, found.columns["power_w"].tolist()) == (1, [1, 2, 3, 4])


def test_two_rows_become_one() -> None:
    """Of five steps in four rows a row stands for two: the last time, the mean power, the greatest peak."""
    found = recorded(5, 4)
    assert found.stride == 2
    assert found.columns["time_s"].tolist() == [2, 4, 5]
    assert found.columns["power_w"].tolist() == [1.5, 3.5, 5]
    assert found.columns["peak"].tolist() == [2, 1, 2]


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 700), st.sampled_from([2, 4, 10]))
def test_a_recorder_is_bounded_and_keeps_means(steps: int, most: int) -> None:
    """However many steps: no more rows than allowed and one, the last time, and the mean of 1 … n, (n + 1) / 2."""
    found = recorded(steps, most)
    rows = len(found.columns["time_s"])
    weights = np.full(rows, found.stride)
    weights[-1] = steps - found.stride * (rows - 1)
    assert rows <= most + 1
    assert found.columns["time_s"][-1] == steps
    assert np.average(found.columns["power_w"], weights=weights) == pytest.approx((steps + 1) / 2)


def test_times_are_not_rounded() -> None:
    """A time of ten years to a tenth of a second is kept, which single precision cannot."""
    found = Recorder({"time_s": "last"}, most=2)
    found.append(time_s=315_576_000.1)
    assert found.columns["time_s"].tolist() == [315_576_000.1]


def test_a_log_counts_what_it_has_no_room_for() -> None:
    """Of 1,000 rows in parts of 300, 700 are kept: the first ones."""
    log = Log({"vm": "int32"}, most=700)
    for part in range(4):
        log.extend(vm=np.arange(part * 300, min(part * 300 + 300, 1000)))
    assert log.columns["vm"].tolist() == list(range(700))
    assert (len(log), log.lost) == (700, 300)


def heated(steps: int, bins: int) -> Heat:
    """Return the heat of two hosts that offer 100 MHz; the first uses 40, the second 80 in every second step."""
    found, used = Heat(2, most_bins=bins), np.zeros(2)
    for step in range(1, steps + 1):
        used = used + np.array([40 * 300, 80 * 300 * (step % 2)])
        found.append(300 * step, used, np.full(2, 100.0 * 300 * step))
    return found


def test_heat_by_step() -> None:
    """Shares of 40 % and 80, 0, 80 %, at the end of each step."""
    ends, shares = heated(3, 8).shares()
    assert ends.tolist() == [300, 600, 900]
    assert shares.tolist() == pytest.approx(np.array([[0.4, 0.8], [0.4, 0], [0.4, 0.8]]))


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 300), st.sampled_from([2, 4, 16]))
def test_heat_is_bounded_and_keeps_means(steps: int, bins: int) -> None:
    """However many steps: no more bins than allowed, up to the last step, each within the range of its steps."""
    ends, shares = heated(steps, bins).shares()
    assert len(ends) == len(shares) <= bins
    assert ends[-1] == 300 * steps
    assert (np.diff(ends) > 0).all()
    assert shares[:, 0] == pytest.approx(np.full(len(ends), 0.4), rel=1e-5)
    lengths = np.diff(np.concatenate([[0], ends])) / 300
    assert float(shares[:, 1] @ lengths) == pytest.approx(0.8 * ((steps + 1) // 2), rel=1e-4)


def test_heat_of_many_hosts_is_that_of_some() -> None:
    """Of 1,000 hosts 400 are looked at, in order and none twice; before any step there is no heat."""
    found = Heat(1000)
    assert len(found.hosts) == 400
    assert (np.diff(found.hosts) > 0).all()
    assert 0 <= found.hosts[0] < found.hosts[-1] < 1000
    assert [part.shape for part in found.shares()] == [(0,), (0, 400)]


def test_heat_shows_hosts_of_both_kinds() -> None:
    """Of 800 hosts whose kinds take turns, each kind has about half of the 400 that are looked at."""
    assert 150 < int((Heat(800).hosts % 2).sum()) < 250


def test_a_host_that_offers_nothing_has_no_heat() -> None:
    """Not a number, rather than zero."""
    found = Heat(1)
    found.append(300, np.zeros(1), np.zeros(1))
    assert np.isnan(found.shares()[1]).all()
