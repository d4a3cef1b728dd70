"""Memory that was taken from VMs before a plan begins: when it is given back in it."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from models.plan import MOVE_DTYPES, Moves, Plan


def given_back(plan: Plan, pressed: Mapping[int, float]) -> Plan:
    """
    Return the plan in which VMs get memory back that they have given up before.

    A VM that moves in it gets it back where its last move ends; one that stays once the last VM that leaves its host
    has left. Room for all of it is the checker's matter.

    Parameters
    ----------
    plan
        In which VMs are taken to have all their memory.
    pressed
        What they have given up, by row. [MiB]
    """
    if not pressed:
        return plan
    moves = plan.moves
    less = np.array([pressed.get(int(vm), 0.0) for vm in moves.vm])
    added = [(vm, *_when(plan, vm)) for vm in pressed]
    rows = {
        "vm": [vm for vm, *_ in added],
        "source": [host for _, host, _, _ in added],
        "destination": [host for _, host, _, _ in added],
        "start_s": [time_s for _, _, time_s, _ in added],
        "end_s": [time_s for _, _, time_s, _ in added],
        "wave": [wave for *_, wave in added],
        "live": [False] * len(added),
        "rounds": [0] * len(added),
        "converges": [True] * len(added),
        "reason": [f"gets {pressed[vm]:,.0f} MiB back" for vm in pressed],
    }
    columns = {
        name: np.concatenate([getattr(moves, name), rows.get(name, np.zeros(len(added)))])
        for name in (*MOVE_DTYPES, "live", "reason")
    }
    columns["balloon_mib"][: len(moves)] = np.maximum(moves.balloon_mib, less)
    whole = Moves.of(**columns)
    ordered = whole.take(np.lexsort((whole.live, whole.start_s)))
    return replace(plan, moves=ordered, after=(), pressed=dict(pressed))


def _when(plan: Plan, vm: int) -> tuple[int, float, int]:
    """Return at which host, when and in which wave a VM gets memory back."""
    moves = plan.moves
    own = np.flatnonzero(moves.vm == vm)
    if len(own):
        last = own[np.argmax(moves.end_s[own])]
        return int(moves.destination[last]), float(moves.end_s[last]), int(moves.wave[last])
    host = int(plan.placement.host[vm])
    gone = np.flatnonzero(moves.source == host)
    if not len(gone):
        return host, 0.0, int(moves.wave.min(initial=1) if len(moves) else 1)
    last = gone[np.argmax(moves.end_s[gone])]
    return host, float(moves.end_s[last]), int(moves.wave[last])
