"""Links that carry migrations, and how fast these are while a link has dropped."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from models.arrays import NOWHERE, Floats, Names, names
from models.network import Network
from models.plan import Moves
from models.routes import Routes


@dataclass(frozen=True, eq=False)
class Links:
    """
    Directions of links: of each host's NIC first out, then in, then of each link of the network up and down.

    Parameters
    ----------
    name
        Name of each link, without its direction. Shape (links,).
    capacity_mbps
        Rate of each direction. [Mbit/s] Shape (2 × links,).
    paths
        The directions that each move uses; none where nothing is copied.
    """

    name: Names
    capacity_mbps: Floats
    paths: tuple[tuple[int, ...], ...]

    def used(self) -> list[int]:
        """Return the links that moves use, in ascending order."""
        return sorted({way // 2 for path in self.paths for way in path})


def links(hosts: Names, moves: Moves, nic_mbps: Floats, network: Network | None = None) -> Links:
    """Return the links between hosts, and which of them each move uses."""
    routes = Routes(network, hosts) if network is not None else None
    size = len(hosts)
    paths = []
    for source, destination, copies in zip(
        moves.source.tolist(), moves.destination.tolist(), moves.copies.tolist(), strict=True
    ):
        if not copies or source == NOWHERE:
            paths.append(())
            continue
        above = routes.path(source, destination) if routes is not None else ()
        ways = [2 * (size + link) + (0 if upwards else 1) for link, upwards in above]
        paths.append((2 * source, 2 * destination + 1, *ways))
    further = () if network is None else zip(network.lower, network.upper, strict=True)
    rates = np.zeros(0) if network is None else network.capacity_mbps
    return Links(
        names([*hosts, *(f"{lower} – {upper}" for lower, upper in further)]),
        np.repeat(np.concatenate([nic_mbps, rates]), 2),
        tuple(paths),
    )


@dataclass(frozen=True)
class Drop:
    """A link that from one moment to another has only a share of its rate, 0 for none at all."""

    link: int
    start_s: float
    end_s: float
    share: float


def shares(drops: Iterable[Drop], time_s: float) -> dict[int, float]:
    """Return what is left of each link that has dropped at a moment, as a share of its rate."""
    left: dict[int, float] = {}
    for drop in drops:
        if drop.start_s <= time_s < drop.end_s:
            left[drop.link] = min(drop.share, left.get(drop.link, 1.0))
    return left


def paces(
    running: Sequence[int],
    paths: Sequence[Sequence[int]],
    rate_mbps: Floats,
    capacity: Floats,
    left: Mapping[int, float],
) -> list[float]:
    """
    Return how fast each running copy is, as a share of what was planned: links that dropped are shared by need.

    On a link with the rate ``c`` of which the share ``a`` is left, copies that reserved ``r`` together each have
    ``min(1, a c / r)`` of what they reserved; the narrowest link of the path decides.
    """
    asked: dict[int, float] = {}
    for move in running:
        for way in paths[move]:
            if way // 2 in left:
                asked[way] = asked.get(way, 0.0) + float(rate_mbps[move])
    found = []
    for move in running:
        held = [_pace(left[way // 2] * float(capacity[way]), asked[way]) for way in paths[move] if way in asked]
        found.append(min(held, default=1.0))
    return found


def _pace(offered_mbps: float, asked_mbps: float) -> float:
    return min(1.0, offered_mbps / asked_mbps) if asked_mbps > 0 else float(offered_mbps > 0)
