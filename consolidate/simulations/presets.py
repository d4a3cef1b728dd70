"""Presets: whole experiments of the literature as configurations of the simulation."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from models import catalog, cloudsim
from models.arrays import NOWHERE, Floats, Ints, Rows, Singles
from models.arrays import names as names_of
from models.decisions import Policy, Watch
from models.environment import Environment
from models.inventory import Hosts, Inventory, Vms
from models.laws import power
from models.physics import OURS, Physics
from models.reserve import Choices
from models.signals import Held, Interpolated
from models.strain import Strain
from solvers.policies.cloudsim import CloudSim, groups

if TYPE_CHECKING:
    from models.datacenter import Datacenter

HOSTS, STEPS = (int(catalog.number("cloudsim", key)) for key in ("hosts", "steps"))


@dataclass(frozen=True, eq=False)
class Experiment:
    """
    What a simulation takes from a preset.

    Parameters
    ----------
    inventory
        Hosts and VMs.
    signal
        What VMs ask for.
    size_mhz
        CPU that VMs are configured with. [MHz] Shape (vms,).
    physics
        The laws.
    watch
        When agents call, unless the policy says so itself.
    host
        The host of each VM at the start. Shape (vms,).
    tables
        What policies share with the physics: the hosts' hash tables.
    """

    inventory: Inventory
    signal: Interpolated | Held
    size_mhz: Floats
    physics: Physics
    watch: Watch
    host: Rows
    tables: cloudsim.Tables


def experiment(
    names: Collection[str],
    percents: Singles,
    *,
    first_fit: bool = False,
    without: Collection[str] = (),
    count: int = HOSTS,
) -> Experiment:
    """
    Return CloudSim's experiment on a day of PlanetLab: 800 hosts of two models, four sizes of VM.

    Parameters
    ----------
    names
        Names of the traces, in the order in which VMs take them.
    percents
        CPU of each trace. [%] Shape (vms, samples).
    first_fit
        Whether VMs are first placed on the first host that takes them, as without a consolidating policy.
    without
        Keys of `models.cloudsim.QUIRKS` that are left out; of those of its policies, ``memory-free`` counts here.
    count
        How many hosts.
    """
    sizes = catalog.rows("cloudsim_vms")
    kind = np.arange(len(names)) // max(-(-len(names) // len(sizes)), 1)
    size, memory = (np.array([float(row[name]) for row in sizes])[kind] for name in ("cpu_mhz", "memory_mib"))
    hosts = machines(count)
    vms = Vms.of(vm=list(names), host=[""] * len(names), vcpus=[1] * len(names), memory_mib=memory)
    samples = np.asarray(percents, np.float64).T / 100
    tables = cloudsim.Tables(len(names), len(hosts))
    host = placed(hosts, size, memory, first_fit=first_fit)
    placeless = np.where(host == NOWHERE, "off", "on")  # a VM that found no first place never runs
    vms = replace(vms, power_state=names_of(placeless))
    return Experiment(
        inventory=Inventory(hosts, vms, source="PlanetLab"),
        signal=Interpolated(samples, size, 300.0),
        size_mhz=size,
        physics=cloudsim.physics(cloudsim.QUIRKS.keys() & set(without), tables),
        watch=Watch(upper=1.0, memory=1.0 if "memory-free" in without else np.inf, across_clusters=True),
        host=host,
        tables=tables,
    )


def under_our_physics(chosen: Experiment, *, memory: bool = True) -> Experiment:
    """
    Return the experiment without CloudSim: hosts and VMs start in the same places, and all else is as we have it.

    Readings hold until the next one, VMs stay when they are idle, migrations send memory by pre-copy over shared links,
    and hosts take time and power to boot and to stop. Virtualization is not charged for, as the readings are of VMs.

    Parameters
    ----------
    chosen
        CloudSim's experiment.
    memory
        Whether memory is a limit.
    """
    signal = chosen.signal
    assert isinstance(signal, Interpolated)
    limit = 1.0 if memory else np.inf
    return replace(
        chosen,
        signal=Held((signal.shares * signal.size_mhz).astype(np.float32), signal.step_s),
        physics=replace(OURS, pressure=memory),
        watch=Watch(upper=0.9, memory=limit, across_clusters=True),
    )


def datacenter(
    chosen: Experiment, policy: Policy, *, seed: int = 1, environment: Environment | None = None
) -> "Datacenter":
    """Return the experiment's datacenter under a policy, which takes part in the oddities if it is CloudSim's."""
    from models.datacenter import Datacenter

    if isinstance(policy, CloudSim):
        hosts = chosen.inventory.hosts
        group = groups(hosts.cpu_mhz, hosts.memory_mib, power.points(hosts))
        policy = replace(policy, most=chosen.tables.most, group=group)
    return Datacenter(
        chosen.inventory,
        chosen.signal,
        policy=policy,
        physics=chosen.physics,
        watch=chosen.watch,
        host=chosen.host,
        size_mhz=chosen.size_mhz,
        environment=environment,
        strain=Strain(chosen.inventory, Choices(host_memory_mib=0.0)),
        rng=seed,
    )


def machines(count: int) -> Hosts:
    """Return so many hosts, of the catalog's models in turn."""
    models = catalog.rows("cloudsim_hosts")
    rows = [models[row % len(models)] for row in range(count)]
    return Hosts.of(
        host=[f"host-{row}" for row in range(count)],
        model=[row["model"] for row in rows],
        cores=[int(row["cores"]) for row in rows],
        cpu_mhz=[float(row["cpu_mhz"]) for row in rows],
        memory_mib=[float(row["memory_mib"]) for row in rows],
        power_curve_w=[row["power_curve_w"] for row in rows],
        migration_mbps=[1000.0] * count,
    )


def placed(hosts: Hosts, size_mhz: Floats, memory_mib: Floats, *, first_fit: bool) -> Rows:
    """
    Return where VMs are first placed, one by one at their full size: on the first host, or where the draw grows least.

    A host takes a VM that no core is too small for, while it has CPU, memory and bandwidth for all at full size.
    """
    capacity, curve = hosts.cores * hosts.cpu_mhz, power.points(hosts)
    left, free, places = capacity.astype(np.float64), hosts.memory_mib.copy(), _places(hosts)
    given, idle = np.zeros(len(hosts)), cloudsim.draw(np.zeros(len(hosts)), curve)
    host = np.full(len(size_mhz), NOWHERE, np.int32)
    for vm, (mhz, mib) in enumerate(zip(size_mhz.tolist(), memory_mib.tolist(), strict=True)):
        fits = (hosts.cpu_mhz >= mhz) & (left >= mhz) & (free >= mib) & (places > 0)
        if not fits.any():
            continue
        worth = np.zeros(len(hosts)) if first_fit else cloudsim.draw((given + mhz) / capacity, curve) - idle
        row = int(np.argmin(np.where(fits, worth, np.inf)))
        host[vm] = row
        left[row] -= mhz
        free[row] -= mib
        places[row] -= 1
        given[row] += mhz
    return host


def _places(hosts: Hosts) -> Ints:
    """Return how many VMs the bandwidth of each host is enough for."""
    most = {row["model"]: int(row["most_vms"]) for row in catalog.rows("cloudsim_hosts")}
    return np.array([most[model] for model in hosts.model], np.int64)
