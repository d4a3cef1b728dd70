"""The independent check of what runs at once: slots, waves, and bandwidth."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from models.arrays import NOWHERE, Floats, Ints, Names, Rows
from models.check.sweep import crowds
from models.check.violation import Violation
from models.network import Limits, Network
from models.plan import Moves, Plan
from models.problem import Problem

TOLERANCE = 1e-9
"""Share by which a sum of rates may miss its limit, for rounding."""


def violations(
    problem: Problem,
    plan: Plan,
    limits: Limits,
    nic_mbps: Floats | None = None,
    network: Network | None = None,
    switch_mbps: Mapping[str, float] | None = None,
    port_mbps: Floats | None = None,
) -> tuple[Violation, ...]:
    """
    Return where more runs at once than the platform, the waves or the network allow.

    Parameters
    ----------
    problem, plan
        The plan to check.
    limits
        Slots and waves. Only moves that copy something take slots; all sorts fill waves. A limit of 0 is none.
    nic_mbps
        Rate of each host's NIC in each direction. [Mbit/s] Shape (hosts,).
    network
        Links that the migrations share; the way between two hosts is through their lowest common switch.
    switch_mbps
        What a switch carries in all, by its name. [Mbit/s]
    port_mbps
        Rate of each host's port to a storage network, in each direction. [Mbit/s] Shape (hosts,).
    """
    live = plan.moves.take(np.flatnonzero(plan.moves.copies & (plan.moves.source != NOWHERE)))
    return (
        *_slots(problem, live, limits),
        *_waves(plan.moves, limits),
        *(() if nic_mbps is None else _nics(problem, live, live.bandwidth_mbps, nic_mbps, "")),
        *(() if port_mbps is None else _nics(problem, live, live.storage_mbps, port_mbps, "storage ")),
        *(() if network is None else _links(problem, live, network)),
        *(() if network is None else _switches(problem, live, network, switch_mbps or {})),
    )


def _slots(problem: Problem, moves: Moves, limits: Limits) -> Iterator[Violation]:
    hosts = [(name,) for name in problem.hosts]
    rows = np.arange(len(moves))
    both = np.concatenate([rows, rows])
    ends = np.concatenate([moves.source, moves.destination])
    yield from _crowded("Slots", "outgoing", hosts, moves, rows, moves.source, limits.outgoing)
    yield from _crowded("Slots", "incoming", hosts, moves, rows, moves.destination, limits.incoming)
    yield from _crowded("Slots", "per host", hosts, moves, both, ends, limits.per_host)
    yield from _crowded("Slots", "total", [("all hosts",)], moves, rows, np.zeros_like(rows), limits.total)


def _crowded(
    rule: str, name: str, who: Sequence[tuple[str, ...]], moves: Moves, rows: Ints, place: Rows | Ints, limit: int
) -> Iterator[Violation]:
    """Yield places with more moves at once than a limit."""
    if limit:
        ones = np.ones(len(rows), np.int64)
        limits = np.full(len(who), limit)
        for row, most, since in crowds(place, moves.start_s[rows], moves.end_s[rows], ones, limits):
            yield Violation(rule, who[row], float(most), float(limit), name, since_s=since)


def _waves(moves: Moves, limits: Limits) -> Iterator[Violation]:
    """Yield waves that are too large, and those that start before the last one was looked at."""
    numbers, sizes = np.unique(moves.wave, return_counts=True)
    ready_s = 0.0
    for rank, (number, size) in enumerate(zip(numbers, sizes, strict=True)):
        rows = moves.wave == number
        start_s, end_s = float(moves.start_s[rows].min()), float(moves.end_s[rows].max())
        most = limits.wave if rank else limits.pilot
        if most and size > most:
            yield Violation("Wave", (f"wave {number}",), float(size), float(most), "size", since_s=start_s)
        if start_s < ready_s - TOLERANCE * ready_s:
            yield Violation("Wave", (f"wave {number}",), start_s, ready_s, "start", since_s=start_s)
        ready_s = max(ready_s, end_s + limits.pause_s)


def _nics(problem: Problem, moves: Moves, taken: Floats, nic_mbps: Floats, network: str) -> Iterator[Violation]:
    for name, host in (("outgoing", moves.source), ("incoming", moves.destination)):
        held = crowds(host, moves.start_s, moves.end_s, taken, nic_mbps * (1 + TOLERANCE))
        for row, most, since in held:
            who = (problem.hosts[row],)
            yield Violation("Bandwidth", who, most, float(nic_mbps[row]), network + name, since_s=since)


def _links(problem: Problem, moves: Moves, network: Network) -> Iterator[Violation]:
    """Yield directions of links with more than their rate: even places are up, odd ones down."""
    chains = _chains(problem.hosts, network)
    routes = [_route(chains[a], chains[b]) for a, b in zip(moves.source, moves.destination, strict=True)]
    rows = np.repeat(np.arange(len(moves)), [len(route) for route in routes])
    place = np.array([link for route in routes for link in route], np.int64)
    rate = np.repeat(network.capacity_mbps, 2)
    times = moves.start_s[rows], moves.end_s[rows]
    for row, most, since in crowds(place, *times, moves.bandwidth_mbps[rows], rate * (1 + TOLERANCE)):
        who = (network.lower[row // 2], network.upper[row // 2])
        yield Violation("Link", who, most, float(rate[row]), "down" if row % 2 else "up", since_s=since)


def _switches(
    problem: Problem, moves: Moves, network: Network, switch_mbps: Mapping[str, float]
) -> Iterator[Violation]:
    """Yield switches that carry more in all than they can."""
    if not switch_mbps:
        return
    chains = _chains(problem.hosts, network)
    routes = [_route(chains[a], chains[b]) for a, b in zip(moves.source, moves.destination, strict=True)]
    for name, mbps in switch_mbps.items():
        rows = np.flatnonzero([any(network.upper[link // 2] == name for link in route) for route in routes])
        held = moves.start_s[rows], moves.end_s[rows], moves.bandwidth_mbps[rows]
        for _, most, since in crowds(np.zeros(len(rows), np.int64), *held, np.array([mbps * (1 + TOLERANCE)])):
            yield Violation("Switch", (name,), most, mbps, since_s=since)


def _chains(hosts: Names, network: Network) -> list[list[int]]:
    """Return the links from each host up to the root."""
    above = {lower: row for row, lower in enumerate(network.lower)}
    return [_chain(host, above, network.upper) for host in hosts]


def _chain(name: str, above: Mapping[str, int], upper: Names) -> list[int]:
    chain: list[int] = []
    while name in above and above[name] not in chain:
        chain.append(above[name])
        name = upper[above[name]]
    return chain


def _route(source: list[int], destination: list[int]) -> list[int]:
    """Return the links that only one of the ends needs to reach the root: up from the source, then down."""
    return [2 * link for link in source if link not in destination] + [
        2 * link + 1 for link in destination if link not in source
    ]
