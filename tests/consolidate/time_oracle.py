"""The fewest hosts that rules about time leave, by trying every placement and every order of direct moves."""

from collections.abc import Iterator, Sequence
from itertools import permutations, product

import numpy as np

from models.problem import Problem
from models.timing import Blackout, Deadline, Precedence, Serialize, Timing, Window

SLACK_S = 1e-6
"""What times may differ by, for rounding. [s]."""

Move = tuple[int, int, int]
"""A VM, from where and to where."""
Times = dict[int, float]
"""When the move of each VM begins."""


def fewest(problem: Problem, timing: Sequence[Timing], lasts_s: float, shut_s: float) -> int:
    """Return how many hosts must be on at least, if each move lasts so long and only direct moves are made."""
    hosts = len(problem.hosts)
    placements = [np.array(each) for each in product(range(hosts), repeat=len(problem.vms))]
    roomy = [host for host in placements if (problem.load(host) <= problem.capacity).all()]
    for host in sorted(roomy, key=lambda host: len(set(host.tolist()))):
        if reachable(problem, host, timing, lasts_s, shut_s):
            return len(set(host.tolist()))
    raise AssertionError("The start is always reachable.")


def reachable(problem: Problem, host: np.ndarray, timing: Sequence[Timing], lasts_s: float, shut_s: float) -> bool:
    """
    Return whether some order of moves leads there, each as early as the rules and those before it in the order allow.

    If any schedule keeps the rules, so does the one that takes its moves in the order of their start, each earlier.
    """
    start = problem.start
    moves = [(vm, int(start[vm]), int(host[vm])) for vm in range(len(host)) if start[vm] != host[vm]]
    freed = [place for place in set(start.tolist()) if place not in host]
    for order in permutations(moves):
        times = _times(problem, order, timing, lasts_s)
        if times is not None and all(_shut(place, moves, times, timing, lasts_s, shut_s) for place in freed):
            return True
    return False


def _times(problem: Problem, order: Sequence[Move], timing: Sequence[Timing], lasts_s: float) -> Times | None:
    times: Times = {}
    moving = {vm for vm, _, _ in order}
    for vm, source, target in order:
        firsts = {
            one for rule in timing if isinstance(rule, Precedence) and vm in rule.then
            for one in rule.first.tolist() if one in moving
        }  # fmt: skip
        if not firsts <= set(times):
            return None
        since = max((times[one] + lasts_s for one in firsts), default=0.0)
        ends = [time + lasts_s for time in times.values()]
        rules = [rule for rule in timing if vm in getattr(rule, "vms", ()) or _at(rule, source) or _at(rule, target)]
        for time in sorted({since, *ends, *(each for rule in rules for each in _edges(rule))}):
            if time < since - SLACK_S or not all(_open(rule, time, time + lasts_s) for rule in rules):
                continue
            crowd = [
                sum(abs(times[other] - time) < lasts_s - SLACK_S for other in rule.vms.tolist() if other in times)
                < rule.most
                for rule in rules if isinstance(rule, Serialize)
            ]  # fmt: skip
            if all(crowd) and _room(problem, order, times, (vm, source, target), time, lasts_s):
                times[vm] = time
                break
        else:
            return None
    return times


def _room(problem: Problem, order: Sequence[Move], times: Times, move: Move, time: float, lasts_s: float) -> bool:
    """Return whether the VM fits on its host from a time on beside those that are there, come, or have not left."""
    vm, _, target = move
    there = [
        other
        for other in range(len(problem.vms))
        if other != vm and _there(problem, order, times, other, target, time - lasts_s)
    ]
    need = problem.seated[problem.kind[target]]
    return bool((need[there].sum(axis=0) + need[vm] <= problem.capacity[target]).all())


def _there(problem: Problem, order: Sequence[Move], times: Times, vm: int, host: int, left: float) -> bool:
    """Return whether a VM holds room on a host: it comes, or it is there and its move did not begin so early."""
    if vm in times and _target(order, vm) == host:
        return True
    return bool(problem.start[vm] == host and not (vm in times and times[vm] <= left + SLACK_S))


def _target(order: Sequence[Move], vm: int) -> int:
    return next(target for other, _, target in order if other == vm)


def _at(rule: Timing, host: int) -> bool:
    return isinstance(rule, Window | Blackout) and host in rule.places


def _edges(rule: Timing) -> Iterator[float]:
    if isinstance(rule, Window | Blackout):
        yield from (each for span in rule.spans for each in span)


def _open(rule: Timing, start: float, end: float) -> bool:
    if isinstance(rule, Window):
        return any(first <= start + SLACK_S and end <= last + SLACK_S for first, last in rule.spans)
    if isinstance(rule, Blackout):
        return not any(start < last - SLACK_S and first < end - SLACK_S for first, last in rule.spans)
    return not isinstance(rule, Deadline) or end <= rule.until_s + SLACK_S


def _shut(
    place: int, moves: Sequence[Move], times: Times, timing: Sequence[Timing], lasts_s: float, shut_s: float
) -> bool:
    """Return whether a host can be shut down once it is empty."""
    empty = max((times[vm] + lasts_s for vm, source, _ in moves if source == place), default=0.0)
    rules = [rule for rule in timing if _at(rule, place)]
    edges = {empty, *(each for rule in rules for each in _edges(rule))}
    return any(
        time >= empty and all(_open(rule, time, time + shut_s) for rule in rules) for time in edges if np.isfinite(time)
    )
