"""Local search: hosts are emptied into a pool, and the pool is forced into the others, until fewer or cheaper do."""

from dataclasses import dataclass, field, replace

import numpy as np

from models.arrays import Floats, Mask, Rows
from solvers.packing.budget import Budget
from solvers.packing.instance import Packed, Packing
from solvers.packing.partial import Partial, dissolved, partial
from solvers.packing.words import Words, words

NAME = "local search"
WORK = 200_000
"""Steps between two looks at the clock: about a millisecond."""
STEPS_PER_SECOND = 200_000_000
"""Steps that are counted as a second of work."""
SCOPE = 6_000
"""Bins that are looked at for an item, at most: all of them, unless there are very many."""
TRIALS = 30
"""Moves at random after each ejection."""
POWER = 2
"""Of an item's size, by which the cost of its leaving begins and grows."""
PATIENCE = 50
"""Rounds after which other hosts are emptied, where there are several classes."""
EMPTIED = 3
"""Hosts that are exchanged for others at once, at most."""


@dataclass
class Search:
    """
    A search that can be interrupted and goes on where it was.

    Parameters
    ----------
    packing, packed
        The problem and the best packing known.
    seed
        Of all that is random.
    """

    packing: Packing
    packed: Packed
    seed: int = 1
    _state: Partial | None = field(default=None, init=False)
    _pooled: int = field(default=0, init=False)
    _rounds: int = field(default=0, init=False)
    _words: Words = field(init=False)
    _size: Floats = field(init=False)
    _growth: Floats = field(init=False)
    _cost: Floats = field(init=False)
    _random: np.random.Generator = field(init=False)

    def __post_init__(self) -> None:
        self._words = words(self.packing)
        self._size = sizes(self.packing)
        self._growth = (self._size / max(self._size.mean(), 1e-12)) ** POWER
        self._cost = self._growth.copy()
        self._random = np.random.default_rng(self.seed)
        self._draws = self._random.integers(1, 2**63, 1).astype(np.uint64)

    def adopt(self, packed: Packed) -> None:
        """Take over a bound, and a packing from elsewhere if it is better than the best known."""
        if packed.weight(self.packing) < self.packed.weight(self.packing):
            self.packed, self._state = packed, None
        self.packed = replace(self.packed, bound=max(self.packed.bound, packed.bound))

    def run(self, budget: Budget, seconds: float) -> bool:
        """Search for some seconds, or until the bound is met; return whether a better packing was found."""
        reserve, found = budget.left - seconds, False
        while budget.left > max(reserve, 0) and self.open:
            if (self._state is None or self._pooled == 0 or self._stuck) and not self._begun():
                break
            found |= self._round(budget)
        self.packed = compact(self.packed) if found else self.packed
        return found

    @property
    def open(self) -> bool:
        """Whether items are in no bin yet, or the bound is not met."""
        return not self._complete or self.packed.weight(self.packing) > self.packed.bound

    @property
    def _stuck(self) -> bool:
        return self._complete and several(self.packing) and self._rounds >= PATIENCE

    @property
    def _complete(self) -> bool:
        return bool((self.packed.bin >= 0).all())

    def _round(self, budget: Budget) -> bool:
        """Search a little; return whether a better packing was found."""
        from solvers.kernels.packing_search import ejected

        state, word = self._state, self._words
        if state is None:
            return False
        self._pooled = ejected(
            state.pool, self._pooled, word.guard, self._cost, self._growth, min(SCOPE, len(state.kind)), TRIALS, WORK,
            self._draws, state.base, word.need, *state.columns,
        )  # fmt: skip
        budget.spend(WORK / STEPS_PER_SECOND)
        self._rounds += 1
        if self._pooled:
            return False
        self.packed = replace(self.packed, bin=state.where.copy(), kind=state.kind.copy(), solver=NAME)
        return True

    def _begun(self) -> bool:
        """Empty hosts, and offer cheaper ones instead where there are several classes; return whether any are left."""
        packing, packed, self._rounds = self.packing, self.packed, 0
        if self._state is not None and self._pooled == 0 and not several(packing):
            if len(self._state.kind) == 1:
                return False
            self._state, self._pooled = dissolved(self._state, self._lightest(self._state.where, self._state.kind))
            return True
        leave, join = self._change()
        number = np.full(packed.bins + 1, -1, np.int64)
        number[:-1][~leave] = np.arange(packed.bins - leave.sum())
        kind = np.concatenate((packed.kind[~leave], join))
        if len(kind) == 0:
            return False
        self._state = partial(packing, self._words, number[packed.bin], kind)
        self._pooled = int(np.count_nonzero(self._state.where < 0))
        return True

    def _change(self) -> tuple[Mask, Rows]:
        """Return hosts to empty, and the classes of hosts to offer instead."""
        packing, packed = self.packing, self.packed
        if not self._complete:
            spare = packing.supply - np.bincount(packed.kind, minlength=len(packing.supply))
            most = np.minimum(spare, np.count_nonzero(packed.bin < 0))
            return np.zeros(packed.bins, np.bool_), np.repeat(np.arange(len(most)), most)
        if several(packing):
            return self._exchange()
        return np.arange(packed.bins) == self._lightest(packed.bin, packed.kind), np.zeros(0, np.int64)

    def _lightest(self, bin: Rows, kind: Rows) -> int:
        """Return the bin that holds least."""
        return int(np.bincount(bin, weights=self._size, minlength=len(kind)).argmin())

    def _exchange(self) -> tuple[Mask, Rows]:
        """Return hosts to empty, at random, and the classes of cheaper ones to offer instead."""
        packing, packed, random = self.packing, self.packed, self._random
        leave, several = np.zeros(packed.bins, np.bool_), min(packed.bins, 1 + int(random.integers(EMPTIED)))
        leave[random.choice(packed.bins, several, replace=False)] = True
        room = packing.weight[packed.kind[leave]].sum() - 1
        spare = packing.supply - np.bincount(packed.kind[~leave], minlength=len(packing.supply))
        join: list[int] = []
        while True:
            able = np.flatnonzero((spare > 0) & (packing.weight <= room))
            if len(able) == 0 or len(join) == EMPTIED:
                return leave, np.array(join, np.int64)
            chosen = int(random.choice(able))
            join.append(chosen)
            spare[chosen] -= 1
            room -= packing.weight[chosen]


def several(packing: Packing) -> bool:
    """Return whether there are several classes of hosts."""
    return len(packing.supply) > 1


def sizes(packing: Packing) -> Floats:
    """Return the size of each item: its shares of a host, the scarcer a dimension the heavier. Shape (items,)."""
    share = packing.demand / np.maximum(packing.capacity, 1)[:, None, :]
    scarce = share.sum(axis=1, keepdims=True)
    return np.asarray((share * scarce / np.maximum(scarce.max(axis=2, keepdims=True), 1e-12)).sum(axis=2).mean(axis=0))


def compact(packed: Packed) -> Packed:
    """Return a packing without its empty bins, numbered by their first items."""
    used, first, number = np.unique(packed.bin, return_index=True, return_inverse=True)
    order = np.argsort(first, kind="stable")
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return replace(packed, bin=rank[number], kind=packed.kind[used[order]])
