"""
Migration scheduling at size: estates that are shuffled or drained, by number of moves.

``python -m tests.benchmarks.schedule_scale [--moves N …] [--kinds shuffle drain] [--seconds S]`` prints CSV with the
gap and the peak of memory. Each case runs in a process of its own.
"""

import argparse
import resource
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from time import perf_counter

import numpy as np

from models.network import Limits, Network
from models.plan import Placement, Transition
from models.problem import Problem
from solvers.schedule import Schedule
from tests.benchmarks import schedule
from tests.benchmarks.mvm import NO_LIMIT

COLUMNS = ("case", "moves", "hosts", "makespan_s", "bound_s", "gap", "seconds", "peak_mib", "violations")
RACK = 40
"""Hosts in a rack."""
UPLINK_MBPS = 100_000.0
"""Of a rack; its hosts' NICs of 10 Gbit/s are four times as much."""


def estate(moves: int, kind: str, seed: int = 1) -> Transition:
    """Return an estate of a tenth as many hosts as moves: VMs change hosts at random, or leave a third of them."""
    random = np.random.default_rng(seed)
    hosts = max(moves // 10, 4)
    racks = -(-hosts // RACK)
    keeps = np.arange(hosts) if kind == "shuffle" else np.arange(hosts) % 3 != 0
    sources = np.arange(hosts) if kind == "shuffle" else np.flatnonzero(~keeps)
    targets = np.arange(hosts) if kind == "shuffle" else np.flatnonzero(keeps)
    start = sources[np.arange(moves) % len(sources)]
    end = random.permutation(targets[np.arange(moves) % len(targets)])
    end = np.where(end == start, targets[(np.searchsorted(targets, end) + 1) % len(targets)], end)
    memory = random.choice([2, 4, 8, 16, 32], moves, p=[0.25, 0.3, 0.25, 0.15, 0.05])
    held = [np.bincount(where, memory, minlength=hosts).astype(np.int64) for where in (start, end)]
    problem = Problem.of(
        demand=memory[:, None], capacity=(np.maximum(*held) * 1.15 + 32).astype(np.int64)[:, None], start=start
    )
    names = [*problem.hosts, *(f"rack-{rack}" for rack in range(racks))]
    above = [*(f"rack-{host // RACK}" for host in range(hosts)), *["core"] * racks]
    lower, upper = np.array(names, object), np.array(above, object)
    on = np.isin(np.arange(hosts), end)
    return Transition(
        problem=problem,
        placement=Placement(end.astype(np.int32), on),
        memory_mib=memory * 1024.0,
        dirty_mib_s=random.uniform(1, 40, moves),
        running=np.ones(moves, np.bool_),
        nic_mbps=np.full(hosts, 10_000.0),
        stream_mbps=10_000.0,
        boot_s=np.full(hosts, 300.0),
        shutdown_s=np.full(hosts, 60.0),
        limits=Limits(4, 4, 8, wave=NO_LIMIT, pilot=NO_LIMIT, pause_s=0.0, early=kind == "drain"),
        network=Network(lower, upper, np.array([10_000.0] * hosts + [UPLINK_MBPS] * racks)),
    )


def measured(moves: int, kind: str, seconds: float, seed: int) -> str:
    """Return one row."""
    schedule.warm()
    way = estate(moves, kind, seed)
    began = perf_counter()
    plan = Schedule(seconds, workers=2, reproducible=False)(way)
    taken = perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    wrong = len(schedule.broken(way, plan)) + len(plan.blocked)
    values = (
        f"{kind}-{seed}",
        moves,
        len(way.nic_mbps),
        f"{plan.makespan_s:.1f}",
        f"{plan.makespan_bound_s:.1f}",
        f"{plan.gap:.4f}",
        f"{taken:.1f}",
        f"{peak:.0f}",
        wrong,
    )
    return ",".join(map(str, values))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").strip().splitlines()[0])
    parser.add_argument("--moves", type=int, nargs="+", default=[1000, 10_000])
    parser.add_argument("--kinds", nargs="+", default=["shuffle", "drain"])
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    sys.stdout.write(",".join(COLUMNS) + "\n")
    for moves in options.moves:
        for kind in options.kinds:
            with ProcessPoolExecutor(1, get_context("spawn")) as pool:
                row = pool.submit(measured, moves, kind, options.seconds, options.seed).result()
            sys.stdout.write(row + "\n")
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
