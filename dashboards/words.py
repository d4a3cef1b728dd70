"""Numbers as people read them. What is missing is a dash."""

import math
from dataclasses import dataclass
from typing import Any

MISSING = "–"
_LEAST_SHARE = 1e-8


@dataclass(frozen=True)
class Number:
    """One big number of an answer: what it is, the number, and a line that explains it."""

    title: str
    value: str
    note: str = ""


def known(value: Any) -> bool:
    """Return whether the value is a finite number."""
    return isinstance(value, (int, float)) and math.isfinite(value)


def number(value: Any, digits: int = 0) -> str:
    """
    Return a number with thousands apart.

    >>> number(12345.6), number(0.25, 1), number(None)
    ('12,346', '0.2', '–')
    """
    return f"{value:,.{digits}f}" if known(value) else MISSING


def short(value: Any) -> str:
    """
    Return a number with three significant digits, as a headline shows it.

    >>> short(1_234_567), short(41_234), short(12.34), short(6.1), short(-950)
    ('1.23 million', '41,200', '12.3', '6.1', '-950')
    """
    if not known(value):
        return MISSING
    if abs(value) >= 999_500:
        return f"{value / 1e6:,.{2 if abs(value) < 9.995e6 else 1}f} million"
    digits = 2 - math.floor(math.log10(abs(value))) if value else 0
    text = f"{round(value, digits):,.{max(digits, 0)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def euros(value: Any) -> str:
    """
    Return an amount of money.

    >>> euros(41_234), euros(-950), euros(None)
    ('€41,200', '−€950', '–')
    """
    return f"{'−' if value < 0 else ''}€{short(abs(value))}" if known(value) else MISSING


def cycles(mhz: Any) -> str:
    """
    Return CPU in the unit that suits it.

    >>> cycles(640), cycles(57_300), cycles(1_860_000), cycles(None)
    ('640 MHz', '57.3 GHz', '1,860 GHz', '–')
    """
    if not known(mhz):
        return MISSING
    return f"{short(mhz / 1000)} GHz" if abs(mhz) >= 1000 else f"{short(mhz)} MHz"


def times(ratio: Any) -> str:
    """
    Return a ratio to native, with the digits that tell it from 1.

    >>> times(1.0024), times(1.164), times(9.42), times(102.3), times(float("nan"))
    ('1.002×', '1.16×', '9.4×', '102×', '–')
    """
    if not known(ratio):
        return MISSING
    digits = next((digits for most, digits in ((1.0995, 3), (4.995, 2), (49.95, 1)) if ratio < most), 0)
    return f"{ratio:,.{digits}f}×"


def share(value: Any, digits: int = 0) -> str:
    r"""
    Return a share as a percentage.

    >>> share(0.974), share(None)
    ('97\xa0%', '–')
    """
    return f"{value * 100:.{digits}f}\u00a0%" if known(value) else MISSING


def percent(value: Any) -> str:
    r"""
    Return a share as a percentage with three significant digits, for shares that may be tiny.

    >>> percent(0.02314), percent(2.337e-7), percent(3e-10), percent(0.0), percent(None)
    ('2.31\xa0%', '0.0000234\xa0%', '<0.000001\xa0%', '0\xa0%', '–')
    """
    if known(value) and 0 < value < _LEAST_SHARE:
        return "<0.000001\u00a0%"
    return f"{short(value * 100)}\u00a0%" if known(value) else MISSING


def duration(seconds: Any) -> str:
    """
    Return a duration in its two largest units.

    >>> duration(42), duration(754), duration(26_000), duration(190_000), duration(604_800), duration(None)
    ('42 s', '12 min 34 s', '7 h 13 min', '2 d 4 h', '7 days', '–')
    """
    if not known(seconds):
        return MISSING
    whole = round(seconds)
    if whole < 60:
        return f"{seconds:.0f} s" if seconds >= 1 or not seconds else f"{seconds * 1000:.0f} ms"
    for size, name, below, smaller in ((86_400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if whole >= size:
            rest = whole % size // below
            if not rest and name == "d":
                return count(whole // size, "day")
            return f"{whole // size} {name} {rest} {smaller}" if rest else f"{whole // size} {name}"
    return MISSING


def months(value: Any) -> str:
    """
    Return a number of months, in years where there are many.

    >>> months(0), months(3.26), months(50), months(None)
    ('at once', '3.3 months', '4.2 years', 'never')
    """
    if not known(value):
        return "never"
    if value <= 0:
        return "at once"
    return f"{value:.1f} months" if value < 36 else f"{value / 12:.1f} years"


def count(value: Any, thing: str, things: str = "") -> str:
    """
    Return a count with its noun, or with the words for one and for several.

    >>> count(1, "host"), count(1200, "move")
    ('1 host', '1,200 moves')
    >>> count(1, "run is", "runs are"), count(2, "run is", "runs are")
    ('1 run is', '2 runs are')
    """
    return f"{number(value)} {thing if value == 1 else things or f'{thing}s'}"
