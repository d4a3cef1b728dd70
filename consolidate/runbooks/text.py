"""Text from outside, made safe to print; durations as people say them; tables and lists in Markdown."""

import re
import unicodedata
from collections.abc import Iterable, Sequence

_SPECIAL = re.compile(r"[\\`*_\[\]|~#$!&<>@]|://|(?<=www)\.", re.IGNORECASE)
_BIDIRECTIONAL = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def control_characters(text: str) -> bool:
    """Return whether the text holds line breaks, control characters, or marks that turn the reading direction."""
    return any(_is_control(character) for character in text)


def _is_control(character: str) -> bool:
    return (
        unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp")
        or unicodedata.bidirectional(character) in _BIDIRECTIONAL
    )


def shown(text: object) -> str:
    r"""
    Return the text so that Markdown shows it as it is, in a table cell too; control characters show as U+FFFD.

    >>> print(shown("a|b `c` <b>"))
    a\|b \`c\` &#60;b&#62;
    """
    visible = "".join("\N{REPLACEMENT CHARACTER}" if _is_control(character) else character for character in str(text))
    return _SPECIAL.sub(lambda found: _escaped(found[0]), visible)


def _escaped(mark: str) -> str:
    """Return an entity where a backslash would not do: for HTML, and for what becomes a link by itself."""
    return "".join(f"&#{ord(sign)};" for sign in mark) if mark in ("&", "<", ">", "@", "://", ".") else f"\\{mark}"


def span(seconds: float) -> str:
    """
    Return a duration in the two largest units that say something.

    >>> span(0.4), span(45), span(200), span(3900), span(180_000)
    ('under 1 s', '45 s', '3 min 20 s', '1 h 5 min', '2 d 2 h')
    """
    whole = round(seconds)
    if whole < 1:
        return "under 1 s" if seconds > 0 else "0 s"
    parts = []
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1)):
        count, whole = divmod(whole, size)
        parts.append((count, unit))
    first = next(index for index, (count, _) in enumerate(parts) if count)
    return " ".join(f"{count} {unit}" for count, unit in parts[first : first + 2] if count)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown; cells from outside must be `shown` before."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def bullets(items: Iterable[str]) -> str:
    """Return a list in Markdown."""
    return "\n".join(f"- {item}" for item in items)


def boxes(items: Iterable[str]) -> str:
    """Return a list to tick off in Markdown."""
    return "\n".join(f"- [ ] {item}" for item in items)
