"""What a user may choose for a plan: the keys of ``--config`` and of a study's axes."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from consolidate import expectations
from consolidate.readers import documents, noticed
from consolidate.readers.documents import Located
from models.errors import Finding, InputError
from models.network import platform

Basis = Annotated[str, Field(pattern=r"^(auto|allocated|snapshot|peak|profile|p(\d{1,2}(\.\d+)?|100))$")]
Share = Annotated[float, Field(gt=0, le=1)]
Money = Annotated[float, Field(ge=0, le=1e12)]
Count = Annotated[int, Field(ge=0, le=10_000_000)]
Named = Annotated[str, Field(min_length=1)]


class _Group(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class Demand(_Group):
    """What counts as demand. A basis is auto, allocated, snapshot, peak, profile, or a percentile such as p95."""

    cpu: Basis = Field(
        default="auto", description="Basis of CPU demand; `auto` is `p95` where there are readings, else `allocated`."
    )
    memory: Basis = Field(default="auto", description="Basis of memory demand; `auto` is `allocated`.")
    other: Basis = Field(
        default="auto", description="Basis of disk and network demand; `auto` is `p95` with readings, else `allocated`."
    )
    buckets: int = Field(default=24, ge=1, le=288, description="Parts of the day that `profile` tells apart.")
    growth: float = Field(
        default=1.0, gt=0, le=100, description="Factor on all demand but virtual CPUs and disk space."
    )
    minimum_coverage: float = Field(
        default=0.6, ge=0, le=1, description="Share of a VM's samples that must hold a reading for readings to count."
    )


class Limits(_Group):
    """How full a host may get, and what is kept back."""

    cpu_ceiling: Share = Field(default=0.80, description="Share of a host's CPU, in MHz, that VMs may take.")
    memory_ceiling: Share = Field(default=0.90, description="Share of a host's memory that VMs may take.")
    other_ceiling: Share = Field(default=0.90, description="Share of a host's disk and network that VMs may take.")
    vcpus_per_core: float = Field(default=4.0, gt=0, le=1000, description="Virtual CPUs that may share one core.")
    memory_overcommit: float = Field(
        default=1.0, gt=0, le=100, description="Factor on a host's memory; above 1, more is promised than there is."
    )
    spare_hosts: int = Field(
        default=1, ge=0, le=100, description="Hosts of a cluster that may fail while the rest can restart their VMs."
    )
    ready_share: float | None = Field(
        default=0.05,
        gt=0,
        lt=1,
        description="Share of time that virtual CPUs of a host may be predicted to wait for a core; no limit if empty.",
    )
    overload_share: float | None = Field(
        default=None,
        ge=0,
        lt=1,
        description="Share of the readings' samples in which VMs may take more CPU of a host than it may give; no "
        "limit if empty. With a `demand.cpu` below the peak, such as `p50`, it says how full hosts get.",
    )
    overload_confidence: float | None = Field(
        default=None,
        ge=0.5,
        lt=1,
        description="Confidence that overloads are no more often than that, by Wilson's interval in which the samples "
        "of an hour of 5 minutes count as one; samples count as they are if empty.",
    )
    host_memory_mib: float | None = Field(
        default=None,
        ge=0,
        le=1e9,
        description="Memory that a host keeps for itself, in MiB; from models/catalog/reserve.csv if empty.",
    )
    host_cpu_share: float | None = Field(
        default=None,
        ge=0,
        lt=1,
        description="Share of CPU that a host keeps for itself; from models/catalog/reserve.csv if empty.",
    )
    cross_clusters: bool = Field(default=False, description="Whether VMs may move to another cluster.")
    ignore_cpu_generation: bool = Field(
        default=False, description="Whether VMs may move to hosts whose CPU generation is older than they need."
    )


class Overhead(_Group):
    """How VMs are virtualized: what the inventory does not say, and what-ifs."""

    technology: Named | None = Field(
        default=None, description="What if the VMs ran under this technology: a row of models/catalog/technologies.csv."
    )
    net_path: Named | None = Field(
        default=None, description="What if their packets went this way: a row of models/catalog/net_paths.csv."
    )
    disk_path: Named | None = Field(
        default=None, description="What if their disk requests went this way: a row of models/catalog/disk_paths.csv."
    )
    page_size: Literal["4k", "2m", "1g"] | None = Field(
        default=None, description="What if pages of this size mapped their memory."
    )
    microarchitecture: Named | None = Field(
        default=None,
        description="What if all hosts had this processor: a row of models/catalog/microarchitectures.csv.",
    )
    vms: Annotated[list[str], Field(max_length=100_000)] = Field(
        default=[], description="VMs that the what-if is for, named as in rules; all if empty."
    )
    workload: Named = Field(
        default="general", description="Profile of VMs that name none: a row of models/catalog/workloads.csv."
    )
    workloads: dict[str, str] = Field(
        default={},
        description='Profiles of VMs that name none, by VMs as in rules: `{"*-web-*": web}`; the last one counts.',
    )
    readings: Literal["virtual", "native"] = Field(
        default="virtual",
        description="Whether CPU was read in VMs, so that it holds today's overhead of virtual CPUs, or natively.",
    )
    scale_work: bool = Field(
        default=False, description="Whether work takes fewer cycles on newer processors, by the catalog's assumption."
    )
    direct_io_pins: bool = Field(
        default=True, description="Whether a VM with a directly assigned device stays on its host."
    )
    catalog: Named | None = Field(
        default=None, description="File that replaces rows of the catalog, such as `consolidate calibrate` writes."
    )


class Migration(_Group):
    """How VMs are moved."""

    platform: str = Field(
        default="vsphere",
        description="Whose limits on simultaneous migrations hold: a row of models/catalog/platforms.csv.",
    )
    max_moves: Count | None = Field(default=None, description="At most so many migrations; without a limit if empty.")
    bandwidth_mbps: float | None = Field(
        default=None,
        gt=0,
        le=1e7,
        description="Rate of one migration at most, in Mbit/s; from models/catalog/migration.csv if empty.",
    )
    eur_per_move: Money = Field(default=1.0, description="Price of the work for one migration, in EUR.")
    eur_per_downtime_s: Money = Field(default=0.0, description="Price of a second's pause of a VM, in EUR.")
    wave: int = Field(
        default=40, ge=1, le=100_000, description="Moves in one wave at most; a tenth of all moves where that is more."
    )
    pilot: int = Field(default=4, ge=1, le=100_000, description="Moves in the first wave at most.")
    pause_s: float = Field(default=120.0, ge=0, le=1e7, description="Time between waves to verify, in seconds.")
    technique: str = Field(
        default="pre-copy", description="How running VMs are migrated: a technique of docs/migration.md."
    )
    starts: str = Field(
        default="", description="When the plan begins (ISO 8601); dates and hours in rules about time need it."
    )
    rates: list[float] = Field(
        default=[1.0],
        min_length=1,
        max_length=4,
        description="Shares of its path's rate that a move may be given, such as `[1, 0.5]`; the schedule chooses.",
    )
    may_stop: list[str] = Field(
        default=[],
        description="VMs, named as in rules, that may be stopped for a move where nothing else breaks a cycle.",
    )
    may_balloon: list[str] = Field(
        default=[],
        description="VMs, named as in rules, whose idle memory may be taken for a while to break a cycle, where it is "
        "known how much is active.",
    )
    waves_by: Literal["none", "application", "cluster", "rack"] = Field(
        default="none", description="What VMs of one wave have in common, as far as it fits: it is moved as a whole."
    )
    then: list[Literal["sum_of_ends", "peak_link_load", "moves_at_risk"]] = Field(
        default=[],
        max_length=3,
        description="What a schedule is bettered in once it is short, one after the other: how early moves end, how "
        "full links get, how many moves that are at risk run at once.",
    )
    makespan_tolerance: float = Field(
        default=0.0, ge=0, le=1, description="By how much a schedule may be longer for what is in `then`, as a share."
    )
    disks: Literal["local", "none"] = Field(
        default="local",
        description="Whose disks are copied with a move: VMs with `disk_gib` on local storage, or none.",
    )
    disk_differs_share: float = Field(
        default=1.0,
        ge=0,
        le=1,
        description="Part of the blocks that are copied which is not in a template or older copy at the destination.",
    )
    disk_mib_s: float | None = Field(
        default=None,
        gt=0,
        le=1e6,
        description="Rate at which a host reads or writes disks that are copied, in MiB/s; as the network if empty.",
    )
    storage_mbps: float | None = Field(
        default=None,
        gt=0,
        le=1e7,
        description="Rate of each host's port to a storage network that disks are copied over, in Mbit/s; they go over "
        "the network that carries migrations if empty.",
    )
    early_shutdown: bool = Field(
        default=False, description="Whether a host is shut down once it is empty, not once all moves are over."
    )
    schedule_seconds: float = Field(
        default=1.0, ge=0, le=86_400, description="Time for a shorter schedule than the first one, in seconds."
    )

    @field_validator("starts", mode="before")
    @classmethod
    def _moment(cls, given: Any) -> Any:
        text = given.isoformat() if isinstance(given, date) else given
        try:
            return text and datetime.fromisoformat(text).isoformat()
        except (TypeError, ValueError):
            raise ValueError(f"Expected a date and time such as 2026-12-04T22:00, not {given!r}.") from None

    @property
    def begins(self) -> datetime | None:
        """When the plan begins, if that is known."""
        return datetime.fromisoformat(self.starts) if self.starts else None

    @field_validator("technique")
    @classmethod
    def _technique(cls, name: str) -> str:
        from models.laws.migration import TECHNIQUES

        if name not in TECHNIQUES:
            raise ValueError(f"Expected one of {', '.join(TECHNIQUES)}; found {name!r}.")
        return name

    @field_validator("rates")
    @classmethod
    def _shares(cls, shares: list[float]) -> list[float]:
        if not all(0 < share <= 1 for share in shares) or max(shares) != 1:
            raise ValueError("Expected shares above 0 and up to 1, one of them 1.")
        return shares

    @field_validator("platform")
    @classmethod
    def _published(cls, name: str) -> str:
        try:
            platform(name)
        except InputError as problem:
            raise ValueError(str(problem)) from None
        return name


class Prices(_Group):
    """What things cost. Energy and carbon at the meter, so multiplied by the PUE."""

    energy_eur_kwh: Money | None = Field(
        default=None, description="Price of energy, in EUR/kWh; from models/catalog/energy.csv if empty."
    )
    carbon_g_kwh: float | None = Field(
        default=None,
        ge=0,
        le=10_000,
        description="Carbon intensity, in g/kWh; from models/catalog/energy.csv if empty.",
    )
    pue: float | None = Field(
        default=None,
        ge=1,
        le=10,
        description="Energy of the facility over that of its servers (PUE); from models/catalog/energy.csv if empty.",
    )
    pue_fixed_share: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="Part of what the facility takes beside its servers that does not depend on their draw.",
    )
    carbon: Named | None = Field(
        default=None,
        description="File with the carbon intensity over time (CSV or Parquet), for simulations; see docs/traces.md.",
    )
    licence_eur_core_year: Money = Field(
        default=0.0, description="Licences for each core of a host that is on, in EUR/a."
    )
    licence_eur_socket_year: Money = Field(
        default=0.0, description="Licences for each socket of a host that is on, in EUR/a."
    )
    licence_eur_host_year: Money = Field(default=0.0, description="Licences for each host that is on, in EUR/a.")
    maintenance_eur_host_year: Money = Field(
        default=0.0, description="Support for each host that is on, in EUR/a, beside what the inventory says of it."
    )
    shutdown_eur_host: Money = Field(default=20.0, description="Price of switching one host off or on, in EUR.")
    horizon_months: float = Field(
        default=36.0, gt=0, le=1200, description="Time in which a plan has to pay back, in months."
    )


FIRST, LATER = ("hosts", "power", "money"), ("moves", "headroom", "evenness", "fragmentation")


class Objective(_Group):
    """What counts first, what next, and how much of the best may be given up for it."""

    stages: Annotated[list[Named], Field(min_length=1, max_length=5)] = Field(
        default=["power", "moves", "headroom"],
        description="Stages, the most important first: hosts, power (idle draw) or money, then any of moves, headroom, "
        "evenness and fragmentation. With `power 2%` later stages may make it worse by 2 %.",
    )
    moves: Literal["vms", "bytes", "downtime", "energy"] = Field(
        default="vms",
        description="What a move of a running VM counts: about 1 each, what it sends, its pause, or its energy.",
    )
    together: bool = Field(
        default=False,
        description="Whether money is one sum: hosts on over the horizon and the moves to get there, in EUR.",
    )

    @field_validator("stages")
    @classmethod
    def _ordered(cls, stages: list[Named]) -> list[Named]:
        names = [name for name, _ in map(stage, stages)]
        if names[0] not in FIRST:
            raise ValueError(f"The first stage is one of {', '.join(FIRST)}, not {names[0]!r}")
        for name, tolerance in map(stage, stages[1:]):
            if name not in LATER:
                raise ValueError(f"Stage {name!r} is none of {', '.join(LATER)}")
            if tolerance:
                raise ValueError(f"Only the first stage has a tolerance, not {name!r}")
        if len(set(names)) < len(names):
            raise ValueError("A stage is there twice")
        if not 0 <= stage(stages[0])[1] <= 1:
            raise ValueError("A tolerance is a share from 0 to 1")
        return stages


def stage(given: str) -> tuple[str, float]:
    """
    Return the name of a stage, and its tolerance as a share.

    >>> stage("power"), stage("power 2%")
    (('power', 0.0), ('power', 0.02))
    """
    name, _, rest = given.strip().partition(" ")
    if not rest:
        return name, 0.0
    try:
        return name, float(rest.strip().removesuffix("%")) / 100
    except ValueError:
        raise ValueError(f"Stage {given!r} is not of the form 'power' or 'power 2%'") from None


class Estate(_Group):
    """What is to become of hosts: names, patterns or properties as in rules."""

    drain: Annotated[list[Named], Field(max_length=100_000)] = Field(
        default=[], description="Hosts that are to end empty, and may stay on."
    )
    decommission: Annotated[list[Named], Field(max_length=100_000)] = Field(
        default=[], description="Hosts that are to end empty and off."
    )
    buy: Named | None = Field(
        default=None,
        description="Catalogue of host models that may be bought (CSV); see docs/inventory.md. None is if empty.",
    )


class Search(_Group):
    """How long and how to search."""

    solver: Literal["auto", "first-fit", "best-fit", "dot-product", "evacuate", "cp-sat"] = Field(
        default="auto", description="Which solver places the VMs; `auto` improves a heuristic's plan by an exact model."
    )
    seconds: float = Field(
        default=20.0, ge=0, le=86_400, description="Deterministic time for the search: about as many seconds, at most."
    )
    seed: int = Field(default=1, ge=0, lt=2**31, description="Seed of the search.")
    frontier: bool = Field(
        default=False,
        description="Whether plans with more hosts, fewer moves or less risk are told as well; takes as long again.",
    )
    workers: int = Field(
        default=1, ge=1, le=256, description="Threads of the search; with more than 1 another run may differ."
    )


class Simulation(_Group):
    """What happens in a simulation beside demand."""

    failures_between_h: float | None = Field(
        default=None,
        ge=0.01,
        le=1e9,
        description="Mean time of a host between two failures, in hours; none fails if empty.",
    )
    repair_h: float = Field(default=8.0, gt=0, le=1e6, description="Mean time until it is repaired, in hours.")
    restart_s: float = Field(
        default=120.0, ge=0, le=1e6, description="Time until VMs of a failed host run again elsewhere, in seconds."
    )
    growth_year: float = Field(default=0.0, gt=-1, le=100, description="Growth of all demand in a year, as a share.")
    lower: Share = Field(default=0.3, description="Share of its CPU below which a host is underloaded.")
    cooldown_s: float = Field(
        default=1800.0, ge=0, le=1e7, description="Time that such a host has to be left alone first, in seconds."
    )
    plan_start_s: float = Field(
        default=0.0,
        ge=0,
        le=1e9,
        description="Time of the simulation at which a plan that is replayed begins, in seconds.",
    )
    most_rows: int = Field(
        default=8192, ge=16, le=10_000_000, description="Rows of a timeline at most; longer ones are thinned out."
    )


class Settings(_Group):
    """All settings of a plan."""

    demand: Demand = Demand()
    estate: Estate = Estate()
    objective: Objective = Objective()
    limits: Limits = Limits()
    overhead: Overhead = Overhead()
    migration: Migration = Migration()
    prices: Prices = Prices()
    search: Search = Search()
    simulation: Simulation = Simulation()

    def changed(self, changes: Mapping[str, Any]) -> "Settings":
        """Return the settings with dotted keys replaced, such as ``{"limits.cpu_ceiling": 0.7}``."""
        tree = self.model_dump()
        known = _known()
        problems = [Finding("error", "setting", hint(key), "settings", 0, key) for key in changes if key not in known]
        for key, value in changes.items():
            if key in known:
                group, name = key.split(".")
                tree[group][name] = value
        try:
            found = validated(tree, "settings")
        except InputError as problem:
            raise InputError([*problems, *problem.findings]) from None
        if problems:
            raise InputError(problems)
        return found


def _known() -> list[str]:
    """Return the dotted keys of all settings."""
    return [f"{group}.{name}" for group, members in Settings().model_dump().items() for name in members]


def hint(key: str) -> str:
    """Say what is meant by an unknown key, or which keys there are."""
    known = _known()
    groups = list(dict.fromkeys(name.partition(".")[0] for name in known))
    members = [name for name in known if name.partition(".")[0] == key.partition(".")[0]]
    near = "" if key in groups else noticed.suggestion(key, known if "." in key else groups)
    return "Is unknown." + (near or f" Known are {', '.join(members or groups)}.")


def validated(tree: Any, file: str, located: Located | None = None) -> Settings:
    """Return settings from nested mappings; every wrong key and value is reported at once."""
    try:
        return Settings.model_validate({} if tree is None else tree)
    except ValidationError as problem:
        raise InputError(expectations.told(problem, file, located, lambda path: hint(".".join(path)))) from None


def read(path: Path) -> Settings:
    """Read settings from a YAML file."""
    tree = document(path)
    return validated(documents.plain(tree), path.name, tree)


def document(path: Path) -> Located:
    """
    Return the document of a YAML file.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    findings: list[Finding] = []
    tree = documents.read(path, findings, {})
    noticed.stop_on_errors(findings)
    return Located(None) if tree is None else tree


def parsed(changes: Iterable[str]) -> dict[str, Any]:
    """
    Return settings given as ``key=value`` texts, the values read as YAML.

    >>> parsed(["limits.cpu_ceiling=0.7", "search.solver=cp-sat"])
    {'limits.cpu_ceiling': 0.7, 'search.solver': 'cp-sat'}
    """
    findings: list[Finding] = []
    found = {}
    for text in changes:
        key, sign, value = text.partition("=")
        if not sign:
            findings.append(Finding("error", "setting", f"{text!r} is not of the form key=value."))
        elif (tree := documents.parsed(value, f"--set {text[:60]!r}", findings)) is not None:
            found[key.strip()] = documents.plain(tree)
        else:
            found[key.strip()] = None
    noticed.stop_on_errors(findings)
    return found
