"""Two hosts and a few VMs, with numbers that can be worked by hand."""

from typing import Any

from models.inventory import Hosts, Inventory, Vms


def inventory(homes: list[int], **columns: Any) -> Inventory:
    """
    Return VMs of 4 vCPUs and 8,192 MiB on two hosts; -1 is on none. Columns of hosts begin with ``host_``.

    Host 0 has 10 cores of 2,000 MHz and 102,400 MiB, host 1 has 20 cores of 3,000 MHz and 204,800 MiB.
    """
    hosts: dict[str, Any] = {
        "host": ["small", "large"],
        "cores": [10, 20],
        "cpu_mhz": [2000.0, 3000.0],
        "memory_mib": [102_400.0, 204_800.0],
    }
    vms: dict[str, Any] = {
        "vm": [f"vm-{row}" for row in range(len(homes))],
        "host": [hosts["host"][row] if row >= 0 else "" for row in homes],
        "vcpus": [4] * len(homes),
        "memory_mib": [8192.0] * len(homes),
    }
    for name, values in columns.items():
        if name.startswith("host_"):
            hosts[name.removeprefix("host_")] = values
        else:
            vms[name] = values
    return Inventory(Hosts.of(**hosts), Vms.of(**vms))
