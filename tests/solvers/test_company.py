"""VMs in several places and beside others: what a search may do next, and what the exact model states."""

import numpy as np
import pytest

from models.arrays import NOWHERE
from models.check import placement as check
from models.problem import Problem
from models.rules import Dependency, Gather, LeastPlaces, Rule
from solvers.cpsat import CpSat
from solvers.incremental import Incremental
from solvers.portfolio import Portfolio
from solvers.relations import compiled
from solvers.state import State
from tests.models.strategies import rows

ALL = rows(0, 1, 2)
RACKS = {"rack": [0, 0, 1, 1]}


def problem(*rules: Rule, start: list[int]) -> Problem:
    """Return VMs of 1 on four hosts of 9, two a rack."""
    return Problem.of([[1]] * len(start), [[9]] * 4, start=start, levels=RACKS, rules=rules)


def targets(chosen: Problem, item: int, *, strict: bool = True) -> list[int]:
    """Return where an item may go."""
    state = State(compiled(chosen, strict=strict), chosen.start)
    if state.host[item] != NOWHERE:
        state.take(item)
    return [int(host) for host in np.flatnonzero(state.targets(item))]


def test_the_last_one_goes_to_another_rack() -> None:
    """Two of three VMs are in rack 0, so the third must go to rack 1."""
    assert targets(problem(LeastPlaces(vms=rows(0, 1, 2), level="rack", least=2), start=[0, 1, -1]), 2) == [2, 3]


def test_others_may_still_scatter() -> None:
    """As long as another VM is to come, this one may go anywhere."""
    assert targets(problem(LeastPlaces(vms=rows(0, 1, 2), level="rack", least=2), start=[0, -1, -1]), 2) == [0, 1, 2, 3]


@pytest.mark.parametrize("level", ["rack", "host"])
def test_together_and_in_several_places(level: str) -> None:
    """VMs that must share a host cannot be in two places: no placement, which names both rules, and nobody moves."""
    chosen = problem(LeastPlaces(vms=ALL, level=level, least=2), Gather(vms=ALL, level="host"), start=[0, 1, 2])
    found = Portfolio()(chosen)
    assert found.status == "infeasible"
    assert {"LeastPlaces", "Gather"} <= set(found.blocking)
    assert found.host.tolist() == [0, 1, 2]


def test_the_one_that_depends_follows() -> None:
    """VM 0 depends on VM 1, which is in rack 1."""
    assert targets(problem(Dependency(vms=rows(0), on=rows(1), level="rack"), start=[-1, 2]), 0) == [2, 3]


def test_the_last_one_that_serves_stays_in_the_rack() -> None:
    """VM 0 in rack 0 depends on VM 1 alone, which may not leave the rack."""
    assert targets(problem(Dependency(vms=rows(0), on=rows(1), level="rack"), start=[0, 1]), 1) == [0, 1]


def test_whoever_is_served_otherwise_is_no_tie() -> None:
    """VM 2 serves rack 0 as well, so that VM 1 is free."""
    rule = Dependency(vms=rows(0), on=rows(1, 2), level="rack")
    assert targets(problem(rule, start=[0, 1, 1]), 1) == [0, 1, 2, 3]


def test_broken_at_the_start_may_stay_so() -> None:
    """What starts broken binds nobody unless it is to be mended."""
    rules = LeastPlaces(vms=rows(0, 1), level="rack", least=2), Dependency(vms=rows(0), on=rows(2), level="rack")
    assert targets(problem(*rules, start=[0, 1, 2]), 1, strict=False) == [0, 1, 2, 3]
    assert targets(problem(*rules, start=[0, 1, 2]), 1) == [2, 3]


@pytest.mark.parametrize("solver", [CpSat(1.0), Portfolio(seconds=1)])
def test_two_racks_need_two_hosts(solver: CpSat | Portfolio) -> None:
    """Four VMs fit on one host; two racks need two, and VM 3 needs VM 0 beside it."""
    rules = LeastPlaces(vms=rows(0, 1, 2), level="rack", least=2), Dependency(vms=rows(3), on=rows(0), level="rack")
    chosen = problem(*rules, start=[0, 1, 2, 1])
    found = solver(chosen)
    assert int(found.on.sum()) == 2
    assert not check.violations(chosen, found.host, found.on)


def test_broken_rules_are_mended() -> None:
    """Both VMs start in rack 0 and should be in two racks: one moves."""
    chosen = problem(LeastPlaces(vms=rows(0, 1), level="rack", least=2), start=[0, 1])
    found = Portfolio(seconds=1)(chosen)
    assert not check.violations(chosen, found.host, found.on)


def test_a_new_vm_goes_where_the_others_are_not() -> None:
    """Both others are in rack 0, and nobody has to move: the new one goes to rack 1, and the reason is told."""
    chosen = problem(LeastPlaces(vms=rows(0, 1, 2), level="rack", least=2), start=[0, 1, NOWHERE])
    found = Incremental(compiled(chosen, strict=False)).best(2)
    assert (found.host in (2, 3), found.candidates, dict(found.excluded)) == (True, 2, {"LeastPlaces": 2})


def test_a_new_vm_goes_beside_the_one_it_needs() -> None:
    """The one it needs is on host 2, so hosts 0 and 1, in the other rack, are excluded by the rule."""
    chosen = problem(Dependency(vms=rows(0), on=rows(1), level="rack"), start=[NOWHERE, 2])
    found = Incremental(compiled(chosen, strict=False)).best(0)
    assert (found.host, dict(found.excluded)) == (2, {"Dependency": 2})
