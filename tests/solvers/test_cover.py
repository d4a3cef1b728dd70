"""The hosts that must stay on at least: small cases by hand, and never above the optimum of tiny problems."""

from itertools import combinations
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from models.costs import Headroom, HostsOn, Moves
from models.problem import Problem
from models.rules import Fence, Offline, Online, Root, Rule, Spare, Spread
from solvers.cover import Cover, cover, must_be_on
from solvers.relations import compiled
from tests.models.strategies import rows
from tests.solvers import exhaustive


def covered(sizes: list[int], capacity: list[int], *rules: Rule, **rest: Any) -> Cover | None:
    """Return the cover of VMs of one dimension, all on the first host or where `start` says."""
    idle = rest.pop("idle", None)
    rest.setdefault("start", [0] * len(sizes))
    weights = HostsOn(np.array(rest.pop("weights", [1] * len(capacity)), np.int64))
    costs = (weights, Moves(np.ones(len(sizes), np.int64)), Headroom())
    given = Problem.of([[size] for size in sizes], [[room] for room in capacity], rules=rules, costs=costs, **rest)
    return cover(compiled(given), idle=idle)


def bounds(found: Cover | None) -> tuple[int, int]:
    """Return the bound on weight and the bound on hosts."""
    assert found is not None
    return found.bound, found.bound_hosts


def test_sum() -> None:
    """Four VMs of 5 need two hosts of 10."""
    assert bounds(covered([5, 5, 5, 5], [10] * 4, start=[0, 1, 2, 3])) == (2, 2)


def test_large_items() -> None:
    """Three VMs of 6 fill 18 of 20, but no two share a host of 10: three hosts."""
    assert bounds(covered([6, 6, 6], [10, 10, 10, 10], start=[0, 1, 2])) == (3, 3)


def test_weights() -> None:
    """One host is enough; the lightest weighs 2, and that is the bound on weight."""
    assert bounds(covered([5], [10, 10, 10], weights=[7, 2, 3])) == (2, 1)


def test_weight_and_number_differ() -> None:
    """16 fit on the host of 20 that weighs 9, or on two of 10 that weigh 6 together: weight 6, but one host."""
    assert bounds(covered([4, 4, 4, 4], [20, 10, 10], weights=[9, 3, 3])) == (6, 1)


def test_scope() -> None:
    """Two clusters of two hosts need one host each, though all four VMs would fit on one."""
    fences = Fence(vms=rows(0, 1), hosts=rows(0, 1)), Fence(vms=rows(2, 3), hosts=rows(2, 3))
    assert bounds(covered([2, 2, 2, 2], [10] * 4, *fences, start=[0, 1, 2, 3])) == (2, 2)


def test_spread() -> None:
    """Five VMs, at most two of them on a host, need three hosts."""
    rule = Spread(vms=rows(0, 1, 2, 3, 4), most=2)
    assert bounds(covered([1] * 5, [10] * 5, rule, start=[0, 1, 2, 3, 4])) == (3, 3)


def test_spare() -> None:
    """20 fit on two hosts of 10; with any one lost they still must, so three stay on."""
    assert bounds(covered([5, 5, 5, 5], [10] * 4, Spare(hosts=rows(0, 1, 2, 3)), start=[0, 1, 2, 3])) == (3, 3)


def test_the_largest_host_is_lost() -> None:
    """10 on hosts of 20, 5 and 5: the host of 20 may be lost, so both small ones stay on beside it."""
    spare = Spare(hosts=rows(0, 1, 2))
    assert bounds(covered([5, 5], [20, 5, 5], spare, start=[1, 2])) == (3, 3)


def test_stranded_vms_need_no_spare() -> None:
    """A VM that only its own host can hold is lost with it today too: it asks for no spare room."""
    rules = Fence(vms=rows(0), hosts=rows(0)), Spare(hosts=rows(0, 1))
    assert bounds(covered([5], [10, 10], *rules)) == (1, 1)


def test_pinned() -> None:
    """Pinned VMs keep their hosts on, be they ever so small."""
    assert bounds(covered([1, 1], [10] * 3, Root(vms=rows(0, 1)), start=[0, 1])) == (2, 2)


def test_pinned_but_off() -> None:
    """A pinned VM that is off, on a host that is off, wakes nothing."""
    assert bounds(covered([0], [10, 10], Root(vms=rows(0)), on=[False, True])) == (0, 0)


def test_online_and_offline() -> None:
    """A host that must be on counts; one that must be off does not cover."""
    assert bounds(covered([5], [10] * 3, Online(hosts=rows(1, 2)))) == (2, 2)
    assert bounds(covered([2, 2, 2], [20, 4, 4], Offline(hosts=rows(0)), start=[1, 1, 2])) == (2, 2)


def test_no_cover() -> None:
    """Where all hosts together are too small, there is none."""
    assert covered([5, 5, 5], [7, 7], start=[-1, -1, -1]) is None


def test_idle_spares_hold_nothing() -> None:
    """With host 0 as an idle spare, 12 need two of the other hosts of 10: three are on."""
    problem = Problem.of([[6], [6]], [[10]] * 3, start=[1, 2], rules=[Spare(hosts=rows(0, 1, 2))])
    found = cover(compiled(problem), idle=np.array([0]))
    assert found is not None
    assert found.on.tolist() == [True, True, True]


def test_margin() -> None:
    """With 10 % on top, 20 do not fit on two hosts of 10 any more."""
    problem = Problem.of([[5]] * 4, [[10]] * 4, start=[0, 1, 2, 3])
    found = cover(compiled(problem), margin=0.1)
    assert found is not None
    assert int(found.on.sum()) == 3


def test_fewest_moves_among_equals() -> None:
    """One of two equal hosts is enough: the one with two VMs stays on rather than that with one."""
    found = covered([1, 1, 1], [10, 10], start=[0, 1, 1])
    assert found is not None
    assert found.on.tolist() == [False, True]


def test_must_be_on() -> None:
    """Hosts that hold what must not move, or that a rule wants on, are on in every placement."""
    problem = Problem.of([[1], [1]], [[9]] * 3, start=[0, 1], rules=[Root(vms=rows(0)), Online(hosts=rows(2))])
    assert must_be_on(compiled(problem)).tolist() == [True, False, True]


@settings(max_examples=150, deadline=None)
@given(st.data(), st.booleans())
def test_sound(data: st.DataObject, strict: bool) -> None:
    """Neither bound is ever above the optimum that trying everything finds, whether what is broken may stay or not."""
    problem = data.draw(exhaustive.problems(most_hosts=3, most_vms=4))
    best = exhaustive.optimum(problem, strict=strict)
    if best is not None:
        found = cover(compiled(problem, strict=strict))
        assert found is not None
        assert found.bound <= best.weight
        assert found.bound_hosts <= best.hosts


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(1, 40), min_size=4, max_size=9),
    st.integers(1, 3),
    st.integers(1, 60),
)
def test_any_lost_hosts_are_survived_by_the_fewest(capacity: list[int], count: int, total: int) -> None:
    """VMs of size 1 on hosts of any sizes, of which some may be lost: as few as the best of all subsets."""
    hosts = range(len(capacity))
    found = covered([1] * total, capacity, Spare(hosts=rows(*hosts), count=count))
    enough = [
        size
        for size in range(len(capacity) + 1)
        for kept in combinations(hosts, size)
        if sum(sorted((capacity[host] for host in kept), reverse=True)[count:]) >= total
    ]
    assert (found and found.bound_hosts) == (min(enough) if enough else None)


def test_losses_of_many_sizes_bound_from_below() -> None:
    """Hosts of 30 sizes, more than are told apart: the bound is at most what the best needs, and near it."""
    capacity = [100 + 7 * step for step in range(30)]
    found = covered([1] * 2000, capacity, Spare(hosts=rows(*range(30)), count=2))
    best = next(size for size in range(30) if sum(sorted(capacity)[30 - size : 28]) >= 2000)
    assert found is not None
    assert best - 1 <= found.bound_hosts <= best
