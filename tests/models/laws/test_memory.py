"""Page walks, the hypervisor's memory, and what a host does that lacks memory."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.arrays import Floats
from models.laws import memory

LEVELS = st.integers(1, 5)


def f(*values: float) -> Floats:
    """Return a column."""
    return np.array(values, np.float64)


@given(LEVELS, st.integers(0, 5))
def test_references_are_counted(guest: int, host: int) -> None:
    """Each of the guest's tables, and at last the page, is found by a walk of the host's: h, and 1 for each table."""
    counted = 0
    for _ in range(guest):
        counted += host + 1
    counted += host
    assert memory.walk_references(f(guest), f(host))[0] == counted


@pytest.mark.parametrize(
    ("guest", "host", "references"), [(4, 4, 24), (4, 3, 19), (3, 4, 19), (3, 3, 15), (2, 2, 8), (5, 5, 35), (4, 0, 4)]
)
def test_references(guest: int, host: int, references: int) -> None:
    """Known values; without the host's tables, the native walk."""
    assert memory.walk_references(f(guest), f(host))[0] == references


def test_ratio() -> None:
    """24 references over 4 are 5 more times the walk; if a fifth of them costs time, it takes twice as long."""
    assert memory.walk_ratio(f(24), f(4), f(0.2, 0.0, 1.0)).tolist() == pytest.approx([2.0, 1.0, 6.0])


def test_slowdown() -> None:
    """A tenth of the time in walks that take three times as long: 1.2, of which 0.3 / 1.2 = 25 % are walks."""
    assert memory.walk_slowdown(f(0.1), f(3))[0] == pytest.approx(1.2)
    assert memory.walk_share_virtual(f(0.1), f(3))[0] == pytest.approx(0.25)


@given(st.floats(0.0, 1.0), st.floats(1.0, 10.0))
def test_walks_take_a_larger_share(share: float, ratio: float) -> None:
    """Longer walks never take a smaller share of the time, nor more than all of it."""
    found = memory.walk_share_virtual(f(share), f(ratio))[0]
    assert share - 1e-12 <= found <= 1 + 1e-12


def test_hypervisor() -> None:
    """1,000 MiB × 0.01 + 100 + 2 × 8 + 16 = 142."""
    parts = {"share": f(0.01), "fixed_mib": f(100), "vcpu_mib": f(8)}
    assert memory.hypervisor_mib(f(1000), f(2), devices_mib=16, **parts)[0] == 142


LIMITS: dict[str, Any] = {
    "shareable_share": 0.1, "balloon_share": 0.5, "compression_share": 0.4, "compression_ratio": 2.0,
}  # fmt: skip
"""Of 1,000 MiB: 100 by sharing, 500 by ballooning, and 400 compressed to half: 200."""


def parts(found: memory.Reclaimed) -> list[float]:
    """Return what the first host frees, the cheapest means first."""
    means = (found.shared_mib, found.ballooned_mib, found.compressed_mib, found.swapped_mib)
    return [float(each[0]) for each in means]


@pytest.mark.parametrize(
    ("missing", "expected"),
    [
        (-50, [0, 0, 0, 0]),
        (0, [0, 0, 0, 0]),
        (60, [60, 0, 0, 0]),
        (150, [100, 50, 0, 0]),
        (650, [100, 500, 50, 0]),
        (900, [100, 500, 200, 100]),
    ],
)
def test_the_cheapest_first(missing: float, expected: list[float]) -> None:
    """Sharing to its limit, then ballooning, compression, and swap for the rest; nothing where nothing is missing."""
    assert parts(memory.reclaimed(f(missing), f(1000), f(1000), **LIMITS)) == pytest.approx(expected)


def test_a_balloon_takes_idle_memory_only() -> None:
    """With 30 MiB idle, of 150 missing 100 are shared, 30 ballooned, 20 compressed."""
    assert parts(memory.reclaimed(f(150), f(1000), f(30), **LIMITS)) == pytest.approx([100, 30, 20, 0])


def test_pages_that_do_not_shrink() -> None:
    """At a ratio of 1 compression frees nothing."""
    found = memory.reclaimed(f(650), f(1000), f(1000), **{**LIMITS, "compression_ratio": 1.0})
    assert parts(found) == pytest.approx([100, 500, 0, 50])


def test_stall() -> None:
    """Each MiB touched twice a second: 200 from compression in 1 ms, 100 from swap in 5 ms: 0.4 + 1 s a second."""
    found = memory.reclaimed(
        f(900), f(1000), f(1000), **LIMITS, touches_ps_mib=2.0, decompression_s=0.001, swap_in_s=0.005
    )
    assert found.stall_s[0] == pytest.approx(1.4)


AMOUNT = st.floats(0.0, 1e6)
SHARE = st.floats(0.0, 1.0)


@given(st.floats(-1e6, 1e6), AMOUNT, SHARE, SHARE, SHARE, SHARE, st.floats(1.0, 10.0))
def test_parts_sum_to_what_is_missing(
    missing: float, granted: float, idle: float, shared: float, balloon: float, compressed: float, ratio: float
) -> None:
    """The parts sum to what is missing, none is negative or beyond its limit, and none is used before a cheaper one."""
    found = memory.reclaimed(
        f(missing), f(granted), f(granted * idle),
        shareable_share=shared, balloon_share=balloon, compression_share=compressed, compression_ratio=ratio,
    )  # fmt: skip
    assert found.total_mib[0] == pytest.approx(max(missing, 0.0), rel=1e-9, abs=1e-6)
    limits = [shared * granted, min(idle, balloon) * granted, compressed * granted * (1 - 1 / ratio), np.inf]
    freed = parts(found)
    for part, limit in zip(freed, limits, strict=True):
        assert -1e-6 <= part <= limit + 1e-6
    for place, part in enumerate(freed):
        if part > 1e-6:
            assert freed[:place] == pytest.approx(limits[:place], rel=1e-9, abs=1e-6)


def test_hosts_at_once() -> None:
    """A column of hosts is what each host is alone."""
    found = memory.reclaimed(f(60, 900), f(1000, 1000), f(1000, 1000), **LIMITS)
    assert found.total_mib.tolist() == pytest.approx([60, 900])
    assert found.swapped_mib.tolist() == pytest.approx([0, 100])
