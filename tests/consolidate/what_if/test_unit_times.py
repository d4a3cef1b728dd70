"""Rules about time where an estate is planned in units: what they tie, and that the whole keeps them."""

import numpy as np
import pytest

from consolidate.partition import planned, taken, units
from consolidate.planning import plan
from consolidate.readers.reading import Reading
from consolidate.settings import Settings
from consolidate.what_if.executors import executor
from consolidate.what_if.united import united
from examples.generate import estate, network
from models.arrays import Rows
from models.check import timing as check
from models.inventory import Hosts, Inventory, Vms
from models.plan import Moves, Placement, Plan
from models.timing import Blackout, Deadline, PowerBudget, Precedence, Serialize, Sync, Timing, Window


@pytest.fixture
def inventory() -> Inventory:
    """Return three clusters of two hosts with a VM each."""
    hosts = Hosts.of(host=list("abcdef"), cores=[8] * 6, cpu_mhz=[2000] * 6, memory_mib=[8192] * 6, cluster=[*"xxyyzz"])
    vms = Vms.of(vm=[f"v{row}" for row in range(6)], host=list("abcdef"), vcpus=[1] * 6, memory_mib=[1024] * 6)
    return Inventory(hosts, vms)


def timed(inventory: Inventory, *timing: Timing, in_turn: bool = False) -> dict[str, bool]:
    """Return the units by name, and whether rules about time name any of them."""
    return {each.name: each.timed for each in units(inventory, (), timing, crossing=False, in_turn=in_turn)}


def test_which_rules_about_time_tie_clusters(inventory: Inventory) -> None:
    """What holds for each VM and host by itself ties nothing; orders tie who waits, a budget of power all."""
    rows = np.array([0, 2])
    alone = (Deadline(vms=rows, until_s=9.0), Window(places=rows, spans=((0.0, 9.0),)))
    assert timed(inventory, *alone) == {"x": True, "y": True, "z": False}
    for rule in (Precedence(first=rows[:1], then=rows[1:]), Serialize(vms=rows), Sync(vms=rows)):
        assert timed(inventory, rule) == {"x + y": True, "z": False}
    assert timed(inventory, PowerBudget(watts=1e6)) == {"x + y + z": True}


def test_one_unit_begins_when_rules_count_from(inventory: Inventory) -> None:
    """Units that are migrated in turn do not all begin then: what rules about time name is one unit."""
    rules = (Deadline(vms=np.array([0]), until_s=9.0), Blackout(places=np.array([4]), spans=((0.0, 9.0),)))
    assert timed(inventory, *rules, in_turn=True) == {"x + z": True, "y": False}


def test_a_unit_is_taken_out_with_its_rules_about_time(inventory: Inventory) -> None:
    """Of y: the second VM waits for the first, and a window of host d; a deadline of others is not its own."""
    unit = units(inventory, (), crossing=False)[1]
    rules = (
        Precedence(first=np.array([2]), then=np.array([0, 3]), name="order"),
        Window(vms=np.array([0]), places=np.array([0, 3]), spans=((0.0, 9.0),)),
        Deadline(vms=np.array([0]), until_s=9.0),
        PowerBudget(watts=1e6),
    )
    order, window, budget = taken(Reading(inventory), (), unit, rules)[2]
    assert isinstance(order, Precedence)
    assert (order.first.tolist(), order.then.tolist(), order.name) == ([0], [1], "order")
    assert isinstance(window, Window)
    assert (window.vms.tolist(), window.places.tolist()) == ([], [1])
    assert budget.kind == "PowerBudget"


def across(inventory: Inventory, moved: Rows) -> tuple[Blackout, Precedence, Serialize, Deadline]:
    """Return a blackout of a cluster, an order and one at a time across the others, and a deadline that two miss."""
    cluster = inventory.hosts.cluster
    names = sorted(set(cluster))
    home = cluster[inventory.start[moved]]
    first, second, third = ([int(vm) for vm in moved[home == name]] for name in names)
    return (
        Blackout(places=np.flatnonzero(cluster == names[0]), spans=((0.0, 600.0),)),
        Precedence(first=np.array(second[:2]), then=np.array(third[:2])),
        Serialize(vms=np.array([*second[2:6], *third[2:6]])),
        Deadline(vms=np.array(first[:2]), until_s=600.0),
    )


@pytest.mark.parametrize("linked", [False, True])
def test_units_keep_rules_about_time(linked: bool) -> None:
    """
    As many hosts are freed as by the plan of the whole, and the checker of time finds nothing in all moves at once.

    With links, what no rule names is moved after the others.
    """
    inventory, _ = estate(90, 18, 3, 4, 0)
    reading = Reading(inventory, network=network(inventory.hosts) if linked else None)
    quick = Settings().changed({"search.seconds": 1.0, "migration.schedule_seconds": 0.2})
    rules = across(inventory, plan(reading, quick).plan.moves.vm)
    whole = plan(reading, quick, timing=rules)
    with executor("serial") as pool:
        parts = united(reading, quick, planned(reading, quick, (), pool, timing=rules))
    assert parts.summary["hosts_after"] == whole.summary["hosts_after"] < parts.summary["hosts_before"]
    assert not set(parts.tables["moves"]["vm"]) & set(inventory.vms.vm[rules[3].vms])
    problem, table = whole.formulation.problem, parts.tables["moves"]
    moves = Moves.of(
        vm=[inventory.vm_row[name] for name in table["vm"]],
        source=[inventory.host_row[name] for name in table["source"]],
        destination=[inventory.host_row[name] for name in table["destination"]],
        start_s=table["start_s"], end_s=table["end_s"],
    )  # fmt: skip
    assert len(set(moves.vm) & set(rules[2].vms)) > 1
    assert check.violations(problem, Plan(Placement(problem.start, problem.on), moves), rules) == ()
