"""An inventory as the cost model sees it: kinds of hosts and sorts of VMs."""

import re
from dataclasses import dataclass

import numpy as np

from models.arrays import NOWHERE, Floats, Mask, Names, Rows, names
from models.errors import Finding, InputError
from models.inventory import Hosts, Inventory, Vms
from models.laws.memory import LEAF_LEVELS
from models.overhead import Estate, Kinds
from models.technology import Catalog, Table

DEFAULT_PROCESSOR = "skylake-sp"
"""Processor of hosts that do not tell theirs."""


@dataclass(frozen=True, eq=False)
class Rates:
    """Traffic and requests of each VM. [Mbit/s], [1/s] Shape (vms,)."""

    net_mbps: Floats
    disk_iops: Floats


def processors(hosts: Hosts, catalog: Catalog, chosen: str = "") -> tuple[Rows, Mask]:
    """
    Return the processor of each host, and which hosts did not tell theirs. Shape (hosts,).

    By its column, else by the name of the processor, else by its CPU generation, else `DEFAULT_PROCESSOR`.
    """
    table = catalog.microarchitectures
    if chosen:
        return np.full(len(hosts), table.row(chosen), np.int32), np.zeros(len(hosts), np.bool_)
    told: dict[tuple[str, str, str], str] = {}
    keys = list(zip(hosts.microarchitecture, hosts.cpu_model, hosts.cpu_generation, strict=True))
    for key in set(keys):
        told[key] = key[0] or _by_model(table, key[1]) or _by_generation(table, key[2])
    found = names(told[key] for key in keys)
    return table.rows(found, DEFAULT_PROCESSOR), np.asarray(found == "", np.bool_)


def _by_model(table: Table, model: str) -> str:
    patterns = zip(table.keys, table.texts["cpu_pattern"], strict=True)
    return next((key for key, pattern in patterns if pattern and model and re.search(pattern, model)), "")


def _by_generation(table: Table, generation: str) -> str:
    known = zip(table.keys, table.texts["generation"], strict=True)
    return next((key for key, each in known if generation and each == generation), "")


def kinds(inventory: Inventory, catalog: Catalog, processor: str = "") -> tuple[Kinds, Rows]:
    """Return the kinds of hosts that there are, and the kind of each host. Shape (hosts,)."""
    hosts = inventory.hosts
    micro, _ = processors(hosts, catalog, processor)
    technology = catalog.technologies.rows(technologies(catalog, hosts.technology), "hardware-assisted")
    pairs = np.stack([micro, technology], axis=1) if len(hosts) else _usual(catalog)
    known, which = np.unique(pairs, axis=0, return_inverse=True)
    return Kinds(known[:, 0], known[:, 1]), which.reshape(-1)[: len(hosts)].astype(np.int32)


def _usual(catalog: Catalog) -> Rows:
    return np.array(
        [[catalog.microarchitectures.row(DEFAULT_PROCESSOR), catalog.technologies.row("hardware-assisted")]]
    )


def technologies(catalog: Catalog, column: Names) -> Names:
    """Return the catalog's names; those of providers are known too."""
    known = {name: catalog.technology(name) for name in set(column) if name}
    return names(known.get(name, "") for name in column)


def checked(inventory: Inventory, catalog: Catalog) -> None:
    """
    Tell every name in the inventory that the catalog does not know.

    Raises
    ------
    InputError
        With a finding for each such name, the column, and who has it first.
    """
    problems: list[Finding] = []
    for kind, table, columns in (
        (
            "host",
            inventory.hosts,
            {"technology": catalog.technologies, "microarchitecture": catalog.microarchitectures},
        ),
        (
            "VM",
            inventory.vms,
            {
                "technology": catalog.technologies,
                "workload": catalog.workloads,
                "net_path": catalog.net_paths,
                "disk_path": catalog.disk_paths,
            },
        ),
    ):
        for column, known in columns.items():
            problems += _strange(kind, table, column, known, catalog)
    if problems:
        raise InputError(problems)


def _strange(kind: str, table: Hosts | Vms, column: str, known: Table, catalog: Catalog) -> list[Finding]:
    values: Names = getattr(table, column)

    def unknown(value: str) -> bool:
        if not value or value in known.index:
            return False
        if column != "technology":
            return True
        try:
            return not catalog.technology(value)
        except InputError:
            return True

    own: Names = table.host if isinstance(table, Hosts) else table.vm
    found = []
    for value in sorted(filter(unknown, set(values))):
        rows = np.flatnonzero(values == value)
        text = f"{kind} {own[rows[0]]!r} has an unknown {column}; known are {', '.join(known.keys)}."
        found.append(Finding("error", "unknown-key", text, column=column, value=value, count=len(rows)))
    return found


def estate(inventory: Inventory, catalog: Catalog, workload: str = "general", rates: Rates | None = None) -> Estate:
    """
    Return the inventory's VMs as the cost model sees them.

    Parameters
    ----------
    inventory, catalog
        What is there, and what is known of it.
    workload
        Profile of the VMs that name none.
    rates
        Traffic and requests of each VM, in place of the inventory's.
    """
    vms = inventory.vms
    direct = (vms.net_path == "") & (vms.sriov_functions > 0)
    leaf = {**LEAF_LEVELS, "": 0}
    net, disk = (vms.net_mbps, vms.disk_iops) if rates is None else (rates.net_mbps, rates.disk_iops)
    return Estate(
        workload=catalog.workloads.rows(vms.workload, workload),
        technology=catalog.technologies.rows(technologies(catalog, vms.technology)),
        net_path=catalog.net_paths.rows(np.where(direct, "sr-iov", vms.net_path)),
        disk_path=catalog.disk_paths.rows(vms.disk_path),
        leaf=np.fromiter((leaf[size] for size in vms.page_size), np.int32, len(vms)),
        vcpus=vms.vcpus.astype(np.float64),
        memory_mib=vms.memory_mib,
        net_mbps=np.nan_to_num(net),
        disk_iops=np.nan_to_num(disk),
    )


def home_kind(inventory: Inventory, kind: Rows) -> Rows:
    """Return the kind of the host that each VM is on; the first kind for one that is on none. Shape (vms,)."""
    start = inventory.start
    return np.where(start == NOWHERE, 0, np.append(kind, 0)[start])
