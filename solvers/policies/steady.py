"""A policy that moves few VMs: hosts are filled up to what their VMs are expected to ask for, with a margin."""

from dataclasses import dataclass

import numpy as np

from models.arrays import Floats, Ints, Mask, Rows
from models.decisions import Decision, View
from models.errors import InputError
from models.laws.sharing import summed
from solvers.policies.outlook import expected

RELIEVED, EMPTIED = "its host is expected to be short of CPU", "its host is emptied"
MBIT_PER_MIB = 8.388608


@dataclass(frozen=True)
class Steady:
    """
    Pack by expected demand and its spread; move only what is needed, or pays.

    What a host is expected to be asked for is the sum of its VMs' means, and `margin` standard deviations of their
    sum, whose variance is the sum of theirs: the more VMs, the less of a host has to be kept free [1]_ [2]_. Present
    demand only says where a VM does not fit now; most of it is noise, and to follow it is what costs most migrations.

    There are three such margins; hosts are first relieved and then emptied, as in [4]_. A host takes VMs up to the
    widest, so that it can bear some growth; it is relieved only when the narrowest is used up, of the cheapest VMs that
    restore the one in between. A host is emptied if all its VMs fit elsewhere, and what its idle draw costs within a
    horizon is more than the moves [3]_. Those that cost least for what they save come first; the VMs, the largest
    first, go to the first host that has room, the most efficient and fullest first. Empty hosts are used only for
    relief, and booted if none is on.

    Parameters
    ----------
    margin, calm, alarm
        Standard deviations of a host's demand that are kept free where VMs are put, that relief restores, and below
        which it is called for.
    move_j
        Price of a migration. [J]
    busy_w
        Price of each second in which the memory of a VM is sent that is as busy as it can be; if it is less busy,
        the price is so, too. [W]
    horizon_s
        Time within which emptying a host has to pay. [s]
    patience
        Hosts that are tried in vain, one after the other, until no more are emptied.
    memory
        Whether limits of memory count.
    half_life, doubt, doubt_spread, held
        How a history becomes an expectation, as in `solvers.policies.outlook`.

    References
    ----------
    .. [1] X. Meng et al., "Efficient resource provisioning in compute clouds via VM multiplexing," ICAC 2010.
    .. [2] M. Chen et al., "Effective VM sizing in virtualized data centers," IM 2011.
    .. [3] A. Verma, P. Ahuja, A. Neogi, "pMapper: power and migration cost aware application placement in virtualized
       systems," Middleware 2008.
    .. [4] A. Beloglazov, R. Buyya, "Optimal online deterministic algorithms and adaptive heuristics for energy and
       performance efficient dynamic consolidation of virtual machines," CCPE 24(13), 2012.
    """

    margin: float = 2.3
    calm: float = 1.4
    alarm: float = 0.9
    move_j: float = 20e3
    busy_w: float = 20e3
    horizon_s: float = 3600.0
    patience: int = 200
    memory: bool = True
    half_life: float = 12.0
    doubt: float = 1.0
    doubt_spread: float = 1.0
    held: int = 2

    samples = 30
    """How many readings it looks back at."""

    def __post_init__(self) -> None:
        if not self.alarm <= self.calm <= self.margin:
            raise InputError(f"alarm, calm and margin must not fall: {self.alarm:g}, {self.calm:g}, {self.margin:g}.")
        for name in ("half_life", "doubt_spread"):
            if not getattr(self, name) > 0:
                raise InputError(f"{name} is above 0, not {getattr(self, name):g}.")

    def over(self, view: View) -> Mask:
        """Return the hosts that are expected to be short of CPU. Shape (hosts,)."""
        mean, variance, *_ = self.hosts(view, self.vms(view))
        found: Mask = mean + self.alarm * np.sqrt(variance) > view.cpu_limit_mhz
        return found

    def under(self, view: View) -> Mask:
        """Return the hosts all of whose VMs may leave, and that would be worth emptying. Shape (hosts,)."""
        inhabited, bound_to_stay = _on(view, np.ones(len(view.host))) > 0, _on(view, ~view.movable) > 0
        found: Mask = inhabited & ~bound_to_stay & (_on(view, self.cost(view)) < self.saving(view))
        return found

    def __call__(self, view: View) -> Decision:
        """Return the moves, hosts to boot where there is no room, and those to drain."""
        from solvers.kernels.steady import planned

        vms = self.vms(view)
        hosts, cost, saving = self.hosts(view, vms), self.cost(view), self.saving(view)
        listed, starts = view.lists
        moved, where, relieved, short, emptied = planned(
            listed.astype(np.int64), starts, hosts, vms, view.movable, ~view.open, view.boundary.astype(np.int64),
            view.home.astype(np.int64), filled_first(view, hosts[-1]), cost, most_loaded(view, hosts[0]),
            cheapest(view, cost, saving), saving, self.calm, self.margin, self.patience,
        )  # fmt: skip
        reasons = (RELIEVED,) * relieved + (EMPTIED,) * (len(moved) - relieved)
        drain = np.union1d(emptied, self.idle(view, where))
        return Decision(vms=moved, hosts=where, reasons=reasons, boot=woken(view, short), drain=drain)

    def vms(self, view: View) -> Floats:
        """Return the table of VMs: mean, variance, demand now, memory. Shape (4, vms)."""
        past = view.history_mhz if len(view.history_mhz) else view.demand_mhz[None]
        mean, variance = expected(
            past, view.size_mhz, view.running, half_life=self.half_life, doubt=self.doubt,
            doubt_spread=self.doubt_spread, held=self.held,
        )  # fmt: skip
        return np.array([mean, variance, view.demand_mhz, view.memory_mib])

    def hosts(self, view: View, vms: Floats) -> Floats:
        """
        Return the table of hosts: mean, variance, demand now, memory held, the limits, and what may be filled.

        Migrations under way count as landed, by the demand that they bring and take. Shape (7, hosts).
        """
        mean, variance, now = (_on(view, row) for row in vms[:3])
        mean = np.maximum(mean + view.cpu_mhz - now, 0.0)
        memory = view.memory_limit_mib if self.memory else np.full(len(mean), np.inf)
        room = view.cpu_limit_mhz - mean - self.margin * np.sqrt(variance)
        return np.array([mean, variance, view.cpu_mhz, view.held_mib, view.cpu_limit_mhz, memory, room])

    def cost(self, view: View) -> Floats:
        """Return what a migration of each VM costs. [J] Shape (vms,)."""
        link = np.maximum(np.append(view.migration_mbps, 0.0)[view.host], 1.0)
        busy = np.zeros(len(view.host))
        np.divide(view.demand_mhz, view.size_mhz, out=busy, where=view.size_mhz > 0)
        found: Floats = self.move_j + self.busy_w * busy * view.memory_mib * MBIT_PER_MIB / link
        return found

    def saving(self, view: View) -> Floats:
        """Return what each host saves within the horizon when it is empty. [J] Shape (hosts,)."""
        return view.curve_w[:, 0] * self.horizon_s

    def idle(self, view: View, targets: Ints) -> Ints:
        """Return open hosts that have been empty and left alone for as long as the horizon, and stay so."""
        empty = view.open & (_on(view, np.ones(len(view.host))) == 0) & (view.rested_s >= self.horizon_s)
        return np.setdiff1d(np.flatnonzero(empty), targets)


def _on(view: View, values: Floats | Mask) -> Floats:
    """Return the sum over the running VMs on each host. Shape (hosts,)."""
    return summed(values[view.order].astype(np.float64), view.host[view.order], len(view.capacity_mhz))


def efficiency(view: View) -> Ints:
    """Return the rank of each host: 0 for those that draw least for what they do at full load. Shape (hosts,)."""
    draw = np.full(len(view.capacity_mhz), np.inf)
    np.divide(view.curve_w[:, -1], view.capacity_mhz, out=draw, where=view.capacity_mhz > 0)
    return np.unique(np.round(draw, 9), return_inverse=True)[1].reshape(-1).astype(np.int64)


def filled_first(view: View, room: Floats) -> Ints:
    """Return all hosts, the most efficient first, of these the fullest."""
    return np.lexsort([room, efficiency(view)])


def most_loaded(view: View, mean: Floats) -> Ints:
    """Return the overloaded hosts, those first that are furthest above their limit."""
    rows = np.sort(view.overloaded).astype(np.int64)
    return rows[np.argsort(view.cpu_limit_mhz[rows] - mean[rows], kind="stable")]


def cheapest(view: View, cost: Floats, saving: Floats) -> Ints:
    """Return the hosts to empty, the least efficient first, of these the cheapest; none where some are booting."""
    rows = np.sort(view.underloaded).astype(np.int64)
    rows = rows[~np.isin(view.boundary[rows], view.boundary[view.booting]) & (saving[rows] > 0)]
    return rows[np.lexsort([_on(view, cost)[rows] / saving[rows], -efficiency(view)[rows]])]


def woken(view: View, short: Rows) -> Ints:
    """Return one host to boot for each boundary where there is no room and none is booting: the most efficient one."""
    chosen = []
    for place in np.setdiff1d(view.boundary[short], view.boundary[view.booting]):
        rows = np.flatnonzero(view.asleep & (view.boundary == place))
        if len(rows):
            chosen.append(int(rows[np.lexsort([-view.cpu_limit_mhz[rows], efficiency(view)[rows]])[0]]))
    return np.array(chosen, np.int64)
