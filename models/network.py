"""The network that carries migrations: links to switches, and the limits that platforms set."""

from dataclasses import dataclass

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
    What the platform lets run at once.

    Parameters
    ----------
    outgoing, incoming
        Migrations that may leave, and enter, one host at the same time.
    per_host
        Migrations at one host in both directions together.
    total
        Migrations at the same time in the whole estate; 0 is no limit.
    wave
        Moves in one wave at most; after each wave people look.
    pilot
        Moves in the first wave.
    pause_s
        Time between waves, to verify. [s]
    """

    outgoing: int = 4
    incoming: int = 4
    per_host: int = 8
    total: int = 0
    wave: int = 40
    pilot: int = 4
    pause_s: float = 120.0


def platform(name: str) -> Limits:
    """Return the limits that a platform is published to have, from the catalog."""
    known = {row["platform"]: row for row in catalog.rows("platforms")}
    if name not in known:
        raise InputError(f"Platform {name!r} is unknown; known are {', '.join(sorted(known))}.")
    return Limits(**{key: int(known[name][key]) for key in ("outgoing", "incoming", "per_host", "total")})
