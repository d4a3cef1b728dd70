"""
Make the example inventory, or one of any size: ``python -m examples.generate --help``.

The estate is invented, but meant to look like one: two generations of servers, applications in tiers, people who
come at nine, backups at night, and VMs that nobody has used for years.
"""

import argparse
import csv
from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from examples import load, machines, placing
from examples.machines import Machine, Server
from models.arrays import Floats, Names, Singles, frozen, names
from models.demand import Usage
from models.inventory import Hosts, Inventory, Vms
from models.network import Network

MONDAY = datetime(2025, 3, 3, tzinfo=UTC)
SNAPSHOT_S = 10 * 3600
"""The snapshot is taken at 10 h on the Monday that follows the usage."""
CPU_GRAIN = 440
"""Readings are whole multiples of this fraction of a VM's CPU, which keeps the file small."""
MEMORY_GRAIN = 64
LEAF_MBPS = 100_000


def estate(
    vms: int = 200, hosts: int = 24, clusters: int = 3, seed: int = 1, usage_days: int = 0
) -> tuple[Inventory, Usage | None]:
    """
    Return an inventory and, for `usage_days` > 0, the readings of so many days at 5 minutes.

    The start is within capacity and keeps the rules. The same arguments give the same estate; the inventory's
    structure does not depend on `usage_days`.

    Raises
    ------
    NoRoomError
        If so many VMs do not fit on so few hosts.
    """
    rng = np.random.default_rng(seed)
    by_cluster = machines.machines(vms, clusters, rng)
    servers = machines.servers(machines.split(hosts, clusters), by_cluster)
    homes = [
        cluster[row]
        for cluster, residents in zip(servers, by_cluster, strict=True)
        for row in placing.placed(residents, cluster, rng)
    ]
    everyone = [machine for residents in by_cluster for machine in residents]
    cpu, memory = _readings(everyone, usage_days, np.random.default_rng([seed, 1]))
    inventory = Inventory(
        _hosts([server for cluster in servers for server in cluster], homes, cpu[:, -1], memory[:, -1]),
        _vms(everyone, homes, cpu[:, -1], memory[:, -1]),
        rules=_rules(everyone),
        taken=(MONDAY + timedelta(days=usage_days, seconds=SNAPSHOT_S)).isoformat(),
        source="example",
    )
    if not usage_days:
        return inventory, None
    return inventory, Usage(MONDAY.timestamp(), load.STEP_S, cpu[:, :-1], memory[:, :-1])


def network(hosts: Hosts) -> Network:
    """Return the links of the hosts to the switch of their rack, and of those to the spine."""
    racks = sorted(set(hosts.rack))
    return Network(
        names([*hosts.host, *(f"leaf-{rack}" for rack in racks)]),
        names([*(f"leaf-{rack}" for rack in hosts.rack), *("spine" for _ in racks)]),
        frozen([*hosts.migration_mbps, *(LEAF_MBPS for _ in racks)], np.float64),
    )


def _readings(everyone: Sequence[Machine], days: int, rng: np.random.Generator) -> tuple[Singles, Singles]:
    """Return CPU [MHz] and memory [MiB] on the grid and at the snapshot, NaN for VMs that are off."""
    times = np.append(np.arange(days * load.DAY_S // load.STEP_S) * load.STEP_S, days * load.DAY_S + SNAPSHOT_S)
    shapes = [machine.role.shape for machine in everyone]
    level = load.level(shapes, times.astype(np.float64), rng)
    factor = load.jitter(shapes, [machine.application for machine in everyone], len(times), rng)
    peak = np.array([machine.role.peak for machine in everyone]) * rng.uniform(0.75, 1.15, len(everyone))
    share = np.clip(np.clip(level * factor, 0, 1) * peak, 1 / CPU_GRAIN, 1)
    touched = rng.uniform(0.55, 0.85, len(everyone)) + 0.12 * np.clip(level, 0, 1)
    off = np.array([not machine.running for machine in everyone], bool)
    mhz = np.array([machine.vcpus * machines.OLDER.cpu_mhz for machine in everyone])
    mib = np.array([machine.memory_gib * 1024 for machine in everyone])
    return _grained(share, CPU_GRAIN, mhz, off), _grained(touched, MEMORY_GRAIN, mib, off)


def _grained(share: Floats, grain: int, whole: Floats, off: Any) -> Singles:
    found = np.asarray(np.rint(share * grain) * (whole / grain), np.float32)
    found[:, off] = np.nan
    return np.ascontiguousarray(found.T)


def _hosts(servers: Sequence[Server], homes: Sequence[Server], cpu: Singles, memory: Singles) -> Hosts:
    row = {server.name: number for number, server in enumerate(servers)}
    home = np.array([row[server.name] for server in homes], np.int64)
    kinds = [server.generation for server in servers]
    installed = np.array([kind.memory_gib * 1024.0 for kind in kinds])
    return Hosts.of(
        host=[server.name for server in servers],
        cluster=[server.cluster for server in servers],
        rack=[server.rack for server in servers],
        datacenter=["north" for _ in servers],
        trust_zone=[server.purpose.trust_zone for server in servers],
        memory_mib=installed,
        threads_per_core=[2 for _ in servers],
        gpus=[server.gpus for server in servers],
        sriov_functions=[server.sriov_functions for server in servers],
        datastores=[";".join(f"{server.cluster}-{tier}" for tier in ("ssd", "hdd")) for server in servers],
        networks=[f"{server.purpose.name};backup" for server in servers],
        idle_w=[kind.power_curve_w[0] for kind in kinds],
        peak_w=[kind.power_curve_w[-1] for kind in kinds],
        power_curve_w=[";".join(map(str, kind.power_curve_w)) for kind in kinds],
        cpu_used_mhz=np.bincount(home, np.nan_to_num(cpu), len(servers)),
        memory_used_mib=np.bincount(home, np.nan_to_num(memory), len(servers)) + np.rint(0.03 * installed),
        **{name: [getattr(kind, name) for kind in kinds] for name in _GENERATION},
    )


_GENERATION = (
    "model", "cpu_model", "cpu_generation", "cores", "cpu_mhz", "migration_mbps", "boot_s", "maintenance_eur_year",
    "resale_eur",
)  # fmt: skip


def _vms(everyone: Sequence[Machine], homes: Sequence[Server], cpu: Singles, memory: Singles) -> Vms:
    roles = [machine.role for machine in everyone]
    return Vms.of(
        vm=[machine.name for machine in everyone],
        host=[server.name for server in homes],
        vcpus=[machine.vcpus for machine in everyone],
        memory_mib=[machine.memory_gib * 1024 for machine in everyone],
        power_state=[role.power_state for role in roles],
        template=[role.template for role in roles],
        application=[machine.application for machine in everyone],
        platform_id=[f"vm-{1001 + number}" for number in range(len(everyone))],
        guest_os=[role.guest_os for role in roles],
        workload=[role.workload for role in roles],
        cpu_generation=[machines.NEWER.cpu_generation if role.gpus else "intel-broadwell" for role in roles],
        trust_zone=[server.purpose.trust_zone for server in homes],
        datastores=[
            f"{server.cluster}-{'ssd' if role.shape in ('database', 'web') else 'hdd'}"
            for role, server in zip(roles, homes, strict=True)
        ],
        networks=[
            server.purpose.name + ";backup" * (role.shape == "database")
            for role, server in zip(roles, homes, strict=True)
        ],
        sriov_functions=[role.sriov_functions for role in roles],
        gpus=[role.gpus for role in roles],
        cpu_used_mhz=cpu,
        memory_consumed_mib=memory,
        memory_active_mib=np.rint(memory * 0.3),
        pinned=[bool(role.pin_reason) for role in roles],
        pin_reason=[role.pin_reason for role in roles],
    )


def _rules(everyone: Sequence[Machine]) -> tuple[dict[str, Any], ...]:
    """Return a rule for each pair of VMs that must not share a host."""
    pairs: dict[str, list[str]] = {}
    for machine in everyone:
        if machine.role.apart:
            pairs.setdefault(machine.company, []).append(machine.name)
    return tuple({"spread": {"vms": pair, "name": name}} for name, pair in pairs.items() if len(pair) > 1)


def write(folder: Path, inventory: Inventory, usage: Usage | None) -> None:
    """Write the inventory as CSV, with only the columns that say something, and the usage as Parquet."""
    folder.mkdir(parents=True, exist_ok=True)
    _table(folder / "hosts.csv", _said(inventory.hosts))
    _table(folder / "vms.csv", _said(inventory.vms))
    links = network(inventory.hosts)
    _table(folder / "network.csv", {item.name: getattr(links, item.name) for item in fields(links)})
    if usage is not None:
        _usage(folder / "usage.parquet", inventory.vms.vm, usage)


def _said(table: Hosts | Vms) -> dict[str, Any]:
    return {
        name: getattr(table, name)
        for name, column in table.columns().items()
        if column.required or any(_text(value) != _text(column.default) for value in getattr(table, name))
    }


def _table(path: Path, columns: dict[str, Any]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(zip(*([_text(value) for value in column] for column in columns.values()), strict=True))


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    return "" if np.isnan(value) else f"{round(float(value), 1):.10g}"


def _usage(path: Path, vms: Names, usage: Usage) -> None:
    """Write the readings in long form: one row for each VM and moment."""
    import pandas as pd

    rows, samples = np.nonzero(~np.isnan(usage.cpu_mhz))
    frame = pd.DataFrame({"vm": pd.Categorical.from_codes(rows, vms.tolist())})
    frame["time_s"] = np.int64(usage.start_s) + samples * np.int64(usage.step_s)
    for name, readings in (("cpu_mhz", usage.cpu_mhz), ("memory_mib", usage.memory_mib)):
        if readings is not None:
            frame[name] = np.rint(readings[rows, samples]).astype(np.int32)
    frame.to_parquet(path, index=False, compression="zstd", compression_level=15)


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m examples.generate", description="Make an example inventory.")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "inventory", help="folder to write")
    for name, default in (("vms", 200), ("hosts", 24), ("clusters", 3), ("days", 7), ("seed", 1)):
        parser.add_argument(f"--{name}", type=int, default=default, help=f"default {default}")
    parser.add_argument("--no-usage", action="store_true", help="leave out usage.parquet")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> None:
    """Write the estate that the command line asks for."""
    asked = _arguments(argv)
    days = 0 if asked.no_usage else asked.days
    write(asked.out, *estate(asked.vms, asked.hosts, asked.clusters, asked.seed, days))


if __name__ == "__main__":
    main()
