"""What a value should have been, in our words: of what the library that checks settings and studies finds wrong."""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from models.errors import Finding, shortened

if TYPE_CHECKING:
    from pydantic import ValidationError

    from consolidate.readers.documents import Located

Hint = Callable[[list[str]], str]
"""Returns what is said of a key that is unknown, by its path."""
Problem = tuple[list[str], str, Any]

_KINDS = {
    "int_type": "a whole number", "int_parsing": "a whole number", "int_from_float": "a whole number",
    "int_parsing_size": "a whole number", "float_type": "a number", "float_parsing": "a number",
    "finite_number": "a finite number", "bool_type": "true or false", "bool_parsing": "true or false",
    "string_unicode": "a text in UTF-8",
    "string_type": "a text", "string_too_short": "a text that is not empty", "list_type": "a list",
    "dict_type": "a mapping", "model_type": "a mapping", "dataclass_type": "a mapping", "path_type": "a path",
}  # fmt: skip
"""Kinds of problems that the library tells apart, and what was expected."""
_BOUNDS = {
    "greater_than": ("gt", "above"),
    "greater_than_equal": ("ge", "of at least"),
    "less_than": ("lt", "below"),
    "less_than_equal": ("le", "of at most"),
    "too_short": ("min_length", "a list of at least"),
    "too_long": ("max_length", "a list of at most"),
}
_PHRASES = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (r"Input should be a valid integer.*", "Expected a whole number"),
        (r"Input should be a valid number.*", "Expected a number"),
        (r"Input should be a valid string, unable.*", "Expected a text in UTF-8"),
        (r"Input should be greater than or equal to", "Expected a number of at least"),
        (r"Input should be less than or equal to", "Expected a number of at most"),
        (r"Input should be greater than", "Expected a number above"),
        (r"Input should be less than", "Expected a number below"),
        (r"Input should (be|have)", "Expected"),
    )
)
"""What is left of the library's own words, and of those of the command line, which checks options by it."""
_MAPPINGS = ("dict_type", "model_type", "dataclass_type")
_ALTERNATIVE = re.compile(r"Range|(list|dict|lax-or-strict|function-\w+)\[.*")
"""Parts of a path that the document does not have: what the library calls one of several kinds a value may be of."""


def told(problem: "ValidationError", file: str, located: "Located | None", hint: Hint) -> Iterator[Finding]:
    """Yield what is wrong, with the path of each key and its line in the document."""
    for path, text, value in _merged([_read(error, hint) for error in problem.errors()]):
        shown = "" if isinstance(value, dict) else str(value)
        yield Finding("error", "setting", text, file, _row(located, path), ".".join(path), shown)


def _read(error: Any, hint: Hint) -> Problem:
    """Return the path, what was expected or is to be said in full, and the value of one error."""
    path = [str(part) for part in error["loc"] if not _ALTERNATIVE.fullmatch(str(part))]
    kind, limits = error["type"], error.get("ctx", {})
    if kind in ("extra_forbidden", "unexpected_keyword_argument"):
        return path, hint(path), error["input"]
    if kind == "missing":
        return path, "Is missing.", {}
    if kind == "string_pattern_mismatch":
        return path, "Expected auto, allocated, snapshot, peak, profile, or a percentile such as p95.", error["input"]
    if kind == "literal_error":
        return path, f"Expected {limits['expected']}.", _whole(error)
    if kind in _BOUNDS:
        name, words = _BOUNDS[kind]
        what = "" if words.startswith("a list") else "a number "
        return path, f"Expected {what}{words} {limits[name]:,.12g}.", error["input"]
    if limits.get("class_name") == "Range":
        return path, "Expected a range {from: A, to: B, values: N}.", _whole(error)
    if kind in _KINDS:
        return path, f"Expected {_KINDS[kind]}.", _whole(error)
    return path, f"{reworded(str(error['msg']).removeprefix('Value error, ').removesuffix('.'))}.", error["input"]


def reworded(said: str) -> str:
    """
    Return what a library says of a value in our words, as far as it is known.

    >>> reworded("Input should be a valid integer, unable to parse string as an integer")
    'Expected a whole number'
    >>> reworded("Invalid value for '--port': Input should be greater than or equal to 1")
    "Invalid value for '--port': Expected a number of at least 1"
    """
    for pattern, words in _PHRASES:
        said = pattern.sub(words, said)
    return said


def found(problem: BaseException) -> str:
    """Return the value that the command line found wrong, in brackets, where its library's words leave it out."""
    cause: Any = problem.__cause__
    errors = cause.errors() if hasattr(cause, "errors") else []
    value = str(errors[0].get("input", "")) if errors else ""
    return f" (found {shortened(value)})" if errors else ""


def _whole(error: Any) -> Any:
    """Return the value that is of a wrong kind; a mapping only where none was expected."""
    value = error["input"]
    return str(value) if isinstance(value, dict) and error["type"] not in _MAPPINGS else value


def _merged(problems: Sequence[Problem]) -> Iterator[Problem]:
    """Yield one problem a path, where a value is of neither kind; none where a value's own keys are what is wrong."""
    seen: dict[tuple[str, ...], list[Problem]] = {}
    for each in problems:
        seen.setdefault(tuple(each[0]), []).append(each)
    for path, alike in seen.items():
        if any(other[: len(path)] == path for other in seen if len(other) > len(path)):
            continue
        texts = list(dict.fromkeys(text for _, text, _ in alike))
        expected = [text.removeprefix("Expected ").removesuffix(".") for text in texts if text.startswith("Expected ")]
        if len(texts) > 1 and len(expected) == len(texts):
            texts = [f"Expected {' or '.join(expected)}."]
        yield from ((list(path), text, alike[0][2]) for text in texts)


def _row(located: "Located | None", path: Sequence[str]) -> int:
    """Return the line of the innermost key on the path that the document has."""
    row = 0
    for part in path:
        value = None if located is None else located.value
        if isinstance(value, dict) and part in value:
            located = value[part]
        elif isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            located = value[int(part)]
        else:
            return row
        row = located.line
    return row
