"""Local search: the challenge's example by hand, sums against a plain recount, and rules that are never broken."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from models.arrays import NOWHERE, frozen
from models.check import costs
from models.check import placement as check
from models.costs import Balance, Distance, Excess, Headroom, HostsOn, MostMoved, Moves, Sum
from models.problem import Problem
from models.rules import (
    Among,
    Ban,
    Dependency,
    Fence,
    Gather,
    LeastPlaces,
    Lonely,
    MaxOnline,
    Offline,
    Root,
    Rule,
    RunningCapacity,
    Spare,
    Split,
    Spread,
)
from solvers.annealing import ROAMING, Search, shares
from solvers.landscape import landscape
from solvers.reassign import Reassign
from solvers.terms import aggregate_bound
from tests.benchmarks.challenge import transient_excess
from tests.models.strategies import rows

# The example of the challenge's problem definition. Its text costs the start 4200, and two other assignments 3510 and
# 2411. Process 2 depends on the first two, which may not meet.
EXAMPLE = Problem.of(
    [[12, 10], [10, 20], [6, 200]],
    [[30, 400], [10, 240], [15, 100], [10, 100]],
    start=[0, 3, 0],
    transient=[True, False],
    levels={"neighbourhood": [0, 0, 1, 1], "location": [0, 0, 1, 2]},
    rules=[
        Spread(vms=rows(0, 1)),
        LeastPlaces(vms=rows(0, 1), level="location", least=2),
        Dependency(vms=rows(2), on=rows(0, 1), level="neighbourhood"),
    ],
    costs=[
        Sum(
            (
                Excess(np.array([100, 10]), np.array([[16, 80], [8, 160], [12, 80], [8, 80]])),
                Balance(0, 1, 20, 10),
                Moves(np.array([1000, 100, 1])),
                MostMoved((rows(0, 1), rows(2)), 10),
                Distance(np.array([[0, 1, 4, 5], [1, 0, 3, 4], [4, 3, 0, 2], [5, 4, 2, 0]]), 100),
            )
        )
    ],
)


def random_problem(seed: int, *, staged: bool = False) -> Problem:
    """Return 24 VMs on 6 hosts with every rule and cost that the search keeps count of, and a start that keeps all."""
    rng = np.random.default_rng(seed)
    vms, hosts, dims = 24, 6, 3
    demand = rng.integers(1, 9, (2, vms, dims))
    kind, start = np.array([0, 0, 1, 1, 0, 1]), np.arange(vms) % hosts
    load = np.zeros((hosts, dims), np.int64)
    np.add.at(load, start, demand[kind[start], np.arange(vms)])
    apart = [rows(*range(first, first + 4)) for first in (0, 6, 12, 18)]
    rules: list[Rule] = [Spread(vms=each) for each in apart]
    rules += [LeastPlaces(vms=each, level="rack", least=2) for each in apart]
    rules += [Dependency(vms=apart[0], on=apart[1], level="rack"), Dependency(vms=apart[2], on=apart[3])]
    rules += [
        Fence(vms=rows(4), hosts=rows(0, 4)),
        Root(vms=rows(5)),
        Spread(vms=rows(0, 1, 6, 7), level="rack", most=4),
    ]
    moving = Moves(rng.integers(0, 4, vms)), MostMoved(tuple(apart), 7), Distance(rng.integers(0, 5, (hosts, hosts)), 2)
    loading = Excess(rng.integers(1, 5, dims), load * 3 // 4), Balance(0, 1, 2, 3), Balance(2, 0, 1, 1)
    powering = HostsOn(rng.integers(1, 50, hosts))
    return Problem.of(
        demand,
        load + rng.integers(3, 12, (hosts, dims)),
        kind=kind,
        start=start,
        transient=[True, False, True],
        levels={"rack": [0, 0, 1, 1, 2, -1]},
        rules=rules,
        costs=[Sum(loading), powering, Sum(moving)] if staged else [Sum((*loading, powering, *moving))],
    )


def test_the_example_costs_what_its_text_says() -> None:
    """4200 at the start, 3510 when process 1 goes to machine 2, 2411 when process 2 goes to machine 1 as well."""
    assert costs.cost(EXAMPLE, EXAMPLE.start) == (4200,)
    assert costs.cost(EXAMPLE, frozen([0, 2, 0], np.int32)) == (3510,)
    assert costs.cost(EXAMPLE, frozen([0, 2, 1], np.int32)) == (2411,)


def test_the_example_is_solved() -> None:
    """Of all 64 assignments that keep the rules, transient room too, the search finds the cheapest."""
    every = [frozen(choice, np.int32) for choice in product(range(4), repeat=3)]
    kept = [host for host in every if not check.violations(EXAMPLE, host, EXAMPLE.on)]
    best = min(costs.cost(EXAMPLE, host) for host in kept if not transient_excess(EXAMPLE, host))
    found = Reassign(trials=20_000)(EXAMPLE)
    assert costs.cost(EXAMPLE, found.host) == best
    assert found.bound <= best[0]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("temperature", [0.5, 20.0, 1e4])
def test_sums_are_those_of_a_recount(seed: int, temperature: float) -> None:
    """After thousands of moves the cost kept is the exact one, no rule is broken, and transient room is respected."""
    problem = random_problem(seed)
    search = Search(landscape(problem, problem.start, at_once=True), problem.start, seed)
    assert search.cost == costs.cost(problem, problem.start)[0]
    for _ in range(5):
        search.step(400, temperature)
        host = frozen(search.host, np.int32)
        assert search.cost == costs.cost(problem, host)[0]
        assert not check.violations(problem, host, problem.on)
        assert transient_excess(problem, host) == 0
    assert search.taken > 0


@pytest.mark.parametrize("kind", range(12))
def test_each_kind_of_trial_keeps_the_sums(kind: int) -> None:
    """Each kind of trial alone, from a placement where some VMs are away, is taken, and all sums are right after it."""
    problem = random_problem(4)
    search = Search(landscape(problem, problem.start, at_once=True), problem.start, kind)
    search.shares = shares(ROAMING)
    search.step(300, 1e4)
    before = search.taken
    search.shares = np.where(np.arange(12) < kind, 0, 1024)
    search.step(4000, 1e3)
    host = frozen(search.host, np.int32)
    assert search.taken > before
    assert search.cost == costs.cost(problem, host)[0]
    assert not check.violations(problem, host, problem.on)
    assert transient_excess(problem, host) == 0
    listed = [each for first in search.head.tolist() for each in _chain(first, search.following.tolist())]
    assert sorted(listed) == list(range(24))
    away = np.flatnonzero((host != problem.start) & (search.rank >= 0))
    assert sorted(search.away[: len(away)].tolist()) == away.tolist()


def _chain(first: int, following: list[int]) -> list[int]:
    """Return a list of the search from its first VM on."""
    return [] if first < 0 else [first, *_chain(following[first], following)]


def test_large_vms_have_few_hosts() -> None:
    """5, 3 and 8 of 10 keep their room when they leave: 5 fits in beside 3 only, 3 also beside 5, 8 nowhere."""
    problem = Problem.of([[5], [3], [8]], [[10]] * 4, start=[0, 1, 2], transient=[True], rules=[Offline(hosts=rows(3))])
    view = landscape(problem, problem.start, at_once=True)
    lists = [view.reach[view.reach_first[vm] : view.reach_first[vm + 1]].tolist() for vm in range(3)]
    assert lists == [[1], [0], []]
    assert sorted(view.free.tolist()) == [0, 1]


@pytest.mark.parametrize("seed", range(6))
def test_nobody_gets_where_it_is_said_never_to(seed: int) -> None:
    """A hot search that draws from all hosts finds no VM on a host that is neither its first nor on its list."""
    problem = random_problem(seed)
    view = landscape(problem, problem.start, at_once=True)
    search = Search(replace(view, reach_first=np.zeros_like(view.reach_first)), problem.start, 1)
    for _ in range(200):
        search.step(50, 1e6)
        for vm in view.narrow.tolist():
            listed = view.reach[view.reach_first[vm] : view.reach_first[vm + 1]].tolist()
            assert search.host[vm] in [problem.start[vm], *listed]
    assert len(view.narrow)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("price", [0.0, 1.0, 100.0])
def test_what_is_lacking_is_counted(seed: int, price: float) -> None:
    """Where hosts may be overfull, cost and what they lack are those of a recount; no other rule is ever broken."""
    problem = replace(random_problem(seed), transient=frozen([False] * 3, np.bool_))
    view = landscape(problem, problem.start, at_once=True)
    search, lacked = Search(view, problem.start, seed), 0
    for _ in range(10):
        search.step(400, 200.0, price)
        host = frozen(search.host, np.int32)
        over = np.maximum(problem.load(host) - problem.capacity, 0)
        assert search.cost == costs.cost(problem, host)[0]
        assert search.lack == int((over @ search.lack_weight).sum())
        roomy = replace(problem, capacity=frozen(problem.capacity + over, np.int64))
        assert not check.violations(roomy, host, roomy.on)
        lacked += search.lack
    assert lacked > 0 or price == 100.0
    for _ in range(200):
        search.step(100, 0.3, 1e3)
    if search.lack == 0:
        assert not check.violations(problem, frozen(search.host, np.int32), problem.on)


def test_sums_after_a_restart() -> None:
    """All that is kept is the same when it is reckoned anew."""
    problem = random_problem(3)
    search = Search(landscape(problem, problem.start, at_once=True), problem.start, 1)
    search.step(5000, 50.0)
    kept = ("over", "room", "vms_on", "host_costs", "present", "used", "moved", "tally", "lacking")
    before = {name: getattr(search, name).copy() for name in kept}
    cost = search.cost
    search.restart(search.host.copy())
    assert search.cost == cost
    for name, values in before.items():
        assert (getattr(search, name) == values).all(), name


def test_transient_room_may_be_given_up() -> None:
    """Two VMs of 6 on hosts of 10 can only trade places where the one that leaves holds nothing any more."""
    stage = Sum((Excess(np.array([0, 1]), np.array([[10, 2], [10, 1]])),))
    problem = Problem.of([[6, 1], [6, 2]], [[10, 10]] * 2, start=[0, 1], costs=[stage])
    assert Reassign(trials=2000)(problem).host.tolist() == [0, 1]
    assert Reassign(trials=2000, at_once=False)(problem).host.tolist() == [1, 0]


def test_same_input_same_answer() -> None:
    """With a limit of trials a second run finds the same; another seed goes another way."""
    problem = random_problem(2)
    first, again = Reassign(trials=3000)(problem), Reassign(trials=3000)(problem)
    assert first.reproducible
    assert first.host.tolist() == again.host.tolist()
    view = landscape(problem, problem.start, at_once=True)
    searches = [Search(view, problem.start, seed) for seed in (1, 2)]
    for search in searches:
        search.step(300, 1e3)
    assert searches[0].host.tolist() != searches[1].host.tolist()


def test_two_processes_find_the_same_each_time() -> None:
    """The answers of processes do not depend on who is first; nor does one process spoil what another found."""
    problem = random_problem(2)
    first, again = (Reassign(workers=2, trials=3000)(problem) for _ in range(2))
    assert first.host.tolist() == again.host.tolist()
    assert costs.cost(problem, first.host) <= costs.cost(problem, problem.start)


def test_time_is_a_limit_too() -> None:
    """Without a limit of trials the answer is called not reproducible, and is no worse than the start."""
    problem = random_problem(1)
    found = Reassign(seconds=0.2, clock="cpu")(problem)
    assert not found.reproducible
    assert costs.cost(problem, found.host) < costs.cost(problem, problem.start)
    assert not check.violations(problem, found.host, found.on)


def test_stops_at_a_bound_that_is_met() -> None:
    """10 above what is safe on one host, 10 free on the other: 0 is the bound, is met, and is called optimal."""
    stage = Sum((Excess(np.array([1]), np.array([[10], [10]])),))
    problem = Problem.of([[10], [10]], [[20], [20]], start=[0, 0], transient=[False], costs=[stage])
    found = Reassign(seconds=1e9)(problem)
    assert found.status == "optimal"
    assert sorted(found.host.tolist()) == [0, 1]


@pytest.mark.parametrize("seed", range(8))
def test_bound(seed: int) -> None:
    """The bound is never above what any placement costs."""
    problem = random_problem(seed)
    host = frozen(np.random.default_rng(seed).permutation(problem.start), np.int32)
    assert aggregate_bound(problem) <= min(costs.cost(problem, host)[0], costs.cost(problem, problem.start)[0])


def test_earlier_stages_count_more() -> None:
    """One host less is worth any number of moves: 3 + 3 + 3 end on one host of 9, which two of them move to."""
    problem = Problem.of([[3], [3], [3]], [[9]] * 3, start=[0, 1, 2], transient=[False])
    found = Reassign(trials=20_000)(problem)
    assert int(found.on.sum()) == 1
    assert costs.cost(problem, found.host)[1] == 2


def test_stages_are_compared_in_order() -> None:
    """The answer to stages is no worse than the start in the first stage, and then in the second."""
    problem = random_problem(4, staged=True)
    found = Reassign(trials=100_000)(problem)
    assert costs.cost(problem, found.host)[:2] < costs.cost(problem, problem.start)[:2]


OTHERS = [
    Gather(vms=rows(0, 6)),
    Among(vms=rows(0, 6), groups=(rows(0, 1), rows(2, 3))),
    Lonely(vms=rows(5)),
    Split(parts=(rows(0), rows(1))),
    MaxOnline(hosts=rows(0, 1, 2), most=3),
    RunningCapacity(hosts=rows(0, 1), most=8),
    Ban(vms=rows(*range(24)), hosts=rows(3), entering=True),
    Spare(hosts=rows(0, 1, 2, 3, 4, 5)),
]


@pytest.mark.parametrize("rule", OTHERS, ids=[rule.kind for rule in OTHERS])
def test_other_rules_are_kept_as_well(rule: Rule) -> None:
    """Rules that the search keeps no count of are not broken either, unless the start breaks them."""
    problem = random_problem(5)
    problem = replace(problem, rules=(*problem.rules, rule))
    found = Reassign(trials=5000)(problem)
    assert not check.new(check.judged(problem, check.violations(problem, found.host, found.on)))


def test_what_is_on_no_host_is_placed_first() -> None:
    """A new VM, and one on a host that must be off, find a host before the search begins."""
    rule = Offline(hosts=rows(2))
    problem = Problem.of([[3], [3]], [[9]] * 3, start=[NOWHERE, 2], transient=[False], rules=[rule])
    found = Reassign(seconds=1, trials=1000)(problem)
    assert set(found.host.tolist()) <= {0, 1}
    assert not check.violations(problem, found.host, found.on)


def test_no_room_is_said() -> None:
    """A VM of 10 on hosts of 9 is infeasible, and the reason is told."""
    found = Reassign(trials=10)(Problem.of([[10]], [[9]], costs=[Headroom()]))
    assert found.status == "infeasible"
    assert found.reason
