"""
Measures slowdowns of real workloads on the machine at hand, at the levels of virtualization that it has programs for.

``python -m tests.validation.measure [--repeat N] [--out FILE.md]`` prints a page, or puts it into a file below what is
written there up to the line ``<!-- measured -->``. It takes a few minutes and one core, and is no part of the tests.
"""

import argparse
import datetime
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.validation.events import EVENTS, cost
from tests.validation.events import HEADER as EVENT_HEADER
from tests.validation.technologies import TECHNOLOGIES, catalog_slowdown
from tests.validation.trial import Measured, last_line, measured, spread, stopped

MARK = "<!-- measured -->"
HEADER = (
    *("workload", "level", "technology", "against", "base s", "virtual s"),
    *("slowdown", "lowest–highest", "catalog", "note"),
)
VERSIONS = {
    "gcc": ("gcc", "--version"),
    "qemu-user": ("qemu-x86_64", "--version"),
    "util-linux": ("unshare", "--version"),
    "bubblewrap": ("bwrap", "--version"),
    "WINE": ("wine", "--version"),
    "Java": ("java", "--version"),
}


def table(header: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown; a bar in a cell is escaped."""
    cells = [[cell.replace("|", r"\|") for cell in line] for line in (header, *lines)]
    texts = [f"| {' | '.join(line)} |" for line in cells]
    return "\n".join([texts[0], "|---" * len(header) + "|", *texts[1:]]) + "\n"


def line(row: Measured) -> tuple[str, ...]:
    """Return the cells of a row: medians, and the range of the slowdowns of the pairs."""
    catalog = "–" if row.catalog is None else f"{row.catalog:g}"
    names = (row.workload, row.level, row.technology, row.against)
    if not row.native:
        return (*names, "–", "–", "–", "–", catalog, row.note)
    lowest, middle, highest = spread(row.ratios)
    seconds = (f"{spread(list(values))[1]:.3f}" for values in (row.native, row.virtual))
    return (*names, *seconds, f"{middle:.2f}", f"{lowest:.2f}–{highest:.2f}", catalog, row.note)


def processor(text: str) -> str:
    """Return the model that ``/proc/cpuinfo`` names first."""
    names = [
        value.strip() for key, _, value in (row.partition(":") for row in text.splitlines()) if "model name" in key
    ]
    return names[0] if names else "processor unknown"


def version(command: tuple[str, ...]) -> str:
    """Return the first line in which a program tells its version."""
    if shutil.which(command[0]) is None:
        return "not installed"
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    lines = [text for text in done.stdout.splitlines() if text[:1].isalnum()]
    return lines[0] if lines else last_line(done.stderr)


def machine() -> str:
    """Return what was measured on, with what and when."""
    path = Path("/proc/cpuinfo")
    model = processor(path.read_text("utf-8")) if path.exists() else processor("")
    inside = "; itself a virtual machine" if path.exists() and "hypervisor" in path.read_text("utf-8") else ""
    used = "; ".join(f"{name}: {version(command)}" for name, command in VERSIONS.items())
    return (
        f"* Date: {datetime.datetime.now(datetime.UTC).date()}\n"
        f"* Processor: {model}, {os.cpu_count()} cores, one used{inside}\n"
        f"* Kernel: {platform.system()} {platform.release()}\n"
        f"* Programs: {used}\n"
        f"* Load before the runs: {os.getloadavg()[0]:.1f}\n"
    )


def page(repeat: int) -> str:
    """Measure all, and return the page."""
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for technology in TECHNOLOGIES:
            catalog = catalog_slowdown(technology.key)
            rows += [measured(technology, workload, folder, repeat, catalog) for workload in technology.workloads]
            stopped(technology, folder)
        costs = [cost(event, folder, repeat) for event in EVENTS]
    slowdowns, events = table(HEADER, map(line, rows)), table(EVENT_HEADER, costs)
    return f"{machine()}* Pairs of runs: {repeat}\n\n## Slowdowns\n\n{slowdowns}\n## Native costs\n\n{events}"


def joined(before: str, measurements: str) -> str:
    """Return a page with new measurements: what stands before the mark stays."""
    above = before if MARK in before else f"{before or '# Measurements'}\n\n{MARK}"
    return f"{above.partition(MARK)[0]}{MARK}\n\n{measurements}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure on one core, and print or write the page."""
    parser = argparse.ArgumentParser(prog="python -m tests.validation.measure", description=__doc__)
    parser.add_argument("--repeat", type=int, default=3, help="pairs of runs of each workload")
    parser.add_argument("--out", type=Path, help="a file in Markdown")
    options = parser.parse_args(arguments)
    if options.repeat < 1:
        parser.error("--repeat must be 1 or more")
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    measurements = page(options.repeat)
    if options.out is None:
        sys.stdout.write(measurements)
    else:
        before = options.out.read_text("utf-8") if options.out.exists() else ""
        options.out.write_text(joined(before, measurements), "utf-8")


if __name__ == "__main__":
    main()
