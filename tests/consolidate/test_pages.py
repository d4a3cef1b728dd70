"""The pages on commands and on result folders are what the code says."""

from pathlib import Path
from types import ModuleType

import pytest

from consolidate.pages import commands_page, tables_page

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize(("name", "module"), [("commands.md", commands_page), ("results.md", tables_page)])
def test_page(name: str, module: ModuleType) -> None:
    """The file is what is generated; ``make pages`` writes it anew."""
    assert (DOCS / name).read_text("utf-8") == module.page()


def test_every_option_has_a_meaning() -> None:
    """No row of the page on commands is without words."""
    rows = [line.split(" | ") for line in commands_page.page().splitlines() if line.startswith("| `")]
    assert [row[0] for row in rows if not row[1].strip()] == []


def test_every_command_is_there() -> None:
    """Those that the design promises, by name."""
    text = commands_page.page()
    names = ("calibrate", "check", "compare", "dashboard", "demo", "drain", "inspect", "overhead", "place", "plan")
    more = ("repair", "report", "runbook", "simulate", "study")
    assert [name for name in (*names, *more) if f"\n## {name}\n" not in text] == []
