"""The network that carries migrations: links to switches, and the limits that platforms set."""

from dataclasses import dataclass
from typing import Any

from models import catalog
from models.arrays import Floats, Names
from models.errors import InputError


@dataclass(frozen=True, eq=False)
class Network:
    """
    A tree of full-duplex links. Shape (links,) each.

    Parameters
    ----------
    lower, upper
        Names of the two ends: a host or switch, and the switch above it.
    capacity_mbps
        Rate in each direction. [Mbit/s]
    """

    lower: Names
    upper: Names
    capacity_mbps: Floats


@dataclass(frozen=True)
class Limits:
    """
    What the platform lets run at once; 0 is no limit.

    Parameters
    ----------
    outgoing, incoming
        Migrations that may leave, and enter, one host at the same time.
    per_host
        Migrations at one host in both directions together.
    total
        Migrations at the same time in the whole estate.
    wave
        Moves in one wave at most; after each wave people look.
    pilot
        Moves in the first wave.
    pause_s
        Time between waves, to verify. [s]
    host_budget, host_move, host_storage
        What each host can bear at once, what a migration costs at both its ends, and what one costs that copies disks
        too.
    datastore_budget, datastore_move, datastore_storage
        The same for a datastore.
    early
        Shut a host down once its last VM has left, not once all moves are over.
    """

    outgoing: int = 4
    incoming: int = 4
    per_host: int = 8
    total: int = 0
    wave: int = 40
    pilot: int = 4
    pause_s: float = 120.0
    host_budget: int = 0
    host_move: int = 1
    host_storage: int = 4
    datastore_budget: int = 0
    datastore_move: int = 1
    datastore_storage: int = 16
    early: bool = False


def platform(name: str) -> Limits:
    """Return the limits that a platform is published to have, from the catalog."""
    known = {row["platform"]: row for row in catalog.rows("platforms")}
    if name not in known:
        raise InputError(f"Platform {name!r} is unknown; known are {', '.join(sorted(known))}.")
    slots = ("outgoing", "incoming", "per_host", "total")
    costs = ("host_budget", "host_move", "host_storage", "datastore_budget", "datastore_move", "datastore_storage")
    numbers: dict[str, Any] = {key: int(known[name][key]) for key in (*slots, *costs)}
    return Limits(**numbers)
