"""How much is held at one place at once, over time: sums of intervals."""

from collections.abc import Iterator

import numpy as np

from models.arrays import Floats, Ints, Rows


def crowds(
    place: Rows | Ints, start_s: Floats, end_s: Floats, amount: Floats | Ints, limit: Floats | Ints
) -> Iterator[tuple[int, float, float]]:
    """
    Yield each place where intervals together hold too much, the most it holds, and since when.

    Parameters
    ----------
    place
        Where each interval holds its amount. Shape (intervals,).
    start_s, end_s
        From when, and until just before when. [s] Shape (intervals,).
    amount
        What it holds. Shape (intervals,).
    limit
        What each place may hold. Shape (places,).
    """
    where, when = np.concatenate([place, place]), np.concatenate([start_s, end_s])
    order = np.lexsort((when, where))
    where, when = where[order], when[order]
    last = np.append((where[1:] != where[:-1]) | (when[1:] != when[:-1]), True)[: len(where)]
    # What enters a place leaves it again, so one running sum serves all places.
    held = np.cumsum(np.concatenate([amount, -amount])[order])[last]
    where, when = where[last], when[last]
    over = np.flatnonzero(held > limit[where])
    found, first = np.unique(where[over], return_index=True)
    if len(found):
        worst = np.maximum.reduceat(held[over], first)
        yield from zip(found.tolist(), worst.tolist(), when[over[first]].tolist(), strict=True)
