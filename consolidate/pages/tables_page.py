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

GROUPS: Mapping[str, tuple[Mapping[str, Field], Mapping[str, Mapping[str, Field]]]] = {
    "plan, drain, repair": (tables.SUMMARY, tables.TABLES),
    "simulate": (
        tables.SIMULATION,
        {
            "timeline": tables.TIMELINE, "heat": tables.HEAT, "hosts": tables.HOST_TOTALS, "vms": tables.VM_TOTALS,
            "migrations": tables.MIGRATIONS,
        },
    ),
    "study": (tables.STUDY, {"scenarios": tables.SCENARIO_METRICS}),
    "compare": (tables.COMPARISON, {"deltas": tables.DELTAS}),
    "rehearse": (
        tables.REHEARSAL,
        {
            "runs": tables.REHEARSAL_RUNS, "waves": tables.REHEARSAL_WAVES, "risks": tables.REHEARSAL_RISKS,
            "executed": tables.REHEARSAL_EXECUTED, "violations": tables.REHEARSAL_VIOLATIONS,
        },
    ),
    "track": ({}, {"drift": tables.DRIFT}),
    "overhead": (
        tables.OVERHEAD,
        {
            "technologies": tables.TECHNOLOGIES, "event_costs": tables.EVENT_COSTS, "merits": tables.MERITS,
            "gains": tables.GAINS,
        },
    ),
}  # fmt: skip
"""By command: the keys of its summary, and its tables. A study's scenarios have a column for each axis before these."""


def page() -> str:
    """Return all tables and summaries, as ``docs/results.md`` holds them."""
    return (
        "\n\n".join([_HEAD.rstrip(), *(part for name, group in GROUPS.items() for part in _group(name, *group))]) + "\n"
    )


def _group(name: str, keys: Mapping[str, Field], found: Mapping[str, Mapping[str, Field]]) -> Iterator[str]:
    yield f"## {name}"
    if keys:
        yield f"### summary.json of {name}\n\n{_table(keys)}"
    for table, fields in found.items():
        yield f"### {table} of {name}\n\n{_table(fields)}"


def _table(fields: Mapping[str, Field]) -> str:
    return "\n".join(["| name | meaning | unit | type |", "|---|---|---|---|", *_rows(fields)])


def _rows(fields: Mapping[str, Field]) -> Iterator[str]:
    for name, field in fields.items():
        kind = f"{field.dtype}, may be missing" if field.optional else field.dtype
        yield f"| `{name}` | {field.text} | {field.unit} | {kind} |"
