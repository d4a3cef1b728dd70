"""Solves each part of a problem by the means that fit it, and puts the answers together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from pickle import dumps
from time import perf_counter

import numpy as np

from models.arrays import NOWHERE, Mask
from models.plan import Placement
from models.problem import Problem
from solvers.anew import packed_anew
from solvers.cover import Cover, cover, fewest_moves
from solvers.cpsat import CpSat, Found, moves_of, pairs, value_of, weight_of
from solvers.drain import lighter, thinned
from solvers.evacuate import Evacuate, evacuated, placement
from solvers.explain import infeasibility
from solvers.finish import finished
from solvers.greedy import SCORES, packed
from solvers.groups import grouped
from solvers.neighbourhoods import Neighbourhoods
from solvers.overloads import stateable
from solvers.parts import Part, part_of, split
from solvers.relations import Relations, compiled
from solvers.relaxation import raised
from solvers.restriction import understood
from solvers.several import solved
from solvers.state import State

MOST_PAIRS = 100_000
"""Items times hosts up to which one exact model is built."""

MOST_HOSTS_AT_ONCE = 1_500
"""Hosts above which a part is divided into groups."""
HOSTS_A_GROUP = 500

FEW_PAIRS = 2_500
"""Items times hosts up to which an exact model is built to save moves alone, if it states no samples."""

WHOLE_PAIRS = 10_000
"""Items times hosts beyond which few hosts at a time find more than one exact model of all, once there is a start."""

MOVES_ALONE = 0.25
"""Share of the search's time that comes on top for saving moves, where the search took hosts off last."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Portfolio:
    """
    Evacuation by cover first; where its bound is not met, an exact model seeded with what was found.

    Parameters
    ----------
    means
        ``auto``, or one of ``evacuate``, ``cp-sat``, ``first-fit``, ``best-fit``, ``dot-product``.
    seconds
        Deterministic time for all parts together. [s]
    seed, workers
        For the exact model; with more than one worker the result is not reproducible.
    progress
        Told how many parts are done, of how many.
    """

    means: str = "auto"
    seconds: float = 20.0
    seed: int = 1
    workers: int = 1
    progress: Progress | None = None
    _found_before: dict[bytes, Placement] = field(default_factory=dict, compare=False, repr=False)
    """What was found for parts, by their content: searches that repeat change few of them."""

    def __call__(self, problem: Problem) -> Placement:
        """Return the best placement found; parts without one stay as they are and are told of."""
        began = perf_counter()
        parts = split(problem)
        found = self._several([part.problem for part in parts], max(self.seconds / max(len(parts), 1), 0.2), told=True)
        whole = merged(problem, parts, found, perf_counter() - began)
        return self._tolerated(problem, whole) if problem.host_tolerance and self.means == "auto" else whole

    def _several(self, problems: list[Problem], seconds: float, *, told: bool = False) -> list[Placement]:
        """Return a placement of each problem; what was found before for the same one is not sought again."""
        keys = [blake2b(dumps(problem, protocol=5)).digest() for problem in problems]
        missing = {key: problem for key, problem in zip(keys, problems, strict=True) if key not in self._found_before}
        large = {key for key, problem in missing.items() if len(problem.capacity) > MOST_HOSTS_AT_ONCE}
        for key in large:
            if (answer := self._by_groups(missing[key], seconds)) is not None:
                self._found_before[key] = answer
        left = [key for key in missing if key not in self._found_before]
        alone = _Alone(replace(self, progress=None, _found_before={}), seconds)
        for index, own in enumerate(solved(alone, [missing[key] for key in left])):
            self._found_before[left[index]] = own
            if told and self.progress is not None:
                self.progress(len(problems) - len(left) + index + 1, len(problems))
        return [self._found_before[key] for key in keys]

    def _by_groups(self, problem: Problem, seconds: float) -> Placement | None:
        """
        Return a placement that was found group by group, with the bound of the whole; None where it has no groups.

        Groups without a placement are tried once more as one with a group that has one.
        """
        began = perf_counter()
        groups = list(grouped(problem, HOSTS_A_GROUP))
        if not groups:
            return None
        found = self._several([group.problem for group in groups], seconds / len(groups))
        groups, found = self._retried(problem, groups, found, seconds)
        if any(each.status == "infeasible" for each in found):
            return merged(problem, groups, found, perf_counter() - began)
        hard = replace(problem, rules=tuple(rule for rule in problem.rules if rule.price is None))
        bound = cover(compiled(hard, strict=False))
        told = merged(problem, groups, found, perf_counter() - began)
        if bound is None:
            return replace(told, bound=0, bound_hosts=0, status="feasible")
        met = problem.first_stage(told.host, told.on) <= bound.bound
        return replace(told, bound=bound.bound, bound_hosts=bound.bound_hosts, status="optimal" if met else "feasible")

    def _retried(
        self, problem: Problem, groups: list[Part], found: list[Placement], seconds: float
    ) -> tuple[list[Part], list[Placement]]:
        """Return the groups and placements, those without one joined with one that has one and tried again."""
        failed = {row for row, each in enumerate(found) if each.status == "infeasible"}
        if not failed:
            return groups, found
        again = sorted(failed | set([row for row in range(len(groups)) if row not in failed][:1]))
        vms, hosts = (np.concatenate([getattr(groups[row], name) for row in again]) for name in ("vms", "hosts"))
        joined = part_of(problem, np.sort(vms), np.sort(hosts), problem.rules)
        others = [row for row in range(len(groups)) if row not in again]
        placements = [self.part(joined.problem, seconds), *(found[row] for row in others)]
        return [joined, *(groups[row] for row in others)], placements

    def _tolerated(self, problem: Problem, best: Placement) -> Placement:
        """Return a placement with fewer moves whose hosts weigh more than the best by what is tolerated."""
        relations = compiled(problem)
        if best.status == "infeasible" or problem.joined or not understood(relations):
            return best
        cap = int(weight_of(relations, best.on) * (1 + problem.host_tolerance) + 1e-9)
        state = State(relations, relations.item_hosts(best.host))
        search = Neighbourhoods(self.seconds / 2, self.seed)
        state, on = finished(*search(relations, (state, best.on), (0, 0), cap))
        if moves_of(state) >= int(problem.move_weights[(best.host != problem.start) & (problem.start >= 0)].sum()):
            return best
        host = relations.vm_hosts(state.host)
        same = (host == problem.start).all() and (on == problem.on).all()
        met = weight_of(relations, on) <= best.bound
        status = "unchanged" if same else "optimal" if met else "feasible"
        return replace(best, host=host, on=on, status=status, bound_moves=0.0)

    def part(self, problem: Problem, seconds: float) -> Placement:
        """
        Return a placement of one part.

        What stands where a rule forbids it must leave; if that cannot be had, it may stay. Rules with a price are kept
        if that is possible.
        """
        if not len(problem.capacity):
            names = tuple(str(name) for name in problem.vms)
            reason = f"{names[0]} may be on no host."
            return Placement(problem.start, problem.on, "cover", "infeasible", reason=reason, blocking=names)
        hard = replace(problem, rules=tuple(rule for rule in problem.rules if rule.price is None))
        eased = (problem, hard) if len(hard.rules) < len(problem.rules) else (problem,)
        told = None
        for strict in (True, False):
            for chosen in eased:
                answer = self._answer(compiled(chosen, strict=strict), seconds)
                if answer.status != "infeasible":
                    return answer
                told = told or answer
        return told or answer

    def _answer(self, relations: Relations, seconds: float) -> Placement:
        began = perf_counter()
        bound = cover(relations) or cover(relations, spares=False)
        found, solver = None, "cover"
        if bound is not None:
            found, bound, solver = self._found(relations, bound, seconds)
        if bound is None or found is None:
            reason, blocking = infeasibility(relations)
            if self.means in SCORES:
                reason = f"{self.means} packs everything anew and found no way; the solver auto searches further."
            kept = placement(relations, None, bound, solver, perf_counter() - began)
            return replace(kept, reason=reason, blocking=blocking)
        exact = solver == "cp-sat" and self.workers > 1
        least = 0 if relations.problem.joined else least_moves(relations, found[1])
        told = placement(relations, finished(*found), bound, solver, perf_counter() - began)
        return replace(told, reproducible=not exact, bound_moves=least)

    def _found(self, relations: Relations, bound: Cover, seconds: float) -> tuple[Found | None, Cover, str]:
        """Return a state with the hosts that are on, the best bound, and the means that found it."""
        if self.means in SCORES:
            return packed(relations, self.means), bound, self.means
        first, bound, solver = self._constructed(relations, bound, seconds)
        if self.means == "evacuate":
            return first, bound, solver
        first = self._fewer_moves(relations, first) if not relations.problem.joined else first
        found = first
        if self._exact_pays(relations, first, bound):
            better, bound = CpSat(seconds, self.seed, self.workers).improved(relations, first, bound)
            if better is not None:
                found, solver = better, "cp-sat"
        if found is not None and self.means == "auto":
            found, improved = self._searched(relations, found, bound, seconds)
            solver = f"{solver}+neighbourhoods" if improved else solver
        return found, bound, solver

    def _constructed(self, relations: Relations, bound: Cover, seconds: float) -> tuple[Found | None, Cover, str]:
        """Return a first placement, by evacuation or packed anew, the bound, raised if need be, and the means."""
        first = lighter(relations, next(Evacuate().attempts(relations, bound), None))
        if first is not None and not relations.problem.joined:
            first = thinned(relations, first, bound.bound)
        if first is not None and value_of(relations, first) > bound.bound:
            bound = raised(relations, first, bound, seconds / 10)
        if self.means == "auto" and (first is None or value_of(relations, first) > bound.bound):
            anew = packed_anew(relations, seconds / 5, self.seed)
            if anew is not None and (first is None or value_of(relations, anew) < value_of(relations, first)):
                return anew, bound, "packing"
        return first, bound, "evacuate"

    def _exact_pays(self, relations: Relations, first: Found | None, bound: Cover) -> bool:
        if pairs(relations) > MOST_PAIRS or not stateable(relations):
            return False
        if first is not None and self.means == "auto" and pairs(relations) > WHOLE_PAIRS and understood(relations):
            return False
        if first is None or self.means == "cp-sat" or value_of(relations, first) > bound.bound:
            return True
        few = pairs(relations) <= FEW_PAIRS and not relations.overloads
        return few and moves_of(first[0]) > least_moves(relations, first[1])

    def _fewer_moves(self, relations: Relations, first: Found | None) -> Found | None:
        """Return a placement that keeps as little weight with fewer moves, if emptying other hosts gives one."""
        if first is None:
            return None
        weight = weight_of(relations, first[1])
        other = fewest_moves(relations, weight)
        if other is None or moves_of(first[0]) <= other.bound:
            return first
        state = evacuated(relations, other.on, None, mend=True)
        if state is None or weight_of(relations, other.on) > weight or moves_of(state) >= moves_of(first[0]):
            return first
        return state, other.on

    def _searched(self, relations: Relations, found: Found, bound: Cover, seconds: float) -> tuple[Found, bool]:
        """Return a placement improved few hosts at a time, and whether it was."""
        if not understood(relations):
            return found, False
        before = weight_of(relations, found[1]), moves_of(found[0])
        whole = pairs(relations) <= WHOLE_PAIRS
        search, least = Neighbourhoods(seconds / 2 if whole else seconds, self.seed), (bound.bound, 0)
        if before[0] <= bound.bound and not relations.problem.joined:
            least = bound.bound, least_moves(relations, found[1])
        state, on = search(relations, found, least)
        weight = weight_of(relations, on)
        if weight < before[0] and not relations.problem.joined:
            search = replace(search, seconds=search.seconds * MOVES_ALONE)
            state, on = search(relations, (state, on), (0, least_moves(relations, on)), weight)
        return (state, on), (weight_of(relations, on), moves_of(state)) != before


@dataclass(frozen=True)
class _Alone:
    """A portfolio for one part at a time, to be sent to another process."""

    portfolio: Portfolio
    seconds: float

    def __call__(self, problem: Problem) -> Placement:
        return self.portfolio.part(problem, self.seconds)


def least_moves(relations: Relations, on: Mask) -> int:
    """Return a bound on the weight of moves to any hosts that weigh no more than these."""
    least = fewest_moves(relations, weight_of(relations, on))
    return 0 if least is None else least.bound


def merged(problem: Problem, parts: Sequence[Part], found: Sequence[Placement], seconds: float) -> Placement:
    """Return the placements of the parts as one."""
    host = np.full(len(problem.start), NOWHERE, np.int64)
    on = np.zeros(len(problem.capacity), np.bool_)
    for part, own in zip(parts, found, strict=True):
        host[part.vms] = np.where(own.host == NOWHERE, NOWHERE, part.hosts[own.host] if len(part.hosts) else NOWHERE)
        on[part.hosts] = own.on
    failed = [each for each in found if each.status == "infeasible"]
    if failed:
        host, on = problem.start.astype(np.int64), problem.on.copy()
    status = "infeasible" if failed else "optimal" if all(each.status == "optimal" for each in found) else "feasible"
    if not failed and (host == problem.start).all() and (on == problem.on).all():
        status = "unchanged"
    return Placement(
        host=host,
        on=on,
        solver="+".join(sorted({name for each in found for name in each.solver.split("+")})),
        status=status,
        bound=sum(each.bound for each in found),
        bound_hosts=sum(each.bound_hosts for each in found),
        bound_moves=sum(each.bound_moves for each in found),
        reproducible=all(each.reproducible for each in found),
        seconds=seconds,
        reason=" ".join(dict.fromkeys(each.reason for each in failed)),
        blocking=tuple(dict.fromkeys(name for each in failed for name in each.blocking)),
    )
