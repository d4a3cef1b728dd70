"""What is wrong with a study: its axes, values, names and files, all of it at once."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice, product
from pathlib import Path

from consolidate.settings import Settings
from consolidate.virtualization.technique import NAMES, overlaid, strange
from consolidate.what_if import axes as axis
from consolidate.what_if import hardware, supposing
from consolidate.what_if.axes import COUNTED, FILES, OPTION, POLICY, Range, Value
from consolidate.what_if.scenario import MOST_SCENARIOS, SEED, Definition, is_setting, listed_name, too_many
from consolidate.what_if.supposing import Parts
from models.errors import Finding, InputError
from solvers import policies

BUY = "estate.buy"
BUYS_NOTHING = "A simulation buys no hosts: run: both plans with it first."
_MOST_COMBINED = 10_000
"""Combinations of a policy and its options that are checked before a study runs."""


@dataclass(frozen=True)
class Written:
    """A value of a key, and the path in the file where it is written."""

    key: str
    value: Value
    column: str


def problems(definition: Definition, file: str) -> list[Finding]:
    """Return everything that is wrong with a study whose keys and types are right, before its estate is read."""
    return [
        *_wrong_axes(definition, file),
        *(each for written in values(definition) for each in wrong_value(definition, written, file)),
        *(each for written in _bought(definition) for each in wrong_value(definition, written, file)),
        *_same_names(definition, file),
        *_wrong_policies(definition, file),
        *_strange_names(definition, file),
        *_wrong_parts(definition, file),
    ]


def parts(definition: Definition) -> Parts:
    """Return the profiles and models of a study."""
    if isinstance(definition.hardware, Path):
        from consolidate.readers import offers

        return Parts(definition.profiles, {each.model: each for each in offers.read(definition.hardware)})
    return Parts(definition.profiles, hardware.models(definition.hardware))


def values(definition: Definition) -> Iterator[Written]:
    """Yield each value that an axis or a listed scenario has; of a range both ends."""
    for key, given in definition.axes.items():
        ends = [given.first, given.last] if isinstance(given, Range) else given
        yield from (Written(key, value, f"axes.{key}") for value in ends)
    for row, scenario in enumerate(definition.scenarios):
        yield from (Written(key, value, f"scenarios.{row}.{key}") for key, value in scenario.items() if key != "name")


def _bought(definition: Definition) -> Iterator[Written]:
    """Yield the catalogue of hosts to buy of scenarios that name none."""
    if (named := definition.base(BUY)) is not None and BUY not in definition.axes:
        yield Written(BUY, named, f"settings.{BUY}")


def _wrong_axes(definition: Definition, file: str) -> Iterator[Finding]:
    """Yield what is wrong with axes and seeds as a whole: ranges, values twice, seeds that repeat or are an axis."""
    if definition.sample is None and definition.points > MOST_SCENARIOS:
        yield Finding("error", "too-many", too_many(definition.points), file, 0, "axes")
    if definition.repeats > 1 and len(definition.seeds) > 1:
        text = "Expected several seeds, or one and repeats."
        yield Finding("error", "axis", text, file, 0, "repeats", str(definition.repeats))
    if definition.sample is not None and not definition.axes:
        yield Finding("error", "axis", "There are no axes to sample.", file, column="sample")
    if len(set(definition.seeds)) < len(definition.seeds):
        yield Finding("error", "axis", "A seed is there twice.", file, column="seeds")
    for key, given in definition.axes.items():
        if isinstance(given, Range):
            if not (given.count >= 2 and given.first < given.last):
                text = "A range goes from a number up to a larger one, in 2 values or more."
                yield Finding("error", "axis", text, file, 0, f"axes.{key}")
            continue
        for place, value in enumerate(given):
            if value in given[:place]:
                yield Finding("error", "axis", "A value is there twice.", file, 0, f"axes.{key}", axis.told(value))
    for row, scenario in enumerate(definition.scenarios):
        for key in scenario:
            if key in definition.axes:
                yield Finding("error", "axis", "Is an axis as well.", file, 0, f"scenarios.{row}.{key}")


def _same_names(definition: Definition, file: str) -> Iterator[Finding]:
    """Yield each listed scenario that is called as one before it, whose rows could not be told apart, or nothing."""
    seen: dict[str, int] = {}
    for row, listed in enumerate(definition.scenarios):
        given, name = listed.get("name", "-"), listed_name(listed)
        if not isinstance(given, str | int | float) or given == "":
            text = "Expected a name that is not empty."
            yield Finding("error", "axis", text, file, 0, f"scenarios.{row}.name", axis.told(given))
            continue
        if name in seen:
            text = f"Is called as scenarios.{seen[name]} is; give each a name of its own."
            yield Finding("error", "axis", text, file, 0, f"scenarios.{row}.name", name)
        seen.setdefault(name, row)


def wrong_value(definition: Definition, written: Written, file: str) -> list[Finding]:
    """Return what is wrong with a value, as far as it can be told without the estate."""
    key, value, column = written.key, written.value, written.column
    if key == SEED:
        return [Finding("error", "axis", "Seeds are given under 'seeds'.", file, column=column)]
    if key == BUY and value is not None and definition.run == "simulate":
        return [Finding("error", "axis", BUYS_NOTHING, file, 0, column, axis.told(value))]
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
        fine = value is None or (isinstance(value, str) and supposing.REPLACED.fullmatch(value.strip()))
        return "" if fine else "Expected 'OLD -> NEW' or 'OLD -> 6 x NEW'."
    if key.startswith("loss."):
        listed = isinstance(value, list) and all(isinstance(each, str) for each in value)
        counted = number and isinstance(value, int) and value >= 0
        return "" if isinstance(value, str) or listed or counted else "Expected how many, or which."
    if key == POLICY and not isinstance(value, str):
        return "Expected the name of a policy."
    return ""


def _wrong_policies(definition: Definition, file: str) -> Iterator[Finding]:
    """Yield what is wrong with policies and their options, in any way in which the study combines them."""
    told: set[str] = set()
    for name, options in islice(_policies(definition), _MOST_COMBINED):
        if name == "clairvoyant":  # a run gives it the trace
            options = {"trace_mhz": None} | options
        try:
            policies.policy(name, options)
        except InputError as problem:
            for each in problem.findings:
                if each.message not in told:
                    yield replace(each, file=file, column=_place(definition, each.column))
                told.add(each.message)


def _policies(definition: Definition) -> Iterator[tuple[str, dict[str, Value]]]:
    """Yield each policy with each combination of its options that a scenario may have."""
    for listed in definition.scenarios or [{}]:
        base = {POLICY: definition.policy} | {f"{OPTION}{key}": each for key, each in definition.policy_options.items()}
        varied = [key for key in definition.axes if key == POLICY or key.startswith(OPTION)]
        for combined in product(*(definition.tried(key) for key in varied)):
            found = base | {key: each for key, each in listed.items() if key in base or key.startswith(OPTION)}
            found |= dict(zip(varied, combined, strict=True))
            name = found.pop(POLICY)
            if isinstance(name, str):
                yield name, {key.removeprefix(OPTION): each for key, each in found.items()}


def _place(definition: Definition, option: str) -> str:
    """Return the key path of a policy, or of the option of one, that is wrong."""
    key = f"{OPTION}{option}" if option else POLICY
    if key in definition.axes:
        return f"axes.{key}"
    rows = [row for row, listed in enumerate(definition.scenarios) if key in listed]
    if rows:
        return f"scenarios.{rows[0]}.{key}"
    return f"policy_options.{option}" if option else POLICY


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
