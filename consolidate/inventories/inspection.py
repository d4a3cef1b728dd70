"""What an inventory holds, per cluster and in all, and how far it can be trusted."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from consolidate.readers.reading import Reading
from models.arrays import NOWHERE, Floats, Mask, Names, names
from models.counting import counted
from models.inventory import Inventory

SCHEMA_VERSION = 1
LETTERS = "ABCDE"
NO_CLUSTER = "(no cluster)"
_MIB_PER_GIB = 1024
_FRESH_DAYS, _STALE_DAYS = 30, 180
_FULL_COVERAGE, _HALF_COVERAGE = 0.9, 0.6
_GUESSED = frozenset({"unknown-memory", "derived-memory"})


@dataclass(frozen=True)
class Totals:
    """
    Sums over a cluster, or over all.

    Parameters
    ----------
    name
        The cluster.
    hosts, hosts_on
        Hosts, and those that are on.
    cores, memory_gib
        Of the hosts that are on. [cores], [GiB]
    spare_hosts
        Hosts that may fail: the largest are taken off in `cores_left` and `memory_left_gib`.
    vms, vms_on
        VMs with templates, and those that run.
    vcpus, vcpus_on, vm_memory_gib, vm_memory_on_gib
        What they are configured with.
    """

    name: str
    hosts: int
    hosts_on: int
    cores: int
    memory_gib: float
    spare_hosts: int
    cores_left: int
    memory_left_gib: float
    vms: int
    vms_on: int
    vcpus: int
    vcpus_on: int
    vm_memory_gib: float
    vm_memory_on_gib: float

    def ratios(self) -> dict[str, float]:
        """Return vCPUs per core and VM memory per host memory: now and with spare hosts, all VMs and running ones."""
        amounts = {"": (self.vcpus, self.vm_memory_gib), "_on": (self.vcpus_on, self.vm_memory_on_gib)}
        rooms = {"": (self.cores, self.memory_gib), "_spare": (self.cores_left, self.memory_left_gib)}
        return {
            f"{name}{which}{room}": amounts[which][place] / size[place] if size[place] > 0 else float("nan")
            for place, name in enumerate(("vcpus_per_core", "memory_share"))
            for which in amounts
            for room, size in rooms.items()
        }

    def as_json(self) -> dict[str, Any]:
        """Return all figures and ratios."""
        return {**vars(self), **self.ratios()}


@dataclass(frozen=True)
class Grade:
    """How far an inventory can be trusted, from A to E, and what lowers it."""

    letter: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Inspection:
    """What was found in an inventory."""

    source: str
    taken: str
    overall: Totals
    clusters: tuple[Totals, ...]
    unmatched: Mapping[str, int]
    usage: Mapping[str, float]
    findings: tuple[dict[str, Any], ...]
    pinned: int
    rules: int
    grade: Grade

    def as_json(self) -> dict[str, Any]:
        """Return one mapping of plain values, for ``--json``; the keys are stable."""
        return {
            "schema_version": SCHEMA_VERSION,
            "source": self.source,
            "taken": self.taken,
            "grade": {"letter": self.grade.letter, "reasons": list(self.grade.reasons)},
            "overall": self.overall.as_json(),
            "clusters": [totals.as_json() for totals in self.clusters],
            "unmatched": {"vms": sum(self.unmatched.values()), "hosts": dict(self.unmatched)},
            "usage": dict(self.usage),
            "pinned": self.pinned,
            "rules": self.rules,
            "findings": list(self.findings),
        }


def inspect(reading: Reading, spare_hosts: int = 1, today: datetime.date | None = None) -> Inspection:
    """
    Sum an inventory up.

    Parameters
    ----------
    reading
        The inventory as it was read.
    spare_hosts
        Hosts that may fail in each cluster.
    today
        The day from which the snapshot's age counts; the present one if not given.
    """
    inventory = reading.inventory
    of_host = np.where(inventory.hosts.cluster == "", NO_CLUSTER, inventory.hosts.cluster)
    of_vm = _vm_clusters(inventory, of_host)
    found = sorted({*of_host, *of_vm})
    clusters = tuple(_totals(name, inventory, of_host == name, of_vm == name, spare_hosts) for name in found)
    return Inspection(
        inventory.source,
        inventory.taken,
        _summed(clusters),
        clusters,
        dict(reading.unmatched),
        _usage(reading),
        tuple(vars(finding) for finding in reading.findings),
        int(inventory.vms.pinned.sum()),
        len(inventory.rules),
        grade(reading, today),
    )


def _vm_clusters(inventory: Inventory, of_host: Names) -> Names:
    start = inventory.start
    own = np.where(inventory.vms.cluster == "", NO_CLUSTER, inventory.vms.cluster)
    return np.where(start == NOWHERE, own, names([*of_host, ""])[start])


def _totals(name: str, inventory: Inventory, hosts: Mask, vms: Mask, spare: int) -> Totals:
    table, guests = inventory.hosts, inventory.vms
    on = hosts & (table.power_state == "on")
    runs = vms & inventory.running
    cores, memory = table.cores[on].astype(float), table.memory_mib[on] / _MIB_PER_GIB
    return Totals(
        name=name,
        hosts=int(hosts.sum()),
        hosts_on=int(on.sum()),
        cores=int(cores.sum()),
        memory_gib=float(memory.sum()),
        spare_hosts=spare,
        cores_left=int(_without_largest(cores, spare)),
        memory_left_gib=_without_largest(memory, spare),
        vms=int(vms.sum()),
        vms_on=int(runs.sum()),
        vcpus=int(guests.vcpus[vms].sum()),
        vcpus_on=int(guests.vcpus[runs].sum()),
        vm_memory_gib=float(guests.memory_mib[vms].sum() / _MIB_PER_GIB),
        vm_memory_on_gib=float(guests.memory_mib[runs].sum() / _MIB_PER_GIB),
    )


def _without_largest(sizes: Floats, count: int) -> float:
    return float(np.sort(sizes)[: max(len(sizes) - count, 0)].sum())


def _summed(clusters: tuple[Totals, ...]) -> Totals:
    """Return the sums over all clusters, each of which keeps its own spare hosts."""
    added: dict[str, Any] = {
        key: sum(getattr(totals, key) for totals in clusters)
        for key in Totals.__dataclass_fields__
        if key not in ("name", "spare_hosts")
    }
    return Totals(name="all", spare_hosts=sum(min(item.spare_hosts, item.hosts_on) for item in clusters), **added)


def _usage(reading: Reading) -> dict[str, float]:
    """Return how many samples there are, and the share of running VMs' samples that hold a reading."""
    if reading.usage is None:
        return {"samples": 0, "step_s": 0.0, "coverage": 0.0}
    return {
        "samples": reading.usage.samples,
        "step_s": reading.usage.step_s,
        "coverage": coverage(reading),
    }


def coverage(reading: Reading) -> float:
    """Return the share of running VMs' samples that hold a CPU reading; 0 without readings."""
    running = reading.inventory.running
    if reading.usage is None or not running.any() or not reading.usage.samples:
        return 0.0
    return float(np.isfinite(reading.usage.cpu_mhz[running]).mean())


def grade(reading: Reading, today: datetime.date | None = None) -> Grade:
    """Return how far the reading can be trusted: each doubt says how good a letter it leaves at best."""
    doubts = [
        *_doubts_of_hosts(reading),
        *_doubts_of_usage(reading),
        *_doubts_of_warnings(reading),
        *_doubts_of_age(reading.inventory.taken, today or datetime.datetime.now(tz=datetime.UTC).date()),
    ]
    worst = max((LETTERS.index(letter) for letter, _ in doubts), default=0)
    ordered = sorted(doubts, key=lambda doubt: doubt[0], reverse=True)
    return Grade(LETTERS[worst], tuple(text for _, text in ordered))


def _doubts_of_hosts(reading: Reading) -> list[tuple[str, str]]:
    doubts = []
    unmatched, vms = sum(reading.unmatched.values()), len(reading.inventory.vms)
    if unmatched:
        share = 1 - unmatched / vms
        letter = "B" if share >= 0.99 else "C" if share >= 0.95 else "E" if share < 0.5 else "D"
        some = f"{unmatched:,} of {counted(vms, 'VM')}"
        doubts.append((letter, f"The host of {some} is not known ({share:.0%} matched)."))
    guessed = [finding for finding in reading.findings if finding.code in _GUESSED]
    doubts += [("D" if finding.code == "unknown-memory" else "B", finding.message) for finding in guessed]
    if not vms or not len(reading.inventory.hosts):
        doubts.append(("E", "There are no hosts or no VMs."))
    return doubts


def _doubts_of_warnings(reading: Reading) -> list[tuple[str, str]]:
    """Return one doubt for all warnings that are not told on their own."""
    warnings = [item for item in reading.findings if item.severity == "warning" and item.code not in _GUESSED]
    if not warnings:
        return []
    first = warnings[0]
    where = f"{first.file}: " if first.file else ""
    if len(warnings) == 1:
        return [("B", f"1 warning in the data: {where}{first.message}")]
    return [("B", f"{len(warnings)} warnings in the data, the first: {where}{first.message}")]


def _doubts_of_usage(reading: Reading) -> list[tuple[str, str]]:
    if reading.usage is not None:
        share = coverage(reading)
        letter = "A" if share >= _FULL_COVERAGE else "B" if share >= _HALF_COVERAGE else "C"
        return [] if letter == "A" else [(letter, f"Readings cover {share:.0%} of the running VMs' samples.")]
    inventory = reading.inventory
    known = np.isfinite(inventory.vms.cpu_used_mhz[inventory.running])
    if len(known) and known.mean() >= _FULL_COVERAGE:
        return [("C", "There is a snapshot only, no readings over time: peaks are not seen.")]
    return [("D", "It is not known what VMs use: demand is taken to be all that they are allocated.")]


def _doubts_of_age(taken: str, today: datetime.date) -> list[tuple[str, str]]:
    try:
        day = datetime.datetime.fromisoformat(taken).date()
    except ValueError:
        return [("B", "It is not known when the snapshot was taken.")]
    days = (today - day).days
    if days <= _FRESH_DAYS:
        return []
    return [("B" if days <= _STALE_DAYS else "C", f"The snapshot is {counted(days, 'day')} old.")]
