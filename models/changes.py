"""What-ifs: what a change of technology, paths, pages or processor would make of an inventory."""

from dataclasses import dataclass, replace

import numpy as np

from models.arrays import NOWHERE, Mask, Names, names
from models.counting import counted
from models.errors import Finding, InputError
from models.estate import technologies
from models.inventory import Inventory
from models.laws.memory import LEAF_LEVELS
from models.requirements import family, obstacle
from models.technology import Catalog, Table


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
        return text if self.vms is None or not text else f"{text} for {counted(len(self.vms), 'VM')}"


NOTHING = Change()


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
    who = f"{counted(len(rows), 'VM keeps its', 'VMs keep their')} network path, the first {vms.vm[rows[0]]!r}"
    text = f"{who}: no host of the cluster has functions."
    return bare, (Finding("warning", "keeps-path", text, column="net_path", count=len(rows)),)


def present(inventory: Inventory, catalog: Catalog) -> Names:
    """Return the technology that each VM has today, its own or that of its host. Shape (vms,)."""
    of_host = names([*technologies(catalog, inventory.hosts.technology), ""])[inventory.start]
    own = technologies(catalog, inventory.vms.technology)
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
        who = counted(len(rows), "VM keeps its", "VMs keep their")
        text = f"{who} technology, the first {vms.vm[rows[0]]!r}: {reason}."
        findings.append(Finding("warning", "keeps-technology", text, column="technology", count=len(rows)))
    return names(np.where(chosen & ~kept, new, vms.technology)), (kept, tuple(findings))
