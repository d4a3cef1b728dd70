"""Ready time is predicted before a plan is shown, and hosts that would break its limit are not used."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from consolidate.planning import Planned, plan
from consolidate.readers.reading import Reading
from consolidate.settings import Settings
from models.demand import Usage
from models.inventory import Hosts, Inventory, Vms

CORES, LIMIT = 8, 0.05


def estate(workload: str = "none", vms: int = 16, hosts: int = 4) -> Reading:
    """Return hosts of 8 cores of 2,000 MHz, and VMs of 1,500 MHz, the same number on each."""
    names = [f"host-{row}" for row in range(hosts)]
    machines = Hosts.of(host=names, cores=[CORES] * hosts, cpu_mhz=[2000.0] * hosts, memory_mib=[524_288.0] * hosts)
    rows = [row % hosts for row in range(vms)]
    guests = Vms.of(
        vm=[f"vm-{row}" for row in range(vms)], host=[names[row] for row in rows], vcpus=[1] * vms,
        memory_mib=[4096.0] * vms, workload=[workload] * vms,
    )  # fmt: skip
    usage = Usage(0.0, 300.0, np.full((vms, 12), 1500.0, np.float32))
    return Reading(Inventory(machines, guests, source="made up"), usage=usage)


def planned(given: Reading, **limits: Any) -> Planned:
    """Return the plan without spare hosts, hosts filled to the brim but for ready time."""
    changes = {"limits.spare_hosts": 0, "limits.cpu_ceiling": 1.0, "limits.vcpus_per_core": 8.0, "search.seconds": 2.0}
    return plan(given, Settings().changed(changes | {f"limits.{name}": value for name, value in limits.items()}))


def waiting(servers: int, busy: float) -> float:
    """Return the ready share of a queue M/M/c by Erlang B's recursion, which shares nothing with the law."""
    load, blocked = servers * busy, 1.0
    for count in range(1, servers + 1):
        blocked = load * blocked / (count + load * blocked)
    waits = blocked / (1 - busy * (1 - blocked))
    stretched = 1 + waits / (servers * (1 - busy))
    return 1 - 1 / stretched


def test_no_host_waits_longer_than_allowed() -> None:
    """
    16 VMs of 1,500 MHz fit on two hosts of 15,200 MHz; for 5 % of ready time a host takes 6, so three are needed.

    Six VMs are 9,000 MHz, 59.2 % of 15,200: 4 % of ready time; seven would be 69 %: 9.4 %.
    """
    assert planned(estate(), ready_share=None).summary["hosts_after"] == 2
    found = planned(estate(), ready_share=LIMIT)
    assert found.summary["hosts_after"] == 3
    hosts = found.tables["hosts"]
    expected = [waiting(CORES, mhz / 15_200) if mhz else 0.0 for mhz in hosts["cpu_mhz_after"]]
    assert hosts["ready_share_after"].tolist() == pytest.approx(expected, abs=1e-6)
    assert max(expected) <= LIMIT < waiting(CORES, 7 * 1500 / 15_200)


def test_what_capacity_does_not_tell(tmp_path: Path) -> None:
    """
    VMs that lose to each other's caches are spread further than their CPU alone demands.

    By CPU a host takes six. But six working sets of 9 MiB fill a cache of 54 MiB more than four do, which costs each VM
    up to 0.3 × (45 - 27) / 54 = 10 % more than today, and siblings wait for each other: so each of the four hosts is
    needed. Without a limit two hosts are filled, and their VMs wait.
    """
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text(
        "workloads:\n  thrashing: {clock_mhz: 2000, llc_working_set_mib: 9, llc_sensitivity: 0.3, synchronisation: 1}\n"
    )
    given = estate("thrashing")
    settings = Settings().changed({
        "limits.spare_hosts": 0, "limits.cpu_ceiling": 1.0, "limits.vcpus_per_core": 8.0, "search.seconds": 2.0,
        "overhead.catalog": str(overlay),
    })  # fmt: skip
    found = plan(given, settings)
    assert found.summary["hosts_after"] == 4
    assert found.tables["hosts"]["ready_share_after"].max() <= LIMIT
    free = plan(given, settings.changed({"limits.ready_share": None}))
    assert free.summary["hosts_after"] == 2
    assert free.tables["hosts"]["ready_share_after"].max() > LIMIT


def test_a_host_that_waits_today_may_stay() -> None:
    """Hosts that are beyond the limit today are no reason to do nothing; a plan makes none of them worse."""
    given = estate(vms=16, hosts=2)
    found = planned(given, ready_share=LIMIT)
    hosts = found.tables["hosts"]
    assert found.summary["status"] == "unchanged"
    assert (hosts["ready_share_after"] <= hosts["ready_share_before"] + 1e-9).all()
    assert hosts["ready_share_after"].max() > LIMIT


def test_the_snapshot_stands_in_for_readings() -> None:
    """Without readings CPU is as allocated; ready time is then told of the mean load that the snapshot tells."""
    whole = estate().inventory
    columns = {name: getattr(whole.vms, name) for name in ("vm", "host", "vcpus", "memory_mib", "workload")}
    known = Inventory(whole.hosts, Vms.of(**columns, cpu_used_mhz=[1500.0] * 16), source="made up")
    hosts = planned(Reading(known), ready_share=LIMIT).tables["hosts"]
    assert hosts["ready_share_after"].notna().all()
    assert hosts["ready_share_after"].max() <= LIMIT
    blind = Inventory(whole.hosts, Vms.of(**columns), source="made up")
    assert planned(Reading(blind), ready_share=LIMIT).tables["hosts"]["ready_share_after"].isna().all()
