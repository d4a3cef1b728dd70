"""
Hosts needed by peaks, percentiles, profiles and chances, and the overloads that each sees on days it did not know.

``python -m tests.benchmarks.profiles [example|planetlab|bitbrains|scale …] [--csv FILE] [--picture FILE.html]`` prints
CSV; without names all are run. Some samples are for packing, the others, held back, only judge:

* ``example``: the estate of ``examples.generate``, 200 and 1,000 VMs and two weeks: the first is known, the second is
  held back;
* ``planetlab``: one day of 1,052 VMs; ``alternate`` samples are held back, or the ``second half`` of the day;
* ``bitbrains``: 30 days of 50 VMs; the second half is held back;
* ``scale``: 10,000 VMs and 96 parts of the day, packing alone.

Hosts of one model each, their whole CPU counts, memory is the VMs' own. An overload is a host and sample in which its
VMs ask for more CPU than it has. Seconds are of CPU time, on one core; the loops are compiled before.
"""

import argparse
import csv
import os
import sys
import tracemalloc
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np

from examples import generate
from models.arrays import Floats, Ints, Singles
from models.demand import percentile, profiled
from models.inventory import Inventory
from solvers.packing import margins
from solvers.packing.chances import Chances, loads
from solvers.packing.instance import Packed, Packing, violations
from solvers.packing.profiles import ProfilePack

_DEFAULT = Path(__file__).parents[2] / ".." / "shared" / "data"
DATA = Path(os.environ.get("CONSOLIDATE_DATA", _DEFAULT))
BUCKETS = (24, 96, 288)
SHARES = (0.01, 0.05)
CONFIDENCE = 0.95
COLUMNS = (
    "trace", "held_back", "method", "vms", "hosts", "bound", "gap", "cpu_s", "known_overload_share",
    "overload_share", "worst_host_share", "missed_mhz", "missed_share",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Case:
    """
    A trace that is cut in two.

    Parameters
    ----------
    name, held_back
        Of the trace, and what of it is held back.
    known, unknown
        CPU in the samples that packing sees, and in the others. [MHz] Shape (vms, samples).
    times_s
        Time of the known samples. [s] Shape (samples,).
    memory_mib
        Of each VM. Shape (vms,).
    host
        CPU and memory of a host. [MHz], [MiB]
    block
        Known samples that stay together where a margin is sought: those of a day, or of an hour of a single day.
    """

    name: str
    held_back: str
    known: Ints
    unknown: Ints
    times_s: Floats
    memory_mib: Ints
    host: tuple[int, int]
    block: int = 288


def whole(readings: Any) -> Ints:
    """Return readings rounded up to whole MHz; 0 where there is none."""
    found: Ints = np.ceil(np.nan_to_num(readings)).astype(np.int64)
    return found


def moments(samples: int, step_s: float, start_s: float = 0.0) -> Floats:
    """Return the times of samples, in seconds."""
    return start_s + step_s * np.arange(samples, dtype=np.float64)


def example() -> Iterator[Case]:
    """Yield example estates with two weeks of usage, on newer hosts with twice the memory, so that CPU binds."""
    for vms, hosts, clusters in ((200, 24, 3), (1_000, 100, 8)):
        inventory, usage = generate.estate(vms, hosts, clusters, usage_days=14)
        assert usage is not None
        cpu, half = whole(usage.cpu_mhz[inventory.running]), usage.samples // 2
        times, memory = moments(half, usage.step_s), whole(inventory.vms.memory_mib[inventory.running])
        cpu_mhz, memory_mib = offered(inventory)
        offer = cpu_mhz, 2 * memory_mib
        yield Case(f"example-{vms}", "second week", cpu[:, :half], cpu[:, half:], times, memory, offer)


def offered(inventory: Inventory) -> tuple[int, int]:
    """Return the CPU in MHz and the memory in MiB of the host with the most CPU."""
    hosts = inventory.hosts
    row = int(np.argmax(hosts.cores * hosts.cpu_mhz))
    return int(hosts.cores[row] * hosts.cpu_mhz[row]), int(hosts.memory_mib[row])


def planetlab() -> Iterator[Case]:
    """Yield the day of PlanetLab: VMs of one core of 2,500 MHz, onto hosts of 16; memory does not count."""
    from consolidate.readers import traces

    traced = traces.read(DATA / "planetlab" / "20110303")
    cpu = whole(traced.readings * 25)
    memory, times = np.zeros(len(cpu), np.int64), moments(cpu.shape[1], traced.step_s)
    half = cpu.shape[1] // 2
    yield Case("planetlab", "alternate", cpu[:, ::2], cpu[:, 1::2], times[::2], memory, (40_000, 1), 6)
    yield Case("planetlab", "second half", cpu[:, :half], cpu[:, half:], times[:half], memory, (40_000, 1), 12)


def bitbrains() -> Iterator[Case]:
    """Yield the small trace of Bitbrains, onto hosts of 12 cores of 2,800 MHz and 256 GiB."""
    from consolidate.readers import traces

    traced = traces.read(DATA / "traces" / "opendc" / "bitbrains-small-v4")
    cpu, half = whole(traced.readings), traced.samples // 2
    times = moments(half, traced.step_s, traced.start_s)
    memory = whole(traced.vms.memory_mib)
    yield Case("bitbrains", "second half", cpu[:, :half], cpu[:, half:], times, memory, (33_600, 262_144))


def methods(case: Case) -> Iterator[tuple[str, Packing, Chances | None]]:
    """Yield the name of each method and what it packs."""
    known = case.known.astype(np.float32)

    def packing(cpu: Floats) -> Packing:
        return Packing.of(
            np.column_stack([whole(cpu), case.memory_mib]), [case.host[0]] * cpu.shape[1] + [case.host[1]]
        )

    yield "peak", packing(percentile(known, 100)[:, None]), None
    yield "p95", packing(percentile(known, 95)[:, None]), None
    for buckets in BUCKETS if case.held_back != "second half" or case.name != "planetlab" else ():
        yield f"profile-{buckets}", packing(by_time(known, case.times_s, buckets)), None
    memory = Packing.of(case.memory_mib[:, None], [case.host[1]])
    for share in SHARES:
        for confidence in (None, CONFIDENCE):
            name = f"chance-{share:.0%}" + ("" if confidence is None else "-sure")
            yield name, memory, Chances.of(case.known, case.host[0], share, confidence=confidence)
        plain = Chances.of(case.known, case.host[0], share)
        kept = margins.margin(memory, plain, share, case.block, ProfilePack(trials=10_000_000))
        yield f"chance-{share:.0%}-margin-{kept:.0%}", memory, margins.kept_back(plain, kept)


def by_time(known: Singles, times_s: Floats, buckets: int) -> Floats:
    """Return profiles; parts of the day without a sample are filled with the next part that has one."""
    step = float(np.median(np.diff(times_s)))
    values = profiled(known, float(times_s[0]), step, buckets)
    have = np.flatnonzero(~np.isnan(values).all(axis=0))
    return values[:, have[np.minimum(np.searchsorted(have, np.arange(buckets)), len(have) - 1)]]


def judged(case: Case, packed: Packed) -> list[object]:
    """Return how often hosts are overloaded in known and in unknown samples, the worst host, and what is missed."""
    known = loads(case.known[None], packed) > case.host[0]
    load = loads(case.unknown[None], packed)
    beyond = np.maximum(load - case.host[0], 0)
    over = beyond > 0
    missed = float(beyond.sum() / load.shape[1])
    shares = [known.mean(), over.mean(), over.mean(axis=1).max()]
    return [*(round(float(share), 5) for share in shares), round(missed, 1), round(float(beyond.sum() / load.sum()), 6)]


def rows(case: Case) -> Iterator[list[object]]:
    """Yield a row for each method."""
    for name, packing, chances in methods(case):
        began = process_time()
        found = ProfilePack()(packing, chances)
        seconds = round(process_time() - began, 2)
        assert not violations(packing, found)
        gap = round(found.bins / max(found.bound, 1) - 1, 4)
        answer = [packing.items, found.bins, found.bound, gap, seconds]
        yield [case.name, case.held_back, name, *answer, *judged(case, found)]


def scale() -> Iterator[list[object]]:
    """Yield one row for 10,000 VMs that run, with 96 parts of the day each: what the packing alone takes."""
    inventory, usage = generate.estate(10_500, 1_000, 40, 1, 7)
    assert usage is not None
    on = np.flatnonzero(inventory.running)[:10_000]
    profile = whole(profiled(usage.cpu_mhz[on], usage.start_s, usage.step_s, 96))
    cpu, memory = offered(inventory)
    needs = np.column_stack([profile, whole(inventory.vms.memory_mib[on])])
    packing = Packing.of(needs, [*[cpu] * 96, memory])
    tracemalloc.start()
    began = process_time()
    found = ProfilePack()(packing)
    seconds = round(process_time() - began, 2)
    mib = round(tracemalloc.get_traced_memory()[1] / 2**20)
    tracemalloc.stop()
    assert not violations(packing, found)
    gap = round(found.bins / found.bound - 1, 4)
    answer = [packing.items, found.bins, found.bound, gap, seconds]
    yield ["scale", f"none (takes {mib} MiB)", "profile-96", *answer, *[""] * 5]


CASES = {"example": example, "planetlab": planetlab, "bitbrains": bitbrains}


def main(argv: Sequence[str] | None = None) -> None:
    """Print a row for each trace, split and method."""
    parser = argparse.ArgumentParser(description="Hosts and overloads of profile and chance-constrained packing.")
    parser.add_argument("names", nargs="*", choices=[*CASES, "scale", []], metavar="NAME")
    parser.add_argument("--csv", type=Path, help="write the rows there too")
    parser.add_argument("--picture", type=Path, help="write a picture of the rows there, as HTML")
    asked = parser.parse_args(argv)
    ProfilePack()(Packing.of([[1]], [1]))
    found: list[list[object]] = []
    writer = csv.writer(sys.stdout)
    writer.writerow(COLUMNS)
    for name in asked.names or [*CASES, "scale"]:
        every = scale() if name == "scale" else (row for case in CASES[name]() for row in rows(case))
        for row in every:
            found.append(row)
            writer.writerow(row)
            sys.stdout.flush()
    if asked.csv is not None:
        with asked.csv.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([COLUMNS, *found])
    if asked.picture is not None:
        _drawn(found, asked.picture)


def _drawn(found: list[list[object]], path: Path) -> None:
    """Write the picture of hosts against overload."""
    import pandas as pd

    from dashboards.figures import profiles
    from models import tables

    frame = pd.DataFrame([row for row in found if row[0] != "scale"], columns=list(COLUMNS))
    frame["trace"] += ", held back: " + frame["held_back"]
    frame["method"] = frame["method"].str.replace(r"margin-\d+%$", "margin", regex=True)
    profiles.against(tables.frame(tables.METHODS, {name: frame[name] for name in tables.METHODS})).write_html(path)


if __name__ == "__main__":
    main()
