"""What is wrong with a study for its estate: hosts, racks, models and VMs that it names, and there are none."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from consolidate.inventories import estate
from consolidate.plans import ways
from consolidate.readers import carbon
from consolidate.readers.reading import Reading
from consolidate.settings import Settings
from consolidate.virtualization import technique
from consolidate.what_if import axes as axis
from consolidate.what_if import supposing
from consolidate.what_if.axes import COUNTED, SUPPOSED, Value
from consolidate.what_if.scenario import Definition
from consolidate.what_if.study_checks import Written, parts, values, wrong_value
from consolidate.what_if.supposing import Parts
from models.errors import Finding, InputError

Try = Callable[[Reading, Settings], object]

_TRIED: Mapping[str, Try] = {
    "estate.drain": lambda reading, chosen: estate.supposed(reading, chosen.estate),
    "estate.decommission": lambda reading, chosen: estate.supposed(reading, chosen.estate),
    "estate.buy": lambda reading, chosen: estate.supposed(reading, chosen.estate),
    "overhead.vms": lambda reading, chosen: technique.technique(chosen.overhead, reading.inventory, selecting=True),
    "overhead.workloads": lambda reading, chosen: technique.technique(chosen.overhead, reading.inventory),
    "migration.may_stop": lambda reading, chosen: ways.stoppable(reading.inventory, chosen),
    "migration.may_balloon": lambda reading, chosen: ways.shrinkable(reading.inventory, chosen),
    "prices.carbon": lambda reading, chosen: carbon.read(Path(chosen.prices.carbon or "")),
}
"""Settings that name what only the estate or a file knows, each with what a scenario does with it first."""


def problems(definition: Definition, reading: Reading, file: str) -> list[Finding]:
    """Return what each value would fail for, tried alone; what is wrong with it without the estate is told before."""
    try:
        given = parts(definition)
    except InputError:
        return []  # told as what is wrong with the hardware
    written = [each for each in (*values(definition), *_base(definition)) if not wrong_value(definition, each, file)]
    return [finding for each in written for finding in _failing(definition, given, reading, each, file)]


def _base(definition: Definition) -> Iterator[Written]:
    """Yield what the study's settings say for scenarios that say nothing of it."""
    for key in _TRIED:
        if key not in definition.axes and (value := definition.base(key)):
            yield Written(key, value, f"settings.{key}")


def _failing(definition: Definition, given: Parts, reading: Reading, written: Written, file: str) -> Iterator[Finding]:
    key, value = written.key, written.value
    try:
        if key in SUPPOSED or key.startswith(COUNTED):
            if key != "growth.vms":  # any factor can be
                supposing.estate(reading, {key: value}, given, seed=1)
        elif key in _TRIED and value:
            _TRIED[key](reading, definition.changed({key: value}, definition.drawn[0]))
    except InputError as problem:
        for each in problem.findings:
            yield _placed(each, written.column, value, file)


def _placed(finding: Finding, column: str, value: Value, file: str) -> Finding:
    """Return a finding with its place in the study, unless it is one about another file."""
    if finding.file not in ("", "settings"):
        return finding
    return replace(finding, file=file, row=0, column=column, value=finding.value or axis.told(value))
