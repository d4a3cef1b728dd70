"""What a study would take, without running any of it: runs, time, and memory, from its size and settings."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from consolidate.studies import Task
from consolidate.what_if.journal import Journal, beside
from consolidate.what_if.workers import memory_mib
from consolidate.wording import counted, duration

_BASE_MIB = 350.0
_VM_MIB = 0.02
_READING_BYTES = 4
_SHARE_OF_READINGS = 2.5
_FORMULATED_S = 2e-3
_SAMPLED_S = 3e-4
_STEP_S = 1.5e-3
_STEPPED_S = 4e-8


@dataclass(frozen=True)
class Estimate:
    """
    What a study is estimated to take.

    Parameters
    ----------
    scenarios, seeds, runs, done
        Scenarios, seeds of each, rows, and those of them that a journal has.
    seconds
        Of one worker for one row, at most about. [s]
    worker_mib
        Memory of one worker. [MiB]
    measured
        Whether the time is the mean of the rows that are done.
    """

    scenarios: int
    seeds: int
    runs: int
    done: int
    seconds: float
    worker_mib: float
    measured: bool


def estimate(task: Task, out: Path | None = None) -> Estimate:
    """
    Return what a study would take.

    The search counts with its whole time, which it needs only if nothing proves a plan the best before; the rest is
    by size, on one core of 2.5 GHz. Where a result's folder is named and has rows, their mean is taken instead.
    """
    known = Journal(None, () if out is None else (out / "journal.jsonl", beside(out)))
    rows = [known[key] for key in task.keys if key in known]
    usage = task.reading.usage
    vms, samples = len(task.reading.inventory.vms), 0 if usage is None else usage.samples
    tables = 0 if usage is None else sum(
        each is not None for each in (usage.cpu_mhz, usage.memory_mib, usage.disk_iops, usage.net_mbps)
    )  # fmt: skip
    readings_mib = vms * samples * tables * _READING_BYTES / 1024**2
    spent = [float(row["seconds"]) for row in rows if row.get("seconds") is not None]
    return Estimate(
        task.definition.points,
        len(task.definition.drawn),
        len(task.keys),
        len(rows),
        sum(spent) / len(spent) if spent else _seconds(task, vms, samples),
        _BASE_MIB + vms * _VM_MIB + readings_mib * _SHARE_OF_READINGS,
        bool(spent),
    )


def _seconds(task: Task, vms: int, samples: int) -> float:
    """Return the time of one row. [s]."""
    run, days = task.protocol.run, task.protocol.held_back_days
    search = sum(point.settings.search.seconds for point in task.points) / max(len(task.points), 1)
    plan = search + vms * _FORMULATED_S + vms * samples / 1e3 * _SAMPLED_S
    usage = task.reading.usage
    later = 0 if usage is None else round(days * 86_400 / usage.step_s)
    steps = task.protocol.steps or (later if run == "both" else samples)
    simulation = steps * (_STEP_S + vms * _STEPPED_S)
    return {"plan": plan, "simulate": simulation}.get(run, plan + simulation)


def lines(found: Estimate, workers: int) -> Iterator[str]:
    """Yield what is told of an estimate; its first line says that nothing was run."""
    yield f"{counted(found.runs, 'scenario')}; nothing was run."
    yield f"  scenarios  {found.scenarios:,} with {counted(found.seeds, 'seed')} each"
    if found.done:
        yield f"  done       {found.done:,}, which --resume takes over"
    left = found.runs - found.done
    basis = "the mean of those that are done" if found.measured else "at most about"
    rounds = -(-left // workers)
    yield f"  time       {duration(found.seconds)} each ({basis}); {duration(rounds * found.seconds)} on {_of(workers)}"
    yield f"  memory     about {found.worker_mib:,.0f} MiB a worker; {found.worker_mib * (workers + 1):,.0f} MiB in all"
    available = memory_mib("MemAvailable")
    if found.worker_mib * (workers + 1) > available:
        yield f"  warning    only {available:,.0f} MiB are available here: fewer workers run at a time"


def _of(workers: int) -> str:
    return "one worker" if workers == 1 else f"{workers} workers"
