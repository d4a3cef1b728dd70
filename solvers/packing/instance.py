"""A packing problem, and a packing: what all means of packing take and return."""

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from models.arrays import Ints, Rows, frozen
from models.errors import BrokenPromiseError


@dataclass(frozen=True, eq=False)
class Packing:
    """
    Items to be put into hosts of one or several classes, as few or as cheap as possible.

    Parameters
    ----------
    demand
        What an item takes on a host of each class. Shape (classes, items, dims).
    capacity
        What a host of each class offers. Shape (classes, dims).
    supply
        How many hosts of each class there are. Shape (classes,).
    weight
        What a host of each class costs. Shape (classes,).
    """

    demand: Ints
    capacity: Ints
    supply: Ints
    weight: Ints

    @classmethod
    def of(
        cls, demand: ArrayLike, capacity: ArrayLike, supply: ArrayLike | None = None, weight: ArrayLike | None = None
    ) -> Self:
        """Build a problem; demand of shape (items, dims) is the same on all classes, capacity (dims,) is one class."""
        offers = np.atleast_2d(np.asarray(capacity, np.int64))
        needs = np.asarray(demand, np.int64)
        needs = np.broadcast_to(needs, (len(offers), *needs.shape)) if needs.ndim == 2 else needs
        most = np.full(len(offers), needs.shape[1]) if supply is None else supply
        price = np.ones(len(offers)) if weight is None else weight
        return cls(*(frozen(each, np.int64) for each in (needs, offers, most, price)))

    def __post_init__(self) -> None:
        classes, items, dims = self.demand.shape
        if self.capacity.shape != (classes, dims) or {self.supply.shape, self.weight.shape} != {(classes,)}:
            raise BrokenPromiseError(f"A packing of {items} items into {classes} classes of hosts is inconsistent.")

    @property
    def items(self) -> int:
        """How many items there are."""
        return int(self.demand.shape[1])

    @cached_property
    def types(self) -> tuple[Rows, Rows, Ints]:
        """Alike items are one type: the type of each item, the first item of each type, and how many there are."""
        flat = np.ascontiguousarray(self.demand.transpose(1, 0, 2)).reshape(self.items, -1)
        keys = flat.view(np.dtype((np.void, flat.dtype.itemsize * flat.shape[1]))).ravel()
        _, first, kind, count = np.unique(keys, return_index=True, return_inverse=True, return_counts=True)
        order = np.argsort(first, kind="stable")
        rank = np.empty(len(order), np.int64)
        rank[order] = np.arange(len(order))
        return rank[kind], first[order].astype(np.int64), count[order].astype(np.int64)


@dataclass(frozen=True, eq=False)
class Packed:
    """
    A packing, and how good it is known to be.

    Parameters
    ----------
    bin
        The bin of each item, from 0. Shape (items,).
    kind
        The class of each bin. Shape (bins,).
    bound
        No packing weighs less.
    solver
        Who found it.
    seconds
        How long it took. [s]
    reproducible
        Whether the same input gives the same packing again.
    """

    bin: Rows
    kind: Rows
    bound: int = 0
    solver: str = ""
    seconds: float = 0.0
    reproducible: bool = True

    @property
    def bins(self) -> int:
        """How many bins are used."""
        return len(self.kind)

    def weight(self, packing: Packing) -> int:
        """Return what the bins cost."""
        return int(packing.weight[self.kind].sum())

    def status(self, packing: Packing) -> str:
        """Return ``optimal`` where the bound is met, else ``feasible``."""
        return "optimal" if self.weight(packing) <= self.bound else "feasible"


def violations(packing: Packing, packed: Packed) -> tuple[str, ...]:
    """Return what is wrong with a packing, in words: items in no bin, bins beyond capacity or supply."""
    if packed.bin.shape != (packing.items,) or (packed.bin < 0).any() or (packed.bin >= packed.bins).any():
        return (f"Of {packing.items} items, not each is in one of {packed.bins} bins.",)
    load = np.zeros((packed.bins, packing.capacity.shape[1]), np.int64)
    np.add.at(load, packed.bin, packing.demand[packed.kind[packed.bin], np.arange(packing.items)])
    offers = packing.capacity[packed.kind]
    full = np.flatnonzero((load > offers).any(axis=1))
    used = np.bincount(packed.kind, minlength=len(packing.supply))
    short = np.flatnonzero(used > packing.supply)
    return (
        *(f"Bin {index} holds {load[index]} and offers {offers[index]}." for index in full),
        *(f"{used[index]} bins of class {index} are used; there are {packing.supply[index]}." for index in short),
    )


def numbered(assignment: ArrayLike) -> Rows:
    """Return the bins numbered from 0 in the order of their first item. Shape (items,)."""
    _, first, kind = np.unique(np.asarray(assignment, np.int64), return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first, kind="stable")] = np.arange(len(first))
    return rank[kind]
