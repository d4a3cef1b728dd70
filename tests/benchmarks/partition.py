"""
Estates planned part by part on an executor: the price in hosts against the whole, and how far it scales.

``python -m tests.benchmarks.partition gap [VMS/HOSTS/CLUSTERS …] [--hosts N]`` plans generated estates whole and in
groups of N hosts, with and without the exchange between groups, and prints a line of CSV for each.

``python -m tests.benchmarks.partition large [VMS/HOSTS/CLUSTERS] [--executor processes:2] [--seconds S]`` plans one
estate by its clusters, and prints what it took and what it would take with 100 workers: the time of what is done in one
place, and the workers' processor time shared evenly, but not less than that of the largest cluster. Peaks are of the
process that divides and puts together, and of the largest worker.
"""

import argparse
import csv
import sys
from collections.abc import Iterator
from time import perf_counter, process_time

from consolidate.partition import Answer, planned
from consolidate.planning import plan
from consolidate.readers.reading import Reading
from consolidate.settings import Settings
from consolidate.what_if.coordination import Grouped
from consolidate.what_if.executors import executor
from consolidate.what_if.united import united
from consolidate.what_if.workers import resident_mib
from examples.generate import estate

GAPS = ("1000/100/1", "2000/200/1", "5000/500/1")
LARGE = "1000000/100000/200"
WORKERS = 100
EVERY = 20


def reading(size: str) -> Reading:
    """Return an estate of so many VMs, hosts and clusters, with the rules of its applications."""
    vms, hosts, clusters = (int(part) for part in size.split("/"))
    inventory, _ = estate(vms, hosts, clusters, 1, 0)
    return Reading(inventory)


def gaps(sizes: list[str], hosts: int, seconds: float) -> Iterator[list[object]]:
    """Yield what the whole, groups, and groups with an exchange keep on."""
    settings = Settings().changed({"search.seconds": seconds})
    for size in sizes:
        given = reading(size)
        with executor("serial") as pool:
            means = {
                "whole": None,
                "groups": Grouped(pool, "auto", seconds, 1, hosts, coordinate=False),
                "groups and exchange": Grouped(pool, "auto", seconds, 1, hosts),
            }
            for name, place in means.items():
                began = process_time()
                found = plan(given, settings, place=place, explain=False).summary
                spent = round(process_time() - began, 1)
                bound, gap = (found["hosts_bound"], f"{found['gap']:.2%}") if found["hosts_bound"] else ("", "")
                yield [
                    size, name, hosts, found["status"], found["hosts_before"], found["hosts_after"], bound, gap,
                    found["moves"], spent,
                ]  # fmt: skip


def watched(answers: Iterator[Answer]) -> Iterator[Answer]:
    """Yield the answers, and tell now and then how many there are and what they took."""
    began, spent = perf_counter(), 0.0
    for number, each in enumerate(answers, start=1):
        spent += each.cpu_seconds
        if number % EVERY == 0:
            sys.stderr.write(f"{number} units, {perf_counter() - began:.0f} s, {spent:.0f} s of workers' CPU\n")
            sys.stderr.flush()
        yield each


def large(size: str, where: str, seconds: float) -> Iterator[list[object]]:
    """Yield what it takes to plan one estate by its clusters."""
    given = reading(size)
    settings = Settings().changed({"search.seconds": seconds})
    began, own = perf_counter(), process_time()
    with executor(where) as pool:
        answers = list(watched(planned(given, settings, (), pool)))
    found = united(given, settings, answers)
    wall, serial = perf_counter() - began, process_time() - own
    cpu = [each.cpu_seconds for each in answers]
    shared = max(sum(cpu) / WORKERS, max(cpu))
    summary = found.summary
    yield ["estate", size]
    yield ["executor", where]
    yield ["units", len(answers)]
    yield ["status", summary["status"]]
    yield ["hosts", f"{summary['hosts_before']} -> {summary['hosts_after']}, bound {summary['hosts_bound']}"]
    yield ["gap", f"{summary['gap']:.2%}"]
    yield ["moves", summary["moves"]]
    yield ["wall_s", round(wall, 1)]
    yield ["cpu_s in one place", round(serial, 1)]
    yield ["cpu_s of workers", round(sum(cpu), 1)]
    yield ["cpu_s of the largest unit", round(max(cpu), 1)]
    yield ["peak_mib in one place", round(resident_mib()[1])]
    yield ["peak_mib of the largest worker", round(max(each.peak_mib for each in answers))]
    yield [f"projected_s with {WORKERS} workers", round(serial + shared, 1)]


def main() -> None:
    """Print the table that was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("gap", "large"))
    parser.add_argument("sizes", nargs="*")
    parser.add_argument("--hosts", type=int, default=50)
    parser.add_argument("--executor", default="processes:2")
    parser.add_argument("--seconds", type=float, default=5.0)
    given = parser.parse_args()
    writer = csv.writer(sys.stdout)
    if given.what == "gap":
        writer.writerow(("estate", "means", "hosts_a_group", "status", "hosts_before", "hosts_after", "bound", "gap",
                         "moves", "cpu_s"))  # fmt: skip
        rows = gaps(given.sizes or list(GAPS), given.hosts, given.seconds)
    else:
        rows = large((given.sizes or [LARGE])[0], given.executor, given.seconds)
    for row in rows:
        writer.writerow(row)
        sys.stdout.flush()


if __name__ == "__main__":
    main()
