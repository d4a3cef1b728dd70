"""The part of the page on validation that is about the simulation; its tables are of files that commands wrote."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from string import Template

HERE = Path(__file__).parent
SHARES = ("sla", "pdm", "slatah", "overall_slav", "avg_slav")
EXACT = 1e-5
"""Largest relative difference of energy that is equal."""


def read(name: str) -> list[dict[str, str]]:
    """Return the rows of a file beside this module."""
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def equal(ours: Mapping[str, str], theirs: Mapping[str, str]) -> bool:
    """Return whether a row of ours is CloudSim's to all the digits that both tell."""
    if abs(float(ours["energy_kwh"]) / float(theirs["energy_kwh"]) - 1) > EXACT:
        return False
    counts = all(int(ours[name]) == int(theirs[name]) for name in ("migrations", "shutdowns"))
    return counts and all(abs(float(ours[name]) - float(theirs[name])) < 1.5e-10 for name in SHARES)


def section() -> str:
    """Return the section."""
    text = (HERE / "simulation_page.md").read_text(encoding="utf-8")
    return Template(text).substitute(
        equality=_table(_HEADS, _equality()), quirks=_table(_QUIRKS, _quirks()), frontier=_table(_FRONTIER, _frontier())
    )


_HEADS = (
    "order", "policy", "energy [kWh]", "CloudSim", "migrations", "CloudSim", "shutdowns", "SLA", "CloudSim", "equal"
)  # fmt: skip
_QUIRKS = ("left out", "policy", "energy [kWh]", "change", "migrations", "change", "SLA", "not served", "what it is")
_FRONTIER = (
    "policy", "options", "energy [kWh]", "migrations", "SLATAH [%]", "PDM [%]", "SLA", "ESV [kWh]", "not served [%]",
    "variants: energy [kWh]", "migrations", "SLA", "not served [%]",
)  # fmt: skip


def _equality() -> Iterable[Sequence[str]]:
    ours = {(order, row["policy"]): row for order in ("ntfs", "name") for row in read(f"cloudsim_{order}.csv")}
    for theirs in sorted(read("cloudsim_measured.csv"), key=lambda row: row["order"] != "ntfs"):
        own = ours[theirs["order"], theirs["policy"]]
        random = theirs["policy"].endswith("-rs")
        yield (
            theirs["order"], theirs["policy"], own["energy_kwh"], theirs["energy_kwh"], own["migrations"],
            theirs["migrations"], own["shutdowns"], own["sla"], theirs["sla"],
            "mean of 5 seeds" if random else "yes" if equal(own, theirs) else "no",
        )  # fmt: skip


def _quirks() -> Iterable[Sequence[str]]:
    for row in read("quirks.csv"):
        yield (
            row["left_out"], row["policy"], row["energy_kwh"], row["energy_change_kwh"], row["migrations"],
            row["migrations_change"], row["sla"], row["unserved"], row["what"],
        )  # fmt: skip


def _frontier() -> Iterable[Sequence[str]]:
    for row in read("frontier.csv"):
        yield (
            row["policy"], row["options"], f"{float(row['energy_kwh']):.2f}", row["migrations"],
            f"{float(row['slatah']) * 100:.3f}", f"{float(row['pdm']) * 100:.4f}", f"{float(row['sla']):.3g}",
            f"{float(row['esv']):.3g}", f"{float(row['unserved']) * 100:.3f}",
            f"{float(row['variants_energy_kwh']):.2f}", f"{float(row['variants_migrations']):.0f}",
            f"{float(row['variants_sla']):.3g}", f"{float(row['variants_unserved']) * 100:.3f}",
        )  # fmt: skip


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "/") for cell in line) + " |" for line in lines)
