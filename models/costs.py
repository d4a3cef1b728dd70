"""Objective terms as data: a problem holds them in ordered stages, the first of which counts most."""

from dataclasses import dataclass

from models.arrays import Ints


@dataclass(frozen=True, eq=False)
class HostsOn:
    """The sum of `weights` over hosts that are on. Shape (hosts,); whole watts as a rule."""

    weights: Ints


@dataclass(frozen=True, eq=False)
class Moves:
    """The sum of `weights` over VMs that leave their host. Shape (vms,)."""

    weights: Ints


@dataclass(frozen=True, eq=False)
class Headroom:
    """The fullest host's load over its capacity, in per mille, over all dimensions."""


Cost = HostsOn | Moves | Headroom
