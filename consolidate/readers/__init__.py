"""Readers: one module a format, each of which returns an inventory and what was noticed."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from consolidate.readers import noticed
from consolidate.readers.reading import Options, Reading
from models.errors import Finding, InputError

__all__ = ["Options", "Reading", "read"]

_WORKBOOKS = (".xlsx", ".xlsm")


def read(path: Path, options: Options | None = None) -> Reading:
    """
    Read an inventory in whichever format it is.

    Raises
    ------
    InputError
        With every error found: files, rows, columns, values, and what was expected.
    """
    options = options or Options()
    noticed.stop_on_errors(_wrong(options))
    format_ = detected(path, options)
    if format_ not in _READERS:
        known = ", ".join(("auto", *_READERS))
        raise InputError([Finding("error", "format", f"Format {format_!r} is unknown; known are {known}.")])
    try:
        return _dated(_READERS[format_](path, options), options.taken)
    except OSError as problem:
        raise _unreadable(path, problem) from None


def _wrong(options: Options) -> list[Finding]:
    """Return what is wrong with the options, before any file is looked at."""
    found = []
    if options.decimal not in ("", ".", ","):
        found.append(Finding("error", "decimal", f"The decimal sign is '.' or ',', not {options.decimal!r}."))
    try:
        "a".encode(options.encoding or "utf-8")
    except (LookupError, ValueError):
        found.append(Finding("error", "encoding", f"Encoding {options.encoding!r} is unknown."))
    if options.usage_unit not in ("auto", "mhz", "percent"):
        found.append(Finding("error", "unit", f"Readings are in auto, mhz or percent, not {options.usage_unit!r}."))
    if options.taken and not _is_date(options.taken):
        text = f"Expected when the snapshot was taken in ISO 8601, such as 2026-05-01, not {options.taken!r}."
        found.append(Finding("error", "taken", text))
    return found


def _is_date(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _dated(reading: Reading, taken: str) -> Reading:
    """Return the reading with when it was taken, as given; what the files say comes first, and is told."""
    inventory = reading.inventory
    if not taken or taken == inventory.taken:
        return reading
    if not _is_date(inventory.taken):
        return replace(reading, inventory=replace(inventory, taken=taken))
    text = f"The files say that the snapshot was taken at {inventory.taken}, so {taken} is not used."
    return replace(reading, findings=(*reading.findings, Finding("info", "taken", text)))


def detected(path: Path, options: Options) -> str:
    """Return the format: as given, else mapped if there is a column map, else what the files look like."""
    try:
        if not path.exists():
            raise InputError([Finding("error", "missing-file", "Does not exist.", str(path))])
        if options.format != "auto":
            return options.format
        if options.column_map is not None:
            return "mapped"
        if path.is_dir():
            return _folder(path)
    except OSError as problem:
        raise _unreadable(path, problem) from None
    if path.suffix.casefold() in _WORKBOOKS:
        return "rvtools"
    text = "Expected a folder with hosts.csv and vms.csv, an RVTools workbook or folder, or a CSV file with --map."
    raise InputError([Finding("error", "format", text, str(path))])


def _unreadable(path: Path, problem: OSError) -> InputError:
    return InputError([Finding("error", "unreadable", f"Cannot be read: {problem.strerror or problem}.", str(path))])


def _folder(path: Path) -> str:
    from consolidate.readers.rvtools import tab_name

    files = {file.name.casefold() for file in path.iterdir()}
    tabs = {tab_name(Path(name).stem) for name in files if name.endswith(".csv")}
    if "vinfo" in tabs and not {"hosts.csv", "vms.csv"} <= files:
        return "rvtools"
    if files & {"hosts.csv", "vms.csv"}:
        return "canonical"
    from consolidate.readers.canonical import HOSTS, VMS, similar

    near = similar(path, HOSTS) or similar(path, VMS)
    text = (
        f"Holds neither hosts.csv and vms.csv nor the CSV files of an RVTools export (RVTools_tabvInfo.csv, …).{near}"
    )
    raise InputError([Finding("error", "format", text, str(path))])


def _canonical(path: Path, options: Options) -> Reading:
    from consolidate.readers import canonical

    return canonical.read(path, options)


def _rvtools(path: Path, options: Options) -> Reading:
    from consolidate.readers import beside, rvtools

    return beside.complete(rvtools.read(path, options), path if path.is_dir() else None, options)


def _mapped(path: Path, options: Options) -> Reading:
    from consolidate.readers import mapped

    return mapped.read(path, options)


_READERS: Mapping[str, Callable[[Path, Options], Reading]] = {
    "canonical": _canonical,
    "rvtools": _rvtools,
    "mapped": _mapped,
}
