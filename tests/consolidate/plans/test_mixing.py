"""The host on which VMs gain most by peaking at different hours."""

import numpy as np

from consolidate.plans.mixing import HOURS, MOST_VMS, OTHERS, daily, gained, mixed
from models.arrays import names
from models.demand import Usage


def usage(rows: list[list[float]], start_s: float = 0.0) -> Usage:
    """Return readings of each hour."""
    return Usage(start_s, 3600.0, np.array(rows, np.float32))


def test_mean_of_the_days() -> None:
    """25 hours from 23 h on: hour 23 was read twice, as 1 and 3, so 2; the others once."""
    found = daily(usage([[1.0, *[5.0] * 23, 3.0]], start_s=23 * 3600.0))
    assert found[0].tolist() == [*[5.0] * 23, 2.0]


def test_what_peaks_apart_gains() -> None:
    """On host 0 peaks of 9 and 9 sum up to 18 where 10 is the most together; on host 1 both peak at once."""
    hours = np.array([[9.0, 1.0], [1.0, 9.0], [9.0, 1.0], [9.0, 1.0]])
    assert gained(hours, np.array([0, 0, 1, 1]), 2).tolist() == [8.0, 0.0]


def test_host_that_gains_most() -> None:
    """The table tells the VMs of that host, the highest peak first, those beyond the most shown as one."""
    rows = [[float(hour == place % HOURS) * (place + 1) for hour in range(HOURS)] for place in range(MOST_VMS + 2)]
    found = mixed(usage([*rows, rows[0]]), np.array([0] * len(rows) + [1]), names(range(len(rows) + 1)), names("ab"))
    assert set(found["host"]) == {"a"}
    told = list(dict.fromkeys(found["vm"]))
    assert told == [*(str(place) for place in range(len(rows) - 1, 1, -1)), OTHERS]
    assert found["cpu_mhz"][-HOURS:].tolist() == [1.0, 2.0, *[0.0] * 22]


def test_nobody_is_placed() -> None:
    """Without a VM on a host the table is empty."""
    assert not len(mixed(usage([[1.0] * 24]), np.array([-1]), names("v"), names("a"))["vm"])


def test_nobody_gains() -> None:
    """Where loads are steady nobody gains, and the table tells of a host that has VMs, not of an empty one."""
    found = mixed(usage([[1.0] * 24]), np.array([1]), names("v"), names("ab"))
    assert set(found["host"]) == {"b"}
