"""Which tables and charts a page has, and tables as the pages show them."""

from collections.abc import Mapping, Sequence

import pandas as pd

from dashboards import results as contracts
from dashboards.results import Results
from dashboards.sections import TABLES, tables
from models.tables import Field

MERGED = {"plan": "vms"}
"""By command, the table of VMs that tells their placement as well."""
PAGE_TABLES: Mapping[str, Sequence[str]] = {
    "hosts": ("hosts",),
    "vms": ("vms", "gains"),
    "migrations": ("moves", "actions", "migrations"),
    "power": ("costs",),
    "scenarios": ("scenarios", "pareto", "sensitivity", "frontier", "deltas"),
}
PAGE_CHARTS: Mapping[str, Sequence[str]] = {
    "hosts": ("utilisation", "mosaic", "fullest", "cycles", "load", "heat", "both_heat", "mix"),
    "vms": ("service", "both_service", "pressure", "unplaced", "gains"),
    "migrations": ("gantt", "flow", "progress", "migrations", "break_even"),
    "power": ("active", "power", "both_hosts", "energy", "both_energy", "breakdown", "break_even", "cpu", "added"),
    "scenarios": (
        "bars",
        "held_up",
        "full",
        "tornado",
        "indices",
        "by_overhead",
        "frontier",
        "paid_back",
        "trade_off",
        "differences",
    ),
}
_OVERVIEW = (
    "fullest", "break_even", "progress", "active", "energy", "held_up", "full", "bars", "tornado", "frontier",
    "differences",
)  # fmt: skip
"""Charts of other pages that the overview shows as well."""


def contract(results: Results, name: str) -> Mapping[str, Field]:
    """Return what the columns of a table mean."""
    own = contracts.contract(results.command, name)
    merged = MERGED.get(results.command) == name
    return {**contracts.contract(results.command, "placement"), **own} if merged else own


def table(results: Results, name: str) -> pd.DataFrame:
    """Return a table; a plan's VMs with the hosts that they are on before and after, without what is not known."""
    found: pd.DataFrame = results.tables[name]
    if MERGED.get(results.command) != name:
        return found
    sizes = found.drop(columns=["host"], errors="ignore")
    return results.tables["placement"].merge(sizes, on="vm", how="left").dropna(axis="columns", how="all")


def tables_of(results: Results, page: str) -> list[str]:
    """Return the names of the tables on a page; those of no other page are on the overview."""
    known = tables(results)
    if results.command in MERGED and len(results.tables["placement"]):
        known.append(MERGED[results.command])
    if page:
        return [name for name in PAGE_TABLES.get(page, ()) if name in known]
    placed = {name for names in PAGE_TABLES.values() for name in names}
    return [name for name in known if name not in placed and len(results.tables[name])]


def charts_of(names: Sequence[str], page: str) -> list[str]:
    """
    Return which of the charts are on a page, in the order to show them.

    Readings over time are left out where a simulation's are there, which tell the same and when hosts are off.
    """
    if page:
        left_out = "load" if {"heat", "both_heat"} & set(names) else ""
        return [name for name in PAGE_CHARTS.get(page, ()) if name in names and name != left_out]
    placed = {name for each in PAGE_CHARTS.values() for name in each}
    return [*(name for name in _OVERVIEW if name in names), *(name for name in names if name not in placed)]


def title(results: Results, name: str) -> tuple[str, str]:
    """Return a table's title, and what to say if it is empty."""
    return TABLES.get(name, (name.capitalize(), "Nothing is here."))
