"""What is wrong with a study: its axes, values, names and files, all of it at once."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from consolidate import axes as axis
from consolidate import supposing
from consolidate.axes import COUNTED, FILES, POLICY, Range, Value
from consolidate.scenario import SEED, Definition, is_setting
from consolidate.settings import Settings
from consolidate.supposing import Parts
from consolidate.technique import NAMES, overlaid, strange
from models.errors import Finding, InputError


def problems(definition: Definition, file: str) -> list[Finding]:
    """Return everything that is wrong with a study whose keys and types are right."""
    return [*_wrong_axes(definition, file), *_strange_names(definition, file), *_wrong_parts(definition, file)]


def parts(definition: Definition) -> Parts:
    """Return the profiles and models of a study."""
    if isinstance(definition.hardware, Path):
        from consolidate.readers import offers

        return Parts(definition.profiles, {each.model: each for each in offers.read(definition.hardware)})
    return Parts(definition.profiles, supposing.models(definition.hardware))


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
                yield missing(file, where, Path(named))
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


def missing(file: str, key: str, place: Path) -> Finding:
    """Return what is told of a file that is not there."""
    return Finding("error", "missing-file", "Does not exist, seen from the study's file.", file, 0, key, str(place))
