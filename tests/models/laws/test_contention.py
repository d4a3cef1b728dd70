"""Waiting for cores, locks and caches: by hand, and against another way to the same numbers."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.arrays import Floats
from models.laws import contention

CORES = st.integers(1, 128)
BUSY = st.floats(0.0, 0.999)


def one(value: float) -> Floats:
    """Return a column of one host."""
    return np.array([value])


def waits(servers: int, utilization: float) -> float:
    """Erlang's C by the recursion of his B: B(0) = 1, B(k) = a B(k-1) / (k + a B(k-1)); C = B / (1 - u (1 - B))."""
    blocked, offered = 1.0, servers * utilization
    for server in range(1, servers + 1):
        blocked = offered * blocked / (server + offered * blocked)
    return blocked / (1 - utilization * (1 - blocked))


@given(CORES, BUSY)
def test_erlang_c_is_what_the_recursion_finds(servers: int, utilization: float) -> None:
    """Two ways to the probability of waiting agree."""
    found = contention.erlang_c(one(servers), one(utilization))[0]
    assert found == pytest.approx(waits(servers, utilization), rel=1e-9, abs=1e-12)


def test_erlang_c_by_hand() -> None:
    """Two servers, half busy: a = 1, B = 1 / 5, C = 0.2 / (1 - 0.5 × 0.8) = 1 / 3; all wait at full load, none at 0."""
    found = contention.erlang_c(np.array([2.0, 2.0, 2.0, 2.0]), np.array([0.5, 1.0, 1.5, 0.0]))
    assert found == pytest.approx([1 / 3, 1.0, 1.0, 0.0])


def test_hosts_of_all_sizes_at_once() -> None:
    """A column of hosts is what each host is alone."""
    cores, busy = np.array([1.0, 7.0, 64.0]), np.array([0.9, 0.5, 0.95])
    alone = [contention.erlang_c(one(c), one(u))[0] for c, u in zip(cores, busy, strict=True)]
    assert contention.erlang_c(cores, busy).tolist() == pytest.approx(alone, rel=1e-12)


@pytest.mark.parametrize(
    ("cores", "utilization", "percent", "rounding"),
    [
        (16, 0.7, 2.6, 0.05),
        (16, 0.8, 8.7, 0.05),
        (16, 0.9, 27, 0.5),
        (64, 0.8, 0.44, 0.005),
        (64, 0.9, 4.6, 0.05),
        (64, 0.95, 15.5, 0.05),
        (8, 0.7, 10, 0.5),
        (8, 0.8, 22, 0.5),
    ],
)
def test_ready_time_of_the_tables(cores: int, utilization: float, percent: float, rounding: float) -> None:
    """Known values, to the digits that they were given with."""
    assert contention.ready_share(one(cores), one(utilization))[0] * 100 == pytest.approx(percent, abs=rounding)


def test_ready_time_of_one_core() -> None:
    """One core: C = u, stretch = 1 + u / (1 - u) = 1 / (1 - u), so that the ready share is the utilization."""
    assert contention.ready_share(np.ones(3), np.array([0.0, 0.25, 0.8])).tolist() == pytest.approx([0.0, 0.25, 0.8])


def test_weight_of_waiting() -> None:
    """Half the weight: one core, three quarters busy, waits 3 services; 1 + 3 / 2 = 2.5, and 60 % are ready time."""
    assert contention.stretch(one(1), one(0.75), 0.5)[0] == pytest.approx(2.5)
    assert contention.ready_share(one(1), one(0.75), 0.5)[0] == pytest.approx(0.6)


def test_overload_without_waiting_is_a_fair_share() -> None:
    """If waiting weighs nothing, twice the load takes twice the time."""
    assert contention.stretch(one(4), one(2.0), 0.0)[0] == 2.0


@given(CORES, st.floats(0.0, 3.0), st.floats(0.0, 3.0))
def test_ready_time_grows_with_utilization(cores: int, one_load: float, other_load: float) -> None:
    """More load never means less waiting, not even beyond full load."""
    less, more = sorted((one_load, other_load))
    found = contention.ready_share(np.full(2, float(cores)), np.array([less, more]))
    assert 0.0 <= found[0] <= found[1] + 1e-9
    assert found[1] <= 1.0


@given(CORES, CORES, st.floats(0.0, 1.5))
def test_ready_time_falls_with_cores(one_size: int, other_size: int, utilization: float) -> None:
    """At the same utilization, more cores never mean more waiting."""
    small, large = sorted((one_size, other_size))
    found = contention.ready_share(np.array([small, large], np.float64), np.full(2, utilization))
    assert found[1] <= found[0] + 1e-9


@given(CORES, st.floats(0.001, 0.9))
def test_busiest_inverts_ready_time(cores: int, limit: float) -> None:
    """At the utilization found, the ready time is at the limit."""
    found = contention.busiest(one(cores), limit)
    assert contention.ready_share(one(cores), found)[0] == pytest.approx(limit, abs=1e-6)


def test_busiest_of_one_core() -> None:
    """One core's ready share is its utilization; without a limit it may be full."""
    assert contention.busiest(one(1), 0.3)[0] == pytest.approx(0.3)
    assert contention.busiest(one(1), 1.0)[0] == pytest.approx(1.0)


def test_amdahl() -> None:
    """Half of the work scales: four CPUs take 0.5 + 0.125 of the time, no number of CPUs less than half."""
    found = contention.amdahl(np.array([0.5, 0.5, 0.0, 1.0]), np.array([4.0, 1e12, 8.0, 8.0]))
    assert found.tolist() == pytest.approx([1.6, 2.0, 1.0, 8.0])


def test_coscheduling() -> None:
    """Each of three siblings adds 0.2 × 10 % of ready time; one virtual CPU waits for nobody."""
    found = contention.coscheduling(np.array([4.0, 1.0, 4.0]), np.array([0.1, 0.1, 0.0]), np.full(3, 0.2))
    assert found.tolist() == pytest.approx([1.06, 1.0, 1.0])


def spun(window: float | None, exit_cycles: float = 0.0, **columns: float) -> float:
    """Return what 2 virtual CPUs spin, half ready, in slices of 10 ms at 1 GHz, a lock held 1 % of the time."""
    given = {"vcpus": 2.0, "ready": 0.5, "lock_share": 0.01} | columns
    found = contention.lock_waiting(
        *(one(value) for value in given.values()),
        clock_hz=1e9,
        slice_s=0.01,
        window_cycles=window,
        exit_cycles=exit_cycles,
    )
    return float(found[0])


def test_spinning_until_the_holder_runs() -> None:
    """2 × 0.5 / 10 ms = 100 preemptions, 1 of them of the holder; one sibling spins 0.5 × 10 ms = 5,000,000 cycles."""
    assert spun(None) == pytest.approx(5e6)


def test_spinning_ends_with_the_window() -> None:
    """One preemption of the holder, a window of 4,096 cycles and an exit of 904: 5,000 cycles."""
    assert spun(4096, 904) == pytest.approx(5000)


def test_a_wide_window_does_not_make_spinning_longer() -> None:
    """The holder runs again after 5,000,000 cycles, whatever the window."""
    assert spun(1e9) == pytest.approx(5e6)


@pytest.mark.parametrize("column", ["ready", "lock_share"])
def test_nobody_spins_without_waiting_or_locks(column: str) -> None:
    """Without preemptions or locks nothing is lost; nor by one virtual CPU alone."""
    assert spun(4096, **{column: 0.0}) == 0.0
    assert spun(4096, vcpus=1.0) == 0.0


def test_remote_memory() -> None:
    """A quarter of the memory is remote, 40 % of the time waits for memory, and remote takes twice: 1.1."""
    assert contention.numa_slowdown(one(0.25), one(0.4), one(2.0))[0] == pytest.approx(1.1)


def test_caches() -> None:
    """Others fill half of the cache, or all of it and more; a host of unknown cache is full."""
    found = contention.cache_slowdown(
        np.array([5.0, 99.0, 1.0, 0.0]), np.array([10.0, 10.0, 0.0, 0.0]), np.full(4, 0.2)
    )
    assert found.tolist() == pytest.approx([1.1, 1.2, 1.2, 1.0])


def test_settled() -> None:
    """A load of a half that grows by half of itself: x = 0.5 + x / 2 settles at 1."""
    assert contention.settled(one(0.0), lambda x: 0.5 + x / 2)[0] == pytest.approx(1.0, abs=1e-5)


@settings(max_examples=50)
@given(CORES, st.floats(0.0, 1.5), st.floats(0.0, 1.0))
def test_waiting_that_raises_the_load_settles(cores: int, load: float, gain: float) -> None:
    """Load that waiting raises, and that waiting again, settles for any host, near full load too."""

    def step(ready: Floats) -> Floats:
        return contention.ready_share(one(cores), load * (1 + gain * ready))

    found = contention.settled(one(0.0), step)
    assert step(found) == pytest.approx(found, abs=1e-2)


STEPS: dict[str, Callable[[Floats], Floats]] = {
    "grows": lambda x: x + 1,
    "jumps": lambda x: np.where(x < 0.5, 1.0, 0.0),
}


@pytest.mark.parametrize("step", sorted(STEPS))
def test_unsettled(step: str) -> None:
    """A law without a fixed point is told by its worst: no less than any value between which it goes up and down."""
    found = contention.settled(one(0.0), STEPS[step])
    assert found[0] >= {"grows": 1000.0, "jumps": 1.0}[step]
