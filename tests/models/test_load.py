"""How busy VMs are in the mean, from the best source there is."""

import numpy as np

from models.arrays import NOWHERE
from models.demand import Usage
from models.load import by_host, hourly, mean_load, row_means
from tests.models.machines import inventory

NAN = float("nan")


def test_readings_come_first() -> None:
    """Of readings, a snapshot and a plan, the mean of the readings counts."""
    given = inventory([0], cpu_used_mhz=[5.0])
    found = mean_load(given, Usage(0.0, 300.0, np.array([[1, 3]], np.float32)), np.array([9.0]))
    assert found.cpu_mhz.tolist() == [2.0]
    assert found.basis == "the mean of the readings"


def test_snapshot() -> None:
    """Without readings the snapshot counts; a VM without one is taken from the host's, by its share of vCPUs."""
    given = inventory([0, 0, 0], cpu_used_mhz=[5.0, NAN, NAN], vcpus=[4, 4, 8], host_cpu_used_mhz=[1600.0, NAN])
    found = mean_load(given, None, np.zeros(3))
    assert found.cpu_mhz.tolist() == [5.0, 400.0, 800.0]
    assert found.of_host.tolist() == [False, True, True]
    assert found.basis == "the VMs' snapshot"


def test_what_is_reserved() -> None:
    """Where nothing was measured, what the plan reserves counts."""
    found = mean_load(inventory([0]), None, np.array([9.0]))
    assert (found.cpu_mhz.tolist(), found.basis) == ([9.0], "what is reserved")


def test_vms_that_are_off() -> None:
    """A VM that is off uses nothing, whatever was read."""
    given = inventory([0, 0], power_state=["off", "on"], cpu_used_mhz=[5.0, 6.0])
    assert mean_load(given, None, np.zeros(2)).cpu_mhz.tolist() == [0.0, 6.0]


def test_row_means() -> None:
    """The mean of what there is; NaN where there is nothing."""
    found = row_means(np.array([[1, NAN, 3], [NAN] * 3], np.float32))
    assert found[0] == 2.0
    assert np.isnan(found[1])


def test_hourly() -> None:
    """Samples of 30 minutes make hours of two; the last hour may be short."""
    times, means = hourly(Usage(0.0, 1800.0, np.array([[1, 3, 5, 7, 9]], np.float32)))
    assert times.tolist() == [0.0, 3600.0, 7200.0]
    assert means.tolist() == [[2.0, 6.0, 9.0]]


def test_hourly_of_nothing() -> None:
    """Without samples there are no hours."""
    assert hourly(Usage(0.0, 300.0, np.zeros((2, 0), np.float32)))[1].size == 0


def test_by_host() -> None:
    """Sums over the VMs of each host; those on none count nowhere."""
    host = np.array([1, 1, 0, NOWHERE])
    assert by_host(np.array([1.0, 2.0, 4.0, 8.0]), host, 3).tolist() == [4.0, 3.0, 0.0]
    assert by_host(np.ones((4, 2)), host, 2).tolist() == [[1.0, 1.0], [2.0, 2.0]]
