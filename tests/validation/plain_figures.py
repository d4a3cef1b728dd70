"""CloudSim's figures, from what its hosts and VMs wrote down."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from tests.validation.plain_cloudsim import Simulation


@dataclass(frozen=True)
class Figures:
    """Energy in kWh, counts, and shares of service."""

    energy_kwh: float
    migrations: int
    shutdowns: int
    pdm: float
    slatah: float
    overall: float
    average: float
    left: int

    @property
    def sla(self) -> float:
        """The product of both kinds of violation."""
        return self.pdm * self.slatah


def figures(run: Simulation) -> Figures:
    """Return the figures of a run that is over."""
    spans = list(_spans(run))
    asked = sum(asked * seconds for _, asked, _, seconds in spans)
    given = sum(given * seconds for given, _, _, seconds in spans)
    lost = sum((asked - given) * seconds for given, asked, moving, seconds in spans if moving and given < asked)
    missing = [(asked - given) / asked for given, asked, _, _ in spans if given < asked]
    on, short = _times(run)
    return Figures(
        energy_kwh=run.joules / 3.6e6,
        migrations=run.migrations,
        shutdowns=_shutdowns(run),
        pdm=lost / asked if asked else 0.0,
        slatah=short / on if on else 0.0,
        overall=(asked - given) / asked if asked else 0.0,
        average=sum(missing) / len(missing) if missing else 0.0,
        left=sum(vm.host is not None for vm in run.vms),
    )


def _spans(run: Simulation) -> Iterator[tuple[float, float, bool, float]]:
    """Yield what VMs were given and asked for, whether they migrated, and for how long."""
    for vm in run.vms:
        for (time_s, given, asked, moving), later in pairwise(vm.records):
            yield given, asked, moving, later[0] - time_s


def _times(run: Simulation) -> tuple[float, float]:
    """Return how long hosts were in use, and how long of that they had less to give than was asked for."""
    on = short = 0.0
    for host in run.hosts:
        for (time_s, used, asked), later in pairwise(host.records):
            on += (later[0] - time_s) * (used > 0)
            short += (later[0] - time_s) * (0 < used < asked)
    return on, short


def _shutdowns(run: Simulation) -> int:
    """Return how often hosts fell empty; all are taken to be in use at first."""
    count = 0
    for host in run.hosts:
        used = [1.0, *(used for _, used, _ in host.records)]
        count += sum(before > 0 and after == 0 for before, after in pairwise(used))
    return count
