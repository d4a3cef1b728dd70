"""The exact model: what it minimises, what it states of rules, and how it compares with trying everything."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from models.costs import Headroom, HostsOn, Moves
from models.problem import Problem
from models.rules import Gather, MaxOnline, Root, Spare, Split, Spread
from solvers.cpsat import CpSat, pairs
from solvers.portfolio import Portfolio
from solvers.relations import compiled
from tests.models.strategies import rows
from tests.solvers import exhaustive


def test_fewest_hosts_then_fewest_moves() -> None:
    """5 + 3 + 2 fit on one host of 10; the host that holds two of them already stays on, and one VM moves."""
    found = CpSat(1.0)(Problem.of([[5], [3], [2]], [[10]] * 3, start=[0, 1, 1]))
    assert found.status == "optimal"
    assert found.host.tolist() == [1, 1, 1]
    assert found.on.tolist() == [False, True, False]


def test_lightest_hosts() -> None:
    """One of two hosts is enough; the one of weight 2 stays on, though two VMs must move."""
    costs = HostsOn(np.array([3, 2])), Moves(np.ones(3, np.int64)), Headroom()
    found = CpSat(1.0)(Problem.of([[1], [1], [1]], [[9], [9]], start=[0, 0, 1], costs=costs))
    assert found.on.tolist() == [False, True]
    assert found.bound == 2


def test_what_greedy_misses() -> None:
    """8, 7, 6, 5, 4 fit on two hosts of 15 only as 8 + 7 and 6 + 5 + 4."""
    found = CpSat(1.0)(Problem.of([[8], [7], [6], [5], [4]], [[15]] * 5, start=[0, 1, 2, 3, 4]))
    assert found.status == "optimal"
    assert found.host[0] == found.host[1]
    assert len(set(found.host[2:])) == 1


def test_gather_and_split() -> None:
    """VMs 0 and 1 must be together, VM 2 apart from them: two hosts, although all three would fit on one."""
    rules = Gather(vms=rows(0, 1)), Split(parts=(rows(0), rows(2)))
    found = CpSat(1.0)(Problem.of([[1]] * 3, [[9]] * 3, start=[0, 1, 2], rules=rules))
    assert found.host[0] == found.host[1] != found.host[2]
    assert int(found.on.sum()) == 2


def test_spread_over_racks() -> None:
    """One VM a rack: two hosts of different racks stay on."""
    rule = Spread(vms=rows(0, 1), level="rack")
    found = CpSat(1.0)(Problem.of([[1]] * 2, [[9]] * 4, start=[0, 2], levels={"rack": [0, 0, 1, 1]}, rules=[rule]))
    assert len({int(host) // 2 for host in found.host}) == 2


def test_max_online() -> None:
    """At most one of hosts 0 and 1 is on, so host 2 takes the second VM of 9."""
    rule = MaxOnline(hosts=rows(0, 1), most=1)
    found = CpSat(1.0)(Problem.of([[9], [9]], [[10]] * 3, start=[0, 1], rules=[rule]))
    assert found.on[2]
    assert int(found.on[:2].sum()) == 1


def test_spare_of_some_hosts() -> None:
    """Hosts 1 and 2 must stand in for each other, host 0 for nobody: all on host 0 is the only way with one host."""
    found = CpSat(1.0)(Problem.of([[4], [4]], [[9]] * 3, start=[1, 2], rules=[Spare(hosts=rows(1, 2))]))
    assert found.on.tolist() == [True, False, False]


def test_two_losses() -> None:
    """4 × 5 on hosts of 10 of which any two may be lost: two to hold them, two to spare."""
    rule = Spare(hosts=rows(0, 1, 2, 3, 4), count=2)
    found = CpSat(2.0)(Problem.of([[5]] * 4, [[10]] * 5, start=[0, 1, 2, 3], rules=[rule]))
    assert found.status == "optimal"
    assert int(found.on.sum()) == 4


def test_pinned() -> None:
    """What must not move does not."""
    found = CpSat(1.0)(Problem.of([[1], [1]], [[9], [9]], start=[0, 1], rules=[Root(vms=rows(0))]))
    assert found.host.tolist() == [0, 0]


def test_infeasible() -> None:
    """Without a placement the start is told, with the status infeasible."""
    found = CpSat(1.0)(Problem.of([[9], [9]], [[10]], start=[0, -1]))
    assert found.status == "infeasible"
    assert found.host.tolist() == [0, -1]


def test_pairs() -> None:
    """A model of 3 VMs on 2 hosts has 6 pairs."""
    assert pairs(compiled(Problem.of([[1]] * 3, [[9]] * 2))) == 6


def test_deterministic() -> None:
    """The same problem and seed give the same placement."""
    rng = np.random.default_rng(3)
    problem = Problem.of(rng.integers(1, 9, (12, 2)), np.full((6, 2), 20), start=np.arange(12) % 6)
    first, second = (CpSat(1.0, seed=7)(problem) for _ in range(2))
    assert first.host.tolist() == second.host.tolist()


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_optimal(data: st.DataObject) -> None:
    """Within the rules of the start it finds the optimum: the least weight, and at that the fewest moves."""
    problem = data.draw(exhaustive.problems(most_hosts=3, most_vms=4))
    best = exhaustive.optimum(problem)
    if best is None or not exhaustive.clean(problem):
        return
    found = Portfolio("cp-sat", seconds=1)(problem)
    assert exhaustive.weight(problem, found.on) == best.weight
    assert exhaustive.moves(problem, found.host) == best.moves
