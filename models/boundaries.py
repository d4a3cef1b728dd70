"""Boundaries that follow from the data: which hosts each VM can run on at all."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from models import catalog
from models.arrays import NOWHERE, Mask, Names, Rows
from models.changes import assigned
from models.estate import processors
from models.inventory import Inventory
from models.lifecycle import CANDIDATE
from models.requirements import equipped, family, obstacle
from models.rules import Ban, Fence, Root, Rule
from models.technology import Catalog, standard


@dataclass(frozen=True)
class Choice:
    """Which boundaries hold."""

    clusters: bool = True
    cpu_generation: bool = True
    direct_io_pins: bool = True
    catalog: Catalog = field(default_factory=standard)
    microarchitecture: str = ""


EVERYTHING = Choice()


def boundaries(inventory: Inventory, choice: Choice = EVERYTHING, today: Inventory | None = None) -> tuple[Rule, ...]:
    """
    Return fences, bans and roots that the inventory's own columns demand.

    Parameters
    ----------
    inventory
        What is there, after a change if there is one.
    choice
        Which boundaries hold.
    today
        What is there before the change: what holds a function only then is not held by it yet.
    """
    hosts, vms = inventory.hosts, inventory.vms
    asleep = (hosts.power_state == "off") & (hosts.lifecycle != CANDIDATE)
    closed = np.flatnonzero(hosts.maintenance | asleep)
    rules: list[Rule] = list(_fences(inventory, choice))
    if len(closed):
        everyone = np.arange(len(vms))
        rules.append(Ban(vms=everyone, hosts=closed, entering=True, name="off or in maintenance"))
    placed = inventory.start != NOWHERE
    held = np.minimum(vms.sriov_functions, (today or inventory).vms.sriov_functions) > 0
    disks = choice.catalog.disk_paths
    direct = assigned(vms.disk_path, disks) & assigned((today or inventory).vms.disk_path, disks)
    for name, rows in {
        "pinned": vms.pinned,
        "holds an SR-IOV function": inventory.running & held & choice.direct_io_pins,
        "holds a disk directly": inventory.running & direct & choice.direct_io_pins,
        "holds a GPU": inventory.running & (vms.gpus > 0),
    }.items():
        pinned = np.flatnonzero(rows & placed)
        if len(pinned):
            rules.append(Root(vms=pinned, name=name))
    return tuple(rules)


_BOUNDS = ("cluster", "datastores", "networks", "CPU generation", "OS family", "trust zone", "technology")


def reach(inventory: Inventory, choice: Choice = EVERYTHING) -> tuple[Mask, Rows, tuple[str, ...]]:
    """
    Return the distinct sets of hosts that VMs can run on, each VM's set, and what bounds each set.

    Returns
    -------
    tuple
        Masks, shape (sets, hosts); the set of each VM, shape (vms,); words, one a set.
    """
    vms, hosts = inventory.vms, inventory.hosts
    home = _home_cluster(inventory)
    limited, able = _abilities(inventory, choice)
    keys = list(
        zip(
            home if choice.clusters else [""] * len(vms),
            vms.datastores,
            vms.networks,
            vms.cpu_generation if choice.cpu_generation else [""] * len(vms),
            np.where(_shares_kernel(vms.technology, choice.catalog), vms.os_family, ""),
            vms.trust_zone,
            limited,
            strict=True,
        )
    )
    numbers = {key: index for index, key in enumerate(dict.fromkeys(keys))}
    masks = np.ones((len(numbers), len(hosts)), np.bool_)
    for (cluster, datastores, networks, generation, system, zone, technique), index in numbers.items():
        mask = masks[index]
        mask &= (hosts.cluster == cluster) | (cluster == "")
        mask &= _each(hosts.datastores, partial(_within, datastores))
        mask &= _each(hosts.networks, partial(_within, networks))
        mask &= _each(hosts.cpu_generation, partial(compatible, generation))
        mask &= (hosts.os_family == system) | (hosts.os_family == "") | (system == "")
        mask &= (hosts.trust_zone == zone) | (zone == "")
        mask &= able[technique]
    words = tuple(
        ", ".join(f"{name} {part}" for name, part in zip(_BOUNDS, key, strict=True) if part) for key in numbers
    )
    return masks, np.array([numbers[key] for key in keys], np.int32), words


def _shares_kernel(technology: Names, catalog: Catalog) -> Mask:
    """Return which VMs share the kernel of their host. Shape (vms,)."""
    needs = catalog.technologies.texts["guest"]
    shares = {name: bool(name) and needs[catalog.technologies.row(catalog.technology(name))] == "host-kernel"
              for name in set(technology)}  # fmt: skip
    return np.array([shares[name] for name in technology], np.bool_)


def _families(inventory: Inventory) -> list[str]:
    """Return the family of each VM's operating system; empty where it is not known."""
    known = {system: family(system) for system in set(inventory.vms.guest_os)}
    return [own or known[system] for own, system in zip(inventory.vms.os_family, inventory.vms.guest_os, strict=True)]


def _devices(inventory: Inventory, catalog: Catalog) -> list[str]:
    """Return the features that the paths of each VM require, separated by ';', that of a function it holds too."""
    vms = inventory.vms
    net = np.where((vms.net_path == "") & (vms.sriov_functions > 0), "sr-iov", vms.net_path)
    needs = [
        {"": "", **dict(zip(table.keys, table.texts["requires"], strict=True))}
        for table in (catalog.net_paths, catalog.disk_paths)
    ]
    pairs = zip(net, vms.disk_path, strict=True)
    return [";".join(filter(None, (needs[0].get(wire), needs[1].get(disk)))) for wire, disk in pairs]


def _abilities(inventory: Inventory, choice: Choice) -> tuple[list[str], dict[str, Mask]]:
    """Return what of its technique bounds each VM, in words, and the hosts of each such bound; empty: all hosts."""
    devices = _devices(inventory, choice.catalog)
    keys = list(zip(inventory.vms.technology, _families(inventory), devices, strict=True))
    masks = {key: _able(inventory, choice, *key) for key in set(keys)}
    words = {
        key: "" if masks[key].all()
        else ", ".join(filter(None, (key[0] or "of the host", key[1], "directly assigned" if key[2] else "")))
        for key in masks
    }  # fmt: skip
    everywhere = np.ones(len(inventory.hosts), np.bool_)
    return [words[key] for key in keys], {words[key]: masks[key] for key in masks} | {"": everywhere}


def _able(inventory: Inventory, choice: Choice, technology: str, guest: str, devices: str) -> Mask:
    """Return which hosts can run a guest under a technology; under their own, where it has none. Shape (hosts,)."""
    catalog, hosts = choice.catalog, inventory.hosts
    rows, unknown = processors(hosts, catalog, choice.microarchitecture)
    own = [catalog.technology(technology or name or "hardware-assisted") for name in hosts.technology]
    able = {name: equipped(catalog, name, devices) for name in set(own)}
    runs = {
        (name, system): not obstacle(catalog, name, guest, frozenset({system or guest or "linux"}))
        for name, system in set(zip(own, hosts.os_family, strict=True))
    }
    keys = zip(own, hosts.os_family, rows, unknown, strict=True)
    return np.array([runs[name, system] and (free or able[name][row]) for name, system, row, free in keys], np.bool_)


def _fences(inventory: Inventory, choice: Choice) -> list[Rule]:
    """Return a fence for each set of hosts; a VM that runs outside its set today may also stay where it is."""
    masks, which, words = reach(inventory, choice)
    start = inventory.start
    inside = (start == NOWHERE) | masks[which, np.where(start == NOWHERE, 0, start)]
    rules: list[Rule] = []
    for index, mask in enumerate(masks):
        if mask.all():
            continue
        members = np.flatnonzero((which == index) & inside)
        if len(members):
            rules.append(Fence(vms=members, hosts=np.flatnonzero(mask), name=words[index]))
        for vm in np.flatnonzero((which == index) & ~inside):
            hosts = np.append(np.flatnonzero(mask), start[vm])
            rules.append(Fence(vms=np.array([vm]), hosts=hosts, name=words[index]))
    return rules


def _home_cluster(inventory: Inventory) -> list[str]:
    """Return the cluster of each VM: that of its host, else its own column."""
    clusters = inventory.hosts.cluster
    return [
        str(clusters[row]) if row != NOWHERE else str(own)
        for row, own in zip(inventory.start, inventory.vms.cluster, strict=True)
    ]


def _each(column: Names, test: Callable[[str], bool]) -> Mask:
    verdict = {value: test(value) for value in set(column)}
    return np.array([verdict[value] for value in column], np.bool_)


def _within(wanted: str, offered: str) -> bool:
    return not offered or set(_split(wanted)) <= set(_split(offered))


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(";") if part.strip()]


def compatible(wanted: str, offered: str) -> bool:
    """
    Return whether a VM that needs one CPU generation can run where another is offered.

    Generations are compared within their vendor's order; unknown ones must be equal, and an empty one fits all.

    >>> compatible("intel-haswell", "intel-broadwell"), compatible("intel-broadwell", "intel-haswell")
    (True, False)
    >>> compatible("amd-zen", "intel-icelake"), compatible("", "intel-icelake"), compatible("x", "x")
    (False, True, True)
    """
    if not wanted or not offered or wanted == offered:
        return True
    order = {row["generation"]: int(row["order"]) for row in catalog.rows("cpu_generations")}
    if wanted not in order or offered not in order or wanted.split("-")[0] != offered.split("-")[0]:
        return False
    return order[wanted] <= order[offered]
