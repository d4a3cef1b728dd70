"""Overlays of the catalog: rows that replace or add to its own, and all that can be wrong with them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from models.errors import Finding
from models.technology import EVENTS, FILES, TEXTS, Row

LEAST, MOST = 1e-6, 1e12
"""Lowest number of those that cannot be 0, and highest of all: beyond are no cycles, events or sizes of any machine."""
LONGEST = 100
"""Characters of a name."""
_POSITIVE = frozenset({
    "clock_mhz", "slowdown", "api_cost_ratio", "bandwidth_ratio", "smt_gain", "work_per_cycle", "packets_per_batch",
    "packet_bytes", "request_bytes", "remote_latency_ratio", "slice_ms", "compression_ratio", "tx_cycles", "rx_cycles",
    "device_latency_us",
})  # fmt: skip
"""Columns and parameters that the laws divide by, or that nothing could have none of."""
_SHARES = frozenset({
    "walk_share", "kappa", "api_share", "llc_sensitivity", "memory_stall_share", "remote_share", "parallel_share",
    "lock_share", "memory_share", "direct", "managed", "foreign_isa", "foreign_os",
    "unmodified_binaries", "own_kernel", "hardware_boundary", "type_safe", "large_page_kappa",
})  # fmt: skip
"""Columns and parameters of 1 at most; so are parameters whose name ends in ``_share`` or ``_share_max``."""
_LEVELS = 3.0, 6.0
"""Levels of page tables: the largest pages save two."""
_CHOICES = ("level", "mapping", "guest")
_OWN = {"provenance": "measured", "source": "an overlay"}

Parts = Mapping[str, tuple[Row, ...]]


def laid(rows: Parts, overlay: Mapping[str, Any], problems: list[Finding]) -> Parts:
    """
    Return the parts of a catalog with the rows of an overlay in them.

    Parameters
    ----------
    rows
        The catalog's.
    overlay
        See `models.technology.Catalog.overlaid`.
    problems
        Takes all that is wrong; the rows are of no use then.
    """
    problems += [_wrong(str(part), "", "Is unknown.", list(FILES)) for part in overlay if part not in FILES]
    result = dict(rows)
    given = {part: overlay[part] for part in FILES if part in overlay}
    for part, items in given.items():
        result[part] = _merged(part, rows[part], items, problems)
    known = {part: [*(_key(row) for row in rows[part]), *_named(given.get(part))] for part in FILES}
    known["features"] = sorted({each for row in result["microarchitectures"] for each in row["features"].split(";")})
    for path, row in _items("technologies", given.get("technologies")):
        problems += _strange(path, row, {name: known[f"{name}s"] for name in ("net_path", "disk_path")})
    for part in ("technologies", "net_paths", "disk_paths"):
        for path, row in _items(part, given.get(part)):
            problems += _strange(path, row, {"requires": known["features"]})
    seen = set[tuple[str, str]]()
    for path, row in _items("event_costs", given.get("event_costs")):
        pair = str(row.get("technology", "")), str(row.get("event", ""))
        if pair in seen:
            problems.append(_wrong(path, ", ".join(pair), "Technology and event are there twice.", []))
        seen.add(pair)
        problems += _strange(path, row, {"relief": known["features"]})
        required = {"technology": known["technologies"], "event": EVENTS}
        problems += _strange(path, {name: row.get(name, "") for name in required}, required)
    return result


def _named(items: Any) -> list[str]:
    return list(items) if isinstance(items, Mapping) else []


def _key(row: Row) -> str:
    return next(iter(row.values()))


def _items(part: str, given: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the path and the columns of each row that an overlay has of a part."""
    rows = enumerate(given) if isinstance(given, list) else given.items() if isinstance(given, Mapping) else ()
    yield from ((f"{part}.{name}", row) for name, row in rows if isinstance(row, Mapping))


def _strange(path: str, row: Mapping[str, Any], known: Mapping[str, Sequence[str]]) -> Iterator[Finding]:
    """Yield what a row names that there is not; features are several, with semicolons between."""
    for name, listed in known.items():
        value = row.get(name, listed[0])
        several = isinstance(value, str) and name in ("requires", "relief")
        if any(part not in listed for part in (filter(None, value.split(";")) if several else [value])):
            yield _wrong(f"{path}.{name}", value, "Is missing or unknown.", [each for each in listed if each])


def _merged(part: str, rows: Sequence[Row], given: Any, problems: list[Finding]) -> tuple[Row, ...]:
    key = next(iter(rows[0]))
    if part == "event_costs":
        expected = isinstance(given, list)
        items = [(f"{part}.{place}", row) for place, row in enumerate(given)] if expected else []
    else:
        expected = isinstance(given, Mapping)
        items = [(f"{part}.{name}", row) for name, row in given.items()] if expected else []
        problems += _misnamed(part, _named(given), rows)
    if not expected:
        problems.append(_wrong(part, given, f"Expected a {'list' if part == 'event_costs' else 'mapping'}.", []))
    names = _named(given) if part != "event_costs" else [None] * len(items)
    choices = {name: sorted({row[name] for row in rows}) for name in _CHOICES if name in rows[0]}
    found = {_identity(part, row): row for row in rows}
    for (path, row), name in zip(items, names, strict=True):
        wrong = list(_wrongs(part, path, row, rows[0], choices))
        problems += wrong
        if not wrong:
            own = {"value": row} if part == "parameters" else row
            text = {column: str(value) for column, value in (own if name is None else {key: name, **own}).items()}
            if part != "event_costs" or {"technology", "event"} <= text.keys():
                found[_identity(part, text)] = {**found.get(_identity(part, text), _blank(part, rows)), **_OWN, **text}
    return tuple(found.values())


def _misnamed(part: str, given: Sequence[str], rows: Sequence[Row]) -> Iterator[Finding]:
    known = [_key(row) for row in rows]
    for name in given:
        if part == "parameters" and name not in known:
            yield _wrong(f"{part}.{name}", "", "Is unknown.", known)
        elif not (name.strip() == name and 0 < len(name) <= LONGEST and name.isprintable()):
            text = f"Expected a name of 1 to {LONGEST} printable characters, no blanks around them."
            yield _wrong(f"{part}.{name}", name, text, [])


def _identity(part: str, row: Row) -> tuple[str, ...]:
    return (row["technology"], row["event"]) if part == "event_costs" else (_key(row),)


def _blank(part: str, rows: Sequence[Row]) -> Row:
    """Return what a new row has where an overlay says nothing: that of native, none, a Skylake, or nothing at all."""
    if part in ("event_costs", "parameters"):
        return {name: "" if name in TEXTS else "0" for name in rows[0]}
    chosen = {"workloads": "none", "microarchitectures": "skylake-sp"}.get(part, "native")
    found = next(row for row in rows if _key(row) == chosen)
    return {name: "" if name in ("text", "generation", "cpu_pattern") else value for name, value in found.items()}


def _wrongs(part: str, path: str, row: Any, like: Row, choices: Mapping[str, Sequence[str]]) -> Iterator[Finding]:
    """Yield all that is wrong with the values of an overlay's row."""
    if part == "parameters":
        yield from _wrong_number(path.partition(".")[2], path, row)
        return
    if not isinstance(row, Mapping):
        yield _wrong(path, row, "Expected a mapping of columns to values.", [])
        return
    own = () if part == "event_costs" else (next(iter(like)),)
    for name, value in row.items():
        place = f"{path}.{name}"
        if name not in like or name in own:
            yield _wrong(place, value, "Is unknown.", [each for each in like if each not in own])
        elif name not in TEXTS:
            yield from _wrong_number(name, place, value)
        elif not isinstance(value, str):
            yield _wrong(place, value, "Expected a text.", [])
        elif name in choices and value not in choices[name]:
            yield _wrong(place, value, "Is unknown.", list(choices[name]))
        elif name == "cpu_pattern" and (problem := _no_pattern(value)):
            yield _wrong(place, value, f"Is no regular expression: {problem}.", [])


def _no_pattern(text: str) -> str:
    try:
        re.compile(text)
    except (re.error, RecursionError, OverflowError) as problem:
        return str(problem)
    return ""


def _wrong_number(name: str, path: str, value: Any) -> Iterator[Finding]:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if name == "walk_levels":
        right, expected = number and _LEVELS[0] <= value <= _LEVELS[1], "a number from {:g} to {:g}".format(*_LEVELS)
    elif name in _SHARES or name.endswith(("_share", "_share_max")):
        right, expected = number and 0 <= value <= 1, "a number from 0 to 1"
    elif name in _POSITIVE:
        right, expected = number and LEAST <= value <= MOST, f"a number from {LEAST:g} to {MOST:g}"
    else:
        right, expected = number and 0 <= value <= MOST, f"a number from 0 to {MOST:g}"
    if not right:
        yield _wrong(path, value, f"Expected {expected}.", [])


def _wrong(path: str, value: Any, message: str, known: list[str]) -> Finding:
    listed = f" Known are {', '.join(known)}." if known else ""
    shown = "".join(sign if sign.isprintable() else "?" for sign in path)
    return Finding("error", "overlay", message + listed, column=shown, value=str(value)[:80])
