"""
What each move of a plan waits for, whatever the clock says.

A plan says when each move starts; reality takes longer. What must be kept of it is the order on each resource that
moves share. For a resource used while a move runs (a slot, a link), a move waits for all that use it too and end before
it starts in the plan; then those that run together are a set that runs together at some moment of the plan, since
intervals that meet in pairs have a moment in common. For room on a host, a move that enters waits for all that leave
before it in the plan; then the host never holds more than it does at some moment of the plan.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

import numpy as np

from models.arrays import NOWHERE, Rows
from models.plan import Moves
from models.problem import Problem
from models.rules import Lonely, ResourceCapacity, RunningCapacity, Split, Spread

Pair = tuple[int, int]
"""A move, and one that it waits for."""


def shared(moves: Moves, rows: Iterable[int]) -> Iterator[Pair]:
    """Yield who waits for whom among moves that use one resource while they run; what follows from others is left."""
    begun = sorted(rows, key=lambda row: (moves.start_s[row], row))
    ended = sorted(begun, key=lambda row: (moves.end_s[row], row))
    over: list[int] = []
    latest_s, done = -np.inf, 0
    for row in begun:
        while done < len(ended) and moves.end_s[ended[done]] <= moves.start_s[row]:
            if ended[done] != row:
                over.append(ended[done])
                latest_s = max(latest_s, float(moves.start_s[ended[done]]))
            done += 1
        over = [other for other in over if moves.end_s[other] > latest_s]
        yield from ((row, other) for other in over if other != row)


def room(moves: Moves) -> Iterator[Pair]:
    """Yield who enters a host, or gets memory back there, after whom has left it, or given memory up there."""
    makes_room = (moves.source != moves.destination) | (moves.balloon_mib > 0)
    leaving = _by(np.where(makes_room, moves.source, NOWHERE))
    for host, entering in _by(moves.destination).items():
        gone = sorted(leaving.get(host, ()), key=lambda row: (moves.end_s[row], row))
        ends = [float(moves.end_s[row]) for row in gone]
        for row in entering:
            first = int(np.searchsorted(ends, moves.start_s[row], side="right"))
            yield from ((row, other) for other in gone[:first] if moves.vm[other] != moves.vm[row])


def legs(moves: Moves) -> Iterator[Pair]:
    """Yield the moves of one VM, one after the other."""
    for rows in _by(moves.vm).values():
        ordered = sorted(rows, key=lambda row: (moves.start_s[row], row))
        yield from zip(ordered[1:], ordered[:-1], strict=True)


def coupled(problem: Problem, moves: Moves) -> Iterator[Pair]:
    """Yield who enters a place after whom has left it, because a rule that always holds forbids both there at once."""
    for rule in problem.rules:
        if not rule.continuous or rule.price is not None:
            continue
        if isinstance(rule, Spread):
            yield from _placed(problem, moves, np.flatnonzero(np.isin(moves.vm, rule.vms)), rule.level)
        elif isinstance(rule, Split):
            parts = np.concatenate([*rule.parts, np.zeros(0, np.int64)])
            yield from _placed(problem, moves, np.flatnonzero(np.isin(moves.vm, parts)), rule.level)
        elif isinstance(rule, Lonely):
            vms, rows = rule.vms, np.arange(len(moves))
            own = set(np.flatnonzero(np.isin(moves.vm, vms)).tolist())
            pairs = _placed(problem, moves, rows, "host")
            yield from ((row, other) for row, other in pairs if (row in own) != (other in own))
        elif isinstance(rule, RunningCapacity | ResourceCapacity):
            within = np.isin(moves.source, rule.hosts) | np.isin(moves.destination, rule.hosts)
            yield from shared(moves, np.flatnonzero(within).tolist())


def _placed(problem: Problem, moves: Moves, rows: Rows, level: str) -> Iterator[Pair]:
    """Yield which of the moves enter a place of the level after which of them have left it."""
    place = problem.places[level]
    for row in rows.tolist():
        entered = place[moves.destination[row]]
        for other in rows.tolist():
            if moves.vm[other] == moves.vm[row] or moves.source[other] == NOWHERE:
                continue
            if place[moves.source[other]] == entered and moves.end_s[other] <= moves.start_s[row]:
                yield row, other


def by_wave(moves: Moves) -> list[tuple[int, list[int]]]:
    """Return the moves of each wave, in the order of the waves."""
    ordered = sorted(range(len(moves)), key=lambda row: (moves.wave[row], row))
    return [(wave, list(rows)) for wave, rows in groupby(ordered, key=lambda row: int(moves.wave[row]))]


def _by(values: Rows) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for row, value in enumerate(values.tolist()):
        if value != NOWHERE:
            found.setdefault(value, []).append(row)
    return found


def by_resource(moves: Moves, paths: Sequence[Sequence[int]]) -> dict[int, list[int]]:
    """Return the moves that use each link."""
    found: dict[int, list[int]] = {}
    for row, path in enumerate(paths):
        for link in path:
            found.setdefault(link, []).append(row)
    return found
