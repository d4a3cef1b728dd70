"""
An inventory: physical hosts and virtual machines as columns, at one moment.

The fields of `Hosts` and `Vms` are the one declaration of the inventory's columns: readers check files
against their metadata, and ``docs/inventory.md`` is written from it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any, Self

import numpy as np

from models.arrays import NOWHERE, Floats, Ints, Mask, Names, Rows, frozen, names, read_only
from models.errors import InputError

POWER_STATES = ("on", "off", "suspended")
LOAD_POINTS = 11
"""Points of a power curve: the draw at 0, 10, …, 100 % load, as SPECpower reports it."""


@dataclass(frozen=True)
class Column:
    """What one column of the inventory means and which values it takes."""

    text: str
    kind: str
    """``text``, ``integer``, ``number`` or ``flag``."""
    unit: str = ""
    required: bool = False
    default: Any = None
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()


def _text(text: str, *, required: bool = False, default: str = "", choices: tuple[str, ...] = ()) -> Any:
    return field(metadata={"column": Column(text, "text", "", required, default, choices=choices)})


def _integer(text: str, unit: str, *, default: int | None = None, low: int = 0, high: int = 10**9) -> Any:
    return field(metadata={"column": Column(text, "integer", unit, default is None, default, low, high)})


def _number(
    text: str, unit: str, *, required: bool = False, default: float = float("nan"), low: float = 0.0, high: float = 1e9
) -> Any:
    return field(metadata={"column": Column(text, "number", unit, required, default, low, high)})


def _flag(text: str) -> Any:
    return field(metadata={"column": Column(text, "flag", "", False, False)})


_DTYPES = {"integer": np.int64, "number": np.float64, "flag": np.bool_}


class _Table:
    """Columns of equal length, declared by the fields of a frozen dataclass."""

    @classmethod
    def columns(cls) -> dict[str, Column]:
        """Return each column's name and meaning, in order."""
        return {item.name: item.metadata["column"] for item in fields(cls)}  # type: ignore[arg-type]

    @classmethod
    def of(cls, **given: Iterable[Any]) -> Self:
        """Build the table from the columns given; the others take their defaults."""
        size = len(list(next(iter(given.values())))) if given else 0
        return cls(**{name: _array(name, column, given.get(name), size) for name, column in cls.columns().items()})

    def __post_init__(self) -> None:
        sizes = {item.name: len(getattr(self, item.name)) for item in fields(self)}  # type: ignore[arg-type]
        if len(set(sizes.values())) > 1:
            raise InputError(f"Columns differ in length: {sizes}.")

    def __len__(self) -> int:
        return len(getattr(self, fields(self)[0].name))  # type: ignore[arg-type]

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        for name, values in state.items():
            object.__setattr__(self, name, read_only(values))


def _array(name: str, column: Column, values: Iterable[Any] | None, size: int) -> Any:
    if values is None:
        if column.required:
            raise InputError(f"Column {name} is required.")
        values = [column.default] * size
    if column.kind == "text":
        return names(values)
    return frozen(values if isinstance(values, np.ndarray) else list(values), _DTYPES[column.kind])


@dataclass(frozen=True, eq=False)
class Hosts(_Table):
    """Physical servers, one a row."""

    host: Names = _text("Unique name of the server.", required=True)
    cores: Ints = _integer("Physical cores, all sockets together (not threads).", "cores", low=1, high=100_000)
    cpu_mhz: Floats = _number("Clock of one core.", "MHz", required=True, low=1, high=20_000)
    memory_mib: Floats = _number("Installed memory.", "MiB", required=True, low=1, high=1e9)
    cluster: Names = _text("Cluster; VMs stay within theirs unless a rule says otherwise.")
    datacenter: Names = _text("Datacenter or site.")
    rack: Names = _text("Rack; a level that rules can name.")
    model: Names = _text("Hardware model.")
    cpu_model: Names = _text("Processor model.")
    sockets: Ints = _integer("Processor sockets, for licences.", "sockets", default=2, low=1, high=64)
    threads_per_core: Ints = _integer("Hardware threads a core (2 with SMT).", "threads", default=1, low=1, high=8)
    disk_gib: Floats = _number("Local disk for VMs; empty: not a limit.", "GiB", high=1e9)
    disk_iops: Floats = _number("Disk operations a second that it can serve; empty: not a limit.", "1/s")
    net_mbps: Floats = _number("Network rate for VM traffic; empty: not a limit.", "Mbit/s")
    sriov_functions: Ints = _integer("SR-IOV virtual functions to hand out.", "functions", default=0, high=100_000)
    gpus: Ints = _integer("GPUs or vGPU slots to hand out.", "GPUs", default=0, high=10_000)
    cpu_generation: Names = _text("CPU generation or EVC level that guests see, such as intel-broadwell.")
    microarchitecture: Names = _text("Processor, a row of models/catalog/microarchitectures.csv; empty: by its model.")
    technology: Names = _text(
        "Virtualization technology, or a provider such as KVM; see models/catalog.", default="hardware-assisted"
    )
    os_family: Names = _text("Operating system family of the host, which containers must share.")
    trust_zone: Names = _text("Trust zone; VMs of a zone only run on hosts of that zone.")
    datastores: Names = _text("Shared datastores that the host reaches, separated by ';'; empty: all.")
    networks: Names = _text("Port groups or VLANs that the host carries, separated by ';'; empty: all.")
    power_state: Names = _text("Whether the host runs.", default="on", choices=("on", "off"))
    maintenance: Mask = _flag("In maintenance: no VM may enter.")
    boot_s: Floats = _number("Time from power-on to ready.", "s", default=300.0, high=86_400)
    shutdown_s: Floats = _number("Time from shutdown to off.", "s", default=120.0, high=86_400)
    idle_w: Floats = _number("Draw at no load; empty: estimated.", "W", high=100_000)
    peak_w: Floats = _number("Draw at full load; empty: estimated.", "W", high=100_000)
    power_curve_w: Names = _text("Draw at 0, 10, …, 100 % load: 11 numbers in W, separated by ';'.")
    migration_mbps: Floats = _number("Rate of the NIC that carries migrations.", "Mbit/s", default=10_000.0)
    cpu_used_mhz: Floats = _number("CPU in use at the moment of the snapshot.", "MHz")
    memory_used_mib: Floats = _number("Memory in use at the moment of the snapshot.", "MiB")
    maintenance_eur_year: Floats = _number("Support contract, a year.", "EUR/year", default=0.0)
    resale_eur: Floats = _number("Resale value once freed.", "EUR", default=0.0)
    lifecycle: Names = _text(
        "What is to become of it: it serves, ends empty (drain), ends empty and off (decommission), or may be bought.",
        default="serves",
        choices=("serves", "drain", "decommission", "candidate"),
    )
    price_eur: Floats = _number("Price of a candidate, once.", "EUR", default=0.0)
    offered: Ints = _integer("Of a candidate's model, how many are to be had; 0: as many as are listed.", "hosts",
                             default=0, high=10_000)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Vms(_Table):
    """Virtual machines (and containers and templates), one a row."""

    vm: Names = _text("Unique name of the VM.", required=True)
    host: Names = _text("Name of the host that it is on; empty: on none yet.", required=True)
    vcpus: Ints = _integer("Virtual CPUs.", "vCPUs", low=1, high=10_000)
    memory_mib: Floats = _number("Configured memory.", "MiB", required=True, high=1e8)
    power_state: Names = _text("Whether it runs.", default="on", choices=POWER_STATES)
    template: Mask = _flag("A template or placeholder: takes no CPU or memory.")
    cluster: Names = _text("Cluster, where the VM is on no host yet.")
    application: Names = _text("Application or group it belongs to.")
    platform_id: Names = _text("Id in the platform (such as vm-123), used in runbooks.")
    guest_os: Names = _text("Guest operating system.")
    technology: Names = _text("Technology, if it differs from the host's (such as container).")
    workload: Names = _text("What it does, a row of models/catalog/workloads.csv or of an overlay; empty: general.")
    net_path: Names = _text("Way of its packets, a row of models/catalog/net_paths.csv; empty: the technology's.")
    disk_path: Names = _text("Way of its requests, a row of models/catalog/disk_paths.csv; empty: the technology's.")
    page_size: Names = _text("Page size that maps its memory.", choices=("", "4k", "2m", "1g"))
    os_family: Names = _text("Operating system family a container needs of its host.")
    cpu_generation: Names = _text("Oldest CPU generation or EVC level that it can run on.")
    trust_zone: Names = _text("Trust zone; empty: any.")
    datastores: Names = _text("Datastores that hold its disks, separated by ';'.")
    networks: Names = _text("Port groups or VLANs that it needs, separated by ';'.")
    disk_gib: Floats = _number("Disk on the host's local storage.", "GiB", default=0.0)
    disk_iops: Floats = _number("Disk operations a second.", "1/s", default=0.0)
    net_mbps: Floats = _number("Network traffic.", "Mbit/s", default=0.0)
    sriov_functions: Ints = _integer("SR-IOV functions that it holds.", "functions", default=0, high=1_000)
    gpus: Ints = _integer("GPUs or vGPU slots that it holds.", "GPUs", default=0, high=1_000)
    cpu_used_mhz: Floats = _number("CPU in use at the moment of the snapshot.", "MHz")
    memory_consumed_mib: Floats = _number("Host memory consumed at the moment of the snapshot.", "MiB")
    memory_active_mib: Floats = _number("Memory touched lately; never a basis for memory.", "MiB")
    cpu_reservation_mhz: Floats = _number("Guaranteed CPU.", "MHz", default=0.0)
    memory_reservation_mib: Floats = _number("Guaranteed memory.", "MiB", default=0.0)
    dirty_mib_s: Floats = _number("Rate at which it dirties memory; empty: estimated.", "MiB/s", high=1e6)
    pinned: Mask = _flag("Must stay on its host.")
    pin_reason: Names = _text("Why it is pinned.")


@dataclass(frozen=True, eq=False)
class Inventory:
    """
    Hosts and VMs at one moment, and where they came from.

    Parameters
    ----------
    hosts, vms
        The two tables. Names are unique; a VM's host is one of the hosts or empty.
    rules
        Rules that came with the data, as the mappings that ``rules.yaml`` holds.
    taken
        When the snapshot was taken, ISO 8601; empty: unknown.
    source
        Name of the file or folder that it was read from.
    """

    hosts: Hosts
    vms: Vms
    rules: tuple[Mapping[str, Any], ...] = ()
    taken: str = ""
    source: str = ""

    def __post_init__(self) -> None:
        for kind, column in (("host", self.hosts.host), ("VM", self.vms.vm)):
            if len(set(column)) < len(column):
                raise InputError(f"{kind} names must be unique; the first twice is {_first_twice(column)!r}.")
        unknown = sorted(set(self.vms.host) - set(self.hosts.host) - {""})
        if unknown:
            raise InputError(f"VMs name {len(unknown)} unknown hosts, the first {unknown[0]!r}.")

    @cached_property
    def host_row(self) -> Mapping[str, int]:
        """The row of each host, by name."""
        return {name: row for row, name in enumerate(self.hosts.host)}

    @cached_property
    def vm_row(self) -> Mapping[str, int]:
        """The row of each VM, by name."""
        return {name: row for row, name in enumerate(self.vms.vm)}

    @cached_property
    def start(self) -> Rows:
        """The host row of each VM, or `NOWHERE`. Shape (vms,)."""
        found = [self.host_row.get(name, NOWHERE) for name in self.vms.host]
        return frozen(found, np.int32)

    @cached_property
    def running(self) -> Mask:
        """Which VMs take CPU and memory: powered on, no template. Shape (vms,)."""
        return frozen((self.vms.power_state == "on") & ~self.vms.template, np.bool_)


def _first_twice(column: Names) -> str:
    seen: set[str] = set()
    for name in column:
        if name in seen:
            return str(name)
        seen.add(name)
    return ""
