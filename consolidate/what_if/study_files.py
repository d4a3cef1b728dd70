"""Reads a study's file: what it extends, units in texts, and paths."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from consolidate import expectations
from consolidate.readers import documents, noticed
from consolidate.readers.documents import Located
from consolidate.settings import document, hint
from consolidate.what_if import axes as axis
from consolidate.what_if import study_checks
from consolidate.what_if.axes import FILES, Value
from consolidate.what_if.scenario import Definition, Sample
from consolidate.what_if.study_checks import missing
from consolidate.what_if.supposing import Profile
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
    definition, problems = found(path)
    stop(path, problems)
    return definition


def stop(path: Path, problems: list[Finding]) -> None:
    """Raise one `InputError` that holds all problems, if there are any, with the lines of the study's file."""
    if problems:
        tree = document(path)
        raise InputError(
            documents.placed(each, path.name, tree) if each.file == path.name and not each.row else each
            for each in problems
        )


def found(path: Path) -> tuple[Definition, list[Finding]]:
    """
    Return a study's file with its paths resolved, and what is wrong with it, for more to be told beside.

    Raises
    ------
    InputError
        With every wrong key and value, if some are of a kind that leaves no study.
    """
    tree = document(path)
    problems: list[Finding] = []
    plain = _ready(_extended(path, tree, ()), path.name, problems)
    try:
        definition = Definition.model_validate(plain)
    except ValidationError as problem:
        rest = _fitting(plain, problem)
        problems += expectations.told(problem, path.name, tree, _hint)
        stop(path, [*problems, *([] if rest is None else _wrong(rest, path)[1])])
        raise
    definition, more = _wrong(definition, path)
    units = {(each.column, each.value) for each in problems}
    return definition, [*problems, *(each for each in more if (each.column, each.value) not in units)]


def _wrong(definition: Definition, path: Path) -> tuple[Definition, list[Finding]]:
    """Return a study with its paths resolved, and which files are missing and which values are not possible."""
    given = {name: getattr(definition, name) for name in _PATHS}
    resolved = {name: path.parent / each for name, each in given.items() if isinstance(each, Path)}
    problems = [missing(path.name, name, place) for name, place in resolved.items() if not place.exists()]
    definition = definition.model_copy(update=resolved).seen_from(path.parent)
    return definition, [*problems, *study_checks.problems(definition, path.name)]


def _fitting(plain: Any, problem: ValidationError) -> Definition | None:
    """Return what is left of a study without the keys that are wrong in kind, for the rest to be checked too."""
    if not isinstance(plain, dict):
        return None
    rest: dict[str, Any] = {key: dict(value) if isinstance(value, dict) else value for key, value in plain.items()}
    for error in problem.errors():
        if not error["loc"]:
            return None
        key, *inside = map(str, error["loc"])
        if error["type"] != "missing" and inside and isinstance(rest.get(key), dict):
            rest[key].pop(inside[0], None)
        else:
            rest.pop(key, None)
    try:
        return Definition.model_validate({"inventory": "."} | rest)
    except ValidationError:
        return None


def _hint(path: list[str]) -> str:
    """Say what is meant by an unknown key of a study."""
    if path[0] == "settings":
        return hint(".".join(path[1:]))
    parts = {"profiles": list(Profile.__dataclass_fields__), "sample": list(Sample.model_fields)}
    known = parts.get(path[0], [*Definition.model_fields, EXTENDS])
    return "Is unknown." + (noticed.suggestion(path[-1], known) or f" Known are {', '.join(known)}.")


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
        raise InputError([missing(path.name, EXTENDS, base)])
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
        problems += [
            _no_range(key, file) for key, given in axes.items() if isinstance(given, dict) and not _between(given)
        ]
        found["axes"] = {
            key: _axis(key, given, number)
            for key, given in axes.items()
            if not isinstance(given, dict) or _between(given)
        }
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


def _between(given: dict[str, Any]) -> bool:
    return {"from", "to"} <= set(given) <= _RANGE


def _no_range(key: str, file: str) -> Finding:
    text = "Expected a list of values, or a range {from: A, to: B, values: N}."
    return Finding("error", "axis", text, file, 0, f"axes.{key}")


def _axis(key: str, given: Any, number: Any) -> Any:
    if isinstance(given, dict):
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
