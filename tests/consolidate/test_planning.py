"""What a plan promises for any estate and any rules, and what it does in plain cases."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consolidate.planning import Planned, choices, plan
from consolidate.plans.ways import idle, limits
from consolidate.readers.reading import Reading
from consolidate.settings import Settings
from models import tables
from models.check import placement as check
from models.check import timeline
from models.demand import Usage
from models.formulation import formulate
from models.inventory import Hosts, Inventory, Vms
from models.rules import Gather, Offline, Online, Quarantine, Rule, Spread
from tests.consolidate import estates
from tests.models.strategies import rows

QUICK = Settings().changed({"search.seconds": 1.0, "migration.schedule_seconds": 0.1})


def reading(homes: list[int], hosts: int = 3, *, usage: Usage | None = None, **columns: Any) -> Reading:
    """Return hosts of 16 cores and 128 GiB in one cluster, and VMs of 4 vCPUs and 16 GiB on them; -1 is nowhere."""
    names = [f"host-{row}" for row in range(hosts)]
    of_hosts = {name.removeprefix("host_"): columns.pop(name) for name in list(columns) if name.startswith("host_")}
    machines = Hosts.of(
        host=names, cores=[16] * hosts, cpu_mhz=[2500.0] * hosts, memory_mib=[131_072.0] * hosts, **of_hosts
    )
    vms: dict[str, Any] = {
        "vm": [f"vm-{row}" for row in range(len(homes))],
        "host": [names[row] if row >= 0 else "" for row in homes],
        "vcpus": [4] * len(homes),
        "memory_mib": [16_384.0] * len(homes),
    }
    return Reading(Inventory(machines, Vms.of(**(vms | columns)), source="made up"), usage=usage)


def planned(given: Reading, *rules: Rule, **changes: Any) -> Planned:
    """Return the plan under settings with underscores for the point."""
    dotted = {key.replace("__", "."): value for key, value in changes.items()}
    return plan(given, QUICK.changed(dotted), rules=rules)


def test_local_disks_are_copied() -> None:
    """A VM takes 100 GiB of local disks along, and a finding says so; where they are told to be shared, it warns."""
    given = reading([0, 1], hosts=2, disk_gib=[0.0, 100.0], datastores=["san", ""], pinned=[True, False])
    found, left = (planned(given, limits__spare_hosts=0, migration__disks=disks) for disks in ("local", "none"))
    (move,), (plain,) = (each.tables["moves"].to_dict("records") for each in (found, left))
    assert (move["vm"], move["disk_mib"], plain["disk_mib"]) == ("vm-1", pytest.approx(102_400, rel=0.1), 0)
    assert move["duration_s"] > plain["duration_s"] + 80
    told = [each.tables["findings"].set_index("code").loc["local-disks"] for each in (found, left)]
    assert [(row["severity"], row["count"]) for row in told] == [("info", 1), ("warning", 1)]


def test_memory_that_a_vm_can_give_up() -> None:
    """Of 16 GiB 4 are active: 65 % at most; with 8 guaranteed 8; nothing where it is not known, off, or not named."""
    given = reading(
        [0, 0, 0, 0, 0], memory_active_mib=[4096.0, 4096.0, np.nan, 4096.0, 4096.0],
        memory_reservation_mib=[0.0, 8192.0, 0.0, 0.0, 0.0], power_state=["on", "on", "on", "off", "on"],
    )  # fmt: skip
    named = ["vm-0", "vm-1", "vm-2", "vm-3"]
    changed = Settings().changed({"migration.may_balloon": named})
    formulation = formulate(given.inventory, choices(changed, given.inventory), None, ())
    found = idle(formulation, given.inventory, changed)
    assert found is not None
    assert found.tolist() == [10_649, 8192, 0, 0, 0]
    assert idle(formulation, given.inventory, Settings()) is None


def held(found: Planned) -> None:
    """Assert that a plan keeps what every plan promises."""
    problem, placement = found.formulation.problem, found.plan.placement
    assert list(found.summary) == list(tables.SUMMARY)
    for name, frame in found.tables.items():
        assert list(frame.columns) == list(tables.TABLES[name])
    assert found.tables["placement"]["vm"].tolist() == found.formulation.problem.vms.tolist()
    assert not check.new(timeline.violations(problem, found.plan))
    assert not found.summary["violations_during"] + found.summary["violations_after"]
    if found.summary["status"] == "infeasible":
        assert (placement.host == problem.start).all()
        assert not len(found.plan.moves)
        assert found.exit_status == 1
    else:
        assert (placement.host >= 0).all()
        assert found.exit_status in (0, int(bool(found.verdict.left)))


def test_who_must_share_a_host_and_may_not() -> None:
    """VMs that belong together are apart, and one is on a host that nobody may leave or enter: both stay."""
    given = estates.reading(estates.Size(vms=5, hosts=3, clusters=1, seed=0, days=0, wired=False))
    found = planned(given, Gather(vms=rows(0, 1), level="host"), Quarantine(hosts=rows(0)))
    start = given.inventory.start
    assert start[[0, 1]].tolist() == [2, 0]
    assert found.plan.placement.host[[0, 1]].tolist() == [2, 0]
    held(found)


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_any_estate(data: st.DataObject) -> None:
    """Whatever the estate, the usage and the rules: no VM is lost, and at no moment a rule is newly broken."""
    given = estates.reading(data.draw(estates.sizes()))
    held(plan(given, QUICK, rules=data.draw(estates.rules(given))))


@settings(max_examples=20, deadline=None)
@given(st.data())
def test_any_settings(data: st.DataObject) -> None:
    """Whatever else is asked for: no VM is lost, and at no moment a rule is newly broken."""
    given = estates.reading(data.draw(estates.sizes(most_vms=30)))
    chosen = QUICK.changed(data.draw(estates.changes()))
    held(plan(given, chosen, rules=data.draw(estates.rules(given))))


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_never_worse_than_the_start(data: st.DataObject) -> None:
    """Without rules of the user's, no more hosts are on after a plan than before, and it costs no more a year."""
    given = estates.reading(data.draw(estates.sizes(most_vms=30)))
    summary = plan(given, QUICK).summary
    assert summary["hosts_bound"] <= summary["hosts_after"] <= summary["hosts_before"]
    assert summary["cost_after_eur_year"] <= summary["cost_before_eur_year"] + 1e-6


@settings(max_examples=20, deadline=None)
@given(st.data(), st.integers(0, 12))
def test_at_most_so_many_moves(data: st.DataObject, most: int) -> None:
    """A plan has no more moves than the user allows, whatever else it could do."""
    given = estates.reading(data.draw(estates.sizes(most_vms=40)))
    found = planned(given, migration__max_moves=most)
    assert found.summary["moves"] <= most
    held(found)


@pytest.mark.parametrize(("most", "hosts_after"), [(0, 5), (1, 4), (2, 3), (3, 2), (None, 2)])
def test_max_moves(most: int | None, hosts_after: int) -> None:
    """Five hosts with a VM each: every move frees one host, and one stays on as a spare for the other."""
    found = planned(reading([0, 1, 2, 3, 4], 5), migration__max_moves=most)
    assert found.summary["hosts_after"] == hosts_after


def test_consolidation_by_hand() -> None:
    """Three hosts with one VM each need one host and a spare: one VM moves, one host is switched off."""
    found = planned(reading([0, 1, 2]))
    assert found.summary["status"] == "optimal"
    assert (found.summary["hosts_before"], found.summary["hosts_after"], found.summary["hosts_bound"]) == (3, 2, 2)
    assert found.tables["moves"]["kind"].tolist() == ["live"]
    assert found.tables["actions"]["action"].tolist() == ["shutdown"]
    assert "freed" in found.tables["hosts"]["role"].tolist()


def test_without_spares() -> None:
    """Without spare hosts all three VMs go to one host."""
    assert planned(reading([0, 1, 2]), limits__spare_hosts=0).summary["hosts_after"] == 1


def test_nothing_worth_doing() -> None:
    """Two hosts that stand in for each other stay as they are, and the answer says so."""
    found = planned(reading([0, 1], 2))
    assert found.summary["status"] == "unchanged"
    assert not len(found.plan.moves)
    assert found.summary["verdict"].startswith("Nothing worth doing")


def test_moves_that_do_not_pay() -> None:
    """A host's idle draw of some 100 W saves a few hundred euros in three years: moves of 10,000 do not pay."""
    found = planned(reading([0, 1, 2]), migration__eur_per_move=10_000)
    assert found.summary["hosts_after"] == 3
    assert found.summary["dropped_moves"] == 1


def test_pauses_that_do_not_pay() -> None:
    """A move pauses its VM for some hundredths of a second: at a million a second that is more than a host is worth."""
    found = planned(reading([0, 1, 2]), migration__eur_per_downtime_s=1e6)
    assert found.summary["hosts_after"] == 3
    assert found.summary["dropped_moves"] == 1


def test_a_rule_is_worth_any_price() -> None:
    """A host that must be drained is, however dear its moves are."""
    found = planned(reading([0, 1, 2]), Offline(hosts=rows(0)), migration__eur_per_move=10_000)
    assert not found.plan.placement.on[0]


def test_a_drain_that_cannot_be() -> None:
    """The pinned VM keeps its host from being drained: infeasible, and both are named; nothing moves."""
    given = reading([0, 1, 2], pinned=[True, False, False])
    found = planned(given, Offline(hosts=rows(0), name="retire"))
    assert found.summary["status"] == "infeasible"
    assert set(found.summary["blocking"]) == {"Root pinned", "Offline retire", "vm-0", "host-0"}
    assert "Lift the rule Offline retire." in found.summary["remedies"]
    held(found)


def test_too_few_moves_for_a_drain() -> None:
    """Two VMs must leave and one move is allowed: infeasible, with the reason."""
    found = planned(reading([0, 0, 1]), Offline(hosts=rows(0)), migration__max_moves=1)
    assert found.summary["status"] == "infeasible"
    assert "so few moves: at most 1" in found.summary["verdict"]


def test_new_vms_are_placed() -> None:
    """A VM on no host is registered on one."""
    found = planned(reading([0, 1, -1], cluster=["", "", ""]))
    assert found.tables["moves"]["kind"].tolist().count("new") == 1
    assert found.plan.placement.host[2] >= 0


def test_a_vm_that_fits_nowhere() -> None:
    """A VM of 1 TiB fits on no host of 128 GiB: infeasible, with its name and both amounts."""
    found = planned(reading([0, -1], memory_mib=[16_384.0, 2.0**20]))
    assert found.summary["status"] == "infeasible"
    assert "vm-1" in found.summary["blocking"]
    assert "roomiest" in found.summary["verdict"]


def test_one_stranded_vm_blocks_nothing() -> None:
    """A VM on a local disk cannot restart elsewhere today; the other hosts are consolidated all the same."""
    host_stores = [f"san;local-{row}" for row in range(4)]
    stores: dict[str, Any] = {"host_datastores": host_stores, "datastores": ["local-0", *["san"] * 4]}
    found = planned(reading([0, 0, 1, 2, 3], 4, **stores))
    assert found.summary["hosts_after"] == 2
    assert found.plan.placement.host[0] == 0


def test_what_is_off_stays_off() -> None:
    """A VM that is off on a host that is off wakes nothing and stays there."""
    given = reading([0, 1, 2], power_state=["on", "on", "off"], host_power_state=["on", "on", "off"])
    found = planned(given)
    assert found.summary["status"] == "unchanged"
    assert found.summary["hosts_after"] == 2


def test_hosts_in_maintenance_are_emptied_only_on_demand() -> None:
    """Nobody enters a host in maintenance; a rule can demand that it is drained."""
    given = reading([0, 1, 2], host_maintenance=[True, False, False])
    assert (planned(given).plan.placement.host == 0).sum() <= 1
    assert not (planned(given, Offline(hosts=rows(0))).plan.placement.host == 0).any()


def test_a_rule_with_a_price() -> None:
    """VMs that should be apart are, at the price of a host; hard rules to the contrary prevail."""
    apart = Spread(vms=rows(0, 1, 2), price=10.0)
    assert len(set(planned(reading([0, 1, 2]), apart).plan.placement.host)) == 3
    drained = planned(reading([0, 1, 2]), apart, Offline(hosts=rows(0)), limits__spare_hosts=0)
    assert drained.summary["status"] != "infeasible"


def test_rules_that_contradict_each_other() -> None:
    """A host that must be on and off makes the plan infeasible; it is no error of ours."""
    found = planned(reading([0, 1]), Online(hosts=rows(0)), Offline(hosts=rows(0)))
    assert found.summary["status"] == "infeasible"
    assert "host-0" in found.summary["blocking"]


def test_rules_that_came_with_the_data() -> None:
    """Rules in the inventory count as the user's do."""
    given = reading([0, 1, 2])
    entries = ({"offline": {"hosts": ["host-1"]}},)
    found = planned(replace(given, inventory=replace(given.inventory, rules=entries)))
    assert not found.plan.placement.on[1]


def test_the_plan_of_a_plan_is_nothing() -> None:
    """Once a plan is carried out, the next one has nothing to do."""
    given = reading([0, 1, 2, 3, 0, 1], 4)
    found = planned(given)
    after, vms = found.plan.placement, given.inventory.vms
    hosts = replace(given.inventory.hosts, power_state=np.where(after.on, "on", "off").astype(object))
    moved = replace(vms, host=given.inventory.hosts.host[after.host])
    again = planned(replace(given, inventory=Inventory(hosts, moved, source="made up")))
    assert again.summary["status"] == "unchanged"


def test_same_input_same_plan() -> None:
    """The same inventory, settings and seed give the same moves to the letter."""
    given = reading([0, 1, 2, 3, 4, 0, 1], 5)
    first, second = (planned(given).tables["moves"] for _ in range(2))
    assert first.equals(second)


def test_packets_that_readings_do_not_tell() -> None:
    """Readings of CPU alone leave packets and requests to the profile, which is said; once both are read, it is not."""
    told = []
    for rates in (None, np.full((2, 2), 5.0, np.float32)):
        usage = Usage(0.0, 300.0, np.full((2, 2), 500.0, np.float32), net_mbps=rates, disk_iops=rates)
        said = " ".join(planned(reading([0, 1], usage=usage)).summary["assumptions"])
        told.append("Packets or requests of 2 VMs were not counted" in said)
    assert told == [True, False]


def test_progress() -> None:
    """The one who waits is told what is being done."""
    told: list[tuple[str, int, int]] = []
    plan(reading([0, 1]), QUICK, progress=lambda *each: told.append(each))
    assert told
    assert told[-1][0] == "placing"


def test_waves_grow_with_the_plan() -> None:
    """A thousand moves come in waves of a hundred; the pilot stays small."""
    found = planned(reading([0, 1, 2]))
    problem = found.formulation.problem
    big = replace(found.plan.placement, host=np.zeros(1000, np.int32))
    start, turn = np.ones(1000, np.int32), np.zeros(1000, np.int32)
    demand = np.ones((1, 1000, len(problem.dims)), np.int64)
    wide = replace(problem, start=start, start_turn=turn, demand=demand,
                   vms=np.array([f"v{row}" for row in range(1000)], object), rules=())  # fmt: skip
    assert (limits(QUICK, big, wide).wave, limits(QUICK, big, wide).pilot) == (100, 4)
