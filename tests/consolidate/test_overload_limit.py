"""Plans keep how often hosts may be overloaded, tell it of each host, and say so."""

from typing import Any

import numpy as np

from consolidate.planning import Planned, plan
from consolidate.readers.reading import Reading
from consolidate.settings import Settings
from models.demand import Usage
from models.inventory import Hosts, Inventory, Vms

SAMPLES = 20


def estate(*, usage: bool = True) -> Reading:
    """Return six hosts of 20,000 MHz with a VM each: three use 12,000 MHz in the first half, three in the second."""
    names = [f"host-{row}" for row in range(6)]
    machines = Hosts.of(host=names, cores=[10] * 6, cpu_mhz=[2000.0] * 6, memory_mib=[524_288.0] * 6)
    guests = Vms.of(
        vm=[f"vm-{row}" for row in range(6)], host=names, vcpus=[8] * 6, memory_mib=[4096.0] * 6, workload=["none"] * 6
    )
    readings = np.full((6, SAMPLES), 1000.0, np.float32)
    readings[:3, : SAMPLES // 2] = readings[3:, SAMPLES // 2 :] = 12_000.0
    return Reading(Inventory(machines, guests, source="made up"), usage=Usage(0.0, 300.0, readings) if usage else None)


def planned(given: Reading, **limits: Any) -> Planned:
    """Return the plan by the 25th percentile, without spare hosts and a limit on ready time."""
    changes = {"limits.spare_hosts": 0, "limits.cpu_ceiling": 1.0, "limits.vcpus_per_core": 16.0, "demand.cpu": "p25"}
    limits = {"ready_share": None} | limits
    return plan(given, Settings().changed(changes | {f"limits.{name}": value for name, value in limits.items()}))


def test_hosts_are_overloaded_no_more_often() -> None:
    """By their 25th percentile all six go on one host; early and late ones share three if none may be overloaded."""
    bare, kept = planned(estate()), planned(estate(), overload_share=0.0)
    assert (bare.summary["hosts_after"], bare.summary["overload_share_max"]) == (1, 1.0)
    assert (kept.summary["hosts_after"], kept.summary["overload_share_max"]) == (3, 0.0)
    assert kept.tables["hosts"]["overload_share_after"].tolist() == [0.0] * 6
    assert not kept.verdict.after
    assert any("at most 0 of 20 samples" in text for text in kept.summary["assumptions"])


def test_confidence_allows_fewer() -> None:
    """Half of 20 samples may be overloaded as they are; of so few, 95 % confidence leaves none."""
    assert planned(estate(), overload_share=0.5).summary["hosts_after"] < 3
    assert planned(estate(), overload_share=0.5, overload_confidence=0.95).summary["hosts_after"] == 3


def test_without_readings() -> None:
    """Without readings there is nothing to limit, which is said, and the share is not known."""
    blind = planned(estate(usage=False), overload_share=0.01)
    assert blind.summary["overload_share_max"] is None
    assert any("there are no readings" in text for text in blind.summary["assumptions"])
