"""What the checker's word means for a plan: shown, refused, or our own mistake."""

from dataclasses import replace

import numpy as np
import pytest

from consolidate.plans.verdict import Verdict, checked, over_capacity, safe
from consolidate.readers.reading import Reading
from models.check.violation import Violation
from models.errors import BrokenPromiseError
from models.formulation import formulate
from models.network import Limits
from models.plan import Moves, Placement, Plan
from models.problem import Problem
from models.rules import Spread
from tests.models.machines import inventory
from tests.models.strategies import rows

GIVEN = inventory([0, 1])
PROBLEM = formulate(GIVEN).problem
STAY = Plan(Placement(PROBLEM.start, PROBLEM.on))


def verdict(problem: Problem, plan: Plan) -> Verdict:
    """Return the checker's word under generous limits."""
    return checked(problem, plan, Limits(), Reading(GIVEN))


def swap() -> Plan:
    """Return the plan that moves VM 0 to host 1, and then VM 1 to host 0."""
    moves = Moves.of(vm=[0, 1], source=[0, 1], destination=[1, 0], start_s=[0.0, 10.0], end_s=[5.0, 15.0])
    return Plan(Placement(np.array([1, 0], np.int32), PROBLEM.on), moves, makespan_s=15.0)


def test_nothing_wrong() -> None:
    """A plan that does nothing to an estate within its limits has nothing to be said against it."""
    found = verdict(PROBLEM, STAY)
    assert (found.before, found.during, found.after) == ((), (), ())


def test_a_broken_end_is_our_mistake() -> None:
    """VMs that the plan forgets would be lost: a bug, not a result."""
    lost = Plan(Placement(np.array([-1, 1], np.int32), PROBLEM.on))
    with pytest.raises(BrokenPromiseError, match="not shown"):
        verdict(PROBLEM, lost)


def test_a_broken_way_is_refused() -> None:
    """VMs that must never meet do on the way: the plan is refused, and everything stays as it is."""
    rule = Spread(vms=rows(0, 1), name="apart")
    problem = replace(PROBLEM, rules=(rule,))
    plan = swap()
    found = verdict(problem, plan)
    assert found.during
    kept = safe(problem, plan, found)
    assert kept.placement.status == "infeasible"
    assert kept.placement.host.tolist() == [0, 1]
    assert kept.placement.blocking == ("Spread apart",)
    assert not len(kept.moves)


def test_a_good_way_is_kept() -> None:
    """Without the rule the same plan is as good as any."""
    plan = swap()
    assert safe(PROBLEM, plan, verdict(PROBLEM, plan)) is plan


def test_what_was_broken_before() -> None:
    """A violation of the start is told, and again at the end as one that existed."""
    problem = replace(PROBLEM, rules=(Spread(vms=rows(0, 1), level="cluster", name="apart"),))
    problem = replace(problem, levels={"cluster": np.zeros(2, np.int32)})
    found = verdict(problem, Plan(Placement(problem.start, problem.on)))
    assert len(found.before) == 1
    assert [each.existed for each in found.after] == [True]
    assert len(found.left) == 1


def test_findings_of_the_start() -> None:
    """Violations of a kind are one finding, with their number."""
    two = (Violation("Capacity", ("a",), 5, 4, "vcpus"), Violation("Capacity", ("b",), 5, 4, "vcpus"))
    (finding,) = over_capacity(Verdict(two, (), ()))
    assert (finding.severity, finding.count) == ("warning", 2)
    assert finding.message.startswith("Today already: ")
    assert finding.message.endswith("and 1 more of the kind.")
