"""
Size against seconds, memory and gap: packing of 10,000 and 100,000 items, few types or all distinct.

``python -m tests.benchmarks.packing_scale [CASE …] [--seconds S]`` prints CSV; each row is a process of its own.
"""

import argparse
import csv
import resource
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np

from models.errors import BrokenPromiseError
from solvers.packing import constructive
from solvers.packing.instance import Packed, Packing, violations
from solvers.packing.pack import Pack
from tests.benchmarks.packing import warm

COLUMNS = (
    "case",
    "solver",
    "items",
    "types",
    "continuous_bound",
    "bound",
    "bins",
    "gap",
    "seconds",
    "cpu_s",
    "peak_mib",
)
SHAPES = [(1, 1), (1, 2), (1, 4), (2, 2), (2, 4), (2, 8), (4, 4), (4, 8), (4, 16), (8, 8), (8, 16), (8, 32)]
LARGE = [(12, 48), (16, 32), (16, 64), (16, 128), (24, 96), (32, 64), (32, 128), (48, 192)]
"""vCPU and GiB of the types of a catalog, small and large ones."""


def catalogue(items: int, types: int = 20) -> Packing:
    """Return VMs of some types of a catalog, for hosts of 128 vCPU and 512 GiB; small ones are more common."""
    random = np.random.default_rng(1)
    shapes = np.array([*SHAPES, *LARGE])
    if types > len(shapes):
        more = np.column_stack((random.integers(1, 33, types), random.integers(1, 129, types)))
        shapes = np.unique(np.concatenate((shapes, more)), axis=0)[:types]
    chance = 1 / np.sqrt(np.arange(1, len(shapes) + 1))
    return Packing.of(shapes[random.choice(len(shapes), items, p=chance / chance.sum())], [128, 512])


def uniform(items: int) -> Packing:
    """Return two-dimensional items of which each size is uniform from 100 to 400, of 1,000."""
    return Packing.of(np.random.default_rng(1).integers(100, 401, (items, 2)), [1000, 1000])


def measured(items: int, dims: int = 2) -> Packing:
    """Return items like measured use: lognormal sizes that correlate, 10 % of a host on average."""
    random = np.random.default_rng(1)
    common, own = random.standard_normal((items, 1)), random.standard_normal((items, dims))
    sizes = np.exp(0.5 * common + 0.5 * own)
    return Packing.of(np.clip(np.rint(sizes * 1000 / sizes.mean()), 1, 10_000).astype(np.int64), [10_000] * dims)


CASES: dict[str, tuple[Callable[[], Packing], float]] = {
    "catalogue20-10k": (lambda: catalogue(10_000), 10),
    "catalogue20-100k": (lambda: catalogue(100_000), 10),
    "catalogue40-10k": (lambda: catalogue(10_000, 40), 10),
    "catalogue40-100k": (lambda: catalogue(100_000, 40), 10),
    "measured2-100k": (lambda: measured(100_000), 30),
    "uniform2-100k": (lambda: uniform(100_000), 60),
}
"""Problems, and how long each may take. [s]"""


def row(case: str, solver: str, seconds: float) -> list[object]:
    """Return one row: a case solved in one way."""
    warm("wall")
    packing = CASES[case][0]()
    ways: dict[str, Callable[[Packing], Packed]] = {
        "first-fit": constructive.fit,
        "fill": constructive.fill,
        "pack": Pack(seconds or CASES[case][1]),
    }
    began, used = time.perf_counter(), time.process_time()
    packed = ways[solver](packing)
    took, cpu = time.perf_counter() - began, time.process_time() - used
    if wrong := violations(packing, packed):
        raise BrokenPromiseError(wrong[0])
    continuous = int((-(-packing.demand[0].sum(axis=0) // packing.capacity[0])).max())
    gap, peak = packed.bins / continuous - 1, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    sizes = (packing.items, len(packing.types[1]), continuous, packed.bound, packed.bins)
    return [case, solver, *sizes, f"{gap:.4f}", round(took, 2), round(cpu, 2), peak]


def main(words: list[str]) -> None:
    """Print a row for each case and way."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.packing_scale", description=__doc__)
    parser.add_argument("cases", nargs="*", choices=[*CASES, []])
    parser.add_argument("--seconds", type=float, default=0.0, help="instead of each case's own")
    asked = parser.parse_args(words)
    writer = csv.writer(sys.stdout)
    writer.writerow(COLUMNS)
    for case in asked.cases or CASES:
        for solver in ("first-fit", "fill", "pack"):
            with ProcessPoolExecutor(1, get_context("spawn")) as pool:
                writer.writerow(pool.submit(row, case, solver, asked.seconds).result())
            sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
