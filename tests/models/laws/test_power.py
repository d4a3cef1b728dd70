import numpy as np
import pytest

from models.errors import InputError
from models.inventory import Hosts
from models.laws import power

CURVE = "100;110;120;130;140;150;160;170;180;190;300"


def hosts(**columns: object) -> Hosts:
    """Return one host of 10 cores and 10 GiB."""
    one = {"host": ["a"], "cores": [10], "cpu_mhz": [2000.0], "memory_mib": [10_240.0]}
    return Hosts.of(**(one | columns))  # type: ignore[arg-type]


def test_a_measured_curve_goes_first() -> None:
    """A curve is taken as it is, though idle and peak are stated too."""
    found = power.points(hosts(power_curve_w=[CURVE], idle_w=[1.0], peak_w=[2.0]))
    assert found[0].tolist() == [float(value) for value in CURVE.split(";")]


def test_size_stands_in_for_what_is_not_stated() -> None:
    """10 cores and 10 GiB: idle 60 + 10 × 1.5 + 10 × 0.3 = 78 W, peak 78 + 10 × 8 = 158 W."""
    assert power.points(hosts())[0, [0, 5, 10]] == pytest.approx([78.0, 118.0, 158.0])


def test_no_host_draws_less_when_it_does_more() -> None:
    """An idle draw of 400 W is above the estimated peak of 158 W, and a peak of 20 W below the estimated idle draw."""
    assert power.points(hosts(idle_w=[400.0]))[0].tolist() == [400.0] * 11
    assert power.points(hosts(peak_w=[20.0]))[0].tolist() == [20.0] * 11


@pytest.mark.parametrize("text", ["1;2;3", "a;b", ";".join(["nan"] * 11), ";".join(["-1"] * 11)])
def test_a_curve_is_eleven_numbers(text: str) -> None:
    """Anything else is an input error that names the host."""
    with pytest.raises(InputError, match="Host a: power_curve_w must be 11 numbers"):
        power.points(hosts(power_curve_w=[text]))


def test_between_two_points_the_curve_is_a_line() -> None:
    """At 95 % load, half way from 190 W to 300 W, the draw is 245 W; beyond full load it stays at 300 W."""
    points = power.points(hosts(power_curve_w=[CURVE]))
    assert power.curve(np.array([[0.95], [1.2]]), points)[:, 0] == pytest.approx([245.0, 300.0])
