"""Simulations made up for the tests, through the contract: a load that goes up and down by the day."""

from typing import Any

import numpy as np
import pandas as pd

from models.tables import HEAT, HOST_TOTALS, MIGRATIONS, SCHEMA_VERSION, TIMELINE, VM_TOTALS, Field, frame

STEP_S = 300.0
_HOST_MHZ, _BINS, _SHOWN = 60_000.0, 240, 400
_DAY_S = 86_400


def blank(table: dict[str, Field], rows: int = 1, value: float = 0.0) -> pd.DataFrame:
    """Return a table whose every number is the value, and whose every text is empty; NaN only where it is a float."""
    count = 0 if np.isnan(value) else int(value)
    columns = {name: {"str": "", "int64": count}.get(spec.dtype, value) for name, spec in table.items()}
    return frame(table, {name: [each] * rows for name, each in columns.items()})


def tables(
    hosts: int = 24, steps: int = 2016, *, packed: bool = True, failures: int = 0, names: tuple[str, ...] = ()
) -> dict[str, pd.DataFrame]:
    """Return the tables of a simulation in which hosts go off at night if they are packed, and some fail."""
    rng = np.random.default_rng(5)
    host = [*names, *(f"esx-{row:02d}.dc1.example" for row in range(hosts - len(names)))]
    vm = [*names, *(f"app{row % 37:02d}-vm-{row:03d}" for row in range(8 * hosts - len(names)))]
    share, failed = _shares(rng, hosts, steps, packed, failures)
    return {
        "timeline": _timeline(rng, share, failed),
        "heat": _heat(host, share),
        "hosts": _hosts(host, share, failed),
        "vms": _vms(rng, vm, host, failures),
        "migrations": _migrations(rng, vm, host, steps if packed else 0),
    }


def _shares(rng: Any, hosts: int, steps: int, packed: bool, failures: int) -> tuple[Any, Any]:
    """Return the CPU use of each host over time, NaN where it is off, and where it has failed."""
    time = np.arange(steps) * STEP_S
    wave = 0.5 - 0.5 * np.cos(2 * np.pi * time / _DAY_S)
    level = rng.uniform(0.15, 0.4, (hosts, 1)) * (1.9 if packed else 1.0)
    share = np.clip(level * (0.6 + 0.6 * wave) * rng.uniform(0.85, 1.15, (hosts, steps)), 0.02, 1.0)
    needed = np.ceil(hosts * (0.4 + 0.25 * wave))
    if packed:
        share[np.arange(hosts)[:, None] >= needed] = np.nan
    failed = np.zeros((hosts, steps), bool)
    for row, start in zip(rng.integers(0, max(hosts // 3, 1), failures), rng.integers(0, steps, failures), strict=True):
        failed[row, start : start + 24] = True
    share[failed] = np.nan
    return share, failed


def _timeline(rng: Any, share: Any, failed: Any) -> pd.DataFrame:
    hosts, steps = share.shape
    on = ~np.isnan(share)
    used = np.nansum(share, axis=0) * _HOST_MHZ
    power = (on * 140 + np.nan_to_num(share) * 180).sum(axis=0)
    kwh = np.cumsum(power) * STEP_S / 3.6e6
    intensity = 360 - 120 * np.sin(np.pi * (np.arange(steps) * STEP_S % _DAY_S) / _DAY_S) ** 2
    change = np.diff(on.astype(int), axis=1, prepend=on[:, :1].astype(int))
    overloaded = rng.binomial(on.sum(axis=0), 0.02)
    moved = rng.binomial(3, 0.15, steps) * bool(change.any())
    columns = {
        "time_s": (np.arange(steps) + 1) * STEP_S, "hosts_on": on.sum(axis=0), "hosts_failed": failed.sum(axis=0),
        "power_w": power, "energy_kwh": kwh, "facility_kwh": 1.4 * kwh, "cost_eur": 0.28 * kwh,
        "carbon_kg": np.cumsum(power * 1.4 * intensity) * STEP_S / 3.6e9, "carbon_g_kwh": intensity,
        "cpu_offered_mhz": on.sum(axis=0) * _HOST_MHZ, "cpu_used_mhz": used,
        "cpu_unserved_mhz": used * 0.04 * (overloaded > 0) * rng.uniform(0, 1, steps), "overhead_mhz": used * 0.12,
        "memory_share": np.clip(0.35 + 0.4 * used / np.maximum(on.sum(axis=0) * _HOST_MHZ, 1), 0, 1),
        "swapped_mib": np.clip(rng.normal(-900, 500, steps), 0, None), "net_unserved_mbps": np.zeros(steps),
        "disk_unserved_iops": np.zeros(steps), "ready_share": 0.03 * (used / used.max()) ** 3,
        "overloaded_hosts": overloaded, "overload_share": overloaded / np.maximum(on.sum(axis=0), 1) * 0.6,
        "migration_loss_share": moved * 2e-5, "migrations": np.cumsum(moved), "migrating": moved,
        "boots": np.cumsum((change > 0).sum(axis=0)), "shutdowns": np.cumsum((change < 0).sum(axis=0)),
        "vms_running": np.full(steps, 8 * hosts), "vms_unplaced": 3 * failed.sum(axis=0),
    }  # fmt: skip
    return frame(TIMELINE, columns)


def _heat(host: list[str], share: Any) -> pd.DataFrame:
    steps = share.shape[1]
    edges = np.unique(np.linspace(0, steps, min(_BINS, steps) + 1).astype(int))
    width = np.diff(edges)
    on = np.add.reduceat((~np.isnan(share)).astype(float), edges[:-1], axis=1)
    total = np.add.reduceat(np.nan_to_num(share), edges[:-1], axis=1)
    mean = np.where(on > 0, total / width, np.nan)[:_SHOWN]
    columns = {
        "host": np.repeat(host[:_SHOWN], len(width)), "time_s": np.tile(edges[1:] * STEP_S, len(mean)),
        "cpu_share": mean.ravel(),
    }  # fmt: skip
    return frame(HEAT, columns)


def _hosts(host: list[str], share: Any, failed: Any) -> pd.DataFrame:
    count, on = len(host), (~np.isnan(share)).sum(axis=1)
    mean = np.divide(np.nansum(share, axis=1), on, out=np.full(count, np.nan), where=on > 0)
    columns = {
        "host": host, "cluster": [f"prod-{row % 3 + 1}" for row in range(count)], "energy_kwh": on * 0.02,
        "on_s": on * STEP_S, "failed_s": failed.sum(axis=1) * STEP_S, "overloaded_s": on * STEP_S * 0.012,
        "cpu_share": mean, "cpu_unserved_share": mean * 0.01, "arrivals": on // 50, "departures": on // 60,
        "boots": on // 500, "shutdowns": on // 500, "memory_peak_share": np.full(count, 0.81),
        "ready_share": mean * 0.02, "vms_end": np.full(count, 8),
    }  # fmt: skip
    return frame(HOST_TOTALS, columns)


def _vms(rng: Any, vm: list[str], host: list[str], failures: int) -> pd.DataFrame:
    count = len(vm)
    columns = {
        "vm": vm, "host_end": [host[row % len(host)] for row in range(count)], "running_s": np.full(count, 604_800.0),
        "unplaced_s": 7200.0 * (np.arange(count) < failures), "cpu_mean_mhz": rng.uniform(200, 4000, count),
        "cpu_unserved_share": rng.uniform(0, 0.004, count), "migrations": rng.integers(0, 4, count),
        "downtime_s": rng.uniform(0, 0.9, count), "migration_loss_share": rng.uniform(0, 3e-5, count),
        "restarts": (np.arange(count) < failures).astype(int),
    }  # fmt: skip
    return frame(VM_TOTALS, columns)


def _migrations(rng: Any, vm: list[str], host: list[str], steps: int) -> pd.DataFrame:
    count = min(steps // 5, 400)
    start = np.sort(rng.uniform(0, max(steps, 1) * STEP_S, count))
    columns = {
        "vm": [vm[row % len(vm)] for row in range(count)], "source": [host[row % len(host)] for row in range(count)],
        "destination": [host[(row + 1) % len(host)] for row in range(count)], "start_s": start,
        "end_s": start + rng.uniform(20, 200, count), "downtime_ms": rng.uniform(20, 400, count),
        "transferred_mib": rng.uniform(2e3, 2e4, count), "reason": [f"{host[0]} is emptied."] * count,
    }  # fmt: skip
    return frame(MIGRATIONS, columns)


def summary(found: dict[str, pd.DataFrame], **given: Any) -> dict[str, Any]:
    """Return the summary of a simulation with such tables, every key of it; the keys given replace the usual values."""
    line = found["timeline"]
    last, on = line.iloc[-1], line["hosts_on"]
    seconds = float(last["time_s"])
    return {
        "schema_version": SCHEMA_VERSION, "command": "simulate", "status": "complete", "source": "vcenter-export",
        "verdict": f"In {seconds / 3600:.4g} h the hosts draw {last['energy_kwh']:.4g} kWh.",
        "taken": "2025-03-01T06:00:00Z", "policy": "threshold", "preset": "", "seed": 1, "steps": len(line),
        "step_s": STEP_S, "duration_s": seconds, "coverage": 0.97, "vms": 8 * len(found["hosts"]),
        "vms_running": int(last["vms_running"]), "vms_unplaced": int(last["vms_unplaced"]),
        "vm_hours_unplaced": float(line["vms_unplaced"].sum()) * STEP_S / 3600, "hosts": len(found["hosts"]),
        "hosts_on_start": int(on.iloc[0]), "hosts_on_end": int(on.iloc[-1]), "hosts_on_mean": float(on.mean()),
        "hosts_on_peak": int(on.max()), "power_mean_w": float(line["power_w"].mean()),
        "power_peak_w": float(line["power_w"].max()), "migrating": int(last["migrating"]), "refused": 2,
        "failures": int((line["hosts_failed"].diff() > 0).sum()), "restarts": int(found["vms"]["restarts"].sum()),
        "downtime_s": float(found["vms"]["downtime_s"].sum()), "energy_bound_kwh": 99.0,
        "transferred_gib": 640.0, "overload_share": 0.0123,
        "migration_loss_share": 1.9e-5, "sla_violation": 2.337e-7, "energy_sla_violation": 1e-4,
        "average_violation": 0.11, "ready_share": float(line["ready_share"].mean()), "memory_swapped_share": 0.02,
        "net_unserved_share": 0.0, "disk_unserved_share": 0.0, "unserved_share": 0.0042, "overhead_share": 0.118,
        "unserved_gigacycles": 5.3e6, "assumptions": ["A VM on a failed host is restarted after two minutes."],
    } | {
        key: line[key].to_numpy()[-1].item()
        for key in ("energy_kwh", "facility_kwh", "cost_eur", "carbon_kg", "migrations", "boots", "shutdowns")
    } | given  # fmt: skip
