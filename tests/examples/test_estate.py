"""The example estate: reproducible, small, within its limits, and believable."""

from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from examples import generate
from examples.generate import estate
from models import catalog
from models.arrays import Floats, Mask, Singles
from models.charging import Technique, billing
from models.demand import Usage
from models.inventory import Inventory
from models.overhead import of

EXAMPLES = Path(generate.__file__).parent
COMMITTED = EXAMPLES / "inventory"
CPU_CEILING, MEMORY_CEILING, VCPUS_PER_CORE = 0.8, 0.9, 4
DAY = 288


@pytest.fixture(scope="module", name="example")
def _example() -> tuple[Inventory, Usage]:
    inventory, usage = estate(usage_days=7)
    assert usage is not None
    return inventory, usage


def readings(example: tuple[Inventory, Usage], pattern: str) -> Singles:
    """Return the CPU readings of running VMs whose name fits the pattern, by day. Shape (vms, days, samples)."""
    inventory, usage = example
    rows = [fnmatchcase(name, pattern) and runs for name, runs in zip(inventory.vms.vm, inventory.running, strict=True)]
    return np.asarray(usage.cpu_mhz[np.array(rows)].reshape(-1, 7, DAY))


def hours(first: float, last: float) -> slice:
    """Return the samples of a day between two hours."""
    return slice(int(first * 12), int(last * 12))


def test_regenerating_gives_the_committed_files(tmp_path: Path) -> None:
    """The committed inventory is what the generator writes, so that nobody edits one and not the other."""
    generate.main(["--out", str(tmp_path)])
    for name in ("hosts.csv", "vms.csv", "network.csv"):
        assert (tmp_path / name).read_bytes() == (COMMITTED / name).read_bytes()
    pd.testing.assert_frame_equal(
        pd.read_parquet(tmp_path / "usage.parquet"), pd.read_parquet(COMMITTED / "usage.parquet")
    )


def test_size() -> None:
    """The committed data together stay below 3 MB."""
    assert sum(path.stat().st_size for path in COMMITTED.iterdir()) < 3_000_000


def test_the_usage_does_not_change_the_structure(example: tuple[Inventory, Usage]) -> None:
    """With or without usage, the same seed gives the same machines on the same hosts."""
    bare, usage = estate()
    assert usage is None
    assert bare.vms.vm.tolist() == example[0].vms.vm.tolist()
    assert bare.vms.host.tolist() == example[0].vms.host.tolist()


def test_another_seed_is_another_estate() -> None:
    """The seed decides where VMs are."""
    assert estate(seed=1)[0].vms.host.tolist() != estate(seed=2)[0].vms.host.tolist()


@pytest.mark.parametrize("size", [(200, 24, 3), (5, 2, 1), (1000, 100, 4)])
def test_memory_and_vcpus_fit(size: tuple[int, int, int]) -> None:
    """At the start each host's memory, overhead included, and virtual CPUs are within the default limits."""
    inventory, _ = estate(*size)
    hosts, vms = inventory.hosts, inventory.vms
    reserve = {row["parameter"]: float(row["value"]) for row in catalog.rows("reserve")} | _law()
    overhead = reserve["memory_fixed_mib"] + reserve["memory_vcpu_mib"] * vms.vcpus
    memory = _by_host(inventory, vms.memory_mib * (1 + reserve["memory_share"]) + overhead)
    usable = hosts.memory_mib * (1 - reserve["host_memory_share"]) - reserve["host_memory_fixed_mib"]
    assert (memory <= MEMORY_CEILING * usable).all()
    assert (_by_host(inventory, vms.vcpus) <= VCPUS_PER_CORE * hosts.cores).all()


def test_busy_cpu_fits(example: tuple[Inventory, Usage]) -> None:
    """The 95th percentiles of its VMs, overhead included, are within each host's CPU ceiling."""
    inventory, usage = example
    hosts = inventory.hosts
    reserve = {row["parameter"]: float(row["value"]) for row in catalog.rows("reserve")}
    bill = billing(inventory, Technique())
    busy = np.percentile(np.nan_to_num(usage.cpu_mhz), 95, axis=1)
    load = _by_host(
        inventory, of(bill.charge(busy[:, None].astype(np.float64)).cpu_mhz, bill.home)[:, 0] * inventory.running
    )
    assert (load <= CPU_CEILING * (1 - reserve["host_cpu_share"]) * hosts.cores * hosts.cpu_mhz).all()


def test_there_is_something_to_consolidate(example: tuple[Inventory, Usage]) -> None:
    """Hosts are between 30 and 50 % full of memory, which is what surveys find and a plan can improve."""
    inventory, _ = example
    full = _by_host(inventory, inventory.vms.memory_mib) / inventory.hosts.memory_mib
    assert full.min() > 0.3
    assert full.max() < 0.5


def test_devices_and_zones_fit(example: tuple[Inventory, Usage]) -> None:
    """No host hands out more GPUs or SR-IOV functions than it has, and VMs are in their trust zone."""
    inventory, _ = example
    hosts, vms = inventory.hosts, inventory.vms
    assert vms.gpus.any()
    assert (_by_host(inventory, vms.gpus) <= hosts.gpus).all()
    assert vms.sriov_functions.any()
    assert (_by_host(inventory, vms.sriov_functions) <= hosts.sriov_functions).all()
    assert (vms.trust_zone == hosts.trust_zone[inventory.start]).all()


def test_pairs_are_apart() -> None:
    """The rules that come with an estate in memory hold at its start."""
    inventory, _ = estate(1000, 100, 4)
    assert len(inventory.rules) > 30
    for rule in inventory.rules:
        rows = [inventory.vm_row[name] for name in rule["spread"]["vms"]]
        assert len(set(inventory.start[rows])) == len(rows)


def test_the_rules_hold_at_the_start(example: tuple[Inventory, Usage]) -> None:
    """Every rule of rules.yaml names something, and all but the drained host hold already."""
    inventory, _ = example
    rules = [next(iter(entry.items())) for entry in yaml.safe_load((EXAMPLES / "rules.yaml").read_text("utf-8"))]
    for kind, rule in rules:
        assert _holds(kind, rule, inventory) is (kind != "offline"), rule["name"]


def test_web_tiers_follow_the_day(example: tuple[Inventory, Usage]) -> None:
    """Web servers work more than twice as much on a weekday afternoon as at night, and less at the weekend."""
    web = readings(example, "*-web-*")
    afternoon = web[:, :5, hours(14, 17)].mean()
    assert afternoon > 2 * web[:, :5, hours(1, 5)].mean()
    assert afternoon > 1.5 * web[:, 5:, hours(14, 17)].mean()


def test_jitter_wanders(example: tuple[Inventory, Usage]) -> None:
    """What differs from one weekday to the next is correlated from sample to sample, unlike white noise."""
    web = readings(example, "*-web-*")[:, :5]
    rest = web - web.mean(axis=1, keepdims=True)
    assert (rest[..., 1:] * rest[..., :-1]).mean() > 0.8 * (rest**2).mean()


def test_batch_runs_at_night_and_staggered(example: tuple[Inventory, Usage]) -> None:
    """Batch VMs idle by day, and do not all start at the same time."""
    batch = readings(example, "etl-*")
    peak = batch.max(axis=(1, 2))
    assert (batch[:, :, hours(9, 18)].max(axis=(1, 2)) < 0.15 * peak).all()
    from_noon = np.roll(batch.mean(axis=1), DAY // 2, axis=1)
    starts = (from_noon > peak[:, None] / 2).argmax(axis=1)
    assert len(set(starts.tolist())) > len(batch) / 2


def test_databases_are_flat_but_for_the_backup(example: tuple[Inventory, Usage]) -> None:
    """By day a database varies little; its peak is at night."""
    databases = readings(example, "*-db-*")
    day = databases[:, :, hours(8, 20)]
    assert (day.std(axis=2) < 0.25 * day.mean(axis=2)).all()
    assert (databases.mean(axis=1).argmax(axis=1) < hours(0, 5).stop).all()


def test_desktops_are_nine_to_five(example: tuple[Inventory, Usage]) -> None:
    """Desktops are hardly used at night and at the weekend."""
    desktops = readings(example, "vdi-*")
    working = desktops[:, :5, hours(9.5, 16.5)].mean()
    assert working > 5 * desktops[:, :5, hours(0, 6)].mean()
    assert working > 5 * desktops[:, 5:].mean()


def test_some_vms_do_nothing(example: tuple[Inventory, Usage]) -> None:
    """Forgotten VMs use under 5 % of their virtual CPUs on average."""
    inventory, usage = example
    rows = np.array([name.startswith("legacy-") for name in inventory.vms.vm])
    assert (usage.cpu_mhz[rows].mean(axis=1) < 0.05 * inventory.vms.vcpus[rows] * 2200).all()


def _by_host(inventory: Inventory, amount: Any) -> Floats:
    rows = inventory.running
    amounts = np.asarray(amount, np.float64)[rows]
    return np.asarray(np.bincount(inventory.start[rows], amounts, len(inventory.hosts)), np.float64)


def _vms(inventory: Inventory, selectors: list[str]) -> Mask:
    kind, _, application = selectors[0].partition(":")
    if kind == "application":
        return np.asarray(inventory.vms.application == application)
    return np.array([fnmatchcase(name, selectors[0]) for name in inventory.vms.vm])


def _hosts(inventory: Inventory, selectors: list[str]) -> Mask:
    hosts = inventory.hosts
    found = np.isin(hosts.host.astype(str), selectors)
    for selector in selectors:
        kind, _, value = selector.partition(":")
        if value:
            found |= getattr(hosts, kind) == value
    return found


def _holds(kind: str, rule: Mapping[str, Any], inventory: Inventory) -> bool:
    rows = _vms(inventory, rule["vms"]) if "vms" in rule else np.ones(len(inventory.vms), bool)
    at = inventory.start[rows]
    assert len(at)
    places = getattr(inventory.hosts, rule.get("level", "host"))[at]
    groups = [_hosts(inventory, group) for group in rule.get("groups", [rule["hosts"]] if "hosts" in rule else [])]
    assert all(group.any() for group in groups)
    checks: dict[str, Callable[[], bool]] = {
        "spread": lambda: len(set(places)) == len(places),
        "gather": lambda: len(set(places)) == 1,
        "root": lambda: True,
        "fence": lambda: bool(groups[0][at].all()),
        "ban": lambda: not bool(groups[0][at].any()),
        "among": lambda: any(bool(group[at].all()) for group in groups),
        "running_capacity": lambda: int((groups[0][inventory.start] & inventory.running).sum()) <= rule["most"],
        "offline": lambda: not bool(groups[0][inventory.start].any()),
    }
    return checks[kind]()


def _law() -> dict[str, float]:
    """Return what virtualization adds, by the catalog."""
    row = next(row for row in catalog.rows("technologies") if row["technology"] == "hardware-assisted")
    return {name: float(value) for name, value in row.items() if name.startswith(("cpu_", "memory_"))}
