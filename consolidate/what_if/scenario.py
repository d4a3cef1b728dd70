"""The scenarios of a study: what its file holds, and what each of its scenarios is."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, field_validator, model_validator

from consolidate.settings import Settings
from consolidate.what_if import axes as axis
from consolidate.what_if.axes import COUNTED, FILES, OPTION, POLICY, SUPPOSED, Range, Value
from consolidate.what_if.supposing import Profile
from models.errors import InputError
from models.tables import SIMULATION

MOST_SCENARIOS = 100_000
SEED = "search.seed"
CATALOG = "overhead.catalog"
_SEED_LIMIT = 2**31
Seed = Annotated[int, Field(ge=0, lt=_SEED_LIMIT)]
Run = Literal["plan", "simulate", "both"]


class Sample(BaseModel):
    """How scenarios are drawn from the space of the axes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    method: Literal["sobol", "latin-hypercube"] = Field(default="sobol", description="How points are spread.")
    points: int = Field(ge=1, le=1_000_000, description="Scenarios; a power of 2 for sobol.")
    seed: Seed = Field(default=1, description="Seed of the points.")

    @model_validator(mode="after")
    def _balanced(self) -> Self:
        if self.method == "sobol" and self.points & (self.points - 1):
            raise ValueError(f"Points of a Sobol sequence are a power of 2, not {self.points}")
        return self


class Definition(BaseModel):
    """What a study's file holds. Paths are relative to the file; axes are settings by dotted key, or suppositions."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    inventory: Path = Field(description="Inventory, as for `consolidate plan`.")
    rules: Path | None = Field(default=None, description="Rules (YAML).")
    usage: Path | None = Field(default=None, description="Readings over time: CSV or Parquet.")
    hardware: Path | dict[str, dict[str, Any]] = Field(
        default={}, description="Models of hosts that may be added: a catalogue (CSV), or columns of hosts.csv by name."
    )
    profiles: dict[str, Profile] = Field(default={}, description="New applications that axes may count, by name.")
    settings: Settings = Field(default=Settings(), description="Settings of all scenarios; see docs/settings.md.")
    axes: dict[str, Range | Annotated[list[Value], Field(min_length=1)]] = Field(
        default={}, description="What varies, by dotted key: a list of values, or a range {from, to, values}."
    )
    scenarios: list[dict[str, Value]] = Field(
        default=[], description="Scenarios listed one by one: values by dotted key, and a name."
    )
    sample: Sample | None = Field(default=None, description="Draw scenarios from the axes; every combination if empty.")
    seeds: Annotated[list[Seed], Field(min_length=1)] = Field(default=[1], description="Seeds of each scenario.")
    repeats: int = Field(default=1, ge=1, le=10_000, description="So many seeds, counted up from the one given.")
    run: Run = Field(default="plan", description="Whether scenarios are planned, simulated, or planned and tried.")
    policy: str = Field(default="none", description="Policy of simulations; see docs/policies.md.")
    policy_options: dict[str, Value] = Field(default={}, description="Options of the policy.")
    steps: int | None = Field(default=None, ge=1, description="Samples to simulate; all if empty.")
    held_back_days: float = Field(
        default=1.0, gt=0, description="Last days of the readings that `both` hides from the plan and simulates."
    )
    held_up: dict[str, float] = Field(
        default={"overload_share": 0.05, "unserved_share": 0.001},
        description="Keys of a simulation's summary with their most; a plan that passes one did not hold up.",
    )
    _folder: Path = PrivateAttr(default=Path())

    @field_validator("held_up")
    @classmethod
    def _simulated(cls, limits: dict[str, float]) -> dict[str, float]:
        if strange := [key for key in limits if SIMULATION.get(key) is None or SIMULATION[key].dtype == "str"]:
            raise ValueError(f"{strange[0]!r} is no number of a simulation's summary")
        return limits

    @property
    def drawn(self) -> tuple[int, ...]:
        """The seeds of each scenario."""
        first = self.seeds[0]
        return tuple(self.seeds) if self.repeats == 1 else tuple(range(first, first + self.repeats))

    @property
    def points(self) -> int:
        """How many scenarios there are, seeds aside."""
        listed = max(len(self.scenarios), 1)
        if self.sample is not None:
            return listed * self.sample.points
        return listed * prod(len(each.values() if isinstance(each, Range) else each) for each in self.axes.values())

    @property
    def count(self) -> int:
        """How many rows the study has."""
        return self.points * len(self.drawn)

    @property
    def keys(self) -> tuple[str, ...]:
        """What varies, in the order of the file."""
        listed = [key for each in self.scenarios for key in each if key != "name"]
        return tuple(dict.fromkeys([*listed, *self.axes]))

    def tried(self, key: str) -> tuple[Value, ...]:
        """Return the values of a key that are written in the file; the base's if it does not vary."""
        given = self.axes.get(key, [])
        ends = [given.first, given.last] if isinstance(given, Range) else list(given)
        found = [*ends, *(each[key] for each in self.scenarios if key in each)]
        return tuple(found) or (self.base(key),)

    def base(self, key: str) -> Value:
        """Return the value of a key where a scenario gives none."""
        if key in SUPPOSED:
            return SUPPOSED[key]
        if key.startswith(COUNTED):
            return 0
        if key == POLICY or key.startswith(OPTION):
            return self.policy if key == POLICY else self.policy_options.get(key.removeprefix(OPTION))
        group, _, name = key.partition(".")
        return getattr(getattr(self.settings, group, None), name, None)

    @property
    def catalogs(self) -> tuple[Value, ...]:
        """The overlays that scenarios have, seen from the study's folder; None is none."""
        return self.files(CATALOG)

    def files(self, key: str) -> tuple[Value, ...]:
        """Return the files that a setting names in any scenario, seen from the study's folder; None is none."""
        return tuple(map(self._placed, self.tried(key)))

    def seen_from(self, folder: Path) -> "Definition":
        """Return the study with a folder that the files of its settings are seen from."""
        copy = self.model_copy()
        copy._folder = folder
        return copy

    def changed(self, values: Mapping[str, Value], seed: int) -> Settings:
        """Return the settings of one scenario."""
        own = {key: value for key, value in values.items() if is_setting(key)}
        files = {key: self._placed(own.get(key, self.base(key))) for key in FILES}
        return self.settings.changed({**own, **files, SEED: seed})

    def _placed(self, file: Value) -> Value:
        return str(self._folder / file) if file and isinstance(file, str) else file


def is_setting(key: str) -> bool:
    """Tell whether a key names a setting, rather than a supposition or a policy."""
    return not (key in SUPPOSED or key.startswith((*COUNTED, OPTION)) or key == POLICY)


@dataclass(frozen=True)
class Scenario:
    """
    One point of a study.

    Parameters
    ----------
    name
        Its values in words, or the name that the file gives it.
    values
        The value of each key that varies, in the order of `Definition.keys`.
    seed
        The seed, also in the settings.
    settings
        All settings.
    supposed
        What is supposed of the estate.
    policy, options
        Of the simulation, if there is one.
    """

    name: str
    values: Mapping[str, Value]
    seed: int
    settings: Settings
    supposed: Mapping[str, Value]
    policy: str = "none"
    options: Mapping[str, Value] | None = None


def too_many(count: int) -> str:
    """Return what is said of more scenarios than a study may have."""
    return f"{count:,} scenarios are more than {MOST_SCENARIOS:,}; draw a sample of them."


def scenarios(definition: Definition) -> tuple[Scenario, ...]:
    """Return each listed scenario with each combination, or each sample, of the axes, each with every seed."""
    if definition.sample is None:
        if definition.points > MOST_SCENARIOS:
            raise InputError(too_many(definition.points))
        points = list(axis.grid(definition.axes))
    else:
        chosen = definition.sample
        points = axis.sampled(definition.axes, chosen.method, chosen.points, chosen.seed)
    return tuple(
        _scenario(definition, listed, point, seed)
        for listed in definition.scenarios or [{}]
        for point in points
        for seed in definition.drawn
    )


def listed_name(listed: Mapping[str, Value]) -> str:
    """Return the name that the file gives a listed scenario, or its values in words."""
    if "name" in listed:
        return str(listed["name"])
    return ", ".join(f"{key}={axis.told(value)}" for key, value in listed.items())


def _scenario(definition: Definition, listed: Mapping[str, Value], point: Mapping[str, Value], seed: int) -> Scenario:
    given = {key: value for key, value in listed.items() if key != "name"}
    values = {key: {**given, **point}.get(key, definition.base(key)) for key in definition.keys}
    named = [text] if (text := listed_name(listed)) else []
    name = ", ".join([*named, *(f"{key}={axis.told(value)}" for key, value in point.items())])
    options = {key.removeprefix(OPTION): value for key, value in values.items() if key.startswith(OPTION)}
    return Scenario(
        name or "as it is",
        values,
        seed,
        definition.changed(values, seed),
        {key: value for key, value in values.items() if key in SUPPOSED or key.startswith(COUNTED)},
        str(values.get(POLICY, definition.policy)),
        {**definition.policy_options, **options},
    )
