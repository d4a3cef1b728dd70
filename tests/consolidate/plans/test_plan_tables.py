"""Tables of a plan: what they say of hosts where the use of CPU is not known."""

from typing import Any

import pytest

from consolidate.planning import plan
from consolidate.readers.reading import Reading
from examples import generate
from tests.consolidate.test_planning import QUICK, reading


def test_cpu_that_is_only_known_as_allocated_is_told_by_what_limits_it() -> None:
    """A host of 16 cores takes 64 virtual CPUs; with 15 VMs of 4 it is full to 60 of 64, whatever they could take."""
    small: dict[str, Any] = {"memory_mib": [1024.0] * 15, "disk_gib": [1.0] * 15}
    table = plan(reading([0, 1, 2] * 5, **small), QUICK.changed({"limits.spare_hosts": 0})).tables["hosts"]
    assert table["cpu_share_before"].tolist() == [20 / 64] * 3
    assert sorted(table["cpu_share_after"]) == [0, 0, 60 / 64]
    assert sorted(table["headroom_share_after"]) == [4 / 64, 1, 1]


def test_cpu_that_is_known_by_use_is_told_in_megahertz() -> None:
    """Where there are readings, the share is of the CPU that may be used."""
    inventory, usage = generate.estate(40, 6, 1, 3, 1)
    table = plan(Reading(inventory, usage=usage), QUICK).tables["hosts"]
    assert table["cpu_share_after"].tolist() == pytest.approx(
        (table["cpu_mhz_after"] / table["cpu_capacity_mhz"]).tolist()
    )
