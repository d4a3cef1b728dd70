"""Reads a study's file: what it extends, units in texts, paths, and everything that is wrong with it at once."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from consolidate import axes as axis
from consolidate import supposing
from consolidate.axes import COUNTED, FILES, POLICY, Range, Value
from consolidate.readers import documents
from consolidate.readers.documents import Located
from consolidate.scenario import CATALOG, SEED, Definition, is_setting
from consolidate.settings import Settings, document, wrong
from consolidate.supposing import Parts
from consolidate.technique import NAMES, overlaid, strange
from models.errors import Finding, InputError

EXTENDS = "extends"
_PATHS = ("inventory", "rules", "usage", "hardware")
_MOST_EXTENDED = 8
_RANGE = {"from", "to", "values"}


def read(path: Path) -> Definition:
    """
    Read a study's file, with its paths resolved.

    Raises
    ------
    InputError
        With every wrong key and value, and every file that is missing.
    """
    tree = document(path)
    problems: list[Finding] = []
    plain = _ready(_extended(path, tree, ()), path.name, problems)
    try:
        definition = Definition.model_validate(plain)
    except ValidationError as problem:
        found = wrong(problem, path.name, tree, inside="settings")
        raise InputError([*problems, *found.findings]) from None
    given = {name: getattr(definition, name) for name in _PATHS}
    resolved = {name: path.parent / each for name, each in given.items() if isinstance(each, Path)}
    problems += [_missing(path.name, name, place) for name, place in resolved.items() if not place.exists()]
    definition = definition.model_copy(update=resolved).seen_from(path.parent)
    problems += [*_wrong_axes(definition, path.name), *_strange_names(definition, path.name)]
    problems += _wrong_parts(definition, path.name)
    if problems:
        raise InputError(problems)
    return definition


def parts(definition: Definition) -> Parts:
    """Return the profiles and models of a study."""
    if isinstance(definition.hardware, Path):
        from consolidate.readers import offers

        return Parts(definition.profiles, {each.model: each for each in offers.read(definition.hardware)})
    return Parts(definition.profiles, supposing.models(definition.hardware))


def _extended(path: Path, tree: Located, seen: tuple[Path, ...]) -> dict[str, Any]:
    """Return what a file holds over what the one that it extends holds, whose paths are then seen from here."""
    own = documents.plain(tree) or {}
    if not isinstance(own, dict) or EXTENDS not in own:
        return own
    name = own.pop(EXTENDS)
    if not isinstance(name, str) or len(seen) >= _MOST_EXTENDED or (path.parent / name).resolve() in seen:
        text = "Expected the path of another study's file, which does not extend this one in turn."
        raise InputError([Finding("error", "extends", text, path.name, 0, EXTENDS, str(name))])
    base = path.parent / name
    if not base.exists():
        raise InputError([_missing(path.name, EXTENDS, base)])
    found = _extended(base, document(base), (*seen, path.resolve()))
    return _merged(_moved(found, Path(os.path.relpath(base.parent, path.parent))), own)


def _merged(base: dict[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Return a mapping over another; a key that is empty takes away what the base has."""
    found = dict(base)
    for key, value in own.items():
        if isinstance(value, dict) and isinstance(found.get(key), dict) and not _RANGE & set(value):
            found[key] = _merged(found[key], value)
        elif value is None:
            found.pop(key, None)
        else:
            found[key] = value
    return found


def _moved(tree: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Return a study's tree with its paths seen from elsewhere."""

    def placed(value: Any) -> Any:
        return str(folder / value) if value and isinstance(value, str) else value

    found = tree | {name: placed(tree[name]) for name in _PATHS if name in tree}
    for key in FILES:
        group, _, name = key.partition(".")
        settings = found.get("settings")
        if isinstance(settings, dict) and isinstance(settings.get(group), dict) and name in settings[group]:
            inside = settings[group] | {name: placed(settings[group][name])}
            found["settings"] = settings | {group: inside}
        axes = found.get("axes")
        if isinstance(axes, dict) and isinstance(axes.get(key), list):
            found["axes"] = axes | {key: list(map(placed, axes[key]))}
        if isinstance(listed := found.get("scenarios"), list):
            found["scenarios"] = [each | {key: placed(each[key])} if key in each else each for each in listed]
    return found


def _ready(tree: Any, file: str, problems: list[Finding]) -> Any:
    """Return a study's tree with ranges, and with numbers for quantities with a unit."""
    if not isinstance(tree, dict):
        return tree

    def number(key: str, value: Value, column: str) -> Value:
        try:
            return axis.converted(key, value)
        except ValueError as problem:
            problems.append(Finding("error", "unit", str(problem), file, 0, column, str(value)))
            return value

    found = dict(tree)
    if isinstance(settings := tree.get("settings"), dict):
        found["settings"] = {
            group: {name: number(f"{group}.{name}", value, f"settings.{group}.{name}") for name, value in keys.items()}
            if isinstance(keys, dict) else keys
            for group, keys in settings.items()
        }  # fmt: skip
    if isinstance(axes := tree.get("axes"), dict):
        found["axes"] = {key: _axis(key, given, number) for key, given in axes.items()}
    if isinstance(listed := tree.get("scenarios"), list):
        found["scenarios"] = [
            {key: number(key, value, f"scenarios.{row}.{key}") for key, value in each.items()}
            if isinstance(each, dict) else each
            for row, each in enumerate(listed)
        ]  # fmt: skip
    for part in ("profiles", "hardware"):
        if isinstance(tree.get(part), dict):
            found[part] = {name: _columns(part, name, given, file, problems) for name, given in tree[part].items()}
    if isinstance(held := tree.get("held_back_days"), str):
        found["held_back_days"] = _quantity("held_back_days", held, "held_back_days", file, problems)
    return found


def _axis(key: str, given: Any, number: Any) -> Any:
    if isinstance(given, dict) and {"from", "to"} <= set(given) <= _RANGE:
        first, last = (number(key, given[end], f"axes.{key}") for end in ("from", "to"))
        if "integer" not in axis.kinds(key) and all(type(each) is int for each in (first, last)):
            first, last = float(first), float(last)
        return {"first": first, "last": last, "count": given.get("values", 5)}
    return [number(key, value, f"axes.{key}") for value in given] if isinstance(given, list) else given


def _columns(part: str, name: str, given: Any, file: str, problems: list[Finding]) -> Any:
    if not isinstance(given, dict):
        return given
    return {
        key: _quantity(key, value, f"{part}.{name}.{key}", file, problems) if isinstance(value, str) and _numeric(key)
        else value
        for key, value in given.items()
    }  # fmt: skip


def _numeric(key: str) -> bool:
    from models.inventory import Hosts, Vms

    column = (Hosts.columns() | Vms.columns()).get(key)
    return key == "cpu_mhz" or (column is not None and column.kind in ("integer", "number"))


def _quantity(key: str, text: str, column: str, file: str, problems: list[Finding]) -> Any:
    from consolidate.quantities import number

    try:
        return number(text, key)
    except ValueError as problem:
        problems.append(Finding("error", "unit", str(problem), file, 0, column, text))
        return 1


def _wrong_axes(definition: Definition, file: str) -> list[Finding]:
    """Return what is wrong with the axes: keys, values, values twice, and seeds that repeat or are an axis."""
    problems = []
    if len(set(definition.seeds)) < len(definition.seeds):
        problems.append(Finding("error", "axis", "A seed is there twice.", file, column="seeds"))
    for key, given in definition.axes.items():
        if isinstance(given, Range):
            values: list[Value] = [given.first, given.last]
            if not (given.count >= 2 and given.first < given.last):
                text = "A range goes from a number up to a larger one, in 2 values or more."
                problems.append(Finding("error", "axis", text, file, 0, f"axes.{key}"))
        else:
            values = given
        for place, value in enumerate(values):
            if value in values[:place]:
                problems.append(
                    Finding("error", "axis", "A value is there twice.", file, 0, f"axes.{key}", axis.told(value))
                )
            problems.extend(_wrong_value(definition, key, value, file, f"axes.{key}"))
    for row, scenario in enumerate(definition.scenarios):
        for key, value in scenario.items():
            column = f"scenarios.{row}.{key}"
            if key in definition.axes:
                problems.append(Finding("error", "axis", "Is an axis as well.", file, 0, column))
            if key != "name":
                problems.extend(_wrong_value(definition, key, value, file, column))
    return problems


def _wrong_value(definition: Definition, key: str, value: Value, file: str, column: str) -> list[Finding]:
    if key == SEED:
        return [Finding("error", "axis", "Seeds are given under 'seeds'.", file, column=column)]
    if is_setting(key):
        return _wrong_setting(definition.settings, key, value, file, column)
    text = _wrong_supposition(definition, key, value)
    return [Finding("error", "axis", text, file, 0, column, axis.told(value))] if text else []


def _wrong_setting(settings: Settings, key: str, value: Value, file: str, column: str) -> list[Finding]:
    try:
        settings.changed({key: value})
    except InputError as problem:
        return [Finding("error", "axis", each.message, file, 0, column, axis.told(value)) for each in problem.findings]
    return []


def _wrong_supposition(definition: Definition, key: str, value: Value) -> str:
    """Return what is wrong with the value of what is no setting; empty: nothing."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    name = key.rpartition(".")[2]
    if key == "growth.vms":
        return "" if number and 1 <= value <= 100 else "Expected a factor from 1 to 100."
    if key.startswith(COUNTED):
        if not (number and isinstance(value, int) and 0 <= value <= 100_000):
            return "Expected how many, from 0 to 100,000."
        known = definition.profiles if key.startswith(COUNTED[0]) else _model_names(definition)
        return "" if key.removeprefix(COUNTED[0]).removeprefix(COUNTED[1]) in known else f"There is no {name!r}."
    if key == "hardware.replace":
        return "" if value is None or (isinstance(value, str) and "->" in value) else "Expected 'OLD -> NEW'."
    if key.startswith("loss."):
        return "" if isinstance(value, str | list) or (number and value >= 0) else "Expected how many, or which."
    if key == POLICY:
        return _wrong_policy(value)
    return ""


def _wrong_policy(value: Value) -> str:
    from solvers.policies import policy

    try:
        policy(str(value), {"trace_mhz": None} if value == "clairvoyant" else {})
    except InputError as problem:
        return problem.findings[0].message
    return ""


def _model_names(definition: Definition) -> set[str]:
    try:
        return set(parts(definition).models)
    except InputError:
        return set()  # told as what is wrong with the hardware


def _wrong_parts(definition: Definition, file: str) -> list[Finding]:
    if isinstance(definition.hardware, Path) and not definition.hardware.exists():
        return []
    try:
        parts(definition)
    except InputError as problem:
        return [replace(each, file=each.file or file) for each in problem.findings]
    return []


def _strange_names(definition: Definition, file: str) -> Iterator[Finding]:
    """Yield each file of a setting that is missing, what an overlay has wrong, and each name that nobody knows."""
    for key in FILES:
        where = f"axes.{key}" if key in definition.axes else f"settings.{key}"
        for named in dict.fromkeys(each for each in definition.files(key) if isinstance(each, str)):
            if not Path(named).exists():
                yield _missing(file, where, Path(named))
    for overlay in dict.fromkeys(each for each in definition.catalogs if each is None or isinstance(each, str)):
        if overlay is not None and not Path(overlay).exists():
            continue
        try:
            catalog = overlaid(overlay)
        except InputError as problem:
            yield from problem.findings
            continue
        for name in NAMES:
            key = f"overhead.{name}"
            where = f"axes.{key}" if key in definition.axes else f"settings.{key}"
            for value in definition.tried(key):
                yield from (replace(each, file=file, column=where) for each in strange(catalog, name, value))


def _missing(file: str, key: str, place: Path) -> Finding:
    return Finding("error", "missing-file", "Does not exist, seen from the study's file.", file, 0, key, str(place))


__all__ = ["CATALOG", "parts", "read"]
