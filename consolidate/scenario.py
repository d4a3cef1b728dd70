"""The scenarios of a study: the file that describes them, and what each of them is."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product
from math import prod
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError

from consolidate.readers import documents
from consolidate.settings import Settings, document, wrong
from consolidate.technique import NAMES, overlaid, strange
from models.errors import Finding, InputError

SEED = "search.seed"
CATALOG = "overhead.catalog"
Value = bool | int | float | str | None


class Definition(BaseModel):
    """What a study's file holds. Paths are relative to the file; axes are settings by dotted key."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    inventory: Path
    rules: Path | None = None
    usage: Path | None = None
    settings: Settings = Settings()
    axes: dict[str, Annotated[list[Value], Field(min_length=1)]] = {}
    seeds: Annotated[list[Annotated[int, Field(ge=0, lt=2**31)]], Field(min_length=1)] = [1]
    _folder: Path = PrivateAttr(default=Path())

    @property
    def scenarios(self) -> int:
        """How many rows the study has."""
        return prod(len(values) for values in self.axes.values()) * len(self.seeds)

    @property
    def catalogs(self) -> tuple[Value, ...]:
        """The overlays that scenarios have, seen from the study's folder; None is none."""
        return tuple(map(self._placed, self.axes.get(CATALOG, [self.settings.overhead.catalog])))

    def seen_from(self, folder: Path) -> "Definition":
        """Return the study with a folder that its overlays are seen from."""
        copy = self.model_copy()
        copy._folder = folder
        return copy

    def changed(self, values: Mapping[str, Value], seed: int) -> Settings:
        """Return the settings of one scenario."""
        catalog = values.get(CATALOG, self.settings.overhead.catalog)
        return self.settings.changed({**values, CATALOG: self._placed(catalog), SEED: seed})

    def _placed(self, file: Value) -> Value:
        return str(self._folder / file) if file and isinstance(file, str) else file


@dataclass(frozen=True)
class Scenario:
    """
    One point of a study.

    Parameters
    ----------
    name
        Its values in words.
    values
        The value on each axis, in the order of the axes.
    seed
        The seed, also in the settings.
    settings
        All settings.
    """

    name: str
    values: Mapping[str, Value]
    seed: int
    settings: Settings


def read(path: Path) -> Definition:
    """
    Read a study's file, with its paths resolved.

    Raises
    ------
    InputError
        With every wrong key and value, and every file that is missing.
    """
    tree = document(path)
    try:
        definition = Definition.model_validate(documents.plain(tree))
    except ValidationError as problem:
        raise wrong(problem, path.name, tree, inside="settings") from None
    found = {name: getattr(definition, name) for name in ("inventory", "rules", "usage")}
    resolved = {name: path.parent / given for name, given in found.items() if given is not None}
    problems = [_missing(path.name, name, place) for name, place in resolved.items() if not place.exists()]
    definition = definition.model_copy(update=resolved).seen_from(path.parent)
    problems += [*_wrong_axes(definition, path.name), *_strange_names(definition, path.name)]
    if problems:
        raise InputError(problems)
    return definition


def scenarios(definition: Definition) -> tuple[Scenario, ...]:
    """Return every combination of the axes' values, the last axis first to change, each with every seed."""
    return tuple(
        Scenario(
            ", ".join(f"{key}={value}" for key, value in zip(definition.axes, values, strict=True)) or "as it is",
            dict(zip(definition.axes, values, strict=True)),
            seed,
            definition.changed(dict(zip(definition.axes, values, strict=True)), seed),
        )
        for values in product(*definition.axes.values())
        for seed in definition.seeds
    )


def _wrong_axes(definition: Definition, file: str) -> list[Finding]:
    """Return what is wrong with the axes: keys, values, values twice, and seeds that repeat or are an axis."""
    problems = []
    if len(set(definition.seeds)) < len(definition.seeds):
        problems.append(Finding("error", "axis", "A seed is there twice.", file, column="seeds"))
    for key, values in definition.axes.items():
        if key == SEED:
            problems.append(Finding("error", "axis", "Seeds are given under 'seeds'.", file, column=f"axes.{key}"))
        for place, value in enumerate(values):
            if value in values[:place]:
                problems.append(Finding("error", "axis", "A value is there twice.", file, 0, f"axes.{key}", str(value)))
            problems.extend(_wrong_value(definition.settings, key, value, file))
    return problems


def _wrong_value(settings: Settings, key: str, value: Value, file: str) -> list[Finding]:
    try:
        settings.changed({key: value})
    except InputError as problem:
        return [Finding("error", "axis", each.message, file, 0, f"axes.{key}", str(value)) for each in problem.findings]
    return []


def _strange_names(definition: Definition, file: str) -> Iterator[Finding]:
    """Yield what an overlay of the study has wrong, and each name that it and the catalog do not know."""
    for overlay in dict.fromkeys(definition.catalogs):
        if overlay is not None and not isinstance(overlay, str):
            continue  # told as the axis's wrong value
        key = f"axes.{CATALOG}" if CATALOG in definition.axes else f"settings.{CATALOG}"
        if overlay is not None and not Path(overlay).exists():
            yield _missing(file, key, Path(overlay))
            continue
        try:
            catalog = overlaid(overlay)
        except InputError as problem:
            yield from problem.findings
            continue
        for name in NAMES:
            axis = f"overhead.{name}"
            where = f"axes.{axis}" if axis in definition.axes else f"settings.{axis}"
            for value in definition.axes.get(axis, [getattr(definition.settings.overhead, name)]):
                yield from (replace(each, file=file, column=where) for each in strange(catalog, name, value))


def _missing(file: str, key: str, place: Path) -> Finding:
    return Finding("error", "missing-file", "Does not exist, seen from the study's file.", file, 0, key, str(place))
