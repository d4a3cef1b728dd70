"""A problem with one more host: what the new one takes over from the one that it is like."""

from typing import Any

import numpy as np

from models.costs import HostsOn
from models.problem import Problem
from models.rules import Among, Fence, Offline, Overbook, Overload
from solvers.extended import one_more
from tests.models.strategies import rows


def test_rules_name_it_too() -> None:
    """What holds of host 1 holds of the new one, with its own numbers; what closes host 1 does not."""
    series = np.arange(4).reshape(1, 2, 2)
    rules = (
        Fence(vms=rows(0), hosts=rows(1)),
        Fence(vms=rows(1), hosts=rows(0)),
        Among(vms=rows(0), groups=(rows(0), rows(1))),
        Overbook(hosts=rows(0, 1), dim="cpu", ratio=2.0, physical=(5, 7)),
        Overload(vms=rows(0, 1), hosts=rows(0, 1), series=series, limit=rows(3, 4), most=0),
        Offline(hosts=rows(1)),
    )
    found = one_more(Problem.of([[1], [2]], [[5], [7]], dims=["cpu"], rules=rules), 1)
    named: list[Any] = list(found.rules)
    fence, other, among, overbook, overload, offline = named
    assert [each.hosts.tolist() for each in (fence, other, offline)] == [[1, 2], [0], [1]]
    assert [group.tolist() for group in among.groups] == [[0], [1, 2]]
    assert (overbook.hosts.tolist(), overbook.physical) == ([0, 1, 2], (5, 7, 7))
    assert (overload.hosts.tolist(), overload.limit.tolist()) == ([0, 1, 2], [3, 4, 4])


def test_all_else_stays() -> None:
    """Room, racks, weight and the ways to sit are those of host 1; VMs are where they were."""
    problem = Problem.of(
        [[1, 0], [2, 0]], [[5, 5], [7, 6]], failover=[[6, 6], [8, 8]], start=[0, 1], on=[True, False],
        turns=[[0, 1], [1, 0]], start_turn=[0, 1], levels={"rack": [0, 3]}, costs=[HostsOn(np.array([2, 9]))],
    )  # fmt: skip
    found = one_more(problem, 1)
    assert found.capacity.tolist() == [[5, 5], [7, 6], [7, 6]]
    assert found.failover.tolist() == [[6, 6], [8, 8], [8, 8]]
    assert (found.on.tolist(), found.levels["rack"].tolist()) == ([True, False, True], [0, 3, 3])
    assert (found.start.tolist(), found.start_turn.tolist(), found.turns.tolist()) == ([0, 1], [0, 1], [[0, 1], [1, 0]])
    assert (found.host_weights.tolist(), found.hosts.tolist()) == ([2, 9, 9], ["host-0", "host-1", "another host-1"])
