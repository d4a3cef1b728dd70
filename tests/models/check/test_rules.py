"""Each kind of rule, holding and broken, at rest and in transit."""

from typing import Any

import numpy as np
import pytest

from models.check import placement, rules
from models.check.state import State, at_rest
from models.problem import Problem
from models.rules import (
    RULES,
    Among,
    Ban,
    Dependency,
    Fence,
    Gather,
    LeastPlaces,
    Lonely,
    MaxOnline,
    Offline,
    Online,
    Overbook,
    Preserve,
    Quarantine,
    ResourceCapacity,
    Root,
    Rule,
    RunningCapacity,
    Spare,
    Split,
    Spread,
)
from tests.models.strategies import rows

# Four hosts, the first two in rack 0, the third in rack 1, the last in none and off. VMs 0 to 2 take 2 cpu and
# 4 memory each; VM 3 is powered off. They start on hosts 0, 1, 2 and 0. A VM on its way holds memory twice, cpu once.
PROBLEM = Problem.of(
    demand=[[2, 4], [2, 4], [2, 4], [0, 0]],
    capacity=[[8, 12]] * 4,
    start=[0, 1, 2, 0],
    on=[True, True, True, False],
    transient=[False, True],
    levels={"rack": [0, 0, 1, -1]},
    dims=("cpu", "memory"),
)


def rest(host: list[int]) -> State:
    """Return the state with the VMs on these hosts."""
    return at_rest(PROBLEM, np.array(host, np.int32), PROBLEM.on)


def moving(host: list[int], vm: int, to: int) -> State:
    """Return the state with one VM also on its way to another host."""
    now = rest(host)
    arriving = np.append(now.arriving, True)
    return State(PROBLEM, np.append(now.vm, np.int32(vm)), np.append(now.host, np.int32(to)), arriving, PROBLEM.on)


HOLDS: list[tuple[str, Rule, State]] = [
    ("each on its own host", Spread(vms=rows(0, 1, 2)), rest([0, 1, 2, 0])),
    ("two may meet where two may", Spread(vms=rows(0, 1, 2), most=2), rest([0, 0, 2, 0])),
    ("a powered-off VM meets nobody", Spread(vms=rows(0, 3)), rest([0, 1, 2, 0])),
    ("one a rack", Spread(vms=rows(0, 2), level="rack"), rest([0, 1, 2, 0])),
    ("hosts outside all racks are places of their own", Spread(vms=rows(1, 2), level="rack"), rest([0, 1, 3, 0])),
    ("a move within the rack counts once", Spread(vms=rows(0), level="rack"), moving([0, 1, 2, 0], 0, 1)),
    ("two racks of two", LeastPlaces(vms=rows(0, 1, 2), level="rack", least=2), rest([0, 1, 2, 0])),
    ("two run, so two hosts are enough", LeastPlaces(vms=rows(0, 1, 3), least=3), rest([0, 1, 2, 0])),
    ("it runs where it comes from", LeastPlaces(vms=rows(0, 1), least=2), moving([0, 1, 2, 0], 0, 1)),
    ("beside one it depends on", Dependency(vms=rows(0), on=rows(1, 2), level="rack"), rest([0, 1, 2, 0])),
    ("it depends on itself", Dependency(vms=rows(0), on=rows(0)), rest([0, 1, 2, 0])),
    ("a powered-off VM depends on nobody", Dependency(vms=rows(3), on=rows(2)), rest([0, 1, 2, 0])),
    ("still where it is served", Dependency(vms=rows(0), on=rows(1), level="rack"), moving([0, 1, 2, 0], 0, 2)),
    ("all on one host", Gather(vms=rows(0, 1)), rest([1, 1, 2, 0])),
    ("all in one rack", Gather(vms=rows(0, 1), level="rack"), rest([0, 1, 2, 0])),
    ("a move within the rack stays in it", Gather(vms=rows(0, 1), level="rack"), moving([0, 1, 2, 0], 0, 1)),
    ("inside the fence", Fence(vms=rows(0, 1, 3), hosts=rows(0, 1)), rest([0, 1, 2, 0])),
    ("nowhere is not outside the fence", Fence(vms=rows(0), hosts=rows(1)), rest([-1, 1, 2, 0])),
    ("elsewhere than banned", Ban(vms=rows(0, 1), hosts=rows(2)), rest([0, 1, 2, 0])),
    ("those already there may stay", Ban(vms=rows(0), hosts=rows(0), entering=True), rest([0, 1, 2, 0])),
    ("where it was", Root(vms=rows(0, 3)), rest([0, 2, 1, 0])),
    ("nobody came or went", Quarantine(hosts=rows(0)), rest([0, 2, 1, 0])),
    ("alone on its host", Lonely(vms=rows(1)), rest([0, 1, 2, 0])),
    ("two lonely VMs may share", Lonely(vms=rows(0, 1)), rest([0, 0, 2, 0])),
    ("a powered-off neighbour is none", Lonely(vms=rows(0)), rest([0, 1, 2, 0])),
    ("parts on different hosts", Split(parts=(rows(0, 1), rows(2))), rest([0, 0, 2, 0])),
    ("parts in different racks", Split(parts=(rows(0, 1), rows(2)), level="rack"), rest([0, 1, 2, 0])),
    ("outside all racks", Split(parts=(rows(0), rows(2)), level="rack"), rest([3, 1, 2, 0])),
    ("all in one of the groups", Among(vms=rows(0, 1), groups=(rows(0, 1), rows(2, 3))), rest([0, 1, 2, 0])),
    ("on", Online(hosts=rows(0, 1)), rest([0, 1, 2, 0])),
    ("off", Offline(hosts=rows(3)), rest([0, 1, 2, 0])),
    ("three of four on", MaxOnline(hosts=rows(0, 1, 2, 3), most=3), rest([0, 1, 2, 0])),
    ("one running VM, one powered off", RunningCapacity(hosts=rows(0), most=1), rest([0, 1, 2, 0])),
    ("a moving VM counts once", RunningCapacity(hosts=rows(0, 1), most=2), moving([0, 1, 2, 0], 0, 1)),
    ("2 + 2 cpu", ResourceCapacity(hosts=rows(0, 1), dim="cpu", most=4), rest([0, 1, 2, 0])),
    ("cpu is held once", ResourceCapacity(hosts=rows(0, 1), dim="cpu", most=4), moving([0, 1, 2, 0], 0, 1)),
    (
        "2 cpu; 0.75 times 3 is 2.25, so 2",
        Overbook(hosts=rows(0), dim="cpu", ratio=0.75, physical=(3,)),
        rest([0, 1, 2, 0]),
    ),
    ("gets 4", Preserve(vms=rows(0, 3), dim="memory", least=4), rest([0, 1, 2, 0])),
    ("4 restart where 8 are free", Spare(hosts=rows(0, 1, 2)), rest([0, 1, 2, 0])),
]

BROKEN: list[tuple[str, Rule, State, set[str], float, float]] = [
    ("two on one host", Spread(vms=rows(0, 1, 2)), rest([2, 1, 2, 0]), {"host-2", "vm-0", "vm-2"}, 2, 1),
    ("two in one rack", Spread(vms=rows(0, 1), level="rack"), rest([0, 1, 2, 0]), {"rack 0", "vm-0", "vm-1"}, 2, 1),
    ("together in transit", Spread(vms=rows(0, 1)), moving([0, 1, 2, 0], 0, 1), {"host-1", "vm-0", "vm-1"}, 2, 1),
    ("one rack of two", LeastPlaces(vms=rows(0, 1), level="rack", least=2), rest([0, 1, 2, 0]), {"vm-0", "vm-1"}, 1, 2),
    ("on its way", LeastPlaces(vms=rows(0, 1), least=2), moving([1, 1, 2, 0], 0, 2), {"vm-0", "vm-1"}, 1, 2),
    ("in another rack", Dependency(vms=rows(0, 1), on=rows(1, 2)), rest([0, 1, 2, 0]), {"vm-0"}, 0, 1),
    ("served by one that is off", Dependency(vms=rows(0), on=rows(3)), rest([0, 1, 2, 0]), {"vm-0"}, 0, 1),
    ("not yet there", Dependency(vms=rows(0), on=rows(2)), moving([0, 1, 2, 0], 2, 0), {"vm-0"}, 0, 1),
    ("on two hosts", Gather(vms=rows(0, 1)), rest([0, 1, 2, 0]), {"vm-0", "vm-1"}, 2, 1),
    ("apart in transit", Gather(vms=rows(0, 1)), moving([1, 1, 2, 0], 0, 2), {"vm-0", "vm-1"}, 2, 1),
    ("outside the fence", Fence(vms=rows(3), hosts=rows(1, 2)), rest([0, 1, 2, 0]), {"vm-3", "host-0"}, 1, 0),
    ("on its way out", Fence(vms=rows(0), hosts=rows(0)), moving([0, 1, 2, 0], 0, 2), {"vm-0", "host-2"}, 1, 0),
    ("on a banned host", Ban(vms=rows(0, 2), hosts=rows(2)), rest([0, 1, 2, 0]), {"vm-2", "host-2"}, 1, 0),
    ("entered", Ban(vms=rows(0, 2), hosts=rows(2), entering=True), rest([2, 1, 2, 0]), {"vm-0", "host-2"}, 1, 0),
    ("moved", Root(vms=rows(0)), rest([1, 1, 2, 0]), {"vm-0", "host-1"}, 1, 0),
    ("entered", Quarantine(hosts=rows(0)), rest([0, 0, 2, 0]), {"vm-1", "host-0"}, 1, 0),
    ("left", Quarantine(hosts=rows(0)), moving([0, 1, 2, 0], 0, 2), {"vm-0", "host-2"}, 1, 0),
    ("not alone", Lonely(vms=rows(0)), rest([0, 0, 0, 0]), {"host-0", "vm-0", "vm-1", "vm-2"}, 2, 0),
    ("a guest on its way", Lonely(vms=rows(1)), moving([0, 1, 2, 0], 0, 1), {"host-1", "vm-0", "vm-1"}, 1, 0),
    ("parts meet", Split(parts=(rows(0, 1), rows(2))), rest([0, 2, 2, 0]), {"host-2", "vm-1", "vm-2"}, 2, 1),
    (
        "parts meet in rack 0",
        Split(parts=(rows(0), rows(1)), level="rack"),
        rest([0, 1, 2, 0]),
        {"rack 0", "vm-0", "vm-1"},
        2,
        1,
    ),
    ("one astray", Among(vms=rows(0, 1), groups=(rows(0, 1), rows(2, 3))), rest([0, 2, 2, 0]), {"vm-0", "vm-1"}, 1, 0),
    ("off", Online(hosts=rows(0, 3)), rest([0, 1, 2, 0]), {"host-3"}, 0, 1),
    ("on", Offline(hosts=rows(0, 3)), rest([0, 1, 2, 0]), {"host-0"}, 1, 0),
    ("three on", MaxOnline(hosts=rows(0, 1, 2), most=2), rest([0, 1, 2, 0]), {"host-0", "host-1", "host-2"}, 3, 2),
    ("two VMs", RunningCapacity(hosts=rows(0, 1), most=1), rest([0, 1, 2, 0]), {"host-0", "host-1"}, 2, 1),
    ("4 + 4", ResourceCapacity(hosts=rows(0, 1), dim="memory", most=7), rest([0, 1, 2, 0]), {"host-0", "host-1"}, 8, 7),
    (
        "memory is held twice",
        ResourceCapacity(hosts=rows(0, 1), dim="memory", most=8),
        moving([0, 1, 2, 0], 0, 1),
        {"host-0", "host-1"},
        12,
        8,
    ),
    (
        "4 memory; 1.5 times 2, so 3",
        Overbook(hosts=rows(1, 0), dim="memory", ratio=1.5, physical=(9, 2)),
        rest([0, 1, 2, 0]),
        {"host-0"},
        4,
        3,
    ),
    ("gets 2 cpu", Preserve(vms=rows(0), dim="cpu", least=3), rest([0, 1, 2, 0]), {"vm-0"}, 2, 3),
]


def titles(examples: list[Any]) -> list[str]:
    """Return a name for each example."""
    return [f"{rule.kind}: {title}" for title, rule, *_ in examples]


@pytest.mark.parametrize(("title", "rule", "state"), HOLDS, ids=titles(HOLDS))
def test_holds(title: str, rule: Rule, state: State) -> None:
    """A rule that holds is not reported."""
    assert rules.violations(rule, state) == (), title


@pytest.mark.parametrize(("title", "rule", "state", "who", "amount", "limit"), BROKEN, ids=titles(BROKEN))
def test_broken(title: str, rule: Rule, state: State, who: set[str], amount: float, limit: float) -> None:
    """A rule that is broken is reported once, with who, how much and what is allowed."""
    [found] = rules.violations(rule, state)
    assert (found.rule, set(found.who), found.amount, found.limit) == (rule.kind, who, amount, limit), title


def test_every_kind_is_checked() -> None:
    """Every kind of rule has a check, and examples of it holding and broken; Spare has a file of its own."""
    assert set(rules.CHECKS) == {*RULES, "Overload"}
    assert {rule.kind for _, rule, _ in HOLDS} == set(RULES)
    assert {rule.kind for _, rule, *_ in BROKEN} == set(RULES) - {"Spare"}


def test_price_makes_soft() -> None:
    """A rule with a price is reported with it, and is not among the new hard ones."""
    problem = Problem.of([[1], [1]], [[4], [4]], start=[0, 1], rules=[Spread(vms=rows(0, 1), price=7.0, name="web")])
    found = placement.judged(problem, placement.violations(problem, np.array([0, 0], np.int32), problem.on))
    assert [(each.rule, each.name, each.price, each.existed) for each in found] == [("Spread", "web", 7.0, False)]
    assert placement.new(found) == ()
