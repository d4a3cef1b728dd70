"""Small datacenters to simulate, with numbers that can be worked by hand, and policies that follow a script."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from models.datacenter import Datacenter
from models.decisions import Decision, Policy, View, Watch
from models.inventory import Hosts, Inventory, Vms
from models.laws.migration import MBIT_PER_MIB, PUBLISHED
from models.signals import Held

OPEN = Watch(upper=1e9, lower=0.0, memory=1e9)
"""No agent ever calls, and neither CPU nor memory is a reason to refuse."""


def inventory(homes: list[int], *, hosts: int = 2, **columns: Any) -> Inventory:
    """
    Return VMs of 1 GiB and 10 vCPUs on hosts of 10 cores of 100 MHz and 8 GiB that draw 100 to 200 W.

    Hosts boot in 100 s and stop in 50 s; links have 10 Gbit/s; idle VMs write no memory. Columns of hosts begin with
    ``host_``; a home of -1 is on none.
    """
    names, size = [f"host-{row}" for row in range(hosts)], len(homes)
    machines: dict[str, Any] = {
        "host": names, "cores": [10] * hosts, "cpu_mhz": [100.0] * hosts, "memory_mib": [8192.0] * hosts,
        "idle_w": [100.0] * hosts, "peak_w": [200.0] * hosts, "boot_s": [100.0] * hosts, "shutdown_s": [50.0] * hosts,
        "migration_mbps": [10_000.0] * hosts,
    }  # fmt: skip
    guests: dict[str, Any] = {
        "vm": [f"vm-{row}" for row in range(size)], "host": [names[row] if row >= 0 else "" for row in homes],
        "vcpus": [10] * size, "memory_mib": [1024.0] * size, "dirty_mib_s": [0.0] * size,
    }  # fmt: skip
    for name, values in columns.items():
        (machines if name.startswith("host_") else guests)[name.removeprefix("host_")] = values
    return Inventory(Hosts.of(**machines), Vms.of(**guests))


def datacenter(
    estate: Inventory, demand: list[list[float]], policy: Policy | None = None, **options: Any
) -> Datacenter:
    """Return the datacenter of an inventory whose VMs ask for some MHz, one row every five minutes."""
    signal = Held(np.array(demand, np.float64), 300.0)
    return Datacenter(estate, signal, policy=policy or at({}), **{"watch": OPEN, **options})


def at(script: Mapping[float, Decision]) -> Policy:
    """Return a policy that decides at some times."""

    def scripted(view: View) -> Decision:
        return script.get(view.time_s, Decision())

    return scripted


def moves(*pairs: tuple[int, int], boot: tuple[int, ...] = (), drain: tuple[int, ...] = ()) -> Decision:
    """Return the decision to migrate VMs to hosts, and to boot and drain some."""
    vms, hosts = ([pair[index] for pair in pairs] for index in (0, 1))
    return Decision(
        vms=np.array(vms, np.int32), hosts=np.array(hosts, np.int32), reasons=("asked for",) * len(pairs),
        boot=np.array(boot, np.int32), drain=np.array(drain, np.int32),
    )  # fmt: skip


def run(model: Datacenter, steps: int) -> Datacenter:
    """Return the datacenter some steps later."""
    for _ in range(steps):
        model.step()
    return model


def migration_s(memory_mib: float = 1024.0, mbps: float = 10_000.0) -> float:
    """Return how long a VM migrates that writes nothing: reservation, scan, one round, and resuming it."""
    fixed = PUBLISHED.setup_s + PUBLISHED.scan_s_per_gib * memory_mib / 1024 + PUBLISHED.resume_ms / 1000
    return fixed + memory_mib * MBIT_PER_MIB / (mbps * PUBLISHED.efficiency)
