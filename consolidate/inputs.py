"""What a command reads: inventory, rules, settings, and the hashes of what its result depends on."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from consolidate.readers.reading import Options, Reading
from models.errors import Finding, InputError

if TYPE_CHECKING:
    from consolidate.settings import Settings
    from models.rules import Rule
    from models.timing import Timing


def every(*reads: Callable[[], Any]) -> list[Any]:
    """Return what each of these reads; what is wrong with any of them is told in one go."""
    found: list[Any] = []
    wrong: dict[Finding, None] = {}
    for each in reads:
        try:
            found.append(each())
        except InputError as problem:
            wrong.update(dict.fromkeys(problem.findings))
    if wrong:
        raise InputError(wrong)
    return found


def read(path: Path, options: Options, *later: Path | None) -> Reading:
    """Return the inventory with what was read beside it; where it is wrong, missing files of `later` are told too."""
    from consolidate import readers

    try:
        return readers.read(path, options)
    except InputError as problem:
        gone = [each for each in later if each is not None and not each.exists()]
        missing = [Finding("error", "missing-file", "Does not exist.", str(each)) for each in gone]
        raise InputError([*problem.findings, *missing]) from None


def rules(path: Path | None, reading: Reading) -> "tuple[Rule, ...]":
    """Return the rules of a file, over the rows of the inventory; none without a file."""
    from consolidate.readers import rules as reader

    return reader.read(path, reading.inventory) if path is not None else ()


def ruled(path: Path | None, reading: Reading, chosen: "Settings") -> "tuple[tuple[Rule, ...], tuple[Timing, ...]]":
    """Return the rules of a file about places and about time; what is wrong with either is told at once."""
    from consolidate.readers import rules as places
    from consolidate.readers import timing

    if path is None:
        return (), ()
    own, timed = every(
        lambda: places.read(path, reading.inventory),
        lambda: timing.read(path, reading.inventory, chosen.migration.begins),
    )
    return own, timed


def timed(
    path: Path | None, reading: Reading, chosen: "Settings", *, passed_s: float = 0.0, came: bool = True
) -> "tuple[Timing, ...]":
    """
    Return the rules about time of a file, and with `came` those that came with the data, at a moment of the plan.

    Parameters
    ----------
    passed_s
        How long ago the plan began; negative if it is to begin later. [s]
    """
    from consolidate.readers import contradictions, timing
    from models.timing import later

    inventory, begins = reading.inventory, chosen.migration.begins
    own = () if path is None else timing.read(path, inventory, begins)
    every = (*own, *(timing.parse(inventory.rules, inventory, inventory.source, begins) if came else ()))
    if own and len(every) > len(own):
        contradictions.refuse(every, inventory)
    return later(every, passed_s) if passed_s else every


def with_hash(reading: Reading, path: Path | None) -> Reading:
    """Return the reading with the hash of a further file that the result depends on; one not to be read is an error."""
    if path is None:
        return reading
    from consolidate.readers import files, noticed

    findings: list[Finding] = []
    data = files.content(path, findings)
    noticed.stop_on_errors(findings)
    name = path.name if path.name not in reading.hashes else f"{path.name} (from {path.parent})"
    return replace(reading, hashes={**reading.hashes, name: files.digest(data or b"")})


def overlay(chosen: "Settings") -> Path | None:
    """Return the file that is laid over the catalog, if there is one."""
    file = chosen.overhead.catalog
    return Path(file) if file and Path(file).is_file() else None


def settings(config: Path | None, change: list[str] | None, options: dict[str, Any]) -> "Settings":
    """Return the settings of a file, then those of the options, then those that were changed one by one."""
    from consolidate import settings as known

    chosen = known.read(config) if config is not None else known.Settings()
    changes = known.parsed(change or []) | {key: value for key, value in options.items() if value is not None}
    return chosen.changed(changes) if changes else chosen


def sorted_changes(change: list[str] | None) -> tuple[list[str], dict[str, Any], dict[str, Any]]:
    """Return what is to be set of the settings, of a policy (``policy.…``) and of a preset (``preset.…``)."""
    from consolidate import settings as known

    groups: dict[str, list[str]] = {"policy.": [], "preset.": [], "": []}
    for text in change or []:
        group = next(name for name in groups if text.strip().startswith(name))
        groups[group].append(text.strip().removeprefix(group))
    return groups[""], known.parsed(groups["policy."]), known.parsed(groups["preset."])
