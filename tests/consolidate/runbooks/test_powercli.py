"""The PowerCLI script: its data is data, whatever the names are, and its logic is the one in the product."""

import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consolidate.runbooks import render
from consolidate.runbooks.powercli import quoted
from consolidate.runbooks.text import control_characters
from models.errors import InputError
from tests.consolidate.runbooks import powershell
from tests.consolidate.runbooks.plans import identified, typical, written
from tests.consolidate.runbooks.test_ballooning import pressed

GOLDEN = Path(__file__).parent / "golden" / "plan.ps1"
HOSTILE = (
    "a'; Remove-VM -VM *; '",
    "a\u2019; Remove-VM -VM *; \u2018",
    "\u201a\u201b\u2018\u2019''",
    "$(whoami)",
    "`n`0`$x",
    '"; exit; "',
    "#> Remove-VM <#",
    "'@; 'x",
    "=cmd|' /C calc'!A0",
    "[char]*?",
    "ё\U0001f600 \u00a0",
    "",
)


def script(folder: Path) -> str:
    """Return the script of a plan's folder."""
    return render(folder, "powercli")


def test_golden(tmp_path: Path) -> None:
    """The plan and the moves are written as the golden file shows."""
    text = script(typical(tmp_path / "plan"))
    start, end = text.index("$Plan = "), text.index("\n\n$script:InFlight")
    assert text[start:end] + "\n" == GOLDEN.read_text(encoding="ascii")


def test_logic_is_written_once(tmp_path: Path) -> None:
    """Around the data the script is the product's own, line for line."""
    text = script(typical(tmp_path / "plan"))
    logic = files("consolidate.runbooks").joinpath("powercli.ps1").read_text(encoding="ascii")
    before, after = logic.split("# BEGIN PLAN\n# END PLAN\n")
    assert text.startswith(before)
    assert text.endswith(after)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_stay_data(tmp_path: Path, name: str) -> None:
    """A name of any form comes out of PowerShell's reader as it went in, and leaves no other token."""
    folder = written(tmp_path / "plan", [{"vm": name, "source": f"{name}1", "destination": f"{name}2"}])
    _, moves = powershell.data(script(folder))
    assert [(move["VM"], move["From"], move["To"]) for move in moves] == [(name, f"{name}1", f"{name}2")]


@given(st.text(st.characters(codec="utf-8")))
def test_any_text_comes_back(text: str) -> None:
    """Quoting is exact for any text, in printable ASCII, so that no code page changes it."""
    expression = quoted(text)
    assert powershell.read(expression) == text
    assert re.fullmatch("[ -~]+", expression)


@pytest.mark.parametrize("broken", ["'a'; Remove-VM", "'a", "'it's'", "$x", "'a' + $(x)", "'a\u2019; x'"])
def test_reader_of_the_tests_sees_code(broken: str) -> None:
    """The reader that the tests trust refuses what is not a closed literal."""
    with pytest.raises((ValueError, AssertionError)):
        powershell.read(broken)


@pytest.mark.parametrize("name", ["a\nRemove-VM *", "a\0b", "a\u2028b", "a\u202eb", "a\x85"])
def test_control_characters_are_refused(tmp_path: Path, name: str) -> None:
    """A line break or a mark that turns the reading direction in a name is an error that shows the name."""
    folder = written(tmp_path / "plan", [{"vm": name}, {"vm": "\x1b[0m"}])
    with pytest.raises(InputError, match="holds control characters") as problem:
        script(folder)
    assert len(problem.value.findings) == 2
    assert not control_characters(str(problem.value).replace("\n", " "))


def test_ids(tmp_path: Path) -> None:
    """A VM goes by its managed object's id, with or without its type; other ids are of no use, the name is."""
    given_ids = {"a": "vm-7", "b": "VirtualMachine-vm-8", "c": "4211-uuid", "d": "vm-1'; x"}
    folder = written(tmp_path / "plan", [{"vm": name} for name in "abcde"], vms=identified(given_ids))
    _, moves = powershell.data(script(folder))
    assert [move["Id"] for move in moves] == ["VirtualMachine-vm-7", "VirtualMachine-vm-8", "", "", ""]


def test_new_vms_are_not_moved(tmp_path: Path) -> None:
    """A VM that was on no host is named and left to people, on the way there and back."""
    new = {"vm": "fresh'; x", "source": "", "kind": "new"}
    text = script(written(tmp_path / "plan", [new, {"vm": "old", "start_s": 10.0, "end_s": 20.0}]))
    _, moves = powershell.data(text)
    assert [move["VM"] for move in moves] == ["old"]
    assert powershell.new_vms(text) == [{"Number": 1.0, "VM": "fresh'; x", "To": "esx-1"}]


def test_nothing_to_do(tmp_path: Path) -> None:
    """A plan without moves gives a script without moves."""
    plan, moves = powershell.data(script(written(tmp_path / "plan")))
    assert moves == []
    assert plan["PerHost"] == 1


def test_limit_is_the_plans_own(tmp_path: Path) -> None:
    """esx-1 takes two moves at the same time in the plan, a third one after: at most two at a host."""
    moves: list[dict[str, Any]] = [
        {"vm": "a"},
        {"vm": "b", "source": "esx-3"},
        {"vm": "c", "start_s": 10.0, "end_s": 20.0},
    ]
    plan, _ = powershell.data(script(written(tmp_path / "plan", moves)))
    assert plan["PerHost"] == 2


def test_expiry(tmp_path: Path) -> None:
    """The script knows when it is too old: 72 hours after the inventory was taken."""
    plan, _ = powershell.data(script(written(tmp_path / "plan")))
    assert plan["Expires"] == "2026-03-04T12:00:00Z"


def test_every_change_asks_for_execute() -> None:
    """Each command of the logic that changes something carries -WhatIf unless -Execute is given, or is inside it."""
    logic = files("consolidate.runbooks").joinpath("powercli.ps1").read_text(encoding="ascii")
    changes = [
        line
        for line in logic.splitlines()
        if re.search(r"\b(Move-VM|Set-Cluster|Set-VMHost|Set-VMResourceConfiguration)\b -", line)
    ]
    assert len(changes) == 4
    assert all("-WhatIf:(-not $Execute)" in line for line in changes)


def test_each_move_is_checked_and_written_down() -> None:
    """The journal knows each move's start and both of its ends, and a move starts only after its checks."""
    logic = files("consolidate.runbooks").joinpath("powercli.ps1").read_text(encoding="ascii")
    start = logic[logic.index("function Start-Step") : logic.index("function Invoke-Wave")]
    order = ["Assert-Destination", "Assert-Movable", "-What 'started'", "Receive-Memory", "Move-VM -VM"]
    order += ["Restore-Memory", "-What 'failed'"]
    assert [start.index(word) for word in order] == sorted(start.index(word) for word in order)
    end = logic[logic.index("function Complete-Step") : logic.index("function Wait-Turn")]
    assert end.index("Assert-Arrived") < end.index("-What 'failed'") < end.index("-What 'finished'")
    checks = re.findall(r"^ +['\"](\w+): ", logic, re.MULTILINE)
    assert sorted(set(checks)) == ["balloon", "cpu", "device", "iso", "network", "snapshot", "storage"]
    assert "ValidateSet('cpu', 'snapshot', 'iso', 'device', 'storage', 'network', 'balloon')" in logic
    assert logic.count("time,move,vm,source,destination,event,message") == 1


def test_memory_that_is_taken(tmp_path: Path) -> None:
    """Of 8,192 MiB 6,144 are left from move 1 on, until 3, which is from a host to the same; move 2 changes nothing."""
    _, moves = powershell.data(script(pressed(tmp_path / "plan")))
    found = [(move["From"], move["To"], move["Left"], move["Full"], move["Does"]) for move in moves]
    assert found == [
        ("esx-2", "esx-1", 6144, 8192, "take"), ("esx-1", "esx-2", 0, 0, ""), ("esx-1", "esx-1", 6144, 8192, "give"),
    ]  # fmt: skip


def test_memory_is_given_back_where_a_guest_keeps_it() -> None:
    """Whoever waits for a guest has a time limit, and lifts the limit of memory before it throws."""
    logic = files("consolidate.runbooks").joinpath("powercli.ps1").read_text(encoding="ascii")
    wait = logic[logic.index("function Receive-Memory") : logic.index("function Get-Due")]
    order = ["-MiB $Step.Left", "AddSeconds($BalloonS)", "-MiB $null", "throw"]
    assert [wait.index(word) for word in order] == sorted(wait.index(word) for word in order)
