"""Rules that want VMs in several places, or beside others, as arrays over items."""

from dataclasses import dataclass

import numpy as np

from models.arrays import NOWHERE, Ints, Mask, Rows
from models.problem import Problem
from models.rules import Dependency, LeastPlaces
from solvers.couplings import own_places


@dataclass(frozen=True, eq=False)
class Scattered:
    """The items are in at least `least` places. Shape (items of the rule,); `place` of each host, shape (hosts,)."""

    items: Rows
    place: Rows
    least: int

    @property
    def members(self) -> Rows:
        """Return all items whose place matters."""
        return self.items

    def allowed(self, host: Ints, item: int) -> Mask:
        """Return the hosts on which the item, on none now, leaves the others a chance. `host` has shape (items,)."""
        here = host[self.items]
        used = np.zeros(int(self.place.max(initial=-1)) + 1, np.bool_)
        used[self.place[here[here != NOWHERE]]] = True
        missing = max(self.least - int(used.sum()) - int((self.items[here == NOWHERE] != item).sum()), 0)
        if missing > 1:
            return np.zeros(len(self.place), np.bool_)
        return ~used[self.place] if missing else np.ones(len(self.place), np.bool_)

    def broken(self, host: Ints) -> Rows:
        """Return the items that must move to mend the rule: all, if it is broken."""
        here = host[self.items]
        used = len(np.unique(self.place[here[here != NOWHERE]]))
        return self.items if used < self.least else self.items[:0]


@dataclass(frozen=True, eq=False)
class Beside:
    """Each of the items is in a place that holds one of `others`. Shapes (items of the rule,), (others,), (hosts,)."""

    items: Rows
    others: Rows
    place: Rows

    @property
    def members(self) -> Rows:
        """Return all items whose place matters."""
        return np.union1d(self.items, self.others)

    def allowed(self, host: Ints, item: int) -> Mask:
        """Return the hosts on which the item, on none now, leaves the others a chance. `host` has shape (items,)."""
        lacking, served = self._lacking(host)
        coming = int((host[self.others[self.others != item]] == NOWHERE).sum())
        left = np.full(len(self.place), int(lacking.sum()))
        if item in self.others:
            left -= lacking[self.place]
        elif item in self.items:
            left += ~lacking[self.place] & ~served[self.place]
        return left <= coming

    def _lacking(self, host: Ints) -> tuple[Mask, Mask]:
        """Return which places hold items but none of the others, and which hold others. Shape (places,)."""
        size = int(self.place.max(initial=-1)) + 1
        asked, served = np.zeros(size, np.bool_), np.zeros(size, np.bool_)
        for rows, mask in ((self.items, asked), (self.others, served)):
            here = host[rows]
            mask[self.place[here[here != NOWHERE]]] = True
        return asked & ~served, served

    def broken(self, host: Ints) -> Rows:
        """Return the items that must move to mend the rule."""
        here = host[self.items]
        lacking, _ = self._lacking(host)
        found: Rows = self.items[(here != NOWHERE) & lacking[self.place[here]]]
        return found


Company = Scattered | Beside


def company(problem: Problem, item: Rows, *, strict: bool) -> tuple[Company, ...]:
    """
    Return LeastPlaces and Dependency over items; VMs that take nothing do not count.

    Parameters
    ----------
    strict
        Whether what is broken at the start must be mended; else it may stay as bad as it is, and only VMs that are on
        no host yet are to mend it.
    """
    relations: list[Company] = []
    for rule in problem.rules:
        if isinstance(rule, LeastPlaces):
            place, running = _places(problem, rule.level), rule.vms[problem.takes[rule.vms]]
            now = problem.start[running]
            least = min(rule.least, len(running))
            reachable = len(np.unique(place[now[now != NOWHERE]])) + int(np.count_nonzero(now == NOWHERE))
            least = least if strict else min(least, reachable)
            relations.append(Scattered(np.unique(item[running]), place, least))
        elif isinstance(rule, Dependency):
            place, running = _places(problem, rule.level), rule.vms[problem.takes[rule.vms]]
            others = rule.on[problem.takes[rule.on]]
            bound = running if strict else running[~_alone(problem, running, others, place)]
            relations.append(Beside(np.unique(item[bound]), np.unique(item[others]), place))
    return tuple(relations)


def _places(problem: Problem, level: str) -> Rows:
    """Return the place of each host, numbered from 0, hosts outside the level on their own. Shape (hosts,)."""
    numbered: Rows = np.unique(own_places(problem.places[level]), return_inverse=True)[1]
    return numbered


def _alone(problem: Problem, vms: Rows, others: Rows, place: Rows) -> Mask:
    """Return which of the VMs start in a place that holds none of the others. Shape (len(vms),)."""
    here, there = problem.start[vms], problem.start[others]
    served = np.isin(place[here], place[there[there != NOWHERE]])
    found: Mask = (here != NOWHERE) & ~served
    return found
