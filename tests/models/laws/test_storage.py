"""Moving disks, by hand."""

import pytest

from models.laws.migration import MBIT_PER_MIB, PUBLISHED
from models.laws.storage import delta, mirror

LINK_MBPS = 100 * MBIT_PER_MIB / PUBLISHED.efficiency
"""A path that carries 100 MiB/s."""


def test_idle_disk_is_copied_once() -> None:
    """1,000 MiB at 100 MiB/s."""
    found = mirror(1000.0, 0.0, LINK_MBPS)
    assert (found.duration_s[0], found.transferred_mib[0], found.passes[0]) == (pytest.approx(10), 1000, 1)


def test_the_slowest_of_three_decides() -> None:
    """A disk that reads 50 MiB/s, or writes 25, holds the link back."""
    assert mirror(1000.0, 0.0, LINK_MBPS, read_mib_s=50.0).duration_s[0] == pytest.approx(20)
    assert mirror(1000.0, 0.0, LINK_MBPS, read_mib_s=50.0, disk_write_mib_s=25.0).duration_s[0] == pytest.approx(40)


def test_what_is_written_meanwhile_is_copied_again() -> None:
    """10 MiB/s over an area of 100 MiB: after 10 s 100 (1 - 1/e) MiB are dirty, which takes a second pass or more."""
    found = mirror(1000.0, 10.0, LINK_MBPS, written_mib=100.0)
    assert found.converges[0]
    assert found.passes[0] >= 2
    assert 1063 < found.transferred_mib[0] < 1100


def test_writes_faster_than_the_copy_never_end() -> None:
    """200 MiB/s anywhere in 10,000 MiB."""
    found = mirror(10_000.0, 200.0, LINK_MBPS)
    assert not found.converges[0]
    assert found.needed_mib_s[0] == 200


def test_only_what_differs_from_the_template_is_copied() -> None:
    """A tenth of 1,000 MiB differs; digests of 16 bytes for 64 KiB come on top."""
    seconds, sent = delta(1000.0, 0.1, LINK_MBPS)
    assert sent[0] == pytest.approx(100 + 1000 * 16 / 65_536)
    assert seconds[0] == pytest.approx(sent[0] / 100)


def test_comparing_reads_everything() -> None:
    """Both ends read 1,000 MiB at 20 MiB/s, however little differs."""
    assert delta(1000.0, 0.0, LINK_MBPS, read_mib_s=20.0)[0][0] == pytest.approx(50)


def test_without_a_template_all_is_copied_and_nothing_compared() -> None:
    """All differs: 1,000 MiB, no digests."""
    assert delta(1000.0, 1.0, LINK_MBPS)[1][0] == 1000
