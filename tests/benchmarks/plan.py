"""
Size against seconds, memory and gap: the whole command ``consolidate plan`` on generated estates.

``python -m tests.benchmarks.plan [VMS/HOSTS/CLUSTERS[/RULES[/DAYS[/TIMED]]] …]`` prints CSV. Estates have seven days of
usage and no rules of the user's unless told otherwise. So many VMs have each a deadline of ten minutes, and slots of
two minutes in which alone, or in which never, they may move.
"""

import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from examples import generate
from models.inventory import Inventory

SIZES = ("500/50/2", "5000/500/20", "10000/1000/20/50", "10000/1000/20/0/0/300", "10000/1000/1/50/0",
         "10000/1000/1/0/0/300", "20000/2000/80", "100000/10000/200/50/0")  # fmt: skip
DAYS = 7
COLUMNS = (
    "vms", "hosts", "clusters", "rules", "days", "timed", "seconds", "cpu_seconds", "peak_mib", "hosts_after", "bound",
    "gap", "moves", "status",
)  # fmt: skip


def rules(inventory: Inventory, count: int, seed: int = 5) -> Iterator[dict[str, Any]]:
    """Yield rules over VMs that may be moved, each VM in one: spread by host and rack, gather, fence and ban."""
    rng = np.random.default_rng(seed)
    vms, hosts = inventory.vms, inventory.hosts
    cluster = dict(zip(hosts.host, hosts.cluster, strict=True))
    free = inventory.running & ~vms.pinned & (vms.sriov_functions == 0) & (vms.gpus == 0)
    homes = np.array([cluster[name] for name in vms.host], object)
    clusters = sorted(set(hosts.cluster))
    left = {name: rng.permutation(np.flatnonzero(free & (homes == name))).tolist() for name in clusters}
    for number in range(count):
        name = str(rng.choice(sorted(left)))
        own = np.flatnonzero(hosts.cluster == name)
        size, kind = ((5, "spread"), (6, "spread"), (3, "gather"), (10, "fence"), (10, "ban"))[number % 5]
        members = [str(vms.vm[left[name].pop()]) for _ in range(min(size, len(left[name])))]
        share = {"fence": 3, "ban": 10}.get(kind)
        more: dict[str, Any] = {"level": "rack", "most": 3} if number % 5 == 1 else {}
        if share:
            more = {
                "hosts": [str(hosts.host[row]) for row in rng.choice(own, max(len(own) // share, 4), replace=False)]
            }
        yield {kind: {"name": f"rule {number}", "vms": members, **more}}


def timed(inventory: Inventory, count: int, seed: int = 7) -> Iterator[dict[str, Any]]:
    """Yield rules about time over VMs that may be moved: a deadline for each, and slots in which it may, or may not."""
    rng = np.random.default_rng(seed)
    vms = inventory.vms
    free = np.flatnonzero(inventory.running & ~vms.pinned & (vms.sriov_functions == 0) & (vms.gpus == 0))
    for number, vm in enumerate(rng.choice(free, count, replace=False).tolist()):
        own = {"vms": [str(vms.vm[vm])], "name": f"timed {number}"}
        first = 60 * int(rng.integers(4))
        slots = [{"from": first + since, "until": first + since + 120} for since in (0, 240, 480)]
        yield {"deadline": {**own, "until": "10 min"}}
        yield {("window", "blackout")[number % 2]: {**own, "spans": slots}}


def written(folder: Path, vms: int, hosts: int, clusters: int, count: int, days: int, slots: int) -> None:
    """Write an estate and its rules."""
    inventory, usage = generate.estate(vms, hosts, clusters, 1, days)
    generate.write(folder / "inventory", inventory, usage)
    own = [*rules(inventory, count), *timed(inventory, slots)]
    (folder / "rules.yaml").write_text(json.dumps(own), encoding="utf-8")


def measured(folder: Path, vms: int, hosts: int, clusters: int, count: int, days: int, slots: int) -> list[object]:
    """
    Return one row: the command is run in a process of its own, so that its memory is its own.

    So is the estate made: a process is charged with the memory of the one that starts it.
    """
    maker = get_context("spawn").Process(target=written, args=(folder, vms, hosts, clusters, count, days, slots))
    maker.start()
    maker.join()
    command = [sys.executable, "-m", "consolidate", "plan", str(folder / "inventory"), "--out", str(folder / "plan")]
    began = time.perf_counter()
    process = subprocess.Popen(
        [*command, "--rules", str(folder / "rules.yaml"), "--json"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    text = process.stdout.read() if process.stdout is not None else b""
    _, _, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    found = json.loads(text)
    answer = [found[name] for name in ("hosts_after", "hosts_bound", "gap", "moves", "status")]
    cpu, peak = round(used.ru_utime + used.ru_stime, 1), round(used.ru_maxrss / 1024)
    return [vms, hosts, clusters, count, days, slots, round(seconds, 1), cpu, peak, *answer]


def main(sizes: list[str]) -> None:
    """Print a row for each size."""
    writer = csv.writer(sys.stdout)
    writer.writerow(COLUMNS)
    for size in sizes or SIZES:
        given = [int(part) for part in size.split("/")]
        vms, hosts, clusters, count, days, slots = (*given, *(0, DAYS, 0)[len(given) - 3 :])
        with tempfile.TemporaryDirectory() as folder:
            writer.writerow(measured(Path(folder), vms, hosts, clusters, count, days, slots))
            sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
