"""Migrations under way and their links; a mebibyte takes 8.388608 / 8889 s of a stream of 10 Gbit/s."""

from typing import Any

import numpy as np
import pytest

from models.flights import Flights
from models.physics import Sending

SECOND_MIB = 8889 / 8.388608
"""What is sent in a second over a free link of 10 Gbit/s."""


def flights(*link_mbps: float, shared: bool = True) -> Flights:
    """Return no flights over some links."""
    return Flights(np.array(link_mbps), shared=shared)


def begin(found: Flights, time_s: float, *ends: tuple[int, int], mib: float = SECOND_MIB, fixed_s: float = 0.0) -> None:
    """Begin migrations of VMs 0, 1, … from and to hosts."""
    size = len(ends)
    sources, targets = (np.array([pair[index] for pair in ends], np.int64) for index in (0, 1))
    load = Sending(np.full(size, mib), np.full(size, fixed_s), np.full(size, 7.0), np.zeros(size))
    why = np.zeros(size, np.int16)
    found.begin(time_s, np.arange(size), np.arange(size), sources, targets, load, why)


def landed(found: Flights) -> dict[str, Any]:
    """Let the next ones land."""
    return found.landed(found.next_s)


def test_a_migration_alone_has_the_whole_link() -> None:
    """One second of data, and half a second besides."""
    found = flights(10_000, 10_000)
    begin(found, 10.0, (0, 1), fixed_s=0.5)
    assert found.next_s == pytest.approx(11.5)


@pytest.mark.parametrize("ends", [[(0, 1), (0, 2)], [(0, 2), (1, 2)], [(0, 1), (1, 2)]])
def test_two_over_one_link_take_twice_as_long(ends: list[tuple[int, int]]) -> None:
    """Both leave one host, both enter it, or one enters it and the other leaves it."""
    found = flights(10_000, 10_000, 10_000)
    begin(found, 0.0, *ends)
    assert found.next_s == pytest.approx(2)
    assert len(landed(found)["vm"]) == 2


def test_a_stream_has_its_own_limit() -> None:
    """Over links of 40 Gbit/s one migration goes at 10, and so do two."""
    found = flights(40_000, 40_000)
    begin(found, 0.0, (0, 1), (0, 1))
    assert found.next_s == pytest.approx(1)


def test_the_slower_end_decides() -> None:
    """From 10 to 5 Gbit/s takes two seconds."""
    found = flights(10_000, 5_000)
    begin(found, 0.0, (0, 1))
    assert found.next_s == pytest.approx(2)


def test_one_that_begins_later_slows_the_first() -> None:
    """
    The second one begins at 0.5 s: the first has half left, which takes 1 s.

    The second has sent half by then and has the link to itself: it ends at 2 s.
    """
    found = flights(10_000, 10_000, 10_000)
    begin(found, 0.0, (0, 1))
    begin(found, 0.5, (0, 2))
    assert found.next_s == pytest.approx(1.5)
    assert landed(found)["target"].tolist() == [1]
    assert found.next_s == pytest.approx(2)


def test_only_what_is_sent_becomes_slower() -> None:
    """After 1 s all is sent and half a second is left, however many begin then."""
    found = flights(10_000, 10_000, 10_000)
    begin(found, 0.0, (0, 1), fixed_s=0.5)
    begin(found, 1.0, (0, 2))
    assert found.next_s == pytest.approx(1.5)


def test_ends_that_only_rounding_parts_are_one() -> None:
    """0.1 + 0.2 is not 0.3 in binary, but both land at once; one that ends a millisecond later does not."""
    found = flights(10_000, 10_000, 10_000, 10_000)
    for fixed_s in (0.1 + 0.2, 0.3, 0.301):
        begin(found, 0.0, (0, 1), mib=0.0, fixed_s=fixed_s)
    assert found.next_s < 0.1 + 0.2
    assert len(landed(found)["vm"]) == 2
    assert found.next_s == pytest.approx(0.301)


def test_private_links_are_not_shared() -> None:
    """Each takes the 7 s that were predicted."""
    found = flights(10_000, 10_000, shared=False)
    begin(found, 0.0, (0, 1), (0, 1))
    assert found.next_s == 7
    assert found.taken_mhz(np.array([100.0, 100.0])).tolist() == [0, 0]


def test_rates_of_those_to_come() -> None:
    """One is under way from host 0, two more would leave there: each would have a third of 9 Gbit/s."""
    found = flights(9_000, 10_000, 10_000)
    begin(found, 0.0, (0, 1))
    assert found.rate_mbps(np.array([0, 0]), np.array([1, 2])).tolist() == pytest.approx([3000, 3000])


def test_a_full_stream_takes_a_core_at_both_ends() -> None:
    """At 10 and at 5 Gbit/s: a core of 200 MHz, and half of one."""
    for mbps, taken in ((10_000.0, 200.0), (5_000.0, 100.0)):
        found = flights(mbps, mbps, mbps)
        begin(found, 0.0, (0, 1))
        assert found.taken_mhz(np.full(3, 200.0)).tolist() == pytest.approx([taken, taken, 0])


def test_what_is_taken_out_frees_its_link() -> None:
    """Of two, the one to host 2 is taken out at 1 s, half-way: the other's second half takes 0.5 s."""
    found = flights(10_000, 10_000, 10_000)
    begin(found, 0.0, (0, 1), (0, 2))
    assert found.stranded(1.0, 2)["vm"].tolist() == [1]
    assert found.next_s == pytest.approx(1.5)
    assert found.leaves.tolist() == [1, 0, 0]
    assert found.of(1.2, np.array([0]))["vm"].tolist() == [0]
    assert (len(found), found.next_s) == (0, np.inf)
