from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.arrays import NOWHERE
from models.decisions import Alarms, Policy, View
from solvers.policies import POLICIES
from solvers.policies.consolidation import Consolidation
from solvers.policies.detection import StaticThreshold
from solvers.policies.evacuation import Evacuate, NoEvacuation
from solvers.policies.standby import AlwaysOn
from tests.solvers.policies.views import broken, mask, pairs, seen, views

RELIEF = Consolidation(StaticThreshold(0.8), evacuation=NoEvacuation(), power=AlwaysOn(), fill=1.0)
OVER = seen([0, 0, 0, 1], [300, 250, 400, 500])
"""A host at 950 of 1,000 MHz, 150 above 80 %, one at 500, one empty."""


def test_an_overloaded_host_is_relieved() -> None:
    """The VM of 250 MHz is the smallest that is enough; it fits best on the second host."""
    decision = RELIEF(OVER)
    assert pairs(decision) == [(1, 1)]
    assert decision.reasons == ("its host was overloaded: 95 % of 80 %",)


def test_receivers_are_held_to_their_own_limit() -> None:
    """The second host with 580 MHz has 220 left up to 80 %: the third is taken."""
    assert pairs(RELIEF(seen([0, 0, 0, 1], [300, 250, 400, 580]))) == [(1, 2)]


def test_receivers_are_filled_less_than_up_to_their_limit() -> None:
    """Up to 90 % of 800 MHz, 720, the second host has 220 left."""
    assert pairs(replace(RELIEF, fill=0.9)(OVER)) == [(1, 2)]


def test_an_overloaded_host_receives_nothing() -> None:
    """Each of two overloaded hosts would have room for what the other one gives away, and there is no third."""
    view = seen([0, 0, 1, 1], [500, 350, 500, 350], hosts=2)
    assert pairs(RELIEF(view)) == []


def test_another_vm_is_tried_where_the_first_found_no_room() -> None:
    """150 MHz too much: the VM of 250 fits nowhere, since 100 are left; that of 100 does, the larger of the rest."""
    view = seen([0, 0, 0, 0, 1], [250, 100, 60, 540, 700], hosts=2, movable=mask(1, 1, 1, 0, 1))
    assert pairs(RELIEF(view)) == [(1, 1)]


def test_a_host_is_booted_for_what_finds_no_room() -> None:
    """The third host is off: it is booted, and the VM stays where it is meanwhile; not so if a host boots already."""
    view = seen([0, 0, 0, 1], [300, 250, 400, 700], open=mask(1, 1, 0), asleep=mask(0, 0, 1))
    decision = RELIEF(view)
    assert pairs(decision) == []
    assert decision.boot.tolist() == [2]
    assert RELIEF(replace(view, asleep=mask(0, 0, 0), booting=mask(0, 0, 1))).boot.tolist() == []


def test_one_host_is_booted_for_many() -> None:
    """Two hosts are overloaded by 100 MHz each: one of the two that are off is enough for both."""
    view = seen([0, 0, 1, 1], [700, 200, 700, 200], hosts=4, open=mask(1, 1, 0, 0), asleep=mask(0, 0, 1, 1))
    assert RELIEF(view).boot.tolist() == [2]


def test_vms_that_wait_are_placed() -> None:
    """One asks for 300 MHz, one is configured with 1,000 and asks for nothing yet, of which 800 can be had."""
    view = seen([0, NOWHERE, NOWHERE], [400, 300, 0])
    decision = RELIEF(view)
    assert sorted(pairs(decision)) == [(1, 0), (2, 1)]
    assert set(decision.reasons) == {"it was on no host"}


def test_a_host_is_booted_for_vms_that_wait() -> None:
    """There is no room for 700 MHz beside 400; the third host could serve it."""
    view = seen([0, NOWHERE], [400, 700], open=mask(1, 0, 0), asleep=mask(0, 0, 1))
    assert RELIEF(view).boot.tolist() == [2]


def test_a_vm_that_fits_nowhere_does_not_keep_hosts_on() -> None:
    """A VM of 5,000 MHz waits for ever; the least loaded host is emptied all the same."""
    eager = Consolidation(StaticThreshold(0.8), evacuation=Evacuate(fill=1.0), power=AlwaysOn())
    assert eager(seen([0, 1, NOWHERE], [100, 300, 5000], hosts=2)).drain.tolist() == [0]


def test_a_host_just_relieved_is_not_emptied() -> None:
    """It is at 70 % after the relief and would fit elsewhere."""
    eager = Consolidation(StaticThreshold(0.8), evacuation=Evacuate(fill=1.0), power=AlwaysOn(), fill=1.0)
    decision = eager(seen([0, 0, 0, 1], [300, 250, 400, 10]))
    assert 0 not in decision.drain.tolist()


def test_what_agents_call_for() -> None:
    """
    Above the limit a host is overloaded, whether it takes VMs or not; below, one could be emptied into another.

    Up to 85 % the second and third host have 750 and 550 MHz of room; the 100 of the second fit on the third.
    """
    view = seen([0, 1, 2], [900, 100, 300], open=mask(0, 1, 1))
    calls: Alarms = Consolidation(StaticThreshold(0.8))
    assert calls.over(view).tolist() == [True, False, False]
    assert calls.under(view).tolist() == [False, True, False]


KINDS = [name for name in POLICIES if name not in ("threshold", "clairvoyant")]


@settings(max_examples=250, deadline=None)
@given(views(), st.sampled_from(KINDS))
def test_promises(view: View, name: str) -> None:
    """Whatever is seen, no policy breaks a promise, and each decides alike if it is asked again."""
    policy: Policy = POLICIES[name]()
    decision, again = policy(view), POLICIES[name]()(view)
    assert broken(view, decision) == []
    assert pairs(decision) == pairs(again)
    assert [decision.boot.tolist(), decision.drain.tolist()] == [again.boot.tolist(), again.drain.tolist()]


EDGES = {
    "nothing": seen([], [], hosts=0),
    "a VM and no host": seen([NOWHERE], [10], hosts=0),
    "hosts without capacity": seen([0, 0], [10, 0], capacity_mhz=np.zeros(3), cpu_limit_mhz=np.zeros(3)),
    "no links and no power": seen([0, 1], [10, 0], migration_mbps=np.zeros(3), curve_w=np.zeros((3, 11))),
    "boundaries of any number": seen([0, 1, 2], [10, 0, 5], boundary=np.array([-3, 7, 7])),
    "giants": seen([0, 1], [1e15, 1e15], memory_mib=np.array([1e12, 1e12])),
}


@pytest.mark.parametrize("edge", EDGES)
@pytest.mark.parametrize("name", KINDS)
def test_an_estate_at_the_edge(name: str, edge: str) -> None:
    """No warning, no error, no broken promise."""
    assert broken(EDGES[edge], POLICIES[name]()(EDGES[edge])) == []


@pytest.mark.parametrize("name", KINDS)
def test_without_a_past(name: str) -> None:
    """Where no history is kept an overloaded host can be seen all the same, and nothing fails."""
    assert broken(OVER, POLICIES[name]()(replace(OVER, history_mhz=np.zeros((0, 4))))) == []


@pytest.mark.parametrize("name", KINDS)
def test_an_estate_without_vms(name: str) -> None:
    """Nothing is moved; some policies switch off what is empty."""
    view = seen([], [], history_mhz=np.zeros((3, 0)))
    assert pairs(POLICIES[name]()(view)) == []
