"""Policies from names and options as a user writes them; all that is wrong is told at once."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, fields, is_dataclass, replace
from difflib import get_close_matches
from math import isfinite
from typing import Any

from models.errors import Finding, InputError
from solvers.policies.detection import DETECTIONS
from solvers.policies.evacuation import EVACUATIONS, ORDERS
from solvers.policies.exact import PLACEMENTS
from solvers.policies.selection import SELECTIONS
from solvers.policies.standby import POWERS

PARTS: Mapping[str, Mapping[str, Callable[..., Any]]] = {
    "detection": DETECTIONS,
    "selection": SELECTIONS,
    "placement": PLACEMENTS,
    "evacuation": EVACUATIONS,
    "power": POWERS,
}
"""Parts of a policy that have alternatives, by the name of the option."""
WORDS: Mapping[str, Iterable[str]] = {
    "order": ORDERS,
    "means": ("auto", "evacuate", "cp-sat", "first-fit", "best-fit", "dot-product"),
}
"""Options that are one of some words."""
SHARES = frozenset({"share", "fill", "lower", "floor", "fallback", "alpha", "level", "trend", "slowdown", "target"})
"""Options that are within 0 and 1."""
POSITIVE = frozenset(
    {"safety", "share", "fill", "alpha", "level", "samples", "ahead", "period_s", "seconds", "headroom"}
)
"""Options that are above 0."""
MOST = 2**31 - 1
"""The most that an option may be, if it is neither a share nor a percentile."""
YES_OR_NO = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def built(kind: Callable[..., Any], options: Mapping[str, Any]) -> Any:
    """
    Return a policy with its options set.

    Parameters
    ----------
    kind
        A frozen dataclass, or what returns one.
    options
        Values by dotted names such as ``detection.share``; values may be text.

    Raises
    ------
    InputError
        If a name is unknown or a value is not possible; every such option is told.
    """
    needed = _needed(kind)
    problems = [_finding(f"{name} is needed by {kind.__name__}.", name) for name in needed if name not in options]
    if problems:
        raise InputError(problems)
    base = kind(**{name: options[name] for name in needed})
    found = _changed(base, {name: value for name, value in options.items() if name not in needed}, "", problems)
    if problems:
        raise InputError(problems)
    return found


def _needed(kind: Callable[..., Any]) -> list[str]:
    """Return the fields without a default."""
    if not (isinstance(kind, type) and is_dataclass(kind)):
        return []
    return [item.name for item in fields(kind) if item.default is MISSING and item.default_factory is MISSING]


def unknown(subject: str, name: str, known: Iterable[str], option: str = "") -> Finding:
    """Return the finding that a name is unknown, with what is known, what was probably meant, and whose value it is."""
    names = sorted(known)
    meant = get_close_matches(name, names, 1)
    guess = f" Did you mean {meant[0]!r}?" if meant else ""
    return _finding(f"{subject} {name!r} is unknown; known are {', '.join(names)}.{guess}", option)


def _finding(message: str, option: str) -> Finding:
    return Finding("error", "policy-option", message, column=option)


def _changed(base: Any, options: Mapping[str, Any], path: str, problems: list[Finding]) -> Any:
    """Return a dataclass with options set, those of its parts included; note what is wrong."""
    known = {item.name: getattr(base, item.name) for item in fields(base) if item.init}
    grouped: dict[str, dict[str, Any]] = {}
    for name, value in options.items():
        head, _, rest = str(name).partition(".")
        grouped.setdefault(head, {})[rest] = value
    changes = {}
    for head, values in grouped.items():
        if head not in known:
            problems.append(unknown("Option", f"{path}{head}", (f"{path}{each}" for each in known), f"{path}{head}"))
        elif is_dataclass(known[head]) or head in PARTS:
            changes[head] = _part(known[head], head, values, f"{path}{head}.", problems)
        else:
            changes[head] = _value(known[head], head, values, f"{path}{head}", problems)
    return replace(base, **changes)


def _part(base: Any, head: str, values: Mapping[str, Any], path: str, problems: list[Finding]) -> Any:
    """Return a part, chosen by its name if one is given, and with its own options set."""
    chosen, known = values.get("", base), PARTS.get(head, {})
    if callable(chosen):
        base = chosen
    elif isinstance(chosen, str) and chosen in known:
        base = known[chosen]()
    else:
        problems.append(unknown(head.capitalize(), str(chosen), known, path.removesuffix(".")))
    rest = {name: value for name, value in values.items() if name}
    return _changed(base, rest, path, problems) if rest else base


def _value(default: Any, head: str, values: Mapping[str, Any], path: str, problems: list[Finding]) -> Any:
    """Return a value of the type that the default has; note what is not possible."""
    for rest in values:
        if rest:
            problems.append(_finding(f"Option {path!r} has no options of its own; found {path}.{rest}.", path))
            return default
    given = values[""]
    if isinstance(default, bool):
        value: Any = YES_OR_NO.get(str(given).lower())
        wanted = None if value is not None else "true or false"
    elif isinstance(default, str):
        value, known = given, tuple(WORDS.get(head, (given,)))
        wanted = None if given in known else f"one of {', '.join(known)}"
    else:
        value, wanted = _number(given, head, whole=isinstance(default, int))
    if wanted:
        problems.append(_finding(f"Option {path!r} must be {wanted}; found {given!r}.", path))
        return default
    return value


def _number(given: Any, head: str, *, whole: bool) -> tuple[float, str | None]:
    """Return a number, and what it should have been if it is not possible."""
    wanted = "a whole number" if whole else "a number"
    wanted += " above 0" if head in POSITIVE else " of 0 or more"
    most = 1 if head in SHARES else 100 if head == "percentile" else MOST
    wanted += f" and up to {most:,}"
    try:
        value = float(given)
    except (TypeError, ValueError):
        return 0.0, wanted
    fine = isfinite(value) and (value > 0 if head in POSITIVE else value >= 0)
    fine &= value <= most and not (whole and value % 1 > 0)
    return (int(value) if whole and fine else value), None if fine else wanted


def options_table(policies: Mapping[str, Callable[..., Any]]) -> str:
    """Return the options of policies and of their parts with their defaults, as ``docs/policies.md`` holds them."""
    lines = ["| what | name | options and their defaults |", "|---|---|---|"]
    lines += [f"| policy | `{name}` | {_options(kind())} |" for name, kind in policies.items()]
    lines += [f"| {part} | `{name}` | {_options(kind())} |" for part in PARTS for name, kind in PARTS[part].items()]
    return "\n".join(lines)


def _options(made: Any) -> str:
    names = {kind: name for part in PARTS.values() for name, kind in part.items()}
    told = []
    for item in (each for each in fields(made) if each.init):
        value = getattr(made, item.name)
        shown = names.get(type(value), type(value).__name__) if is_dataclass(value) else value
        told.append(f"`{item.name}={shown}`")
    return " ".join(told) or "none"
