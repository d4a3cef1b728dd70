"""Text from outside as numbered lines, and the few forms of number that the tools print."""

import io
import re
from collections.abc import Iterator

from models.errors import Finding

LONGEST = 4096
"""Characters of a line that are looked at; no tool that is read here prints more."""
MOST_FINDINGS = 10_000
"""Findings after which reading stops."""
_WHOLE = re.compile(r"[0-9]{1,20}")
_NUMBER = re.compile(r"([0-9]{1,20})(?:[.,]([0-9]{1,20}))?")
_PERCENT = re.compile(r"[0-9]{1,20}(?:[.,][0-9]{1,20})?%|-?nan%")
_TIME = re.compile(r"([0-9.,]{1,41})(ns|us|µs|μs|ms|s)")
_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0}


def numbered(text: str, file: str, findings: list[Finding]) -> Iterator[tuple[int, str]]:
    """Yield the lines that are not blank, with their rows; one too long, or too many findings, is an error."""
    for row, line in enumerate(io.StringIO(text, newline="\n"), start=1):
        if len(findings) > MOST_FINDINGS:
            message = f"Has more than {MOST_FINDINGS:,} problems; the rest was not read."
            findings.append(Finding("error", "too-many", message, file, row))
            return
        if len(line) > LONGEST:
            message = f"A line is longer than {LONGEST:,} characters."
            findings.append(Finding("error", "long-line", message, file, row, value=line))
        elif line.strip():
            yield row, line.strip("\r\n\ufeff")


def whole(text: str) -> int | None:
    """Return a whole number without sign and separators, or nothing."""
    return int(text) if _WHOLE.fullmatch(text) else None


def number(text: str) -> float | None:
    """
    Return a number with a decimal point or comma, or nothing.

    >>> number("12.5"), number("12,5"), number("1.234,5")
    (12.5, 12.5, None)
    """
    found = _NUMBER.fullmatch(text)
    return float(f"{found[1]}.{found[2] or 0}") if found else None


def percent(text: str) -> float | None:
    """Return a share of 100 as the tools print it, 0 where they had nothing to divide by, or nothing."""
    if not _PERCENT.fullmatch(text):
        return None
    return number(text.removesuffix("%")) or 0.0


def time(text: str) -> float | None:
    """
    Return a time with its unit in seconds, or nothing.

    >>> time("250ms"), time("1.5"), time("2.5us")
    (0.25, None, 2.5e-06)
    """
    found = _TIME.fullmatch(text)
    value = number(found[1]) if found else None
    return value * _UNITS[found[2]] if found and value is not None else None
