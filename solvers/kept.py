"""Why hosts could not be emptied: the resource or rule that binds, and which host would be the next."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from models.arrays import NOWHERE, Floats, Mask
from models.counting import counted
from models.plan import Placement
from models.problem import Problem
from models.rules import Root
from solvers.parts import Part, split
from solvers.relations import Relations, compiled
from solvers.spare import survives
from solvers.state import State, hardness

MOST_WORK = 5_000_000
"""Work for all hosts that are looked at, the emptiest first."""

EACH = 1_000
"""Work of moving one item, beside one for each host of its part."""


@dataclass(frozen=True)
class Kept:
    """
    Why one host stays on.

    Parameters
    ----------
    host
        Its row.
    reason
        A sentence.
    vms
        How many VMs would have to leave it, and how many of them find no room.
    homeless
        How many of them find no room, one after the other, the hardest first.
    missing
        What these need, as a share of the host's capacity in its fullest dimension; infinite where a rule binds.
    """

    host: int
    reason: str
    vms: int
    homeless: int
    missing: float


def kept(problem: Problem, placement: Placement) -> tuple[Kept, ...]:
    """Return why hosts that are on at the end could not be emptied onto the others, the emptiest first."""
    fill, work, owner = np.full(len(problem.capacity), np.inf), np.zeros(len(problem.capacity)), {}
    for part in split(problem):
        scene = _Scene.of(part, placement)
        state, on = scene.state, scene.on
        holding = np.flatnonzero(on & (state.count > 0))
        fill[part.hosts[holding]] = state.fill()[holding]
        work[part.hosts] = state.count * (EACH + len(part.hosts))
        owner.update(dict.fromkeys(part.hosts[holding].tolist(), scene))
    order = np.argsort(fill, kind="stable")[: len(owner)]
    most = max(int(np.searchsorted(np.cumsum(work[order]), MOST_WORK)), 1)
    return tuple(owner[host].why(host) for host in order[:most].tolist())


@dataclass(frozen=True, eq=False)
class _Scene:
    """One part of the estate: who is where at the end, and which hosts are on."""

    part: Part
    state: State
    on: Mask

    @classmethod
    def of(cls, part: Part, placement: Placement) -> "_Scene":
        """Return the part as it is in the placement."""
        relations = compiled(part.problem, strict=False)
        state = State(relations, relations.item_hosts(part.own(placement.host)))
        return cls(part, state, placement.on[part.hosts])

    @cached_property
    def held(self) -> bool:
        """Whether a loss can be survived as it is."""
        return survives(self.state, self.on)

    def why(self, host: int) -> Kept:
        """Return why one host, a row of the whole, stays on."""
        own = int(np.searchsorted(self.part.hosts, host))
        return replace(_one(self.state, own, self.on, held=self.held), host=host)


def _one(state: State, host: int, on: Mask, *, held: bool) -> Kept:
    """Move the items of one host to the others, tell what is in the way, and put them back."""
    items = [int(item) for item in state.on_host(host) if not state.relations.asleep[item]]
    items = [items[index] for index in np.argsort(-hardness(state.relations, items), kind="stable")]
    vms = int(state.relations.size[items].sum())
    if (why := _pinned(state.relations, host, items)) is not None:
        return Kept(host, why, vms, vms, np.inf)
    others = on & (state.count > 0)
    others[host] = False
    stuck, moved = [], []
    for item in items:
        state.take(item)
        options = np.flatnonzero(state.targets(item) & others)
        if len(options):
            free = (state.limit - state.load)[options] / np.maximum(state.limit[options], 1)
            state.put(item, int(options[free.min(axis=1).argmin()]))
            moved.append(item)
        else:
            stuck.append((item, _bound(state, item, host, others)))
    safe = bool(stuck) or not held or survives(state, others)
    for item in moved:
        state.take(item)
    for item in items:
        state.put(item, host)
    return _told(state, host, vms, stuck, safe=safe)


def _told(state: State, host: int, vms: int, stuck: list[tuple[int, str]], *, safe: bool) -> Kept:
    relations = state.relations
    if not stuck:
        text = "its VMs would find room elsewhere, but they would have to make way for each other"
        lost = "without it, the loss of another host could not be survived"
        return Kept(host, text if safe else lost, vms, 0, 0.0 if safe else np.inf)
    needs = sum(state.need(item, host) for item, _ in stuck)
    missing = float((needs / np.maximum(relations.capacity[host], 1)).max())
    count = int(relations.size[[item for item, _ in stuck]].sum())
    words = (
        f"{count} of its {vms} VMs {'finds' if count == 1 else 'find'} no room" if vms > 1 else "its VM finds no room"
    )
    return Kept(host, f"{words} on the others; {stuck[0][1]}", vms, count, missing)


def _pinned(relations: Relations, host: int, items: list[int]) -> str | None:
    """Return what binds the host itself, or an item to it, whatever room there is elsewhere."""
    problem = relations.problem
    if relations.forced_on[host]:
        return "a rule demands that it is on"
    for item in items:
        if relations.fixed[item]:
            vm = int(np.flatnonzero(relations.item == item)[0])
            rules = [rule.name or rule.kind for rule in problem.rules if isinstance(rule, Root) and vm in rule.vms]
            return f"{problem.vms[vm]} must not leave it: {rules[0] if rules else 'a rule keeps it there'}"
    return None


def _bound(state: State, item: int, host: int, others: Mask) -> str:
    """Return in words what keeps an item, which is on no host now, off each of the other hosts."""
    relations, problem = state.relations, state.relations.problem
    name = problem.vms[int(np.flatnonzero(relations.item == item)[0])]
    allowed = relations.allowed(item) & others
    if not allowed.any():
        return f"{name} may be on none of them by its boundaries and rules"
    lacking = state.load + relations.need(item) - state.limit
    short = (lacking > 0)[allowed]
    if not short.any(axis=1).all():
        return f"{name} may not join the VMs on those that have room"
    column = int(short.sum(axis=0).argmax())
    roomiest = int((state.limit - state.load)[allowed, column].max())
    need = int(state.need(item, host)[column])
    words = f"{need:,} of {problem.dims[column]} for {name}"
    return f"{words} where at most {roomiest:,} are free" if roomiest < need else f"no host has all that {name} needs"


def next_freed(problem: Problem, placement: Placement, found: tuple[Kept, ...], memory_mib: Floats) -> str:
    """Return which host would be the next to be freed, what that lacks and what it would cost; empty without one."""
    able = [each for each in found if np.isfinite(each.missing)]
    if not able:
        return ""
    best = min(able, key=lambda each: (each.missing, each.vms))
    vms = problem.takes & (placement.host == best.host)
    moves, gib = int(np.count_nonzero(vms)), float(memory_mib[vms].sum()) / 1024
    words = f"{counted(moves, 'running VM')} of {gib:,.0f} GiB"
    return f"{problem.hosts[best.host]} would be the next: {best.reason}. It means to move {words}."


def reasons(problem: Problem, placement: Placement, found: tuple[Kept, ...]) -> tuple[str, ...]:
    """Return a sentence for each host that is on at the end, empty for the others. Shape (hosts,)."""
    return tuple(_each(problem, placement, {each.host: each.reason for each in found}))


def _each(problem: Problem, placement: Placement, known: dict[int, str]) -> Iterator[str]:
    shares = problem.load(placement.host) / np.maximum(problem.capacity, 1)
    holds = np.bincount(placement.host[placement.host != NOWHERE], minlength=len(problem.capacity)) > 0
    for host in range(len(problem.capacity)):
        if not placement.on[host]:
            yield ""
        elif not holds[host]:
            yield "stands by, empty"
        else:
            column = int(shares[host].argmax())
            yield known.get(host, f"{shares[host, column]:.0%} of its {problem.dims[column]} are taken")
