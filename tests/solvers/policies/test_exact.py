from dataclasses import replace
from itertools import product

import numpy as np
from hypothesis import given, settings

from models.arrays import NOWHERE, Rows
from models.decisions import View
from solvers.policies.draft import Draft
from solvers.policies.exact import SolverFit, roomy
from solvers.policies.placement import PowerAwareBestFit, Request
from tests.solvers.policies.views import mask, seen, views


def asked(view: View) -> Request:
    """Return the question where the VMs go that wait, all hosts that are on or off taken into account."""
    draft = Draft(view, view.capacity_mhz)
    return draft.request(np.flatnonzero(view.waiting), draft.open | view.asleep)


def placed(found: Rows) -> int:
    """Return how many VMs have a host."""
    return int(np.count_nonzero(found != NOWHERE))


def test_all_are_placed_where_one_by_one_does_not() -> None:
    """
    Of 500, 400, 300, 300, 250 and 250 MHz one is left out; 500 + 250 + 250 and 400 + 300 + 300 would fit.

    One by one: 500 and 400 fill 900 of the first host; 300, 300 and 250 fill 850 of the second; 250 fit nowhere.
    """
    request = asked(seen([NOWHERE] * 6, [500, 400, 300, 300, 250, 250], hosts=2))
    assert placed(PowerAwareBestFit()(request)) == 5
    assert sorted(np.bincount(SolverFit()(request), request.demand_mhz).tolist()) == [1000, 1000]


def test_one_host_is_switched_on_rather_than_two() -> None:
    """Both hosts are off; two VMs of 300 MHz share one."""
    request = asked(seen([NOWHERE] * 2, [300, 300], hosts=2, open=mask(0, 0), asleep=mask(1, 1)))
    assert len(set(SolverFit()(request).tolist())) == 1


def test_too_many_are_placed_one_by_one() -> None:
    """Twelve pairs of VM and host are more than eleven."""
    request = asked(seen([NOWHERE] * 6, [500, 400, 300, 300, 250, 250], hosts=2))
    assert placed(SolverFit(most=11)(request)) == 5
    assert placed(SolverFit(most=12)(request)) == 6


@settings(max_examples=25, deadline=None)
@given(views())
def test_it_places_as_many_as_can_be(view: View) -> None:
    """Of all ways to place up to three VMs none places more, and no limit is broken."""
    request = asked(replace(view, running=view.running & (np.cumsum(view.waiting) <= 3)))
    found = SolverFit()(request)
    options = [[NOWHERE, *np.flatnonzero(row)] for row in roomy(request)]
    assert all(host in choice for host, choice in zip(found, options, strict=True))
    assert _fits(request, found)
    assert placed(found) == max(placed(np.array(ways)) for ways in product(*options) if _fits(request, np.array(ways)))


def _fits(request: Request, found: Rows) -> bool:
    some = found != NOWHERE
    hosts = found[some].astype(np.int64)
    cpu = request.cpu_mhz + np.bincount(hosts, request.demand_mhz[some], len(request.takes))
    held = request.held_mib + np.bincount(hosts, request.memory_mib[some], len(request.takes))
    met = np.isin(np.arange(len(request.takes)), hosts)
    return bool((cpu[met] <= request.limit_mhz[met]).all() and (held[met] <= request.memory_limit_mib[met]).all())
