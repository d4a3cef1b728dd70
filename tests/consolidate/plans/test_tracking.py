"""Whether a plan still holds: hand-sized plans against what became of their estate."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from consolidate.plans.tracking import Judge, Recheck, recheck
from consolidate.readers.reading import Reading
from models.inventory import Hosts, Inventory, Vms
from models.tables import SIZES
from tests.consolidate.runbooks.plans import columns, written

MOVES: list[dict[str, Any]] = [
    {"wave": 1, "vm": "web", "source": "c", "destination": "a", "start_s": 0.0, "end_s": 10.0},
    {"wave": 2, "vm": "db", "source": "c", "destination": "b", "start_s": 130.0, "end_s": 140.0},
]
BEFORE = {"web": "c", "db": "c", "app": "a"}
AFTER = {"web": "a", "db": "b", "app": "a"}
"""The plan empties host c: web goes to a, then db to b; app stays on a."""


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    """Write the plan that empties host c."""
    rows = [{"vm": vm, "vcpus": 2, "memory_mib": 4096.0, "power_state": "on", "host": at} for vm, at in BEFORE.items()]
    sizes = columns(SIZES, rows)
    return folder(tmp_path, MOVES, BEFORE, AFTER, vms=sizes)


def folder(
    path: Path,
    moves: Sequence[Mapping[str, Any]],
    before: Mapping[str, str],
    after: Mapping[str, str],
    actions: Sequence[Mapping[str, Any]] = ({"host": "c"},),
    **tables: pd.DataFrame,
) -> Path:
    """Write a plan between hosts a, b and c, the last of which it frees."""
    placement = {vm: (before[vm], after[vm]) for vm in before}
    roles = {"a": "stays", "b": "stays", "c": "freed"}
    return written(path / "plan", moves, actions, roles, placement, None, **tables)


def now(
    places: Mapping[str, str], hosts: str = "abc", maintenance: str = "", off: str = "", **vms: Sequence[Any]
) -> Reading:
    """Return what a reader would return for VMs on these places."""
    table = Hosts.of(
        host=list(hosts),
        cores=[8] * len(hosts),
        cpu_mhz=[2000.0] * len(hosts),
        memory_mib=[65_536.0] * len(hosts),
        maintenance=[host in maintenance for host in hosts],
        power_state=["off" if host in off else "on" for host in hosts],
    )
    columns: dict[str, Sequence[Any]] = {"vcpus": [2] * len(places), "memory_mib": [4096.0] * len(places), **vms}
    return Reading(Inventory(table, Vms.of(vm=list(places), host=list(places.values()), **columns)))


def content(reading: Reading, target: Mapping[str, str]) -> list[str]:
    """Judge nothing."""
    return []


def listening(targets: list[Mapping[str, str]]) -> Judge:
    """Return a judge that notes what it is asked about, and has nothing against it."""

    def judge(reading: Reading, target: Mapping[str, str]) -> list[str]:
        targets.append(target)
        return []

    return judge


def states(found: Recheck) -> list[str]:
    """Return the state of each move."""
    return [step.state for step in found.steps]


def test_nothing_changed(plan: Path) -> None:
    """With all as it was, the plan holds, and both moves are to do."""
    found = recheck(plan, now(BEFORE), content)
    assert found.verdict == "holds"
    assert found.reasons == ("2 of 2 moves are left to do.",)
    assert states(found) == ["to do", "to do"]


def test_half_done(plan: Path) -> None:
    """A move that was carried out is done, and is no difference."""
    found = recheck(plan, now(BEFORE | {"web": "a"}), content)
    assert found.verdict == "holds"
    assert states(found) == ["done", "to do"]
    assert found.moved_vms == ()


def test_all_done(plan: Path) -> None:
    """With all moves carried out and the freed host gone from the inventory, nothing is left to do."""
    found = recheck(plan, now(AFTER), content)
    assert found.reasons == ("All moves are done.",)
    assert recheck(plan, now(AFTER, hosts="ab"), content).verdict == "holds with changes"


def test_judge_sees_where_the_rest_leads(plan: Path) -> None:
    """The judge is asked about the hosts at the end: web is done, db is to go to b, new stays where it is."""
    targets: list[Mapping[str, str]] = []
    recheck(plan, now({"web": "a", "db": "c", "app": "a", "new": "b"}), listening(targets))
    assert targets == [{"web": "a", "db": "b", "app": "a", "new": "b"}]


def test_violations_make_it_stale(plan: Path) -> None:
    """A new violation at the end is a reason to plan again, in the judge's words."""
    found = recheck(plan, now(BEFORE), lambda reading, target: ["Capacity memory: b: 70000, limit 65536"])
    assert found.verdict == "stale"
    assert found.reasons[:-1] == ("At the end: Capacity memory: b: 70000, limit 65536",)
    assert found.violations == ("Capacity memory: b: 70000, limit 65536",)


def test_vm_gone(plan: Path) -> None:
    """A VM that was deleted needs no move; the rest of the plan may go on."""
    found = recheck(plan, now({"web": "c", "app": "a"}), content)
    assert found.verdict == "holds with changes"
    assert states(found) == ["to do", "impossible"]
    assert found.gone_vms == ("db",)
    assert found.reasons == ("Move 2, db: The VM is gone.", "1 VM is gone: db.", "1 of 2 moves is left to do.")


def test_destination_in_maintenance(plan: Path) -> None:
    """With b in maintenance db stays on c, so c is not freed; web may still move."""
    found = recheck(plan, now(BEFORE, maintenance="b"), content)
    assert found.verdict == "holds with changes"
    assert found.reasons[:-1] == (
        "Move 2, db: Host b is in maintenance.",
        "Host c is not freed: db would stay on it.",
    )


@pytest.mark.parametrize(
    ("reading", "why"),
    [(now(BEFORE, hosts="ac"), "Host b is gone."), (now(BEFORE, off="b"), "Host b is off.")],
)
def test_destination_not_there(plan: Path, reading: Reading, why: str) -> None:
    """A destination that is gone or off takes no VM."""
    found = recheck(plan, reading, content)
    assert found.steps[1].why == why
    assert found.verdict == "holds with changes"


def test_destination_that_the_plan_boots(tmp_path: Path) -> None:
    """A destination that is off until the plan boots it is no obstacle."""
    actions = [{"host": "b", "action": "boot", "start_s": 0.0, "end_s": 100.0}]
    path = folder(tmp_path, MOVES, BEFORE, AFTER, actions)
    assert recheck(path, now(BEFORE, off="b"), content).verdict == "holds"


def test_vm_elsewhere(plan: Path) -> None:
    """A VM that somebody moved to b, where the plan never has it, is left alone."""
    found = recheck(plan, now(BEFORE | {"web": "b"}), content)
    assert found.steps[0].why == "The VM is on b, where the plan never has it."
    assert found.moved_vms == ("web",)
    assert found.verdict == "holds with changes"


def test_vm_that_was_not_to_move(plan: Path) -> None:
    """A VM that was not to move and moved all the same is a difference; on c, it keeps c from being freed."""
    found = recheck(plan, now(BEFORE | {"app": "c"}), content)
    assert found.moved_vms == ("app",)
    assert found.reasons[:-1] == (
        "1 VM was moved outside the plan: app.",
        "Host c is not freed: app would stay on it.",
    )


def test_new_vm_on_a_freed_host(plan: Path) -> None:
    """A new VM on c is reported, and that c is not freed."""
    found = recheck(plan, now(BEFORE | {"new": "c"}), content)
    assert found.new_vms == ("new",)
    assert "Host c is not freed: new would stay on it." in found.reasons


def test_new_host(plan: Path) -> None:
    """A new host is a difference: with it another plan may be better."""
    found = recheck(plan, now(BEFORE, hosts="abcd"), content)
    assert (found.verdict, found.new_hosts) == ("holds with changes", ("d",))


def test_changed_sizes(plan: Path) -> None:
    """A VM that grew or was powered off is told with what it was and is."""
    reading = now(BEFORE, memory_mib=[4096.0, 1_048_576.0, 4096.0], power_state=["on", "on", "off"])
    found = recheck(plan, reading, content)
    assert found.changed_vms == ("db: memory_mib 4096 → 1048576", "app: power_state on → off")
    assert found.verdict == "holds with changes"


def test_room_that_is_not_made(tmp_path: Path) -> None:
    """
    The app leaves a for b before web enters a. With b in maintenance app stays, so web must not come.

    The judge sees only the end, where there may be room; on the way it was proved with app gone, so plan again.
    """
    moves: list[dict[str, Any]] = [
        {"vm": "app", "source": "a", "destination": "b", "start_s": 0.0, "end_s": 10.0},
        {"vm": "web", "source": "c", "destination": "a", "start_s": 10.0, "end_s": 20.0},
    ]
    path = folder(tmp_path, moves, {"app": "a", "web": "c"}, {"app": "b", "web": "a"})
    found = recheck(path, now({"app": "a", "web": "c"}, maintenance="b"), content)
    assert found.verdict == "stale"
    assert found.reasons[0] == "Move 2, web, enters a after app was to leave it, which it cannot."


def test_nothing_possible(plan: Path) -> None:
    """With no host left to enter, the plan is stale."""
    found = recheck(plan, now(BEFORE, maintenance="ab"), content)
    assert found.verdict == "stale"
    assert found.reasons[0] == "No move that is left can be carried out."


@pytest.mark.parametrize(
    ("place", "expected"),
    [("a", ["to do", "to do"]), ("c", ["done", "to do"]), ("b", ["done", "done"])],
)
def test_by_way_of_a_pivot(tmp_path: Path, place: str, expected: list[str]) -> None:
    """A VM that goes from a by way of c to b has as many moves behind it as its host is along the way."""
    moves: list[dict[str, Any]] = [
        {"vm": "x", "source": "a", "destination": "c", "kind": "pivot", "start_s": 0.0, "end_s": 1.0},
        {"vm": "x", "source": "c", "destination": "b", "start_s": 1.0, "end_s": 2.0},
    ]
    path = folder(tmp_path, moves, {"x": "a"}, {"x": "b"}, actions=[])
    targets: list[Mapping[str, str]] = []
    found = recheck(path, now({"x": place}), listening(targets))
    assert states(found) == expected
    assert targets == [{"x": "b"}]


def test_broken_chain(tmp_path: Path) -> None:
    """If a VM cannot leave for its pivot, it cannot go on from there either, and stays where it is."""
    moves: list[dict[str, Any]] = [
        {"vm": "x", "source": "a", "destination": "c", "kind": "pivot", "start_s": 0.0, "end_s": 1.0},
        {"vm": "x", "source": "c", "destination": "b", "start_s": 1.0, "end_s": 2.0},
    ]
    path = folder(tmp_path, moves, {"x": "a"}, {"x": "b"}, actions=[])
    targets: list[Mapping[str, str]] = []
    found = recheck(path, now({"x": "a"}, maintenance="c"), listening(targets))
    assert [step.why for step in found.steps] == ["Host c is in maintenance."] * 2
    assert targets == [{"x": "a"}]


def test_vm_that_the_plan_places(tmp_path: Path) -> None:
    """A VM that was on no host is judged where the plan puts it."""
    new = {"vm": "x", "source": "", "destination": "b", "kind": "new"}
    path = folder(tmp_path, [new], {"x": ""}, {"x": "b"}, actions=[])
    targets: list[Mapping[str, str]] = []
    recheck(path, now({"x": ""}), listening(targets))
    assert targets == [{"x": "b"}]


def test_json(plan: Path) -> None:
    """All of it prints as JSON, moves counted by state."""
    found = json.loads(json.dumps(recheck(plan, now(BEFORE | {"web": "a"}, maintenance="b"), content).as_json()))
    assert found["verdict"] == "stale"
    assert found["moves"] == {"done": 1, "to_do": 0, "impossible": 1}
    assert found["steps"][1]["why"] == "Host b is in maintenance."
