from dataclasses import replace

import numpy as np
from hypothesis import given, settings

from models.decisions import Decision, View
from solvers.policies.draft import Draft
from solvers.policies.evacuation import Evacuate
from solvers.policies.placement import BestFit
from tests.solvers.policies.views import broken, mask, pairs, rows, seen, views


def decided(view: View, evacuate: Evacuate | None = None, spare_mhz: float = np.inf, limit: float = 0.8) -> Decision:
    """Return the evacuations from hosts with a limit."""
    draft = Draft(view, view.capacity_mhz * limit)
    (evacuate or Evacuate(fill=1.0))(draft, BestFit(), np.full(len(view.open), spare_mhz))
    return draft.decision()


LOW = seen([0, 0, 1, 2], [50, 100, 690, 660])
"""One host at 15 %, and two with 110 and 140 MHz left up to 80 %; neither of them could be emptied."""


def test_the_least_loaded_host_is_emptied() -> None:
    """The larger VM goes where it fits best; the other one elsewhere."""
    decision = decided(LOW)
    assert pairs(decision) == [(1, 1), (0, 2)]
    assert decision.drain.tolist() == [0]
    assert decision.reasons[0] == "its host was emptied: 15 % in use"


def test_all_or_nothing() -> None:
    """With 690 MHz on the second host there are 110 and 150 MHz left: of VMs of 120 and 130 only one fits."""
    decision = decided(seen([0, 0, 1, 2], [120, 130, 690, 650]))
    assert pairs(decision) == []
    assert decision.drain.tolist() == []


def test_others_are_filled_less_than_up_to_their_limit() -> None:
    """Filled to 90 % of 800 MHz, 720, the others have 30 and 60 MHz left: the host stays."""
    assert pairs(decided(LOW, Evacuate(fill=0.9))) == []


def test_a_host_must_have_rested() -> None:
    """After 1,799 of 1,800 s it is not emptied yet."""
    assert pairs(decided(replace(LOW, rested_s=np.array([1799.0, 1e6, 1e6])))) == []


def test_a_threshold_can_be_given() -> None:
    """15 % is not below 15 %, but below 16 %."""
    assert pairs(decided(LOW, Evacuate(lower=0.15, fill=1.0))) == []
    assert len(pairs(decided(LOW, Evacuate(lower=0.16, fill=1.0)))) == 2


def test_it_must_pay() -> None:
    """
    Idle, 100 W; a boot, 180 s at 200 W: 36 kJ; two copies of 1 GiB: 2 × (0.512 × 1073.7 + 20.2) J = 1.14 kJ.

    In 371 s 37.1 kJ are saved, less than 37.14; in 372 s 37.2.
    """
    assert pairs(decided(LOW, Evacuate(fill=1.0, horizon_s=371))) == []
    assert len(pairs(decided(LOW, Evacuate(fill=1.0, horizon_s=372)))) == 2


def test_a_host_with_a_vm_that_may_not_move_stays() -> None:
    """One of its two VMs is pinned."""
    assert pairs(decided(replace(LOW, movable=mask(1, 0, 1, 1)))) == []


def test_a_host_that_a_vm_is_on_its_way_to_stays() -> None:
    """10 MHz more are asked for once all have landed than of the VMs that are there."""
    assert pairs(decided(replace(LOW, cpu_mhz=np.array([160.0, 690, 660])))) == []


def test_no_more_is_given_up_than_is_spare() -> None:
    """The host could be filled with 800 MHz: it is kept if only 799 are spare."""
    assert pairs(decided(LOW, spare_mhz=799)) == []
    assert len(pairs(decided(LOW, spare_mhz=800))) == 2


def test_no_host_is_emptied_while_its_boundary_grows() -> None:
    """A third host of the boundary boots; of another boundary it does not matter."""
    view = seen([0, 1], [100, 400], open=mask(1, 1, 0), booting=mask(0, 0, 1))
    assert pairs(decided(view)) == []
    assert pairs(decided(replace(view, boundary=rows(0, 0, 1)))) == [(0, 1)]


def test_nothing_is_gained_by_filling_an_empty_host() -> None:
    """The only other host has no VMs: one of the two would be off either way."""
    assert pairs(decided(seen([0], [100], hosts=2))) == []


def test_the_hungriest_host_is_emptied_first() -> None:
    """Of two hosts at 20 and 30 % that could take each other's VM, the one that draws more per MHz is emptied."""
    curve = np.stack([np.linspace(100, 200, 11), np.linspace(150, 300, 11)])
    view = seen([0, 1], [200, 300], hosts=2, curve_w=curve)
    assert pairs(decided(view)) == [(1, 0)]
    assert pairs(decided(view, Evacuate(order="load", fill=1.0))) == [(0, 1)]


def test_at_most_so_many_at_one_time() -> None:
    """Of four hosts at 10 % three could be emptied into the last; one is, if that is the most."""
    view = seen([0, 1, 2, 3], [100] * 4, hosts=4)
    assert decided(view).drain.tolist() == [0, 1, 2]
    assert decided(view, Evacuate(most=1, fill=1.0)).drain.tolist() == [0]


@settings(max_examples=100, deadline=None)
@given(views())
def test_promises(view: View) -> None:
    """Whatever is seen, no promise is broken, and every host that VMs leave is switched off."""
    decision = decided(view)
    assert broken(view, decision) == []
    assert set(view.host[decision.vms].tolist()) == set(decision.drain.tolist())
