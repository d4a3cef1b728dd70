"""
A cycle broken by a balloon: a VM moves with less memory than it is given, which it gets back once there is room.

Where none of those that move can give up enough, one that stays on the host that they wait for may.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from models import catalog
from models.arrays import NOWHERE
from models.laws.memory import handed_over_s
from models.plan import MEMORY, Transition
from solvers.jobs import Job
from solvers.state import State


def shrunk(
    transition: Transition, state: State, core: Sequence[Job], moving: Collection[int] = ()
) -> tuple[int, list[Job]] | None:
    """
    Return which of the moves that wait for each other needs least to be given up, and what is done; None if none can.

    Parameters
    ----------
    transition
        With what each VM can give up.
    state
        Who is where when nothing can start any more.
    core
        The moves.
    moving
        VMs that have something to do in the plan: none of them is one that stays.
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
        return _beside(transition, state, core, moving)
    lack, number = min(ways)
    return number, _legs(transition, core[number], lack)


def _beside(
    transition: Transition, state: State, core: Sequence[Job], moving: Collection[int]
) -> tuple[int, list[Job]] | None:
    """Return the move that lacks least of what a VM that stays where it goes can give up, with that VM's two steps."""
    assert transition.balloon_mib is not None
    staying = np.setdiff1d(np.flatnonzero(transition.balloon_mib > 0), list(moving))
    ways = []
    for number, job in enumerate(core):
        if NOWHERE in (job.source, job.destination) or (lack := _lack(transition, state, job)) <= 0:
            continue
        here = staying[state.host[staying] == job.destination]
        able = here[transition.balloon_mib[here] >= lack]
        if len(able):
            ways.append((lack, number, int(able[np.argmax(transition.balloon_mib[able])])))
    if not ways:
        return None
    lack, number, vm = min(ways)
    return number, [core[number], *_still(transition, core[number], vm, lack)]


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
    return [moved, _step(job, job.vm, leg=1, back_mib=lack, note=f"gets {lack:,} MiB back")]


def _still(transition: Transition, job: Job, vm: int, lack: int) -> list[Job]:
    """Return the step at which a VM that stays gives memory up for a move to its host, and that at which it gets it."""
    taken_s = handed_over_s(lack, catalog.number("migration", "balloon_mib_s"))
    name = transition.problem.vms[job.vm]
    note = f"gives up {lack:,} MiB for {name}, which has no room here before another VM has left"
    taken = _step(job, vm, leg=0, duration_s=taken_s, balloon_mib=lack, note=note)
    return [taken, _step(job, vm, leg=1, back_mib=lack, note=f"gets {lack:,} MiB back")]


def _step(job: Job, vm: int, **given: Any) -> Job:
    """Return a step at the destination of a move that only changes the memory of a VM there."""
    nothing = replace(
        job, vm=vm, source=job.destination, live=False, pivot=True, duration_s=0.0, bandwidth_mbps=0.0, downtime_ms=0.0,
        transferred_mib=0.0, energy_j=0.0, rounds=0, converges=True, disk_mib=0.0, storage_mbps=0.0,
    )  # fmt: skip
    return replace(nothing, **given)
