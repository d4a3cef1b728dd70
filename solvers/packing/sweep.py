"""Large packings are improved part by part: some bins at a time, drawn anew in each sweep."""

from dataclasses import replace

import numpy as np

from models.arrays import Rows
from solvers.packing.budget import Budget
from solvers.packing.instance import Packed, Packing
from solvers.packing.local import NAME, Search, compact

ITEMS = 400
"""Items of a part, about."""
SECONDS = 0.25
"""Search in a part, as long as that finds something. [s]"""


def swept(packing: Packing, packed: Packed, budget: Budget, random: np.random.Generator) -> Packed:
    """Return the packing or a better one, after the bins have been looked at once, or until the time is up."""
    bins, kinds = np.array(packed.bin), packed.kind
    order = np.argsort(bins, kind="stable")
    ends = np.cumsum(np.bincount(bins, minlength=packed.bins))
    several = max(2, ITEMS * packed.bins // packing.items)
    weight = packed.weight(packing)
    for group in np.array_split(random.permutation(packed.bins), -(-packed.bins // several)):
        if budget.left <= 0 or weight <= packed.bound:
            break
        rows = np.concatenate([order[ends[bin - 1] if bin else 0 : ends[bin]] for bin in group])
        found = _searched(part(packing, rows, kinds[group]), bins[rows], group, kinds, budget, random)
        if found is not None:
            kinds = kinds.copy()
            weight += int(packing.weight[found.kind].sum() - packing.weight[kinds[group]].sum())
            kinds[group[: found.bins]] = found.kind
            bins[rows] = group[found.bin]
    better = weight < packed.weight(packing)
    return compact(replace(packed, bin=bins, kind=kinds, solver=NAME)) if better else packed


def part(packing: Packing, rows: Rows, kinds: Rows) -> Packing:
    """Return the problem of some items and the hosts that they are on now."""
    supply = np.bincount(kinds, minlength=len(packing.supply))
    return Packing.of(packing.demand[:, rows], packing.capacity, supply, packing.weight)


def _searched(
    packing: Packing, bins: Rows, group: Rows, kinds: Rows, budget: Budget, random: np.random.Generator
) -> Packed | None:
    """Return a better packing of a part; None if none is found."""
    place = np.zeros(len(kinds), np.int64)
    place[group] = np.arange(len(group))
    before = Packed(place[bins], kinds[group], bound=_least(packing))
    search = Search(packing, before, int(random.integers(2**62)))
    while search.run(budget, SECONDS) and budget.left > 0:
        pass
    return search.packed if search.packed is not before else None


def _least(packing: Packing) -> int:
    """Return the hosts that the scarcest dimension needs, if there is one class; else nothing."""
    if len(packing.supply) > 1:
        return 0
    hosts = -(-packing.demand[0].sum(axis=0) // np.maximum(packing.capacity[0], 1))
    return int(hosts.max() * packing.weight[0])
