"""
Requests against hosts: the published production sequences, placed online in their order or offline at once.

``python -m tests.benchmarks.topology [FOLDER] [--online | --offline | --both] [--csv OUT] [--assignments DIR]`` prints
CSV. Online, each request is placed before the next is looked at, and nothing moves. ``DIR/C1_online.assign`` holds one
line a request: its host, and its node or nodes; ``-`` if it was not placed. What is printed was checked by
``models/check``, which shares no code with the solvers.
"""

import argparse
import csv
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, process_time

import numpy as np

from models.arrays import NOWHERE, Rows
from models.check import placement as check
from models.problem import Problem
from solvers.incremental import Incremental
from solvers.node_bound import bound
from solvers.nodewise import Nodewise
from solvers.relations import compiled
from solvers.room import FREEST
from tests.benchmarks import huawei

_DATA = Path(os.environ.get("CONSOLIDATE_DATA", Path(__file__).parents[2].parent / "shared" / "data"))
FOLDER = _DATA / "huawei_topology"
COLUMNS = ("sequence", "mode", "requests", "placed", "hosts", "bound", "bound_placed", "violations", "seconds", "cpu_s")


@dataclass(frozen=True, eq=False)
class Found:
    """Host and turn of each request, and how long that took: by the clock, and of CPU. Shape (requests,)."""

    host: Rows
    turn: Rows
    seconds: float
    cpu_s: float


def online(problem: Problem) -> Found:
    """Place the requests one by one; the compilation of rules is counted in."""
    wall, cpu = perf_counter(), process_time()
    estate = Incremental(compiled(problem), preference=FREEST)
    for request in range(len(problem.start)):
        estate.place(int(estate.relations.item[request]))
    host = estate.relations.vm_hosts(estate.state.host)
    return Found(host, estate.turns(), perf_counter() - wall, process_time() - cpu)


def offline(problem: Problem) -> Found:
    """Place all requests at once."""
    wall, cpu = perf_counter(), process_time()
    found = Nodewise()(problem)
    turn = problem.start_turn if found.turn is None else found.turn
    return Found(found.host, turn, perf_counter() - wall, process_time() - cpu)


MODES = {"online": online, "offline": offline}


def violations(problem: Problem, found: Found) -> int:
    """Return how many limits and rules the independent check finds broken; requests not placed are counted apart."""
    host = found.host.astype(np.int32)
    used = np.isin(np.arange(len(problem.capacity)), host)
    broken = check.violations(problem, host, used, turn=found.turn)
    return sum(each.rule != "Unplaced" for each in broken)


def lines(asked: huawei.Requests, found: Found) -> Iterator[str]:
    """Yield for each request its host and nodes."""
    for row, (host, turn) in enumerate(zip(found.host, found.turn, strict=True)):
        nodes = "0 1" if asked.nodes[row] == 2 else str(int(turn))
        yield "-" if host == NOWHERE else f"host-{host} {nodes}"


def part(problem: Problem, rows: Rows) -> Problem:
    """Return the problem of these requests alone, without rules: what their bound is asked of."""
    return Problem.of(problem.demand[:, rows], problem.capacity, dims=problem.dims, turns=problem.turns)


def measured(asked: huawei.Requests, problem: Problem, mode: str, folder: Path | None) -> list[object]:
    """Return one row, and write the assignment if a folder is given."""
    found = MODES[mode](problem)
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        text = "".join(f"{line}\n" for line in lines(asked, found))
        (folder / f"{asked.name}_{mode}.assign").write_text(text, encoding="utf-8")
    placed = np.flatnonzero(found.host != NOWHERE)
    whole = bound(problem).hosts
    own = whole if len(placed) == len(found.host) else bound(part(problem, placed)).hosts
    hosts = len(np.unique(found.host[placed]))
    times = (round(found.seconds, 2), round(found.cpu_s, 2))
    return [asked.name, mode, len(found.host), len(placed), hosts, whole, own, violations(problem, found), *times]


def main(arguments: list[str] | None = None) -> int:
    """Print a row for each sequence and mode; the status is 1 if a request is not placed or a rule broken."""
    parser = argparse.ArgumentParser(prog="tests.benchmarks.topology")
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER)
    chosen = parser.add_mutually_exclusive_group()
    for name in ("online", "offline", "both"):
        chosen.add_argument(f"--{name}", dest="mode", action="store_const", const=name)
    parser.add_argument("--csv", type=Path)
    parser.add_argument("--assignments", type=Path)
    given = parser.parse_args(arguments)
    modes = (given.mode,) if given.mode in MODES else tuple(MODES)
    rows = []
    writer = csv.writer(sys.stdout)
    writer.writerow(COLUMNS)
    for asked, problem in huawei.problems(given.folder):
        for mode in modes:
            rows.append(measured(asked, problem, mode, given.assignments))
            writer.writerow(rows[-1])
            sys.stdout.flush()
    if given.csv is not None:
        with given.csv.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([COLUMNS, *rows])
    return int(any(row[2] != row[3] or row[7] for row in rows))


if __name__ == "__main__":
    sys.exit(main())
