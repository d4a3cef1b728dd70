"""
Profile packing: items of many dimensions, a resource in each part of the day, so that peaks at other hours mix.

Hosts are filled by item and one by one under several weights of the dimensions, the best packing is kept, and its
hosts are emptied by moves and exchanges. The means are those of vector packing [1]_ [2]_; what makes them fast with
hundreds of dimensions is that the most critical ones are looked at first.

References
----------
.. [1] R. Panigrahy, K. Talwar, L. Uyeda, U. Wieder, "Heuristics for vector bin packing," Microsoft Research, 2011.
.. [2] X. Meng et al., "Efficient resource provisioning in compute clouds via VM multiplexing," ICAC 2010.
"""

from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np

from models.arrays import Floats
from models.errors import BrokenPromiseError
from solvers.packing.bins import Bins, axes
from solvers.packing.chances import Chances
from solvers.packing.instance import Packed, Packing, numbered
from solvers.packing.peaks import bound

EXPONENTS = (0.0, 1.0)
"""How strongly a dimension's weight follows how much of it is asked for in all."""

STARTS = 2
"""Packings that are improved, the lightest first."""


CLOSING, FILLING = 16, 4
"""Parts of the trials that closing the emptiest bins, and making full ones fuller, may take at a time."""


@dataclass(frozen=True)
class ProfilePack:
    """
    Packs decreasing by several orders, then empties bins.

    Parameters
    ----------
    trials
        Trials of the search that empties bins, at most, of items of a hundred dimensions; fewer where there are more,
        or samples. A hundred million take about six seconds.
    rounds
        Times that full bins are made fuller and the emptiest ones are closed, at most, for each weighting.
    """

    trials: int = 120_000_000
    rounds: int = 40

    def __call__(self, packing: Packing, chances: Chances | None = None) -> Packed:
        """
        Return the lightest packing found.

        Parameters
        ----------
        packing
            What items take and bins offer, at every moment.
        chances
            What they take from sample to sample, and how often a bin may be exceeded; None: no such limit.

        Raises
        ------
        BrokenPromiseError
            If no way of filling the bins that there are takes all items.
        """
        began = perf_counter()
        tries = [self._packed(packing, chances, weights, way) for weights, way in _ways(packing, chances)]
        starts = sorted((each for each in tries if each is not None), key=lambda bins: bins.weight)[:STARTS]
        if not starts:
            bins = int(packing.supply.sum())
            raise BrokenPromiseError(f"No way was found to fit {packing.items} items into {bins} bins.")
        for start in starts:
            self._improve(start, self._affordable(packing, chances) // len(starts))
        best = min(starts, key=lambda bins: bins.weight)
        kind = best.kind[best.open]
        places = np.cumsum(best.open) - 1
        found = Packed(places[best.where], kind, bound(packing, chances), "profiles")
        return replace(_in_order(found), seconds=perf_counter() - began)

    def _affordable(self, packing: Packing, chances: Chances | None) -> int:
        """Return the trials that take as long as those of a hundred dimensions."""
        length = packing.demand.shape[2] + (chances.samples // 4 if chances is not None else 0)
        return self.trials * 100 // max(int(length), 100)

    def _packed(self, packing: Packing, chances: Chances | None, weights: Floats, way: str) -> Bins | None:
        """Return the bins as they are filled, more of them provided until all items are in."""
        from solvers.kernels import profiles as kernels

        least, most = bound(packing, None), int(np.minimum(packing.supply, packing.items).sum())
        provided = min(most, 2 * int(np.ceil(least / max(packing.weight.min(initial=1), 1))) + 16)
        while True:
            bins = Bins.of(packing, chances, weights, provided)
            order = np.argsort(-bins.size, kind="stable").astype(np.int64)
            if way == "bin":
                lost = kernels.by_bin(bins.share, bins.worth, *bins.columns)
            else:
                lost = kernels.by_item(order, way == "best", *bins.columns)
            if not lost or provided == most:
                return None if lost else bins
            provided = min(most, 2 * provided)

    def _improve(self, bins: Bins, trials: int) -> None:
        """Empty bins, items weighed as they were packed, and again by what turned out to be scarce."""
        self._emptied(bins, trials // 2)
        bins.weigh(bins.prices())
        self._emptied(bins, trials - trials // 2)

    def _emptied(self, bins: Bins, trials: int) -> None:
        """Close the emptiest bins, make full bins fuller, and so on until nothing changes."""
        from solvers.kernels import emptying

        left = trials
        for _ in range(self.rounds):
            before = bins.weight
            by_fill = np.argsort(bins.full / bins.price, kind="stable").astype(np.int64)
            left -= emptying.emptied(by_fill, min(left, trials // CLOSING), *bins.columns)
            items = np.lexsort((-bins.size, bins.full[bins.where])).astype(np.int64)
            changes, tried = emptying.concentrated(items, min(left, trials // FILLING), *bins.columns)
            left -= tried
            if left <= 0 or (not changes and bins.weight == before):
                break


def _ways(packing: Packing, chances: Chances | None) -> list[tuple[Floats, str]]:
    """Return weights of the axes and how bins are filled: each combination that is tried."""
    crowd = axes(packing, chances).sum(axis=0)
    powers = [(crowd / max(float(crowd.max(initial=0.0)), 1e-12)) ** power for power in EXPONENTS]
    return [(weights, way) for weights in powers for way in ("bin", "best")]


def _in_order(packed: Packed) -> Packed:
    """Return the packing with its bins in the order of their first items."""
    order = numbered(packed.bin)
    kind = np.empty_like(packed.kind)
    kind[order] = packed.kind[packed.bin]
    return replace(packed, bin=order, kind=kind)
