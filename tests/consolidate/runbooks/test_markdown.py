"""The runbook for people, as a golden file and by its promises."""

import re
from pathlib import Path
from typing import Any

import pytest

from consolidate.runbooks import PLATFORMS, render
from consolidate.runbooks.text import shown
from models.errors import InputError
from tests.consolidate.runbooks.plans import identified, typical, written

GOLDEN = Path(__file__).parent / "golden" / "plan.md"


def book(folder: Path) -> str:
    """Return the runbook of a plan's folder."""
    return render(folder, "markdown")


def table_rows(text: str) -> list[list[str]]:
    """Return the cells of all lines of tables, split where Markdown splits them."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def test_golden(tmp_path: Path) -> None:
    """The runbook of the typical plan is the golden file."""
    assert book(typical(tmp_path / "plan")) == GOLDEN.read_text(encoding="utf-8")


def test_same_bytes(tmp_path: Path) -> None:
    """The same folder gives the same runbook, on every platform and at every time."""
    folder = typical(tmp_path / "plan")
    assert all(render(folder, platform) == render(folder, platform) for platform in PLATFORMS)


@pytest.mark.parametrize(
    "name", ["a|b", "a\\|b", "`rm`", "<script>alert(1)</script>", "a\n| x | y |", "[x](http://e)", "*_~#$"]
)
def test_hostile_names_stay_in_their_cell(tmp_path: Path, name: str) -> None:
    """A name adds no cell, no row and no markup, wherever it is printed."""
    plain = book(written(tmp_path / "plain", [{"vm": "x", "source": "y", "destination": "z"}]))
    text = book(
        written(tmp_path / "plan", [{"vm": name, "source": name, "destination": f"{name}2"}], summary={"source": name})
    )
    assert [len(row) for row in table_rows(text)] == [len(row) for row in table_rows(plain)]
    assert "<script" not in text
    assert not re.search(r"(?<!\\)\]\(", text)
    assert len(text.splitlines()) == len(plain.splitlines())


def test_shown_keeps_harmless_names() -> None:
    """Names of letters, digits, dots and hyphens stay as they are; marks are led by a backslash, signs are numbered."""
    assert shown("esx-01.example.org") == "esx-01.example.org"
    assert shown("Bücher 書") == "Bücher 書"
    assert shown("db_1") == r"db\_1"
    assert shown("a\r\nb") == "a\ufffd\ufffdb"
    assert shown("http://www.x") == "http&#58;&#47;&#47;www&#46;x"


def test_nothing_to_do(tmp_path: Path) -> None:
    """A plan without moves and actions says so, and asks for nothing."""
    text = book(written(tmp_path / "plan", hosts={"esx-1": "stays"}))
    assert "Nothing to do" in text
    assert "- [ ]" not in text
    assert "Wave" not in text


def test_cold_moves_have_no_pause(tmp_path: Path) -> None:
    """A powered-off VM is marked as such."""
    text = book(written(tmp_path / "plan", [{"vm": "tape", "kind": "cold", "duration_s": 5.0, "downtime_ms": 0.0}]))
    [row] = [row for row in table_rows(text) if row[1:2] == ["tape"] and len(row) > 4]
    assert row[5:] == ["5 s", "none", "powered off, only re-registered; frees esx-2"]


def test_new_vms_are_started(tmp_path: Path) -> None:
    """A VM that was on no host is started; on the way back it is shut down and removed, and moved nowhere."""
    new = {"vm": "fresh", "source": "", "kind": "new", "reason": "was on no host"}
    text = book(written(tmp_path / "plan", [new]))
    there, back = [row for row in table_rows(text) if row[1:2] == ["fresh"]]
    assert there[2:4] == ["nowhere", "esx-1"]
    assert there[6:] == ["none", "start NEW VM on esx-1; was on no host"]
    assert back == ["1", "fresh", "esx-1", "shut down, remove"]


def test_boots_come_before_the_wave_that_needs_them(tmp_path: Path) -> None:
    """A host that boots while wave 1 runs is needed in wave 2, and is asked for there at the latest."""
    boot = {"host": "esx-3", "action": "boot", "start_s": 100.0, "end_s": 400.0}
    moves: list[dict[str, Any]] = [
        {"wave": 1},
        {"wave": 2, "start_s": 400.0, "end_s": 410.0, "vm": "db", "destination": "esx-3"},
    ]
    text = book(written(tmp_path / "plan", moves, [boot]))
    assert text.index("Power on esx-3 (5 min)") < text.index("## Wave 2")


def test_freed_hosts_in_order(tmp_path: Path) -> None:
    """Hosts enter maintenance at once and are shut down after a day, in the order of the plan."""
    actions = [{"host": "esx-3", "start_s": 90.0}, {"host": "esx-2", "start_s": 20.0}]
    text = book(written(tmp_path / "plan", [{}], actions))
    places = [text.index(line) for line in ("esx-2: no VM", "esx-3: no VM", "esx-2: after 24", "esx-3: after 24")]
    assert places == sorted(places)


def test_infeasible_is_said_first(tmp_path: Path) -> None:
    """What speaks against running the plan stands before the checks."""
    broken = {"status": "infeasible", "blocking": ["db", "Spread db"], "violations_during": 2}
    text = book(written(tmp_path / "plan", [{}], summary=broken))
    assert text.index("**infeasible**: db, Spread db.") < text.index("## Before you start")
    assert "2 new violations during the moves" in text


def test_unknown_numbers_are_unknown(tmp_path: Path) -> None:
    """A summary with null in it, and an inventory of unknown age, are told as such."""
    text = book(written(tmp_path / "plan", [{}], summary={"payback_months": None, "gap": None, "taken": ""}))
    assert "payback never" in text
    assert "gap unknown" in text
    assert "Expires | already, as nobody knows when" in text


@pytest.mark.parametrize(("once", "said"), [(-2011.0, "2,011 EUR earned once |"), (0.0, "nothing is spent |")])
def test_nothing_spent_has_no_payback(tmp_path: Path, once: float, said: str) -> None:
    """Money that is earned is called so, and there is a payback only of what is spent."""
    text = book(written(tmp_path / "plan", [{}], summary={"once_eur": once, "payback_months": 0.0}))
    assert f"1,234 EUR a year; {said}" in text


def test_names_like_formulas_come_back(tmp_path: Path) -> None:
    """The apostrophe that guards a table against spreadsheets is gone again in the runbook."""
    text = book(written(tmp_path / "plan", [{"vm": "=1+1"}, {"vm": "'quoted"}]))
    names = [row[1] for row in table_rows(text) if len(row) > 4]
    assert names == ["VM", "---", "=1+1", "'quoted"]


def test_unknown_platform(tmp_path: Path) -> None:
    """An unknown platform is an error that lists the known ones."""
    with pytest.raises(
        InputError, match="'abacus' is unknown; known are ansible, govc, markdown, openstack, powercli, proxmox, virsh"
    ):
        render(tmp_path, "abacus")


def test_not_a_plan(tmp_path: Path) -> None:
    """A folder that is none, or another command's, is an error that says so."""
    with pytest.raises(InputError, match=r"not the result folder of a plan: summary.json cannot be read"):
        book(tmp_path)
    with pytest.raises(InputError, match="holds the result of 'study', not of a plan"):
        book(written(tmp_path / "study", summary={"command": "study"}))


def test_damaged_tables(tmp_path: Path) -> None:
    """A damaged cell names file, row and column; a missing column names itself."""
    folder = typical(tmp_path / "plan")
    table = folder / "moves.csv"
    table.write_text(table.read_text(encoding="utf-8").replace(",130.0,", ",soon,"), encoding="utf-8")
    with pytest.raises(InputError, match=r"moves\.csv, row 3, column start_s: Expected seconds .* \(found 'soon'\)"):
        book(folder)
    table.write_text("vm\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"moves\.csv lacks .*wave"):
        book(folder)


@pytest.mark.parametrize("state", ["off", "suspended"])
def test_what_does_not_run_is_not_started(tmp_path: Path, state: str) -> None:
    """A VM that is off, a template or a suspended VM is registered, and is told apart from one that runs."""
    moves = [{"vm": "mould", "source": "", "kind": "new"}, {"vm": "tape", "kind": "cold"}]
    vms = identified({"mould": "vm-1", "tape": "vm-2"}).assign(power_state=state)
    rows = table_rows(book(written(tmp_path / "plan", moves, vms=vms)))
    notes = {row[1]: row[7] for row in rows if len(row) > 7 and row[1] in ("mould", "tape")}
    resting = "powered off" if state == "off" else "suspended"
    assert notes["mould"].startswith(f"{resting}: register NEW VM on esx-1, and do not start it")
    assert notes["tape"].startswith(f"{resting}, only re-registered")
