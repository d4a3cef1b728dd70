"""What a user may choose for a plan: the keys of ``--config`` and of a study's axes."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from consolidate.readers import documents, noticed
from consolidate.readers.documents import Located
from models.errors import Finding, InputError
from models.network import platform

Basis = Annotated[str, Field(pattern=r"^(auto|allocated|snapshot|peak|profile|p(\d{1,2}(\.\d+)?|100))$")]
Share = Annotated[float, Field(gt=0, le=1)]
Money = Annotated[float, Field(ge=0, le=1e12)]
Count = Annotated[int, Field(ge=0, le=10_000_000)]


class _Group(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


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

    def changed(self, changes: Mapping[str, Any]) -> "Settings":
        """Return the settings with dotted keys replaced, such as ``{"limits.cpu_ceiling": 0.7}``."""
        tree = self.model_dump()
        unknown = [key for key in changes if key not in _known()]
        if unknown:
            raise InputError([Finding("error", "setting", _hint(key), "settings", 0, key) for key in unknown])
        for key, value in changes.items():
            group, name = key.split(".")
            tree[group][name] = value
        return validated(tree, "settings")


def _known() -> list[str]:
    """Return the dotted keys of all settings."""
    return [f"{group}.{name}" for group, members in Settings().model_dump().items() for name in members]


def _hint(key: str) -> str:
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
        raise wrong(problem, file, located) from None


def wrong(problem: ValidationError, file: str, located: Located | None = None, inside: str = "") -> InputError:
    """Return what a model found wrong, with the line of each key; settings may stand under the key `inside`."""
    return InputError([_finding(error, file, located, inside) for error in problem.errors()])


def _finding(error: Any, file: str, located: Located | None, inside: str) -> Finding:
    path = [str(part) for part in error["loc"]]
    value = "" if isinstance(error["input"], dict) else str(error["input"])
    return Finding("error", "setting", _said(error, path, inside), file, _row(located, path), ".".join(path), value)


def _said(error: Any, path: list[str], inside: str) -> str:
    if error["type"] == "extra_forbidden" and (not inside or path[0] == inside):
        return _hint(".".join(path[bool(inside) :]))
    if error["type"] == "string_pattern_mismatch":
        return "Expected auto, allocated, snapshot, peak, profile, or a percentile such as p95."
    return str(error["msg"]).removeprefix("Value error, ").removesuffix(".") + "."


def _row(located: Located | None, path: list[str]) -> int:
    """Return the line of the innermost key on the path that the document has."""
    row = 0
    for part in path:
        if located is None or not isinstance(located.value, dict) or part not in located.value:
            return row
        located = located.value[part]
        row = located.line
    return row


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
