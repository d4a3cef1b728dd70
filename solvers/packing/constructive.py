"""Constructive packing: one type of items after the other (item-centric), or one bin after the other (bin-centric)."""

from collections.abc import Callable

import numpy as np

from models.arrays import Floats, Ints, Rows
from solvers.packing.instance import Packed, Packing

LEAF = 8
"""Types a leaf of the tree from which bins are filled."""

WEIGHTINGS: dict[str, Callable[[Floats], Floats]] = {
    "even": np.ones_like,
    "average": lambda share: share,
    "exponential": np.exp,
    "reciprocal": lambda share: 1 / np.maximum(share, 1e-9),
}
"""What a dimension counts, by the average share that an item takes of a host."""

MEASURES: dict[str, Callable[[Floats, Floats], Floats]] = {
    "sum": lambda share, weight: (share * weight).sum(axis=-1),
    "squares": lambda share, weight: (share**2 * weight).sum(axis=-1),
    "largest": lambda share, weight: (share * weight).max(axis=-1, initial=0),
    "product": lambda share, weight: (np.log(share + 1e-3) * weight).sum(axis=-1),
}
"""The size of an item, by its shares of a host and what each dimension counts."""


def fit(packing: Packing, measure: str = "squares", weighting: str = "average", best: bool = False) -> Packed:
    """
    Put items into the first bin, or the fullest, that has room, the largest items first.

    Parameters
    ----------
    measure, weighting
        What size is: names of `MEASURES` and `WEIGHTINGS`.
    best
        Whether the fullest bin with room is taken instead of the first.

    References
    ----------
    .. [1] R. Panigrahy et al., "Heuristics for vector bin packing," Microsoft Research, 2011.
    """
    from solvers.kernels.packing_fit import BEST, FIRST, fitted

    _, first, count = packing.types
    need, share = packing.demand[:, first], _shares(packing)[:, first]
    weight = WEIGHTINGS[weighting](_average(packing))
    size = MEASURES[measure](share, weight[:, None, :]).mean(axis=0)
    order, turns = np.argsort(-size, kind="stable"), worth(packing)
    scale = (weight / np.maximum(packing.capacity, 1))[turns]
    placed, kind = fitted(
        BEST if best else FIRST, order, count, np.ascontiguousarray(need[turns]), packing.capacity[turns],
        packing.supply[turns], scale,
    )  # fmt: skip
    return _packed(packing, placed, turns[kind], f"{'best' if best else 'first'} fit ({measure}, {weighting})")


def fill(packing: Packing, near: bool = True, weighting: str = "average") -> Packed:
    """
    Fill one bin after the other with what suits it best.

    Parameters
    ----------
    near
        What leaves the least distance to the room of the bin suits best; else, what has the largest dot product.
    weighting
        What dimensions count, by the items left: a name of `WEIGHTINGS`.

    References
    ----------
    .. [1] R. Panigrahy et al., "Heuristics for vector bin packing," Microsoft Research, 2011.
    """
    from solvers.kernels.packing_fill import DOT, NEAR, bins_filled

    _, first, count = packing.types
    need = np.ascontiguousarray(packing.demand[:, first])
    trees = [_tree(shares) for shares in _shares(packing)[:, first]]
    size = _shares(packing)[:, first].sum(axis=2).mean(axis=0)
    placed, kind = bins_filled(
        NEAR if near else DOT, list(WEIGHTINGS).index(weighting), LEAF,
        np.array([order for order, _ in trees]), np.array([leaf for _, leaf in trees]), count, need,
        packing.capacity.copy(), packing.supply.copy(), np.maximum(packing.weight, 1e-9), size,
    )  # fmt: skip
    return _packed(packing, placed, kind, f"{'distance' if near else 'dot product'} fill ({weighting})")


def worth(packing: Packing) -> Rows:
    """Return the classes, those first that cost least for the room that they offer. Shape (classes,)."""
    scarce = packing.demand.mean(axis=(0, 1)) / np.maximum(packing.capacity.max(axis=0, initial=1), 1)
    room = (packing.capacity / np.maximum(packing.capacity.max(axis=0, initial=1), 1) * scarce).sum(axis=1)
    return np.argsort(packing.weight / np.maximum(room, 1e-12), kind="stable")


def _shares(packing: Packing) -> Floats:
    """Return the share that each item takes of a host of each class. Shape (classes, items, dims)."""
    return np.asarray(packing.demand / np.maximum(packing.capacity, 1)[:, None, :], np.float64)


def _average(packing: Packing) -> Floats:
    """Return the average share that items take of a host. Shape (classes, dims)."""
    return np.asarray(packing.demand.mean(axis=1) / np.maximum(packing.capacity, 1), np.float64)


def _tree(share: Floats) -> tuple[Rows, Rows]:
    """Return types leaf by leaf, -1 for none, halved along the widest dimension each time; and the leaf of each."""
    leaves = 1
    while leaves * LEAF < len(share):
        leaves *= 2
    order, parts = np.arange(leaves * LEAF), 1
    while parts < leaves:
        rows = order.reshape(parts, -1)
        value = share[np.minimum(rows, len(share) - 1)]
        widest = np.ptp(value, axis=1).argmax(axis=1)
        along = np.take_along_axis(value, widest[:, None, None], axis=2)[:, :, 0]
        order = np.take_along_axis(rows, np.argsort(along, axis=1, kind="stable"), axis=1).ravel()
        parts *= 2
    order[order >= len(share)] = -1
    leaf = np.zeros(len(share), np.int64)
    leaf[order[order >= 0]] = np.flatnonzero(order >= 0) // LEAF
    return order, leaf


def _packed(packing: Packing, placed: Ints, kind: Rows, solver: str) -> Packed:
    """Return the packing of items, given what goes where by types; items without a bin are in bin -1."""
    of, _, count = packing.types
    items, bins = np.argsort(of, kind="stable"), np.full(packing.items, -1, np.int64)
    row = placed[np.argsort(placed[:, 0], kind="stable")]
    into = np.repeat(row[:, 1], row[:, 2])
    given = np.bincount(row[:, 0], weights=row[:, 2], minlength=len(count)).astype(np.int64)
    start, taken = np.cumsum(count) - count, np.cumsum(given) - given
    place = np.repeat(start, given) + np.arange(len(into)) - np.repeat(taken, given)
    bins[items[place]] = into
    return Packed(bins, kind, solver=solver)
