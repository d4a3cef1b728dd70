"""
Bounds of profile packing: what each part of the day asks for in all, and items whose peaks exclude each other.

All of them hold for every packing, whatever the other dimensions do, so the best of them is a bound.
"""

import numpy as np

from models.arrays import Ints, Mask
from solvers.packing.chances import Chances
from solvers.packing.instance import Packing

MOST_PAIRS = 2_000
"""Items, those with the highest peaks first, among which exclusions are looked for."""


def bound(packing: Packing, chances: Chances | None = None) -> int:
    """Return a weight below which no packing is, with or without a limit on how often bins are exceeded."""
    if not packing.items:
        return 0
    found = [continuous(packing), halves(packing) if len(packing.supply) == 1 else 0, apart(packing)]
    return max(*found, seldom(packing, chances) if chances is not None else 0)


def continuous(packing: Packing) -> int:
    """Return what the bins cost whose capacity sums up to the demand in the dimension that needs most."""
    asked = packing.demand.min(axis=0).sum(axis=0)
    return max((_covered(packing, column, amount) for column, amount in enumerate(asked.tolist())), default=0)


def _covered(packing: Packing, column: int, amount: int) -> int:
    """Return the least weight of bins that offer an amount, parts of bins counted as parts."""
    offers = packing.capacity[:, column]
    order = np.argsort(packing.weight / np.maximum(offers, 1e-12), kind="stable")
    weight, left = 0.0, float(amount)
    for kind in order:
        if left <= 0 or offers[kind] <= 0:
            break
        used = min(left / float(offers[kind]), float(packing.supply[kind]))
        weight += used * float(packing.weight[kind])
        left -= used * float(offers[kind])
    return int(np.ceil(weight - 1e-9 * max(weight, 1.0)))


def halves(packing: Packing) -> int:
    """
    Return the bound of Martello and Toth of each dimension for itself, the best of all of them; one class of bins.

    For a threshold up to half of a bin: items of more than the rest of a bin are alone, those of more than a half are
    one a bin, and the smaller ones fill what these leave.

    References
    ----------
    .. [1] S. Martello, P. Toth, "Lower bounds and reduction procedures for the bin packing problem," DAM 28, 1990.
    """
    offers = packing.capacity[0]
    found = (_halves(packing.demand[0, :, column], int(offers[column])) for column in range(len(offers)))
    return max(found, default=0) * int(packing.weight[0])


def _halves(demand: Ints, offer: int) -> int:
    ordered = np.sort(demand)
    total = np.concatenate([[0], np.cumsum(ordered)])
    half, size = int(np.searchsorted(ordered, offer // 2, side="right")), len(ordered)
    thresholds = np.unique(np.concatenate([[0], ordered[:half]]))
    alone = np.searchsorted(ordered, offer - thresholds, side="right")
    small = np.searchsorted(ordered, thresholds, side="left")
    alone = np.maximum(alone, half)
    left = (alone - half) * offer - (total[alone] - total[half])
    fill = total[half] - total[np.minimum(small, half)]
    more = np.maximum(np.ceil((fill - left) / max(offer, 1)), 0)
    return int((size - half + more).max(initial=0))


def apart(packing: Packing) -> int:
    """
    Return the weight of bins for items no two of which fit into one bin, found greedily: their peaks coincide.

    Of two items that take more than half of every bin in one part of the day this is plain; of others the sum tells.
    """
    shares = (packing.demand / np.maximum(packing.capacity, 1)[:, None]).min(axis=0).max(axis=1, initial=0.0)
    rows = np.argsort(-shares, kind="stable")[:MOST_PAIRS]
    chosen: list[int] = []
    for row in rows:
        if shares[row] * 2 <= 1 and not chosen:
            break
        if _excluded(packing, int(row), chosen).all():
            chosen.append(int(row))
    return _cheapest(packing, len(chosen))


def _excluded(packing: Packing, item: int, others: list[int]) -> Mask:
    """Tell with which of the others an item fits into a bin of no class. Shape (len(others),)."""
    together = packing.demand[:, others] + packing.demand[:, item][:, None]
    excluded: Mask = np.logical_not((together <= packing.capacity[:, None]).all(axis=2).any(axis=0))
    return excluded


def _cheapest(packing: Packing, bins: int) -> int:
    """Return what the cheapest so many bins cost."""
    order = np.argsort(packing.weight, kind="stable")
    before = np.cumsum(packing.supply[order]) - packing.supply[order]
    used = np.clip(bins - before, 0, packing.supply[order])
    return int((used * packing.weight[order]).sum())


def seldom(packing: Packing, chances: Chances) -> int:
    """
    Return a bound where bins may be exceeded now and then.

    In a sample in which all that is asked for is more than `m` of the roomiest bins offer, at least one of them is
    exceeded; `m` bins may be so in ``m × most`` samples together.
    """
    if not chances.samples:
        return 0
    total = np.sort(chances.series.min(axis=0).sum(axis=0, dtype=np.int64))[::-1]
    roomiest = np.repeat(np.sort(chances.limit)[::-1], packing.supply[np.argsort(-chances.limit, kind="stable")])
    offered = np.cumsum(roomiest[: packing.items])
    beyond = np.searchsorted(-total, -offered, side="left")
    enough = np.flatnonzero(beyond <= np.arange(1, len(offered) + 1) * chances.most)
    return _cheapest(packing, int(enough[0]) + 1 if len(enough) else packing.items)
