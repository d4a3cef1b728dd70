"""Studies made up for the tests: what they tried beyond plans, as the contract has it."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from models.tables import PARETO, SCENARIO_FULL, SCENARIO_TRIED, SENSITIVITY, frame
from tests.dashboards import factory

LIMITS = {"overload_share": 0.05, "unserved_share": 0.001}


def tried(folder: Path, names: tuple[str, ...] = (), ceilings: tuple[float, ...] = (0.6, 0.7, 0.8, 0.9)) -> Path:
    """Write a study whose plans were simulated, and whose estates grew until they were full; the first are named."""
    factory.study(folder, ceilings)
    table = pd.read_parquet(folder / "scenarios.parquet")
    table["scenario"] = table["scenario"].replace(dict(zip(table["scenario"].unique(), names, strict=False)))
    table = pd.concat([table, _simulated(table), _grown(table)], axis=1)
    table.to_parquet(folder / "scenarios.parquet", index=False)
    swings(table).to_parquet(folder / "sensitivity.parquet", index=False)
    unbeaten(table).to_parquet(folder / "pareto.parquet", index=False)
    manifest = {"command": "study", "options": {"run": "both", "held_up": LIMITS}}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder


def hostile(folder: Path) -> Path:
    """Write a study whose scenarios try to break out of the page."""
    return tried(folder, factory.HOSTILE)


def large(folder: Path, runs: int = 100_000) -> Path:
    """Write a study of 500 scenarios with as many seeds each as make so many runs."""
    tried(folder, ceilings=tuple(np.linspace(0.5, 0.95, 250)))
    table = pd.read_parquet(folder / "scenarios.parquet")
    ceiling, spare = table["axis.limits.cpu_ceiling"], table["axis.limits.spare_hosts"]
    table["scenario"] = [f"ceiling={at:.4f}, spare_hosts={hosts}" for at, hosts in zip(ceiling, spare, strict=True)]
    table = pd.concat([table] * (runs // len(table)), ignore_index=True)
    rng, size = np.random.default_rng(3), len(table)
    table = table.assign(
        seed=table.groupby("scenario").cumcount() + 1,
        moves=table["moves"] + rng.integers(0, 9, size),
        cost_after_eur_year=table["cost_after_eur_year"] * rng.uniform(0.98, 1.02, size),
        ready_share_max=rng.uniform(0.0, 0.05, size),
        sim_energy_kwh=rng.uniform(500, 700, size),
    )
    table.to_parquet(folder / "scenarios.parquet", index=False)
    unbeaten(table).to_parquet(folder / "pareto.parquet", index=False)
    return folder


def _simulated(table: pd.DataFrame) -> pd.DataFrame:
    """Return what simulations had: overloads of 2 % at a ceiling of 60 %, 8 % at one of 90 %."""
    overload = 0.02 + 0.2 * (table["axis.limits.cpu_ceiling"] - 0.6)
    columns: dict[str, Any] = {name: np.full(len(table), 12.0) for name in SCENARIO_TRIED}
    columns |= {"sim_overload_share": overload, "sim_unserved_share": overload / 100, "held_up": overload <= 0.05}
    return frame(SCENARIO_TRIED, columns)


def _grown(table: pd.DataFrame) -> pd.DataFrame:
    """Return how far estates grew: by half at a ceiling of 60 %, not at all at one of 90 %."""
    growth = (2.4 - 1.5 * table["axis.limits.cpu_ceiling"]).round(3)
    columns = {
        "full_growth": growth.where(growth > 1.1, 0.0), "full_next": growth + 0.1, "full_vms": growth * 210,
        "full_hosts_after": np.full(len(table), 24), "full_months": growth * 10,
        "full_reason": ["no room"] * len(table),
    }  # fmt: skip
    return frame(SCENARIO_FULL, columns)


def swings(table: pd.DataFrame) -> pd.DataFrame:
    """Return bars of a tornado for two settings and some metrics, the second of which is left as it is."""
    rows = [
        (metric, axis, least, most, 10.0, 10.0 + width, share)
        for metric in ("hosts_after", "cost_after_eur_year", "moves", "ready_share_max", "sim_overload_share")
        for axis, least, most, width, share in (
            ("limits.cpu_ceiling", "0.9", "0.6", 8.0, 0.9), ("limits.spare_hosts", "0", "None", 2.0, 0.06),
        )
    ]  # fmt: skip
    return frame(SENSITIVITY, dict(zip(SENSITIVITY, map(list, zip(*rows, strict=True)), strict=True)))


def unbeaten(table: pd.DataFrame) -> pd.DataFrame:
    """Return the first two scenarios with plans as those that no other beats."""
    names = list(table.loc[table["status"] != "infeasible", "scenario"].unique()[:2])
    columns: dict[str, Any] = {name: [1.0, 2.0] for name in PARETO}
    return frame(PARETO, columns | {"scenario": names})
