"""Which links a migration uses in a tree of switches."""

import numpy as np

from models.arrays import Floats, Names
from models.errors import InputError
from models.network import Network

Link = tuple[int, bool]
"""A link's row, and whether it is used upwards."""


class Routes:
    """
    The paths between hosts of a network.

    Parameters
    ----------
    network
        A tree: each name has one link upwards at most.
    hosts
        Names of the hosts. Those that no link names reach every other host without a limit.
    """

    def __init__(self, network: Network, hosts: Names) -> None:
        self.capacity: Floats = network.capacity_mbps
        self._up = {str(name): row for row, name in enumerate(network.lower)}
        if len(self._up) < len(network.lower):
            raise InputError("The network is no tree: a name has two links upwards.")
        self._above = [str(name) for name in network.upper]
        self._to_root = [self._climb(str(name)) for name in hosts]

    def _climb(self, name: str) -> tuple[int, ...]:
        path: list[int] = []
        while name in self._up:
            path.append(self._up[name])
            name = self._above[path[-1]]
            if len(path) > len(self._above):
                raise InputError(f"The network is no tree: links above {name} lead back to it.")
        return tuple(path)

    def path(self, source: int, destination: int) -> tuple[Link, ...]:
        """Return the links from one host up to the switch that both share, and down to the other."""
        up, down = self._to_root[source], self._to_root[destination]
        if not up or not down:
            return ()
        shared = set(up) & set(down)
        return tuple(
            [(row, True) for row in up if row not in shared] + [(row, False) for row in down if row not in shared]
        )

    def switches(self, source: int, destination: int) -> tuple[str, ...]:
        """Return the names of the switches on the path, each once."""
        found = {self._above[row]: None for row, _ in self.path(source, destination)}
        return tuple(found)

    def narrowest(self, source: int, destination: int) -> float:
        """Return the lowest rate on the path, in Mbit/s."""
        rates = [float(self.capacity[row]) for row, _ in self.path(source, destination)]
        return min(rates, default=float(np.inf))
