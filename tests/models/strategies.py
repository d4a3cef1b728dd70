"""Hypothesis strategies: small placement problems, with every kind of rule, and plans for them."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st

from models.arrays import NOWHERE, Rows, frozen
from models.plan import HostAction, Moves, Placement, Plan
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

PRICES = st.sampled_from([None, None, None, 5.0])


def rows(*values: int) -> Rows:
    """Return rows as the array that rules are declared over."""
    return np.array(values, np.int32)


def subsets(size: int, least: int = 0) -> st.SearchStrategy[list[int]]:
    """Return different rows below a size, at least so many if there are."""
    if not size:
        return st.just([])
    return st.lists(st.integers(0, size - 1), unique=True, min_size=min(least, size), max_size=size)


@st.composite
def parts(draw: st.DrawFn, size: int, most: int = 3) -> tuple[list[int], ...]:
    """Return disjoint parts of some rows."""
    owner = draw(st.lists(st.integers(-1, most - 1), min_size=size, max_size=size))
    return tuple([row for row in range(size) if owner[row] == part] for part in range(most))


@st.composite
def rules(draw: st.DrawFn, vms: int, hosts: int, dims: Sequence[str], kinds: Sequence[str] = ()) -> Rule:
    """Return any rule over so many VMs and hosts, or one of the kinds named."""
    level = st.sampled_from(["host", "rack"])
    some_vms, some_hosts = subsets(vms), subsets(hosts, 1)
    chosen_hosts = draw(some_hosts)
    fields: dict[str, Callable[[], tuple[type[Rule], dict[str, Any]]]] = {
        "Spread": lambda: (Spread, {"vms": draw(some_vms), "level": draw(level), "most": draw(st.integers(1, 2))}),
        "LeastPlaces": lambda: (
            LeastPlaces,
            {"vms": draw(some_vms), "level": draw(level), "least": draw(st.integers(1, 3))},
        ),
        "Dependency": lambda: (
            Dependency,
            {"vms": draw(some_vms), "on": draw(some_vms), "level": draw(level)},
        ),
        "Gather": lambda: (Gather, {"vms": draw(some_vms), "level": draw(level)}),
        "Fence": lambda: (Fence, {"vms": draw(some_vms), "hosts": chosen_hosts}),
        "Ban": lambda: (Ban, {"vms": draw(some_vms), "hosts": chosen_hosts, "entering": draw(st.booleans())}),
        "Root": lambda: (Root, {"vms": draw(some_vms)}),
        "Quarantine": lambda: (Quarantine, {"hosts": chosen_hosts}),
        "Lonely": lambda: (Lonely, {"vms": draw(some_vms)}),
        "Split": lambda: (Split, {"parts": draw(parts(vms)), "level": draw(level)}),
        "Among": lambda: (Among, {"vms": draw(some_vms), "groups": draw(parts(hosts, 2))}),
        "Online": lambda: (Online, {"hosts": chosen_hosts}),
        "Offline": lambda: (Offline, {"hosts": chosen_hosts}),
        "MaxOnline": lambda: (MaxOnline, {"hosts": chosen_hosts, "most": draw(st.integers(1, hosts))}),
        "RunningCapacity": lambda: (RunningCapacity, {"hosts": chosen_hosts, "most": draw(st.integers(0, vms))}),
        "ResourceCapacity": lambda: (
            ResourceCapacity,
            {"hosts": chosen_hosts, "dim": draw(st.sampled_from(dims)), "most": draw(st.integers(0, 60))},
        ),
        "Overbook": lambda: (
            Overbook,
            {
                "hosts": chosen_hosts,
                "dim": draw(st.sampled_from(dims)),
                "ratio": draw(st.sampled_from([0.5, 1.0, 1.5])),
                "physical": tuple(draw(st.integers(1, 30)) for _ in chosen_hosts),
            },
        ),
        "Preserve": lambda: (
            Preserve,
            {"vms": draw(some_vms), "dim": draw(st.sampled_from(dims)), "least": draw(st.integers(0, 3))},
        ),
        "Spare": lambda: (Spare, {"hosts": chosen_hosts, "count": draw(st.integers(1, 2))}),
    }
    kind, given = fields[draw(st.sampled_from(sorted(kinds or fields)))]()
    return kind(**given, price=draw(PRICES), continuous=draw(st.booleans()))


@st.composite
def problems(
    draw: st.DrawFn,
    *,
    kinds: Sequence[str] = (),
    most_rules: int = 3,
    feasible: bool = False,
    placed: bool = False,
    most_hosts: int = 6,
    most_vms: int = 10,
) -> Problem:
    """
    Return a problem with 2–6 hosts, 0–10 VMs and 1–3 dims.

    Parameters
    ----------
    draw
        Given by hypothesis.
    kinds
        Kinds of rules; empty: all.
    most_rules
        How many rules at most.
    feasible
        Capacity is enough for the start, and all hosts are on.
    placed
        Every VM starts on a host.
    most_hosts, most_vms
        How many there are at most.
    """
    hosts, vms, width = draw(st.integers(2, most_hosts)), draw(st.integers(0, most_vms)), draw(st.integers(1, 3))
    sorts = draw(st.integers(1, 2))
    dims = ("cpu", "memory", "disk")[:width]
    needs = st.lists(st.integers(0, 9), min_size=width, max_size=width)
    tables = st.lists(st.lists(needs, min_size=vms, max_size=vms), min_size=sorts, max_size=sorts)
    demand = np.array(draw(tables), np.int64).reshape(sorts, vms, width)
    demand[:, draw(st.lists(st.booleans(), min_size=vms, max_size=vms).map(lambda off: np.array(off, bool)))] = 0
    kind = draw(st.lists(st.integers(0, sorts - 1), min_size=hosts, max_size=hosts))
    start = np.array(draw(st.lists(st.integers(0 if placed else NOWHERE, hosts - 1), min_size=vms, max_size=vms)))
    capacity = np.array(draw(st.lists(st.tuples(*[st.integers(5, 30)] * width), min_size=hosts, max_size=hosts)))
    given: dict[str, Any] = {"start": start.astype(np.int32), "kind": kind, "dims": dims}
    given["transient"] = draw(st.lists(st.booleans(), min_size=width, max_size=width))
    given["levels"] = {"rack": draw(st.lists(st.integers(-1, 2), min_size=hosts, max_size=hosts))}
    if feasible:
        bare = Problem.of(demand, capacity, **given)
        capacity = np.maximum(capacity, bare.load(bare.start))
    else:
        given["on"] = draw(st.lists(st.sampled_from([True, True, False]), min_size=hosts, max_size=hosts))
    given["failover"] = capacity + draw(st.integers(0, 5))
    listed = [draw(rules(vms, hosts, dims, kinds)) for _ in range(draw(st.integers(0, most_rules)))]
    return Problem.of(demand, capacity, rules=listed, **given)


def hosts_of(problem: Problem, *, nowhere: bool = True) -> st.SearchStrategy[Rows]:
    """Return a host for each VM, whether or not it fits."""
    row = st.integers(NOWHERE if nowhere else 0, len(problem.hosts) - 1)
    size = len(problem.vms)
    return st.lists(row, min_size=size, max_size=size).map(lambda found: frozen(rows(*found), np.int32))


@st.composite
def plans(draw: st.DrawFn, problem: Problem, *, most_moves: int = 8) -> Plan:
    """Return a plan of moves that follow each other rightly, though they may break capacity and rules."""
    host, free_s = problem.start.copy(), np.zeros(len(problem.vms))
    columns: dict[str, list[float]] = {"vm": [], "source": [], "destination": [], "start_s": [], "end_s": []}
    for _ in range(draw(st.integers(0, most_moves)) if len(host) else 0):
        vm = draw(st.integers(0, len(host) - 1))
        goal = draw(st.sampled_from([row for row in range(len(problem.hosts)) if row != host[vm]]))
        start = float(free_s[vm] + draw(st.integers(0, 6)))
        end = start + draw(st.integers(1, 6))
        for name, value in zip(columns, (vm, host[vm], goal, start, end), strict=True):
            columns[name].append(value)
        host[vm], free_s[vm] = goal, end
    order = np.argsort(columns["start_s"], kind="stable")
    moves = Moves.of(**{name: np.array(values)[order] for name, values in columns.items()})
    actions = tuple(draw(action(row, bool(on))) for row, on in enumerate(problem.on) if draw(st.booleans()))
    on = problem.on.copy()
    on[[each.host for each in actions]] ^= True
    return Plan(Placement(frozen(host, np.int32), frozen(on, np.bool_)), moves, actions)


@st.composite
def action(draw: st.DrawFn, host: int, on: bool) -> HostAction:
    """Return what switches a host."""
    start = draw(st.integers(0, 20))
    return HostAction(host, "shutdown" if on else "boot", start, start + draw(st.integers(0, 5)))
