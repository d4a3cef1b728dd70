"""A cycle broken by a balloon: a VM moves with less memory than it is given, which it gets back once there is room."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from models import catalog
from models.arrays import NOWHERE
from models.laws.memory import handed_over_s
from models.plan import MEMORY, Transition
from solvers.jobs import Job
from solvers.state import State


def shrunk(transition: Transition, state: State, core: Sequence[Job]) -> tuple[int, list[Job]] | None:
    """
    Return which of the moves that wait for each other has to give up least, and its two legs; None if none can.

    Parameters
    ----------
    transition
        With what each VM can give up.
    state
        Who is where when nothing can start any more.
    core
        The moves.
    """
    if transition.balloon_mib is None:
        return None
    ways = [
        (lack, number)
        for number, job in enumerate(core)
        if job.live and not job.pivot and NOWHERE not in (job.source, job.destination)
        and 0 < (lack := _lack(transition, state, job)) <= transition.balloon_mib[job.vm]
    ]  # fmt: skip
    if not ways:
        return None
    lack, number = min(ways)
    return number, _legs(transition, core[number], lack)


def _lack(transition: Transition, state: State, job: Job) -> int:
    """Return how much memory its destination lacks for a VM; 0 if it lacks something else, or nothing. [MiB]."""
    free = state.limit[job.destination] - state.load[job.destination]
    short = state.need(job.vm, job.destination) - free
    memory = np.array([name.partition("@")[0] == MEMORY for name in transition.problem.dims])
    return 0 if (short[~memory] > 0).any() else max(int(short[memory].max(initial=0)), 0)


def _legs(transition: Transition, job: Job, lack: int) -> list[Job]:
    """Return the move, before which the memory is taken, and the moment at which it is given back."""
    taken_s = handed_over_s(lack, catalog.number("migration", "balloon_mib_s"))
    target = transition.problem.hosts[job.destination]
    note = f"gives up {lack:,} MiB until another VM has left {target}, which has no room before"
    moved = replace(job, duration_s=job.duration_s + taken_s, balloon_mib=lack, pivot=True, note=note)
    back = replace(
        job, source=job.destination, live=False, pivot=True, leg=1, duration_s=0.0, bandwidth_mbps=0.0, downtime_ms=0.0,
        transferred_mib=0.0, energy_j=0.0, rounds=0, converges=True, disk_mib=0.0, storage_mbps=0.0, back_mib=lack,
        note=f"gets {lack:,} MiB back",
    )  # fmt: skip
    return [moved, back]
