"""Boundaries that follow from the data: which hosts each VM can run on at all."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from models import catalog
from models.arrays import NOWHERE, Mask, Names, Rows
from models.inventory import Inventory
from models.rules import Ban, Fence, Root, Rule


@dataclass(frozen=True)
class Choice:
    """Which boundaries hold."""

    clusters: bool = True
    cpu_generation: bool = True


EVERYTHING = Choice()


def boundaries(inventory: Inventory, choice: Choice = EVERYTHING) -> tuple[Rule, ...]:
    """Return fences, bans and roots that the inventory's own columns demand."""
    hosts, vms = inventory.hosts, inventory.vms
    closed = np.flatnonzero(hosts.maintenance | (hosts.power_state == "off"))
    rules: list[Rule] = list(_fences(inventory, choice))
    if len(closed):
        everyone = np.arange(len(vms))
        rules.append(Ban(vms=everyone, hosts=closed, entering=True, name="off or in maintenance"))
    placed = inventory.start != NOWHERE
    for name, rows in {
        "pinned": vms.pinned,
        "holds an SR-IOV function": inventory.running & (vms.sriov_functions > 0),
        "holds a GPU": inventory.running & (vms.gpus > 0),
    }.items():
        pinned = np.flatnonzero(rows & placed)
        if len(pinned):
            rules.append(Root(vms=pinned, name=name))
    return tuple(rules)


_BOUNDS = ("cluster", "datastores", "networks", "CPU generation", "OS family", "trust zone")


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
    keys = list(
        zip(
            home if choice.clusters else [""] * len(vms),
            vms.datastores,
            vms.networks,
            vms.cpu_generation if choice.cpu_generation else [""] * len(vms),
            np.where(vms.technology == "container", vms.os_family, ""),
            vms.trust_zone,
            strict=True,
        )
    )
    numbers = {key: index for index, key in enumerate(dict.fromkeys(keys))}
    masks = np.ones((len(numbers), len(hosts)), np.bool_)
    for (cluster, datastores, networks, generation, family, zone), index in numbers.items():
        mask = masks[index]
        mask &= (hosts.cluster == cluster) | (cluster == "")
        mask &= _each(hosts.datastores, partial(_within, datastores))
        mask &= _each(hosts.networks, partial(_within, networks))
        mask &= _each(hosts.cpu_generation, partial(compatible, generation))
        mask &= (hosts.os_family == family) | (hosts.os_family == "") | (family == "")
        mask &= (hosts.trust_zone == zone) | (zone == "")
    words = tuple(
        ", ".join(f"{name} {part}" for name, part in zip(_BOUNDS, key, strict=True) if part) for key in numbers
    )
    return masks, np.array([numbers[key] for key in keys], np.int32), words


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
