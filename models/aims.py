"""What a schedule is like besides its length: how early moves end, how full links get, what may go wrong at once."""

import numpy as np
from numpy.typing import ArrayLike

from models import catalog
from models.arrays import Floats, Mask
from models.execution.links import links
from models.plan import Moves, Transition

AIMS = ("sum_of_ends", "peak_link_load", "moves_at_risk")
"""What can be asked of a schedule besides its makespan."""


def at_risk(
    live: ArrayLike, converges: ArrayLike, downtime_ms: ArrayLike, sent_mib: ArrayLike, memory_mib: ArrayLike
) -> Mask:
    """
    Return which moves are at risk: those that one would not want to watch several of at once. Shape (moves,).

    A live migration is, if it is not predicted to converge; or to pause its VM for longer than Nova allows by default;
    or to send so many times the memory that writes keep up with that share of the rate at which QEMU begins to
    slow a VM down: sending what is written to ``s`` of what is sent, again and again, takes ``1 / (1 - s)`` of it.

    Parameters
    ----------
    live, converges
        Whether a move is a live migration, and predicted to converge. Shape (moves,).
    downtime_ms, sent_mib, memory_mib
        Its pause, what it sends of memory, and the memory. [ms], [MiB], [MiB] Shape (moves,).

    Examples
    --------
    >>> at_risk([True] * 3, True, [300.0, 300.0, 501.0], [1900.0, 2100.0, 1000.0], 1000.0).tolist()
    [False, True, True]
    """
    longest = catalog.number("migration", "risk_downtime_ms")
    most = 1 / (1 - catalog.number("migration", "throttle_trigger_share"))
    late = np.asarray(downtime_ms) > longest
    again = np.asarray(sent_mib) > most * np.asarray(memory_mib)
    return np.asarray(np.asarray(live) & (~np.asarray(converges) | late | again))


def of_moves(transition: Transition, moves: Moves) -> Mask:
    """Return which moves of a plan are at risk. Shape (moves,)."""
    memory = transition.memory_mib[moves.vm]
    sent = moves.transferred_mib - moves.disk_mib
    return at_risk(moves.live, moves.converges, moves.downtime_ms, sent, memory)


def sum_of_ends_s(moves: Moves) -> float:
    """Return the sum of the times at which moves end. [s]."""
    return float(moves.end_s.sum())


def at_once(moves: Moves, chosen: Mask) -> int:
    """Return how many of the moves chosen run at the same moment at most."""
    return most_at_once(moves.start_s[chosen], moves.end_s[chosen])


def most_at_once(start_s: Floats, end_s: Floats) -> int:
    """Return how many of these intervals there are at the same moment at most."""
    ones = np.ones(len(start_s))
    return int(_highest(np.zeros(len(ones)), start_s, end_s, ones)[0]) if len(ones) else 0


def peak_link_share(transition: Transition, moves: Moves) -> float:
    """Return the most that moves take of any NIC or link, in either direction at any moment, as a share of its rate."""
    paths = links(transition.problem.hosts, moves, transition.nic_mbps, transition.network)
    rows = np.repeat(np.arange(len(moves)), [len(path) for path in paths.paths])
    way = np.array([each for path in paths.paths for each in path], np.int64)
    if not len(way):
        return 0.0
    shares = moves.bandwidth_mbps[rows] / paths.capacity_mbps[way]
    return float(_highest(way.astype(np.float64), moves.start_s[rows], moves.end_s[rows], shares).max())


def _highest(place: Floats, start_s: Floats, end_s: Floats, amount: Floats) -> Floats:
    """Return the most that intervals hold at once, of each place. Shape (places,)."""
    where, when = np.tile(place, 2), np.concatenate([start_s, end_s])
    change = np.concatenate([amount, -amount])
    order = np.lexsort((change, when, where))
    # What enters a place leaves it again, so one running sum serves all places.
    held = np.cumsum(change[order])
    first = np.flatnonzero(np.append(True, np.diff(where[order]) > 0))
    return np.asarray(np.maximum.reduceat(held, first), np.float64)
