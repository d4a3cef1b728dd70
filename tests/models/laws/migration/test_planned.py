"""The law of live migration, by hand and by property."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.arrays import Floats
from models.errors import InputError
from models.laws.migration import (
    MBIT_PER_MIB,
    PUBLISHED,
    SERVER,
    Guests,
    Paths,
    Precopy,
    cold,
    dirty_estimate,
    precopy,
    predict,
)  # fmt: skip

ROUND = replace(
    PUBLISHED,
    efficiency=1.0,
    downtime_limit_ms=300.0,
    resume_ms=40.0,
    scan_s_per_gib=0.0,
    setup_s=1.0,
    rounds_max=30,
    working_set_share=0.1,
)
"""Constants that make working by hand easy."""

LINK_MBPS = 100 * MBIT_PER_MIB
"""A rate of 100 MiB/s."""

MEMORY = st.floats(1.0, 1e6)
DIRTY = st.floats(0.0, 1e4)
BANDWIDTH = st.floats(10.0, 1e5)


def test_idle_vm_is_sent_once() -> None:
    """1,000 MiB at 100 MiB/s: 10 s of copying, 1 s of setup, 40 ms to resume; nothing is left for the pause."""
    plan = precopy(1000, 0, LINK_MBPS, constants=ROUND)
    assert plan.duration_s == pytest.approx(11.04)
    assert plan.downtime_ms == pytest.approx(40)
    assert plan.transferred_mib == pytest.approx(1000)
    assert plan.rounds == 1
    assert plan.converges


def test_dirty_rate_below_bandwidth_converges() -> None:
    """
    A VM of 1,000 MiB over 100 MiB/s that writes half of its working set of 100 MiB in the first 10 s, by hand.

    50 MiB are left, above the 30 that fit in the pause. The second round ends when 25 remain, half a look before that;
    it sends 25 in 0.25 s, in which 1 - 2^(-1/40) of the working set is written, a quarter of it unsent anyway.
    """
    plan = precopy(1000, 10 * np.log(2), LINK_MBPS, constants=ROUND)
    left = 25 + 100 * (1 - 2 ** (-1 / 40)) * 0.75
    assert plan.rounds == 2
    assert plan.downtime_ms == pytest.approx(left * 10 + 40)
    assert plan.transferred_mib == pytest.approx(1000 + 25 + left)
    assert plan.duration_s == pytest.approx(1 + 10 + 0.25 + left / 100 + 0.04)


def test_dirty_rate_above_bandwidth_is_stopped() -> None:
    """Dirtying 200 MiB/s over 100 MiB/s, rounds settle at what one leaves behind, and the last is paused for."""
    plan = precopy(4000, 200, LINK_MBPS, constants=ROUND)
    left = (plan.downtime_ms - 40) / 10
    assert not plan.converges
    assert plan.rounds == 30
    assert left == pytest.approx(25 + 400 * (1 - np.exp(-2 * (left - 25) / 400)) * (1 - 25 / 400), abs=0.01)
    assert left > 300


def test_small_working_set_converges_however_fast_it_is_dirtied() -> None:
    """A working set of 20 MiB passes in 0.2 s, so pre-copy ends after one round at any dirty rate."""
    plan = precopy(200, 1e4, LINK_MBPS, constants=ROUND)
    assert plan.converges
    assert plan.rounds == 1
    assert plan.downtime_ms == pytest.approx(240)


def test_only_touched_memory_is_sent_but_all_is_scanned() -> None:
    """Of 100 GiB, 1,000 MiB are touched: 10 s of copying, 100 × 0.04 s of scanning, 1.04 s of setup and resume."""
    plan = precopy(102_400, 0, LINK_MBPS, touched_mib=1000, constants=replace(ROUND, scan_s_per_gib=0.04))
    assert plan.transferred_mib == pytest.approx(1000)
    assert plan.duration_s == pytest.approx(10 + 4 + 1.04)


def test_energy_grows_with_what_is_sent() -> None:
    """1,000,000 bytes a megabyte: 1,000 MiB are 1,048.576 MB, so 0.512 × 1,048.576 + 20.165 J."""
    assert precopy(1000, 0, LINK_MBPS, constants=ROUND).energy_j == pytest.approx(0.512 * 1048.576 + 20.165)


def test_protocol_overhead_slows_the_copy() -> None:
    """At 8/9 of the rate the copy of 10 s takes 9/8 of that."""
    plan = precopy(1000, 0, LINK_MBPS, constants=replace(ROUND, efficiency=8 / 9))
    assert plan.duration_s == pytest.approx(10 * 9 / 8 + 1.04)


@pytest.mark.parametrize(
    ("ram", "touched", "working_set", "dirty", "rate", "seconds"),
    [
        (196_608, 3_890, 0, 0, 3110, 8.8),
        (196_608, 28_467, 24_576, 1500, 4005.3, 18.7),
        (65_536, 55_296, 0, 0, 1192, 46.063),
    ],
)
def test_published_migrations_are_met(
    ram: float, touched: float, working_set: float, dirty: float, rate: float, seconds: float
) -> None:
    """Published QEMU migrations (192 GiB guest of the TLS kit; QATzip's guide) take what the law says, within 10 %."""
    measured = replace(PUBLISHED, efficiency=1.0, setup_s=0.0)
    plan = precopy(
        ram, dirty, rate * MBIT_PER_MIB, touched_mib=touched, working_set_mib=working_set, constants=measured
    )
    assert plan.converges
    assert plan.duration_s == pytest.approx(seconds, rel=0.1)


def test_published_migration_that_never_ends() -> None:
    """The TLS kit's guest, 24 GiB rewritten at 1,500 MiB/s, was given up over one channel of 628.7 MiB/s."""
    plan = precopy(196_608, 1500, 628.7 * MBIT_PER_MIB, touched_mib=28_467, working_set_mib=24_576)
    assert not plan.converges


def test_closed_form_is_near_the_replay() -> None:
    """For 40 VMs that write anywhere in a working set, time and data are within 1 % of the replay, pauses 10 %."""
    random = np.random.default_rng(1)
    memory, rate = random.uniform(1024, 16384, 40), random.uniform(50, 1000, 40)
    touched = memory * random.uniform(0.3, 0.9, 40)
    working, dirty = touched * random.uniform(0.02, 0.3, 40), rate * random.uniform(0, 1, 40)
    guests = Guests.of(memory, dirty, touched_mib=touched, working_set_mib=working)
    replayed = predict(guests, Paths.of(rate), machine=replace(SERVER, begin_s_per_gib=0.0))
    bare = replace(PUBLISHED, efficiency=1.0, setup_s=0.0, scan_s_per_gib=0.0, resume_ms=SERVER.pause_ms)
    closed = precopy(memory, dirty, rate * MBIT_PER_MIB, touched_mib=touched, working_set_mib=working, constants=bare)
    both = closed.converges & replayed.converges
    assert both.sum() >= 30
    for own, other, most in (
        (closed.duration_s, replayed.total_s, 0.01),
        (closed.transferred_mib * 4104 / 4096, replayed.sent_mib, 0.01),
        (closed.downtime_ms, replayed.downtime_ms, 0.10),
    ):
        assert np.abs(own[both] / other[both] - 1).mean() < most


@given(MEMORY, MEMORY, DIRTY, BANDWIDTH)
def test_more_memory_never_takes_less(one: float, other: float, dirty: float, mbps: float) -> None:
    """Time and data grow with memory."""
    both = precopy(sorted([one, other]), dirty, mbps)
    assert_ordered(both.duration_s)
    assert_ordered(both.transferred_mib)


@given(MEMORY, DIRTY, DIRTY, BANDWIDTH)
def test_more_dirtying_never_takes_less(memory: float, one: float, other: float, mbps: float) -> None:
    """Time and data grow with the dirty rate."""
    both = precopy(memory, sorted([one, other]), mbps)
    assert_ordered(both.duration_s)
    assert_ordered(both.transferred_mib)


@given(MEMORY, DIRTY, BANDWIDTH, BANDWIDTH)
def test_more_bandwidth_never_takes_longer(memory: float, dirty: float, one: float, other: float) -> None:
    """Time and data fall as bandwidth grows."""
    both = precopy(memory, dirty, sorted([one, other], reverse=True))
    assert_ordered(both.duration_s)
    assert_ordered(both.transferred_mib)


@given(MEMORY, BANDWIDTH)
def test_copy_time_is_inverse_in_bandwidth(memory: float, mbps: float) -> None:
    """With nothing dirtied, twice the bandwidth halves the copy."""
    free = replace(ROUND, setup_s=0.0, resume_ms=0.0)
    slow, fast = precopy(memory, 0, [mbps, 2 * mbps], constants=free).duration_s
    assert slow == pytest.approx(2 * fast)


@given(MEMORY, DIRTY, BANDWIDTH)
def test_all_memory_is_sent(memory: float, dirty: float, mbps: float) -> None:
    """At least all memory is sent, and at most a working set more in each round."""
    plan = precopy(memory, dirty, mbps)
    assert memory <= plan.transferred_mib
    most = 1 + PUBLISHED.working_set_share * PUBLISHED.rounds_max
    assert plan.transferred_mib <= memory * most * (1 + 1e-9)


@given(MEMORY, DIRTY, BANDWIDTH)
def test_pause_is_within_the_limit_exactly_if_it_converges(memory: float, dirty: float, mbps: float) -> None:
    """A converging migration pauses for the limit and the resume at most; one that does not pauses for longer."""
    plan = precopy(memory, dirty, mbps)
    most = PUBLISHED.downtime_limit_ms + PUBLISHED.resume_ms
    assert plan.downtime_ms <= most + 1e-6 if plan.converges else plan.downtime_ms >= most - 1e-6


@given(st.lists(st.tuples(MEMORY, DIRTY, BANDWIDTH), min_size=1, max_size=20))
def test_many_at_once_equal_one_at_a_time(vms: list[tuple[float, float, float]]) -> None:
    """A column of VMs gives exactly what each alone gives."""
    memory, dirty, mbps = np.array(vms).T
    together = precopy(memory, dirty, mbps)
    alone = [precopy(*vm) for vm in vms]
    for name in Precopy.__dataclass_fields__:
        assert getattr(together, name).tolist() == [getattr(one, name).item() for one in alone]


def test_broadcasting() -> None:
    """Three VMs against two rates give a table of two by three."""
    table = precopy([1000.0, 2000.0, 4000.0], 0.0, [[100.0], [1000.0]])
    assert table.duration_s.shape == table.rounds.shape == table.converges.shape == (2, 3)
    assert table.transferred_mib.tolist() == [[1000, 2000, 4000]] * 2


def test_no_vms() -> None:
    """No VMs take no rows."""
    assert precopy([], [], 1000.0).duration_s.shape == (0,)


@pytest.mark.parametrize(
    ("memory", "dirty", "mbps", "text"),
    [
        (1.0, 1.0, 0.0, "bandwidth of a migration must be above 0; found 0"),
        (1.0, float("nan"), 1.0, "dirty rate of a migration must be 0 or more; found nan"),
        (-1.0, 1.0, 1.0, "memory of a migration must be 0 or more; found -1"),
    ],
)
def test_amounts_are_checked(memory: float, dirty: float, mbps: float, text: str) -> None:
    """An amount that makes no sense is an error that names it."""
    with pytest.raises(InputError, match=text):
        precopy(memory, dirty, mbps)


def test_cold_vms_are_only_registered() -> None:
    """A powered-off VM takes the time to re-register it: no data, no pause, no energy of a copy."""
    plan = cold(3)
    assert plan.duration_s.tolist() == [PUBLISHED.cold_s] * 3
    assert plan.downtime_ms.tolist() == plan.transferred_mib.tolist() == plan.energy_j.tolist() == [0, 0, 0]
    assert plan.rounds.tolist() == [0, 0, 0]
    assert plan.converges.all()


def test_dirty_estimate_follows_load() -> None:
    """At 0.5 % of memory a second when busy, 8,000 MiB dirty 40 MiB/s; half busy, 20; more than busy counts as busy."""
    known = replace(PUBLISHED, dirty_share_s=0.005)
    assert dirty_estimate(8000.0, [0.0, 0.5, 1.0, 7.0], constants=known).tolist() == [0, 20, 40, 40]


def assert_ordered(pair: Floats) -> None:
    """Assert that the first is no more than the second, but for rounding."""
    assert pair[0] <= pair[1] * (1 + 1e-9)
