"""What the tables and the summary of a plan cannot both say is told with file, row, column and value."""

import csv
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from consolidate.runbooks.folder import read
from models.errors import InputError
from tests.consolidate.attack.commands import estate as written_estate
from tests.consolidate.attack.commands import planned, refused, said
from tests.consolidate.runbooks.plans import typical, written

Change = Callable[[list[dict[str, str]]], object]


def changed(folder: Path, name: str, change: Change) -> list[str]:
    """Change the rows of a table in place, and return what is then said of the folder, its file's path cut."""
    path = folder / f"{name}.csv"
    with path.open(newline="") as file:
        reader = csv.DictReader(file)
        rows, header = list(reader), list(reader.fieldnames or ())
    change(rows)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, header)
        writer.writeheader()
        writer.writerows(rows)
    with pytest.raises(InputError) as caught:
        read(folder)
    return [str(finding).removeprefix(f"{folder}/") for finding in caught.value.findings]


WRONG: dict[str, tuple[str, Change, str]] = {
    "a move that is gone": ("moves", lambda rows: rows.pop(0), "placement.csv, row 2, column host_after: By moves.csv"),
    "a move that is there twice": ("moves", lambda rows: rows.append(rows[0]), "moves.csv, row 6, column source: By"),
    "a kind": ("moves", lambda rows: rows[1].update(kind="foo"), "row 3, column kind: Expected one of live, cold"),
    "no rate": ("moves", lambda rows: rows[0].update(bandwidth_mbps="0"), "column bandwidth_mbps: Expected a rate"),
    "a VM": ("moves", lambda rows: rows[0].update(vm="nobody"), "row 2, column vm: Expected a name of placement"),
    "a host": ("moves", lambda rows: rows[0].update(destination="x"), "column destination: Expected a name of hosts"),
    "no way": ("moves", lambda rows: rows[0].update(destination="esx-2"), "column destination: Expected another host"),
    "an end before its start": ("moves", lambda rows: rows[2].update(end_s="1"), "row 4, column end_s: Expected a"),
    "less than nothing": ("moves", lambda rows: rows[2].update(downtime_ms="-1"), "column downtime_ms: Expected 0 or"),
    "an act": ("actions", lambda rows: rows[0].update(action="burn"), "row 2, column action: Expected one of boot"),
    "a host twice": ("hosts", lambda rows: rows.append(rows[0]), "row 5, column host: Is in row 2 already"),
    "a place": ("placement", lambda rows: rows[0].update(host_after="esx-3"), "hosts.csv, row 3, column vms_after"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_is_told(tmp_path: Path, case: str) -> None:
    """With its file, row, column and value."""
    name, change, told = WRONG[case]
    found = changed(typical(tmp_path / "plan"), name, change)
    assert any(told in each for each in found), found


def test_counts_of_the_summary(tmp_path: Path) -> None:
    """A summary that counts another plan's moves and hosts is not believed."""
    folder = typical(tmp_path / "plan")
    summary = json.loads((folder / "summary.json").read_text())
    (folder / "summary.json").write_text(json.dumps(summary | {"moves": 5, "waves": 2, "hosts": 4, "vms": 3}))
    with pytest.raises(InputError) as caught:
        read(folder)
    assert [(each.column, each.message) for each in caught.value.findings] == [
        ("moves", "Counts 5, and moves.csv has 4."), ("hosts", "Counts 4, and hosts.csv has 3."),
    ]  # fmt: skip


def test_a_table_that_was_cut_off(tmp_path: Path) -> None:
    """A quote that is left open, and a row with fewer cells than the header, are no plan's."""
    folder = typical(tmp_path / "plan")
    path = folder / "moves.csv"
    whole = path.read_text()
    path.write_text(whole.rpartition(",")[0])
    with pytest.raises(InputError, match=r"moves\.csv, row 5: Expected 19 cells"):
        read(folder)
    path.write_text(whole.rpartition(",")[0] + ',"empties')
    with pytest.raises(InputError, match="is no table: unexpected end of data"):
        read(folder)


def test_every_table_is_read_before_anything_is_told(tmp_path: Path) -> None:
    """Cells of a wrong kind in two tables are two findings."""
    folder = typical(tmp_path / "plan")
    for name, column in (("moves", "wave"), ("actions", "start_s")):
        path = folder / f"{name}.csv"
        lines = path.read_text().splitlines()
        cells = lines[1].split(",")
        cells[lines[0].split(",").index(column)] = "soon"
        path.write_text("\n".join([lines[0], ",".join(cells), *lines[2:]]))
    with pytest.raises(InputError) as caught:
        read(folder)
    assert [each.column for each in caught.value.findings] == ["wave", "start_s"]


def test_the_commands_say_so_and_know_the_estate(tmp_path: Path) -> None:
    """Each command that reads a plan refuses a damaged one, and an inventory that is another estate's."""
    inventory = written_estate(tmp_path)
    plan = planned(tmp_path / "plan", inventory, "--set", "limits.spare_hosts=0", "--set", "search.seconds=1")
    (tmp_path / "far").mkdir()
    hosts = "host,cores,cpu_mhz,memory_mib\n" + "".join(f"k{n},16,2600,131072\n" for n in (1, 2, 3))
    far = written_estate(tmp_path / "far", hosts, "vm,host,vcpus,memory_mib\nzweb,k1,2,4096\n")
    journal = tmp_path / "journal.csv"
    journal.write_text("time,vm,event\n")
    out = ("--out", tmp_path / "out")
    commands: tuple[tuple[object, ...], ...] = (
        ("check", plan, far),
        ("rehearse", plan, far, *out),
        ("track", plan, "--journal", journal, "--inventory", far),
        ("dashboard", plan, "--inventory", far),
    )
    for command in commands:
        told = refused(*command)
        assert "it has 0 of the plan's 3 hosts and 0 of its 3 VMs" in told, told
        assert "rules.yaml" not in told
    with (plan / "moves.csv").open("a") as file:
        file.write((plan / "moves.csv").read_text().splitlines()[1] + "\n")
    damaged: tuple[tuple[object, ...], ...] = (
        ("check", plan, inventory),
        ("rehearse", plan, inventory, *out),
        ("runbook", plan),
        ("dashboard", plan),
        ("compare", plan, plan),
        ("track", plan, "--journal", journal),
    )
    for command in damaged:
        assert "moves.csv, row" in refused(*command), command


def test_a_script_can_be_run_and_is_not_replaced(tmp_path: Path) -> None:
    """A runbook for a shell may be executed; one that is there stays, unless it is to be replaced."""
    plan = typical(tmp_path / "plan")
    for platform, runs in (("virsh", True), ("markdown", False)):
        file = tmp_path / platform
        assert said("runbook", plan, "--platform", platform, "-o", file).status == 0
        assert os.access(file, os.X_OK) == runs
        file.write_text("mine")
        assert "exists already" in refused("runbook", plan, "--platform", platform, "-o", file)
        assert file.read_text() == "mine"
        assert said("runbook", plan, "--platform", platform, "-o", file, "--force").status == 0
        assert file.read_text() != "mine"


def test_a_name_does_not_break_a_line(tmp_path: Path) -> None:
    """A VM whose name has a line's end is shown in one line."""
    journal = tmp_path / "journal.csv"
    journal.write_text("time,move,event,message\n2026-01-01T00:00:00Z,1,started,\n2026-01-01T00:00:09Z,1,failed,no\n")
    plan = written(tmp_path / "plan", [{"vm": "a\nThe plan holds."}])
    found = said("track", plan, "--journal", journal)
    assert found.status == 0, found.err
    assert "The plan holds." not in found.out.splitlines()
    assert "a\N{REPLACEMENT CHARACTER}The plan holds." in found.out
