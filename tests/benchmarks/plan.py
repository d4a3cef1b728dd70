"""
Size against seconds, memory and gap: the whole command ``consolidate plan`` on generated estates with a week of usage.

``python -m tests.benchmarks.plan [VMS/HOSTS/CLUSTERS …]`` prints CSV.
"""

import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from examples import generate

SIZES = ("500/50/2", "5000/500/20", "20000/2000/80")
DAYS = 7
COLUMNS = ("vms", "hosts", "clusters", "seconds", "peak_mib", "hosts_after", "bound", "gap", "moves", "status")


def measured(folder: Path, vms: int, hosts: int, clusters: int) -> list[object]:
    """Return one row: the command is run in a process of its own, so that its memory is its own."""
    inventory, usage = generate.estate(vms, hosts, clusters, 1, DAYS)
    generate.write(folder / "inventory", inventory, usage)
    del inventory, usage
    command = [sys.executable, "-m", "consolidate", "plan", str(folder / "inventory"), "--out", str(folder / "plan")]
    began = time.perf_counter()
    process = subprocess.Popen([*command, "--json"], stdout=subprocess.PIPE)
    text = process.stdout.read() if process.stdout is not None else b""
    _, _, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    found = json.loads(text)
    answer = [found[name] for name in ("hosts_after", "hosts_bound", "gap", "moves", "status")]
    return [vms, hosts, clusters, round(seconds, 1), round(used.ru_maxrss / 1024), *answer]


def main(sizes: list[str]) -> None:
    """Print a row for each size."""
    writer = csv.writer(sys.stdout)
    writer.writerow(COLUMNS)
    for size in sizes or SIZES:
        with tempfile.TemporaryDirectory() as folder:
            writer.writerow(measured(Path(folder), *(int(part) for part in size.split("/"))))
            sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
