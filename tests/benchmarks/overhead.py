"""
Size against seconds and memory: the overheads of many VMs on several kinds of hosts.

``python -m tests.benchmarks.overhead [VMS …]`` prints CSV. Each size runs in a process of its own,
so that its memory is its own; reading the catalog and importing numpy are in it.
"""

import csv
import os
import subprocess
import sys
import time

SIZES = ("10000", "100000", "1000000")
COLUMNS = ("vms", "host_kinds", "technologies", "seconds", "peak_mib", "total_mhz")
KINDS = ("broadwell", "skylake-sp", "sapphire-rapids", "zen3")


def one(vms: int) -> list[object]:
    """Return a row but for the memory: VMs of every workload and technology at random, with counted and unknown I/O."""
    import numpy as np

    from models.overhead import Estate, Kinds, law
    from models.technology import standard

    catalog, rng = standard(), np.random.default_rng(1)
    technology = rng.integers(-1, len(catalog.technologies.keys), vms).astype(np.int32)
    estate = Estate(
        workload=rng.integers(0, len(catalog.workloads.keys), vms).astype(np.int32),
        technology=technology,
        net_path=np.full(vms, -1, np.int32),
        disk_path=np.full(vms, -1, np.int32),
        leaf=rng.integers(0, 3, vms).astype(np.int32),
        vcpus=rng.integers(1, 17, vms).astype(np.float64),
        memory_mib=rng.uniform(1024, 65536, vms),
        net_mbps=rng.uniform(0, 500, vms) * rng.integers(0, 2, vms),
        disk_iops=rng.uniform(0, 2000, vms) * rng.integers(0, 2, vms),
    )
    usual = catalog.technologies.row("hardware-assisted")
    kinds = Kinds(catalog.microarchitectures.rows(KINDS), np.full(len(KINDS), usual, np.int32))
    work = rng.uniform(100, 8000, (vms, 1))
    began = time.perf_counter()
    charge = law(estate, kinds, catalog).charge(work)
    total = float(charge.cpu_mhz.sum())
    return [vms, len(KINDS), len(catalog.technologies.keys), round(time.perf_counter() - began, 3), total]


def measured(vms: str) -> list[object]:
    """Return one row, measured in a process of its own."""
    command = [sys.executable, "-m", "tests.benchmarks.overhead", "--one", vms]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    text = process.stdout.read() if process.stdout is not None else ""
    _, _, used = os.wait4(process.pid, 0)
    *row, total = next(csv.reader([text]))
    return [*row, round(used.ru_maxrss / 1024), f"{float(total):.0f}"]


def main(arguments: list[str]) -> None:
    """Print a row for each size."""
    writer = csv.writer(sys.stdout)
    if arguments[:1] == ["--one"]:
        writer.writerow(one(int(arguments[1])))
        return
    writer.writerow(COLUMNS)
    for size in arguments or SIZES:
        writer.writerow(measured(size))
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
