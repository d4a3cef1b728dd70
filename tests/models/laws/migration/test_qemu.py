"""The replay of QEMU's migration thread, against one page by page."""

import numpy as np
import pytest

from models.arrays import Floats
from models.laws.migration.flows import PAGE, Copies, Streams
from models.laws.migration.pages import Pages
from models.laws.migration.qemu import CELLS, replay
from models.laws.migration.writing import Writers
from tests.models.laws.migration.plain_qemu import Guest, Result, Thread

MIB = 2.0**20


def streams(rate: float, link: float, limit_s: float, **changed: float) -> Streams:
    """Return one stream without a technique; rates in MiB/s."""
    usual = {
        "rate": rate * MIB, "page_bytes": PAGE + 8, "empty_bytes": 9.0, "page_s": (PAGE + 8) / (link * MIB),
        "empty_s": 1e-6, "limit_s": limit_s, "timeout_s": 60.0, "looks_most": np.inf, "postcopy_s": np.inf,
        "throttle": 0.0, "throttle_step": 0.1, "throttle_most": 0.99, "throttle_trigger": 0.5, "delta_bytes": 0.0,
        "delta_held": 0.0,
    }  # fmt: skip
    return Streams(**{name: np.array([value]) for name, value in (usual | changed).items()})


def column(value: float) -> Floats:
    """Return a column of one row."""
    return np.array([float(value)])


def one(guest: Guest, flow: Streams, pattern: str = "cyclic") -> Copies:
    """Return what becomes of one guest."""
    pages = Pages.of(
        column(guest.pages), column(guest.last - guest.first), column(guest.working), column(guest.first), CELLS
    )
    writers = Writers(
        column(guest.working), column(guest.writes_per_s), np.array([pattern], object), column(0.1), column(0.9),
        column(0),
    )  # fmt: skip
    return replay(pages, writers, flow)


def plain(guest: Guest, rate: float, link: float, limit_s: float) -> Result:
    """Return what becomes of it page by page; rates in MiB/s."""
    return Thread(guest, rate * MIB, link * MIB, limit_s, 1e-6).run(60.0)


@pytest.mark.parametrize(
    ("guest", "rate", "link", "limit_s"),
    [
        (Guest(4096, 256, 2048, 512, 0), 4, 8, 0.3),
        (Guest(4096, 256, 2048, 512, 256), 4, 8, 0.3),
        (Guest(4096, 256, 2048, 512, 700), 4, 8, 0.3),
        (Guest(4096, 256, 2048, 1024, 500), 8, 4, 0.05),
        (Guest(4096, 0, 4096, 1280, 640), 8, 100, 1.0),
        (Guest(8192, 256, 1024, 128, 3000), 4, 4, 0.3),
        (Guest(4096, 1024, 3072, 768, 200), 2, 3, 0.1),
    ],
)
def test_equals_page_by_page(guest: Guest, rate: float, link: float, limit_s: float) -> None:
    """Looks for dirty pages are equal, and time, bytes sent and bytes left within two windows of 100 ms."""
    found, known = one(guest, streams(rate, link, limit_s)), plain(guest, rate, link, limit_s)
    window = min(rate, link) * MIB * 0.2
    assert found.stopped[0] == known.stopped
    assert found.syncs[0] == known.syncs
    assert found.seconds[0] == pytest.approx(known.seconds, abs=0.21)
    assert found.sent[0] == pytest.approx(known.sent, abs=window)
    assert found.left_bytes[0] == pytest.approx(known.left, abs=window)


def test_threshold_holds_in_the_first_pass() -> None:
    """With a pause of 1 s a guest of 8 MiB at 4 MiB/s is stopped while a part of it has never been sent."""
    found = one(Guest(2048, 0, 2048, 16, 10), streams(4, 4, 1.0))
    assert found.stopped[0]
    assert found.sent[0] < 8 * MIB - 2 * MIB


def test_empty_pages_count_as_remaining() -> None:
    """Behind 4 MiB that are filled, 12 empty MiB keep the guest from being stopped until they are looked at."""
    empty, none = (one(Guest(pages, 0, 1024, 16, 0), streams(4, 8, 0.6)) for pages in (4096, 1024))
    assert empty.left_bytes[0] < none.left_bytes[0]
    assert empty.sent[0] > none.sent[0]


def test_rate_is_not_limited_while_the_guest_is_stopped() -> None:
    """What is left goes at 80 MiB/s over the link, not at the 4 that were set."""
    found = one(Guest(2048, 0, 2048, 512, 100), streams(4, 80, 0.3))
    assert found.left_s[0] == pytest.approx(found.left_bytes[0] / (80 * MIB))


def test_given_up_after_the_timeout() -> None:
    """A sweep faster than the link over more than fits in the pause never ends."""
    found = one(Guest(4096, 0, 4096, 2048, 4000), streams(4, 4, 0.3, timeout_s=20.0))
    assert not found.stopped[0]
    assert found.seconds[0] == pytest.approx(20, abs=0.2)


def test_throttling_lets_it_end() -> None:
    """The same guest ends when it is stopped for more of its time step by step."""
    found = one(Guest(4096, 0, 4096, 2048, 4000), streams(4, 4, 0.3, throttle=0.2))
    assert found.stopped[0]
    assert 0.2 < found.throttled[0] <= 0.99
    assert 0 < found.unrun_s[0] < found.seconds[0]


def test_post_copy_ends_after_the_switch() -> None:
    """The guest is resumed after 6 s, and what was dirty then is fetched: what was never sent, and the working set."""
    found = one(Guest(8192, 0, 8192, 1024, 4000), streams(4, 8, 0.3, postcopy_s=6.0))
    unsent = 32 - 6 * 4
    assert found.fetched[0]
    assert not found.stopped[0]
    assert found.seconds[0] == pytest.approx(6, abs=0.11)
    assert found.left_pages[0] == pytest.approx(unsent * 256 + 1024, abs=120)


def test_deltas_help_from_the_third_pass_on() -> None:
    """With the working set in the cache the third and later passes are a few bytes a page; without they never end."""
    guest = Guest(2048, 0, 2048, 512, 2000)
    without = one(guest, streams(4, 4, 0.1, timeout_s=20.0))
    cached = one(guest, streams(4, 4, 0.1, timeout_s=20.0, delta_bytes=100.0, delta_held=1.0))
    assert not without.stopped[0]
    assert cached.stopped[0]
    assert cached.sent[0] > (8 + 2) * MIB


def test_long_copies_are_skipped_through_exactly() -> None:
    """64 GiB at 100 MiB/s take as long as 640 times the first GiB, whatever is skipped on the way."""
    guest = Guest(64 * 262_144, 0, 64 * 262_144, 256, 0)
    found = one(guest, streams(100, 200, 0.3, timeout_s=1e9))
    assert (found.sent[0] + found.left_bytes[0]) == pytest.approx(guest.pages * (PAGE + 8))
    assert found.seconds[0] == pytest.approx(found.sent[0] / (100 * MIB), rel=1e-3)


def test_long_scans_are_skipped_through() -> None:
    """64 GiB of empty pages at 9 bytes each, over 0.5 MiB/s: 288 s."""
    guest = Guest(64 * 262_144, 0, 256, 16, 0)
    found = one(guest, streams(0.5, 1, 0.3, timeout_s=1e9))
    assert found.seconds[0] == pytest.approx(64 * 262_144 * 9 / (0.5 * MIB), rel=0.02)


@pytest.mark.parametrize("pattern", ["uniform", "hotcold"])
def test_many_at_once_equal_one_at_a_time(pattern: str) -> None:
    """Rows do not see each other."""
    guests = [Guest(4096, 256, 2048, 512, rate) for rate in (0, 300, 5000)]
    alone = [one(guest, streams(4, 8, 0.3, timeout_s=10.0), pattern) for guest in guests]
    pages = Pages.of(np.full(3, 4096.0), np.full(3, 1792.0), np.full(3, 512.0), np.full(3, 256.0), CELLS)
    writers = Writers(
        np.full(3, 512.0), np.array([0.0, 300, 5000]), np.array([pattern] * 3, object), np.full(3, 0.1),
        np.full(3, 0.9), np.zeros(3),
    )  # fmt: skip
    flow = streams(4, 8, 0.3, timeout_s=10.0)
    found = replay(pages, writers, Streams(**{name: np.repeat(values, 3) for name, values in vars(flow).items()}))
    for name, values in vars(found).items():
        assert values.tolist() == [getattr(each, name)[0] for each in alone], name
