"""
Objective terms as data: a problem holds them in ordered stages, the first of which counts most.

A stage that sums several terms, as money does, is one `Sum`. The terms of machine reassignment are those of the
challenge of 2012 [1]_.

References
----------
.. [1] Google, "ROADEF/EURO challenge 2012: machine reassignment," problem definition, 2011.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from models.arrays import Ints, Rows, read_only


@dataclass(frozen=True, eq=False)
class Term:
    """What all terms share."""

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        for name, value in state.items():
            object.__setattr__(self, name, read_only(value))

    def __getstate__(self) -> dict[str, Any]:
        return {item.name: getattr(self, item.name) for item in fields(self)}


@dataclass(frozen=True, eq=False)
class HostsOn(Term):
    """
    The sum of `weights` over hosts that are on. Shape (hosts,); whole watts as a rule.

    What comes after may make it worse by a share of `tolerance`.
    """

    weights: Ints
    tolerance: float = 0.0


@dataclass(frozen=True, eq=False)
class Moves(Term):
    """
    The sum of `weights` over VMs that leave their host. Shape (vms,).

    If `joined`, it counts together with the stage that counts hosts, unit for unit: both are money.
    """

    weights: Ints
    joined: bool = False


@dataclass(frozen=True, eq=False)
class Headroom(Term):
    """The fullest host's load over its capacity, in per mille, over all dimensions."""


@dataclass(frozen=True, eq=False)
class Evenness(Term):
    """The mean squared difference of the hosts' loads from their mean, over hosts that are on and dims, in shares."""


@dataclass(frozen=True, eq=False)
class Stranded(Term):
    """What is free on hosts that are on and cannot be used, because another dim is full; see ``laws/fragmentation``."""


@dataclass(frozen=True, eq=False)
class Excess(Term):
    """The sum, over dims times `weights` and over hosts, of load above `safe`. Shapes (dims,) and (hosts, dims)."""

    weights: Ints
    safe: Ints


@dataclass(frozen=True, eq=False)
class Balance(Term):
    """`weight` times the sum over hosts of what is free of dim `second` short of `target` times that of `first`."""

    first: int
    second: int
    target: int
    weight: int = 1


@dataclass(frozen=True, eq=False)
class MostMoved(Term):
    """`weight` times the most VMs that leave their host of one of the groups."""

    groups: tuple[Rows, ...]
    weight: int = 1


@dataclass(frozen=True, eq=False)
class Distance(Term):
    """`weight` times the sum over moves of `matrix`, from place to place of `level`. Shape (places, places)."""

    matrix: Ints
    weight: int = 1
    level: str = "host"


@dataclass(frozen=True, eq=False)
class Sum(Term):
    """The sum of terms, as one stage."""

    terms: "tuple[Cost, ...]"


Cost = HostsOn | Moves | Headroom | Evenness | Stranded | Excess | Balance | MostMoved | Distance | Sum


def flat(costs: Sequence[Cost]) -> Iterator[Cost]:
    """Yield the terms of all stages in order, those of sums one by one."""
    for cost in costs:
        if isinstance(cost, Sum):
            yield from flat(cost.terms)
        else:
            yield cost
