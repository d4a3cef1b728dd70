"""Constructive packings as plain loops over all bins and all items."""

import numpy as np

from models.arrays import Rows
from solvers.packing.instance import Packing


def first_fit(packing: Packing) -> Rows:
    """Return first fit of the items, the largest sum of shares first; alike items stay together."""
    of, first, _ = packing.types
    demand, capacity = packing.demand[0], packing.capacity[0]
    size = (demand / capacity).sum(axis=1)
    turn = np.argsort(np.argsort(-size[first], kind="stable"))
    room: list[Rows] = []
    bins = np.zeros(packing.items, np.int64)
    for item in np.argsort(turn[of], kind="stable"):
        bin = next((bin for bin, left in enumerate(room) if (left >= demand[item]).all()), len(room))
        if bin == len(room):
            room.append(capacity.copy())
        room[bin] -= demand[item]
        bins[item] = bin
    return bins


def near_fill(packing: Packing) -> int:
    """Return how many bins are needed, each filled with the items that leave the least distance."""
    left, bins = list(range(packing.items)), 0
    while left:
        room = packing.capacity[0] / packing.capacity[0]
        shares, bins = packing.demand[0] / packing.capacity[0], bins + 1
        while True:
            able = [item for item in left if (shares[item] <= room + 1e-9).all()]
            if not able:
                break
            item = min(able, key=lambda item: ((room - shares[item]) ** 2).sum())
            room = room - shares[item]
            left.remove(item)
    return bins
