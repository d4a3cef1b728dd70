"""
Moves against the fewest: hosts freed and moves of ``auto``, beside the optimum or the best that much more time finds.

``python -m tests.benchmarks.churn [--small N] [--large HOSTS/VMS …] [--seeds N] [--seconds S] [--minutes M]`` prints
CSV. Small estates (6 to 12 hosts of three models, up to 60 VMs, with rules; 7 hosts at most where a loss must be
survived) are solved to the end by a plain model that shares nothing with the solvers; `proven` says that it was. Large
ones are compared with what the plain model, begun from our plan, finds in `--minutes` by the clock with `--workers`
threads. `moves_ratio` is given where both keep the same weight of hosts on; moves count in their weights, one for each
VM and one for each 16 GiB of it.
"""

import argparse
import csv
import sys
import time
from collections.abc import Iterator

import numpy as np

from models.check import placement as check
from models.costs import Headroom, HostsOn, Moves
from models.plan import Placement
from models.problem import Problem
from models.rules import Fence, Gather, Root, Rule, Spare, Spread
from solvers.portfolio import Portfolio
from solvers.spare import restarts
from tests.solvers.plain_model import Exact, exact, fewer

COLUMNS = (
    "instance", "hosts", "vms", "freed", "freed_best", "weight", "weight_best", "moves", "moves_best", "moves_ratio",
    "proven", "status", "solver", "cpu_s",
)  # fmt: skip
MODELS = np.array([(48_000, 196_608, 95), (76_800, 393_216, 130), (115_200, 524_288, 190)])
"""Host models: CPU [MHz], memory [MiB], idle draw [W]."""
SIZES = np.array([(1, 4_096), (2, 8_192), (2, 16_384), (4, 16_384), (4, 32_768), (8, 32_768), (8, 65_536)])
"""VM sizes: virtual CPUs, memory [MiB]."""


def estate(hosts: int, vms: int, seed: int, *, spare: bool) -> Problem:
    """Return an estate whose start keeps all rules: the first of a few draws that does."""
    rng = np.random.default_rng(seed)
    for _ in range(100):
        problem = drawn(rng, hosts, vms, spare=spare)
        if not check.violations(problem, problem.start, problem.on):
            return problem
    raise SystemExit(f"No estate of {hosts} hosts and {vms} VMs was found.")


def drawn(rng: np.random.Generator, hosts: int, vms: int, *, spare: bool) -> Problem:
    """Return hosts of three models and VMs strewn over them, with pairs apart and together, fences and pins."""
    size = SIZES[rng.choice(len(SIZES), vms, p=[0.2, 0.2, 0.15, 0.2, 0.1, 0.1, 0.05])]
    cpu = np.ceil(size[:, 0] * 2_400 * rng.uniform(0.15, 0.75, vms))
    demand = np.stack([cpu, size[:, 1]], axis=1).astype(np.int64)
    model = MODELS[np.sort(rng.choice(3, hosts, p=[0.4, 0.4, 0.2]))]
    fill = rng.uniform(0.35, 0.55) if spare else rng.uniform(0.4, 0.7)
    scale = demand.sum(axis=0).max() / (fill * model[:, :2].sum(axis=0)[demand.sum(axis=0).argmax()])
    full = np.floor(model[:, :2] * max(scale, 1.5 * demand[:, 1].max() / model[:, 1].min())).astype(np.int64)
    start = _strewn(rng, demand, full)
    rules = tuple(_rules(rng, start, hosts)) + ((Spare(hosts=np.arange(hosts)),) if spare else ())
    costs = HostsOn(model[:, 2]), Moves(1 + size[:, 1] // 16_384), Headroom()
    capacity = np.floor(full * [0.8, 0.9]).astype(np.int64)
    return Problem.of(demand, capacity, failover=full, start=start, rules=rules, costs=costs)


def _strewn(rng: np.random.Generator, demand: np.ndarray, full: np.ndarray) -> np.ndarray:
    """Return a host for each VM, at random among the hosts with room, the roomier ones more often."""
    free, start = np.floor(full * [0.8, 0.9]), np.zeros(len(demand), np.int64)
    for vm in np.argsort(-demand[:, 1], kind="stable"):
        room = (free >= demand[vm]).all(axis=1) * (free / full).min(axis=1) ** 2
        start[vm] = rng.choice(len(full), p=room / room.sum())
        free[start[vm]] -= demand[vm]
    return start


def _rules(rng: np.random.Generator, start: np.ndarray, hosts: int) -> Iterator[Rule]:
    """Yield rules that the start keeps, so that freeing hosts is all there is to do."""
    vms = len(start)
    order = rng.permutation(vms)
    for index in range(max(vms // 15, 1)):
        some = order[3 * index : 3 * index + 3]
        if len(set(start[some])) == len(some):
            yield Spread(vms=some)
    fenced = order[-3:]
    others = rng.choice(hosts, max(hosts // 2, 2), replace=False)
    yield Fence(vms=fenced, hosts=np.union1d(others, start[fenced]))
    together = np.flatnonzero(start == start[order[0]])[:2]
    if len(together) == 2 and not np.isin(together, fenced).any():
        yield Gather(vms=together)
    if rng.random() < 0.5:
        yield Root(vms=order[vms // 2 : vms // 2 + 1])


def judged(problem: Problem, found: Placement | Exact) -> tuple[int, int, int]:
    """Return the hosts freed, the weight of hosts that are on, and the weight of moves; rules must hold."""
    told = found.restarts if isinstance(found, Exact) else restarts(problem, found.host, found.on)
    broken = check.violations(problem, found.host, found.on, told)
    if broken:
        raise SystemExit(f"A rule is broken: {broken[0]}")
    moved = found.host != problem.start
    freed = int(np.count_nonzero(~found.on))
    return freed, int(problem.host_weights[found.on].sum()), int(problem.move_weights[moved].sum())


def timed(problem: Problem, seconds: float) -> tuple[Placement, float]:
    """Return our placement, and the CPU seconds that it took."""
    began = time.process_time()
    return Portfolio(seconds=seconds)(problem), time.process_time() - began


def row(name: str, problem: Problem, ours: Placement, cpu: float, rival: Exact | None) -> list[object]:
    """Return a row: the rival's answer beside ours, which a ratio below 1 would show to be the better one."""
    freed, weight, moves = judged(problem, ours)
    best = (freed, weight, moves) if rival is None else judged(problem, rival)
    ratio = round(moves / best[2], 4) if best[1] == weight and best[2] else ""
    sizes = len(problem.capacity), len(problem.start)
    proven = bool(rival and rival.proven)
    return [
        name, *sizes, freed, best[0], weight, best[1], moves, best[2], ratio, proven, ours.status, ours.solver,
        round(cpu, 2),
    ]  # fmt: skip


def small(seed: int, seconds: float, exact_seconds: float) -> list[object]:
    """Return the row of a small estate, half of them with a spare host."""
    rng = np.random.default_rng(seed)
    spare = bool(seed % 2)
    hosts = int(rng.integers(6, 8 if spare else 13))
    vms = int(rng.integers(max(20, 3 * hosts), 5 * hosts + 1))
    problem = estate(hosts, vms, seed, spare=spare)
    name = f"small-{seed}{'-spare' if spare else ''}"
    return row(name, problem, *timed(problem, seconds), exact(problem, exact_seconds))


def large(size: str, seed: int, seconds: float, minutes: float, workers: int) -> list[object]:
    """Return the row of a large estate; the plain model knows no spares in time."""
    hosts, vms = (int(part) for part in size.split("/"))
    problem = estate(hosts, vms, seed, spare=False)
    ours, cpu = timed(problem, seconds)
    rival = fewer(problem, ours.host, ours.on, 60 * minutes, workers=workers) if minutes else None
    return row(f"large-{size}-{seed}", problem, ours, cpu, rival)


def main(arguments: list[str]) -> None:
    """Print a row for each estate."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", type=int, default=20, metavar="N", help="so many small estates")
    parser.add_argument("--first", type=int, default=1, metavar="SEED", help="seed of the first")
    parser.add_argument("--large", nargs="*", default=[], metavar="HOSTS/VMS")
    parser.add_argument("--seeds", type=int, default=1, help="large estates of each size")
    parser.add_argument("--seconds", type=float, default=20.0, help="deterministic time of ours")
    parser.add_argument(
        "--exact-seconds", type=float, default=120.0, help="deterministic time of the plain model, small estates"
    )
    parser.add_argument("--minutes", type=float, default=1.0, help="time of the rival, large estates")
    parser.add_argument("--workers", type=int, default=2, help="threads of the rival, large estates")
    given = parser.parse_args(arguments)
    writer = csv.writer(sys.stdout)
    writer.writerow(COLUMNS)
    for seed in range(given.first, given.first + given.small):
        writer.writerow(small(seed, given.seconds, given.exact_seconds))
        sys.stdout.flush()
    for size in given.large:
        for seed in range(given.first, given.first + given.seeds):
            writer.writerow(large(size, seed, given.seconds, given.minutes, given.workers))
            sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
