"""How often hosts may be overloaded: the rule, its checker, and what a search makes of it."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.arrays import NOWHERE
from models.check import placement as check
from models.errors import BrokenPromiseError
from models.problem import Problem
from models.rules import Fence, Overload
from solvers.cover import Need, hardest, needs
from solvers.drain import lighter
from solvers.parts import split
from solvers.portfolio import Portfolio
from solvers.relations import compiled
from solvers.state import State

EARLY, LATE = [9, 9, 1, 1], [1, 1, 9, 9]


def problem(series: Any, start: list[int], most: int, hosts: int = 3, **rest: Any) -> Problem:
    """Return VMs that take 1 of 10 each, on hosts that offer 10 at every sample."""
    rule = overload(series, hosts, most)
    return Problem.of([[1]] * len(start), [[10]] * hosts, start=start, rules=[rule], **rest)


def overload(series: Any, hosts: int, most: int) -> Overload:
    """Return the rule over all VMs and hosts of one kind, each of which offers 10."""
    every = np.asarray(series, np.int32)[None]
    return Overload(
        vms=np.arange(every.shape[1]), hosts=np.arange(hosts), series=every, limit=np.full(hosts, 10), most=most
    )


def test_checker_counts_samples() -> None:
    """Two VMs that peak together take 18 of 10 in two samples; one that peaks later is no harm."""
    both = problem([EARLY, EARLY, LATE], [0, 1, 2], most=1)
    [found] = check.violations(both, np.array([0, 0, 1]), np.ones(3, np.bool_))
    assert (found.rule, found.who, found.amount, found.limit) == ("Overload", ("host-0",), 2, 1)
    assert not check.violations(both, np.array([0, 1, 0]), np.ones(3, np.bool_))


def test_only_those_that_peak_apart_share() -> None:
    """Of four hosts with a VM each two are freed: an early one joins a late one, though all four fit by demand."""
    found = Portfolio()(problem([EARLY, EARLY, LATE, LATE], [0, 1, 2, 3], most=0, hosts=4))
    assert int(found.on.sum()) == 2
    assert sorted(found.host[:2]) == sorted(found.host[2:])
    assert not check.violations(problem([EARLY, EARLY, LATE, LATE], [0, 1, 2, 3], 0, 4), found.host, found.on)


def test_overloads_that_are_allowed() -> None:
    """With two samples of four allowed, early ones may share as well, and all go onto one host with none left over."""
    found = Portfolio()(problem([EARLY, EARLY], [0, 1], most=2, hosts=2))
    assert int(found.on.sum()) == 1


def test_a_host_that_is_overloaded_today_takes_nobody() -> None:
    """Host 0 is overloaded in two samples; it keeps what it has, and no VM enters."""
    relations = compiled(problem([EARLY, EARLY, [0] * 4], [0, 0, 1], most=1))
    assert relations.closed.tolist() == [True, False, False]
    assert State(relations, relations.start).calm()


def test_state_takes_back() -> None:
    """What is put on a host and taken off again leaves the sums as they were."""
    relations = compiled(problem([EARLY, EARLY], [0, 1], most=0))
    state = State(relations, relations.start)
    assert not state.targets(0)[1]
    state.take(1)
    assert state.targets(0)[1]


def test_parts_keep_their_rows() -> None:
    """Hosts that share no VM are parts of their own, each with the series and limits of its VMs and hosts."""
    whole = problem([EARLY, LATE], [0, 1], most=0, hosts=2)
    fences = [Fence(vms=np.array([row]), hosts=np.array([row])) for row in (0, 1)]
    rules = [
        rule
        for part in split(replace(whole, rules=(*whole.rules, *fences)))
        for rule in part.problem.rules
        if isinstance(rule, Overload)
    ]
    assert sorted(rule.series[0].tolist() for rule in rules) == [[LATE], [EARLY]]
    assert all(len(rule.limit) == 1 for rule in rules)


def test_series_that_do_not_agree() -> None:
    """A series for each VM and a limit for each host are asked for."""
    with pytest.raises(BrokenPromiseError, match="do not agree"):
        Overload(
            vms=np.array([0]), hosts=np.array([0]), series=np.zeros((1, 2, 3), np.int32), limit=np.array([1]), most=0
        )


def test_cover_counts_what_cannot_be_spared() -> None:
    """Together 20, 20, 4, 4 are asked for: with no overload the hosts on must offer 20; with one each of two, 4."""
    for most, amount in ((0, 20), (1, 4)):
        every = needs(compiled(problem([[10, 10, 2, 2]] * 2, [0, 1], most=most, hosts=2)))
        assert amount in [need.amount for need in every]


def test_hardest_needs() -> None:
    """Of needs with the same offers only the one of the largest amount is kept."""
    offers = np.array([4, 4])
    kept = list(hardest([Need(offers, 3), Need(offers, 5), Need(offers, 2, 1), Need(np.array([4, 5]), 1)]))
    assert [(need.amount, need.lost) for need in kept] == [(5, 0), (2, 1), (1, 0)]


@given(st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_never_worse_than_the_start(seed: int) -> None:
    """Whatever is found breaks no rule that the start keeps, and weighs at least the bound."""
    rng = np.random.default_rng(seed)
    start = rng.integers(0, 4, 8).tolist()
    asked = problem(rng.integers(0, 7, (8, 12)), start, most=int(rng.integers(0, 3)), hosts=4)
    found = Portfolio()(asked)
    assert not check.new(check.judged(asked, check.violations(asked, found.host, found.on)))
    assert found.bound <= int(found.on.sum()) <= 4


def test_draining_helps_where_covers_fail() -> None:
    """Three hosts with two VMs each: a cover of one host fails; one by one they are drained to two."""
    series = [EARLY, [0] * 4, LATE, [0] * 4, EARLY, [0] * 4]
    relations = compiled(problem(series, [0, 0, 1, 1, 2, 2], most=0))
    found = lighter(relations, None)
    assert found is not None
    assert int(found[1].sum()) == 2
    assert (found[0].host != NOWHERE).all()
