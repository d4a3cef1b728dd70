"""Moves as jobs with predicted times, the traffic they make, and how short their schedule can be at best."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.arrays import NOWHERE, Floats, Rows
from models.laws import migration
from models.plan import Transition
from models.routes import Routes

_ROUNDING = 1 + 1e-10
"""What sums of rates may be above their limit, since they are not exact."""


@dataclass(frozen=True)
class Job:
    """
    One move of one VM; see `models.plan.Moves` for the fields.

    `pivot` marks a leg of a way round, `leg` says which; jobs of one VM and leg are options, one of which is done.
    """

    vm: int
    source: int
    destination: int
    duration_s: float
    bandwidth_mbps: float
    downtime_ms: float
    transferred_mib: float
    rounds: int
    converges: bool
    energy_j: float
    live: bool
    pivot: bool = False
    leg: int = 0
    note: str = ""
    wave: int = 0
    start_s: float = 0.0
    end_s: float = 0.0


def jobs(transition: Transition) -> list[Job]:
    """
    Return a job for each VM that moves or is new: by host to be freed, live ones first, the long ones first.

    Where its rate or its host may be chosen there is one for each choice, the placement's host at full rate first.
    """
    problem, placement = transition.problem, transition.placement
    moving = np.flatnonzero((placement.host != problem.start) & (placement.host != NOWHERE))
    found = predicted(transition, moving, problem.start[moving], placement.host[moving])
    freed = (problem.start[moving] != NOWHERE) & ~placement.on[problem.start[moving]]
    work = np.bincount([job.source + 1 for job in found], [job.duration_s for job in found])
    order = sorted(
        range(len(found)),
        key=lambda row: (
            not freed[row],
            work[found[row].source + 1],
            found[row].source,
            not found[row].live,
            -found[row].duration_s,
        ),
    )
    return [option for row in order for option in _options(transition, found[row])]


def _options(transition: Transition, job: Job) -> list[Job]:
    """Return the job, and those with its other destinations and rates."""
    choices = [host for host in transition.choices.get(job.vm, ()) if host not in (job.destination, job.source)]
    ways = [(host, share) for host in (job.destination, *choices) for share in transition.rates]
    if len(ways) == 1 and transition.rates == (1.0,):
        return [job]
    return [
        predicted(transition, np.array([job.vm]), np.array([job.source]), np.array([host]), share)[0]
        for host, share in ways
        if job.live or share == max(transition.rates)
    ]


def direct(transition: Transition, vm: int, source: int, destination: int) -> Job:
    """Return the job of one VM."""
    return predicted(transition, np.array([vm]), np.array([source]), np.array([destination]))[0]


def predicted(transition: Transition, vms: Rows, sources: Rows, destinations: Rows, share: float = 1.0) -> list[Job]:
    """
    Return jobs with the times that the law predicts at a share of the rate of the path, rounded up to milliseconds.

    A duration that is given is that at the full rate.
    """
    nic = transition.nic_mbps
    rate = np.minimum(np.minimum(nic[sources], nic[destinations]), transition.stream_mbps)
    if transition.network is not None:
        routes = Routes(transition.network, transition.problem.hosts)
        paths = [routes.narrowest(int(a), int(b)) for a, b in zip(sources, destinations, strict=True)]
        rate = np.minimum(rate, paths)
    rate = rate * share
    live = transition.running[vms] & (sources != NOWHERE)
    found = migration.precopy(transition.memory_mib[vms], transition.dirty_mib_s[vms], np.maximum(rate, 1.0))
    cold = migration.cold(len(vms))
    columns = {
        name: np.where(live, getattr(found, name), getattr(cold, name))
        for name in ("duration_s", "downtime_ms", "transferred_mib", "rounds", "converges", "energy_j")
    }
    rate = np.where(live, rate, 0.0)
    if transition.bandwidth_mbps is not None:
        rate = _known(transition.bandwidth_mbps[vms] * share, rate)
    if transition.duration_s is not None:
        columns["duration_s"] = _known(transition.duration_s[vms] / share, columns["duration_s"])
    columns["duration_s"] = np.ceil(columns["duration_s"] * 1000 - 1e-6) / 1000
    return [
        Job(
            vm=int(vms[row]),
            source=int(sources[row]),
            destination=int(destinations[row]),
            duration_s=float(columns["duration_s"][row]),
            bandwidth_mbps=float(rate[row]),
            downtime_ms=float(columns["downtime_ms"][row]),
            transferred_mib=float(columns["transferred_mib"][row]),
            rounds=int(columns["rounds"][row]),
            converges=bool(columns["converges"][row]),
            energy_j=float(columns["energy_j"][row]),
            live=bool(live[row]),
        )
        for row in range(len(vms))
    ]


def _known(given: Floats, predicted: Floats) -> Floats:
    """Return what is given, and what is predicted where it is not."""
    return np.where(np.isnan(given), predicted, given)


class Traffic:
    """Slots and rates in use, at hosts and on links."""

    def __init__(self, transition: Transition) -> None:
        hosts = len(transition.problem.capacity)
        self.limits = transition.limits
        self.nic = transition.nic_mbps * _ROUNDING
        self.out_slots, self.in_slots = np.zeros(hosts, np.int64), np.zeros(hosts, np.int64)
        self.out_rate, self.in_rate = np.zeros(hosts), np.zeros(hosts)
        self.total = 0
        self.routes = Routes(transition.network, transition.problem.hosts) if transition.network is not None else None
        self.link_rate: dict[tuple[int, bool], float] = {}

    def free(self, job: Job) -> bool:
        """Return whether the platform and the network let the job start now; only live migrations need either."""
        if not job.live:
            return True
        limits, source, destination = self.limits, job.source, job.destination
        return bool(
            self.out_slots[source] < limits.outgoing
            and self.in_slots[destination] < limits.incoming
            and self.out_slots[source] + self.in_slots[source] < limits.per_host
            and self.out_slots[destination] + self.in_slots[destination] < limits.per_host
            and (not limits.total or self.total < limits.total)
            and self.out_rate[source] + job.bandwidth_mbps <= self.nic[source]
            and self.in_rate[destination] + job.bandwidth_mbps <= self.nic[destination]
            and self._links_free(job)
        )

    def _links_free(self, job: Job) -> bool:
        routes = self.routes
        return routes is None or all(
            self.link_rate.get(link, 0.0) + job.bandwidth_mbps <= routes.capacity[link[0]] * _ROUNDING
            for link in routes.path(job.source, job.destination)
        )

    def begin(self, job: Job) -> None:
        """Take what the job uses."""
        self._use(job, 1)

    def end(self, job: Job) -> None:
        """Give back what the job used."""
        self._use(job, -1)

    def _use(self, job: Job, sign: int) -> None:
        if not job.live:
            return
        self.out_slots[job.source] += sign
        self.in_slots[job.destination] += sign
        self.total += sign
        self.out_rate[job.source] += sign * job.bandwidth_mbps
        self.in_rate[job.destination] += sign * job.bandwidth_mbps
        if self.routes is not None:
            for link in self.routes.path(job.source, job.destination):
                self.link_rate[link] = self.link_rate.get(link, 0.0) + sign * job.bandwidth_mbps


def makespan_bound(transition: Transition, done: Sequence[Job]) -> float:
    """
    Return a time below which no schedule of these moves gets under the same limits.

    The largest of: the longest move; each NIC's traffic over its rate; each host's moves over its slots; all moves
    over the total limit. Pauses between as many waves as are needed at least come on top.
    """
    if not done:
        return 0.0
    limits, hosts = transition.limits, len(transition.problem.capacity)
    size, longest = len(done), max(job.duration_s for job in done)
    done = [job for job in done if job.live]
    seconds = np.array([job.duration_s for job in done])
    bits = seconds * [job.bandwidth_mbps for job in done]
    bounds = [longest]
    for ends, slots in (
        ([job.source for job in done], limits.outgoing),
        ([job.destination for job in done], limits.incoming),
    ):
        bounds.append(float((np.bincount(ends, bits, minlength=hosts) / transition.nic_mbps).max()))
        bounds.append(float(np.bincount(ends, seconds, minlength=hosts).max()) / slots)
    if limits.total:
        bounds.append(float(seconds.sum()) / limits.total)
    waves = 1 + -(-max(size - limits.pilot, 0) // limits.wave)
    return max(bounds) + (waves - 1) * limits.pause_s
