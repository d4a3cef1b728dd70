"""
A study of 200 scenarios in place, on processes and on Dask: how long, and whether the bytes are the same.

``python -m tests.benchmarks.studies [serial processes:2 dask:local]`` prints a line of CSV for each executor. Seconds
are of the whole study, with the start of the workers: by the clock, and of processor time with that of the workers.
Searches have so much time that the deterministic limits end them, also on a machine that is busy.
"""

import hashlib
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from consolidate.studies import Studied, study
from consolidate.what_if.executors import executor

EXAMPLE = Path(__file__).parents[2] / "examples"
STUDY = """
inventory: {example}/inventory
rules: {example}/rules.yaml
settings: {{search: {{solver: first-fit, seconds: 60}}}}
axes:
  limits.cpu_ceiling: {{from: 60 %, to: 100 %, values: 5}}
  demand.growth: [0.8, 0.9, 1.0, 1.1]
  limits.spare_hosts: [0, 1]
seeds: [1]
repeats: 5
"""


def digest(found: Studied, folder: Path) -> str:
    """Return a hash of all tables as Parquet, without columns of times."""
    total = hashlib.sha256()
    for name, table in found.tables.items():
        kept = [column for column in table if "seconds" not in str(column)]
        table[kept].to_parquet(folder / name, index=False)
        total.update((folder / name).read_bytes())
    return total.hexdigest()[:16]


def main() -> None:
    """Print the table."""
    sys.stdout.write("executor,scenarios,infeasible,failed,wall_s,cpu_s,digest\n")
    for where in sys.argv[1:] or ["serial", "processes:2", "dask:local"]:
        with TemporaryDirectory() as place:
            path = Path(place) / "study.yaml"
            path.write_text(STUDY.format(example=EXAMPLE))
            began, spent = perf_counter(), sum(os.times()[:4])
            with executor(where) as pool:
                found = study(path, pool)
            cells = (
                where, found.summary["scenarios"], found.summary["infeasible"], found.summary["failed"],
                f"{perf_counter() - began:.1f}", f"{sum(os.times()[:4]) - spent:.1f}", digest(found, Path(place)),
            )  # fmt: skip
            sys.stdout.write(",".join(map(str, cells)) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
