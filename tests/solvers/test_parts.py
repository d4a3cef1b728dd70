"""Parts of a problem: what belongs together, what does not, and that nothing is lost."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from models.arrays import NOWHERE
from models.check import placement as check
from models.problem import Problem
from models.rules import Ban, Fence, Gather, MaxOnline, Overbook, Rule, Spare, Spread
from solvers.parts import misplaced, scopes, split
from tests.models import strategies
from tests.models.strategies import rows


def clusters(*rules: Rule) -> Problem:
    """Return two clusters of two hosts with two VMs each."""
    fences = Fence(vms=rows(0, 1), hosts=rows(0, 1)), Fence(vms=rows(2, 3), hosts=rows(2, 3))
    return Problem.of([[1], [2], [3], [4]], [[9]] * 4, start=[0, 1, 2, 3], rules=(*fences, *rules))


def test_clusters_are_parts() -> None:
    """VMs fenced to different hosts are different problems, with rows of their own."""
    first, second = split(clusters())
    assert (first.vms.tolist(), first.hosts.tolist()) == ([0, 1], [0, 1])
    assert (second.vms.tolist(), second.hosts.tolist()) == ([2, 3], [2, 3])
    assert second.problem.start.tolist() == [0, 1]
    assert second.problem.demand[0, :, 0].tolist() == [3, 4]
    assert second.problem.vms.tolist() == ["vm-2", "vm-3"]


def test_rows_of_a_part() -> None:
    """Hosts of the whole by their rows in the part: VM 2 is on host 3, VM 3 on none, and host 0 is another part's."""
    second = split(clusters())[1]
    assert second.own(np.array([0, 1, 3, NOWHERE])).tolist() == [1, NOWHERE]
    assert second.own(np.array([0, 1, 0, 2])).tolist() == [NOWHERE, 0]


def test_rules_join_parts() -> None:
    """A rule over VMs or hosts of both clusters makes them one problem."""
    for rule in (
        Spread(vms=rows(0, 3)),
        Gather(vms=rows(1, 2)),
        MaxOnline(hosts=rows(0, 2), most=1),
        Spare(hosts=rows(1, 3)),
    ):
        assert len(split(clusters(rule))) == 1


def test_rules_of_one_part() -> None:
    """A rule goes only to the part it is about, in that part's rows."""
    first, second = split(clusters(Spread(vms=rows(2, 3), name="apart")))
    assert [rule.kind for rule in first.problem.rules] == ["Fence"]
    (spread,) = (rule for rule in second.problem.rules if isinstance(rule, Spread))
    assert spread.vms.tolist() == [0, 1]


def test_rules_that_join_nothing() -> None:
    """A ban over both clusters is split; so is a limit on each host, with its own amounts."""
    rules = Ban(vms=rows(0, 2), hosts=rows(0, 2)), Overbook(hosts=rows(1, 3), dim="dim0", ratio=1.0, physical=(5, 7))
    parts = split(clusters(*rules))
    assert len(parts) == 2
    limits = [rule.physical for part in parts for rule in part.problem.rules if isinstance(rule, Overbook)]
    assert limits == [(5,), (7,)]


def test_where_a_vm_is_belongs_to_it() -> None:
    """A VM outside its fence joins the host that it is on to those that it may go to."""
    problem = Problem.of([[1]], [[9]] * 2, start=[0], rules=[Fence(vms=rows(0), hosts=rows(1))])
    assert len(split(problem)) == 1


def test_hosts_without_vms() -> None:
    """A host that nobody may enter is a part without VMs."""
    parts = split(Problem.of([[1]], [[9]] * 2, start=[0], rules=[Fence(vms=rows(0), hosts=rows(0))]))
    assert [len(part.vms) for part in parts] == [1, 0]


def test_scopes() -> None:
    """Fences and bans leave each VM a set of hosts; equal ones are told once."""
    masks, which = scopes(clusters(Ban(vms=rows(1), hosts=rows(0))))
    assert masks[which].tolist() == [
        [True, True, False, False],
        [False, True, False, False],
        [False, False, True, True],
        [False, False, True, True],
    ]
    assert len(masks) == 3


def test_misplaced() -> None:
    """A VM on a host that it is banned from is misplaced, unless only entering is banned."""
    for entering in (True, False):
        ban = Ban(vms=rows(0), hosts=rows(0), entering=entering)
        assert misplaced(Problem.of([[1]], [[9]], start=[0], rules=[ban])).tolist() == [not entering]


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_nothing_is_lost(data: st.DataObject) -> None:
    """Each VM and host is in one part, and the parts have the violations that the whole has, no more and no less."""
    problem = data.draw(strategies.problems(placed=True))
    parts = split(problem)
    assert np.sort(np.concatenate([part.vms for part in parts])).tolist() == list(range(len(problem.start)))
    assert np.sort(np.concatenate([part.hosts for part in parts])).tolist() == list(range(len(problem.capacity)))
    whole = {(each.rule, each.amount) for each in check.violations(problem, problem.start, problem.on)}
    found = {
        (each.rule, each.amount)
        for part in parts
        for each in check.violations(part.problem, part.problem.start, part.problem.on)
    }
    assert found == whole
    assert all((part.problem.start != NOWHERE).all() for part in parts)
