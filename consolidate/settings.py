"""What a user may choose for a plan: the keys of ``--config`` and of a study's axes."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from models.errors import Finding, InputError

Basis = Annotated[str, Field(pattern=r"^(auto|allocated|snapshot|peak|profile|p(\d{1,2}(\.\d+)?|100))$")]
Share = Annotated[float, Field(gt=0, le=1)]
Money = Annotated[float, Field(ge=0, le=1e12)]
Count = Annotated[int, Field(ge=0, le=10_000_000)]


class _Group(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Demand(_Group):
    """What counts as demand. A basis is auto, allocated, snapshot, peak, profile, or a percentile such as p95."""

    cpu: Basis = "auto"
    memory: Basis = "auto"
    other: Basis = "auto"
    buckets: Annotated[int, Field(ge=1, le=288)] = 24
    growth: Annotated[float, Field(gt=0, le=100)] = 1.0
    minimum_coverage: Annotated[float, Field(ge=0, le=1)] = 0.6


class Limits(_Group):
    """How full a host may get, and what is kept back."""

    cpu_ceiling: Share = 0.80
    memory_ceiling: Share = 0.90
    other_ceiling: Share = 0.90
    vcpus_per_core: Annotated[float, Field(gt=0, le=1000)] = 4.0
    memory_overcommit: Annotated[float, Field(gt=0, le=100)] = 1.0
    spare_hosts: Annotated[int, Field(ge=0, le=100)] = 1
    host_memory_mib: Annotated[float, Field(ge=0, le=1e9)] | None = None
    host_cpu_share: Annotated[float, Field(ge=0, lt=1)] | None = None
    cross_clusters: bool = False
    ignore_cpu_generation: bool = False


class Migration(_Group):
    """How VMs are moved."""

    platform: str = "vsphere"
    max_moves: Count | None = None
    bandwidth_mbps: Annotated[float, Field(gt=0, le=1e7)] | None = None
    eur_per_move: Money = 1.0
    eur_per_downtime_s: Money = 0.0
    wave: Annotated[int, Field(ge=1, le=100_000)] = 40
    pilot: Annotated[int, Field(ge=1, le=100_000)] = 4
    pause_s: Annotated[float, Field(ge=0, le=1e7)] = 120.0


class Prices(_Group):
    """What things cost. Energy and carbon at the meter, so multiplied by the PUE."""

    energy_eur_kwh: Money | None = None
    carbon_g_kwh: Annotated[float, Field(ge=0, le=10_000)] | None = None
    pue: Annotated[float, Field(ge=1, le=10)] | None = None
    licence_eur_core_year: Money = 0.0
    licence_eur_socket_year: Money = 0.0
    licence_eur_host_year: Money = 0.0
    maintenance_eur_host_year: Money = 0.0
    shutdown_eur_host: Money = 20.0
    horizon_months: Annotated[float, Field(gt=0, le=1200)] = 36.0


class Search(_Group):
    """How long and how to search."""

    solver: Literal["auto", "first-fit", "best-fit", "dot-product", "evacuate", "cp-sat"] = "auto"
    seconds: Annotated[float, Field(ge=0, le=86_400)] = 20.0
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 1
    workers: Annotated[int, Field(ge=1, le=256)] = 1


class Settings(_Group):
    """All settings of a plan."""

    demand: Demand = Demand()
    limits: Limits = Limits()
    migration: Migration = Migration()
    prices: Prices = Prices()
    search: Search = Search()

    def changed(self, changes: dict[str, Any]) -> "Settings":
        """Return the settings with dotted keys replaced, such as ``{"limits.cpu_ceiling": 0.7}``."""
        tree = self.model_dump()
        for key, value in changes.items():
            group, _, name = key.partition(".")
            if group not in tree or name not in tree[group]:
                known = sorted(f"{outer}.{inner}" for outer, members in tree.items() for inner in members)
                raise InputError([Finding("error", "unknown-key", f"Setting {key!r} is none of {', '.join(known)}.")])
            tree[group][name] = value
        return validated(tree, "settings")


def validated(tree: Any, file: str) -> Settings:
    """Return settings from nested mappings; every wrong key and value is reported at once."""
    try:
        return Settings.model_validate(tree or {})
    except ValidationError as problem:
        raise InputError([_finding(error, file) for error in problem.errors()]) from None


def _finding(error: Any, file: str) -> Finding:
    key = ".".join(str(part) for part in error["loc"])
    value = "" if isinstance(error["input"], dict) else str(error["input"])
    return Finding("error", "setting", error["msg"], file=file, column=key, value=value)


def read(path: Path) -> Settings:
    """Read settings from a YAML file."""
    import yaml

    try:
        return validated(yaml.safe_load(path.read_text(encoding="utf-8")), path.name)
    except OSError as problem:
        raise InputError([Finding("error", "unreadable", f"Cannot be read: {problem.strerror}.", str(path))]) from None
    except (yaml.YAMLError, UnicodeDecodeError) as problem:
        text = " ".join(str(problem).split())
        raise InputError([Finding("error", "yaml", f"Is not YAML: {text}.", str(path))]) from None


def parsed(changes: list[str]) -> dict[str, Any]:
    """
    Return settings given as ``key=value`` texts, the values read as YAML.

    >>> parsed(["limits.cpu_ceiling=0.7", "search.solver=cp-sat"])
    {'limits.cpu_ceiling': 0.7, 'search.solver': 'cp-sat'}
    """
    import yaml

    wrong = [text for text in changes if "=" not in text]
    if wrong:
        raise InputError([Finding("error", "setting", f"{text!r} is not of the form key=value.") for text in wrong])
    pairs = (text.partition("=") for text in changes)
    return {key.strip(): yaml.safe_load(value) for key, _, value in pairs}
