"""Overloads in the exact model: it finds the optimum of small problems, and says so only where they were stated."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from models.check import placement as check
from models.costs import Headroom, HostsOn, Moves
from models.problem import Problem
from models.rules import Fence, Overload
from solvers import overloads
from solvers.cpsat import CpSat
from solvers.portfolio import Portfolio
from solvers.relations import compiled
from tests.models.strategies import rows
from tests.solvers import exhaustive
from tests.solvers.test_seldom import EARLY, LATE, problem

NIGHT = [1, 1, 1, 1]


def test_model_states_overloads() -> None:
    """Two early VMs and two late ones of which no two of a kind may meet: two hosts, which a sum over hosts misses."""
    asked = problem([EARLY, EARLY, LATE, LATE], [0, 1, 2, 3], most=0, hosts=4)
    found = CpSat(1.0)(asked)
    assert (found.status, int(found.on.sum())) == ("optimal", 2)
    assert not check.violations(asked, found.host, found.on)


def test_proven_where_the_sum_over_hosts_says_less() -> None:
    """Three VMs of 6 in one sample each of 10: together 18 would fit on two hosts, but no two share one."""
    asked = problem([[6]] * 3, [0, 1, 2], most=0)
    found = Portfolio(seconds=1.0)(asked)
    assert (found.bound, int(found.on.sum()), found.status) == (3, 3, "unchanged")


def test_equal_samples_count_as_often_as_they_are_there() -> None:
    """Two early VMs are too much in two equal samples: one host may not hold both if one sample is allowed, not two."""
    for most, hosts in ((1, 2), (2, 1)):
        found = CpSat(1.0)(problem([EARLY, EARLY], [0, 1], most=most, hosts=2))
        assert (found.status, int(found.on.sum())) == ("optimal", hosts)


def test_a_crowded_host_is_not_stated() -> None:
    """Host 0 is overloaded in two samples today where one is allowed: nobody enters, so there is nothing to state."""
    relations = compiled(problem([EARLY, EARLY, EARLY], [0, 0, 1], most=1))
    assert [crowd.host for crowd in overloads.crowds(relations)] == [1, 2]


def test_samples_that_are_never_too_much_are_left_out() -> None:
    """Of four samples only the two are stated in which 9 + 9 could meet on a host of 10."""
    [first, second] = overloads.crowds(compiled(problem([EARLY, EARLY, NIGHT], [0, 1, 1], most=0, hosts=2)))
    assert first.series.tolist() == second.series.tolist() == [[9, 9], [9, 9], [1, 1]]


def test_large_ones_are_left_to_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """Above the limit nothing is stated; what is found keeps the rule, and is called optimal only at a proven bound."""
    monkeypatch.setattr(overloads, "MOST_TERMS", 3)
    asked = problem([[6], [6], [6], [4]], [0, 1, 2, 3], most=0, hosts=4)
    assert not overloads.stateable(compiled(asked))
    for solver in (CpSat(1.0), Portfolio("cp-sat", seconds=1.0), Portfolio(seconds=1.0)):
        found = solver(asked)
        assert not check.violations(asked, found.host, found.on)
        assert int(found.on.sum()) == 3
        assert (found.status == "optimal") == (found.bound == 3)


@st.composite
def estates(draw: st.DrawFn) -> Problem:
    """Return VMs with readings on hosts of two kinds and different limits, some of which the rule does not name."""
    hosts, vms, samples = draw(st.integers(2, 3)), draw(st.integers(2, 4)), draw(st.integers(1, 4))
    amounts = st.lists(st.integers(0, 7), min_size=2 * vms * samples, max_size=2 * vms * samples)
    series = np.array(draw(amounts), np.int32).reshape(2, vms, samples)
    named = draw(st.sets(st.integers(0, hosts - 1), min_size=1).map(sorted))
    limit = draw(st.lists(st.integers(5, 12), min_size=len(named), max_size=len(named)))
    weights = np.array(draw(st.lists(st.integers(1, 4), min_size=hosts, max_size=hosts)), np.int64)
    rule = Overload(
        vms=np.arange(vms),
        hosts=np.array(named),
        series=series,
        limit=np.array(limit),
        most=draw(st.integers(0, samples - 1)),
    )
    return Problem.of(
        [[[1]] * vms] * 2,
        [[4]] * hosts,
        kind=draw(st.lists(st.integers(0, 1), min_size=hosts, max_size=hosts)),
        start=draw(st.lists(st.integers(0, hosts - 1), min_size=vms, max_size=vms)),
        rules=[rule],
        costs=(HostsOn(weights), Moves(np.ones(vms, np.int64)), Headroom()),
    )


@settings(max_examples=30, deadline=None)
@given(estates())
def test_optimal(asked: Problem) -> None:
    """From a start that keeps the rule, the weight and the moves are those of trying everything, and proven."""
    best = exhaustive.optimum(asked)
    assume(best is not None and exhaustive.clean(asked))
    found = Portfolio("cp-sat", seconds=1)(asked)
    assert best is not None
    assert exhaustive.weight(asked, found.on) == found.bound == best.weight
    assert exhaustive.moves(asked, found.host) == best.moves
    assert found.status in ("optimal", "unchanged")


@settings(max_examples=20, deadline=None)
@given(estates())
def test_never_optimal_without_a_proof(asked: Problem) -> None:
    """From any start what is found is no worse than it, and what is called optimal is no heavier than the best."""
    found = Portfolio(seconds=1)(asked)
    assert exhaustive.keeps_the_rules(asked, found.host, found.on)
    best = exhaustive.optimum(asked)
    if found.status == "optimal" and best is not None:
        assert exhaustive.weight(asked, found.on) <= best.weight
    assert best is None or found.bound <= best.weight


def test_fences_narrow_what_may_meet() -> None:
    """The early VMs are fenced to hosts of their own, so that no host could be overloaded, and nothing is stated."""
    asked = problem([EARLY, EARLY], [0, 1], most=0, hosts=2)
    fences = tuple(Fence(vms=rows(row), hosts=rows(row)) for row in (0, 1))
    assert not list(overloads.crowds(compiled(replace(asked, rules=(*asked.rules, *fences)))))
