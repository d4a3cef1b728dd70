"""What moves share while they run: slots of the platform, links and ports, budgets of hosts and datastores."""

from collections.abc import Sequence

import numpy as np

from models.arrays import NOWHERE
from models.network import Limits
from models.plan import Transition
from models.routes import Routes
from solvers.jobs import Job
from solvers.scheduling.instance import Builder

_PER_UNIT = 1000
"""Rates are counted in kbit/s."""
_ROUNDING = 1e-10


def slots(builder: Builder, transition: Transition, jobs: Sequence[Job]) -> None:
    """Note the slots that moves take which copy something."""
    limits = transition.limits
    for task, job in enumerate(jobs):
        if not job.copies:
            continue
        used = [
            ("outgoing", job.source, limits.outgoing),
            ("incoming", job.destination, limits.incoming),
            ("per host", job.source, limits.per_host),
            ("per host", job.destination, limits.per_host),
            ("total", 0, limits.total),
        ]
        for name, place, most in used:
            if most:
                builder.use(task, (name, place), most, 1)


def rate(mbps: float) -> int:
    """Return a rate that is used, as a whole number, in kbit/s."""
    return int(np.ceil(mbps * _PER_UNIT * (1 - _ROUNDING)))


def _room(mbps: float) -> int:
    return int(np.floor(mbps * _PER_UNIT * (1 + _ROUNDING)))


def network(builder: Builder, transition: Transition, jobs: Sequence[Job]) -> None:
    """Note what moves take of NICs, links, switches and ports."""
    links, nic = transition.network, transition.nic_mbps
    routes = None if links is None else Routes(links, transition.problem.hosts)
    for task, job in enumerate(jobs):
        if not job.copies:
            continue
        _ports(builder, transition, task, job)
        used = rate(job.bandwidth_mbps)
        builder.use(task, ("nic out", job.source), _room(nic[job.source]), used)
        builder.use(task, ("nic in", job.destination), _room(nic[job.destination]), used)
        if routes is None or links is None:
            continue
        for row, up in routes.path(job.source, job.destination):
            key = ("link", str(links.lower[row]), str(links.upper[row]), "up" if up else "down")
            builder.use(task, key, _room(float(links.capacity_mbps[row])), used)
        for name in routes.switches(job.source, job.destination) if transition.switch_mbps else ():
            if name in transition.switch_mbps:
                builder.use(task, ("switch", name), _room(transition.switch_mbps[name]), used)


def _ports(builder: Builder, transition: Transition, task: int, job: Job) -> None:
    """Note what copying disks takes of the ports to a storage network."""
    ports = None if transition.storage is None else transition.storage.port_mbps
    if ports is not None and job.disk_mib > 0:
        used = rate(job.storage_mbps)
        builder.use(task, ("storage out", job.source), _room(float(ports[job.source])), used)
        builder.use(task, ("storage in", job.destination), _room(float(ports[job.destination])), used)


def budgets(builder: Builder, transition: Transition, jobs: Sequence[Job]) -> None:
    """Note what moves cost hosts and datastores."""
    limits: Limits = transition.limits
    for task, job in enumerate(jobs):
        copies = transition.disks is not None and bool(transition.disks[job.vm])
        if limits.host_budget and (job.live or copies):
            cost = limits.host_storage if copies else limits.host_move
            for host in (job.source, job.destination):
                if host != NOWHERE:
                    builder.use(task, ("host budget", host), limits.host_budget, cost)
        if limits.datastore_budget and transition.datastores is not None and (job.live or copies):
            cost = limits.datastore_storage if copies else limits.datastore_move
            for store in transition.datastores[job.vm]:
                builder.use(task, ("datastore budget", store), limits.datastore_budget, cost)
