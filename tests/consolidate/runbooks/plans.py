"""Small result folders of plans, written as the product writes them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from consolidate import results
from models.tables import ACTIONS, HOSTS, MOVES, PLACEMENT, SIZES, Field, frame

MOVE = {
    "wave": 1,
    "start_s": 0.0,
    "end_s": 10.0,
    "vm": "web",
    "source": "esx-2",
    "destination": "esx-1",
    "kind": "live",
    "bandwidth_mbps": 10_000.0,
    "duration_s": 10.0,
    "downtime_ms": 60.0,
    "transferred_mib": 4096.0,
    "disk_mib": 0.0,
    "balloon_mib": 0.0,
    "at_risk": False,
    "rounds": 2,
    "converges": True,
    "energy_j": 2000.0,
    "reason": "frees esx-2",
}
ACTION = {"host": "esx-2", "action": "shutdown", "start_s": 130.0, "end_s": 250.0, "reason": "is empty"}
SUMMARY = {
    "schema_version": 1,
    "command": "plan",
    "status": "optimal",
    "verdict": "3 hosts can do with 2.",
    "source": "small",
    "taken": "2026-03-01T12:00:00Z",
    "grade": "B",
    "basis": "cpu p95, memory snapshot",
    "hosts_before": 3,
    "hosts_after": 2,
    "hosts_bound": 2,
    "gap": 0.0,
    "solver": "cp-sat",
    "reproducible": True,
    "seed": 1,
    "makespan_s": 135.0,
    "makespan_bound_s": 130.0,
    "transferred_gib": 12.3,
    "downtime_s": 0.5,
    "power_before_w": 900.0,
    "power_after_w": 610.0,
    "saving_eur_year": 1234.0,
    "once_eur": 23.0,
    "payback_months": 0.25,
    "violations_during": 0,
    "violations_after": 0,
    "assumptions": ["Clock | of esx-3 taken from its model."],
    "blocking": [],
    "remedies": [],
    "next_host": "",
}
MANIFEST = {"versions": {"dc-consolidate": "0.1.0", "ortools": "9.15"}, "inputs": {"vms.csv": "00ff"}, "seed": 1}


def written(
    folder: Path,
    moves: Sequence[Mapping[str, Any]] = (),
    actions: Sequence[Mapping[str, Any]] = (),
    hosts: Mapping[str, str] | None = None,
    placement: Mapping[str, tuple[str, str]] | None = None,
    summary: Mapping[str, Any] | None = None,
    **extra: pd.DataFrame,
) -> Path:
    """
    Write a plan of moves and actions, of hosts with a role each, and of VMs with their host before and after.

    Hosts and VMs that moves and actions name are there as well.
    """
    listed = [{**MOVE, **move} for move in moves]
    acts = [{**ACTION, **action} for action in actions]
    roles = dict(hosts or {"esx-1": "stays", "esx-2": "freed", "esx-3": "stays"})
    placed = dict(placement or {})
    for move in sorted(listed, key=lambda each: (each["wave"], each["start_s"])):
        begins = placed[move["vm"]][0] if move["vm"] in placed else move["source"]
        placed[move["vm"]] = (begins, move["destination"])
    named = [*(host for both in placed.values() for host in both if host), *(act["host"] for act in acts)]
    roles = {**dict.fromkeys(named, "stays"), **roles}
    before, after = (Counter(each[at] for each in placed.values()) for at in (0, 1))
    tables = {
        "moves": columns(MOVES, listed),
        "actions": columns(ACTIONS, acts),
        "hosts": columns(
            HOSTS,
            [
                {"host": host, "role": role, "vms_before": before[host], "vms_after": after[host]}
                | {"on_before": role in ("stays", "freed"), "on_after": role in ("stays", "wakes")}
                for host, role in roles.items()
            ],
        ),
        "placement": frame(
            PLACEMENT,
            {
                "vm": list(placed),
                "host_before": [before for before, _ in placed.values()],
                "host_after": [after for _, after in placed.values()],
            },
        ),
        **extra,
    }
    counted = {f"hosts_{when}": int(tables["hosts"][f"on_{when}"].sum()) for when in ("before", "after")}
    given = {**SUMMARY, **counted, **(summary or {})}
    return results.write(folder, manifest=MANIFEST, summary=given, tables=tables)


def columns(table: Mapping[str, Field], rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Return the rows as a table; what they leave out is empty, zero or false."""
    empty = {"str": "", "int64": 0, "float64": 0.0, "bool": False}
    return frame(table, {name: [row.get(name, empty[spec.dtype]) for row in rows] for name, spec in table.items()})


def typical(folder: Path) -> Path:
    """
    Write the plan that the golden files show.

    Two waves: a pilot with a live move, then a cold one, and a swap that goes by way of esx-3.
    """
    moves = [
        {"wave": 1, "start_s": 0.0, "end_s": 10.0, "vm": "web"},
        {"wave": 2, "start_s": 130.0, "end_s": 135.0, "vm": "old|tape", "kind": "cold", "downtime_ms": 0.0}
        | {"duration_s": 5.0, "transferred_mib": 0.0, "reason": ""},
        {"wave": 2, "start_s": 130.0, "end_s": 150.0, "vm": "db", "destination": "esx-3", "kind": "pivot"}
        | {"duration_s": 20.0, "reason": "esx-1 has no room yet"},
        {"wave": 2, "start_s": 150.0, "end_s": 180.0, "vm": "db", "source": "esx-3", "duration_s": 30.0}
        | {"converges": False, "downtime_ms": 4040.0},
    ]
    return written(folder, moves, [{}], vms=identified({"web": "vm-101", "db": "vm-102"}))


def identified(ids: Mapping[str, str]) -> pd.DataFrame:
    """Return the table that tells each VM's id in its platform."""
    return columns(SIZES, [{"vm": vm, "platform_id": given} for vm, given in ids.items()])
