"""Memory that is promised and not there: what hosts take back, the cheapest first, by hand."""

import numpy as np
import pytest

from models.charging import Technique
from models.formulation import formulate
from models.pressure import pressure
from models.reserve import Choices
from tests.models.machines import inventory

PLAIN = Technique(workload="none", readings="native")


def test_by_hand() -> None:
    """
    Host 0 has 96,256 MiB for VMs; 15 VMs of 8,192 and 266.384 MiB of overhead hold 126,876.

    30,620 are missing. Sharing may free 15 %: 19,031; nothing is idle; compression frees half of a tenth: 6,344; so
    5,245 are swapped. Host 1 is empty.
    """
    form = formulate(inventory([0] * 15), Choices(memory_overcommit=1.5, memory_ceiling=1.0, technique=PLAIN))
    found = pressure(form, np.zeros(15, np.int32))
    held = 15 * (8192 + 0.002 * 8192 + 218 + 8 * 4)
    assert found.total_mib.tolist() == pytest.approx([held - 96_256, 0.0])
    assert found.shared_mib[0] == pytest.approx(0.15 * held)
    assert found.ballooned_mib[0] == 0
    assert found.compressed_mib[0] == pytest.approx(0.05 * held)
    assert found.swapped_mib[0] == pytest.approx(held - 96_256 - 0.2 * held)
    assert found.stall_s[0] > 0


def test_idle_memory_is_ballooned_before_anything_is_compressed() -> None:
    """With 1,000 MiB idle in each VM, 15,000 are ballooned, and nothing is swapped."""
    given = inventory([0] * 15, memory_consumed_mib=[6000.0] * 15, memory_active_mib=[5000.0] * 15)
    form = formulate(given, Choices(memory_overcommit=1.5, memory_ceiling=1.0, technique=PLAIN))
    found = pressure(form, np.zeros(15, np.int32))
    assert 0 < found.ballooned_mib[0] <= 15_000
    assert found.compressed_mib[0] == found.swapped_mib[0] == 0


def test_what_is_there_is_not_taken_back() -> None:
    """Without overcommit nothing is reclaimed."""
    form = formulate(inventory([0, 1]), Choices(technique=PLAIN))
    assert pressure(form, np.array([0, 1], np.int32)).total_mib.tolist() == [0.0, 0.0]
