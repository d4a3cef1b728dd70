"""
Plans an estate that is too large for one machine's solver, part by part on an executor.

Clusters that no rule ties together are planned by themselves, each a whole plan in a worker; rules about time tie
what needs one schedule. One that is too large is divided into groups of hosts, whose placements are found in parallel;
then the hosts that groups left least full are planned once more across them. The checker judges the whole of each.

References
----------
.. [1] D. Narayanan et al., "Solving large-scale granular resource allocation problems efficiently with POP,"
   SOSP 2021.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from io import BytesIO
from time import process_time
from typing import TYPE_CHECKING, Any

import numpy as np

from consolidate.planning import Planned, came, plan
from consolidate.plans.stranded import Stranded, stranded
from consolidate.readers.reading import Reading
from consolidate.readers.rules import parse
from consolidate.settings import Settings
from consolidate.studies import gathered
from consolidate.what_if.coordination import Grouped
from consolidate.what_if.unit_times import named, ties
from consolidate.what_if.unit_times import restricted as of_unit
from consolidate.what_if.workers import resident_mib
from models.arrays import NOWHERE, Mask, Rows
from models.errors import ConsolidationError
from models.inventory import Hosts, Inventory, Vms
from models.network import platform
from models.rules import Rule
from models.timing import Timing
from solvers.parts import index_of, restricted

if TYPE_CHECKING:
    import pandas as pd

MOST_HOSTS = 1_500
"""Hosts up to which a cluster is planned whole."""
_QUEUED = 2
"""Clusters that wait for each worker."""
_MEMBERS = ("vms", "on", "parts")
Progress = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class Unit:
    """Hosts and VMs that are planned together, by row, what they are called, and whether rules about time name any."""

    name: str
    hosts: Rows
    vms: Rows
    timed: bool = False


@dataclass(frozen=True, eq=False)
class Answer:
    """
    The plan of one unit: its summary, and its tables as Parquet; without tables it failed.

    Parameters
    ----------
    unit, summary, tables
        What was planned, and what was found.
    cpu_seconds, peak_mib
        Processor time that the worker spent on it, and the most memory that the worker took so far. [s], [MiB]
    stranded
        Capacity that is free and of no use, before and after the plan.
    """

    unit: Unit
    summary: dict[str, Any]
    tables: dict[str, bytes]
    cpu_seconds: float = 0.0
    peak_mib: float = 0.0
    stranded: tuple[Stranded, Stranded] = ({}, {})

    def frame(self, name: str) -> "pd.DataFrame":
        """Return one of the tables."""
        import pandas as pd

        return pd.read_parquet(BytesIO(self.tables[name]))


def planned(
    reading: Reading,
    settings: Settings,
    rules: Sequence[Rule],
    executor: Executor,
    progress: Progress | None = None,
    *,
    timing: Sequence[Timing] = (),
    most_hosts: int = MOST_HOSTS,
) -> Iterator[Answer]:
    """
    Yield the plan of each unit of an estate, in the order in which they end.

    A unit of more than `most_hosts` hosts is planned here, its groups on the executor; all others are planned there.

    Parameters
    ----------
    rules
        The user's rules; those that came with the data are added.
    progress
        Told how many units are planned, of how many.
    timing
        The user's rules about time; those that came with the data are added.
    """
    every = (*rules, *parse(reading.inventory.rules, reading.inventory, reading.inventory.source))
    timed = (*timing, *came(reading, settings, timing))
    crossing = settings.limits.cross_clusters
    parts = units(reading.inventory, every, timed, crossing=crossing, in_turn=in_turn(reading, settings))
    of = dict(zip((each.name for each in parts), _sorted(reading.inventory, every, parts), strict=True))
    small = [each for each in parts if len(each.hosts) <= most_hosts]
    calls = ((_computed, *taken(reading, of[each.name], each, timed), settings) for each in small)
    answers = gathered(executor, calls, most=_QUEUED * getattr(executor, "workers", 1))
    for done, (place, found) in enumerate(answers, 1):
        yield _answer(small[place], found)
        if progress is not None:
            progress(done, len(parts))
    for done, each in enumerate((each for each in parts if len(each.hosts) > most_hosts), len(small) + 1):
        yield _answer(each, _large(*taken(reading, of[each.name], each, timed), settings, executor, most_hosts))
        if progress is not None:
            progress(done, len(parts))


def in_turn(reading: Reading, settings: Settings) -> bool:
    """Return whether units are migrated one after the other: they share links, or the platform counts all moves."""
    return reading.network is not None or platform(settings.migration.platform).total > 0


def _large(
    reading: Reading,
    rules: tuple[Rule, ...],
    timing: tuple[Timing, ...],
    settings: Settings,
    executor: Executor,
    most_hosts: int,
) -> dict[str, Any]:
    search = settings.search
    place = Grouped(executor, search.solver, search.seconds, search.seed, most_hosts=max(most_hosts // 3, 1))
    return _computed(reading, rules, timing, settings, place)


def _answer(unit: Unit, found: dict[str, Any]) -> Answer:
    known: Any = {name: found[name] for name in ("cpu_seconds", "peak_mib", "stranded") if name in found}
    return Answer(unit, found.get("summary", found), found.get("tables", {}), **known)


def _computed(
    reading: Reading, rules: tuple[Rule, ...], timing: tuple[Timing, ...], settings: Settings, place: Any = None
) -> dict[str, Any]:
    """Return a unit's plan as what can be sent; called in a worker."""
    from consolidate.what_if.trial import failed

    began = process_time()
    try:
        found = plan(reading, settings, rules=rules, timing=timing, place=place, explain=False)
    except ConsolidationError as problem:
        return failed(str(problem))
    tables = dict(_packed(found))
    spent = {"cpu_seconds": process_time() - began, "peak_mib": resident_mib()[1]}
    posed = found.formulation.problem
    free = tuple(stranded(posed, host) for host in (posed.start, found.plan.placement.host))
    return {"summary": found.summary, "tables": tables, "stranded": free, **spent}


def _packed(found: Planned) -> Iterator[tuple[str, bytes]]:
    for name, table in found.tables.items():
        content = BytesIO()
        table.to_parquet(content, index=False)
        yield name, content.getvalue()


def units(
    inventory: Inventory,
    rules: Sequence[Rule],
    timing: Sequence[Timing] = (),
    *,
    crossing: bool,
    in_turn: bool = False,
) -> tuple[Unit, ...]:
    """
    Return what has to be planned together: clusters, those as one that rules tie, or all if VMs may cross.

    A VM on no host belongs to the cluster that it names, else to the one with the most memory free. Units `in_turn` are
    migrated one after the other.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    names, of_host = np.unique(inventory.hosts.cluster.astype(str), return_inverse=True)
    of_vm = _homes(inventory, names, of_host)
    if crossing:
        return (Unit("all clusters", np.arange(len(of_host)), np.arange(len(of_vm)), bool(timing)),)
    tie = [each for rule in rules if (each := _named(rule, of_host, of_vm)).size > 1]
    tie += ties(timing, of_host, of_vm, in_turn=in_turn)
    left = np.concatenate([np.zeros(0, np.int64), *(each[:-1] for each in tie)])
    right = np.concatenate([np.zeros(0, np.int64), *(each[1:] for each in tie)])
    graph = coo_array((np.ones(len(left), np.int8), (left, right)), shape=(len(names), len(names)))
    tied = connected_components(graph, directed=False)[1]
    timed = np.isin(tied, [tied[cluster] for rule in timing for cluster in named(rule, of_host, of_vm)])
    return tuple(
        Unit(
            " + ".join(names[tied == label]) or "no cluster",
            np.flatnonzero(tied[of_host] == label),
            np.flatnonzero(tied[of_vm] == label),
            bool(timed[tied == label].any()),
        )
        for label in range(int(tied.max(initial=-1)) + 1)
    )


def _sorted(inventory: Inventory, rules: Sequence[Rule], parts: Sequence[Unit]) -> list[list[Rule]]:
    """Return the rules that name anything of each unit."""
    of_host, of_vm = np.zeros(len(inventory.hosts), np.int64), np.zeros(len(inventory.vms), np.int64)
    for number, unit in enumerate(parts):
        of_host[unit.hosts], of_vm[unit.vms] = number, number
    found: list[list[Rule]] = [[] for _ in parts]
    for rule in rules:
        for number in np.unique(np.concatenate(_labels(rule, of_host, of_vm))):
            found[number].append(rule)
    return found


def _labels(rule: Rule, of_host: Rows, of_vm: Rows, *, off: bool = True) -> list[Rows]:
    """Return the labels of what a rule names; without `off` not those of hosts that its VMs need not be on."""
    found: list[Rows] = [np.zeros(0, np.int64)]
    for name in (*_MEMBERS, "hosts", "groups"):
        rows = getattr(rule, name, None)
        if rows is None or (not off and name in ("hosts", "groups") and rule.kind in _OFF):
            continue
        label = of_vm if name in _MEMBERS else of_host
        found += [label[np.asarray(each, np.int64)] for each in (rows if isinstance(rows, tuple) else (rows,))]
    return found


def _homes(inventory: Inventory, names: Any, of_host: Rows) -> Rows:
    """Return the cluster of each VM."""
    start, vms = inventory.start, inventory.vms
    placed = start != NOWHERE
    found = np.zeros(len(start), np.int64)
    found[placed] = of_host[start[placed]]
    used = np.bincount(found[placed], vms.memory_mib[placed], minlength=len(names))
    free = np.bincount(of_host, inventory.hosts.memory_mib, minlength=len(names)) - used
    row = {str(name): index for index, name in enumerate(names)}
    for vm in np.flatnonzero(~placed):
        found[vm] = row.get(str(vms.cluster[vm]) or "\0", int(free.argmax()))
        free[found[vm]] -= vms.memory_mib[vm]
    return found


def _named(rule: Rule, of_host: Rows, of_vm: Rows) -> Rows:
    """Return the clusters that a rule ties; of one that only keeps VMs off hosts, those of the VMs alone."""
    if rule.kind in _ALONE:
        return np.zeros(0, np.int64)
    tied: Rows = np.unique(np.concatenate(_labels(rule, of_host, of_vm, off=False)))
    return tied


_OFF = ("Ban", "Quarantine")
"""Rules whose hosts need not be where their VMs are."""
_ALONE = ("Ban", "Root", "Preserve", "Online", "Offline", "Overbook", "Overload", "Quarantine")
"""Rules that say something of each VM or host by itself."""


def taken(
    reading: Reading, rules: Sequence[Rule], unit: Unit, timing: Sequence[Timing] = ()
) -> tuple[Reading, tuple[Rule, ...], tuple[Timing, ...]]:
    """Return the reading of a unit alone, and what the rules say of it: about places, and about time."""
    inventory, usage = reading.inventory, reading.usage
    hosts: Any = {name: getattr(inventory.hosts, name)[unit.hosts] for name in Hosts.columns()}
    vms: Any = {name: getattr(inventory.vms, name)[unit.vms] for name in Vms.columns()}
    vm_row, host_row = index_of(unit.vms, len(inventory.vms)), index_of(unit.hosts, len(inventory.hosts))
    kept = [each for rule in rules if (each := restricted(rule, vm_row, host_row)) is not None]
    timed = [found for rule in timing if (found := of_unit(rule, vm_row, host_row)) is not None]
    tables = ("cpu_mhz", "memory_mib", "disk_iops", "net_mbps")
    cut: Any = {
        name: None if usage is None or (table := getattr(usage, name)) is None else table[unit.vms] for name in tables
    }
    own = replace(
        reading,
        inventory=replace(inventory, hosts=Hosts(**hosts), vms=Vms(**vms), rules=()),
        usage=None if usage is None else replace(usage, **cut),
        findings=(),
        unmatched={},
    )
    return own, tuple(kept), tuple(timed)


def failed(answers: Sequence[Answer]) -> Mask:
    """Return which units have no plan."""
    found: Mask = np.array([each.summary["status"] in ("failed", "infeasible") for each in answers], np.bool_)
    return found
