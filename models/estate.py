"""An inventory as the cost model sees it: kinds of hosts, sorts of VMs, and what a change would make of them."""

import re
from dataclasses import dataclass, replace

import numpy as np

from models.arrays import NOWHERE, Floats, Mask, Names, Rows, names
from models.errors import Finding, InputError
from models.inventory import Hosts, Inventory, Vms
from models.laws.memory import LEAF_LEVELS
from models.overhead import Estate, Kinds
from models.requirements import family, obstacle
from models.technology import Catalog, Table

DEFAULT_PROCESSOR = "skylake-sp"
"""Processor of hosts that do not tell theirs."""


@dataclass(frozen=True)
class Change:
    """
    What is to be different: a what-if.

    Parameters
    ----------
    technology, net_path, disk_path, page_size
        What the VMs get; empty: what they have.
    microarchitecture
        Processor of all hosts; empty: what they have.
    vms
        Rows of the VMs that change; None: all.
    """

    technology: str = ""
    net_path: str = ""
    disk_path: str = ""
    page_size: str = ""
    microarchitecture: str = ""
    vms: tuple[int, ...] | None = None

    @property
    def anything(self) -> bool:
        """Whether VMs change at all."""
        return bool(self.technology or self.net_path or self.disk_path or self.page_size)

    def __str__(self) -> str:
        said = {
            "technology": self.technology, "network path": self.net_path, "disk path": self.disk_path,
            "page size": self.page_size, "processor": self.microarchitecture,
        }  # fmt: skip
        text = ", ".join(f"{name} {value}" for name, value in said.items() if value)
        return text if self.vms is None or not text else f"{text} for {len(self.vms)} VM{'s' * (len(self.vms) != 1)}"


NOTHING = Change()


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


def kinds(inventory: Inventory, catalog: Catalog, change: Change = NOTHING) -> tuple[Kinds, Rows]:
    """Return the kinds of hosts that there are, and the kind of each host. Shape (hosts,)."""
    hosts = inventory.hosts
    micro, _ = processors(hosts, catalog, change.microarchitecture)
    technology = catalog.technologies.rows(_technologies(catalog, hosts.technology), "hardware-assisted")
    pairs = np.stack([micro, technology], axis=1) if len(hosts) else _usual(catalog)
    known, which = np.unique(pairs, axis=0, return_inverse=True)
    return Kinds(known[:, 0], known[:, 1]), which.reshape(-1)[: len(hosts)].astype(np.int32)


def _usual(catalog: Catalog) -> Rows:
    return np.array(
        [[catalog.microarchitectures.row(DEFAULT_PROCESSOR), catalog.technologies.row("hardware-assisted")]]
    )


def _technologies(catalog: Catalog, column: Names) -> Names:
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
        technology=catalog.technologies.rows(_technologies(catalog, vms.technology)),
        net_path=catalog.net_paths.rows(np.where(direct, "sr-iov", vms.net_path)),
        disk_path=catalog.disk_paths.rows(vms.disk_path),
        leaf=np.fromiter((leaf[size] for size in vms.page_size), np.int32, len(vms)),
        vcpus=vms.vcpus.astype(np.float64),
        memory_mib=vms.memory_mib,
        net_mbps=np.nan_to_num(net),
        disk_iops=np.nan_to_num(disk),
    )


def changed(
    inventory: Inventory, change: Change, catalog: Catalog, *, supposed: bool = False
) -> tuple[Inventory, tuple[Finding, ...]]:
    """
    Return the inventory after a change, and which VMs it leaves as they are and why.

    A VM that cannot run under the new technology keeps its own. With a technology that is new to a VM come the usual
    paths of that technology, unless the change names others; a device that it holds directly it keeps. A VM that gets
    a directly assigned network takes a function, and one that loses it gives it back.

    Raises
    ------
    InputError
        If the change names what is not known.
    """
    if not change.anything:
        return inventory, ()
    if change.disk_path:
        catalog.disk_paths.row(change.disk_path)
    if change.page_size and change.page_size not in LEAF_LEVELS:
        raise InputError(f"The page size {change.page_size!r} is unknown; known are {', '.join(LEAF_LEVELS)}.")
    vms = inventory.vms
    chosen = np.zeros(len(vms), np.bool_)
    chosen[list(range(len(vms)) if change.vms is None else change.vms)] = True
    technology, (kept, findings) = _new_technology(inventory, change, catalog, chosen)
    bare, without = _without_functions(inventory, change, catalog, chosen & ~kept)
    rewired = chosen & ~kept & ~(bare & (not supposed))
    moved = chosen & ~kept & bool(change.technology) & (technology != present(inventory, catalog))

    def column(values: Names, new: str, table: Table, whom: Mask) -> Names:
        if new:
            return names(np.where(whom, new, values))
        return names(np.where(moved & ~assigned(values, table), "", values))

    net = column(vms.net_path, change.net_path, catalog.net_paths, rewired)
    functions = vms.sriov_functions
    if change.net_path:
        wanted = np.where(assigned(net, catalog.net_paths), np.maximum(functions, 1), 0)
        functions = np.where(rewired, wanted, functions)
    after = replace(
        vms,
        technology=technology,
        net_path=net,
        disk_path=column(vms.disk_path, change.disk_path, catalog.disk_paths, chosen & ~kept),
        page_size=names(np.where(chosen & (change.page_size != ""), change.page_size, vms.page_size)),
        sriov_functions=functions,
    )
    return replace(inventory, vms=after), (*findings, *(() if supposed else without))


def _without_functions(
    inventory: Inventory, change: Change, catalog: Catalog, chosen: Mask
) -> tuple[Mask, tuple[Finding, ...]]:
    """Return the VMs that would get a function and are in a cluster whose hosts have none, and a finding on them."""
    vms, hosts, table = inventory.vms, inventory.hosts, catalog.net_paths
    bare = np.zeros(len(vms), np.bool_)
    if not change.net_path or not table.numbers["direct"][table.row(change.net_path)]:
        return bare, ()
    equipped = set(hosts.cluster[hosts.sriov_functions > 0])
    home = np.where(inventory.start == NOWHERE, vms.cluster, np.append(hosts.cluster, "")[inventory.start])
    bare = chosen & ~np.isin(home, list(equipped)) & (vms.sriov_functions == 0)
    rows = np.flatnonzero(bare)
    if not len(rows):
        return bare, ()
    who = f"{len(rows)} VMs keep their network path, the first {vms.vm[rows[0]]!r}"
    text = f"{who}: no host of their cluster has functions."
    return bare, (Finding("warning", "keeps-path", text, column="net_path", count=len(rows)),)


def present(inventory: Inventory, catalog: Catalog) -> Names:
    """Return the technology that each VM has today, its own or that of its host. Shape (vms,)."""
    of_host = names([*_technologies(catalog, inventory.hosts.technology), ""])[inventory.start]
    own = _technologies(catalog, inventory.vms.technology)
    return names(np.where(own == "", np.where(of_host == "", "hardware-assisted", of_host), own))


def assigned(paths: Names, table: Table) -> Mask:
    """Return which paths assign a device directly. Shape (vms,)."""
    direct = {path: bool(path) and table.numbers["direct"][table.row(path)] > 0 for path in set(paths)}
    return np.array([direct[path] for path in paths], np.bool_)


def _new_technology(
    inventory: Inventory, change: Change, catalog: Catalog, chosen: Mask
) -> tuple[Names, tuple[Mask, tuple[Finding, ...]]]:
    """Return each VM's technology, which of the chosen keep theirs, and why."""
    vms = inventory.vms
    kept = np.zeros(len(vms), np.bool_)
    if not change.technology:
        return vms.technology, (kept, ())
    new = catalog.technology(change.technology)
    hosts = frozenset(each or "linux" for each in inventory.hosts.os_family)
    guests = [own or family(system) for own, system in zip(vms.os_family, vms.guest_os, strict=True)]
    reasons = {guest: obstacle(catalog, new, guest, hosts) for guest in set(guests)}
    why = np.array([reasons[guest] for guest in guests], dtype=object)
    kept = chosen & (why != "")
    findings = []
    for reason in sorted(set(why[kept])):
        rows = np.flatnonzero(kept & (why == reason))
        text = f"{len(rows)} VMs keep their technology, the first {vms.vm[rows[0]]!r}: {reason}."
        findings.append(Finding("warning", "keeps-technology", text, column="technology", count=len(rows)))
    return names(np.where(chosen & ~kept, new, vms.technology)), (kept, tuple(findings))


def home_kind(inventory: Inventory, kind: Rows) -> Rows:
    """Return the kind of the host that each VM is on; the first kind for one that is on none. Shape (vms,)."""
    start = inventory.start
    return np.where(start == NOWHERE, 0, np.append(kind, 0)[start])
