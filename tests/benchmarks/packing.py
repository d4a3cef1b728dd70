"""
Instance against bins, bound and seconds: vector bin packing.

``python -m tests.benchmarks.packing FILES… --seconds S --csv OUT --assignments DIR [--workers N]`` solves files. With
none, a sample of the shared ones is solved, or all of them with ``--full``, and compared with the best known values.
"""

import argparse
import csv
import os
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import NamedTuple

from models.errors import BrokenPromiseError, InputError, NoRoomError
from solvers.packing import budget
from solvers.packing.instance import Packing, violations
from solvers.packing.pack import Pack
from tests.benchmarks.vectors import sample
from tests.benchmarks.vectors.files import read

RESERVE = 0.1
"""Kept for checking and writing. [s]"""


class Row(NamedTuple):
    """One solved instance."""

    instance: str
    items: int
    dims: int
    bins: int
    bound: int
    status: str
    seconds: float


def warm(clock: str) -> None:
    """Load what is compiled, and choose the clock that limits a search."""
    if clock == "cpu":
        vars(budget)["time"] = SimpleNamespace(perf_counter=time.process_time)
    Pack(0.5)(Packing.of([[3, 4, 1], [5, 2, 2], [4, 4, 2], [2, 5, 2], [3, 3, 4], [6, 1, 4]], [9, 9, 7]))


def solved(path: Path, seconds: float, assignments: Path | None) -> Row:
    """Solve one file within so many seconds, check the answer, and write it."""
    began = time.perf_counter()
    packing = read(path)
    packed = Pack(max(seconds - RESERVE - (time.perf_counter() - began), 0.1))(packing)
    if wrong := violations(packing, packed):
        raise BrokenPromiseError(f"{path}: {wrong[0]}")
    if assignments is not None:
        (assignments / f"{path.stem}.assign").write_text("".join(f"{each}\n" for each in packed.bin))
    took = time.perf_counter() - began
    dims = packing.capacity.shape[1]
    return Row(path.stem, packing.items, dims, packed.bins, packed.bound, packed.status(packing), round(took, 2))


def attempted(path: Path, seconds: float, assignments: Path | None) -> Row | str:
    """Solve one file; return what is wrong with it, if so."""
    try:
        return solved(path, seconds, assignments)
    except (InputError, NoRoomError, OSError, UnicodeDecodeError) as error:
        return f"{path}: {error}"


def rows(paths: list[Path], seconds: float, assignments: Path | None, workers: int, clock: str) -> Iterator[Row | str]:
    """Yield a row for each file, so many at once in processes of their own."""
    if workers == 1:
        warm(clock)
        yield from (attempted(path, seconds, assignments) for path in paths)
        return
    with ProcessPoolExecutor(workers, get_context("spawn"), warm, (clock,)) as pool:
        yield from pool.map(attempted, paths, [seconds] * len(paths), [assignments] * len(paths))


def write(found: Iterable[Row | str], path: Path | None) -> list[Row]:
    """Write rows as they come, to a file or to standard output, and what is wrong to standard error; return rows."""
    done = []
    with nullcontext(sys.stdout) if path is None else path.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(Row._fields)
        for row in found:
            if isinstance(row, str):
                sys.stderr.write(f"{row}\n")
                continue
            writer.writerow(row)
            stream.flush()
            done.append(row)
    return done


def options(words: list[str]) -> argparse.Namespace:
    """Return the options on a command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.packing", description=__doc__)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--seconds", type=float, default=10.0, help="for each instance")
    parser.add_argument("--csv", type=Path, help="instead of standard output")
    parser.add_argument(
        "--assignments", type=Path, help="a folder for one bin number a line, in the order of the items"
    )
    parser.add_argument("--workers", type=int, default=1, help="instances at once")
    parser.add_argument("--clock", choices=("cpu", "wall"), default="wall", help="what the seconds are measured by")
    parser.add_argument("--full", action="store_true", help="all shared instances instead of a sample")
    parser.add_argument("--sample", type=int, default=sample.SIZE, help="how many instances a sample has")
    parser.add_argument("--seed", type=int, default=1, help="of the sample")
    return parser.parse_args(words)


def main(words: list[str]) -> None:
    """Solve files, or the shared instances family by family."""
    asked = options(words)
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    if asked.assignments is not None:
        asked.assignments.mkdir(parents=True, exist_ok=True)
    if asked.files:
        done = write(rows(asked.files, asked.seconds, asked.assignments, asked.workers, asked.clock), asked.csv)
        if len(done) < len(asked.files):
            sys.exit(2)
        return
    with TemporaryDirectory() as folder:
        paths = sample.extracted(Path(folder))
        paths = paths if asked.full else sample.drawn(paths, asked.sample, asked.seed)
        done = write(rows(paths, asked.seconds, asked.assignments, asked.workers, asked.clock), asked.csv)
        results = [
            (path.parent.name, row.instance, row.bins, row.status) for path, row in zip(paths, done, strict=True)
        ]
    sys.stdout.write(sample.summary(results))


if __name__ == "__main__":
    main(sys.argv[1:])
