"""Packets, requests and interrupts, by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.arrays import Floats
from models.laws import io


def f(*values: float) -> Floats:
    """Return a column."""
    return np.array(values, np.float64)


def test_packet() -> None:
    """100 cycles more, and half of a native path of 12,000 once more: 6,100."""
    assert io.packet_cycles(f(100), f(0.5), f(12_000))[0] == 6100


def test_throughput() -> None:
    """At 1 GHz 100,000 packets of 10,000 cycles and 1,000 bytes are 800 Mbit/s; a line of 500 takes 500."""
    assert io.throughput_mbps(f(10_000), f(1e9), f(1000), f(1000, 500)).tolist() == [800, 500]


@given(st.floats(1.0, 1e5), st.floats(1e8, 5e9), st.floats(64, 9000))
def test_native_cycles_are_the_inverse(mbps: float, clock: float, size: float) -> None:
    """What is busy at a rate reaches that rate."""
    cycles = io.native_packet_cycles(f(mbps), f(clock), f(size))
    assert io.throughput_mbps(cycles, f(clock), f(size), f(np.inf))[0] == pytest.approx(mbps)


def test_packets() -> None:
    """8 Mbit/s in packets of 1,000 bytes are 1,000; none of none."""
    assert io.packets_ps(f(8, 0), f(1000)).tolist() == [1000, 0]


def test_requests() -> None:
    """A request of 50 us to which the path adds 50 us: half; to which it adds nothing: all."""
    assert io.request_ratio(f(50e-6, 50e-6), f(50e-6, 0)).tolist() == pytest.approx([0.5, 1.0])


def test_latency() -> None:
    """30 us of the path and two wake-ups of 7."""
    assert io.latency(f(30), f(2), f(7))[0] == 44
