"""Objective terms as data: a problem holds them in ordered stages, the first of which counts most."""

from dataclasses import dataclass

from models.arrays import Ints


@dataclass(frozen=True, eq=False)
class HostsOn:
    """
    The sum of `weights` over hosts that are on. Shape (hosts,); whole watts as a rule.

    What comes after may make it worse by a share of `tolerance`.
    """

    weights: Ints
    tolerance: float = 0.0


@dataclass(frozen=True, eq=False)
class Moves:
    """
    The sum of `weights` over VMs that leave their host. Shape (vms,).

    If `joined`, it counts together with the stage that counts hosts, unit for unit: both are money.
    """

    weights: Ints
    joined: bool = False


@dataclass(frozen=True, eq=False)
class Headroom:
    """The fullest host's load over its capacity, in per mille, over all dimensions."""


@dataclass(frozen=True, eq=False)
class Evenness:
    """The mean squared difference of the hosts' loads from their mean, over hosts that are on and dims, in shares."""


@dataclass(frozen=True, eq=False)
class Stranded:
    """What is free on hosts that are on and cannot be used, because another dim is full; see ``laws/fragmentation``."""


Cost = HostsOn | Moves | Headroom | Evenness | Stranded
