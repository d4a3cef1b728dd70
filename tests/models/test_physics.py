"""The laws that the product takes for true."""

import math

import numpy as np
import pytest

from models.physics import Fair, Precopied, held
from tests.models.claims import ARRIVING, HOME, LEAVING, claims

FAIR = Fair(copying_loss=0.1)


def test_all_are_served_where_there_is_enough() -> None:
    """300 and 500 of 1000 MHz."""
    found = FAIR(claims((300, HOME), (500, HOME)))
    assert found.served_mhz.tolist() == [300, 500]
    assert (found.asked_mhz[0], found.used_mhz[0], bool(found.short[0])) == (800, 800, False)


def test_a_short_host_serves_the_same_share_of_each_demand() -> None:
    """Of 500 and 1500 MHz half each."""
    found = FAIR(claims((500, HOME), (1500, HOME)))
    assert found.served_mhz.tolist() == pytest.approx([250, 750])
    assert (found.asked_mhz[0], found.used_mhz[0], bool(found.short[0])) == (2000, pytest.approx(1000), True)


def test_what_is_exactly_enough_is_not_short() -> None:
    """1000 of 1000 MHz."""
    assert not FAIR(claims((1000, HOME))).short[0]


def test_migrations_are_served_first() -> None:
    """They take 200 MHz, so that 800 are left for 1000; all of the host is in use."""
    found = FAIR(claims((1000, HOME), taken=200))
    assert found.served_mhz.tolist() == pytest.approx([800])
    assert (found.asked_mhz[0], found.used_mhz[0]) == (1200, pytest.approx(1000))


def test_a_vm_that_is_copied_is_served_a_tenth_less() -> None:
    """Its host is as busy as ever."""
    found = FAIR(claims((500, LEAVING)))
    assert (found.served_mhz[0], found.used_mhz[0]) == (pytest.approx(450), 500)


def test_a_copy_takes_nothing_at_its_target() -> None:
    """Its VM still runs at home."""
    found = FAIR(claims((500, ARRIVING), (900, HOME)))
    assert found.served_mhz.tolist() == [0, 900]
    assert found.asked_mhz[0] == 900


def test_a_host_that_waits_for_memory_has_less_to_give() -> None:
    """A tenth of the time: 900 of 1000 MHz are left."""
    assert FAIR(claims((1000, HOME), stalled=0.1)).served_mhz.tolist() == pytest.approx([900])


def test_migrations_cannot_take_more_than_there_is() -> None:
    """1500 of 1000 MHz: nothing is left for VMs."""
    assert FAIR(claims((100, HOME), taken=1500)).served_mhz.tolist() == [0]


def test_sending_of_an_idle_vm() -> None:
    """1024 MiB once: 0.97 s over 10 Gbit/s × 8/9, and 1.08 s for reservation, scan and resuming."""
    found = Precopied()(np.array([1024.0]), np.zeros(1), np.array([10_000.0]), np.array([0.0]))
    assert found.sent_mib.tolist() == [1024]
    assert found.fixed_s.tolist() == pytest.approx([1.08])
    assert found.seconds.tolist() == pytest.approx([1.08 + 1024 * 8.388608 / 8889])
    assert found.downtime_s.tolist() == pytest.approx([0.04])


def test_an_unknown_dirty_rate_follows_from_the_load() -> None:
    """A VM dirties 0.5 % of its memory a second at full load, 5.12 MiB/s; a load above one is no more than that."""
    guessed, known = (
        Precopied()(np.array([1024.0]), np.array([load]), np.array([10_000.0]), np.array([dirty]))
        for load, dirty in ((2.0, np.nan), (0.0, 5.12))
    )
    assert guessed.sent_mib.tolist() == known.sent_mib.tolist()
    written = 102.4 * (1 - math.exp(-5.12 / 102.4 * 1024 * 8.388608 / 8889))
    assert guessed.sent_mib[0] == pytest.approx(1024 + written)


def test_a_span_is_billed_by_the_draw_at_its_start() -> None:
    """100 W for 5 s, whatever follows; a host that is off draws nothing."""
    watts, live = np.array([100.0, 100.0]), np.array([True, False])
    assert held(watts, np.array([200.0, 200.0]), live, np.array([5.0, 5.0])).tolist() == [500, 0]
