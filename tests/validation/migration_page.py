"""The page on migration: its tables are of the shared files of measured migrations and of the catalog."""

from collections.abc import Sequence
from pathlib import Path
from string import Template

from models import catalog
from tests.validation import migration_scores

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "migration.md"
FILES = ("migration/qemu_calibration.csv", "migration/calibration.csv", "mvm/real_executions.csv")
HALVES = "6.1 and 6.4 % in total time, 11 and 20 % in downtime, 0.5 and 1.0 % in bytes, 2.3 and 4.8 % in rounds"
"""Measured once, with a grid over `series_share`, `empty_page_us` and `copy_mib_s`; see the page."""


def text(scores: Sequence[migration_scores.Score]) -> str:
    """Return the page."""
    template = Template((HERE / "migration_page.md").read_text(encoding="utf-8"))
    return template.substitute(scores=migration_scores.table(scores).rstrip(), halves=HALVES, fitted=_fitted().rstrip())


def _fitted() -> str:
    """Return the constants that were fitted, as a table."""
    rows = [
        row
        for name in ("migration", "migration_machines")
        for row in catalog.rows(name)
        if "fitted on" in row["source"]
    ]
    lines = ["| constant | value | what, and what it was fitted on |", "|---|---|---|"]
    lines += [f"| `{row['parameter']}` | {row['value']} {row['unit']} | {row['source']} |" for row in rows]
    return "\n".join(lines) + "\n"
