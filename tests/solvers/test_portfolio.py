"""What the solvers promise of any problem: no VM lost, no rule broken, no host more than before, a valid bound."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from models.arrays import NOWHERE
from models.check import placement as check
from models.check import rollback, timeline
from models.network import Limits
from models.plan import Placement, Plan, Transition
from models.problem import Problem
from solvers.portfolio import Portfolio
from solvers.schedule import ListSchedule
from tests.models import strategies


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


@settings(max_examples=100, deadline=None)
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
