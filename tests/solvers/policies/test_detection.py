import numpy as np
import pytest
from hypothesis import given, settings

from models.decisions import View
from solvers.policies.detection import (
    DETECTIONS,
    Detection,
    Ewma,
    Holt,
    InterquartileRange,
    LocalRegression,
    MedianAbsoluteDeviation,
    RobustLocalRegression,
    StaticThreshold,
)
from solvers.policies.past import ahead, history
from tests.solvers.policies.views import seen, views


def single(*newest_first: float) -> View:
    """One host of 1,000 MHz with one VM of which this is the past."""
    return seen([0], [newest_first[0]], hosts=1, history_mhz=np.array(newest_first)[:, None])


def test_the_past_of_a_host_is_that_of_its_vms() -> None:
    """VMs of 100 and 200, then 300 and 0 MHz on one host, a third one elsewhere: 30 % each time."""
    view = seen([0, 0, 1], [100, 200, 50], history_mhz=np.array([[100.0, 200, 50], [300, 0, 70]]))
    assert history(view, 12)[:, 0].tolist() == [0.3, 0.3]


def test_what_does_not_run_has_no_past() -> None:
    """A VM that was switched off does not count."""
    view = seen([0, 0], [100, 200], running=np.array([True, False]))
    assert history(view, 12)[:, 0].tolist() == [0.1]


def test_how_far_one_must_look_ahead() -> None:
    """64 GiB at 10 Gbit/s take 62 s: one tick of 300 s; of 20 s four."""
    memory = np.array([65_536.0])
    assert ahead(seen([0], [1], hosts=2, memory_mib=memory)).tolist() == [1, 1]
    assert ahead(seen([0], [1], hosts=2, memory_mib=memory, step_s=20)).tolist() == [4, 1]


def test_a_static_threshold() -> None:
    """80 % of 1,000 MHz."""
    assert StaticThreshold(0.8)(single(500)).tolist() == [800]


def test_median_absolute_deviation() -> None:
    """Of 100, …, 500 MHz the median is 300, the deviations 200, 100, 0, 100, 200: MAD 0.1; 1 - 2.5 × 0.1 = 75 %."""
    assert MedianAbsoluteDeviation(least=5)(single(100, 200, 300, 400, 500))[0] == pytest.approx(750)


def test_interquartile_range() -> None:
    """Of 100, 200, …, 500 MHz the quartiles are 200 and 400: 1 - 1.5 × 0.2 = 70 %."""
    assert InterquartileRange(least=5)(single(500, 400, 300, 200, 100))[0] == pytest.approx(700)


@pytest.mark.parametrize("kind", [LocalRegression, RobustLocalRegression])
def test_local_regression(kind: type[LocalRegression]) -> None:
    """500 MHz that grew by 20 a tick will be 520: the limit is 1000 / 1.25 - 20 = 780."""
    view = single(*np.arange(500.0, 300.0, -20))
    assert kind(safety=1.25)(view)[0] == pytest.approx(780)


def test_local_regression_looks_as_far_as_a_migration_takes() -> None:
    """With a horizon of three ticks 60 MHz more are expected: 1000 / 1.25 - 60 = 740."""
    view = single(*np.arange(500.0, 300.0, -20))
    assert LocalRegression(safety=1.25, horizon=3)(view)[0] == pytest.approx(740)


def test_overloaded_by_limit_is_overloaded_by_forecast() -> None:
    """Demand passes the limit just when 1.2 times the forecast passes the capacity: 1.2 × 840 > 1,000 > 1.2 × 820."""
    rising = np.arange(10.0) * 20
    for newest, overloaded in ((820, True), (800, False)):
        view = single(*(newest - rising))
        assert bool(view.cpu_mhz[0] > LocalRegression()(view)[0]) is overloaded


def test_ewma_does_not_forgive_at_once() -> None:
    """After 600 the demand falls to 200; with 0.5 the mean is 400: 1000 / 1.25 - (400 - 200) = 600."""
    assert Ewma(0.5, samples=3)(single(200, 600, 600))[0] == pytest.approx(600)


def test_holt_looks_ahead() -> None:
    """From 200, 400, 800, both 0.5: level 575, trend 162.5, so 737.5 next; now is 800: 1000 / 1.25 - 0 = 800."""
    assert Holt(0.5, 0.5, samples=3)(single(800, 400, 200))[0] == pytest.approx(800)


@pytest.mark.parametrize("name", ["mad", "iqr", "lr", "lrr", "ewma", "holt"])
def test_with_few_samples_a_share_is_the_limit(name: str) -> None:
    """With two samples none can be told: 70 %, or what is given."""
    assert DETECTIONS[name]()(single(100, 900)).tolist() == [700]
    assert DETECTIONS[name](fallback=0.6)(single(100, 900)).tolist() == [600]


@pytest.mark.parametrize("detection", [kind() for name, kind in DETECTIONS.items() if name != "thr"])
def test_no_limit_falls_below_the_floor(detection: Detection) -> None:
    """A host that goes up and down between 0 and 1,000 MHz still has 40 %."""
    assert detection(single(*[0.0, 1000.0] * 15))[0] >= 400


@settings(max_examples=60, deadline=None)
@given(views())
def test_limits_are_within_the_capacity(view: View) -> None:
    """Every limit is above 0 and at most the capacity."""
    for kind in DETECTIONS.values():
        limit = kind()(view)
        assert (limit > 0).all()
        assert (limit <= view.capacity_mhz).all()
