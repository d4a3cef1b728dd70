"""What a scenario supposes of an estate: more VMs, new applications, hosts lost, on offer or replaced."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np

from consolidate.readers import noticed
from consolidate.readers.reading import Reading
from consolidate.readers.selectors import Selector
from models import lifecycle
from models.arrays import NOWHERE, Ints, Names, Rows, names
from models.demand import Usage
from models.errors import Finding, InputError
from models.inventory import Inventory, Vms
from models.lifecycle import Offer

REPLACED = re.compile(r"(.+?)\s*->\s*(?:(\d+)\s*x\s+)?(.+)")


@dataclass(frozen=True)
class Profile:
    """
    What a new application consists of.

    Parameters
    ----------
    vms
        VMs in one.
    like
        VMs, named as in rules, whose copy it is, readings included; what is below then does not count.
    vcpus, memory_mib, workload
        Of each VM. [vCPUs], [MiB]
    cpu_mhz
        CPU of each at any time, where the estate has readings; None: as allocated. [MHz]
    cluster
        Cluster it belongs to.
    """

    vms: int = 1
    like: str = ""
    vcpus: int = 1
    memory_mib: float = 1024.0
    cpu_mhz: float | None = None
    workload: str = ""
    cluster: str = ""


@dataclass(frozen=True, eq=False)
class Parts:
    """What scenarios may add to an estate: profiles of applications and models of hosts, by name."""

    profiles: Mapping[str, Profile] = field(default_factory=dict)
    models: Mapping[str, Offer] = field(default_factory=dict)


def estate(reading: Reading, supposed: Mapping[str, Any], parts: Parts, seed: int) -> Reading:
    """
    Return the reading of the estate as a scenario supposes it; rows that were there keep their number.

    Parameters
    ----------
    supposed
        By the keys of `consolidate.what_if.axes.SUPPOSED` and `consolidate.what_if.axes.COUNTED`.
    seed
        Of which hosts are lost and which VMs are copied.

    Raises
    ------
    InputError
        If hosts, racks, models, profiles or VMs are named that are not there.
    """
    rng = np.random.default_rng(seed)
    inventory = reading.inventory
    lost = _lost(inventory, supposed.get("loss.hosts"), supposed.get("loss.racks"), rng)
    inventory = _without(inventory, lost) if len(lost) else inventory
    if text := supposed.get("hardware.replace"):
        inventory = _replaced(inventory, str(text), parts)
    inventory = lifecycle.with_offers(inventory, _offers(supposed, parts))
    reading = replace(reading, inventory=inventory) if inventory is not reading.inventory else reading
    if (factor := supposed.get("growth.vms") or 1.0) > 1.0:
        reading = _grown(reading, float(factor), rng)
    for key, count in supposed.items():
        kind, _, name = key.partition(".")
        if kind == "applications" and count:
            reading = _with_applications(reading, name, parts.profiles[name], int(count))
    return reading


def _offers(supposed: Mapping[str, Any], parts: Parts) -> list[Offer]:
    start = "hardware.add."
    return [
        replace(_model(parts, key.removeprefix(start)), count=int(count))
        for key, count in supposed.items()
        if key.startswith(start) and count
    ]


def _model(parts: Parts, name: str) -> Offer:
    if name not in parts.models:
        raise InputError(_no_model(parts, name))
    return parts.models[name]


def _no_model(parts: Parts, name: str) -> str:
    return f"The study's hardware has no model {name!r}; there are {', '.join(parts.models) or 'none'}."


def _lost(inventory: Inventory, hosts: Any, racks: Any, rng: np.random.Generator) -> Rows:
    """Return the rows of hosts that are lost: those named, or so many of those that are on, drawn."""
    on = np.flatnonzero((inventory.hosts.power_state == "on") & (inventory.hosts.lifecycle != lifecycle.CANDIDATE))
    known = sorted(set(inventory.hosts.rack[on]) - {""})
    if isinstance(racks, int):
        _enough(racks, len(known), "racks")
        places = [str(known[row]) for row in rng.permutation(len(known))[:racks]]
    else:
        places = _listed(racks)
    found = [_named(inventory, [f"rack:{place}" for place in places])]
    if isinstance(hosts, int):
        _enough(hosts, len(on), "hosts that are on")
        found.append(on[rng.permutation(len(on))[:hosts]])
    else:
        found.append(_named(inventory, _listed(hosts)))
    rows: Rows = np.unique(np.concatenate([np.zeros(0, np.int64), *(each.astype(np.int64) for each in found)]))
    return rows


def _enough(count: int, most: int, what: str) -> None:
    if count > most:
        raise InputError(f"{count} are to be lost of {most} {what}.")


def _named(inventory: Inventory, selectors: Sequence[str]) -> Rows:
    """Return the rows of the hosts that are named; every name that none has is told."""
    selector, problems, found = Selector(inventory), [], list[Rows]()
    for each in selectors:
        try:
            found.append(selector.hosts(each))
        except ValueError as problem:
            problems.append(Finding("error", "unknown-name", str(problem)))
    noticed.stop_on_errors(problems)
    return np.concatenate([np.zeros(0, np.int32), *found])


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else [str(each) for each in value or ()]


def _without(inventory: Inventory, lost: Rows) -> Inventory:
    """Return the inventory in which hosts are off for good, and their VMs look for another of their cluster."""
    hosts, vms = inventory.hosts, inventory.vms
    off, closed = hosts.power_state.copy(), hosts.maintenance.copy()
    off[lost], closed[lost] = "off", True
    hit = np.isin(inventory.start, lost)
    cluster = _clusters(inventory)
    return replace(
        inventory,
        hosts=replace(hosts, power_state=names(off), maintenance=closed),
        vms=replace(
            vms,
            host=names(np.where(hit, "", vms.host)),
            cluster=names(np.where(hit, cluster, vms.cluster)),
            pinned=vms.pinned & ~hit,
        ),
    )


def _clusters(inventory: Inventory) -> Names:
    """Return the cluster of each VM: its host's, else its own."""
    start = inventory.start
    own = np.append(inventory.hosts.cluster, "")[np.where(start == NOWHERE, len(inventory.hosts), start)]
    found: Names = np.where(start == NOWHERE, inventory.vms.cluster, own)
    return found


def _replaced(inventory: Inventory, text: str, parts: Parts) -> Inventory:
    """Return the inventory whose hosts of one model are to go, and as many of another are on offer."""
    found = REPLACED.fullmatch(text.strip())
    if found is None:
        raise InputError(f"hardware.replace is 'OLD -> NEW' or 'OLD -> 6 x NEW', not {text!r}.")
    old, count, new = found[1], found[2], found[3]
    rows = np.flatnonzero(inventory.hosts.model == old)
    there, problems = sorted(set(inventory.hosts.model.tolist())), []
    if old not in there:
        problems.append(f"No host is of the model {old!r}; there are {', '.join(there)}.")
    if new not in parts.models:
        problems.append(_no_model(parts, new))
    noticed.stop_on_errors(Finding("error", "unknown-name", text) for text in problems)
    offer = replace(_model(parts, new), count=int(count) if count else len(rows))
    return lifecycle.with_offers(lifecycle.marked(inventory, {lifecycle.DECOMMISSION: rows}), [offer])


def _grown(reading: Reading, factor: float, rng: np.random.Generator) -> Reading:
    """Return the reading with copies of running VMs, drawn; none of them is on a host yet."""
    running = np.flatnonzero(reading.inventory.running)
    count = round((factor - 1.0) * len(running))
    if not count:
        return reading
    rounds, rest = divmod(count, len(running))
    rows = np.concatenate([np.tile(running, rounds), np.sort(rng.permutation(running)[:rest])])
    number = np.concatenate([np.repeat(np.arange(rounds), len(running)), np.full(rest, rounds)])
    marks = [f"{reading.inventory.vms.vm[row]} +{copy + 1}" for row, copy in zip(rows, number, strict=True)]
    return _copied(reading, rows, marks)


def _with_applications(reading: Reading, name: str, profile: Profile, count: int) -> Reading:
    """Return the reading with so many applications of a profile."""
    if not profile.like:
        return _made(reading, name, profile, count)
    try:
        rows = Selector(reading.inventory).vms(profile.like).astype(np.int64)
    except ValueError as problem:
        raise InputError(f"profiles.{name}.like: {problem}") from None
    vms = reading.inventory.vms.vm
    marks = [f"{vms[row]} ({name} {copy + 1})" for copy in range(count) for row in rows]
    return _copied(reading, np.tile(rows, count), marks, [f"{name} {copy + 1}" for copy in range(count) for _ in rows])


def _copied(reading: Reading, rows: Ints, marks: Sequence[str], applications: Sequence[str] | None = None) -> Reading:
    """Return the reading with copies of VMs under other names, on no host and free to go to any of their cluster."""
    vms, size = reading.inventory.vms, len(rows)
    own: dict[str, Any] = {item.name: getattr(vms, item.name)[rows] for item in fields(Vms)}
    own |= {"vm": marks, "host": [""] * size, "cluster": _clusters(reading.inventory)[rows],
            "platform_id": [""] * size, "pinned": np.zeros(size, np.bool_), "pin_reason": [""] * size}  # fmt: skip
    if applications is not None:
        own["application"] = applications
    usage = reading.usage
    more = {} if usage is None else {name: table[rows] for name, table in _tables(usage).items() if table is not None}
    return _longer(reading, Vms.of(**own), more)


def _made(reading: Reading, name: str, profile: Profile, count: int) -> Reading:
    size = profile.vms * count
    vms = Vms.of(
        vm=[f"{name} {copy + 1}-{number + 1}" for copy in range(count) for number in range(profile.vms)],
        host=[""] * size,
        vcpus=[profile.vcpus] * size,
        memory_mib=[profile.memory_mib] * size,
        workload=[profile.workload] * size,
        cluster=[profile.cluster] * size,
        application=[f"{name} {copy + 1}" for copy in range(count) for _ in range(profile.vms)],
    )
    usage, more = reading.usage, {}
    if usage is not None and profile.cpu_mhz is not None:
        more["cpu_mhz"] = np.full((size, usage.samples), profile.cpu_mhz, np.float32)
    return _longer(reading, vms, more)


def _longer(reading: Reading, vms: Vms, more: Mapping[str, Any]) -> Reading:
    """Return the reading with VMs at its end; where there are no readings of them, they are not known."""
    inventory, usage = reading.inventory, reading.usage
    taken = set(inventory.vms.vm.tolist()) & set(vms.vm.tolist())
    if taken:
        raise InputError(f"New VMs would be called as VMs that are there, such as {min(taken)!r}.")
    table = Vms.of(**{
        item.name: np.concatenate([getattr(inventory.vms, item.name), getattr(vms, item.name)]) for item in fields(Vms)
    })  # fmt: skip
    if usage is not None:
        unknown = np.full((len(vms), usage.samples), np.nan, np.float32)
        grown = {
            name: None if old is None else np.concatenate([old, more.get(name, unknown)])
            for name, old in _tables(usage).items()
        }
        usage = replace(usage, **grown)  # type: ignore[arg-type]
    return replace(reading, inventory=replace(inventory, vms=table), usage=usage)


def _tables(usage: Usage) -> dict[str, Any]:
    return {name: getattr(usage, name) for name in ("cpu_mhz", "memory_mib", "disk_iops", "net_mbps")}
