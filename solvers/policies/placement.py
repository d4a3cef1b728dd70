"""Where VMs go: first fit, best fit, and the least increase of power, for thousands of VMs onto thousands of hosts."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from models.arrays import NOWHERE, Floats, Ints, Mask, Rows
from models.laws import power

EVERY = 2**62
"""More hosts than there are."""


@dataclass(frozen=True, eq=False)
class Request:
    """
    VMs that need a host, and the hosts with what is left of them.

    Parameters
    ----------
    demand_mhz, memory_mib
        What each VM takes. Shape (vms,).
    source, home
        The host that it may not have, `NOWHERE` for none, and the boundary that it must be within. Shape (vms,).
    cpu_mhz, limit_mhz
        CPU asked for on each host, and up to where it may be filled. [MHz] Shape (hosts,).
    held_mib, memory_limit_mib
        The same of memory. [MiB] Shape (hosts,).
    capacity_mhz, curve_w
        CPU and draw of each host. Shape (hosts,) and (hosts, 11).
    boundary
        The boundary of each host. Shape (hosts,).
    takes, draws
        Hosts that VMs may go to; those that draw power already. Shape (hosts,).
    """

    demand_mhz: Floats
    memory_mib: Floats
    source: Rows
    home: Rows
    cpu_mhz: Floats
    limit_mhz: Floats
    held_mib: Floats
    memory_limit_mib: Floats
    capacity_mhz: Floats
    curve_w: Floats
    boundary: Rows
    takes: Mask
    draws: Mask

    @cached_property
    def hosts(self) -> Rows:
        """The hosts that take VMs, by boundary, then row."""
        rows = np.flatnonzero(self.takes)
        return rows[np.argsort(self.boundary[rows], kind="stable")]

    @cached_property
    def largest_first(self) -> Rows:
        """The VMs in decreasing demand, of equals the one with more memory first."""
        return np.lexsort((-self.memory_mib, -self.demand_mhz))

    def span(self, place: Rows) -> tuple[Ints, Ints]:
        """Return between which positions of `hosts` each boundary given lies."""
        inside = self.boundary[self.hosts]
        low, high = np.searchsorted(inside, place, "left"), np.searchsorted(inside, place, "right")
        return low.astype(np.int64), high.astype(np.int64)

    def position(self, host: Rows) -> Ints:
        """Return the position in `hosts` of each host given, `NOWHERE` for those that take none."""
        found = np.full(len(self.takes) + 1, NOWHERE, np.int64)
        found[self.hosts] = np.arange(len(self.hosts))
        return found[host]

    def columns(self) -> tuple[Floats, Floats, Floats, Floats, Floats, Floats, Mask]:
        """Return what a kernel needs of `hosts`: copies, which it writes to."""
        rows = self.hosts
        named = (self.cpu_mhz, self.limit_mhz, self.held_mib, self.memory_limit_mib, self.capacity_mhz)
        cpu, limit, held, most, capacity = (np.ascontiguousarray(column[rows], np.float64) for column in named)
        return cpu, limit, held, most, capacity, np.ascontiguousarray(self.curve_w[rows]), self.draws[rows]


Placement = Callable[[Request], Rows]
"""Returns the host for each VM, `NOWHERE` where none has room. Shape (vms,)."""


@dataclass(frozen=True)
class Rule:
    """A rule that scores one host: the kernel's number of it, how many hosts it compares, and the order of VMs."""

    number: int
    scored: int
    decreasing: bool


def fit(request: Request, rule: Rule) -> Rows:
    """Return the host for each VM, by the compiled form of a rule."""
    from solvers.kernels.fit import fitted

    if not len(request.demand_mhz) or not len(request.hosts):
        return np.full(len(request.demand_mhz), NOWHERE, np.int64)
    turns = request.largest_first if rule.decreasing else np.arange(len(request.demand_mhz))
    low, high = request.span(request.home[turns])
    position = fitted(
        rule.number, rule.scored, request.demand_mhz[turns].astype(np.float64),
        request.memory_mib[turns].astype(np.float64), request.position(request.source[turns]), low, high,
        *request.columns(),
    )  # fmt: skip
    found = np.full(len(turns), NOWHERE, np.int64)
    found[turns] = np.append(request.hosts, NOWHERE)[position]
    return found


def plain(request: Request, rule: Rule) -> Rows:
    """Return what `fit` does, one VM after the other in plain numpy: slow, and simple enough to be checked by eye."""
    cpu, held, draws = request.cpu_mhz.copy(), request.held_mib.copy(), request.draws.copy()
    found = np.full(len(request.demand_mhz), NOWHERE, np.int64)
    for vm in request.largest_first if rule.decreasing else range(len(found)):
        demand, memory = request.demand_mhz[vm], request.memory_mib[vm]
        room = request.takes & (request.boundary == request.home[vm]) & (cpu + demand <= request.limit_mhz)
        room &= held + memory <= request.memory_limit_mib
        room[request.source[vm] if request.source[vm] != NOWHERE else []] = False
        rows = np.flatnonzero(room)[: rule.scored]
        if len(rows):
            score = growth(request, rows, cpu, demand, draws) if rule.number == 2 else np.zeros(len(rows))
            host = rows[np.lexsort((request.limit_mhz[rows] - cpu[rows] - demand, score))[0]]
            found[vm], draws[host] = host, True
            cpu[host] += demand
            held[host] += memory
    return found


def growth(request: Request, rows: Rows, cpu: Floats, demand: Floats, draws: Mask) -> Floats:
    """Return by how much the draw of hosts grows that a VM is put on, in millionths of a watt."""
    capacity, curve = request.capacity_mhz[rows], request.curve_w[rows]
    scale = np.where(capacity > 0, capacity, np.inf)
    before = np.where(draws[rows], power.curve(cpu[rows] / scale, curve), 0.0)
    steps: Floats = np.floor((power.curve((cpu[rows] + demand) / scale, curve) - before) * 1e6 + 0.5)
    return steps


@dataclass(frozen=True)
class FirstFit:
    """The first host with room, for one VM after the other; with `decreasing` the largest first."""

    decreasing: bool = False

    @property
    def rule(self) -> Rule:
        """The rule that scores hosts."""
        return Rule(0, 1, self.decreasing)

    def __call__(self, request: Request) -> Rows:
        """Return the host for each VM."""
        return fit(request, self.rule)


@dataclass(frozen=True)
class BestFit:
    """
    The host with the least CPU left, for the largest VM first.

    Parameters
    ----------
    scored
        Hosts with room that are compared, those in front first; 0: all. Large clusters are scheduled so [1]_.

    References
    ----------
    .. [1] Kubernetes, "Scheduler performance tuning: percentageOfNodesToScore."
    """

    scored: int = 1000

    @property
    def rule(self) -> Rule:
        """The rule that scores hosts."""
        return Rule(1, self.scored or EVERY, True)

    def __call__(self, request: Request) -> Rows:
        """Return the host for each VM."""
        return fit(request, self.rule)


@dataclass(frozen=True)
class PowerAwareBestFit:
    """
    The host whose draw grows least, for the largest VM first; a host that is off would draw its idle power too.

    Of hosts that grow alike the fullest is taken, so that hosts of one kind are filled one after the other.

    Parameters
    ----------
    scored
        As in `BestFit`.

    References
    ----------
    .. [1] A. Beloglazov, R. Buyya, "Optimal online deterministic algorithms and adaptive heuristics …," CCPE 24(13),
       2012: power aware best fit decreasing.
    """

    scored: int = 1000

    @property
    def rule(self) -> Rule:
        """The rule that scores hosts."""
        return Rule(2, self.scored or EVERY, True)

    def __call__(self, request: Request) -> Rows:
        """Return the host for each VM."""
        return fit(request, self.rule)


def by_rule(placement: Placement) -> Rule:
    """Return the rule of a placement, that of best fit where it has none."""
    return getattr(placement, "rule", BestFit().rule)
