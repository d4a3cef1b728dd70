"""
Empties hosts with the fewest moves: decide by a cover which hosts stay on, then place only what must leave.

VMs on hosts that stay on stay where they are, unless a rule demands otherwise or one must step aside for another.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from time import perf_counter

import numpy as np

from models.arrays import NOWHERE, Floats, Ints, Mask, Rows
from models.plan import Placement
from models.problem import Problem
from solvers.cover import Cover, cover
from solvers.relations import Relations, compiled
from solvers.spare import survives
from solvers.state import State, hardness

MARGINS = (0.0, 0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32)
"""Shares by which demand is taken to be larger, one after the other, until the hosts chosen have room."""

Score = Callable[[Ints, Ints, Ints], Floats]
"""From what is free (hosts, dims), what is needed (dims) and the capacity (hosts, dims): the least is chosen."""


def roomiest(free: Ints, need: Ints, capacity: Ints) -> Floats:
    """Score a host by how full its fullest dimension gets."""
    scores: Floats = (1 - (free - need) / np.maximum(capacity, 1)).max(axis=1)
    return scores


def tightest(free: Ints, need: Ints, capacity: Ints) -> Floats:
    """Score a host by what stays free, all dimensions together."""
    scores: Floats = ((free - need) / np.maximum(capacity, 1)).sum(axis=1)
    return scores


def aligned(free: Ints, need: Ints, capacity: Ints) -> Floats:
    """Score a host by the dot product of need and what is free: the more alike, the better."""
    scale = np.maximum(capacity, 1)
    scores: Floats = -((need / scale) * (free / scale)).sum(axis=1)
    return scores


@dataclass(frozen=True)
class Evacuate:
    """Empty as many hosts as a cover allows, with the fewest moves."""

    def __call__(self, problem: Problem) -> Placement:
        """Return the best placement found, or the start with the status infeasible."""
        began = perf_counter()
        relations = compiled(problem)
        first = cover(relations)
        found = next(self.attempts(relations, first), None) if first is not None else None
        return placement(relations, found, first, "evacuate", perf_counter() - began)

    def attempts(self, relations: Relations, first: Cover) -> Iterator[tuple[State, Mask]]:
        """Yield placements and the hosts that are on: those that mend what is broken first, then fewer hosts first."""
        everything = kept_on(relations)
        start = State(relations, relations.start)
        stay = leavers(start, everything, mend=False)
        broken = leavers(start, everything, mend=True) != stay
        for mend in (True, False) if broken else (False,):
            yield from self._attempts(relations, first, mend=mend)
            for chosen in (everything, buyable(relations, everything)) if mend else (everything,):
                if (state := evacuated(relations, chosen, None, mend=mend)) is not None:
                    yield state, shrunk(state, chosen) if mend else chosen
        if not survives(start, relations.problem.on) and not stay:
            yield start, everything

    def _attempts(self, relations: Relations, first: Cover, *, mend: bool) -> Iterator[tuple[State, Mask]]:
        tried: set[bytes] = set()
        idles = list(idle_choices(relations))
        for margin in MARGINS:
            for idle in list(idles):
                fresh = margin == 0.0 and idle is None
                chosen = first if fresh else cover(relations, margin=margin, idle=idle)
                if chosen is None:
                    idles = [other for other in idles if other is not idle]
                    continue
                key = chosen.on.tobytes() + (b"" if idle is None else idle.tobytes())
                if key in tried:
                    continue
                tried.add(key)
                if (state := evacuated(relations, chosen.on, idle, mend=mend)) is not None:
                    yield state, chosen.on


def shrunk(state: State, on: Mask) -> Mask:
    """Return the hosts that are on without those that are empty, as far as spares allow."""
    fewer = on.copy()
    for host in np.flatnonzero(on & (state.count == 0) & ~state.relations.forced_on):
        fewer[host] = False
        fewer[host] = not survives(state, fewer)
    return fewer


def buyable(relations: Relations, on: Mask) -> Mask:
    """Return the hosts that are on, and those that are off and somebody may enter, as candidates are."""
    found: Mask = on | (relations.scope.any(axis=0) & ~relations.closed & ~relations.forced_off)
    return found


def kept_on(relations: Relations) -> Mask:
    """Return all hosts that are on now or must be, but for those that must be off."""
    found: Mask = (relations.problem.on | relations.forced_on) & ~relations.forced_off
    return found


def idle_choices(relations: Relations) -> Iterator[Rows | None]:
    """Yield none, then for each spare rule the roomiest hosts as dedicated spares, those with the fewest VMs first."""
    yield None
    chosen: list[int] = []
    for hosts, count in relations.spares:
        free = hosts[~np.isin(hosts, relations.start[relations.fixed]) & ~relations.closed[hosts]]
        room = relations.problem.failover[free].min(axis=1, initial=np.iinfo(np.int64).max)
        vms = np.bincount(relations.start[relations.start >= 0], minlength=relations.hosts)[free]
        chosen.extend(free[np.lexsort((vms, -room))][:count])
    if chosen:
        yield np.array(sorted(chosen), np.int64)


def evacuated(relations: Relations, on: Mask, idle: Rows | None, *, mend: bool = False) -> State | None:
    """Return a state in which only hosts in `on` hold items, none of them idle ones; None if no way was found."""
    open_hosts = on.copy()
    open_hosts[idle if idle is not None else []] = False
    for score in (roomiest, tightest, aligned):
        state = State(relations, relations.start)
        if resettled(state, leavers(state, open_hosts, mend=mend), open_hosts, score) and survives(state, on):
            return state
    return None


def leavers(state: State, open_hosts: Mask, *, mend: bool) -> list[int]:
    """Return the items that must leave where they are, and with `mend` those whose leaving mends a broken limit."""
    relations = state.relations
    host = state.host
    gone = (host == NOWHERE) | (~open_hosts[host] & ~relations.asleep) | ~relations.stays
    if mend:
        gone |= relations.wrong | _overloading(state, gone) | _crowding(state, gone) | _misplaced(state)
    return [int(item) for item in np.flatnonzero(gone & ~(relations.fixed & (host != NOWHERE)))]


def _overloading(state: State, gone: Mask) -> Mask:
    """Mark items of overloaded hosts, the largest first, until the rest fits."""
    relations = state.relations
    marked = np.zeros(relations.items, np.bool_)
    over = (state.load > relations.problem.capacity).any(axis=1)
    for host in np.flatnonzero(over):
        load = state.load[host].copy()
        items = [int(item) for item in state.on_host(int(host)) if not relations.fixed[item]]
        for item in sorted(items, key=lambda each: (not gone[each], -state.need(each, int(host)).max())):
            if (load <= relations.problem.capacity[host]).all():
                break
            load -= state.need(item, int(host))
            marked[item] = True
    return marked


def _crowding(state: State, gone: Mask) -> Mask:
    """Mark items beyond what a relation allows in one place, those that leave anyway first, then the lightest."""
    relations = state.relations
    marked = np.zeros(relations.items, np.bool_)
    for relation in relations.at_most:
        members = np.flatnonzero((relation.weight > 0) & (state.host != NOWHERE) & ~relations.fixed)
        totals = np.bincount(
            relation.place[state.host[members]] + 1, relation.weight[members], minlength=int(relation.place.max()) + 2
        )
        order = sorted(members, key=lambda item: (not gone[item], relations.move_weight[item]))
        for item in order:
            place = relation.place[state.host[item]] + 1
            if place > 0 and totals[place] > relation.most:
                totals[place] -= relation.weight[item]
                marked[item] = True
    return marked


def _misplaced(state: State) -> Mask:
    """Mark items that are with others whom they must not meet, or not with or without those that a rule wants."""
    relations = state.relations
    marked = np.zeros(relations.items, np.bool_)
    for apart in relations.apart:
        members = np.flatnonzero((apart.part >= 0) & (state.host != NOWHERE))
        places = apart.place[state.host[members]]
        parts = np.zeros((int(apart.place.max(initial=-1)) + 1, apart.parts), np.int64)
        np.add.at(parts, (places, apart.part[members]), 1)
        mixed = (parts > 0).sum(axis=1) > 1
        smallest = np.where(parts > 0, parts, np.iinfo(np.int64).max).argmin(axis=1)
        marked[members[mixed[places] & (apart.part[members] == smallest[places])]] = True
    for near in relations.near:
        hosts = state.host[near.items]
        if (hosts == NOWHERE).any() or not near.groups[:, hosts].all(axis=1).any():
            marked[near.items] = True
    for company in relations.company:
        marked[company.broken(state.host)] = True
    return marked


def resettled(state: State, leaving: list[int], open_hosts: Mask, score: Score) -> bool:
    """Move the items to open hosts, the hardest first; return whether all found room."""
    relations = state.relations
    homes = {item: state.take(item) for item in leaving if state.host[item] != NOWHERE}
    hard = hardness(relations, leaving)
    for index in np.argsort(-hard, kind="stable"):
        item = leaving[index]
        options = _away(state, item, np.flatnonzero(state.targets(item) & open_hosts))
        if not len(options) and (host := _made_room(state, item, open_hosts, homes)) != NOWHERE:
            options = np.array([host])
        if not len(options):
            return False
        state.put(item, _chosen(state, item, options, score))
    return True


def _away(state: State, item: int, options: Rows) -> Rows:
    """Return the options without the item's own host, if its leaving mends something there."""
    start = int(state.relations.start[item])
    return options[options != start] if start != NOWHERE and not state.mends_nothing(item, start) else options


def _chosen(state: State, item: int, options: Rows, score: Score) -> int:
    """Return the best option; the item's own host, if it is one of them."""
    if state.relations.start[item] in options:
        return int(state.relations.start[item])
    free = state.limit[options] - state.load[options]
    return int(options[score(free, state.need(item, int(options[0])), state.limit[options]).argmin()])


def _made_room(state: State, item: int, open_hosts: Mask, homes: dict[int, int]) -> int:
    """Let one item that stays step aside for this one; return the host where there is room now."""
    relations = state.relations
    wanted = np.flatnonzero(relations.allowed(item) & open_hosts)
    free = (state.limit - state.load)[wanted]
    for host in wanted[np.argsort(-(free / np.maximum(state.limit[wanted], 1)).min(axis=1))][:8]:
        for other in state.on_host(int(host)):
            other = int(other)
            need = state.load[host] - state.need(other, int(host)) + state.need(item, int(host))
            if relations.fixed[other] or other in homes or (need > state.limit[host]).any():
                continue
            state.take(other)
            options = state.targets(other) & open_hosts
            options[host] = False
            for aside in np.flatnonzero(options)[:1]:
                state.put(other, int(aside))
                if state.targets(item)[host]:
                    return int(host)
                state.take(other)
            state.put(other, int(host))
    return NOWHERE


def placement(
    relations: Relations, found: tuple[State, Mask] | None, bound: Cover | None, solver: str, seconds: float
) -> Placement:
    """Return what was found as a placement; without it, the start as it is."""
    if found is None:
        return Placement(
            host=relations.problem.start,
            on=relations.problem.on,
            solver=solver,
            status="infeasible",
            bound=bound.bound if bound else 0,
            bound_hosts=bound.bound_hosts if bound else 0,
            seconds=seconds,
            reason="No placement that keeps all rules was found.",
        )
    state, on = found
    weight = int(relations.host_weight[on].sum())
    if relations.problem.joined:
        away = (state.host != relations.start) & (relations.start != NOWHERE)
        weight += int(relations.move_weight[away].sum())
    return Placement(
        host=relations.vm_hosts(state.host),
        on=on,
        solver=solver,
        status="optimal" if bound is not None and weight <= bound.bound else "feasible",
        bound=bound.bound if bound else 0,
        bound_hosts=bound.bound_hosts if bound else 0,
        seconds=seconds,
    )
