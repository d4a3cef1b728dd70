"""Pre-copy in whole rounds, by hand."""

import numpy as np
import pytest

from models.errors import InputError
from models.laws.migration import Guests, Options, Paths, Prediction, machine, predict

MIB_OF_PAGES = 4104 / 4096
"""Headers of pages."""


def found(dirty: float, rule: str, rate: float = 100.0, working: float = 100.0, memory: float = 1000.0) -> Prediction:
    """Predict one guest whose sweep writes some MiB/s over some MiB/s, by one replica."""
    guests = Guests.of(memory, dirty, working_set_mib=working, pattern="cyclic")
    return predict(guests, Paths.of(rate * MIB_OF_PAGES), Options(rule=rule), machine=machine("server"), members=1)


def test_xen_stops_after_five_rounds() -> None:
    """Sweeping 50 MiB/s over 100 MiB/s halves each round: 1000, 100 (bounded), 50, 25, 12.5, and 6.25 in the pause."""
    told = found(50, "xen")
    assert told.sent_mib[0] / MIB_OF_PAGES == pytest.approx(1000 + 100 + 50 + 25 + 12.5 + 6.25)
    assert told.final_copy_ms[0] == pytest.approx(62.5)
    assert told.rounds[0] == 6


def test_xen_stops_with_few_pages() -> None:
    """1 MiB/s: 10 MiB, then 0.1 MiB, 26 pages: fewer than 50."""
    told = found(1, "xen")
    assert told.sent_mib[0] / MIB_OF_PAGES == pytest.approx(1000 + 10 + 0.1, rel=1e-4)


def test_xen_pauses_long_where_it_does_not_converge() -> None:
    """200 MiB/s: a working set of 100 MiB is sent in each of four more rounds, and again in the pause."""
    told = found(200, "xen")
    assert not told.converges[0]
    assert told.sent_mib[0] / MIB_OF_PAGES == pytest.approx(1000 + 4 * 100 + 100)
    assert told.downtime_ms[0] == pytest.approx(1000 + machine("server").pause_ms)


def test_old_xen_leaves_hot_pages_to_the_end() -> None:
    """A sweep forty times a round makes nearly all memory dirty before its turn; 29 rounds, then the pause."""
    told = found(4000, "xen-4", working=1000.0)
    assert told.rounds[0] == 30
    assert 4000 < told.final_copy_ms[0] < 10_000
    assert told.sent_mib[0] < 2 * 1000


def test_old_xen_sends_at_most_three_times_the_memory() -> None:
    """Four sweeps a round: some pages of each round are sent, until they are more than three times the memory."""
    told = found(400, "xen-4", working=1000.0)
    assert told.rounds[0] < 30
    assert 2990 < told.sent_mib[0] / MIB_OF_PAGES - told.final_copy_ms[0] / 10 < 4000


def test_clark_sends_ever_faster() -> None:
    """The first round is at 100 Mbit/s even on a link of 1 Gbit/s: 1,000 MiB take 84 s."""
    told = found(1, "clark", rate=119.2)
    assert told.total_s[0] > 1000 * 8.388608 / 100
    assert told.converges[0]


def test_rules_are_known() -> None:
    """Xen's rule goes with neither throttling nor post-copy."""
    with pytest.raises(InputError, match="are QEMU's; the rule is xen"):
        Options(rule="xen", throttle_share=0.2)
    with pytest.raises(InputError, match=r"one of qemu, xen, xen-4, clark; found vmware"):
        Options(rule="vmware")
    assert np.isfinite(found(0, "xen").total_s[0])
