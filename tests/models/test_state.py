"""How columns of hosts and VMs pass time."""

from dataclasses import replace

import numpy as np
import pytest

from models.arrays import NOWHERE
from models.life import Life
from models.physics import OURS, Physics
from models.signals import Held
from models.state import State
from models.strain import Strain
from tests.models.simulated import inventory


def state(homes: list[int], demand: list[list[float]], physics: Physics = OURS) -> State:
    """Return the state of two hosts of 1000 MHz that draw 100 to 200 W, both on."""
    estate, here = inventory(homes), np.array(homes)
    curve = np.repeat(np.linspace(100.0, 200.0, 11)[None], 2, axis=0)
    signal = Held(np.array(demand), 300.0)
    running = np.ones(len(homes), np.bool_)
    return State(estate, signal, physics, None, here, np.ones(2, np.bool_), running, curve, Strain(estate))


def test_a_span_is_closed_with_what_held_in_it() -> None:
    """200 MHz from 0 to 300 s, 400 from then to 400 s: 120 W and 140 W."""
    found = state([0], [[200.0], [400.0]])
    for time_s in (0.0, 300.0, 400.0):
        found.settle(time_s)
    assert found.meters.energy_j.tolist() == pytest.approx([120 * 300 + 140 * 100, 100 * 400])
    assert found.meters.vm_served_mhz_s.tolist() == pytest.approx([200 * 300 + 400 * 100])


def test_hosts_may_be_settled_at_different_times() -> None:
    """Host 0 at 100 s, both at 300 s: all is counted once."""
    found = state([0, 1], [[200.0, 300.0]])
    found.settle(0.0)
    found.settle(100.0, np.array([0]))
    assert found.meters.energy_j.tolist() == pytest.approx([12_000, 0])
    found.settle(300.0)
    assert found.meters.energy_j.tolist() == pytest.approx([36_000, 39_000])
    assert found.meters.vm_asked_mhz_s.tolist() == pytest.approx([200 * 300, 300 * 300])


def test_to_close_is_to_change_nothing() -> None:
    """The span until 100 s is counted, and demand is not read again, though there is a new reading."""
    found = state([0], [[200.0], [400.0]])
    found.settle(0.0)
    found.close(350.0)
    assert found.meters.energy_j[0] == pytest.approx(120 * 350)
    assert found.demand_mhz.tolist() == [200]


def test_time_on_no_host() -> None:
    """A VM is taken off its host at 100 s and put on the other at 250 s: it asks for all, and waits for 150 s."""
    found = state([0], [[200.0]])
    found.settle(0.0)
    for time_s, host in ((100.0, NOWHERE), (250.0, 1)):
        found.settle(time_s)
        found.put(time_s, np.array([0]), host)
        found.refresh(time_s)
    found.settle(300.0)
    meters = found.meters
    assert (meters.vm_unplaced_s[0], meters.vm_running_s[0]) == (150, 300)
    assert (meters.vm_asked_mhz_s[0], meters.vm_served_mhz_s[0]) == pytest.approx((200 * 300, 200 * 150))
    assert meters.used_mhz_s.tolist() == pytest.approx([200 * 100, 200 * 50])


def test_a_vm_that_is_gone_takes_nothing() -> None:
    """Neither CPU nor memory, and it does not wait."""
    found = state([0, 0], [[200.0, 300.0]])
    found.settle(0.0)
    found.settle(100.0)
    found.stop(100.0, np.array([0]))
    found.refresh(100.0)
    found.settle(300.0)
    assert found.used_mhz.tolist() == [300, 0]
    assert found.held_mib().tolist() == [1024, 0]
    assert found.meters.vm_running_s.tolist() == [100, 300]


def test_what_hosts_draw_through_their_life() -> None:
    """A host that boots or stops draws idle power, one that is off or has failed none; only one that is on offers."""
    for life, watts, offered in (
        (Life.BOOTING, 100, 0), (Life.ON, 100, 1000), (Life.STOPPING, 100, 0), (Life.OFF, 0, 0), (Life.FAILED, 0, 0),
    ):  # fmt: skip
        found = state([0], [[0.0]])
        found.settle(0.0)
        found.life[1] = life
        found.settle(10.0)
        meters = found.meters
        assert (meters.energy_j[1], meters.offered_mhz_s[1]) == (watts * 10, offered * 10)
        assert meters.failed_s[1] == (10 if life is Life.FAILED else 0)


def test_instant_hosts_are_off_while_they_are_empty() -> None:
    """Host 1 never draws; host 0 does until its VM asks for nothing; each that is empty at first has shut down once."""
    found = state([0], [[200.0], [0.0]], replace(OURS, life="instant"))
    for time_s in (0.0, 300.0, 600.0):
        found.settle(time_s)
    found.switched()
    assert found.meters.energy_j.tolist() == pytest.approx([120 * 300, 0])
    assert found.meters.on_s.tolist() == [300, 0]
    assert found.meters.shutdowns.tolist() == [1, 1]


def test_switching_may_cost() -> None:
    """Going off and on again costs 420 s at idle draw each time, 42 kJ."""
    found = state([0], [[200.0], [0.0], [200.0]], replace(OURS, life="instant", switching_s=420.0))
    for time_s in (0.0, 300.0, 600.0, 900.0):
        found.settle(time_s)
    found.switched()
    assert found.meters.energy_j[0] == pytest.approx(120 * 600 + 2 * 42_000)
    assert (found.meters.boots[0], found.meters.shutdowns[0]) == (1, 1)


def test_only_vms_that_stay_are_idle() -> None:
    """Of three VMs that ask for nothing, the one that migrates is not, nor is the one that asks."""
    found = state([0, 0, 0, 0], [[0.0, 0.0, 5.0, 0.0]])
    found.settle(0.0)
    found.residents.arriving(np.array([1]), np.array([1]))
    assert found.idle().tolist() == [0, 3]
