"""The servers and VMs of the example estate, cluster by cluster."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from examples.roles import PURPOSES, Purpose, Role
from models import catalog

RACKS = 4
"""Racks that three clusters share."""
FILL = 0.44
"""Share of a cluster's memory that its VMs take: what consolidation has to work with."""


@dataclass(frozen=True)
class Generation:
    """One generation of servers. Power, support and resale are plausible figures, not measured ones."""

    model: str
    cpu_model: str
    cpu_generation: str
    cores: int
    cpu_mhz: int
    memory_gib: int
    migration_mbps: int
    boot_s: int
    power_curve_w: tuple[int, ...]
    maintenance_eur_year: int
    resale_eur: int


OLDER = Generation(
    "PowerEdge R730", "Xeon E5-2650 v4", "intel-broadwell", 24, 2200, 256, 10_000, 420,
    (118, 152, 176, 198, 219, 241, 264, 289, 317, 349, 384), 1450, 250,
)  # fmt: skip
NEWER = Generation(
    "PowerEdge R760", "Xeon Gold 6442Y", "intel-sapphirerapids", 48, 2600, 768, 25_000, 300,
    (196, 251, 297, 338, 377, 416, 458, 506, 562, 628, 702), 980, 5200,
)  # fmt: skip


@dataclass(frozen=True)
class Server:
    """A physical server."""

    name: str
    cluster: str
    rack: str
    purpose: Purpose
    generation: Generation

    @property
    def newer(self) -> bool:
        """Whether it is of the newer generation."""
        return self.generation is NEWER

    @property
    def gpus(self) -> int:
        """GPUs to hand out: the newer servers of an office cluster have some."""
        return 4 if self.newer and self.purpose.name == "office" else 0

    @property
    def sriov_functions(self) -> int:
        """SR-IOV functions to hand out: the newer servers of a perimeter cluster have some."""
        return 16 if self.newer and self.purpose.name == "dmz" else 0


@dataclass(frozen=True)
class Machine:
    """A VM, before it is known where it runs."""

    name: str
    application: str
    role: Role
    vcpus: int
    memory_gib: int
    company: str
    """The VMs of one company are in different racks, or all in one, as the role says."""

    @property
    def running(self) -> bool:
        """Whether it takes CPU and memory."""
        return self.role.power_state == "on" and not self.role.template

    @property
    def memory_mib(self) -> float:
        """Memory that it takes on its host, overhead included; nothing while it is off."""
        law = next(row for row in catalog.rows("technologies") if row["technology"] == "hardware-assisted")
        fixed, share, vcpu = (float(law[f"memory_{part}"]) for part in ("fixed_mib", "share", "vcpu_mib"))
        configured = self.memory_gib * 1024
        return (configured * (1 + share) + fixed + vcpu * self.vcpus) * self.running

    @property
    def cpu_mhz(self) -> float:
        """CPU that it takes when it is busy."""
        return self.vcpus * OLDER.cpu_mhz * self.role.peak * self.running


def split(total: int, parts: int) -> list[int]:
    """Return `parts` whole numbers, as equal as can be, that add up to `total`."""
    return [total // parts + (part < total % parts) for part in range(parts)]


def machines(vms: int, clusters: int, rng: np.random.Generator) -> list[list[Machine]]:
    """Return the VMs of each cluster; names count on over the clusters."""
    so_far: Counter[str] = Counter()
    digits = max(2, len(str(vms // 10)))
    found = []
    for number, size in enumerate(split(vms, clusters)):
        suffix = f"-{number // len(PURPOSES) + 1}" if clusters > len(PURPOSES) else ""
        roles = PURPOSES[number % len(PURPOSES)].roles
        found.append([_machine(role, suffix, so_far, digits, rng) for role in _cast(roles, size)])
    return found


def _cast(roles: Sequence[Role], size: int) -> Iterator[Role]:
    """Yield a role for each VM, in the proportions of the shares (largest remainders)."""
    wanted = np.array([role.share for role in roles]) / sum(role.share for role in roles) * size
    counts = np.floor(wanted).astype(int)
    counts[np.argsort(counts - wanted, kind="stable")[: size - counts.sum()]] += 1
    for role, count in zip(roles, counts, strict=True):
        yield from [role] * int(count)


def _machine(role: Role, suffix: str, so_far: Counter[str], digits: int, rng: np.random.Generator) -> Machine:
    so_far[role.name] += 1
    number = so_far[role.name]
    vcpus, memory_gib = role.sizes[rng.integers(len(role.sizes))]
    application = role.application + suffix
    company = f"{role.name} pair {(number + 1) // 2}" if role.apart else application
    return Machine(f"{role.name}-{number:0{digits}}", application, role, vcpus, memory_gib, company)


def servers(sizes: Sequence[int], residents: Sequence[Sequence[Machine]]) -> list[list[Server]]:
    """Return the servers of each cluster: as many of the newer ones as make it about as full as `FILL`."""
    return [_servers(number, size, residents[number]) for number, size in enumerate(sizes)]


def _servers(number: int, size: int, residents: Sequence[Machine]) -> list[Server]:
    purpose = PURPOSES[number % len(PURPOSES)]
    cluster = f"{purpose.name}-{number + 1:02}"
    wanted = sum(machine.memory_mib for machine in residents) / 1024 / FILL - size * OLDER.memory_gib
    newer = min(size, max(2, math.ceil(wanted / (NEWER.memory_gib - OLDER.memory_gib))))
    return [
        Server(
            f"{cluster}-h{row + 1:02}",
            cluster,
            f"r{number // len(PURPOSES) * RACKS + row % RACKS + 1:02}",
            purpose,
            NEWER if row < newer else OLDER,
        )
        for row in range(size)
    ]
