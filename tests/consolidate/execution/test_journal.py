"""Journals of a plan: our own form and the task logs of platforms, each known by its columns."""

import json
from pathlib import Path

import pytest

from consolidate.execution.journal import Journal, read
from consolidate.runbooks import folder
from models.errors import InputError
from tests.consolidate.execution.small import MOVES, at, plan, text


def told(found: Journal) -> list[tuple[int, float, str]]:
    """Return the moves, the seconds after one o'clock and the events."""
    base = 1795654800.0
    return [(number, event.time_s - base, event.event) for number, event in found.events]


def reading(tmp_path: Path, content: str, name: str = "journal.csv") -> Journal:
    """Return what a file tells of the plan."""
    return read(text(tmp_path, content, name), folder.read(plan(tmp_path)))


def test_our_own_form(tmp_path: Path) -> None:
    """A move is named by its number or its VM; rows may be in any order."""
    rows = [f"{at(5)},,db,,,started,", f"{at(12)},1,,,,finished,done", f"{at(0)},1,web,,,STARTED,"]
    found = reading(tmp_path, "\n".join(["time,move,vm,source,destination,event,message", *rows]))
    assert found.format == "journal"
    assert told(found) == [(1, 0.0, "started"), (2, 5.0, "started"), (1, 12.0, "finished")]


def test_a_move_that_was_taken_back_was_never_begun(tmp_path: Path) -> None:
    """Move 1 is done, taken back, and done again; move 2 is done and taken back."""
    rows = [
        f"{at(0)},1,web,c,a,started,", f"{at(5)},1,web,c,a,finished,", f"{at(6)},2,db,c,b,started,",
        f"{at(9)},2,db,c,b,finished,", f"{at(10)},2,db,b,c,started,rollback", f"{at(14)},2,db,b,c,finished,rollback",
        f"{at(20)},1,web,a,c,started,rollback", f"{at(25)},1,web,a,c,finished,rollback", f"{at(30)},1,web,c,a,started,",
        f"{at(37)},1,web,c,a,finished,",
    ]  # fmt: skip
    found = reading(tmp_path, "\n".join(["time,move,vm,source,destination,event,message", *rows]))
    assert told(found) == [(1, 30.0, "started"), (1, 37.0, "finished")]


def test_events_of_vsphere(tmp_path: Path) -> None:
    """Migrations are known by the type of the event, or by what the message says; other events are left out."""
    lines = [
        '"CreatedTime","FullFormattedMessage","EventTypeId"',
        f'"{at(0)}","Migrating web from c, ds1 in DC to a, ds1 in DC","vim.event.VmBeingHotMigratedEvent"',
        f'"{at(9)}","Migration of virtual machine web from c, ds1 to a, ds1 completed",""',
        f'"{at(20)}","Migrating db off host c in DC",""',
        f'"{at(30)}","Cannot migrate db from c, ds1 to b, ds1",""',
        f'"{at(31)}","User root logged in",""',
        f'"{at(32)}","Migrating web-2 from c to a",""',
    ]
    found = reading(tmp_path, "\n".join(lines))
    assert found.format == "vsphere"
    assert told(found) == [(1, 0.0, "started"), (1, 9.0, "finished"), (2, 20.0, "started"), (2, 30.0, "failed")]
    assert found.events[1][1].destination == "a"


def test_what_others_did_is_no_error_in_a_log(tmp_path: Path) -> None:
    """A VM of the plan that somebody else moved elsewhere is a warning."""
    lines = ["CreatedTime,FullFormattedMessage", f'{at(0)},"Migrating web from c, ds1 in DC to b, ds1 in DC"']
    found = reading(tmp_path, "\n".join(lines))
    assert told(found) == []
    assert [(each.severity, each.row, each.value) for each in found.findings][:1] == [("warning", 2, "c → b")]


def test_american_times_of_vsphere(tmp_path: Path) -> None:
    """PowerShell on an American desktop writes months first."""
    lines = ['"CreatedTime","FullFormattedMessage"', '"11/26/2026 1:00:07 AM","Migrating web off host c in DC"']
    assert told(reading(tmp_path, "\n".join(lines))) == [(1, 7.0, "started")]


@pytest.mark.parametrize("form", ["csv", "json"])
def test_migrations_of_nova(tmp_path: Path, form: str) -> None:
    """A server is known by its id; created is the start, updated the end of what is over."""
    rows = [
        {"Id": 7, "Source Compute": "c", "Dest Compute": "a", "Status": "completed", "Server UUID": "100",
         "Created At": at(0), "Updated At": at(11)},
        {"Id": 8, "Source Compute": "c", "Dest Compute": "b", "Status": "running", "Server UUID": "101",
         "Created At": at(140), "Updated At": at(141)},
        {"Id": 9, "Source Compute": "c", "Dest Compute": "b", "Status": "queued", "Server UUID": "102",
         "Created At": at(140), "Updated At": at(141)},
        {"Id": 6, "Source Compute": "x", "Dest Compute": "y", "Status": "completed", "Server UUID": "999",
         "Created At": at(0), "Updated At": at(1)},
    ]  # fmt: skip
    head = ",".join(rows[0])
    lines = "\n".join([head, *(",".join(str(value) for value in row.values()) for row in rows)])
    found = reading(tmp_path, json.dumps(rows) if form == "json" else lines, f"migrations.{form}")
    assert found.format == "nova"
    assert told(found) == [(1, 0.0, "started"), (1, 11.0, "finished"), (2, 140.0, "started")]


def test_tasks_of_proxmox(tmp_path: Path) -> None:
    """Tasks of the kind qmigrate, by the id of the VM; what is not OK has failed, what has no end still runs."""
    base = 1795654800
    tasks = [
        {"upid": "UPID:c:1", "type": "qmigrate", "id": "100", "node": "c", "starttime": base, "endtime": base + 9,
         "status": "OK"},
        {"upid": "UPID:c:2", "type": "qmigrate", "id": "101", "node": "c", "starttime": base + 20,
         "endtime": base + 25, "status": "migration aborted"},
        {"upid": "UPID:c:3", "type": "qmigrate", "id": "102", "node": "c", "starttime": base + 30},
        {"upid": "UPID:c:4", "type": "vzdump", "id": "100", "node": "c", "starttime": base, "status": "OK"},
    ]  # fmt: skip
    found = reading(tmp_path, json.dumps({"data": tasks}), "tasks.json")
    assert found.format == "proxmox"
    assert told(found) == [
        (1, 0.0, "started"), (1, 9.0, "finished"), (2, 20.0, "started"), (2, 25.0, "failed"), (3, 30.0, "started"),
    ]  # fmt: skip
    assert found.events[3][1].message == "migration aborted"


def test_a_record_that_is_none_leaves_the_others(tmp_path: Path) -> None:
    """It is told with its number and what was found, and the tasks around it count."""
    begun = {"upid": "UPID:c:1", "type": "qmigrate", "id": "100", "node": "c", "starttime": 1795654800}
    found = reading(tmp_path, json.dumps([{**begun, "type": "vzdump"}, "oops", begun]), "tasks.json")
    assert told(found) == [(1, 0.0, "started")]
    assert [(each.severity, each.row, each.value) for each in found.findings] == [("warning", 2, "oops")]


def test_a_vm_that_moves_twice(tmp_path: Path) -> None:
    """The first finished event is about the first leg, the second about the second."""
    legs = [
        {**MOVES[0], "destination": "b"},
        {**MOVES[0], "source": "b", "start_s": 10.0, "end_s": 20.0},
    ]
    file = text(tmp_path, "\n".join(["time,vm,event", *(f"{at(t)},web,{e}" for t, e in
                ((0, "started"), (9, "finished"), (10, "started"), (19, "finished")))]))  # fmt: skip
    found = read(file, folder.read(plan(tmp_path, legs)))
    assert [number for number, _ in found.events] == [1, 1, 2, 2]


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    """Each cell with its row, its column, what was found and what was expected."""
    rows = ["soon,web,started", f"{at(1)},nobody,started", f"{at(2)},db,exploded", f"{at(3)},,started"]
    with pytest.raises(InputError) as caught:
        reading(tmp_path, "\n".join(["time,vm,event", *rows]))
    found = [(each.row, each.column, each.value) for each in caught.value.findings]
    assert found == [(2, "time", "soon"), (3, "vm", "nobody"), (4, "event", "exploded"), (5, "vm", "")]


def test_an_order_that_cannot_be_is_refused(tmp_path: Path) -> None:
    """What has finished does not start again, and nothing starts twice."""
    rows = [f"{at(0)},1,started", f"{at(1)},1,started", f"{at(2)},1,finished", f"{at(3)},1,failed"]
    with pytest.raises(InputError) as caught:
        reading(tmp_path, "\n".join(["time,move,event", *rows]))
    assert [each.row for each in caught.value.findings] == [3, 5]


def test_unknown_columns_are_refused(tmp_path: Path) -> None:
    """The error says which columns are known."""
    with pytest.raises(InputError, match="journal: time, event; vsphere: createdtime"):
        reading(tmp_path, "when,what\n1,2\n")
