"""Traces of utilisation: one module a format, each of which returns VMs, readings and what was noticed."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib import import_module
from pathlib import Path

from consolidate.readers import files, noticed
from consolidate.readers.traces.detection import detected
from consolidate.readers.traces.traced import Traced, TraceOptions, as_inventory, as_usage
from models.errors import Finding, InputError

__all__ = ["FORMATS", "TraceOptions", "Traced", "as_inventory", "as_usage", "detected", "read"]

_Reader = Callable[[Path, TraceOptions, list[Finding], dict[str, str]], Traced | None]
FORMATS: Mapping[str, str] = {
    "planetlab": "planetlab",
    "bitbrains": "bitbrains",
    "materna": "bitbrains",
    "bitbrains-extended": "extended",
    "azure": "azure",
    "opendc": "opendc",
    "long": "readings",
    "wide": "readings",
}
"""The formats, and the module that reads each."""
_CHOICES = {
    "format": ("auto", *FORMATS),
    "order": ("ntfs", "name"),
    "memory_unit": ("auto", "kb", "mb", "gb"),
    "resample": ("mean", "max"),
    "unit": ("auto", "mhz", "percent"),
    "decimal": ("", ".", ","),
}


def read(path: Path, options: TraceOptions | None = None) -> Traced:
    """
    Read a trace in whichever format it is.

    Raises
    ------
    InputError
        With every error found: files, rows, columns, values, and what was expected.
    """
    options = options or TraceOptions()
    noticed.stop_on_errors(wrong(options))
    findings: list[Finding] = []
    hashes: dict[str, str] = {}
    try:
        name = detected(path) if options.format == "auto" else options.format
        if name is None:
            raise InputError([_unknown(path)])
        reader: _Reader = import_module(f"{__name__}.{FORMATS[name]}").read
        traced = reader(path, options, findings, hashes)
    except OSError as problem:
        text = f"Cannot be read: {problem.strerror or problem}."
        raise InputError([Finding("error", "unreadable", text, str(path))]) from None
    noticed.stop_on_errors(findings)
    if traced is None:
        raise InputError([Finding("error", "empty-file", "Holds no readings.", str(path))])
    title = files.title(path)
    return replace(traced, findings=noticed.capped(findings), hashes=hashes, source=title, format=name)


def wrong(options: TraceOptions) -> list[Finding]:
    """Return what is wrong with the options, before any file is looked at."""
    found = []
    for name, known in _CHOICES.items():
        value = getattr(options, name)
        if value not in known:
            text = f"Option {name} is one of {', '.join(known)}, not {value!r}."
            found.append(Finding("error", "option", text))
    if not 1 <= options.step_s <= 86_400:
        found.append(Finding("error", "option", f"Option step_s is from 1 to 86,400 s, not {options.step_s:g}."))
    if not options.in_memory_mib >= 0:
        found.append(Finding("error", "option", f"Option in_memory_mib is 0 or more, not {options.in_memory_mib:g}."))
    return found


def _unknown(path: Path) -> Finding:
    if not path.exists():
        return Finding("error", "missing-file", "Does not exist.", str(path))
    if path.is_dir() and not any(path.iterdir()):
        return Finding("error", "empty-folder", "Is an empty folder; a trace was expected.", str(path))
    text = "Is no trace that is known: expected a PlanetLab, Bitbrains, Materna, Azure or OpenDC trace, or readings in"
    text += " long or wide form (see docs/traces.md)."
    return Finding("error", "format", text, str(path))
