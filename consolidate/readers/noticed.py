"""Findings while they are gathered: cut to a readable number, and raised together."""

import difflib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from models.errors import Finding, InputError

MOST_OF_A_KIND = 50
"""Findings of one code and severity that are shown; the rest is counted."""


def capped(findings: Iterable[Finding], most: int = MOST_OF_A_KIND) -> tuple[Finding, ...]:
    """Return the first `most` findings of each kind, and one that counts the rest of a kind."""
    kept: list[Finding] = []
    seen: Counter[tuple[str, str, str]] = Counter()
    rest: dict[tuple[str, str, str], Finding] = {}
    for finding in dict.fromkeys(findings):
        key = (finding.severity, finding.code, finding.file)
        seen[key] += 1
        if seen[key] <= most:
            kept.append(finding)
        else:
            rest[key] = replace(finding, row=0, column="", value="", count=seen[key] - most)
    kept += [replace(item, message=f"And {item.count:,} more of this kind ({item.code}).") for item in rest.values()]
    return tuple(kept)


def stop_on_errors(findings: Iterable[Finding]) -> None:
    """Raise one `InputError` that holds all errors found, if there are any."""
    errors = [finding for finding in findings if finding.severity == "error"]
    if errors:
        raise InputError(capped(errors))


def suggestion(name: str, known: Iterable[str]) -> str:
    """
    Return a hint at the closest known name, with a space before it, or nothing.

    >>> suggestion("memory_mb", ["memory_mib", "vcpus"])
    " Did you mean 'memory_mib'?"
    """
    folded = {item.casefold(): item for item in known}
    close = difflib.get_close_matches(name.casefold()[:200], folded, n=1, cutoff=0.6)
    return f" Did you mean {folded[close[0]]!r}?" if close else ""


def examples(names: Sequence[str], most: int = 5) -> str:
    """
    Return the first names of a list and how many more there are.

    >>> examples(["a", "b", "c"], 2)
    "'a', 'b' and 1 more"
    """
    shown = ", ".join(repr(name) for name in names[:most])
    return f"{shown} and {len(names) - most:,} more" if len(names) > most else shown
