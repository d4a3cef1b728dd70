"""Plans keep rules about time, and say so where they cannot."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from consolidate.__main__ import run
from consolidate.planning import Planned, plan
from consolidate.readers.reading import Reading
from consolidate.settings import Settings
from models.errors import InputError
from models.inventory import Hosts, Inventory, Vms
from models.timing import Blackout, Deadline, PowerBudget, Precedence, Serialize, Timing, Window


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
