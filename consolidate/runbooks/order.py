"""
The order of moves, forwards and back.

A plan says when each move starts and ends; reality takes longer. What must be kept is the order: a move starts only
when all moves that end before it in the plan have ended. Then, whatever each takes, no host ever holds more than
the plan says it holds at some moment, and no more moves run at once than in the plan. Mirrored in time the same holds
for the way back, from whichever moves were done.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from consolidate.runbooks.folder import Action, Move


def waves(moves: Sequence[Move]) -> Iterator[tuple[int, tuple[Move, ...]]]:
    """Yield the moves of each wave, in order."""
    for wave, group in groupby(moves, key=lambda move: move.wave):
        yield wave, tuple(group)


def batches(moves: Sequence[Move]) -> Iterator[tuple[Move, ...]]:
    """
    Yield moves that may run at once, batch after batch, each started when the one before has ended.

    All moves of a batch are under way at the same time in the plan: when the last of them starts.
    """
    batch: list[Move] = []
    for move in moves:
        if batch and (move.wave != batch[0].wave or move.start_s >= min(one.end_s for one in batch)):
            yield tuple(batch)
            batch = []
        batch.append(move)
    if batch:
        yield tuple(batch)


def rollback(moves: Sequence[Move]) -> tuple[Move, ...]:
    """
    Return the inverse moves in reverse order; each keeps the number and the wave of the move that it undoes.

    A VM that was on no host is taken away again: its destination is empty.
    """
    back = [
        replace(
            move, source=move.destination, destination=move.source, start_s=0.0 - move.end_s, end_s=0.0 - move.start_s
        )
        for move in moves
    ]
    return tuple(sorted(back, key=lambda move: (-move.wave, move.start_s, -move.number)))


def stops(moves: Sequence[Move]) -> dict[str, tuple[str, ...]]:
    """Return the hosts that each moved VM is on, one after the other."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for move in moves:
        found[move.vm] += [move.destination] if found[move.vm] else [move.source, move.destination]
    return {vm: tuple(hosts) for vm, hosts in found.items()}


def boots(moves: Sequence[Move], actions: Sequence[Action]) -> list[tuple[int, Action]]:
    """Return each host that is booted, with the wave before which it is to be up; 0 if there are no moves."""
    starts = [(wave, group[0].start_s) for wave, group in waves(moves)] or [(0, 0.0)]
    nexts = [start for _, start in starts[1:]] + [float("inf")]
    return [
        (next(wave for (wave, _), later in zip(starts, nexts, strict=True) if action.start_s < later), action)
        for action in actions
        if action.action == "boot"
    ]


def at_once(moves: Sequence[Move]) -> tuple[int, int]:
    """Return how many live migrations the plan has at one host, and in all, at the same time at most."""
    moves = [move for move in moves if move.live]
    events = sorted(
        event for move in moves for event in ((move.end_s, -1, move.number), (move.start_s, 1, move.number))
    )
    by_number = {move.number: move for move in moves}
    busy: Counter[str] = Counter()
    host_most = most = running = 0
    for _, change, number in events:
        move = by_number[number]
        running += change
        for host in (move.source, move.destination):
            busy[host] += change
        most = max(most, running)
        host_most = max(host_most, busy[move.source], busy[move.destination])
    return host_most, most
