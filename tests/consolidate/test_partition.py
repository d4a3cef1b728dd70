"""Estates planned part by part: what belongs together, what is lost to the whole, and what the checker says of it."""

from dataclasses import replace

import numpy as np
import pytest

from consolidate import partition
from consolidate.partition import planned, taken, units
from consolidate.planning import plan
from consolidate.readers.reading import Reading
from consolidate.settings import Settings
from consolidate.what_if.coordination import Grouped, divided, opened
from consolidate.what_if.executors import executor
from consolidate.what_if.united import united
from examples.generate import estate
from models.check import placement as check
from models.costs import HostsOn, Moves
from models.inventory import Hosts, Inventory, Vms
from models.plan import Placement
from models.problem import Problem
from models.rules import Ban, Fence, Gather, Spread
from models.tables import SUMMARY, TABLES

QUICK = Settings().changed({"search.seconds": 1.0})


@pytest.fixture
def inventory() -> Inventory:
    """Return three clusters of two hosts with a VM each, and two VMs that are on none."""
    hosts = Hosts.of(
        host=list("abcdef"), cores=[8] * 6, cpu_mhz=[2000] * 6, memory_mib=[8192] * 4 + [65536] * 2,
        cluster=["x", "x", "y", "y", "z", "z"],
    )  # fmt: skip
    vms = Vms.of(
        vm=[f"v{number}" for number in range(8)], host=[*"abcdef", "", ""], vcpus=[1] * 8, memory_mib=[1024] * 8,
        cluster=[""] * 6 + ["x", ""],
    )  # fmt: skip
    return Inventory(hosts, vms)


def members(inventory: Inventory, *rules: object, crossing: bool = False) -> dict[str, list[int]]:
    """Return the VMs of each unit."""
    return {each.name: each.vms.tolist() for each in units(inventory, rules, crossing=crossing)}  # type: ignore[arg-type]


def test_a_unit_is_a_cluster(inventory: Inventory) -> None:
    """A VM on no host goes with the cluster that it names, else where most memory is free, which is z."""
    assert members(inventory) == {"x": [0, 1, 6], "y": [2, 3], "z": [4, 5, 7]}


def test_rules_tie_clusters(inventory: Inventory) -> None:
    """VMs to be spread over x and y are planned together; a ban of hosts of another cluster ties nothing."""
    spread, ban = Spread(vms=np.array([0, 2])), Ban(vms=np.array([4]), hosts=np.array([0]))
    assert members(inventory, spread, ban) == {"x + y": [0, 1, 2, 3, 6], "z": [4, 5, 7]}
    fence = Fence(vms=np.array([4]), hosts=np.array([2]))
    assert members(inventory, fence) == {"x": [0, 1, 6], "y + z": [2, 3, 4, 5, 7]}


def test_vms_that_may_cross(inventory: Inventory) -> None:
    """All clusters are one unit."""
    assert members(inventory, crossing=True) == {"all clusters": list(range(8))}


def test_a_unit_is_taken_out_with_its_rules(inventory: Inventory) -> None:
    """Rows are the unit's own: of y the hosts c and d, and a rule over its second VM."""
    unit = units(inventory, (), crossing=False)[1]
    rules = (Gather(vms=np.array([3])), Ban(vms=np.array([0]), hosts=np.array([1])))
    found, kept, _ = taken(Reading(inventory), rules, unit)
    assert found.inventory.hosts.host.tolist() == ["c", "d"]
    assert found.inventory.vms.vm.tolist() == ["v2", "v3"]
    assert [each.vms.tolist() for each in kept if isinstance(each, Gather)] == [[1]]
    assert len(kept) == 1


def test_clusters_by_themselves_lose_nothing() -> None:
    """Three clusters that nothing ties give as many hosts as the whole at once, and the same tables."""
    inventory, _ = estate(90, 18, 3, 4, 0)
    reading = Reading(inventory)
    whole = plan(reading, QUICK)
    with executor("serial") as pool:
        parts = united(reading, QUICK, planned(reading, QUICK, (), pool))
    assert list(parts.summary) == list(SUMMARY)
    for key in ("vms", "hosts", "hosts_before", "hosts_after", "hosts_bound", "violations_after"):
        assert parts.summary[key] == whole.summary[key], key
    assert parts.summary["cost_after_eur_year"] == pytest.approx(whole.summary["cost_after_eur_year"], rel=0.01)
    stranded = whole.summary["stranded_before_share"]
    assert parts.summary["stranded_before_share"] == pytest.approx(stranded)
    assert set(parts.tables) <= set(TABLES)
    assert sorted(parts.tables["placement"]["vm"]) == sorted(inventory.vms.vm)
    assert len(parts.tables["moves"]) == parts.summary["moves"]
    costs = parts.tables["costs"].set_index("item")
    assert list(costs.index) == list(whole.tables["costs"]["item"])
    assert costs["note"]["migrations"].startswith(f"{parts.summary['moves']} moves")
    assert costs["note"]["host actions"].startswith(f"{len(parts.tables['actions'])} hosts")


def test_moves_of_all_units_wait_for_their_own() -> None:
    """What a move waits for is named by its number among all moves: of the same cluster, and over before it starts."""
    inventory, _ = estate(300, 24, 3, 1, 0)
    reading = Reading(inventory)
    with executor("serial") as pool:
        tables = united(reading, QUICK, planned(reading, QUICK, (), pool)).tables
    moves, cluster = tables["moves"], dict(zip(inventory.hosts.host, inventory.hosts.cluster, strict=True))
    pairs = [
        (row, int(each) - 1)
        for row, waits in enumerate(moves["after"]) for each in waits.split("; ") if each.isdecimal()
    ]  # fmt: skip
    behind, ahead = moves.iloc[[row for row, _ in pairs]], moves.iloc[[row for _, row in pairs]]
    assert behind["destination"].map(cluster).tolist() == ahead["destination"].map(cluster).tolist()
    assert (ahead["end_s"].to_numpy() <= behind["start_s"].to_numpy() + 1e-6).all()
    assert behind["destination"].map(cluster).nunique() == 3


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_large_cluster_in_groups_keeps_the_rules(seed: int) -> None:
    """Twenty hosts in groups of five: the checker of the plan passes, and never fewer hosts are on than the bound."""
    inventory, _ = estate(100, 20, 1, seed, 0)
    reading = Reading(inventory)
    with executor("serial") as pool:
        found = united(reading, QUICK, planned(reading, QUICK, (), pool, most_hosts=15))
    assert found.summary["violations_after"] == found.summary["violations_during"] == 0
    assert found.summary["hosts_bound"] <= found.summary["hosts_after"] < found.summary["hosts_before"]


def halves() -> Problem:
    """Return eight hosts of 10, every other one with a VM of 4 and the rest with one of 2."""
    ones = np.ones(8, np.int64)
    demand = np.array([[4], [2]] * 4)
    return Problem.of(demand=demand, capacity=[[10]] * 8, start=np.arange(8), costs=(HostsOn(ones), Moves(ones)))


def test_vms_move_between_groups() -> None:
    """Alone each group of two hosts keeps one on with 4 + 2; 4 + 4 + 2 twice and 2 + 2 are three hosts for all."""
    problem = halves()
    with executor("serial") as pool:
        alone = Grouped(pool, seconds=2.0, most_hosts=2, coordinate=False)(problem)
        exchanged = Grouped(pool, seconds=2.0, most_hosts=2)(problem)
    assert int(alone.on.sum()) == 4
    assert not check.violations(problem, exchanged.host, exchanged.on)
    assert int(exchanged.on.sum()) == alone.bound_hosts == 3


def test_the_least_full_hosts_are_opened() -> None:
    """Of each group the least full host that holds VMs; an empty one is not."""
    problem = Problem.of(demand=[[8], [2], [5], [3]], capacity=[[10]] * 6, start=[0, 1, 3, 4])
    groups = divided(problem, 99)
    placement = Placement(problem.start, np.array([True] * 6))
    by_two = [replace(groups[0], hosts=np.arange(3)), replace(groups[0], hosts=np.arange(3, 6))]
    assert opened(problem, by_two, placement, 2).tolist() == [0, 1, 3, 4]
    assert opened(problem, by_two, placement, 0).tolist() == [0, 1, 3, 4]


def test_a_unit_without_a_plan_stays_as_it_is() -> None:
    """What failed in a worker is told of; its VMs are where they were, and its hosts count."""
    inventory, _ = estate(60, 12, 2, 4, 0)
    reading = Reading(inventory)
    with executor("serial") as pool:
        answers = list(planned(reading, QUICK, (), pool))
    gone = partition.Answer(answers[0].unit, {"status": "failed", "reason": "It ended its worker 3 times."}, {})
    found = united(reading, QUICK, [gone, answers[1]])
    placed = found.tables["placement"].set_index("vm")
    rows = answers[0].unit.vms
    assert placed["host_after"][inventory.vms.vm[rows].tolist()].tolist() == inventory.vms.host[rows].tolist()
    assert len(placed) == 60
    assert found.tables["findings"]["message"].str.contains("ended its worker").any()
    assert "1 of 2 units has no plan" in found.summary["verdict"]
    assert (found.exit_status, united(reading, QUICK, answers).exit_status) == (1, 0)
    assert found.summary["hosts_bound"] == answers[1].summary["hosts_bound"]
