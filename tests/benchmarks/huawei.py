"""
Reads the published production requests of a cloud: servers of two NUMA nodes, their racks, and sequences of requests.

What each column is taken to mean is told in ``docs/topology.md``.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from models.arrays import Ints, Rows
from models.problem import Problem
from models.rules import Gather, Rule, Split, Spread

SERVERS, RACKS, SEQUENCES = "PM_res.xlsx", "topology_provider.xls", "VM_data_*.xlsx"
NODE_COLUMNS = ("cpu1", "ram1", "cpu2", "ram2")
DIMS = ("vcpus@0", "memory_gib@0", "vcpus@1", "memory_gib@1")
TURNS = ((0, 1, 2, 3), (2, 3, 0, 1))
"""A request sits as it is asked for, or with its nodes exchanged."""
LEVEL = "rack"


@dataclass(frozen=True, eq=False)
class Requests:
    """
    One sequence of requests, in its order.

    Parameters
    ----------
    name
        Name of the sequence, such as ``C1``.
    need
        What each takes of node 0 and node 1. [vCPU], [GiB] Shape (requests, 4).
    nodes
        How many nodes each sits on, 1 or 2. Shape (requests,).
    strategy, group, domain
        Kind of group, its name, and the fault domain in it; empty without. Shape (requests,).
    """

    name: str
    need: Ints
    nodes: Rows
    strategy: list[str]
    group: list[str]
    domain: list[str]


def problems(folder: Path) -> Iterator[tuple[Requests, Problem]]:
    """Yield each sequence of a folder with its problem, by name."""
    capacity = servers(folder)
    rack = racks(folder, len(capacity))
    files = sorted(folder.glob(SEQUENCES))
    if not files:
        raise FileNotFoundError(f"{folder}: no {SEQUENCES} is here.")
    for file in files:
        asked = requests(file)
        yield asked, problem(asked, capacity, rack)


def problem(asked: Requests, capacity: Ints, rack: Rows) -> Problem:
    """Return the problem of placing the requests on the servers, none of which is in use."""
    return Problem.of(
        asked.need,
        capacity,
        on=np.zeros(len(capacity)),
        dims=DIMS,
        turns=TURNS,
        levels={LEVEL: rack},
        rules=tuple(_rules(asked)),
        vms=[f"request-{row}" for row in range(len(asked.need))],
    )


def servers(folder: Path) -> Ints:
    """Return what each node of each server offers. [vCPU], [GiB] Shape (servers, 4)."""
    table = _table(folder / SERVERS)
    return np.stack([_whole(table, column, SERVERS) for column in NODE_COLUMNS], axis=1)


def racks(folder: Path, count: int) -> Rows:
    """Return the rack of each server: row i of the servers is ``host-i`` of the map. Shape (servers,)."""
    table = _table(folder / RACKS)
    known = dict(zip(table["host_id"].astype(str).str.strip(), _whole(table, "rack_id", RACKS), strict=True))
    missing = [f"host-{row}" for row in range(count) if f"host-{row}" not in known]
    if missing:
        raise ValueError(f"{RACKS}: {len(missing)} of {count} servers have no rack, the first {missing[0]}.")
    return np.array([known[f"host-{row}"] for row in range(count)], np.int32)


def requests(file: Path) -> Requests:
    """Return the requests of a sheet."""
    return of_table(file.name, _table(file))


def of_table(file: str, table: pd.DataFrame) -> Requests:
    """Return the requests of a table that was read from a file of that name."""
    vcpus, memory, nodes = (_whole(table, name, file) for name in ("flavor_vcpus", "flavor_ram", "numa"))
    if wrong := sorted(set(nodes.tolist()) - {1, 2}):
        raise ValueError(f"{file}: a request sits on 1 or 2 nodes, not on {wrong[0]}.")
    first = [-(-column // nodes) for column in (vcpus, memory)]
    second = [np.where(nodes == 2, column, 0) for column in first]
    return Requests(
        name=Path(file).stem.removeprefix("VM_data_"),
        need=np.stack([*first, *second], axis=1),
        nodes=nodes.astype(np.int32),
        strategy=_texts(table, "strategy"),
        group=_texts(table, "group"),
        domain=_texts(table, "domain"),
    )


def _table(file: Path) -> pd.DataFrame:
    table = pd.read_excel(file, engine="calamine", dtype=object)
    return table.rename(columns=lambda name: str(name).strip().casefold())


def _whole(table: pd.DataFrame, column: str, file: str) -> Ints:
    """Return a column of whole numbers, some of which may be written as text."""
    found = pd.to_numeric(table[column].map(lambda cell: str(cell).strip()), errors="coerce")
    wrong = np.flatnonzero(found.isna() | (found < 0) | (found % 1 != 0))
    if len(wrong):
        cell = table[column].iloc[wrong[0]]
        raise ValueError(f"{file}: row {wrong[0] + 2}, column {column}: {cell!r} is not a whole number.")
    return found.to_numpy(np.int64)


def _texts(table: pd.DataFrame, column: str) -> list[str]:
    """Return a column as text, numbers without a fraction; empty where there is nothing."""
    cells = table[column].where(table[column].notna(), "").map(lambda cell: str(cell).strip())
    return ["" if cell.casefold() in ("", "nan", "none") else cell.removesuffix(".0") for cell in cells]


def _rules(asked: Requests) -> Iterator[Rule]:
    """Yield the rule of each group; groups of different strategies that bear the same number are different ones."""
    members: dict[tuple[str, str], list[int]] = {}
    for row, (strategy, group) in enumerate(zip(asked.strategy, asked.group, strict=True)):
        if strategy and group:
            members.setdefault((strategy, group), []).append(row)
    for (strategy, group), rows in members.items():
        vms, name = np.array(rows, np.int32), f"{strategy} {group}"
        if strategy == "anti-affinity":
            yield Spread(vms=vms, level="host", most=1, name=name)
        elif strategy == "affinity":
            yield Gather(vms=vms, level=LEVEL, name=name)
        elif strategy == "fault_domain":
            domain = np.array([asked.domain[row] for row in rows])
            yield Split(parts=tuple(vms[domain == each] for each in np.unique(domain)), level=LEVEL, name=name)
        else:
            raise ValueError(f"{asked.name}: request {vms[0]} has the strategy {strategy!r}, which is not known.")
