"""Result folders made up for the tests, through the contract, so that every column is one that really is written."""

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from models.tables import (
    ACTIONS,
    COMPARISON,
    COSTS,
    HOSTS,
    MOVES,
    OVERHEAD,
    REHEARSAL,
    REHEARSAL_EXECUTED,
    REHEARSAL_RISKS,
    REHEARSAL_RUNS,
    REHEARSAL_VIOLATIONS,
    REHEARSAL_WAVES,
    SCENARIO_METRICS,
    SIMULATION,
    SUMMARY,
    frame,
)
from tests.dashboards import prices, weeks
from tests.dashboards.estates import empty, load, plan

HOSTILE = (
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<!--<script>alert(1)//",
    "'quoted'",
    "=HYPERLINK(1)",
    "\u2028line\u2029separators",
    '"><svg onload=alert(1)>',
    "%{x}<br><a href='javascript:alert(1)'>b</a>&amp;",
)


def write(folder: Path, summary: Mapping[str, Any], tables: Mapping[str, pd.DataFrame], *parquet: str) -> Path:
    """Write a result folder the way the product does: guarded CSV, and Parquet for the tables named."""
    folder.mkdir(parents=True, exist_ok=True)
    unknown = set(summary) - set(SUMMARY) - set(OVERHEAD) - set(SIMULATION) - set(REHEARSAL) - set(COMPARISON)
    assert not unknown, f"keys that differ from the contract: {unknown}"
    (folder / "summary.json").write_text(json.dumps(summary, ensure_ascii=False), encoding="utf-8")
    manifest = {"versions": {"dc-consolidate": "0.1.0"}, "inputs": {"hosts.csv": "0" * 64}, "seed": 1}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    for name, table in tables.items():
        if name in parquet:
            table.to_parquet(folder / f"{name}.parquet", index=False)
        else:
            _csv(folder / f"{name}.csv", table)
    return folder


def _csv(path: Path, table: pd.DataFrame) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(table.columns)
        writer.writerows([_guarded(cell) for cell in row] for row in table.itertuples(index=False))


def _guarded(cell: Any) -> Any:
    if isinstance(cell, float) and np.isnan(cell):
        return ""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r", "'")) else cell


def summary(**given: Any) -> dict[str, Any]:
    """Return a plan's summary, every key of it; the keys given replace the usual values."""
    return {
        "schema_version": 1, "command": "plan", "status": "optimal",
        "what_if": "",
        "verdict": "24 hosts become 15: 9 can be switched off, with 84 migrations in 1 h 10 min.",
        "source": "vcenter-export", "taken": "2025-03-01T06:00:00Z", "grade": "B",
        "basis": "CPU: 95th percentile of 30 days; memory: allocated", "coverage": 0.97, "vms": 200, "vms_running": 188,
        "hosts": 24, "hosts_before": 24, "hosts_after": 15, "hosts_bound": 15, "gap": 0.0, "solver": "cp-sat",
        "reproducible": True, "seed": 1, "seconds": 12.4, "moves": 84, "moves_live": 80, "waves": 4,
        "makespan_s": 4200.0, "moving_s": 3000.0, "makespan_bound_s": 3600.0, "transferred_gib": 640.0,
        "downtime_s": 9.3, "sum_of_ends_s": 180_000.0, "peak_link_share": 0.75, "moves_at_risk": 3,
        "moves_at_risk_at_once": 2, "waves_bound": 3, "disk_gib": 0.0,
        "power_before_w": 6100.0, "power_after_w": 4100.0, "energy_before_kwh_year": 83_000.0,
        "energy_after_kwh_year": 56_000.0, "carbon_before_kg_year": 31_000.0, "carbon_after_kg_year": 21_000.0,
        "cost_before_eur_year": 96_000.0, "cost_after_eur_year": 55_000.0, "saving_eur_year": 41_000.0,
        "once_eur": 11_200.0, "purchase_eur": 0.0, "hosts_bought": 0,
        "stranded_before_share": 0.3, "stranded_share": 0.2,
        "payback_months": 3.28, "work_mhz": 500_000.0, "overhead_before_mhz": 70_000.0,
        "overhead_mhz": 60_000.0, "ready_share_max": 0.031, "overload_share_max": 0.004,
        "violations_before": 3, "violations_during": 0,
        "violations_after": 0, "violations_left": 0, "dropped_moves": 2, "assumptions": [
            "Hosts without a power reading draw what the catalog says for their model.",
            "Memory is reserved as configured, because no readings came with the inventory.",
        ], "blocking": [], "remedies": [], "next_host": "",
    } | given  # fmt: skip


def usual(folder: Path) -> Path:
    """Write a plan of 24 hosts and 200 VMs with measured load."""
    tables = plan()
    return write(folder, summary(), tables | {"load": load(tables["hosts"])}, "load")


def large(folder: Path) -> Path:
    """Write a plan of 2,000 hosts and 12,000 moves."""
    text = "2,000 hosts become 1,250: 750 can be switched off, with 12,000 migrations in 6 days."
    numbers = {"hosts": 2000, "hosts_before": 2000, "hosts_after": 1250, "hosts_bound": 1201, "status": "feasible"}
    more = {"gap": 0.041, "moves": 12_000, "waves": 500, "vms": 30_000, "makespan_s": 600_000.0, "verdict": text}
    return write(folder, summary(**numbers, **more), plan(2000, 30_000, 12_000))


def hostile(folder: Path) -> Path:
    """Write a plan whose hosts, VMs and sentences try to break out of the page."""
    texts = {"verdict": HOSTILE[0], "source": HOSTILE[1], "basis": HOSTILE[2], "assumptions": list(HOSTILE)}
    return write(folder, summary(**texts), plan(names=HOSTILE))


def without_moves(folder: Path, **given: Any) -> Path:
    """Write a plan in which no VM moves; the keys given go into its summary."""
    tables = plan(moves=0)
    staying = {column: tables["hosts"][column.replace("_after", "_before")] for column in tables["hosts"]}
    tables["hosts"] = frame(HOSTS, staying | {"role": ["stays"] * 24})
    tables |= {"moves": empty(MOVES), "actions": empty(ACTIONS), "costs": empty(COSTS)}
    numbers = {"hosts_after": 24, "hosts_bound": 24, "moves": 0, "moves_live": 0, "waves": 0, "makespan_s": 0.0}
    money = {"saving_eur_year": 0.0, "once_eur": 0.0, "payback_months": None, "cost_after_eur_year": 96_000.0}
    energy = {"power_after_w": 6100.0, "energy_after_kwh_year": 83_000.0, "carbon_after_kg_year": 31_000.0}
    return write(folder, summary(**(numbers | money | energy | given)), tables)


def unchanged(folder: Path) -> Path:
    """Write a plan that finds nothing worth doing."""
    text = "Nothing is worth doing: all 24 hosts are needed for the demand at the ceilings set."
    return without_moves(folder, status="unchanged", verdict=text)


def infeasible(folder: Path) -> Path:
    """Write a plan that no placement satisfies."""
    blocking = ["vm app01-vm-001", "vm app02-vm-002", "rule web tier apart", "host esx-03.dc1.example"]
    text = "No placement keeps all the rules: 2 VMs must be apart, and only 1 host may take them."
    return without_moves(folder, status="infeasible", verdict=text, blocking=blocking, hosts_bound=None, gap=None)


def only_actions(folder: Path) -> Path:
    """Write a plan that switches empty hosts off and moves nothing."""
    tables = plan(moves=0)
    text = "24 hosts become 15: 9 are empty and can be switched off; no VM has to move."
    return write(folder, summary(verdict=text, moves=0, moves_live=0, waves=0, makespan_s=0.0), tables)


def simulate(folder: Path, hosts: int = 24, steps: int = 2016, failures: int = 4, **given: Any) -> Path:
    """Write a simulation of a week in which hosts are switched off at night; the keys given go into its summary."""
    tables = weeks.tables(hosts, steps, failures=failures)
    return write(folder, weeks.summary(tables, **given), tables, *tables)


def partial(folder: Path) -> Path:
    """Write a simulation that was interrupted on its third day, without failures."""
    return simulate(folder, steps=700, failures=0, status="partial", preset="cloudsim", overhead_share=None)


def hostile_simulation(folder: Path) -> Path:
    """Write a simulation whose policy, hosts, VMs and sentences try to break out of the page."""
    tables = weeks.tables(steps=50, names=HOSTILE)
    tables["migrations"] = tables["migrations"].assign(reason=HOSTILE[1])
    texts = {"verdict": HOSTILE[0], "source": HOSTILE[1], "policy": HOSTILE[2], "preset": HOSTILE[6]}
    return write(folder, weeks.summary(tables, **texts, assumptions=list(HOSTILE)), tables, *tables)


def both(folder: Path, steps: int = 2016, hosts: int = 24, **after: Any) -> Path:
    """Write a plan with simulations before and after; the keys given go into the summary of the second."""
    usual(folder)
    for when, packed in (("before", False), ("after", True)):
        tables = weeks.tables(hosts, steps, packed=packed)
        told = {"policy": "none", **(after if packed else {"overload_share": 0.001, "ready_share": 0.002})}
        write(folder / when, weeks.summary(tables, **told), tables, *tables)
    return folder


def study(folder: Path, ceilings: tuple[float, ...] = (0.6, 0.7, 0.8, 0.9), **more: Any) -> Path:
    """Write a study of CPU ceilings by spare hosts, two seeds each; the tightest is infeasible; `more` are axes."""
    rows = [(ceiling, spare, seed) for ceiling in ceilings for spare in (0, 1) for seed in (1, 2)]
    ceiling, spare, seed = (np.array(column) for column in zip(*rows, strict=True))
    hosts = np.round(13.2 / ceiling).astype(int) + spare
    infeasible = (ceiling == min(ceilings)) & (spare == 1)
    columns = {
        "scenario": [f"ceiling {row[0]:.0%}, {row[1]} spare" for row in rows], "seed": seed,
        "status": np.where(infeasible, "infeasible", "feasible"), "vms": np.full(len(rows), 210),
        "hosts_bought": np.zeros(len(rows)), "gap": np.full(len(rows), 0.1),
        "carbon_after_kg_year": hosts * 900.0, "overload_share_max": np.full(len(rows), 0.01),
        "reason": np.where(infeasible, "There is no room.", ""), "hosts_before": np.full(len(rows), 24),
        "hosts_after": hosts, "hosts_bound": hosts - 1, "moves": (24 - hosts) * 11 + seed,
        "makespan_s": (24 - hosts) * 600.0, "power_before_w": np.full(len(rows), 6100.0),
        "power_after_w": hosts * 260.0, "saving_eur_year": (24 - hosts) * 4500.0,
        "cost_after_eur_year": hosts * 4500.0,
        "once_eur": (24 - hosts) * 1200.0, "payback_months": np.full(len(rows), 3.2),
        "violations": np.zeros(len(rows)), "overhead_mhz": 60_000.0 + 400 * hosts,
        "ready_share_max": np.full(len(rows), 0.03), "seconds": np.full(len(rows), 4.0),
    }  # fmt: skip
    axes = pd.DataFrame({"axis.limits.cpu_ceiling": ceiling, "axis.limits.spare_hosts": spare})
    table = pd.concat([axes.assign(**more), frame(SCENARIO_METRICS, columns)], axis=1)
    text = "The best of 8 scenarios (ceiling 90%, 0 spare) frees 9 of 24 hosts."
    content = {"schema_version": 1, "command": "study", "verdict": text, "source": "vcenter-export", "hosts": 24}
    return write(folder, content, {"scenarios": table}, "scenarios")


def study_of_overhead(folder: Path) -> Path:
    """Write a study in which two settings of overhead vary as well."""
    row = np.arange(16)
    technology = np.array(["hardware-assisted", "container", "nested <b>"])[row % 3]
    more: dict[str, Any] = {
        "axis.overhead.technology": technology,
        "axis.overhead.page_size": np.where(row % 2, "2m", "4k"),
    }
    return study(folder, **more)


def overhead_summary(**given: Any) -> dict[str, Any]:
    """Return the summary of an inventory's overhead, every key of it; the keys given replace the usual values."""
    return {
        "schema_version": 1, "command": "overhead", "source": "vcenter-export", "taken": "2025-03-01T06:00:00Z",
        "verdict": "Virtualization adds 16.4 % to the work of 188 VMs; containers would free 3.2 GHz of it.",
        "microarchitecture": "skylake-sp", "vms": 188, "technologies": 16, "work_mhz": 40_000.0,
        "overhead_mhz": 6_560.0, "least": "container", "most": "user-mode-kernel", "change": "container",
        "gain_mhz": 3_210.0, "gainers": 40, "assumptions": ["VMs without a profile do the general workload."],
    } | given  # fmt: skip


def overhead(folder: Path) -> Path:
    """Write what virtualization costs an inventory, and what a change would free."""
    return write(folder, overhead_summary(), prices.tables())


def overhead_alone(folder: Path) -> Path:
    """Write what virtualization costs a workload, without an inventory."""
    unknown = dict.fromkeys(("overhead_mhz", "gain_mhz", "gainers"))
    text = (
        "Of the technologies at the hardware and OS levels, container costs oltp the least, user-mode-kernel the most."
    )
    told = overhead_summary(source="oltp", taken="", vms=0, work_mhz=2_900.0, change="", verdict=text, **unknown)
    tables = prices.tables() | {"technologies": prices.technologies(2_900.0)}
    return write(folder, told, {name: table for name, table in tables.items() if name != "gains"})


def rehearsal(folder: Path, names: tuple[str, ...] = ("web-01", "db-01", "app-01")) -> Path:
    """Write a rehearsal of 40 runs of a plan of two waves, one in ten of which is stopped in the second."""
    size, runs = len(names), 40
    stopped = np.arange(runs) % 10 == 0
    tables = {
        "runs": weeks.blank(REHEARSAL_RUNS, runs).assign(
            run=range(1, runs + 1), makespan_s=400.0 + 10.0 * np.arange(runs),
            stopped_wave=np.where(stopped, 2, 0), status=np.where(stopped, "stopped", "completed"),
        ),
        "waves": weeks.blank(REHEARSAL_WAVES, 2).assign(
            wave=[1, 2], moves=[1, size - 1], planned_end_s=[60.0, 420.0], end_p50_s=[62.0, 600.0],
            end_p90_s=[80.0, 740.0], end_p99_s=[90.0, 780.0], stop_share=[0.0, 0.1], late_share=[0.2, 0.7],
        ),
        "risks": weeks.blank(REHEARSAL_RISKS, size).assign(
            vm=names, source="esx-1", destination="esx-2", wave=[1, *[2] * (size - 1)],
            critical_share=np.linspace(0.9, 0.1, size), undone_share=0.1,
        ),
        "executed": weeks.blank(REHEARSAL_EXECUTED, size).assign(vm=names, outcome="done"),
        "violations": weeks.blank(REHEARSAL_VIOLATIONS, 0),
    }  # fmt: skip
    plain = {"str": "", "int64": 1, "float64": 0.1}
    told: dict[str, Any] = {name: plain.get(spec.dtype, []) for name, spec in REHEARSAL.items()}
    told |= {
        "command": "rehearse", "schema_version": 4, "status": "at risk", "source": names[0], "runs": runs,
        "verdict": f"Of 40 runs of {names[0]}, half are done within 10 min.", "makespan_planned_s": 420.0,
        "makespan_replayed_s": 431.0, "makespan_p50_s": 600.0, "makespan_p90_s": 740.0, "makespan_p99_s": 780.0,
        "violations": 0, "riskiest_wave": 2, "difference_s": 0.0, "replayed_status": "completed",
        "assumptions": ["Durations spread as measured."],
    }  # fmt: skip
    return write(folder, told, tables)


def hostile_rehearsal(folder: Path) -> Path:
    """Write a rehearsal whose VMs try to break out of the page."""
    return rehearsal(folder, HOSTILE)


def hostile_overhead(folder: Path) -> Path:
    """Write overhead whose technologies, VMs and sentences try to break out of the page."""
    texts = {"verdict": HOSTILE[0], "source": HOSTILE[1], "microarchitecture": HOSTILE[2], "change": HOSTILE[6]}
    tables = prices.tables(HOSTILE)
    tables["merits"] = tables["merits"].assign(technology=HOSTILE[:5], note=HOSTILE[3:8])
    tables["gains"] = tables["gains"].assign(changes=HOSTILE[1])
    return write(folder, overhead_summary(**texts, least=HOSTILE[4], most=HOSTILE[7]), tables)
