"""
When moves may happen: orders, windows, deadlines and budgets of power, as data.

Rows are those of the `Problem`. A rule about hosts holds for every move that enters or leaves one of them, and for
booting it or shutting it down; with a `level` other than ``host`` it names places of that level (racks, clusters).
Times are seconds from the start of the plan. `models.check.timing` checks them, and shares nothing with the scheduler.
"""

import math
from dataclasses import dataclass, field, fields, replace

import numpy as np

from models import catalog
from models.arrays import Floats, Rows, frozen
from models.errors import InputError

Span = tuple[float, float]
"""From when until just before when. [s]"""


def _none() -> Rows:
    return frozen([], np.int32)


@dataclass(frozen=True, eq=False, kw_only=True)
class Timing:
    """What all timing rules share: a name for messages, and the file and the row that they were read from."""

    name: str = ""
    file: str = ""
    row: int = 0

    def __post_init__(self) -> None:
        for item in fields(self):
            if item.name in ("vms", "first", "then", "places"):
                rows = np.unique(np.asarray(getattr(self, item.name), np.int32))
                object.__setattr__(self, item.name, frozen(rows, np.int32))

    @property
    def kind(self) -> str:
        """The name of the rule's kind."""
        return type(self).__name__

    @property
    def title(self) -> str:
        """
        The rule in words: its kind and name, and where it stands.

        >>> Sync(vms=[0, 1], name="pair", file="rules.yaml", row=3).title
        'Sync pair (rules.yaml, row 3)'
        """
        place = ", ".join(part for part in (self.file, f"row {self.row}" if self.row else "") if part)
        return f"{self.kind} {self.name}".strip() + (f" ({place})" if place else "")


@dataclass(frozen=True, eq=False, kw_only=True)
class Precedence(Timing):
    """The moves of `first` end before any move of `then` starts."""

    first: Rows
    then: Rows


@dataclass(frozen=True, eq=False, kw_only=True)
class Serialize(Timing):
    """At most `most` of the VMs move at the same time: one at a time of an application, by default."""

    vms: Rows
    most: int = 1


@dataclass(frozen=True, eq=False, kw_only=True)
class Sync(Timing):
    """
    The VMs change hosts at the same moment, so that what talks much is not torn apart.

    Pre-copy changes hosts at its end, so their moves end together; post-copy (`at_start`) at its start.
    """

    vms: Rows
    at_start: bool = False


@dataclass(frozen=True, eq=False, kw_only=True)
class Deadline(Timing):
    """The moves of the VMs end by `until_s`, in seconds from the start of the plan."""

    vms: Rows
    until_s: float


@dataclass(frozen=True, eq=False, kw_only=True)
class Window(Timing):
    """
    Moves of the VMs, and at the places, happen only within one of the spans, from start to end.

    With `every_s` the spans recur for ever, so much later each time, and before as well. [s]
    """

    spans: tuple[Span, ...]
    every_s: float = 0.0
    vms: Rows = field(default_factory=_none)
    level: str = "host"
    places: Rows = field(default_factory=_none)


@dataclass(frozen=True, eq=False, kw_only=True)
class Blackout(Timing):
    """No move of the VMs, and none at the places, happens at any moment of the spans, which may recur as a window's."""

    spans: tuple[Span, ...]
    every_s: float = 0.0
    vms: Rows = field(default_factory=_none)
    level: str = "host"
    places: Rows = field(default_factory=_none)


@dataclass(frozen=True, eq=False, kw_only=True)
class PowerBudget(Timing):
    """All hosts together draw at most so much in W from then until then, as `Draw` says."""

    watts: float
    from_s: float = 0.0
    until_s: float = float("inf")


@dataclass(frozen=True, eq=False)
class Draw:
    """
    What a datacenter draws while it is rearranged.

    Parameters
    ----------
    host_w
        Each host while it is on: from the start of its boot to the end of its shutdown. [W] Shape (hosts,).
    boot_w
        Each host while it boots, on top. [W] Shape (hosts,).
    vm_w
        Each VM. [W] Shape (vms,).
    mbps_per_w, migration_w
        Each migration: its rate over the one, rounded down, and the other, together rounded. [Mbit/s per W, W]
    """

    host_w: Floats
    boot_w: Floats
    vm_w: Floats
    mbps_per_w: float = catalog.number("migration", "draw_mbps_per_w")
    migration_w: float = catalog.number("migration", "draw_fixed_w")

    def __post_init__(self) -> None:
        for name in ("host_w", "boot_w", "vm_w"):
            values = frozen(getattr(self, name), np.float64)
            if (values < 0).any():
                raise InputError(f"The draw {name} must be 0 or more; found {values.min():g}.")
            object.__setattr__(self, name, values)


def laid_out(rule: Window | Blackout, until_s: float) -> tuple[Span, ...]:
    """
    Return the spans of a rule in order; those that recur one by one, as far as they begin by a time and end after 0.

    >>> laid_out(Window(vms=[0], spans=((-1.0, 2.0),), every_s=10.0), 15.0)
    ((0.0, 2.0), (9.0, 12.0))
    """
    if not rule.every_s:
        return tuple(sorted(rule.spans))
    found: list[Span] = []
    for first, last in rule.spans:
        since = math.floor(-last / rule.every_s) + 1
        times = (number * rule.every_s for number in range(since, math.floor((until_s - first) / rule.every_s) + 1))
        found += [(max(first + by_s, 0.0), last + by_s) for by_s in times]
    return tuple(sorted(found))


def later(rules: tuple[Timing, ...], by_s: float) -> tuple[Timing, ...]:
    """
    Return the rules as seen from a moment so much later, or earlier if that is negative, in seconds.

    Spans that are over by then are left out; a window without any span left lets nothing happen. A deadline that is
    over is one that cannot be met. What holds from the beginning holds before it as well.
    """
    return tuple(found for rule in rules if (found := _later(rule, by_s)) is not None)


def _later(rule: Timing, by_s: float) -> Timing | None:
    if isinstance(rule, Window | Blackout) and rule.every_s:
        return replace(rule, spans=tuple((first - by_s, last - by_s) for first, last in rule.spans))
    if isinstance(rule, Window | Blackout):
        spans = tuple((_since(first, by_s), last - by_s) for first, last in rule.spans if last > by_s)
        return replace(rule, spans=spans) if spans or isinstance(rule, Window) else None
    if isinstance(rule, Deadline):
        return replace(rule, until_s=rule.until_s - by_s)
    if isinstance(rule, PowerBudget):
        first = _since(rule.from_s, by_s)
        return replace(rule, from_s=first, until_s=rule.until_s - by_s) if rule.until_s > by_s else None
    return rule


def _since(first_s: float, by_s: float) -> float:
    return max(first_s - by_s, 0.0) if first_s > 0 else 0.0
