"""Calibration: what an engineer collects on a KVM host becomes a measured workload, laid over the catalog."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from consolidate.calibration import debugfs, domstats, perf_kvm, perf_stat, telling
from consolidate.calibration.counts import Counts
from consolidate.calibration.formats import FORMATS, recognised
from consolidate.calibration.measured import Measured, merged
from consolidate.calibration.overlay import overlay, text
from consolidate.calibration.snapshots import Text
from consolidate.readers import files, noticed
from models.errors import Finding

__all__ = ["FORMATS", "Calibrated", "Measured", "calibrate", "overlay", "recognised"]

MOST_BYTES = 64 << 20
"""Size of a file that is read; a report of some seconds has a few KiB."""
LEAST = 1e-6
"""Least time, in seconds, and clock that are believed: rates a second of less would be of no machine."""
_REPORTS: Mapping[str, Callable[[str, str, list[Finding]], Counts]] = {
    perf_kvm.KIND: perf_kvm.counts,
    perf_stat.KIND: perf_stat.counts,
}
_PAIRS: Mapping[str, Callable[[Text, Text, str | None, list[Finding]], Counts]] = {
    debugfs.KIND: debugfs.counts,
    domstats.KIND: domstats.counts,
}


@dataclass(frozen=True)
class Calibrated:
    """
    A measured workload.

    Parameters
    ----------
    measured
        The period.
    overlay, text
        The overlay as plain data, and as YAML.
    lines
        Rates and most frequent exits, to be shown.
    findings
        Warnings, and what is worth knowing.
    """

    measured: Measured
    overlay: dict[str, Any]
    text: str
    lines: tuple[str, ...]
    findings: tuple[Finding, ...]


def calibrate(
    paths: Sequence[Path],
    *,
    name: str,
    seconds: float | None = None,
    clock_mhz: float | None = None,
    busy_core_s: float | None = None,
    domain: str | None = None,
    round_trip_cycles: float = 0.0,
) -> Calibrated:
    """
    Read what tools counted in one period of one VM, and make an overlay of it.

    Parameters
    ----------
    paths
        Files of any of `FORMATS`; of debugfs and virsh domstats two each, before and after.
    name
        Name of the workload.
    seconds, clock_mhz, busy_core_s
        Length of the period, clock, and busy time of the VM. [s, MHz, core-seconds] What the files tell if None.
    domain
        Domain of virsh, or folder of debugfs; all if None.
    round_trip_cycles
        Cycles of the hardware from guest to hypervisor and back, which the tools' times leave out.

    Raises
    ------
    InputError
        With every error found: files, rows, columns, values, and what was expected.
    """
    given = {"seconds": seconds, "clock_mhz": clock_mhz, "busy_core_s": busy_core_s}
    findings = [*_wrong_name(name), *_wrong_numbers(given, round_trip_cycles)]
    noticed.stop_on_errors(findings)
    texts = _read(paths, findings)
    parts = _counted(texts, domain, findings)
    noticed.stop_on_errors(findings)
    known = {option: value for option, value in given.items() if value is not None}
    measured = merged(parts, known, _taken(paths), findings)
    noticed.stop_on_errors(findings)
    assert measured is not None  # otherwise there was an error
    findings += _untold(measured, round_trip_cycles)
    made = overlay(measured, name, round_trip_cycles)
    shown = tuple(telling.lines(measured, name))
    return Calibrated(measured, made, text(made), shown, noticed.capped(findings))


def _wrong_name(name: str) -> list[Finding]:
    if name.strip() == name and 0 < len(name) <= 100 and name.isprintable():
        return []
    text = "Expected the workload's name: 1 to 100 printable characters, no blanks around them."
    return [Finding("error", "name", text, column="name", value=name)]


def _wrong_numbers(given: Mapping[str, float | None], round_trip_cycles: float) -> list[Finding]:
    most = {"seconds": 1e8, "clock_mhz": 1e5, "busy_core_s": 1e10}
    text = f"Expected a number from {LEAST:g} to {{:g}}."
    found = [
        Finding("error", option, text.format(most[option]), column=option, value=str(value))
        for option, value in given.items()
        if value is not None and not LEAST <= value <= most[option]
    ]
    if not 0 <= round_trip_cycles <= 1e6:
        text = "Expected a number from 0 to 1e6."
        column = "round_trip_cycles"
        found.append(Finding("error", column, text, column=column, value=str(round_trip_cycles)))
    return found


def _read(paths: Sequence[Path], findings: list[Finding]) -> dict[str, list[Text]]:
    """Return the files' names and texts by format, in the order given."""
    found: dict[str, list[Text]] = {}
    if not paths:
        findings.append(Finding("error", "no-files", f"Expected at least one file of {', '.join(FORMATS)}."))
    for path in paths:
        content = _text(path, findings)
        kind = recognised(content) if content is not None else ""
        if kind and content is not None:
            found.setdefault(kind, []).append((_shown(path), content))
        elif content is not None:
            message = f"Is no output of {', '.join(FORMATS)} that is known; perf stat must be run with -x,."
            findings.append(Finding("error", "format", message, path.name))
    return found


def _text(path: Path, findings: list[Finding]) -> str | None:
    """Return a file's text, or nothing and an error."""
    try:
        size = path.stat().st_size
    except (OSError, ValueError):
        size = 0
    if size > MOST_BYTES:
        findings.append(Finding("error", "too-large", f"Is larger than {MOST_BYTES >> 20:,} MiB.", path.name))
        return None
    try:
        content = files.content(path, findings)
    except ValueError as problem:  # a NUL in a name
        findings.append(Finding("error", "unreadable", f"Cannot be read: {problem}.", path.name))
        return None
    return None if content is None else files.decoded(path, content, "", findings)


def _shown(path: Path) -> str:
    return "".join(sign if sign.isprintable() else "?" for sign in path.name)


def _counted(texts: Mapping[str, list[Text]], domain: str | None, findings: list[Finding]) -> list[Counts]:
    parts = []
    for kind, found in texts.items():
        if kind in _REPORTS:
            parts += [_REPORTS[kind](text, file, findings) for file, text in found]
        elif len(found) == 2:
            parts.append(_PAIRS[kind](found[0], found[1], domain, findings))
        else:
            message = f"Expected two files of {kind}, before and after the period; there are {len(found)}."
            findings.append(Finding("error", "snapshots", message, found[0][0]))
    return parts


def _taken(paths: Sequence[Path]) -> str:
    """Return the day, in UTC, on which the newest file was written."""
    try:
        newest = max(path.stat().st_mtime for path in paths)
        return datetime.fromtimestamp(newest, UTC).date().isoformat()
    except (OSError, OverflowError, ValueError):
        return ""


def _untold(measured: Measured, round_trip_cycles: float) -> list[Finding]:
    """Tell what the overlay leaves out, or may have wrong."""
    found = []
    if measured.handler_s and not round_trip_cycles:
        text = "The costs are of handlers only; round_trip_cycles adds the hardware's way from guest to host and back."
        found.append(Finding("info", "round-trip", text))
    if not math.isclose(sum(measured.counts.values()), 0.0):
        return found
    return [*found, Finding("warning", "no-events", "No event was counted, so the workload has no rates of events.")]
