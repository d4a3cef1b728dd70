"""Tables made up for the tests, through the contract, so that every column is one that really is written."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from models.tables import ACTIONS, COSTS, FINDINGS, HOSTS, LOAD, MOVES, PLACEMENT, VIOLATIONS, frame


def empty(table: Mapping[str, Any]) -> pd.DataFrame:
    """Return the table without rows."""
    return frame(table, {name: [] for name in table})


def plan(
    hosts: int = 24, vms: int = 200, moves: int = 84, names: tuple[str, ...] = (), seed: int = 1
) -> dict[str, Any]:
    """Return the tables of a plan that frees three eighths of the hosts; the first names are those given."""
    rng = np.random.default_rng(seed)
    host = [*names, *(f"esx-{row:02d}.dc1.example" for row in range(hosts - len(names)))]
    vm = [*names, *(f"app{row % 37:02d}-vm-{row:03d}" for row in range(vms - len(names)))]
    freed = max(1, hosts * 3 // 8)
    leaves = np.arange(vms) < moves
    before = np.where(leaves, rng.integers(0, freed, vms), rng.integers(freed, hosts, vms))
    after = np.where(leaves, rng.integers(freed, hosts, vms), before)
    return {
        "placement": frame(PLACEMENT, {"vm": vm, "host_before": _at(host, before), "host_after": _at(host, after)}),
        "moves": moves_of(rng, _at(vm, np.arange(moves)), _at(host, before[:moves]), _at(host, after[:moves])),
        "actions": _actions(host[:freed], moves),
        "hosts": _hosts(rng, host, freed, before, after),
        "violations": _violations(vm, host),
        "findings": _findings(names),
        "costs": _costs(),
    }


def _at(names: list[str], rows: Any) -> list[str]:
    return [names[row] for row in rows]


def moves_of(rng: Any, vm: list[str], source: list[str], destination: list[str]) -> pd.DataFrame:
    """Return live moves of the VMs, with a cold one here and there."""
    count = len(vm)
    wave = np.maximum(np.arange(count) // 24, 0) + 1
    start = np.arange(count) * 45.0 + (wave - 1) * 120
    length = rng.uniform(30, 300, count)
    columns = {
        "wave": wave, "start_s": start, "end_s": start + length, "vm": vm, "source": source,
        "destination": destination, "kind": ["cold" if row % 21 == 20 else "live" for row in range(count)],
        "bandwidth_mbps": np.full(count, 2500.0), "duration_s": length, "downtime_ms": rng.uniform(20, 400, count),
        "transferred_mib": length * 280, "disk_mib": np.zeros(count), "balloon_mib": np.zeros(count),
        "at_risk": np.arange(count) % 28 == 0, "rounds": rng.integers(2, 9, count), "converges": np.ones(count, bool),
        "energy_j": length * 35, "after": [""] * count,
        "reason": [f"{name} is drained so that it can be switched off." for name in source],
    }  # fmt: skip
    return frame(MOVES, columns)


def _actions(freed: list[str], moves: int) -> pd.DataFrame:
    end = moves * 45.0 * (np.arange(len(freed)) + 1) / max(len(freed), 1) + 400
    reason = ["No VM is left on it."] * len(freed)
    return frame(
        ACTIONS,
        {"host": freed, "action": ["shutdown"] * len(freed), "start_s": end - 120, "end_s": end, "reason": reason},
    )


def _hosts(rng: Any, host: list[str], freed: int, before: Any, after: Any) -> pd.DataFrame:
    count = len(host)
    stays = np.arange(count) >= freed
    states: dict[str, Any] = {}
    for when, where, on in (("before", before, np.ones(count, bool)), ("after", after, stays)):
        vms = np.bincount(where, minlength=count)
        cpu = np.clip(vms / max(vms.max(), 1) * rng.uniform(0.75, 0.98, count), 0, 1) * on
        memory = np.clip(cpu * rng.uniform(0.8, 1.05, count), 0, 0.99)
        states |= _cycles(rng, when, cpu, on) | {
            f"on_{when}": on, f"vms_{when}": vms, f"vcpus_{when}": vms * 3,
            f"cpu_share_{when}": cpu, f"memory_mib_{when}": memory * 480_000,
            f"memory_overhead_mib_{when}": memory * 9_000, f"memory_share_{when}": memory,
            f"fullest_share_{when}": np.maximum(cpu, memory), f"power_w_{when}": (140 + 180 * cpu) * on,
        }  # fmt: skip
    columns = {
        "host": host, "cluster": [f"prod-{row % 3 + 1}" for row in range(count)],
        "model": ["Dell PowerEdge R750"] * count, "cores": np.full(count, 32),
        "cpu_capacity_mhz": np.full(count, 60_000.0), "memory_capacity_mib": np.full(count, 480_000.0),
        "role": np.where(stays, "stays", "freed"),
        "kept_because": np.where(stays, "2 of its 9 VMs find no room on the others; 8,192 of memory_mib for vm-7", ""),
    }  # fmt: skip
    return frame(HOSTS, columns | states)


def _cycles(rng: Any, when: str, cpu: Any, on: Any) -> dict[str, Any]:
    """Return where the cycles of each host go; hosts that are off wait for nothing, so their ready time is NaN."""
    reserved, capacity = cpu * 60_000, 60_000 * on
    guest, host = reserved * rng.uniform(0.04, 0.14, len(cpu)), reserved * rng.uniform(0.0, 0.06, len(cpu))
    return {
        f"cpu_mhz_{when}": reserved, f"work_mhz_{when}": reserved - guest - host, f"guest_overhead_mhz_{when}": guest,
        f"host_overhead_mhz_{when}": host, f"headroom_mhz_{when}": capacity - reserved,
        f"headroom_share_{when}": np.where(on, 1 - cpu, np.nan),
        f"ready_share_{when}": np.where(on, 0.08 * cpu**6, np.nan),
        f"overload_share_{when}": np.where(on, 0.1 * cpu**8, np.nan),
    }  # fmt: skip


def _violations(vm: list[str], host: list[str]) -> pd.DataFrame:
    columns = {
        "when": ["before", "before"], "rule": ["Spread", "Capacity"], "name": ["web tier apart", "memory"],
        "who": [f"{vm[0]};{vm[1]}", host[0]], "amount": [2.0, 1.04], "limit": [1.0, 1.0], "since_s": [0.0, 0.0],
        "existed": [True, True],
    }  # fmt: skip
    return frame(VIOLATIONS, columns)


def _findings(names: tuple[str, ...]) -> pd.DataFrame:
    columns = {
        "severity": ["warning", "info"], "code": ["no-power", "alias"], "file": ["hosts.csv", "vms.csv"],
        "row": [4, 0], "column": ["idle_w", "host"], "value": ["", names[0] if names else "esx-01"],
        "message": ["No draw given; the catalog's is taken.", "Host names differ in their domain; they were matched."],
        "count": [24, 3],
    }  # fmt: skip
    return frame(FINDINGS, columns)


def _costs() -> pd.DataFrame:
    columns = {
        "item": ["energy", "licences", "maintenance", "resale", "migrations", "host actions"],
        "before_eur_year": [16_600.0, 55_400.0, 24_000.0, 0.0, 0.0, 0.0],
        "after_eur_year": [11_200.0, 28_800.0, 15_000.0, 0.0, 0.0, 0.0],
        "once_eur": [0.0, 0.0, 13_400.0, -2_464.0, 84.0, 180.0],
        "note": ["0.20 €/kWh at the meter", "per core", "contracts end early", "", "1 € a move", "20 € a host"],
    }
    return frame(COSTS, columns)


def load(hosts: pd.DataFrame, samples: int = 288) -> pd.DataFrame:
    """Return CPU load over three days: a daily wave around each host's share."""
    time = np.arange(samples) * 900.0
    wave = 0.7 + 0.3 * np.sin(2 * np.pi * time / 86_400)
    noise = np.random.default_rng(2).uniform(0.85, 1.0, (len(hosts), samples))
    shares = {when: hosts[f"cpu_share_{when}"].to_numpy()[:, None] * wave * noise for when in ("before", "after")}
    columns = {"host": np.repeat(hosts["host"].to_numpy(), samples), "time_s": np.tile(time, len(hosts))}
    return frame(LOAD, columns | {f"cpu_{when}": share.ravel() for when, share in shares.items()})
