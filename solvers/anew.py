"""Packs a part that has no rules anew, and gives each bin to the host that most of its VMs are on."""

import numpy as np
from scipy.optimize import linear_sum_assignment

from models.arrays import NOWHERE, Ints, Mask, Rows
from models.errors import NoRoomError
from solvers.packing.instance import Packed, Packing
from solvers.relations import Relations
from solvers.relaxation import relaxed
from solvers.state import State


def plain(relations: Relations) -> bool:
    """Return whether capacity and what hosts cost are all there is to a placement."""
    coupled = (
        relations.at_most, relations.near, relations.apart, relations.max_online, relations.spares, relations.overloads,
        relations.company, relations.problem.turns[1:].size,
    )  # fmt: skip
    bound = relations.fixed | ~relations.running | relations.wrong
    hosts = relations.barred | relations.closed | relations.forced_on | relations.forced_off
    return not (any(coupled) or bound.any() or hosts.any()) and bool(relations.scope[relations.which].all())


def packed_anew(relations: Relations, seconds: float, seed: int) -> tuple[State, Mask] | None:
    """
    Return a placement that packs everything anew; None where rules forbid that, or packings say nothing.

    Parameters
    ----------
    seconds
        Notional time: the search ends by its own steps, so that it is reproducible. [s]
    """
    from solvers.packing.pack import Pack

    given = relaxed(relations) if plain(relations) else None
    if given is None:
        return None
    packing, items, kind = given
    try:
        packed = Pack(seconds, seed, reproducible=True)(packing)
    except NoRoomError:
        return None
    host = np.where(relations.start == NOWHERE, 0, relations.start).astype(np.int64)
    host[items] = _homes(relations, packing, packed, items, kind)[packed.bin]
    state = State(relations, host)
    on: Mask = np.asarray(state.count > 0)
    return state, on


def _homes(relations: Relations, packing: Packing, packed: Packed, items: Rows, kind: Rows) -> Ints:
    """Return the host of each bin, so that as little as can be moves. Shape (bins,)."""
    found = np.zeros(packed.bins, np.int64)
    start = relations.start[items]
    for index in range(len(packing.supply)):
        bins, hosts = np.flatnonzero(packed.kind == index), np.flatnonzero(kind == index)
        row, column = np.full(packed.bins, -1), np.full(relations.hosts + 1, -1)
        row[bins], column[hosts] = np.arange(len(bins)), np.arange(len(hosts))
        here = (row[packed.bin] >= 0) & (column[start] >= 0)
        kept = np.zeros((len(bins), len(hosts)), np.int64)
        np.add.at(kept, (row[packed.bin[here]], column[start[here]]), relations.move_weight[items[here]])
        chosen, homes = linear_sum_assignment(kept, maximize=True)
        found[bins[chosen]] = hosts[homes]
    return found
