"""Large estates are divided into groups of hosts; what is found keeps the rules of the whole."""

import numpy as np
import pytest

from models.check import placement as check
from models.problem import Problem
from models.rules import Among, Gather, Offline, Rule, RunningCapacity, Spare, Spread
from solvers import portfolio
from solvers.groups import grouped
from solvers.portfolio import Portfolio


def estate(*rules: Rule, hosts: int = 40, seed: int = 1) -> Problem:
    """Return hosts with four VMs each."""
    rng = np.random.default_rng(seed)
    return Problem.of(
        rng.integers(1, 5, (4 * hosts, 2)),
        np.full((hosts, 2), 20),
        start=np.arange(4 * hosts) % hosts,
        levels={"rack": np.arange(hosts) % 4},
        rules=rules,
    )


def test_sizes() -> None:
    """40 hosts in groups of ten at most are four groups, and everyone is in one of them."""
    groups = grouped(estate(), 10)
    assert [len(group.hosts) for group in groups] == [10] * 4
    assert np.sort(np.concatenate([group.vms for group in groups])).tolist() == list(range(160))


def test_vms_stay_with_their_host() -> None:
    """Each VM is in the group of the host that it is on."""
    problem = estate()
    for group in grouped(problem, 10):
        assert set(problem.start[group.vms]) == set(group.hosts)


@pytest.mark.parametrize(
    "rule",
    [Gather(vms=np.arange(6)), Among(vms=np.arange(6), groups=(np.arange(20), np.arange(20, 40))),
     Spread(vms=np.arange(6), level="rack", most=2)],
)  # fmt: skip
def test_who_is_tied(rule: Rule) -> None:
    """VMs 0 to 5 are on hosts 0 to 5: where a rule needs them seen together, these are in one group."""
    groups = grouped(estate(rule), 10)
    assert len(groups) == 4
    assert sum(bool(np.isin(np.arange(6), group.hosts).any()) for group in groups) == 1


def test_indivisible() -> None:
    """A limit over all hosts leaves nothing to divide."""
    assert grouped(estate(RunningCapacity(hosts=np.arange(40), most=200)), 10) == ()


def test_rules_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is found by groups breaks no rule of the whole, and is not below the whole's bound."""
    monkeypatch.setattr(portfolio, "MOST_HOSTS_AT_ONCE", 20)
    monkeypatch.setattr(portfolio, "HOSTS_A_GROUP", 10)
    rules = (
        Spare(hosts=np.arange(40)), Spread(vms=np.arange(5)), Spread(vms=np.arange(20, 30), level="rack", most=4),
        Gather(vms=np.arange(50, 53)),
    )  # fmt: skip
    problem = estate(*rules)
    found = Portfolio(seconds=2.0)(problem)
    assert not check.violations(problem, found.host, found.on)
    assert found.bound <= np.count_nonzero(found.on) < 40


def test_a_group_that_needs_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hosts 0 and 2 are a group and full; host 0 must be off, and its VM finds room in the other group."""
    monkeypatch.setattr(portfolio, "MOST_HOSTS_AT_ONCE", 3)
    monkeypatch.setattr(portfolio, "HOSTS_A_GROUP", 2)
    problem = Problem.of([[10], [10], [1], [1]], [[10]] * 4, start=[0, 2, 1, 3], rules=[Offline(hosts=np.array([0]))])
    found = Portfolio(seconds=1.0)(problem)
    assert found.host[0] in (1, 3)
    assert not check.violations(problem, found.host, found.on)


def test_a_group_that_nothing_helps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no host at all has room, there is no placement, and the start is left."""
    monkeypatch.setattr(portfolio, "MOST_HOSTS_AT_ONCE", 3)
    monkeypatch.setattr(portfolio, "HOSTS_A_GROUP", 2)
    problem = Problem.of([[10]] * 4, [[10]] * 4, start=np.arange(4), rules=[Offline(hosts=np.array([0]))])
    found = Portfolio(seconds=1.0)(problem)
    assert (found.status, found.host.tolist()) == ("infeasible", [0, 1, 2, 3])
