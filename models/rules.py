"""
Placement and migration rules as data.

A rule names rows of a `Problem`: VMs, hosts, or groups of them. What it demands is told in its docstring, checked
by ``models/check/rules.py`` and made solvable by ``solvers/relations.py``; the three share nothing but this file.

Every rule has `continuous` (it holds at every moment of the migration, not only at its end), `price` (None: hard;
else what one unit of violation costs) and `name` (for messages). Where a rule names a `level`, its places are hosts
(``"host"``) or groups of hosts such as racks, by `Problem.levels`; a host outside all groups is a place of its own.

VMs that take no resource (powered off) count where a rule says on which hosts a VM may be: Fence, Ban, Root,
Quarantine, Among. They do not count where it says which VMs run together: Spread, LeastPlaces, Dependency, Gather,
Lonely, Split, RunningCapacity, Preserve, Spare.

The catalogue follows BtrPlace's [1]_.

References
----------
.. [1] F. Hermenier, J. Lawall, G. Muller, "BtrPlace: a flexible consolidation manager for highly available
   applications," IEEE TDSC 10(5), 2013.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from models.arrays import Rows, frozen, read_only
from models.errors import BrokenPromiseError


@dataclass(frozen=True, eq=False, kw_only=True)
class Rule:
    """What all rules share."""

    name: str = ""
    continuous: bool = False
    price: float | None = None

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            if item.name in ("vms", "hosts", "on"):
                object.__setattr__(self, item.name, frozen(np.unique(np.asarray(value, np.int32)), np.int32))
            elif item.name in ("parts", "groups"):
                parts = tuple(frozen(np.unique(np.asarray(part, np.int32)), np.int32) for part in value)
                object.__setattr__(self, item.name, parts)

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        for name, value in state.items():
            object.__setattr__(self, name, read_only(value))

    @property
    def kind(self) -> str:
        """The name of the rule's kind."""
        return type(self).__name__


@dataclass(frozen=True, eq=False, kw_only=True)
class Spread(Rule):
    """At most `most` of the VMs in one place of the level (anti-affinity)."""

    vms: Rows
    level: str = "host"
    most: int = 1
    continuous: bool = True


@dataclass(frozen=True, eq=False, kw_only=True)
class LeastPlaces(Rule):
    """
    The VMs run in at least `least` different places of the level; where fewer run, each in a place of its own.

    While a VM moves, it runs where it comes from.
    """

    vms: Rows
    level: str = "host"
    least: int


@dataclass(frozen=True, eq=False, kw_only=True)
class Dependency(Rule):
    """
    Each of the VMs runs in a place of the level where at least one of the VMs that it depends on, `on`, runs too.

    While a VM moves, it runs where it comes from.
    """

    vms: Rows
    on: Rows
    level: str = "host"


@dataclass(frozen=True, eq=False, kw_only=True)
class Gather(Rule):
    """All the VMs in one place of the level (affinity). Continuous: they cannot move."""

    vms: Rows
    level: str = "host"


@dataclass(frozen=True, eq=False, kw_only=True)
class Fence(Rule):
    """Each of the VMs only on the hosts named."""

    vms: Rows
    hosts: Rows


@dataclass(frozen=True, eq=False, kw_only=True)
class Ban(Rule):
    """Each of the VMs never on the hosts named. With `entering`, those already there may stay."""

    vms: Rows
    hosts: Rows
    entering: bool = False


@dataclass(frozen=True, eq=False, kw_only=True)
class Root(Rule):
    """The VMs stay where they are."""

    vms: Rows
    continuous: bool = True


@dataclass(frozen=True, eq=False, kw_only=True)
class Quarantine(Rule):
    """No VM enters or leaves the hosts."""

    hosts: Rows
    continuous: bool = True


@dataclass(frozen=True, eq=False, kw_only=True)
class Lonely(Rule):
    """The VMs share hosts with no other VM."""

    vms: Rows


@dataclass(frozen=True, eq=False, kw_only=True)
class Split(Rule):
    """VMs of different parts share no place of the level: no host, or no rack (fault domains)."""

    parts: tuple[Rows, ...]
    level: str = "host"


@dataclass(frozen=True, eq=False, kw_only=True)
class Among(Rule):
    """All the VMs within one of the groups of hosts, whichever."""

    vms: Rows
    groups: tuple[Rows, ...]


@dataclass(frozen=True, eq=False, kw_only=True)
class Online(Rule):
    """The hosts are on at the end."""

    hosts: Rows


@dataclass(frozen=True, eq=False, kw_only=True)
class Offline(Rule):
    """The hosts are off at the end, so they are drained."""

    hosts: Rows


@dataclass(frozen=True, eq=False, kw_only=True)
class MaxOnline(Rule):
    """At most `most` of the hosts are on."""

    hosts: Rows
    most: int


@dataclass(frozen=True, eq=False, kw_only=True)
class RunningCapacity(Rule):
    """At most `most` running VMs on all the hosts together. Those that take no resource do not count."""

    hosts: Rows
    most: int


@dataclass(frozen=True, eq=False, kw_only=True)
class ResourceCapacity(Rule):
    """The demand in dimension `dim` on all the hosts together is at most `most`."""

    hosts: Rows
    dim: str
    most: int


@dataclass(frozen=True, eq=False, kw_only=True)
class Overbook(Rule):
    """On each host, the demand in `dim` is at most `ratio` times its `physical` amount, cut to whole units."""

    hosts: Rows
    dim: str
    ratio: float
    physical: tuple[int, ...]
    continuous: bool = True

    def __post_init__(self) -> None:
        if len(self.physical) != len(self.hosts):
            raise BrokenPromiseError(f"{len(self.hosts)} hosts have {len(self.physical)} physical amounts.")
        _, rows = np.unique(np.asarray(self.hosts, np.int32), return_index=True)
        object.__setattr__(self, "physical", tuple(self.physical[row] for row in rows))
        super().__post_init__()


@dataclass(frozen=True, eq=False, kw_only=True)
class Preserve(Rule):
    """Each of the VMs gets at least `least` in dimension `dim`, whichever host it is on."""

    vms: Rows
    dim: str
    least: int


@dataclass(frozen=True, eq=False, kw_only=True)
class Spare(Rule):
    """
    After the loss of any `count` of the hosts, each VM on them can be restarted on the others.

    The others keep their VMs where they are; the room that counts is `Problem.failover`, which a utilisation
    ceiling does not lower. Only hosts that are on take part.
    """

    hosts: Rows
    count: int = 1


@dataclass(frozen=True, eq=False, kw_only=True)
class Overload(Rule):
    """
    On each host, what its VMs take together is more than its limit in at most `most` of the samples.

    `series` holds what each of `vms` takes on a host of each kind at each sample, in whole units, shape (kinds, vms,
    samples); `limit` is of each of `hosts`. VMs and hosts come in order. It follows from settings and readings; nobody
    writes it down, so it is not among `RULES`.
    """

    vms: Rows
    hosts: Rows
    series: Rows
    limit: Rows
    most: int

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "series", frozen(self.series, np.int32))
        object.__setattr__(self, "limit", frozen(self.limit, np.int64))
        if self.series.shape[1] != len(self.vms) or len(self.limit) != len(self.hosts):
            raise BrokenPromiseError(f"Series of shape {self.series.shape} and limits of an Overload do not agree.")


RULES: dict[str, type[Rule]] = {
    kind.__name__: kind
    for kind in (
        Spread, LeastPlaces, Dependency, Gather, Fence, Ban, Root, Quarantine, Lonely, Split, Among, Online, Offline,
        MaxOnline, RunningCapacity, ResourceCapacity, Overbook, Preserve, Spare,
    )
}  # fmt: skip
