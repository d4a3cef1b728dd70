"""Moves as jobs with predicted times."""

from dataclasses import dataclass

import numpy as np

from models.arrays import NOWHERE, Floats, Mask, Rows
from models.laws import migration
from models.plan import Transition
from models.routes import Routes


@dataclass(frozen=True)
class Job:
    """
    One move of one VM; see `models.plan.Moves` for the fields.

    By `balloon_mib` less memory is held at the destination, until a job from there to there gives `back_mib` back.
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
    disk_mib: float = 0.0
    storage_mbps: float = 0.0
    balloon_mib: int = 0
    back_mib: int = 0
    note: str = ""
    wave: int = 0
    start_s: float = 0.0
    end_s: float = 0.0

    @property
    def copies(self) -> bool:
        """Whether it sends anything: memory or disks."""
        return self.live or self.disk_mib > 0


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
        if job.copies or share == max(transition.rates)
    ]


def direct(transition: Transition, vm: int, source: int, destination: int) -> Job:
    """Return the job of one VM."""
    return predicted(transition, np.array([vm]), np.array([source]), np.array([destination]))[0]


def predicted(transition: Transition, vms: Rows, sources: Rows, destinations: Rows, share: float = 1.0) -> list[Job]:
    """
    Return jobs with the times that the law predicts at a share of the rate of the path, rounded up to milliseconds.

    A duration that is given is that at the full rate. Disks are copied before memory, and what carries both is held
    from the start to the end.
    """
    nic = transition.nic_mbps
    rate = np.minimum(np.minimum(nic[sources], nic[destinations]), transition.stream_mbps)
    if transition.network is not None:
        routes = Routes(transition.network, transition.problem.hosts)
        paths = [routes.narrowest(int(a), int(b)) for a, b in zip(sources, destinations, strict=True)]
        rate = np.minimum(rate, paths)
    rate = rate * share
    live = transition.running[vms] & (sources != NOWHERE)
    sizes = transition.memory_mib[vms], transition.dirty_mib_s[vms]
    found = migration.planned(transition.technique, *sizes, np.maximum(rate, 1.0))
    cold = migration.cold(len(vms))
    columns = {
        name: np.where(live, getattr(found, name), getattr(cold, name))
        for name in ("duration_s", "downtime_ms", "transferred_mib", "rounds", "converges", "energy_j")
    }
    disks = _disks(transition, vms, sources, destinations, rate)
    columns["duration_s"] = columns["duration_s"] + disks["duration_s"]
    columns["transferred_mib"] = columns["transferred_mib"] + disks["disk_mib"]
    columns["energy_j"] = columns["energy_j"] + _disks_j(np.asarray(disks["disk_mib"], np.float64), live)
    columns["converges"] = columns["converges"] & disks["converges"]
    rate = np.where(live | ((disks["disk_mib"] > 0) & (disks["storage_mbps"] == 0)), rate, 0.0)
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
            disk_mib=float(disks["disk_mib"][row]),
            storage_mbps=float(disks["storage_mbps"][row]),
        )
        for row in range(len(vms))
    ]


def _disks(
    transition: Transition, vms: Rows, sources: Rows, destinations: Rows, path_mbps: Floats
) -> dict[str, Floats | Mask]:
    """Return the time and data of copying disks, whether that ends, and what it takes of a storage network."""
    none = np.zeros(len(vms))
    found: dict[str, Floats | Mask] = {"duration_s": none, "disk_mib": none.copy(), "storage_mbps": none.copy()}
    found["converges"] = np.ones(len(vms), np.bool_)
    if transition.storage is None:
        return found
    rows = np.flatnonzero((sources != NOWHERE) & transition.storage.copied[vms])
    if not len(rows):
        return found
    rate = transition.storage.rate_mbps(sources[rows], destinations[rows], path_mbps[rows])
    mirrored = transition.storage.mirrored(vms[rows], transition.running[vms[rows]], rate)
    found["duration_s"][rows], found["disk_mib"][rows] = mirrored.duration_s, mirrored.transferred_mib
    found["converges"][rows] = mirrored.converges
    found["storage_mbps"][rows] = 0.0 if transition.storage.port_mbps is None else rate
    return found


def _disks_j(disk_mib: Floats, live: Mask) -> Floats:
    """Return the energy of copying disks, by the law of memory; what it has once a move a live one has already. [J]."""
    found = migration.energy_j(disk_mib) - np.where(live, migration.energy_j(np.zeros(len(live))), 0.0)
    return np.where(disk_mib > 0, found, 0.0)


def _known(given: Floats, predicted: Floats) -> Floats:
    """Return what is given, and what is predicted where it is not."""
    return np.where(np.isnan(given), predicted, given)
