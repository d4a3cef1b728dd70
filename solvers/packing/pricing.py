"""Patterns of most value for given values of items: greedily, then by a search that proves how good they are."""

from dataclasses import dataclass

import numpy as np

from models.arrays import Floats, Ints
from solvers.packing.patterns import Types


@dataclass(frozen=True, eq=False)
class Priced:
    """
    Patterns that are worth more than a threshold.

    Parameters
    ----------
    patterns, worth
        Shapes (patterns, types), (patterns,).
    ceiling
        No pattern is worth more; for a collection of all, whether one may be missing (then above the threshold).
    nodes
        How much was searched.
    """

    patterns: Ints
    worth: Ints
    ceiling: int
    nodes: int


def prepare() -> None:
    """Compile what is not compiled yet, so that no search's time is spent on it."""
    import solvers.kernels.pattern_fill
    import solvers.kernels.pricing  # noqa: F401


def weighting(types: Types, kind: int, values: Ints, limits: Ints) -> Floats:
    """Return weights of the dimensions whose sum bounds patterns well. Shape (dims,)."""
    from solvers.kernels import pattern_fill

    found: Floats = pattern_fill.weighting(values, types.sizes[kind], limits, types.capacity[kind], 30)
    return found


def _order(types: Types, kind: int, values: Ints, limits: Ints, weights: Floats, least: int) -> Ints:
    """Return the types that fit and are worth something, densest first."""
    summed = types.sizes[kind] @ weights
    order = np.argsort(-values / np.maximum(summed, 1e-12), kind="stable")
    return np.asarray(order[(types.fits[kind] & (limits > 0) & (values >= least))[order]], np.int64)


def searched(types: Types, kind: int, values: Ints, limits: Ints, threshold: int, *, each: int, nodes: int) -> Priced:
    """
    Return the best pattern above a threshold for each type that comes first in it.

    Parameters
    ----------
    kind
        Class of the host.
    values, limits
        Value of an item of each type, and how many there are. Shape (types,).
    each, nodes
        Nodes at most for each first type, and in all.
    """
    from solvers.kernels import pricing

    weights = weighting(types, kind, values, limits)
    order = _order(types, kind, values, limits, weights, 1)
    found, worth = np.empty((len(order), types.number), np.int32), np.empty(len(order), np.int64)
    number, ceiling, used = pricing.search(
        values, types.sizes[kind], limits, weights, types.capacity[kind], order, threshold, False, each,
        nodes, found, worth,
    )  # fmt: skip
    return Priced(found[:number].astype(np.int64), worth[:number], int(ceiling), int(used))


def collected(types: Types, kind: int, values: Ints, limits: Ints, threshold: int, *, nodes: int, most: int) -> Priced:
    """Return all maximal patterns above a threshold, if nodes and room for `most` suffice."""
    from solvers.kernels import pricing

    weights = weighting(types, kind, values, limits)
    order = _order(types, kind, values, limits, weights, 0)
    found, worth = np.empty((most, types.number), np.int32), np.empty(most, np.int64)
    number, ceiling, used = pricing.search(
        values, types.sizes[kind], limits, weights, types.capacity[kind], order, threshold, True, nodes,
        nodes, found, worth,
    )  # fmt: skip
    return Priced(found[:number].astype(np.int64), worth[:number], int(ceiling), int(used))


def filled(types: Types, kind: int, values: Ints, limits: Ints, seeds: Ints | None = None) -> Priced:
    """Return greedy patterns, one around each of these types, by default all that fit."""
    from solvers.kernels import pattern_fill

    capacity = np.maximum(types.capacity[kind], 1)
    best = weighting(types, kind, values, limits)
    ways = np.ascontiguousarray([best, 1 / capacity, best + np.sqrt(best / capacity)])
    if seeds is None:
        seeds = np.flatnonzero(types.fits[kind] & (limits > 0)).astype(np.int64)
    found, worth = np.empty((len(seeds), types.number), np.int32), np.empty(len(seeds), np.int64)
    pattern_fill.fill(values, types.sizes[kind], limits, types.capacity[kind], ways, seeds, found, worth)
    return Priced(found.astype(np.int64), worth, 0, 0)
