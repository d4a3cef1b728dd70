"""Where each VM of the example estate runs at the start."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

from examples.machines import Machine, Server
from models import catalog
from models.arrays import Floats, Mask
from models.errors import NoRoomError

CPU_CEILING = 0.7
MEMORY_CEILING = 0.85
VCPUS_PER_CORE = 4.0
UNEVEN = 0.15
"""How unevenly the hosts' memory is filled."""


def placed(residents: Sequence[Machine], hosts: Sequence[Server], rng: np.random.Generator) -> list[int]:
    """
    Return the row of the host on which each VM of a cluster runs.

    Every VM goes where it leaves the most memory free, as a cluster's balancer does it, and where its role lets it
    run.

    Raises
    ------
    NoRoomError
        If a VM fits nowhere: too many VMs for the hosts.
    """
    room = np.array([_room(server) for server in hosts])
    wanted = room[:, 0] * rng.uniform(1 - UNEVEN, 1 + UNEVEN, len(hosts))
    newer = np.array([server.newer for server in hosts])
    used = np.zeros_like(room)
    company: defaultdict[str, set[int]] = defaultdict(set)
    home = [-1] * len(residents)
    for row in sorted(range(len(residents)), key=lambda row: _order(residents[row])):
        machine = residents[row]
        after = used + _need(machine)
        allowed = _allowed(machine, hosts, company) & (after <= room).all(axis=1)
        if not allowed.any():
            raise NoRoomError(f"VM {machine.name} fits on none of its cluster's {len(hosts)} hosts; ask for fewer VMs.")
        fullness = after[:, 0] / wanted + (newer & machine.role.older)
        home[row] = int(np.where(allowed, fullness, np.inf).argmin())
        used[home[row]] = after[home[row]]
        company[machine.company].add(home[row])
    return home


def _room(server: Server) -> tuple[float, ...]:
    kind = server.generation
    installed = kind.memory_gib * 1024
    reserve = catalog.number("reserve", "host_memory_fixed_mib")
    memory = installed * (MEMORY_CEILING - catalog.number("reserve", "host_memory_share")) - reserve
    cpu = kind.cores * kind.cpu_mhz * CPU_CEILING
    return memory, kind.cores * VCPUS_PER_CORE, cpu, server.gpus, server.sriov_functions


def _need(machine: Machine) -> Floats:
    role = machine.role
    vcpus = machine.vcpus * machine.running
    return np.array([machine.memory_mib, vcpus, machine.cpu_mhz, role.gpus, role.sriov_functions], np.float64)


def _order(machine: Machine) -> tuple[bool, bool, float]:
    """Those that may run on few hosts first, then the large ones."""
    role = machine.role
    return not role.newer, not (role.near or role.apart), -machine.memory_mib


def _allowed(machine: Machine, hosts: Sequence[Server], company: Mapping[str, set[int]]) -> Mask:
    role = machine.role
    peers = company[machine.company]
    racks = {hosts[row].rack for row in peers}
    return np.array(
        [
            not (role.apart and server.rack in racks)
            and not (role.near and peers and server.rack not in racks)
            and not (role.newer and not server.newer)
            for server in hosts
        ]
    )
