"""Names made to harm: formulas, scripts, escape sequences, line breaks, other alphabets. They stay names."""

import csv
import io
import json
from pathlib import Path

import pytest

from consolidate import readers
from consolidate.runbooks import folder as results_of
from dashboards.results import load
from tests.consolidate.attack.commands import HOSTS, Said, estate, planned, refused, said

NAMES = (
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-1",
    "@SUM(A1)",
    "'quoted",
    "<script>alert(1)</script>",
    "</script><script>alert(2)</script>",
    '"><img src=x onerror=alert(3)>',
    "a\nb",
    "a\r\nb",
    "a\rb",
    'q"uo"te',
    "\x1b[31mred\x1b[0m",
    "\x1b]0;title\x07",
    "\x9b31m",
    "\u202egnp.exe",
    "ok\u2028ls",
    "x" * 30_000,
    "名前",
    "مرحبا",
    "e\u0301",
    "\u00e9",
    "a,b;c|d",
    "$(whoami)",
    "`rm`",
    "{{7*7}}",
    "%s%n",
    "nan",
    "NA",
    "null",
    "true",
    "01",
    "1e5",
    "[red]x[/red]",
    "\\",
)


def written(path: Path) -> Path:
    """Write an estate whose hosts and VMs have such names, one VM on each host."""
    hosts, vms = io.StringIO(newline=""), io.StringIO(newline="")
    csv.writer(hosts).writerows([("host", "cores", "cpu_mhz", "memory_mib", "rack", "model")])
    csv.writer(hosts).writerows((name, 16, 2600, 131072, name[:40], name[:40]) for name in NAMES)
    csv.writer(vms).writerows([("vm", "host", "vcpus", "memory_mib", "application")])
    csv.writer(vms).writerows((name, name, 2, 2048, name[:40]) for name in NAMES)
    return estate(path, hosts.getvalue(), vms.getvalue())


@pytest.fixture(name="inventory", scope="module")
def _inventory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("names"))


@pytest.fixture(name="result", scope="module")
def _result(inventory: Path) -> Path:
    return planned(inventory.parent / "plan", inventory)


def harmless(found: Said) -> bool:
    """Tell whether a terminal shows all that was printed, and obeys nothing of it."""
    return all(sign.isprintable() or sign == "\n" for sign in found.out + found.err)


def test_names_are_read_as_they_are(inventory: Path) -> None:
    """No name is changed, cut, run or taken for another."""
    assert readers.read(inventory).inventory.vms.vm.tolist() == list(NAMES)


def test_names_come_back_from_a_result(result: Path) -> None:
    """Whoever reads a result folder has the names back: the runbooks, and the report."""
    assert [row["vm"] for row in results_of.read(result).placement] == list(NAMES)
    assert load(result).tables["placement"]["vm"].tolist() == list(NAMES)


def test_no_cell_is_a_formula(result: Path, inventory: Path) -> None:
    """In every CSV that is written, a cell that is no number starts with nothing that a spreadsheet runs."""
    assert said("inspect", inventory, "--anonymise", inventory.parent / "bare").status == 0
    files = [*result.glob("*.csv"), *inventory.parent.glob("bare*.csv"), *inventory.parent.glob("bare/*.csv")]
    assert len(files) > 10
    for file in files:
        with file.open(encoding="utf-8", newline="") as stream:
            cells = [cell for row in csv.reader(stream) for cell in row if cell[:1] in tuple("=+-@\t\r")]
        assert all(cell.removeprefix("-").replace(".", "").replace("e-", "").isdigit() for cell in cells), file


def test_terminals_obey_nothing(inventory: Path, result: Path) -> None:
    """Neither standard output nor standard error holds a control character."""
    assert harmless(said("inspect", inventory))
    assert harmless(said("inspect", inventory, "--json"))
    assert harmless(said("check", result, inventory))
    assert harmless(said("report", result))
    assert harmless(said("runbook", result))
    assert harmless(said("runbook", result, "--platform", "powercli"))


def test_json_holds_the_names(inventory: Path) -> None:
    """What is escaped for a terminal is the same text for a program."""
    (inventory / "rules.yaml").write_text("", encoding="utf-8")
    (inventory / "rules.yaml").unlink()
    named = HOSTS.replace("c1", '"\x9b\u202e\U000e0001"')
    found = json.loads(said("inspect", estate(inventory.parent / "other", named), "--json").out)
    assert [cluster["name"] for cluster in found["clusters"]] == ["\x9b\u202e\U000e0001"]


def test_the_report_shows_text(result: Path) -> None:
    """No name is markup in the report."""
    text = (result / "report.html").read_text(encoding="utf-8")
    assert "<script>alert" not in text
    assert "<img src=x" not in text
    assert "alert(1)" in text
    assert "\x1b" not in text


def test_no_script_with_such_names(tmp_path: Path, inventory: Path) -> None:
    """There is a plan without the script, and a warning that says which name is the cause."""
    found = said("plan", inventory, "--out", tmp_path / "plan")
    assert found.status == 0
    assert "There is no runbook.ps1" in found.err
    assert not (tmp_path / "plan" / "runbook.ps1").exists()
    assert (tmp_path / "plan" / "runbook.md").is_file()


@pytest.mark.parametrize(
    "row",
    ['"\x1b[31mx",h1,x,1', 'x,"\x1b[31mh",1,1', 'x,h1,"\x1b]0;t\x07",1', '"\x9bx",h1,1,1\n"\x9bx",h1,1,1'],
)
def test_messages_about_such_cells(tmp_path: Path, row: str) -> None:
    """A message shows what was found without letting a terminal obey it."""
    path = estate(tmp_path, vms=f"vm,host,vcpus,memory_mib\n{row}\n")
    assert "vms.csv, row" in refused("plan", path, "--out", tmp_path / "out")


def test_paths_of_such_names(tmp_path: Path) -> None:
    """Paths are shown as harmlessly, be they wrong or right."""
    path = estate(tmp_path)
    assert harmless(said("plan", tmp_path / "\x1b[31mnowhere", "--out", tmp_path / "out"))
    found = said("plan", path, "--out", tmp_path / "\x1b[31mout")
    assert found.status == 0
    assert harmless(found)


def test_paths_that_are_no_text(tmp_path: Path) -> None:
    """A folder whose name is not UTF-8 is read, and its name is shown as well as it can be."""
    path = estate(tmp_path).rename(tmp_path / "\udcff")
    planned(tmp_path / "plan", path)
    assert json.loads((tmp_path / "plan" / "summary.json").read_text(encoding="utf-8"))["source"] == "?"
