"""The best hosts for one VM now: one of the inventory, or a new one of so much CPU and memory."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from consolidate.planning import choices
from consolidate.readers.reading import Reading
from consolidate.readers.rules import parse
from consolidate.settings import Settings
from consolidate.wording import counted
from models.arrays import NOWHERE, Names, Rows, names
from models.demand import Usage
from models.errors import InputError
from models.formulation import formulate
from models.inventory import Inventory, Vms
from models.problem import Problem
from models.rules import Rule


@dataclass(frozen=True)
class Wanted:
    """
    A VM that looks for a host.

    Parameters
    ----------
    name
        Of a VM of the inventory, or of a new one.
    vcpus, memory_mib
        Of a new one; None: it is one of the inventory.
    cpu_mhz
        What it takes of a host's CPU; None: as the settings say.
    cluster
        Cluster that a new one belongs to, if there are several.
    """

    name: str = "new"
    vcpus: int | None = None
    memory_mib: float | None = None
    cpu_mhz: float | None = None
    cluster: str = ""

    @property
    def new(self) -> bool:
        """Whether it is not in the inventory yet."""
        return self.memory_mib is not None


@dataclass(frozen=True, eq=False)
class Placing:
    """Where a VM should go, as one JSON object."""

    vm: str
    host_now: str
    hosts: tuple[dict[str, Any], ...]
    candidates: int
    excluded: dict[str, int]

    @property
    def host(self) -> str:
        """The best host; empty if none will do."""
        return str(self.hosts[0]["host"]) if self.hosts else ""

    def as_json(self) -> dict[str, Any]:
        """Return all of it as one object."""
        own = {item.name: getattr(self, item.name) for item in fields(self)}
        return own | {"host": self.host, "runner_up": self.hosts[1]["host"] if len(self.hosts) > 1 else ""}


def best(reading: Reading, settings: Settings, wanted: Wanted, read: Any, most: int = 5) -> Placing:
    """
    Return the best hosts for a VM as things are now.

    Parameters
    ----------
    read
        Returns the user's rules over the rows of a reading.
    most
        Hosts that are told of.

    Raises
    ------
    InputError
        If there is no VM of the name, or already one.
    """
    from solvers.incremental import Incremental
    from solvers.relations import compiled

    given = with_vm(reading, wanted) if wanted.new else reading
    vm = _row(given.inventory, wanted.name)
    every: Sequence[Rule] = (*read(given), *parse(given.inventory.rules, given.inventory, given.inventory.source))
    problem = formulate(given.inventory, choices(settings, given.inventory), given.usage, every).problem
    problem = _taking(problem, vm, wanted.cpu_mhz)
    estate = Incremental(compiled(problem, strict=False))
    item = int(estate.relations.item[vm])
    found = estate.best(item, most)
    start = int(problem.start[vm])
    load = problem.load(np.where(estate.relations.item == item, NOWHERE, problem.start))
    after = [load[host] + problem.demand[problem.kind[host], estate.relations.item == item].sum(axis=0)
             for host in found.hosts]  # fmt: skip
    return Placing(
        vm=wanted.name,
        host_now=str(problem.hosts[start]) if start != NOWHERE else "",
        hosts=tuple(_told(problem, int(host), after[rank], rank, found.costs) for rank, host in enumerate(found.hosts)),
        candidates=found.candidates,
        excluded=dict(found.excluded),
    )


def _told(problem: Problem, host: int, load: Any, rank: int, costs: Any) -> dict[str, Any]:
    """Return what is told of one host."""
    share = load / np.maximum(problem.capacity[host], 1)
    fullest = int(share.argmax())
    return {
        "rank": rank + 1,
        "host": str(problem.hosts[host]),
        "on": bool(problem.on[host]),
        "fill_after": float(share[fullest]),
        "fullest": problem.dims[fullest],
        "cost": float(costs[rank]),
    }


def _row(inventory: Inventory, name: str) -> int:
    from difflib import get_close_matches

    if name in inventory.vm_row:
        return inventory.vm_row[name]
    like = get_close_matches(name, list(inventory.vm_row), 3)
    hint = f"did you mean {', '.join(like)}?" if like else "give --vcpus and --memory-mib for a new one."
    raise InputError(f"{inventory.source}: there is no VM {name!r}; {hint}")


def with_vm(reading: Reading, wanted: Wanted) -> Reading:
    """Return the reading with one VM more, on no host and without readings."""
    inventory = reading.inventory
    if wanted.name in inventory.vm_row:
        raise InputError(f"{inventory.source}: there is a VM {wanted.name!r} already; name the new one otherwise.")
    clusters = sorted(set(inventory.hosts.cluster))
    if wanted.cluster not in ("", *clusters):
        raise InputError(f"There is no cluster {wanted.cluster!r}; there are {', '.join(map(str, clusters))}.")
    own = {"vm": wanted.name, "host": "", "vcpus": wanted.vcpus or 1, "memory_mib": wanted.memory_mib,
           "cluster": wanted.cluster}  # fmt: skip
    columns = {
        name: _longer(getattr(inventory.vms, name), own.get(name, column.default), column.kind)
        for name, column in Vms.columns().items()
    }
    return replace(
        reading,
        inventory=replace(inventory, vms=Vms(**columns)),
        usage=_usage(reading.usage) if reading.usage else None,
    )


def _longer(values: Any, last: Any, kind: str) -> Any:
    """Return a column with one value more."""
    if kind == "text":
        return names([*values, last or ""])
    found: Names | Rows = np.append(values, np.asarray(0 if last is None else last, values.dtype))
    return found


def _usage(usage: Usage) -> Usage:
    """Return readings with a row without any."""
    tables: Any = {
        name: None if (table := getattr(usage, name)) is None else np.vstack([table, np.full_like(table[:1], np.nan)])
        for name in ("cpu_mhz", "memory_mib", "disk_iops", "net_mbps")
    }
    return replace(usage, **tables)


def _taking(problem: Problem, vm: int, cpu_mhz: float | None) -> Problem:
    """Return the problem in which the VM takes so much CPU, where CPU is counted in MHz."""
    columns = [index for index, dim in enumerate(problem.dims) if dim.partition("@")[0] == "cpu_mhz"]
    if cpu_mhz is None or not columns:
        return problem
    demand = problem.demand.copy()
    demand[:, vm, columns] = int(np.ceil(cpu_mhz))
    return replace(problem, demand=demand)


def lines(found: Placing) -> Iterator[str]:
    """Yield a small table: the best hosts, and what excludes the others."""
    now = f", now on {found.host_now}" if found.host_now else ""
    if not found.hosts:
        yield f"No host will do for {found.vm}{now}."
    else:
        goal = "stay" if found.host == found.host_now else "be"
        came = "" if goal == "stay" else now
        yield f"{found.vm} should {goal} on {found.host}{came}. {counted(found.candidates, 'host')} would do."
        yield ""
        width = max(len("host"), *(len(str(row["host"])) for row in found.hosts))
        yield f"  {'':4}{'host':<{width}}  {'state':<6}  {'full':>6}  fullest"
        for row in found.hosts:
            state = "here" if row["host"] == found.host_now else "on" if row["on"] else "off"
            full = f"{row['fill_after']:.1%}"
            yield f"  {row['rank']:<4}{row['host']:<{width}}  {state:<6}  {full:>6}  {row['fullest']}"
    if found.excluded:
        yield ""
        yield "Excluded hosts"
        yield from (f"  {count:>5}  {reason}" for reason, count in found.excluded.items())
