"""Cycles of exits and events, by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.arrays import Floats
from models.laws import cpu

COUNT = st.floats(0.0, 1e6)


def f(*values: float) -> Floats:
    """Return a column."""
    return np.array(values)


def test_exit() -> None:
    """Hardware, hypervisor and barriers: 750 + 516 + 263 = 1,529, a hypercall of KVM on Skylake; and 784 + 516."""
    assert cpu.exit_base(f(750, 784), f(516, 516), f(263, 0)).tolist() == [1529, 1300]


def test_event() -> None:
    """A tick of two exits: 2 × 1,529 + 2,227 = 5,285."""
    assert cpu.event_cycles(f(2), f(1529), f(2227))[0] == 5285


def test_an_event_that_pollutes() -> None:
    """Each of two exits leaves caches cold: 2 × (1,000 + 500) + 100 = 3,100; where they stay warm, 2,100."""
    assert cpu.event_cycles(f(2, 2), f(1000), f(100), f(1, 0), 500).tolist() == [3100, 2100]


def test_an_event_without_exits() -> None:
    """Software alone pays neither base nor pollution."""
    assert cpu.event_cycles(f(0), f(1000), f(24), f(1), 500)[0] == 24


@given(COUNT, COUNT, COUNT, COUNT)
def test_events_carry_over_to_another_processor(exits: float, software: float, old: float, new: float) -> None:
    """The cost is linear in the base: on another processor it differs by exits × the difference of bases."""
    here, there = cpu.event_cycles(f(exits), f(old, new), f(software))
    assert there - here == pytest.approx(exits * (new - old), rel=1e-9, abs=1e-3)


def test_lost_share() -> None:
    """50,000 exits of 10,000 cycles are half of a core at 1 GHz; more than all of it cannot be lost."""
    assert cpu.lost_share(f(50_000, 500_000, 0), f(10_000), f(1e9)).tolist() == [0.5, 1.0, 0.0]


def test_intercepted() -> None:
    """A tenth of the time in calls that take twice as long: 1.1; calls that cost nothing more: 1."""
    assert cpu.intercepted(f(0.1, 0.1, 0.0), f(2.0, 1.0, 9.0)).tolist() == pytest.approx([1.1, 1.0, 1.0])
