"""The documentation says what the code does."""

import re
from pathlib import Path

import yaml

from consolidate.readers import rules, timing
from consolidate.readers.documentation import table
from models.inventory import Hosts, Vms

TEXT = (Path(__file__).parents[3] / "docs" / "inventory.md").read_text(encoding="utf-8")


def test_columns() -> None:
    """The tables of columns are those that are declared; print them with consolidate.readers.documentation.table()."""
    assert table() in TEXT


def test_table() -> None:
    """Every column has a row of its own."""
    rows = re.findall(r"^\| `(\w+)` ", table(), re.MULTILINE)
    assert rows == [*Hosts.columns(), *Vms.columns()]


def test_rules() -> None:
    """Every rule has an example in the documentation."""
    (example,) = [part for part in re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL) if "- spread" in part]
    assert {next(iter(entry)) for entry in yaml.safe_load(example)} == set(rules.KINDS)


def test_timing_rules() -> None:
    """Every rule about time has an example in the documentation."""
    (example,) = [part for part in re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL) if "- precedence" in part]
    assert {next(iter(entry)) for entry in yaml.safe_load(example)} == set(timing.KEYS)
