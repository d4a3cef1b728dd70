"""Why hosts stay on: what binds is named with its amounts."""

from typing import Any

import numpy as np

from models.plan import Placement
from models.problem import Problem
from models.rules import Fence, Online, Root, Rule, Spare, Spread
from solvers.kept import Kept, kept, next_freed, reasons
from tests.models.strategies import rows


def told(sizes: list[int], host: list[int], *rules: Rule, capacity: int = 10, **rest: Any) -> dict[int, Kept]:
    """Return why hosts stay on, by host, when VMs are on the hosts given."""
    hosts = max(host) + 1
    problem = Problem.of([[size] for size in sizes], [[capacity]] * hosts, start=host, rules=rules, dims=["memory_mib"])
    found = kept(problem, Placement(np.array(host), np.ones(hosts, np.bool_)), **rest)
    return {each.host: each for each in found}


def test_a_resource() -> None:
    """Hosts with 6 and 7 of 10: the 6 finds 3 free and the 7 finds 4."""
    found = told([6, 7], [0, 1])
    assert found[0].reason == ("its VM finds no room on the others; 6 of memory_mib for vm-0 where at most 3 are free")
    assert (found[1].homeless, found[1].missing) == (1, 0.7)


def test_in_pieces() -> None:
    """Of 4, 3 and 3, a host with 4 free takes the 4; for the others nothing is left."""
    found = told([4, 3, 3, 6], [0, 0, 0, 1])
    assert found[0].reason.startswith("2 of its 3 VMs find no room on the others; 3 of memory_mib for vm-1")


def test_rules() -> None:
    """Pinned VMs, hosts that must be on, VMs without another host, and VMs that must be apart."""
    assert told([1, 1], [0, 1], Root(vms=rows(0), name="licence"))[0].reason == "vm-0 must not leave it: licence"
    assert told([1, 1], [0, 1], Online(hosts=rows(0)))[0].reason == "a rule demands that it is on"
    assert "may be on none of them" in told([1, 1], [0, 1], Fence(vms=rows(0), hosts=rows(0)))[0].reason
    assert "may not join" in told([1, 1], [0, 1], Spread(vms=rows(0, 1)))[0].reason


def test_spare() -> None:
    """5 and 5 fit together, but then neither host could be lost."""
    found = told([5, 5], [0, 1], Spare(hosts=rows(0, 1)))
    assert found[0].reason == "without it, the loss of another host could not be survived"


def test_clusters() -> None:
    """Each cluster by itself, by rows of the whole, the emptiest of all first; a loss elsewhere is no reason."""
    low, high = Fence(vms=rows(0, 1), hosts=rows(0, 1)), Fence(vms=rows(2, 3), hosts=rows(2, 3))
    found = told([5, 5, 6, 4], [0, 1, 2, 3], low, high, Spare(hosts=rows(0, 1)))
    assert list(found) == [3, 0, 1, 2]
    assert found[0].reason == "without it, the loss of another host could not be survived"
    assert found[3].reason.startswith("its VMs would find room elsewhere")


def test_the_emptiest_first() -> None:
    """Hosts are told of from the emptiest to the fullest."""
    assert list(told([7, 4, 9], [0, 1, 2])) == [1, 0, 2]


def test_the_next() -> None:
    """With 6 and 7 on hosts of 10 the 6 lacks least; 6 GiB have to be moved."""
    problem = Problem.of([[6], [7]], [[10]] * 2, start=[0, 1], dims=["memory_mib"])
    placement = Placement(problem.start, problem.on)
    words = next_freed(problem, placement, kept(problem, placement), np.array([6144.0, 7168.0]))
    assert words.startswith("host-0 would be the next")
    assert words.endswith("It means to move 1 running VM of 6 GiB.")
    assert next_freed(problem, placement, (), np.zeros(2)) == ""


def test_every_host() -> None:
    """Hosts that are off have no reason, empty ones stand by, and the others have theirs."""
    problem = Problem.of([[6], [7]], [[10]] * 4, start=[0, 1], dims=["memory_mib"])
    placement = Placement(problem.start, np.array([True, True, True, False]))
    words = reasons(problem, placement, kept(problem, placement)[:1])
    assert words[0].startswith("its VM finds no room")
    assert words[1:] == ("70% of its memory_mib are taken", "stands by, empty", "")
