"""What a system call, a page fault and a fork cost natively: in time, and in cycles where ``perf`` can count them."""

import re
import shutil
import statistics
from pathlib import Path

from tests.validation.technologies import NATIVE, ROUNDS
from tests.validation.trial import UnavailableError, build, run, timed

PAGES = 256
"""Pages that the workload ``fault`` touches in a round."""
EVENTS = {"system call": ("syscall", 1), "page fault": ("fault", PAGES), "fork, exit and wait": ("fork", 1)}
COUNTERS = ("cycles", "instructions", "page-faults")
PERF = ("perf", "stat", "-x", ",", "-e", ",".join(COUNTERS), "-o", "{folder}/perf.csv")
HEADER = ("event", "native ns", *(f"{name} per event" for name in COUNTERS), "note")


def counted(text: str) -> dict[str, float]:
    """Return the counts in the output of ``perf stat -x,``; a counter that is not supported is not in it."""
    rows = [line.split(",") for line in text.splitlines() if line and not line.startswith("#")]
    return {
        row[2].partition(":")[0]: float(row[0]) for row in rows if len(row) > 2 and re.fullmatch(r"\d[\d.]*", row[0])
    }


def counters(folder: Path, workload: str) -> tuple[dict[str, float], str]:
    """Return what perf counts over a native run, and what it could not count, or why it cannot run."""
    if shutil.which("perf") is None:
        return {}, "not installed: perf"
    try:
        run((*PERF, *NATIVE.start), folder, workload=workload, rounds=ROUNDS[workload])
    except UnavailableError as error:
        return {}, str(error)
    found = counted((folder / "perf.csv").read_text("utf-8"))
    missing = [name for name in COUNTERS if name not in found]
    return found, f"perf does not count {' and '.join(missing)} here" if missing else ""


def cost(event: str, folder: Path, repeat: int) -> tuple[str, ...]:
    """Return the row of an event: the median time and the counts per event, or the reason why there are none."""
    workload, each = EVENTS[event]
    number = ROUNDS[workload] * each
    try:
        build(NATIVE, folder, workload)
        seconds = statistics.median(timed(NATIVE, folder, workload, ROUNDS[workload])[0] for _ in range(repeat))
    except UnavailableError as error:
        return (event, *["–"] * (len(HEADER) - 2), str(error))
    found, note = counters(folder, workload)
    counts = (f"{found[name] / number:,.3g}" if name in found else "–" for name in COUNTERS)
    return (event, f"{seconds / number * 1e9:,.0f}", *counts, note)
