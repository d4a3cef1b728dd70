from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from models.decisions import View
from solvers.policies.threshold import Threshold
from tests.solvers.policies.views import broken, pairs, rows, seen, views


def view(homes: list[int], demand: list[float], *, hosts: int = 3, **columns: Any) -> View:
    """Hosts that may be filled to 800 MHz and 8 GiB, and VMs of 1 GiB; the agents of hosts out of 30 to 80 % called."""
    default = seen(homes, demand, hosts=hosts, cpu_limit_mhz=np.full(hosts, 800.0))
    return replace(called(default), **columns)


def called(default: View) -> View:
    """Return the view with the calls of hosts out of 30 to 80 %."""
    over, under = default.cpu_mhz > default.cpu_limit_mhz, default.cpu_mhz < 0.3 * default.capacity_mhz
    return replace(
        default,
        overloaded=np.flatnonzero(over & default.open).astype(np.int32),
        underloaded=np.flatnonzero(under & default.open).astype(np.int32),
    )


def test_the_smallest_vm_that_is_enough_leaves() -> None:
    """A host with 950 of 800 MHz sheds 150: of VMs of 100, 200, 250 and 400 the one of 200."""
    decision = Threshold(evacuate=False)(view([0, 0, 0, 0], [100, 200, 250, 400], hosts=2))
    assert pairs(decision) == [(1, 1)]


def test_the_largest_leave_where_none_is_enough() -> None:
    """With 1000 of 800 MHz and VMs of 150, 150 and a pinned one of 700, both small ones leave."""
    seen = view([0, 0, 0], [150, 150, 700], hosts=2, movable=np.array([True, True, False]))
    assert sorted(pairs(Threshold(evacuate=False)(seen))) == [(0, 1), (1, 1)]


def test_best_fit() -> None:
    """A VM of 200 MHz goes to the host with 600 of 800 MHz in use, which it fills, not to the one with 400."""
    decision = Threshold()(view([0, 0, 1, 2], [700, 200, 400, 600]))
    assert pairs(decision) == [(1, 2)]


def test_an_underloaded_host_is_emptied() -> None:
    """VMs of 100 and 50 MHz on one host fit on the other two, the larger one first where it fits best."""
    decision = Threshold()(view([0, 0, 1, 2], [50, 100, 700, 650]))
    assert pairs(decision) == [(1, 1), (0, 2)]
    assert decision.drain.tolist() == [0]


def test_an_underloaded_host_stays_if_one_vm_fits_nowhere() -> None:
    """The VM of 100 MHz would fit, that of 150 MHz would not: neither is moved."""
    decision = Threshold()(view([0, 0, 1, 2], [150, 100, 700, 700]))
    assert pairs(decision) == []
    assert decision.drain.tolist() == []


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("memory_limit_mib", [8192.0, 2047.0, 2047.0]),
        ("open", [True, False, False]),
        ("boundary", [0, 1, 1]),
    ],
)
def test_no_host_is_filled_that_may_not_be(column: str, values: list[float]) -> None:
    """Without memory, closed, or in another cluster: an overloaded host finds no taker, an underloaded one neither."""
    seen = view([0, 0, 1, 2], [700, 200, 400, 400])
    changed: Any = {column: np.array(values, getattr(seen, column).dtype)}
    assert pairs(Threshold()(replace(seen, **changed))) == []


def test_a_host_is_booted_where_there_is_no_room() -> None:
    """One overloaded host, one full, one asleep: that one is booted, but not a second one while it boots."""
    asleep = np.array([False, False, True])
    seen = view([0, 0, 1], [500, 500, 700], open=~asleep, asleep=asleep, underloaded=rows())
    assert Threshold()(seen).boot.tolist() == [2]
    assert Threshold(boot=False)(seen).boot.tolist() == []
    assert Threshold()(replace(seen, asleep=~np.ones(3, np.bool_), booting=asleep)).boot.tolist() == []


def test_no_host_is_emptied_while_its_cluster_grows() -> None:
    """While a host boots, an underloaded host of its cluster stays; of another cluster, it is emptied."""
    booting = np.array([True, False, False])
    seen = view([1, 2], [100, 400], open=~booting, booting=booting, underloaded=rows(1))
    assert pairs(Threshold()(seen)) == []
    assert pairs(Threshold()(replace(seen, boundary=np.array([1, 0, 0], np.int32)))) == [(0, 2)]


@settings(max_examples=100, deadline=None)
@given(views())
def test_promises(default: View) -> None:
    """No promise is broken, and no VM moves off a host whose agent did not call."""
    asking = called(default)
    decision = Threshold()(asking)
    assert broken(asking, decision) == []
    assert np.isin(asking.host[decision.vms], [*asking.overloaded, *asking.underloaded]).all()
