"""VMs and hosts for tests of the laws of overhead: any that the catalog knows, and a catalog of round numbers."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st

from models.arrays import Rows
from models.laws.memory import LEAF_LEVELS
from models.overhead import Estate, Kinds
from models.technology import Catalog, standard
from tests.models import plain_overhead as plain
from tests.models.plain_overhead import Host, Vm

ROUND: dict[str, Any] = {
    "parameters": {"pollution_cycles": 500, "idle_tick_us": 100},
    "technologies": {
        "hardware-assisted": {"software_cycles": 400, "memory_share": 0.01, "memory_fixed_mib": 100},
    },
    "microarchitectures": {
        "skylake-sp": {
            "clock_mhz": 1000,
            "round_trip_cycles": 500,
            "mitigation_cycles": 100,
            "tx_cycles": 2000,
            "rx_cycles": 4000,
        },
        "nehalem": {"clock_mhz": 2000, "round_trip_cycles": 1600},
    },
    "net_paths": {
        "virtio": {
            "guest_tx": 100,
            "guest_rx": 200,
            "host_tx": 1000,
            "host_rx": 3000,
            "host_byte": 0,
            "packets_per_batch": 10,
        },
        "dom0-split": {"host_byte": 0},
        "sr-iov": {"exits_per_interrupt": 2, "posted_exits_per_interrupt": 0, "packets_per_batch": 10},
    },
    "disk_paths": {"virtio-blk": {"guest_cycles": 300, "host_cycles": 10_000, "host_byte": 0}},
    "workloads": {"mine": {"clock_mhz": 1000}},
    "event_costs": [
        {"technology": "hardware-assisted", "event": "timer_tick", "exits": 2, "guest_cycles": 1000},
        {"technology": "hardware-assisted", "event": "kick", "exits": 1, "guest_cycles": 1000},
        {"technology": "hardware-assisted", "event": "interrupt", "exits": 1, "guest_cycles": 500},
        {"technology": "hardware-assisted", "event": "eoi", "exits": 1, "guest_cycles": 200},
    ],
}
"""
Round numbers: on Skylake an exit is 500 + 400 + 100 = 1,000 cycles, on Nehalem 1,600 + 400 = 2,000; pollution is 500.

Skylake completes interrupts itself, Nehalem by an exit of 2,000 + 200. Bytes cost nothing.
"""


def rounded(**more: Any) -> Catalog:
    """Return the catalog of round numbers, with columns of the workload ``mine``."""
    return standard().overlaid(ROUND).overlaid({"workloads": {"mine": more}})


def estate(vms: Sequence[Vm], catalog: Catalog) -> Estate:
    """Return VMs as columns."""

    def rows(table: Any, column: str) -> Rows:
        found: Rows = table.rows([getattr(vm, column) for vm in vms])
        return found

    def numbers(column: str) -> Any:
        return np.array([getattr(vm, column) for vm in vms], np.float64)

    return Estate(
        workload=rows(catalog.workloads, "workload"),
        technology=rows(catalog.technologies, "technology"),
        net_path=rows(catalog.net_paths, "net_path"),
        disk_path=rows(catalog.disk_paths, "disk_path"),
        leaf=np.array([{**LEAF_LEVELS, "": 0}[vm.page_size] for vm in vms], np.int32),
        vcpus=numbers("vcpus"),
        memory_mib=numbers("memory_mib"),
        net_mbps=numbers("net_mbps"),
        disk_iops=numbers("disk_iops"),
    )


def kinds(hosts: Sequence[Host], catalog: Catalog) -> Kinds:
    """Return hosts as kinds."""
    return Kinds(
        catalog.microarchitectures.rows([host.processor for host in hosts]),
        catalog.technologies.rows([host.technology for host in hosts]),
    )


def vm(workload: str = "mine", **given: Any) -> Vm:
    """Return a VM with 1 virtual CPU, 1,000 MiB, 1,000 MHz of work, and nothing counted, but for what is given."""
    usual = {
        "technology": "", "net_path": "", "disk_path": "", "page_size": "", "vcpus": 1, "memory_mib": 1000.0,
        "net_mbps": 0.0, "disk_iops": 0.0, "work_mhz": 1000.0,
    }  # fmt: skip
    return Vm(workload=workload, **{**usual, **given})


HOSTS = st.builds(Host, st.sampled_from(sorted(plain.PROCESSORS)), st.sampled_from(sorted(plain.TECHNOLOGIES)))
"""Any host."""


def amounts(most: float) -> st.SearchStrategy[float]:
    """Return nothing, or any amount up to the most."""
    return st.one_of(st.just(0.0), st.floats(0.001, most))


def some(table: dict[str, Any]) -> st.SearchStrategy[str]:
    """Return a key of a table, or none."""
    return st.sampled_from(["", *sorted(table)])


VMS = st.builds(
    Vm,
    workload=st.sampled_from(sorted(plain.WORKLOADS)),
    technology=some(plain.TECHNOLOGIES),
    net_path=some(plain.NET_PATHS),
    disk_path=some(plain.DISK_PATHS),
    page_size=st.sampled_from(sorted(plain.SAVED_LEVELS)),
    vcpus=st.integers(1, 64),
    memory_mib=st.floats(0, 1e6),
    net_mbps=amounts(1e4),
    disk_iops=amounts(1e5),
    work_mhz=amounts(1e5),
)
"""Any VM."""
