"""
Packs all VMs anew onto hosts of several nodes: those that gather first, then the hardest, then hosts are given up.

All VMs are known, so that from the beginning room is worth what they will ask for. Hosts are used as few as possible:
those that the relaxation of the bound uses are tried alone, as many of them as it takes.
"""

from dataclasses import dataclass
from time import perf_counter

import numpy as np

from models.arrays import NOWHERE, Mask, Rows
from models.counting import counted
from models.plan import Placement
from models.problem import Problem
from solvers.incremental import Incremental
from solvers.node_bound import NodeBound
from solvers.relations import Relations, compiled
from solvers.repair import make_room
from solvers.room import Preference
from solvers.state import hardness

FEW_LEFT = 8
"""VMs without room at most for which others are moved, where hosts may be too few."""


@dataclass(frozen=True)
class Nodewise:
    """
    Packs anew in several orders, keeps the best, and empties the hosts that hold least.

    Costs are not asked: hosts in use are counted, whatever they weigh.

    Parameters
    ----------
    rounds
        How often all hosts in use are gone through to be emptied.
    tries
        How many numbers of hosts are tried, halving what is left between the bound and the fewest that were enough.
    """

    rounds: int = 2
    tries: int = 6

    def __call__(self, problem: Problem) -> Placement:
        """Return the packing; VMs that found no room are nowhere, and the status is then infeasible."""
        from solvers.node_bound import bound

        began = perf_counter()
        relations, least = compiled(problem), bound(problem)
        packed = [self._packed(relations, items, fading) for items in _orders(relations) for fading in (False, True)]
        estate, left = min(packed, key=lambda each: (len(each[1]), int(np.count_nonzero(each[0].state.count))))
        self._thinned(estate)
        if not left:
            estate = self._among_fewer(relations, least, estate)
        used = (estate.state.count > 0) | relations.forced_on
        met = int(used.sum()) <= least.hosts
        return Placement(
            host=relations.vm_hosts(estate.state.host),
            on=used,
            solver="nodewise",
            status="infeasible" if left else "optimal" if met else "feasible",
            bound=least.hosts,
            bound_hosts=least.hosts,
            seconds=perf_counter() - began,
            reason=f"{counted(len(left), 'VM')} found no room." if left else "",
            turn=estate.turns(),
        )

    def _thinned(self, estate: Incremental) -> None:
        for _ in range(self.rounds):
            if not emptied(estate):
                break

    def _among_fewer(self, relations: Relations, least: NodeBound, best: Incremental) -> Incremental:
        """Return a packing onto fewer hosts, the first of those that the relaxation uses, or the best so far."""
        size = (relations.capacity / np.maximum(relations.capacity.mean(axis=0), 1)).min(axis=1)
        held = np.bincount(relations.start[relations.fixed], minlength=relations.hosts) > 0
        first = np.lexsort((-size, -least.use, ~(held | relations.forced_on)))
        few, enough = max(least.hosts, int(held.sum())) - 1, int(np.count_nonzero(best.state.count))
        for _ in range(self.tries):
            if enough - few < 2:
                break
            count = (few + enough) // 2
            chosen = np.isin(np.arange(relations.hosts), first[:count])
            packed = (self._packed(relations, items, True, chosen) for items in _orders(relations))
            found = next((estate for estate, left in packed if not left), None)
            if found is not None:
                self._thinned(found)
            used = enough if found is None else int(np.count_nonzero(found.state.count))
            if found is None or used >= enough:
                few = count
            else:
                best, enough = found, used
        return best

    def _packed(
        self, relations: Relations, items: Rows, fading: bool, within: Mask | None = None
    ) -> tuple[Incremental, list[int]]:
        """Return a packing in this order, and what found no room; `fading`: only what is still to come counts."""
        host = np.where(relations.fixed, relations.start, NOWHERE)
        entry = float("inf") if within is None else 0.0
        estate = Incremental(relations, host, Preference(entry=entry, members=0, breadth=3.0))
        for item in range(relations.items):
            estate.room.note(item)
        left = []
        for item in items[host[items] == NOWHERE]:
            if estate.place(int(item), within) == NOWHERE:
                left.append(int(item))
            if fading:
                estate.room.forget(int(item))
        if within is not None and len(left) > FEW_LEFT:
            return estate, left
        return estate, [item for item in left if not make_room(estate, item)]


def _orders(relations: Relations) -> tuple[Rows, Rows]:
    return order(relations), order(relations, nodes_first=True)


def order(relations: Relations, *, nodes_first: bool = False) -> Rows:
    """
    Return all items: groups that gather, the largest first, then those on most nodes, then the hardest.

    With `nodes_first` those on most nodes come first, of these the ones that gather.
    """
    hard = hardness(relations, np.arange(relations.items))
    group, size = np.full(relations.items, len(relations.near)), np.zeros(relations.items)
    for index, near in enumerate(relations.near):
        group[near.items], size[near.items] = index, hard[near.items].sum()
    nodes = (relations.demand > 0).any(axis=0).sum(axis=1)
    keys = (-hard, group, -size, -nodes) if nodes_first else (-hard, -nodes, group, -size)
    found: Rows = np.lexsort(keys)
    return found


def emptied(estate: Incremental) -> int:
    """Empty hosts in use as far as their items find room on others in use; return how many."""
    state, done = estate.state, 0
    for host in np.argsort(estate.room.empty @ estate.room.worth(), kind="stable"):
        items = [int(item) for item in state.on_host(int(host))]
        if not items or any(estate.relations.fixed[item] for item in items):
            continue
        done += _moved_off(estate, int(host), items)
    return done


def _moved_off(estate: Incremental, host: int, items: list[int]) -> bool:
    """Move the items to other hosts in use; put all back if one finds no room."""
    state = estate.state
    turns = {item: int(state.turn[item]) for item in items}
    for item in items:
        estate.take(item)
    others = state.count > 0
    others[host] = False
    placed = []
    for item in sorted(items, key=lambda each: -int(state.need(each, host).sum())):
        if estate.place(item, others) == NOWHERE:
            break
        placed.append(item)
    if len(placed) == len(items):
        return True
    for item in placed:
        estate.take(item)
    for item in items:
        estate.put(item, host, turns[item])
    return False
