"""The page on result folders, from the one place where their tables are declared."""

from collections.abc import Iterator, Mapping

from models import tables
from models.tables import Field

_HEAD = """\
# Result folders

Every command that computes writes one folder: `manifest.json` (versions, hashes of what was read, options, seed),
`summary.json`, and tables as CSV, long ones as Parquet too. Columns and keys are declared once, in
[models/tables.py](../models/tables.py); this page is made from it. Units are told in
[words and units](nomenclature.md). Where a number may be missing it says so; in CSV the cell is empty then.
"""

SUMMARIES: Mapping[str, tuple[str, Mapping[str, Field]]] = {
    "plan": ("Keys of `summary.json` of `plan`, `drain` and `repair`.", tables.SUMMARY),
    "simulate": ("Keys of `summary.json` of `simulate`.", tables.SIMULATION),
    "study": ("Keys of `summary.json` of `study`.", tables.STUDY),
    "overhead": ("Keys of `summary.json` of `overhead`.", tables.OVERHEAD),
}


def page() -> str:
    """Return all tables and summaries, as ``docs/results.md`` holds them."""
    parts = [
        *(f"## Table `{name}`\n\n{_table(fields)}" for name, fields in tables.TABLES.items()),
        f"## Table `scenarios`\n\nOne row a scenario and seed, after a column for each axis.\n\n"
        f"{_table(tables.SCENARIO_METRICS)}",
        *(f"## Summary of `{name}`\n\n{text}\n\n{_table(keys)}" for name, (text, keys) in SUMMARIES.items()),
    ]
    return "\n\n".join([_HEAD.rstrip(), *parts]) + "\n"


def _table(fields: Mapping[str, Field]) -> str:
    return "\n".join(["| name | meaning | unit | type |", "|---|---|---|---|", *_rows(fields)])


def _rows(fields: Mapping[str, Field]) -> Iterator[str]:
    for name, field in fields.items():
        kind = f"{field.dtype}, may be missing" if field.optional else field.dtype
        yield f"| `{name}` | {field.text} | {field.unit} | {kind} |"
