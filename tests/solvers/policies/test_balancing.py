from dataclasses import replace

import numpy as np
from hypothesis import given, settings

from models.decisions import View
from solvers.policies.balancing import Balance
from tests.solvers.policies.views import mask, pairs, rows, seen, views

UNEVEN = seen([0, 0, 0, 1], [400, 200, 100, 100], hosts=2)
"""Loads of 70 % and 10 %: mean 40 %, deviation 30 %."""


def test_the_best_move_is_made() -> None:
    """
    With 400 MHz moved the loads are 30 and 50 %, deviation 10 %; with 200, 50 and 30 %, as good; with 100, 60 and 20 %.

    Of equals the first VM is taken; then the deviation is 10 %, and no VM on the second host improves it but that of
    100 MHz, which makes both 40 %.
    """
    decision = Balance()(UNEVEN)
    assert pairs(decision) == [(0, 1), (3, 0)]
    assert decision.reasons[0] == "to balance 70 % and 10 % of load: deviation 0.300, then 0.100"


def test_a_balanced_cluster_stays() -> None:
    """A deviation of 30 % is good enough if that is the target."""
    assert pairs(Balance(target=0.3)(UNEVEN)) == []


def test_small_gains_are_not_worth_a_move() -> None:
    """20 points are gained, 25 are asked for."""
    assert pairs(Balance(least=0.25)(UNEVEN)) == []


def test_it_must_pay() -> None:
    """A copy of 1 GiB takes 1 s of the 10 Gbit/s: 10 % of the VM's CPU for it is more than 20 % for 0.1 s."""
    assert pairs(Balance(stable_s=0.1)(UNEVEN)) == []


def test_no_more_than_so_many_moves() -> None:
    """One move, and no second one."""
    assert pairs(Balance(most=1)(UNEVEN)) == [(0, 1)]


def test_clusters_are_balanced_by_themselves() -> None:
    """Each host is a cluster: nothing can be done."""
    assert pairs(Balance()(replace(UNEVEN, boundary=rows(0, 1), home=rows(0, 0, 0, 1)))) == []


def test_a_closed_host_takes_nothing() -> None:
    """The second host does not take VMs, and does not count."""
    assert pairs(Balance()(replace(UNEVEN, open=mask(1, 0)))) == []


@settings(max_examples=100, deadline=None)
@given(views())
def test_load_is_more_even_afterwards(view: View) -> None:
    """The deviation in each cluster is not larger than before, waiting VMs apart."""
    view = replace(view, running=view.running & (view.host >= 0))
    decision = Balance()(view)
    after = view.cpu_mhz.copy()
    np.add.at(after, decision.hosts, view.demand_mhz[decision.vms])
    np.subtract.at(after, view.host[decision.vms], view.demand_mhz[decision.vms])
    for place in (0, 1):
        hosts = view.open & (view.boundary == place)
        if hosts.any():
            spread = [(cpu[hosts] / view.capacity_mhz[hosts]).std() for cpu in (view.cpu_mhz, after)]
            assert spread[1] <= spread[0] + 1e-9
