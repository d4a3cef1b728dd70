from dataclasses import replace

import numpy as np

from models.decisions import Decision, View
from solvers.policies.draft import Draft
from solvers.policies.standby import AlwaysOn, Standby
from tests.solvers.policies.views import mask, seen

PLAIN = Standby(margin=0.0, slack=0.0, fill=1.0)


def decided(view: View, standby: Standby = PLAIN) -> Decision:
    """Return which hosts are switched."""
    draft = Draft(view, view.capacity_mhz)
    standby(draft)
    return draft.decision()


EMPTY = seen([0], [500])
"""500 MHz on the first host, two empty ones."""


def test_what_is_spare() -> None:
    """Three hosts offer 3,000 MHz, 500 with 10 % margin are needed: 2,450 are spare, for each host of the boundary."""
    draft = Draft(EMPTY, EMPTY.capacity_mhz)
    assert np.allclose(Standby(margin=0.1, slack=0.0, fill=1.0).spare(draft), 2450)


def test_empty_hosts_are_switched_off() -> None:
    """One host is enough for 500 MHz."""
    assert decided(EMPTY).drain.tolist() == [1, 2]


def test_a_margin_is_kept() -> None:
    """With 110 % margin 1,050 MHz are needed: one of the empty hosts stays, and with one more as a spare both do."""
    assert decided(EMPTY, Standby(margin=1.1, slack=0.0, fill=1.0)).drain.tolist() == [1]
    assert decided(EMPTY, Standby(margin=1.1, slack=0.0, fill=1.0, hosts=1)).drain.tolist() == [1]
    assert decided(EMPTY, Standby(margin=1.1, slack=0.0, fill=1.0, hosts=2)).drain.tolist() == []


def test_empty_hosts_rest_before_they_are_switched_off() -> None:
    """599 s are less than 600."""
    assert decided(replace(EMPTY, rested_s=np.array([1e6, 599, 600]))).drain.tolist() == [2]


def test_the_hungriest_is_switched_off_first() -> None:
    """One may go; the third host draws 300 W at full load, the second 200."""
    curve = EMPTY.curve_w * np.array([[1], [1], [1.5]])
    assert decided(replace(EMPTY, curve_w=curve), Standby(margin=1.1, slack=0.0, fill=1.0)).drain.tolist() == [2]


def test_a_host_is_booted_where_capacity_is_missing() -> None:
    """900 MHz and 20 % margin are 1,080, one host offers 1,000: the frugal one of two is booted."""
    curve = EMPTY.curve_w * np.array([[1], [1], [0.9]])
    view = seen([0], [900], open=mask(1, 0, 0), asleep=mask(0, 1, 1), curve_w=curve)
    assert decided(view, Standby(margin=0.2, fill=1.0)).boot.tolist() == [2]


def test_what_is_given_up_is_not_soon_missed() -> None:
    """Two hosts for 800 MHz, one would be enough with 20 % margin: with 10 % slack beyond it is not given up."""
    view = seen([0], [800], hosts=2)
    assert decided(view, Standby(margin=0.2, slack=0.0, fill=1.0)).drain.tolist() == [1]
    assert decided(view, Standby(margin=0.2, slack=0.1, fill=1.0)).drain.tolist() == []


def test_hosts_that_boot_count() -> None:
    """The missing host boots already."""
    view = seen([0], [900], open=mask(1, 0, 0), asleep=mask(0, 1, 0), booting=mask(0, 0, 1))
    assert decided(view, Standby(margin=0.2, fill=1.0)).boot.tolist() == []


def test_a_forecast_boots_ahead_of_need() -> None:
    """
    Demand of 500, 700, 900 MHz grows by 200 a tick: level and trend with weight 1 are 900 and 200.

    A host that takes a tick to boot is there for the one after it: 900 + 2 × 200 = 1,300 MHz.
    """
    past = np.array([[900.0], [700], [500]])
    view = seen([0], [900], hosts=2, open=mask(1, 0), asleep=mask(0, 1), history_mhz=past, boot_s=np.full(2, 300.0))
    eager = Standby(margin=0.0, slack=0.0, fill=1.0, level=1.0, trend=1.0)
    assert eager.needed(Draft(view, view.capacity_mhz)).tolist() == [1300]
    assert decided(view, eager).boot.tolist() == [1]
    assert decided(replace(view, history_mhz=past[:1]), eager).boot.tolist() == []


def test_boundaries_are_apart() -> None:
    """The second boundary asks for nothing and its host is switched off, while the first one boots."""
    view = seen([0], [900], open=mask(1, 0, 1), asleep=mask(0, 1, 0), boundary=np.array([0, 0, 1]))
    decision = decided(view, Standby(margin=0.2, fill=1.0))
    assert decision.boot.tolist() == [1]
    assert decision.drain.tolist() == [2]


def test_always_on() -> None:
    """Nothing is switched, and anything may be given up."""
    draft = Draft(EMPTY, EMPTY.capacity_mhz)
    AlwaysOn()(draft)
    assert draft.decision().drain.tolist() == []
    assert np.isinf(AlwaysOn().spare(draft)).all()
