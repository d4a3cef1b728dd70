"""The page on migration: its tables are of the shared files of measured migrations and of the catalog."""

from collections.abc import Sequence
from pathlib import Path
from string import Template

from models import catalog
from tests.validation import migration_scores

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "migration.md"
FILES = ("migration/qemu_calibration.csv", "migration/calibration.csv", "mvm/real_executions.csv")


def text(scores: Sequence[migration_scores.Score]) -> str:
    """Return the page."""
    template = Template((HERE / "migration_page.md").read_text(encoding="utf-8"))
    return template.substitute(scores=migration_scores.table(scores).rstrip(), fitted=_fitted().rstrip())


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
