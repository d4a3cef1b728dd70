"""Metrics of a study's scenarios: what they are called, how they are written, and their means over seeds."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from dashboards.scenarios import AXIS, compact

UNSOLVED = ("infeasible", "failed")
"""What runs without a plan end with."""
METRICS: Mapping[str, tuple[str, str]] = {
    "full_growth": ("Growth until full [times today]", ",.3~r"),
    "cost_after_eur_year": ("Running cost [€/year]", ",.3~s"),
    "hosts_after": ("Hosts on after the plan", ",.3~r"),
    "moves": ("Migrations", ",.3~r"),
    "sim_energy_kwh": ("Energy, simulated [kWh]", ",.3~s"),
    "sim_overload_share": ("Hosts overloaded, simulated [% of time]", ".3~p"),
    "sim_unserved_share": ("CPU not served, simulated [%]", ".3~p"),
    "ready_share_max": ("Longest wait for a core [% of time]", ".3~p"),
    "overload_share_max": ("Most overloaded host [% of time]", ".3~p"),
    "overhead_mhz": ("CPU that virtualization adds [MHz]", ",.3~s"),
    "power_after_w": ("Power after the plan [W]", ",.3~s"),
    "saving_eur_year": ("Saved [€/year]", ",.3~s"),
    "payback_months": ("Paid back after [months]", ",.3~r"),
    "sim_migrations": ("Migrations, simulated", ",.3~r"),
}
"""By column the title of an axis with its unit, and how its values are written; those asked about most come first."""


def solved(scenarios: pd.DataFrame) -> pd.DataFrame:
    """Return the runs that have a plan, or were simulated."""
    return scenarios[~scenarios["status"].isin(UNSOLVED)]


def means(scenarios: pd.DataFrame) -> pd.DataFrame:
    """Return one row a scenario, numbers averaged over its seeds; runs without a plan do not count."""
    found = solved(scenarios)
    numbers = [name for name in found.select_dtypes("number") if not str(name).startswith(AXIS)]
    return found.groupby("scenario", sort=False)[numbers].mean().reset_index()


def short_means(scenarios: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Return `means` with short names of the scenarios, and a sentence that tells the settings they are named by."""
    short, settings = compact(scenarios)
    table = means(scenarios)
    told = f" They are named by {settings}." if settings else ""
    return table.assign(scenario=[short[str(name)] for name in table["scenario"]], full_name=table["scenario"]), told


def known(table: pd.DataFrame, column: str) -> bool:
    """Return whether any row knows the value."""
    return column in table and bool(np.isfinite(table[column].to_numpy(np.float64)).any())
