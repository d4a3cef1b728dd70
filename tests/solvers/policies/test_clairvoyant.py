from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import ArrayLike

from models.arrays import Floats, Mask
from models.laws import power
from solvers.policies.clairvoyant import Clairvoyant, filled, least_energy_j
from solvers.policies.nothing import DoNothing
from tests.solvers.policies.views import pairs, seen


def least_w(demand: list[float], held: float = 0.0, **hosts: ArrayLike) -> list[float]:
    """Return the least watts for demands of a single VM."""
    capacity = np.asarray(hosts["capacity"], np.float64)
    found = least_energy_j(
        np.array(demand)[:, None],
        np.array([held]),
        capacity_mhz=capacity,
        memory_limit_mib=np.asarray(hosts.get("memory", np.full(len(capacity), 1e9)), np.float64),
        curve_w=np.asarray(hosts["curve"], np.float64),
        step_s=1.0,
    )
    return [float(each) for each in found]


def test_the_frugal_host_is_filled_first() -> None:
    """
    Full, the first draws 0.3 W a MHz and the second 0.2.

    500 MHz on the second are 100 W; 1,500 are 200 W for all of it and 500 × 0.3 = 150 W on the first.
    """
    curve = [[100.0, 300.0], [100.0, 200.0]]
    assert least_w([500, 1500], capacity=[1000, 1000], curve=curve) == [100, 350]


def test_the_most_efficient_load_counts() -> None:
    """A host that draws 100 W at half load and 300 W at full load costs 0.2 W a MHz up to there, then 0.4."""
    assert least_w([250, 1000], capacity=[1000], curve=[[80.0, 100.0, 300.0]]) == pytest.approx([50, 300])


def test_memory_keeps_hosts_on() -> None:
    """Nothing is asked for, but 12 GiB are held, one and a half hosts of 100 W idle; with 600 MHz 60 W come on top."""
    curve = [[100.0, 200.0]] * 2
    assert least_w([0, 600], 12.0, capacity=[1000, 1000], curve=curve, memory=[8, 8]) == pytest.approx([150, 210])


def test_what_no_host_can_serve_is_not_served() -> None:
    """3,000 MHz of 1,000 draw what 1,000 draw."""
    assert least_w([3000], capacity=[1000], curve=[[100.0, 200.0]]) == [200]


def test_hosts_without_capacity_do_no_harm() -> None:
    """One of the two serves nothing and is off."""
    assert least_w([500], capacity=[0, 1000], curve=[[100.0, 200.0], [100.0, 200.0]]) == [100]


HOST = st.tuples(
    st.integers(1, 4), st.integers(1, 4), st.lists(st.integers(20, 100), min_size=3, max_size=3).map(sorted)
)


@settings(max_examples=150, deadline=None)
@given(st.lists(HOST, min_size=1, max_size=3), st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), max_size=4))
def test_no_placement_draws_less(hosts: list[tuple[int, int, list[int]]], vms: list[tuple[int, int]]) -> None:
    """Over all ways to place up to four VMs on up to three hosts, off where empty, none is below the bound."""
    capacity, memory = np.array([host[:2] for host in hosts], np.float64).T
    curve = np.array([host[2] for host in hosts], np.float64)
    demand, held = (np.array([float(vm[part]) for vm in vms]) for part in (0, 1))
    bound = least_energy_j(
        demand[None], held, capacity_mhz=capacity, memory_limit_mib=memory, curve_w=curve, step_s=1.0
    )[0]
    for places in product(range(len(hosts)), repeat=len(vms)):
        at = np.array(places, np.int64)
        load, full = (np.bincount(at, part, len(hosts)) for part in (demand, held))
        if (load <= capacity).all() and (full <= memory).all():
            assert bound <= _drawn(load / capacity, curve, np.bincount(at, minlength=len(hosts)) > 0) + 1e-9


def _drawn(load: Floats, curve: Floats, on: Mask) -> float:
    return float(np.where(on, power.curve(load, curve), 0.0).sum())


def test_filling_is_convex() -> None:
    """Of costs 0, 10, 12 at 0, 1, 2 only the end counts: 6 a unit."""
    assert filled(np.array([[0.0, 1, 2]]), np.array([[0.0, 10, 12]]), np.array([1.0, 2.0])).tolist() == [6, 12]


def test_the_clairvoyant_moves_before_it_is_needed() -> None:
    """In two ticks the VMs will ask for 600 MHz each, too much for one host: one of them leaves now."""
    trace = np.array([[100.0, 100], [100, 100], [600, 600]])
    view = seen([0, 0], [100, 100], hosts=2)
    assert pairs(Clairvoyant(trace, ahead=2)(view)) == []
    assert len(pairs(Clairvoyant(trace, ahead=3)(view))) == 1


def test_the_trace_starts_again() -> None:
    """At the last tick the next one is the first."""
    trace = np.array([[600.0, 600], [100, 100]])
    view = seen([0, 0], [100, 100], hosts=2, time_s=300.0)
    assert len(pairs(Clairvoyant(trace, ahead=2)(view))) == 1


def test_what_decides_can_be_chosen() -> None:
    """Any policy can be given the view of the future."""
    assert pairs(Clairvoyant(np.array([[600.0]]), policy=DoNothing())(seen([0], [100]))) == []
