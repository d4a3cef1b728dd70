"""What the solvers promise of any problem: no VM lost, no rule broken, no host more than before, a valid bound."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.arrays import NOWHERE
from models.check import placement as check
from models.check import rollback, timeline
from models.network import Limits
from models.plan import Placement, Plan, Transition
from models.problem import Problem
from models.rules import Fence, Root, Spare, Spread
from solvers import solver
from solvers.portfolio import Portfolio
from solvers.schedule import ListSchedule
from tests.models import strategies
from tests.models.strategies import rows
from tests.solvers import exhaustive


def scheduled(problem: Problem, placement: Placement) -> Plan:
    """Return the plan to a placement, on hosts with 1 Gbit/s."""
    vms, hosts = len(problem.start), len(problem.capacity)
    return ListSchedule()(
        Transition(
            problem=problem,
            placement=placement,
            memory_mib=np.full(vms, 1024.0),
            dirty_mib_s=np.full(vms, 5.0),
            running=problem.takes,
            nic_mbps=np.full(hosts, 1000.0),
            stream_mbps=1000.0,
            boot_s=np.full(hosts, 60.0),
            shutdown_s=np.full(hosts, 30.0),
            limits=Limits(outgoing=2, incoming=2, per_host=3, wave=4, pilot=2),
        )
    )


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_plan_keeps_all_rules_at_every_moment(data: st.DataObject) -> None:
    """
    Whatever the rules, a placement that is not called infeasible passes the checker, on the way and back too.

    Continuous rules that are broken at the start cannot always be mended without breaking them otherwise on the way;
    planning refuses such plans, so that they do not count here.
    """
    problem = data.draw(strategies.problems())
    placement = Portfolio(seconds=1)(problem)
    if placement.status == "infeasible":
        assert (placement.host == problem.start).all() or placement.reason
        return
    found = check.judged(problem, check.violations(problem, placement.host, placement.on))
    assert not check.new(found)
    assert (placement.host != NOWHERE).all()
    plan = scheduled(problem, placement)
    if plan.blocked:
        return
    continuous = {rule.kind for rule in problem.rules if rule.continuous}
    on_the_way = [*timeline.violations(problem, plan), *rollback.violations(problem, plan)]
    assert not [each for each in check.new(on_the_way) if each.rule not in continuous]
    assert plan.makespan_bound_s <= plan.makespan_s + 1e-6


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_against_trying_everything(data: st.DataObject) -> None:
    """Where the start keeps all rules, the bound is never above the optimum, and called optimal is only what is."""
    problem = data.draw(exhaustive.problems(most_hosts=3))
    best = exhaustive.optimum(problem)
    if best is None or not exhaustive.clean(problem):
        return
    found = Portfolio(seconds=1)(problem)
    weight = exhaustive.weight(problem, found.on)
    assert found.bound <= best.weight <= weight
    assert found.bound_hosts <= best.hosts
    assert weight == best.weight or found.status != "optimal"


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_never_worse_than_the_start_and_stable(data: st.DataObject) -> None:
    """From a start that keeps all rules, no more hosts are on than before, and a second run moves nothing."""
    problem = data.draw(exhaustive.problems(most_vms=8))
    if not exhaustive.clean(problem):
        return
    found = Portfolio(seconds=1)(problem)
    assert found.status != "infeasible"
    assert exhaustive.weight(problem, found.on) <= exhaustive.weight(problem, problem.on)
    again = Portfolio(seconds=1)(replace(problem, start=found.host, on=found.on))
    assert again.status == "unchanged"


def test_most_tiny_problems_are_solved_to_the_optimum() -> None:
    """Of 30 random problems with three rules, nearly all are solved to the optimum, with the fewest moves."""
    met, fewest, total = 0, 0, 0
    for seed in range(30):
        problem = random_problem(np.random.default_rng(seed))
        best = exhaustive.optimum(problem)
        if best is None:
            continue
        total += 1
        found = Portfolio(seconds=1)(problem)
        met += found.status != "infeasible" and exhaustive.weight(problem, found.on) == best.weight
        fewest += exhaustive.moves(problem, found.host) <= best.moves
    assert total > 20
    assert met >= 0.98 * total
    assert fewest >= 0.9 * total


def random_problem(rng: np.random.Generator) -> Problem:
    """Return five VMs of two dims on four hosts, two apart and one pinned, where any host may be lost."""
    apart, pinned = rng.choice(5, 2, replace=False), int(rng.integers(5))
    rules = Spread(vms=rows(*apart)), Root(vms=rows(pinned)), Spare(hosts=rows(0, 1, 2, 3))
    return Problem.of(rng.integers(1, 6, (5, 2)), np.full((4, 2), 10), start=rng.permutation(5) % 4, rules=rules)


def test_rules_with_a_price_are_kept_if_they_can_be() -> None:
    """A priced Spread of two VMs costs a second host; with one host alone it is given up."""
    rule = Spread(vms=rows(0, 1), price=5.0)
    roomy = Portfolio(seconds=1)(Problem.of([[1], [1]], [[9], [9]], start=[0, 1], rules=[rule]))
    assert int(roomy.on.sum()) == 2
    alone = Portfolio(seconds=1)(Problem.of([[1], [1]], [[9]], rules=[rule]))
    assert alone.status != "infeasible"


def test_a_part_without_a_solution_stops_the_others() -> None:
    """The VM of 99 fits nowhere in its cluster; half a plan is none, so the other cluster stays as it is too."""
    fences = Fence(vms=rows(0, 1), hosts=rows(0, 1)), Fence(vms=rows(2), hosts=rows(2))
    problem = Problem.of([[1], [1], [99]], [[9]] * 3, start=[0, 1, NOWHERE], rules=fences)
    found = Portfolio(seconds=1)(problem)
    assert found.status == "infeasible"
    assert found.blocking[0] == "vm-2"
    assert found.host.tolist() == [0, 1, NOWHERE]
    assert found.on.all()


@pytest.mark.parametrize("means", ["first-fit", "best-fit", "dot-product", "evacuate", "cp-sat", "auto"])
def test_every_means(means: str) -> None:
    """Each means packs 6 + 4 and 5 + 5 into two hosts of 10, and says who it was."""
    found = solver(means, seconds=1, seed=1, workers=1)(
        Problem.of([[6], [5], [5], [4]], [[10]] * 4, start=[0, 1, 2, 3])
    )
    assert found.status == "optimal"
    assert found.solver


def test_progress() -> None:
    """The one who waits is told of each part."""
    told: list[tuple[int, int]] = []
    fences = Fence(vms=rows(0), hosts=rows(0)), Fence(vms=rows(1), hosts=rows(1))
    problem = Problem.of([[1], [1]], [[9], [9]], start=[0, 1], rules=fences)
    Portfolio(progress=lambda done, total: told.append((done, total)))(problem)
    assert told == [(1, 2), (2, 2)]


def test_no_hosts() -> None:
    """VMs without any host are reported by name."""
    found = Portfolio()(Problem.of([[1]], np.zeros((0, 1))))
    assert (found.status, found.blocking) == ("infeasible", ("vm-0",))
