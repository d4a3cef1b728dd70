"""Restarts of many losses at once, by compiled code: what they are tested against is first fit in plain Python."""

import numpy as np
import pytest

from models.arrays import NOWHERE, Mask, Rows
from models.check import placement as check
from models.problem import Problem
from models.rules import Fence, Spare, Spread
from solvers import failover
from solvers.relations import compiled
from solvers.spare import restarts, survives
from solvers.state import State, hardness


def estate(seed: int) -> Problem:
    """Return eight hosts of two kinds with VMs that fit, two that must be apart, and four that two hosts are for."""
    rng = np.random.default_rng(seed)
    demand = rng.integers(1, 5, (2, 30, 2))
    rules = (
        Spread(vms=np.array([0, 1, 2])),
        Spread(vms=np.arange(3, 9), level="rack", most=4),
        Fence(vms=np.array([4, 5, 12, 13]), hosts=np.array([0, 1, 2, 5])),
        Spare(hosts=np.arange(8)),
    )
    start = np.append(np.array([0, 1, 2]), rng.permutation(np.arange(27) % 8))
    return Problem.of(
        demand,
        rng.integers(10, 20, (8, 2)),
        kind=np.arange(8) % 2,
        start=start,
        levels={"rack": np.arange(8) // 2},
        rules=rules,
    )


def plain(state: State, on: Mask, hosts: Rows) -> dict[int, dict[int, int]]:
    """Return the same, one loss after the other, by the state's own bookkeeping."""
    relations, found = state.relations, {}
    free = ((relations.problem.failover - state.load) / relations.problem.failover).min(axis=1)
    order = [host for host in hosts[np.argsort(-free[hosts], kind="stable")] if on[host] and not relations.closed[host]]
    state.limit = relations.problem.failover
    for lost in hosts:
        items = [int(item) for item in state.on_host(int(lost)) if relations.running[item]]
        items = [items[index] for index in np.argsort(-hardness(relations, items), kind="stable")]
        for item in items:
            state.take(item)
        places = {}
        for item in items:
            options = state.restarts(item)
            place = next((int(host) for host in order if host != lost and options[host]), NOWHERE)
            if place != NOWHERE:
                state.put(item, place)
                places[item] = place
        for item in items:
            if item in places:
                state.take(item)
            state.put(item, int(lost))
        if len(places) == len(items):
            found[int(lost)] = places
    return found


@pytest.mark.parametrize("seed", range(30))
def test_first_fit(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Compiled and plain first fit find the same restarts, and both put everything back."""
    monkeypatch.setattr(failover, "FEW_HOSTS", 0)
    relations = compiled(estate(seed))
    state, on = State(relations, relations.start), np.arange(8) != 3
    load, totals = state.load.copy(), [each.copy() for each in state.totals]
    found = failover.restarted(state, on, np.arange(8))
    assert found == plain(State(relations, relations.start), on, np.arange(8))
    assert (state.load == load).all()
    assert all((now == then).all() for now, then in zip(state.totals, totals, strict=True))


@pytest.mark.parametrize("seed", range(30))
def test_restarts_are_shown(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where losses are survived, the checker accepts the restarts that are told."""
    monkeypatch.setattr(failover, "FEW_HOSTS", 0)
    problem = estate(seed)
    relations = compiled(problem)
    if survives(State(relations, relations.start), problem.on):
        shown = restarts(problem, problem.start, problem.on)
        found = check.violations(problem, problem.start, problem.on, shown)
        assert not [each for each in found if each.rule == "Spare"]


def test_some_losses_are_survived(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the estates above some survive any loss and some do not, so that the tests above say something."""
    monkeypatch.setattr(failover, "FEW_HOSTS", 0)
    every = [compiled(estate(seed)) for seed in range(30)]
    found = [survives(State(each, each.start), each.problem.on) for each in every]
    assert 3 < sum(found) < 27
