"""Plans keep rules about time, and say so where they cannot."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from consolidate.__main__ import run
from consolidate.planning import Planned, plan
from consolidate.plans.upkeep import drained
from consolidate.readers.reading import Reading
from consolidate.settings import Settings
from models.errors import InputError
from models.inventory import Hosts, Inventory, Vms
from models.timing import Blackout, Deadline, PowerBudget, Precedence, Serialize, Sync, Timing, Window


def estate(**more: Any) -> Reading:
    """Return three hosts with two VMs each, of 4 GiB and one virtual CPU; one host is enough for all."""
    machines = Hosts.of(
        host=["h1", "h2", "h3"], cores=[8] * 3, cpu_mhz=[2000.0] * 3, memory_mib=[65_536.0] * 3,
        idle_w=[100.0, 100.0, 200.0], peak_w=[200.0, 200.0, 400.0], migration_mbps=[10_000.0] * 3,
    )  # fmt: skip
    guests = Vms.of(
        vm=[f"vm-{row}" for row in range(6)], host=["h1", "h1", "h2", "h2", "h3", "h3"], vcpus=[1] * 6,
        memory_mib=[4096.0] * 6,
    )  # fmt: skip
    return Reading(Inventory(machines, guests, source="made up", **more))


def planned(*timing: Timing, given: Reading | None = None, **changes: Any) -> Planned:
    """Return a plan without spare hosts and without pauses between waves; two copies share a network card."""
    own: dict[str, Any] = {"limits.spare_hosts": 0, "migration.pause_s": 0.0, "migration.bandwidth_mbps": 5000.0}
    return plan(given or estate(), Settings().changed(own | changes), timing=timing)


def together(found: Planned) -> bool:
    """Return whether two moves run at the same time."""
    moves = found.plan.moves
    order = np.argsort(moves.start_s)
    return bool((moves.start_s[order][1:] < moves.end_s[order][:-1] - 1e-6).any())


def test_nothing_moves_in_a_blackout() -> None:
    """Until 500 s nothing moves from or to any host."""
    moves = planned(Blackout(places=np.arange(3), spans=((0.0, 500.0),))).plan.moves
    assert len(moves)
    assert moves.start_s.min() >= 500


def test_one_after_the_other() -> None:
    """Without the rule two go at once."""
    assert together(planned())
    assert not together(planned(Serialize(vms=np.arange(6))))


def test_an_order() -> None:
    """What is to go first is over before the other begins."""
    one, two = planned().plan.moves.vm[:2]
    moves = planned(Precedence(first=np.array([two]), then=np.array([one]))).plan.moves
    end = {int(vm): float(time) for vm, time in zip(moves.vm, moves.end_s, strict=True)}
    start = {int(vm): float(time) for vm, time in zip(moves.vm, moves.start_s, strict=True)}
    assert start[int(one)] >= end[int(two)]


def test_a_window_that_is_too_short_keeps_the_vm_where_it_is() -> None:
    """A move takes seconds, and the only window half of one: the host of those VMs is not emptied."""
    emptied = planned().plan.moves.source[0]
    rows = np.flatnonzero(np.arange(6) // 2 == emptied)
    found = planned(Window(vms=rows, spans=((0.0, 0.5),)))
    assert not set(found.plan.moves.vm.tolist()) & set(rows.tolist())


def test_nothing_is_moved_where_nothing_may_be() -> None:
    """No move ends within a tenth of a second, and nobody has to move: that is no failure, and the reason is told."""
    found = planned(Deadline(vms=np.arange(6), until_s=0.1))
    assert (found.summary["status"], len(found.plan.moves), found.exit_status) == ("unchanged", 0, 0)
    assert found.summary["verdict"].startswith("Nothing can be moved")


def named(rule: Timing, row: int) -> Timing:
    """Return a rule as it is read from a file."""
    return replace(rule, file="rules.yaml", row=row)


def test_which_rule_keeps_a_plan_from_being_made() -> None:
    """The deadline holds all, the slot only what it would let move: the plan tells who, and which one to lift."""
    soon = named(Deadline(vms=np.arange(6), until_s=0.1, name="soon"), 3)
    slot = named(Window(vms=np.arange(6), spans=((0.0, 900.0),)), 5)
    found = planned(soon, slot)
    title = "Deadline soon (rules.yaml, row 3)"
    assert found.summary["verdict"].startswith("Nothing can be moved. 6 VMs, vm-0, vm-1, vm-2 and 3 more, cannot move")
    assert found.summary["blocking"] == [title]
    assert found.summary["remedies"] == [f"Lift the rule {title}."]
    told = [row for row in found.tables["findings"]["message"] if title in row]
    assert told[0].endswith("leaves at most 0.1 s at once; at least 9.0 s would be needed.")


def test_which_rules_leave_no_time_beside_other_moves() -> None:
    """All move at the same moment, and one at a time: each of the two is named, and either helps."""
    together = named(Sync(vms=np.arange(6)), 1)
    single = named(Serialize(vms=np.arange(6), name="one by one"), 2)
    slow: dict[str, Any] = {"migration.bandwidth_mbps": 1000.0}
    found = planned(together, single, **slow)
    titles = ["Sync (rules.yaml, row 1)", "Serialize one by one (rules.yaml, row 2)"]
    assert found.summary["blocking"][:2] == titles
    assert found.summary["remedies"] == [f"Lift the rule {title}." for title in titles]


def test_a_host_that_must_be_emptied_and_may_not() -> None:
    """Its window is half as long as a move: there is no plan, and the window and the demand are what excludes it."""
    rule = named(Window(places=np.array([0]), spans=((0.0, 4.5), (1000.0, 1004.5)), name="short"), 7)
    own: dict[str, Any] = {"limits.spare_hosts": 0, "migration.pause_s": 0.0}
    found = drained(estate(), Settings().changed(own), np.array([0], np.int32), timing=(rule,))
    assert found.exit_status == 1
    assert "Window short (rules.yaml, row 7)" in found.summary["blocking"]
    assert "Lift the rule Window short (rules.yaml, row 7)." in found.summary["remedies"]


def test_a_host_with_a_window_does_not_hold_up_the_others() -> None:
    """Nobody may enter or leave h1; h2 and h3 become one all the same, and the fewest are proven."""
    found = planned(Window(places=np.array([0]), spans=((0.0, 0.5),)))
    assert (found.summary["status"], found.summary["hosts_after"], found.summary["hosts_bound"]) == ("optimal", 2, 2)


def test_hosts_are_shut_down_when_they_may_be() -> None:
    """
    Moves end at 18 s, and a shutdown lasts 120 s: after a blackout until 1,000 s, or within a window that closes.

    In a window of 100 s none can be: no host is freed.
    """
    everywhere = dict[str, Any](places=np.arange(3))
    after = planned(Blackout(spans=((20.0, 1000.0),), **everywhere)).plan
    assert [action.start_s for action in after.actions] == [1000.0, 1000.0]
    within = planned(Window(spans=((0.0, 150.0),), **everywhere)).plan
    assert max(action.end_s for action in within.actions) <= 150
    short = planned(Window(spans=((0.0, 100.0),), **everywhere))
    assert (len(short.plan.moves), short.summary["status"]) == (0, "unchanged")
    assert "cannot be shut down" in short.summary["verdict"]


def test_nights_come_for_ever() -> None:
    """Nothing may move for 400 days, and then within an hour from two o'clock on."""
    night = Window(vms=np.arange(6), spans=((7200.0, 10_800.0),), every_s=86_400.0)
    wait = Blackout(vms=np.arange(6), spans=((0.0, 400 * 86_400.0),))
    moves = planned(night, wait).plan.moves
    assert len(moves) == 4
    assert moves.start_s.min() == 400 * 86_400 + 7200


def test_a_budget_of_power() -> None:
    """
    Below the draw with two copies at once, and above it with one: they go one by one.

    Hosts draw 400 W idle, a copy at 5 Gbit/s 5,000 / 16 + 20 = 332 W, and VMs some watts.
    """
    assert not together(planned(PowerBudget(watts=400 + 332 + 200)))
    assert together(planned(PowerBudget(watts=400 + 2 * 332 + 200)))


def test_a_budget_below_what_is_drawn_now_is_an_error() -> None:
    """No order of moves keeps it at the beginning."""
    with pytest.raises(InputError, match="now"):
        planned(PowerBudget(watts=300))


def test_rules_that_come_with_the_data_count() -> None:
    """They stand in the inventory's own rules, by name."""
    given = estate(rules=({"blackout": {"hosts": "*", "spans": [{"until": "5 min"}]}},))
    assert planned(given=given).plan.moves.start_s.min() >= 300


def test_post_copy_pauses_less() -> None:
    """The technique is the law that predicts."""
    settings: list[dict[str, Any]] = [{"migration.technique": by} for by in ("pre-copy", "post-copy")]
    before, after = (planned(**each).plan.moves for each in settings)
    assert after.downtime_ms.max() <= before.downtime_ms.max()
    assert after.end_s.max() != before.end_s.max()


def test_waves_take_racks_as_a_whole() -> None:
    """With two moves a wave, those from one rack are in one wave."""
    given = estate()
    racks = replace(given.inventory.hosts, rack=np.array(["r1", "r2", "r3"], object))
    given = replace(given, inventory=replace(given.inventory, hosts=racks))
    sizes: dict[str, Any] = {"migration.wave": 2, "migration.pilot": 2, "migration.waves_by": "rack"}
    moves = planned(given=given, **sizes).plan.moves
    assert len(moves) == 4
    assert {len(set(moves.source[moves.wave == wave])) for wave in set(moves.wave)} == {1}


def test_what_moves_together_is_one_wave() -> None:
    """Two VMs change hosts at the same moment, so that the pilot of one move takes both."""
    sizes: dict[str, Any] = {"migration.wave": 1, "migration.pilot": 1}
    free = planned(**sizes).plan.moves
    pair = free.vm[:2]
    moves = planned(Sync(vms=pair), **sizes).plan.moves
    assert len(set(free.wave[:2])) == 2
    assert len(set(moves.wave[np.isin(moves.vm, pair)])) == 1


@pytest.mark.parametrize(
    ("key", "value"),
    [("technique", "magic"), ("rates", [0.5]), ("rates", [1, 2]), ("starts", "soon"), ("may_stop", ["nobody"])],
)
def test_wrong_settings_are_told(key: str, value: Any) -> None:
    """Each of them names what was expected."""
    with pytest.raises(InputError):
        planned(**{f"migration.{key}": value})


def test_both_sorts_of_rules_are_told_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong VM in a rule about places, and one about time that needs to know when the plan begins."""
    rules = tmp_path / "rules.yaml"
    rules.write_text('- root: {vms: nobody}\n- window: {vms: "*", daily: "22:00-06:00"}\n', "utf-8")
    example = Path(__file__).parents[2] / "examples" / "inventory"
    assert run(["plan", str(example), "--rules", str(rules), "--out", str(tmp_path / "out")]) == 2
    told = capsys.readouterr().err
    assert "nobody" in told
    assert "migration.starts" in told
