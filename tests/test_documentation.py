"""What the documents say: links lead somewhere, commands run, and every unit is explained."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from models import tables
from models.inventory import Hosts, Vms

ROOT = Path(__file__).parents[1]
PAGES = [path.relative_to(ROOT).as_posix() for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]]
TIMEOUT_S = 300


def links(text: str) -> list[str]:
    """Return the relative targets of the links and pictures in a page, without fragments."""
    found = re.findall(r"\]\(\s*<?([^)\s>]+)", re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL))
    return [link.partition("#")[0] for link in found if not re.match(r"[a-z]+:|#", link)]


def commands(text: str) -> list[str]:
    """Return the lines ``$ consolidate …`` of the blocks marked ``console``, continued lines joined."""
    blocks = re.findall(r"^```console\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    return [line.removeprefix("$ ") for line in lines if line.startswith("$ consolidate")]


def test_links_and_commands_are_found() -> None:
    """The two functions see what they are meant to see."""
    text = (
        "[a](docs/a.md#part) ![b](b.png) [c](https://example.org) [d](#here) `[e](no.md)`\n"
        "```console\n$ consolidate plan x \\\n    --out y\nplanned\n$ ls\n```\n```bash\n$ consolidate no\n```\n"
    )
    assert links(text) == ["docs/a.md", "b.png"]
    assert [shlex.split(line) for line in commands(text)] == [["consolidate", "plan", "x", "--out", "y"]]


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    """Every relative link of every page points to a file or folder that is there."""
    path = ROOT / page
    assert [link for link in links(path.read_text("utf-8")) if not (path.parent / link).exists()] == []


@pytest.mark.parametrize("page", [page for page in PAGES if commands((ROOT / page).read_text("utf-8"))])
def test_the_commands_of_a_page_run(page: str, tmp_path: Path) -> None:
    """What a page shows at a prompt runs, in that order, where the examples are."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples", ignore=shutil.ignore_patterns("__pycache__"))
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    for line in commands((ROOT / page).read_text("utf-8")):
        command = [sys.executable, "-m", *shlex.split(line, comments=True)]
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"


def test_the_readme_shows_commands() -> None:
    """A page without any would be passed over above."""
    assert len(commands((ROOT / "README.md").read_text("utf-8"))) > 5


def test_every_unit_is_explained() -> None:
    """The nomenclature has a line for each unit that a column or key is declared in."""
    declared = [*Hosts.columns().values(), *Vms.columns().values()]
    found = {column.unit for column in declared if column.kind != "text"}
    for contract in (*tables.TABLES.values(), tables.TIMELINE, tables.MIGRATIONS, tables.SCENARIO_METRICS):
        found |= {item.unit for item in contract.values()}
    found |= {item.unit for item in tables.SUMMARY.values()}
    text = (ROOT / "docs" / "nomenclature.md").read_text("utf-8")
    assert sorted(unit for unit in found - {""} if f"| `{unit}` |" not in text) == []
