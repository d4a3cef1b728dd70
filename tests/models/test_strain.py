"""What else is short beside CPU."""

import numpy as np
import pytest

from models.laws.contention import ready_share
from models.reserve import Choices
from models.signals import Held
from models.strain import Strain
from tests.models.simulated import datacenter, inventory, run

ALL = Choices(host_memory_mib=0.0)
"""Hosts keep no memory for themselves."""


def test_memory_that_is_there_is_not_swapped() -> None:
    """Eight VMs of 1 GiB on a host of 8 GiB."""
    estate = inventory([0] * 8)
    model = run(datacenter(estate, [[10.0] * 8], strain=Strain(estate, ALL)), 1)
    assert model.state.strain.memory_share.tolist() == [1, 0]
    assert model.state.meters.swapped_s.tolist() == [0, 0]


def test_memory_that_is_not_there_is_swapped() -> None:
    """
    Sixteen VMs of 1 GiB on a host of 8: 15 % of them is shared and 5 % compressed, and 8192 - 3276.8 MiB swapped.

    A MiB is touched 0.05 times a second, for 50 µs if swapped and 20 µs if compressed: of ten cores 0.13 % wait.
    """
    estate = inventory([0] * 16)
    model = run(datacenter(estate, [[62.5] * 16], strain=Strain(estate, ALL)), 2)
    held, strain = 16 * 1024.0, model.state.strain
    assert strain.swapped_mib[0] == pytest.approx(8192 - 0.2 * held)
    stalled = 0.05 * (0.05 * held * 20e-6 + (8192 - 0.2 * held) * 50e-6) / 10
    assert strain.stalled[0] == pytest.approx(stalled)
    assert model.state.meters.swapped_s.tolist() == [600, 0]
    assert model.journal.timeline.columns["swapped_mib"].tolist() == pytest.approx([8192 - 0.2 * held] * 2)
    served = model.state.meters.vm_served_mhz_s.sum()
    assert served == pytest.approx(1000 * (1 - stalled) * 600)


def test_idle_memory_is_reclaimed_before_it_is_swapped() -> None:
    """With 512 of the 1,024 MiB of each VM idle, 15 % is shared, and the balloon takes the rest of what is missing."""
    estate = inventory([0] * 16, memory_consumed_mib=[1024.0] * 16, memory_active_mib=[512.0] * 16)
    model = run(datacenter(estate, [[10.0] * 16], strain=Strain(estate, ALL)), 1)
    assert model.state.strain.swapped_mib.tolist() == [0, 0]


def test_network_and_disks_that_are_short() -> None:
    """700 and 500 Mbit/s over 1,000, and 300 operations of 250: 200 and 50 are lost; host 1 has no limit."""
    estate = inventory([0, 0, 1], host_net_mbps=[1000.0, np.nan], host_disk_iops=[250.0, np.nan])
    net, disk = Held(np.array([[700.0, 500.0, 9000.0]])), Held(np.array([[300.0, 0.0, 9000.0]]))
    model = run(datacenter(estate, [[1.0] * 3], strain=Strain(estate, ALL, net, disk)), 2)
    columns, meters = model.journal.timeline.columns, model.state.meters
    assert columns["net_unserved_mbps"].tolist() == pytest.approx([200, 200])
    assert columns["disk_unserved_iops"].tolist() == pytest.approx([50, 50])
    assert (meters.net_asked, meters.net_lost) == pytest.approx((10_200 * 600, 200 * 600))
    assert (meters.disk_asked, meters.disk_lost) == pytest.approx((9300 * 600, 50 * 600))


def test_the_wait_for_cores_is_that_of_the_present_load() -> None:
    """90 % of ten cores in the first step and nothing in the second: the wait is the law's, and then none."""
    estate = inventory([0], hosts=1)
    model = datacenter(estate, [[900.0], [0.0]])
    expected = float(ready_share(np.array([10.0]), np.array([0.9]), 1.0)[0])
    run(model, 1)
    assert expected > 0
    assert model.journal.timeline.columns["ready_share"][0] == pytest.approx(expected, rel=1e-3)
    assert model.state.meters.ready_s[0] == pytest.approx(expected * 300, rel=1e-3)
    run(model, 1)
    assert model.journal.timeline.columns["ready_share"][1] == pytest.approx(0)
